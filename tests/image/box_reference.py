"""Writes reference/box.pack: boxes of images of noise, of fractions of pixels too, as PIL resizes them.

    python3 tests/image/box_reference.py    (needs numpy and Pillow 13, which resizes in another order than 12)
"""
import pathlib

import numpy as np
import PIL
from PIL import Image

from reference import Pack, noise

assert int(PIL.__version__.split(".")[0]) >= 13, PIL.__version__
pack = Pack(pathlib.Path(__file__).parent / "reference" / "box.pack")

# the source's height and width, the box's left, upper, right and lower side, and the result's height and width
cases = [
    ((30, 40), (2.5, 3.25, 37.75, 28.5), (56, 61)), ((30, 40), (2.5, 3.25, 37.75, 28.5), (9, 11)),
    ((30, 40), (0.3, 0.7, 39.9, 29.9), (30, 40)), ((30, 40), (5, 6, 25, 26), (20, 20)),
    ((60, 20), (1.1, 10.2, 19.3, 55.4), (20, 17)), ((20, 60), (10.2, 1.1, 55.4, 19.3), (17, 20)),
    ((60, 50), (0, 0, 50, 41), (39, 50)), ((60, 50), (0.5, 1.5, 49.5, 59.5), (10, 45)),
    ((60, 60), (20.125, 5, 40.125, 55), (25, 12)), ((17, 19), (18.5, 16.5, 19, 17), (6, 5)),
]
for index, (source, box, target) in enumerate(cases):
    for channels in (1, 3):
        picture = noise(*source, channels, index)
        image = Image.fromarray(picture[:, :, 0] if channels == 1 else picture)
        for mode in (Image.Resampling.BILINEAR, Image.Resampling.BICUBIC, Image.Resampling.NEAREST):
            resized = np.asarray(image.resize(target[::-1], mode, box))
            sides = " ".join(map(str, box))
            pack.add(f"{source[0]} {source[1]} {index} {sides} {mode.name}", resized.reshape(*target, channels))
