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
    """What function(image, random) makes of images of these sizes, grey ones and RGB; it may return more of a name, too."""
    global case
    for height, width in sizes:
        for channels in (1, 3) if (height + width) % 2 else (3,):
            for _ in range(times):
                picture = noise(height, width, channels, height * 100 + width)
                image = Image.fromarray(picture[:, :, 0] if channels == 1 else picture)
                result = function(image, RandomStream(5, 0, case))
                case += 1
                if result is None:
                    continue
                result, suffix = result if isinstance(result, tuple) else (result, "")
                pixels = np.asarray(result).reshape(result.height, result.width, channels)
                pack.add(f"{name}{suffix} {height} {width} {channels} {case - 1}", pixels)


# Rotations.
add("rotation_90", lambda i, r: F.rotate(i, r.uniform(-90, 90), NEAREST, fill=0), squares + oblong, 4)
add("rotation_bilinear", lambda i, r: F.rotate(i, r.uniform(-30, 60), BILINEAR, fill=128), squares + oblong, 2)
add("rotation_expand", lambda i, r: F.rotate(i, r.uniform(-180, 180), BICUBIC, True, fill=255), oblong, 2)
add("rotation_center", lambda i, r: F.rotate(i, r.uniform(-45, 45), NEAREST, center=[3, 7.5], fill=9), oblong, 2)
for angle in (0, 90, 180, 270, 360):
    add(f"rotation_by_{angle}", lambda i, r: F.rotate(i, angle), squares + oblong)
add("flip_rotation_by_180_resize", lambda i, r: F.resize(F.rotate(F.hflip(i), 180), [20, 9]), oblong)
add("crop_rotation_flip", lambda i, r: F.hflip(F.rotate(F.center_crop(i, [9, 14]), r.uniform(-90, 90))), oblong, 2)

# Resizes.
sizes = oblong + [(24, 24), (40, 31)]
for mode in (NEAREST, BICUBIC):
    add(f"resize_{mode.value}_9", lambda i, r: F.resize(i, 9, mode), sizes)
    add(f"resize_{mode.value}_17_30", lambda i, r: F.resize(i, [17, 30], mode), sizes)
    add(f"flip_resize_{mode.value}_turn", lambda i, r: F.vflip(F.resize(F.hflip(i), [11, 12], mode)), sizes)
    add(f"crop_resize_{mode.value}_crop",
        lambda i, r: F.center_crop(F.resize(F.center_crop(i, 15), [22, 19], mode), [30, 14]), sizes)
add("resize_max_size", lambda i, r: F.resize(i, 12, max_size=20), sizes)


def resized_crop(image, random):
    """RandomResizedCrop.get_params with scale (0.2, 1), the numbers drawn from `random`."""
    height, width = image.height, image.width
    for _ in range(10):
        area = height * width * random.uniform(0.2, 1.0)
        ratio = np.exp(random.uniform(np.log(3 / 4), np.log(4 / 3)))
        w, h = int(round(np.sqrt(area * ratio))), int(round(np.sqrt(area / ratio)))
        if 0 < w <= width and 0 < h <= height:
            top = random.below(height - h + 1)
            return F.resized_crop(image, top, random.below(width - w + 1), h, w, [16, 14], BICUBIC)
    raise ValueError("choose a larger image")


add("random_resized_crop_bicubic", resized_crop, [(40, 31), (28, 28)], 4)

# Padding: each mode, also where an image is mirrored many times over.
add("pad_3", lambda i, r: F.pad(i, 3), squares + oblong)
add("pad_fill_rgb", lambda i, r: F.pad(i, [2, 5], (10, 20, 30)), squares)
add("pad_fill_grey", lambda i, r: F.pad(i, [2, 5], 10), oblong)
add("pad_cut", lambda i, r: F.pad(i, [-2, 3, 4, -5]), [(24, 24), (13, 18), (31, 8)])
add("pad_cut_fill", lambda i, r: F.pad(i, [-2, 3, 4, -5], 77), [(24, 24), (13, 18), (31, 8)])
for mode in ("edge", "reflect", "symmetric"):
    add(f"pad_{mode}", lambda i, r: F.pad(i, [4, 2, 7, 30], padding_mode=mode), squares + oblong)
    add(f"pad_{mode}_cut", lambda i, r: F.pad(i, [-3, 9, 5, -4], padding_mode=mode), [(24, 24), (13, 18), (31, 8)])
add("resize_pad_flip", lambda i, r: F.hflip(F.pad(F.resize(i, 12), [1, 2, 3, 4])), [(13, 18), (31, 8)])
add("flip_pad_reflect_resize",
    lambda i, r: F.resize(F.pad(F.hflip(i), 4, padding_mode="reflect"), [20, 21]), [(24, 24), (13, 18)])


