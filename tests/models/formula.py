"""Numbers that Python and C++ compute alike, to the last bit: the weights and inputs of the reference values."""
import math

import numpy
import torch


def numbers(stream, count):
    """`count` numbers in [-0.5, 0.5) that look random; the same as formula.hpp's."""
    x = numpy.arange(count, dtype=numpy.uint64) + numpy.uint64(7919 * stream + 1)
    mask = numpy.uint64(0xFFFFFFFF)
    x = (x * numpy.uint64(2654435761)) & mask
    x ^= x >> numpy.uint64(16)
    x = (x * numpy.uint64(0x45D9F3B)) & mask
    x ^= x >> numpy.uint64(16)
    return x.astype(numpy.float64) / 4294967296.0 - 0.5


def tensor(stream, shape, scale=1.0, offset=0.0):
    values = offset + scale * numbers(stream, math.prod(shape))
    return torch.from_numpy(values).reshape(shape).to(torch.float32)


def fill(module):
    """Gives every parameter and buffer values of which a deep network's output stays within bounds."""
    for stream, (name, value) in enumerate(module.state_dict().items()):
        if not value.is_floating_point():
            continue  # counts and indices stay
        if value.dim() >= 2:
            fan = value.shape[1] if value.dim() == 2 else value.shape[0] * math.prod(value.shape[2:])
            value.copy_(tensor(stream, value.shape, math.sqrt(24.0 / fan)))
        elif name.endswith("running_var"):
            value.copy_(tensor(stream, value.shape, 0.5, 1.0))
        elif name.endswith("weight"):
            value.copy_(tensor(stream, value.shape, 0.4, 0.6))
        elif value.dim() == 1:
            value.copy_(tensor(stream, value.shape, 0.2))
