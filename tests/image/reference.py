"""What the scripts that write expected values share: noise that the C++ tests make too, and the file format."""
import struct

import numpy as np


def noise(height, width, channels, seed):
    """uint8 [height, width, channels], as `noise` in reference.hpp."""
    v = np.arange(height * width * channels, dtype=np.uint32) * np.uint32(2654435761)
    v = v + np.uint32(seed * 40503 % 2**32)
    v = (v ^ (v >> np.uint32(16))) * np.uint32(2246822519)
    v = (v ^ (v >> np.uint32(13))) * np.uint32(3266489917)
    v = (v ^ (v >> np.uint32(16))) >> np.uint32(24)
    return v.astype(np.uint8).reshape(height, width, channels)


class Pack:
    """A file of named arrays, one after the other; `Pack` in reference.hpp reads it."""

    def __init__(self, path):
        self.file = open(path, "wb")

    def add(self, name, array):
        array = np.ascontiguousarray(array)
        name = name.encode()
        self.file.write(struct.pack("<i", len(name)) + name)
        self.file.write(struct.pack(f"<i{array.ndim}i", array.ndim, *array.shape))
        self.file.write(struct.pack("<i", array.nbytes) + array.tobytes())