def random_crop(size, padding=None, if_needed=False, fill=0, mode="constant"):
    """RandomCrop.forward, the corner drawn from `random`."""
    def crop(image, random):
        if padding is not None:
            image = F.pad(image, padding, fill, mode)
        if if_needed and image.width < size[1]:
            image = F.pad(image, [size[1] - image.width, 0], fill, mode)
        if if_needed and image.height < size[0]:
            image = F.pad(image, [0, size[0] - image.height], fill, mode)
        if (image.height, image.width) == size:
            return image
        top = random.below(image.height - size[0] + 1)
        return F.crop(image, top, random.below(image.width - size[1] + 1), *size)
    return crop


add("random_crop", random_crop((13, 8)), [(24, 24), (13, 18), (31, 8), (13, 8)], 3)
add("random_crop_4", random_crop((24, 20), 4), [(24, 24), (24, 20), (17, 31)], 3)
add("random_crop_reflect", random_crop((24, 24), [2, 5], mode="reflect"), [(24, 24), (25, 22)], 3)
add("random_crop_needed", random_crop((20, 21), if_needed=True), squares + oblong, 2)
add("random_crop_needed_fill", random_crop((20, 21), [1, 2, 3, 4], True, 99), squares + oblong, 2)


def stacked(crops):
    """[height * K, width]: the crops one below the other."""
    return Image.fromarray(np.concatenate([np.asarray(crop) for crop in crops]))


for number in (10, (9, 14)):
    add(f"five_crop_{number if number == 10 else 9}", lambda i, r: stacked(F.five_crop(i, number)), [(24, 24), (15, 18), (33, 14)])
    add(f"ten_crop_{number if number == 10 else 9}", lambda i, r: stacked(F.ten_crop(i, number)), [(24, 24), (15, 18), (33, 14)])
add("ten_crop_vertical", lambda i, r: stacked(F.ten_crop(i, [7, 8], True)), [(24, 24), (15, 18)])
add("resize_ten_crop", lambda i, r: stacked(F.ten_crop(F.resize(i, 16), 14)), [(24, 24), (15, 18), (33, 14)])


def affine(degrees, translate=None, scale=None, shear=None, mode=NEAREST, fill=0, center=None):
    """RandomAffine.forward, the numbers drawn from `random`."""
    def apply(image, random):
        angle = random.uniform(*degrees)
        x = y = 0
        if translate is not None:
            x = round(random.uniform(-translate[0] * image.width, translate[0] * image.width))
            y = round(random.uniform(-translate[1] * image.height, translate[1] * image.height))
        factor = random.uniform(*scale) if scale is not None else 1.0
        shears = [random.uniform(*interval) for interval in shear or []]
        shears += [0.0] * (2 - len(shears))
        return F.affine(image, angle, [x, y], factor, shears, mode, fill, center)
    return apply


add("affine_turn", affine((-40, 40)), squares + oblong, 2)
add("affine_move", affine((0, 0), (0.3, 0.6)), squares + oblong, 2)
add("affine_move_fill", affine((0, 0), (1.0, 0.5), fill=50), squares + oblong, 2)
add("affine_all", affine((10, 80), (0.2, 0.1), (0.6, 1.7), [(-15, 15)], BILINEAR, 128), squares + oblong, 3)
add("affine_shears", affine((-180, 180), None, (0.5, 1.1), [(-5, 25), (-40, 3)], BICUBIC, 255, [4, 5.5]), oblong, 3)


def perspective(scale, probability, mode=BILINEAR, fill=0):
    """RandomPerspective.forward, the numbers drawn from `random`. Where the true coefficients have a 0, torch's least
    squares leave 1e-17 or so in its place, which moves positions over borders: interpolated pixels differ by 1, and these
    cases have names of their own; the nearest ones may be others, and are left out."""
    def apply(image, random):
        if not random.bernoulli(probability):
            return image
        width, height = image.size
        across, down = int(scale * (width // 2)) + 1, int(scale * (height // 2)) + 1
        near_x, near_y = (lambda: random.below(across)), (lambda: random.below(down))
        far_x, far_y = (lambda: width - across + random.below(across)), (lambda: height - down + random.below(down))
        corners = [[x(), y()] for x, y in [(near_x, near_y), (far_x, near_y), (far_x, far_y), (near_x, far_y)]]
        start = [[0, 0], [width - 1, 0], [width - 1, height - 1], [0, height - 1]]
        with_zero = min(map(abs, F._get_perspective_coeffs(start, corners))) < 1e-12
        if with_zero and mode is NEAREST:
            return None
        return F.perspective(image, start, corners, mode, fill), "_with_zero" if with_zero else ""
    return apply


sizes = [(24, 24), (13, 18), (31, 8), (40, 31)]
add("perspective", perspective(0.5, 0.5), sizes, 3)
add("perspective_nearest", perspective(0.9, 1.0, NEAREST, 40), sizes, 2)
add("perspective_bicubic", perspective(0.3, 1.0, BICUBIC, 255), sizes, 2)
add("perspective_thin", perspective(0.5, 1.0), [(2, 20), (25, 2), (5, 5)], 2)
