"""Writes reference/geometry.pack: what torchvision's geometric transforms make of PIL images of noise, each given what
hearth's transform draws from the stream (5, 0, case).

    python3 tests/transforms/make_geometry_reference.py   (torchvision 0.28.0 and Pillow 13.0.0)
"""
import pathlib
import sys

import numpy as np
import PIL
from PIL import Image

assert int(PIL.__version__.split(".")[0]) >= 13, PIL.__version__
here = pathlib.Path(__file__).parent
sys.path[:0] = [str(here.parents[0]), str(here.parent / "image")]
import torchvision_parts  # noqa: E402, F401, before torchvision
from random_stream import RandomStream  # noqa: E402
from reference import Pack, noise  # noqa: E402
from torchvision.transforms import functional as F  # noqa: E402
from torchvision.transforms import transforms as T  # noqa: E402

NEAREST, BILINEAR, BICUBIC = T.InterpolationMode.NEAREST, T.InterpolationMode.BILINEAR, T.InterpolationMode.BICUBIC
squares = [(24, 24), (1, 1)]
oblong = [(13, 18), (31, 8), (1, 20), (20, 1)]
pack = Pack(here / "reference" / "geometry.pack")
case = 0


def add(name, function, sizes, times=1):
    """What function(image, random) makes of images of these sizes, grey ones and RGB."""
    global case
    for height, width in sizes:
        for channels in (1, 3) if (height + width) % 2 else (3,):
            for _ in range(times):
                picture = noise(height, width, channels, height * 100 + width)
                image = Image.fromarray(picture[:, :, 0] if channels == 1 else picture)
                result = np.asarray(function(image, RandomStream(5, 0, case)))
                pack.add(f"{name} {height} {width} {channels} {case}", result.reshape(*result.shape[:2], channels))
                case += 1


def colour(image, fill):
    """The fill for a grey image too."""
    return fill if len(image.getbands()) == 3 else fill[:1]


# Rotations.
add("rotation_90", lambda i, r: F.rotate(i, r.uniform(-90, 90), NEAREST, fill=0), squares + oblong, 4)
add("rotation_bilinear", lambda i, r: F.rotate(i, r.uniform(-30, 60), BILINEAR, fill=128), squares + oblong, 2)
add("rotation_expand", lambda i, r: F.rotate(i, r.uniform(-180, 180), BICUBIC, True, fill=255), oblong, 2)
add("rotation_center", lambda i, r: F.rotate(i, r.uniform(-45, 45), NEAREST, center=[3, 7.5], fill=9), oblong, 2)
for angle in (0, 90, 180, 270, 360):
    add(f"rotation_by_{angle}", lambda i, r: F.rotate(i, angle), squares + oblong)
add("flip_rotation_by_180_resize", lambda i, r: F.resize(F.rotate(F.hflip(i), 180), [20, 9]), oblong)
add("crop_rotation_flip", lambda i, r: F.hflip(F.rotate(F.center_crop(i, [9, 14]), r.uniform(-90, 90))), oblong, 2)
