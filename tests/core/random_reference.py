"""The expected order in random_test.cpp, from the definitions alone: Philox4x32-10 (Salmon et al. 2011) and the shuffle
of Fisher and Yates. Prints permutation(10, seed 0, epoch 0)."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
from random_stream import RandomStream, philox4x32  # noqa: E402


def permutation(size, seed, epoch):
    stream = RandomStream(seed, epoch, 2**64 - 1)
    order = list(range(size))
    for i in range(size - 1, 0, -1):
        j = stream.below(i + 1)
        order[i], order[j] = order[j], order[i]
    return order


assert philox4x32((0, 0, 0, 0), (0, 0)) == [0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8]
print(permutation(10, 0, 0))
