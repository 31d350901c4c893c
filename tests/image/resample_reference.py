"""Writes reference/resample.pack: images of noise as PIL resizes them.

    python3 tests/image/resample_reference.py    (needs numpy and Pillow 13, which resizes in another order than 12)
"""
import pathlib

import numpy as np
import PIL
from PIL import Image

from reference import Pack, noise

assert int(PIL.__version__.split(".")[0]) >= 13, PIL.__version__
pack = Pack(pathlib.Path(__file__).parent / "reference" / "resample.pack")

sizes = [
    ((16, 16), (56, 56)), ((50, 37), (20, 15)), ((20, 30), (7, 11)), ((31, 33), (33, 31)), ((33, 31), (31, 33)),
    ((1, 40), (8, 20)), ((40, 1), (20, 8)), ((1, 1), (5, 7)), ((40, 50), (1, 1)), ((2, 3), (40, 31)),
    ((24, 24), (24, 40)), ((24, 24), (40, 24)), ((24, 24), (24, 10)), ((24, 24), (10, 24)), ((24, 24), (24, 24)),
    ((60, 20), (30, 21)), ((60, 20), (30, 5)), ((60, 20), (59, 40)), ((60, 60), (40, 50)), ((60, 60), (39, 50)),
    ((3, 900), (5, 4)), ((900, 3), (4, 5)), ((17, 19), (16, 18)), ((17, 19), (18, 20)),
]
for index, (source, target) in enumerate(sizes):
    for channels in (1, 3):
        picture = noise(*source, channels, index)
        if index % 3 == 0:
            picture = np.where(picture > 127, 255, 0).astype(np.uint8)  # the extremes, where rounding could overflow
        image = Image.fromarray(picture[:, :, 0] if channels == 1 else picture)
        for mode in (Image.Resampling.BILINEAR, Image.Resampling.BICUBIC, Image.Resampling.NEAREST):
            resized = np.asarray(image.resize(target[::-1], mode))
            pack.add(f"{source[0]} {source[1]} {index} {mode.name}", resized.reshape(*target, channels))
