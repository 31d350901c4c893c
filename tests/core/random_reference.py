"""The expected order in random_test.cpp, from the definitions alone: Philox4x32-10 (Salmon et al. 2011) and the shuffle
of Fisher and Yates. Prints permutation(10, seed 0, epoch 0)."""

MASK = 0xFFFFFFFF


def philox4x32(counter, key):
    c, k = list(counter), list(key)
    for _ in range(10):
        p0, p1 = 0xD2511F53 * c[0], 0xCD9E8D57 * c[2]
        c = [(p1 >> 32) ^ c[1] ^ k[0], p1 & MASK, (p0 >> 32) ^ c[3] ^ k[1], p0 & MASK]
        k = [(k[0] + 0x9E3779B9) & MASK, (k[1] + 0xBB67AE85) & MASK]
    return c


def words(seed, epoch, index):
    block = 0
    while True:
        counter = (block, index & MASK, index >> 32, epoch)
        yield from philox4x32(counter, (seed & MASK, seed >> 32))
        block += 1


def permutation(size, seed, epoch):
    stream = words(seed, epoch, 2**64 - 1)

    def below(bound):
        while True:
            bits = (next(stream) << 32) | next(stream)
            if bits >= 2**64 % bound:
                return bits % bound

    order = list(range(size))
    for i in range(size - 1, 0, -1):
        j = below(i + 1)
        order[i], order[j] = order[j], order[i]
    return order


assert philox4x32((0, 0, 0, 0), (0, 0)) == [0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8]
print(permutation(10, 0, 0))
