"""Writes reference/reader.pack: JPEG files of every subsampling, what PIL makes of them, and of each at a half, a quarter
and an eighth of its size.

    python3 tests/image/reader_reference.py      (needs numpy, Pillow and libjpeg-turbo's cjpeg; of Pillow 13.0.0)
"""
import io
import pathlib
import subprocess

import numpy as np
from PIL import Image

from reference import Pack, noise

pack = Pack(pathlib.Path(__file__).parent / "reference" / "reader.pack")


def scene(height, width, seed):
    """Waves of every colour under noise, uint8 [height, width, 3]."""
    y, x = np.mgrid[0:height, 0:width]
    channels = [128 + 100 * np.sin(x / 5), 128 + 90 * np.cos((x + y) / 7), 128 + 110 * np.sin((2 * x - y) / 9)]
    return np.clip(np.stack(channels, -1) + noise(height, width, 3, seed) / 8, 0, 255).astype(np.uint8)


def add(name, data):
    pack.add(name, np.frombuffer(data, np.uint8))
    for scale in (1, 2, 4, 8):
        image = Image.open(io.BytesIO(data))
        image.draft(None, (max(image.width // scale, 1), max(image.height // scale, 1)))
        pack.add(f"{name}/{scale}", np.asarray(image.convert("RGB")))


def cjpeg(pixels, *options):
    ppm = b"P6 %d %d 255\n" % (pixels.shape[1], pixels.shape[0]) + pixels.tobytes()
    return subprocess.run(["cjpeg", "-quality", "85", *options], input=ppm, stdout=subprocess.PIPE, check=True).stdout


sizes = [(61, 75), (64, 96), (33, 130)]
for i, sampling in enumerate(("1x1", "2x1", "1x2", "2x2", "4x1", "1x4", "4x2", "2x4")):
    for j, (name, options) in enumerate((("baseline", []), ("progressive", ["-progressive"]), ("restarts", ["-restart", "1"]))):
        height, width = sizes[(i + j) % len(sizes)]
        add(f"{sampling}_{name}.jpg", cjpeg(scene(height, width, i), "-sample", sampling, *options))
add("grey.jpg", cjpeg(scene(61, 75, 8), "-grayscale"))
add("rgb.jpg", cjpeg(scene(61, 75, 9), "-rgb"))
inks = io.BytesIO()
Image.fromarray(scene(61, 75, 10)).convert("CMYK").save(inks, "JPEG", quality=85)
add("cmyk.jpg", inks.getvalue())
