"""hearth's RandomStream in Python, from its documentation alone, for scripts that need the numbers that a transform draws:
Philox4x32-10 (Salmon et al. 2011)."""

MASK = 0xFFFFFFFF


def philox4x32(counter, key):
    c, k = list(counter), list(key)
    for _ in range(10):
        p0, p1 = 0xD2511F53 * c[0], 0xCD9E8D57 * c[2]
        c = [(p1 >> 32) ^ c[1] ^ k[0], p1 & MASK, (p0 >> 32) ^ c[3] ^ k[1], p0 & MASK]
        k = [(k[0] + 0x9E3779B9) & MASK, (k[1] + 0xBB67AE85) & MASK]
    return c


class RandomStream:
    def __init__(self, seed, epoch, index):
        self.words = self.all_words(seed, epoch, index)

    @staticmethod
    def all_words(seed, epoch, index):
        block = 0
        while True:
            yield from philox4x32((block, index & MASK, index >> 32, epoch), (seed & MASK, seed >> 32))
            block += 1

    def bits64(self):
        return (next(self.words) << 32) | next(self.words)

    def uniform(self, low=0.0, high=1.0):
        return low + (high - low) * ((self.bits64() >> 11) * 2.0**-53)

    def bernoulli(self, probability):
        return self.uniform() < probability

    def below(self, bound):
        while True:
            bits = self.bits64()
            if bits >= 2**64 % bound:
                return bits % bound
