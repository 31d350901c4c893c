"""Writes reference/presets.txt: what torchvision's evaluation presets make of pictures. Needs torch, torchvision, Pillow.

    python3 tests/models/make_preset_reference.py

A block for each entry and picture: a line "ENTRY WIDTH HEIGHT SIDE", the name of the weights, the picture's size and
the side of what the preset makes of it; then a line "CHANNEL ROW COLUMN VALUE" for each of some places. The picture is a
formula, so that both sides have it: preset_test.cpp.
"""
import pathlib
import random
import sys

import numpy
import PIL.Image

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import torchvision_parts  # noqa: F401, before torchvision

from torchvision import models

FOLDER = pathlib.Path(__file__).parent / "reference"

ENTRIES = [
    "ResNet50_Weights.IMAGENET1K_V1",  # 256, 224, bilinear
    "ResNet50_Weights.IMAGENET1K_V2",  # 232
    "VGG16_Weights.IMAGENET1K_FEATURES",  # another mean, and a deviation of 1 / 255
    "Inception_V3_Weights.IMAGENET1K_V1",  # 342, 299
    "EfficientNet_B0_Weights.IMAGENET1K_V1",  # bicubic
    "EfficientNet_V2_S_Weights.IMAGENET1K_V1",  # 384, 384
    "EfficientNet_V2_L_Weights.IMAGENET1K_V1",  # 480, a mean and deviation of 0.5
    "ViT_L_16_Weights.IMAGENET1K_SWAG_E2E_V1",  # 512, bicubic
    "Swin_V2_T_Weights.IMAGENET1K_V1",  # 260, 256, bicubic
]
SIZES = [(500, 375), (333, 500), (64, 64), (640, 480)]


def picture(width, height):
    """[height, width, 3]: waves, a slope and a chessboard."""
    y, x = numpy.mgrid[0:height, 0:width]
    red = (x * x + 3 * y * y) // 64 % 256
    green = (x * 255 // max(width - 1, 1) + (x // 8 + y // 8) % 2 * 100) % 256
    blue = (x * 7 + y * 13 + (x * y) % 31 * 5) % 256
    return PIL.Image.fromarray(numpy.stack([red, green, blue], -1).astype(numpy.uint8))


def main():
    lines = []
    for number, name in enumerate(ENTRIES):
        preset = models.get_weight(name).transforms()
        for width, height in (SIZES[number % len(SIZES)], SIZES[(number + 1) % len(SIZES)]):
            values = preset(picture(width, height))
            _, side, _ = values.shape
            lines.append(f"{name} {width} {height} {side}")
            places = random.Random(f"{name} {width}")
            corners = [(0, 0), (side - 1, side - 1), (0, side - 1), (side - 1, 0)]
            for row, column in corners + [(places.randrange(side), places.randrange(side)) for _ in range(20)]:
                for channel in range(3):
                    lines.append(f"{channel} {row} {column} {values[channel, row, column].item():.9g}")
    (FOLDER / "presets.txt").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
