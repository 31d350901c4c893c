"""Writes reference/operations.pack: what torchvision's operations on the values of PIL images make of made pictures.

    python3 tests/image/operations_reference.py  (needs torch, torchvision and Pillow 13; the file is of torchvision
                                                  0.28.0 and Pillow 13.0.0)
"""
import pathlib
import sys
import zlib

import numpy as np
import PIL
from PIL import Image

assert int(PIL.__version__.split(".")[0]) >= 13, PIL.__version__
here = pathlib.Path(__file__).parent
sys.path.insert(0, str(here.parent))
import torchvision_parts  # noqa: F401, E402, before torchvision
from reference import Pack, noise  # noqa: E402
from torchvision.transforms import functional as F  # noqa: E402

# What the pictures have in place of a noise's value; `values_of` in operations_test.cpp is the same.
KINDS = {
    "noise": lambda v: v,
    "extremes": lambda v: np.where(v > 127, 255, 0),
    "narrow": lambda v: 100 + v % 40,
    "dark": lambda v: v // 16,
    "flat": lambda v: v * 0 + 77,
}


def picture(kind, height, width, channels):
    return KINDS[kind](noise(height, width, channels, height * 100 + width)).astype(np.uint8)


def to_pil(array):
    return Image.fromarray(array[:, :, 0] if array.shape[2] == 1 else array)


OPERATIONS = [
    ("grayscale", F.rgb_to_grayscale, (1, 3)),
    ("brightness", F.adjust_brightness, (0, 0.3, 0.937, 1, 1.5, 4)),
    ("contrast", F.adjust_contrast, (0, 0.3, 0.937, 1, 1.5, 4)),
    ("saturation", F.adjust_saturation, (0, 0.3, 0.937, 1, 1.5, 4)),
    ("hue", F.adjust_hue, (-0.5, -0.21, 0, 0.004, 0.1, 0.5)),
    ("invert", lambda image, _: F.invert(image), (0,)),
    ("posterize", F.posterize, (1, 3, 8)),
    ("solarize", F.solarize, (0, 110.5, 128, 256)),
    ("equalize", lambda image, _: F.equalize(image), (0,)),
    ("autocontrast", lambda image, _: F.autocontrast(image), (0,)),
    ("sharpness", F.adjust_sharpness, (0, 0.3, 1, 2, 5.5)),
    ("blur_1_1", lambda image, sigma: F.gaussian_blur(image, [1, 1], [sigma, sigma]), (1,)),
    ("blur_5_5", lambda image, sigma: F.gaussian_blur(image, [5, 5], [sigma, sigma]), (0.1, 0.7, 2)),
    ("blur_3_9", lambda image, sigma: F.gaussian_blur(image, [9, 3], [sigma, sigma]), (1.3,)),
    ("blur_23_23", lambda image, sigma: F.gaussian_blur(image, [23, 23], [sigma, sigma]), (0.4, 4)),
]
# Small ones have what has no neighbours, and the largest more pixels than an equalized one has levels.
SIZES = {"noise": [(1, 1), (1, 17), (17, 1), (2, 5), (3, 3), (3, 4), (13, 24)], "extremes": [(4, 5), (13, 24)],
         "narrow": [(13, 24)], "dark": [(12, 25), (29, 31)], "flat": [(4, 4)]}

pack = Pack(here / "reference" / "operations.pack")
for name, operation, parameters in OPERATIONS:
    for parameter in parameters:
        for kind, sizes in SIZES.items():
            for height, width in sizes:
                if height == 29 and name not in ("equalize", "autocontrast", "contrast"):
                    continue
                if name.startswith("blur"):
                    kernel_height, kernel_width = map(int, name.split("_")[1:])
                    if kernel_height // 2 >= height or kernel_width // 2 >= width:
                        continue
                for channels in (1, 3):
                    result = np.asarray(operation(to_pil(picture(kind, height, width, channels)), parameter))
                    pack.add(f"{name} {parameter} {kind} {height} {width} {channels}",
                             result.reshape(height, width, -1))

# Colours of all kinds, 52 steps of 5 in each channel: the check sum of what each turn of the hue makes of them.
colours = np.stack(np.meshgrid(*[np.arange(0, 256, 5, dtype=np.uint8)] * 3, indexing="ij"), -1).reshape(52 * 52, 52, 3)
for turn in (-0.5, -0.21, 0, 0.1, 0.37):
    turned = np.asarray(F.adjust_hue(Image.fromarray(colours), turn))
    pack.add(f"colours {turn} all {52 * 52} 52 3", np.array([zlib.crc32(turned.tobytes())], dtype=np.uint32))
