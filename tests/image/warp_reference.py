"""Writes reference/warp.pack: images of noise as PIL transforms and rotates them, and torchvision's matrices.

    python3 tests/image/warp_reference.py    (needs numpy, torch, torchvision and Pillow 13)
"""
import pathlib
import sys

import numpy as np
import PIL
from PIL import Image

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import torchvision_parts  # noqa: E402, F401, before torchvision
from torchvision.transforms import functional as F  # noqa: E402

from reference import Pack, noise  # noqa: E402

assert int(PIL.__version__.split(".")[0]) >= 13, PIL.__version__
pack = Pack(pathlib.Path(__file__).parent / "reference" / "warp.pack")
fills = {1: 77, 3: (12, 200, 255), 4: (9, 8, 7, 250)}
modes = [Image.Resampling.NEAREST, Image.Resampling.BILINEAR, Image.Resampling.BICUBIC]
interpolations = {mode: F.InterpolationMode[mode.name] for mode in modes}


def picture(height, width, channels, seed):
    """Noise, with every third picture black and white, where bicubic overshoots."""
    pixels = noise(height, width, channels, seed)
    if seed % 3 == 0:
        pixels = np.where(pixels > 127, 255, 0).astype(np.uint8)
    return Image.fromarray(pixels[:, :, 0] if channels == 1 else pixels)


def add(kind, numbers, image, result, mode, seed):
    """Two arrays: "KIND height width channels mode seed" with the numbers, and the pixels they lead to."""
    channels = len(image.getbands())
    name = f"{kind} {image.height} {image.width} {channels} {mode.value} {seed}"
    pack.add(name, np.array(numbers, dtype=np.float64))
    pack.add("pixels", np.asarray(result).reshape(result.height, result.width, channels))


# Affine: any matrix and size. Multiples of 1/2 put positions on the borders between pixels.
matrices = [
    (1, 0, 0, 0, 1, 0), (1, 0, 0.5, 0, 1, -0.5), (-1, 0, 17, 0, -1, 13), (0.5, 0, 0, 0, 0.25, 1.25),
    (2.7, 0, -3, 0, 1.3, -5), (0, 1, 0, -1, 0, 13), (0, -1, 17, 1, 0, 0), (0.5, 0.5, 0, -0.5, 0.5, 6),
    (0.9, 0.3, -1.3, -0.2, 1.1, 0.7), (1, 0, 40, 0, 1, 0), (0.05, 0.3, 3, 0.2, 0.01, 3), (3, 1e-9, -2, 0, 2, -1),
    (900.0, 300.0, -5000.0, 1.0, 7000.0, -40000.0), (1e5, 0.2, 1.0, 0.3, 1.0, 0.0), (0.1, 2e4, -20.0, 0.2, 0.3, 0.0),
]
sizes = [((13, 17), (13, 17)), ((13, 17), (20, 9)), ((1, 9), (4, 12)), ((9, 1), (12, 4)), ((1, 1), (3, 3))]
for index, matrix in enumerate(matrices):
    for number, ((height, width), out) in enumerate(sizes):
        for mode in modes:
            seed = index * 10 + number
            channels = (3, 1, 4)[seed % 3] if mode is modes[0] else (3, 1)[seed % 2]  # others blend alpha in
            image = picture(height, width, channels, seed)
            result = image.transform(out[::-1], Image.Transform.AFFINE, matrix, mode, fillcolor=fills[channels])
            add("affine", [*out, *matrix], image, result, mode, seed)

# Rotations: the special angles, those about them, and others.
angles = [0.0, 90.0, 180.0, 270.0, 360.0, -90.0, 450.0, 90.0000001, 179.99, 45.0, 30.0, -12.345, 1e-20, -1e-20, 77.7]
for index, angle in enumerate(angles):
    for number, (height, width) in enumerate([(12, 12), (13, 18), (1, 15), (15, 1), (1, 1), (16, 9)]):
        for mode in modes:
            for expand in (False, True):
                for center in (None, (3, 5.5)):
                    if number and center and (index + number) % 4:
                        continue  # to keep the file small
                    seed = index * 10 + number
                    channels = (3, 1)[seed % 2]
                    image = picture(height, width, channels, seed)
                    about = list(center) if center else None
                    result = F.rotate(image, angle, interpolations[mode], expand, about, fills[channels])
                    numbers = [angle, expand, *(center or (-1, -1))]
                    add("rotate", numbers, image, result, mode, seed)

# torchvision's inverse matrices: angle, translation, scale, shear, center, and the six numbers.
for index, (angle, move, scale, shear, center) in enumerate([
    (0.0, (0, 0), 1.0, (0.0, 0.0), (16.0, 12.5)), (30.0, (0, 0), 1.0, (0.0, 0.0), (16.0, 12.5)),
    (-75.5, (3, -4), 1.3, (0.0, 0.0), (7.0, 9.5)), (12.0, (-1, 2), 0.7, (10.0, 0.0), (8.0, 8.0)),
    (0.0, (0, 5), 1.0, (-20.0, 15.0), (100.5, 3.0)), (179.0, (9, 9), 2.5, (33.0, -41.0), (0.0, 0.0)),
]):
    matrix = F._get_inverse_affine_matrix(list(center), angle, list(move), scale, list(shear))
    pack.add(f"matrix {index}", np.array([angle, *move, scale, *shear, *center, *matrix]))
