"""Writes reference/*.pack: what torchvision's transforms make of PIL images of noise, and how its random crops fall.

    python3 tests/transforms/make_reference.py   (needs torch, torchvision and Pillow 13, which resizes in another
                                                  order than 12; the files are of torchvision 0.28.0, Pillow 13.0.0)
"""
import pathlib
import sys

import numpy as np
import PIL
import torch
from PIL import Image

assert int(PIL.__version__.split(".")[0]) >= 13, PIL.__version__
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import torchvision_parts  # noqa: F401, before torchvision
from torchvision import transforms as T  # noqa: E402

here = pathlib.Path(__file__).parent
sys.path.insert(0, str(here.parent / "image"))
from reference import Pack, noise  # noqa: E402

flip, turn = T.RandomHorizontalFlip(1.0), T.RandomVerticalFlip(1.0)
odd = [(13, 14), (14, 13), (25, 9), (7, 30), (1, 20), (20, 1), (1, 1)]
large = [(30, 31), (50, 37), (37, 50), (33, 33)]
cases = {
    "resize_9": ([T.Resize(9)], large + [(9, 9), (9, 20), (1, 20), (20, 1), (1, 1)]),
    "resize_40": ([T.Resize(40)], [(30, 31), (31, 30), (17, 25), (40, 40), (39, 41)]),
    "resize_17_30": ([T.Resize((17, 30))], large + odd),
    "center_12": ([T.CenterCrop(12)], large + odd + [(12, 12), (15, 12), (17, 19)]),
    "center_24_11": ([T.CenterCrop((24, 11))], large + odd),
    "resize_center": ([T.Resize(20), T.CenterCrop(16)], large + odd[:4]),
    "center_resize": ([T.CenterCrop(15), T.Resize(22)], large[:2] + odd),
    "pad_resize": ([T.CenterCrop(40), T.Resize(22)], [(30, 31), (13, 50), (7, 9)]),
    "resize_resize": ([T.Resize(12), T.Resize(25)], large),
    "resize_center_pad": ([T.Resize(20), T.CenterCrop(8), T.CenterCrop((14, 17))], large),
    "pad_center": ([T.CenterCrop(40), T.CenterCrop(31)], [(30, 31), (35, 12), (7, 9)]),
    "pad_center_pad": ([T.CenterCrop((20, 9)), T.CenterCrop((15, 22))], [(11, 17), (30, 31)]),
    "flip": ([flip], [(13, 14), (1, 5)]),
    "turn": ([turn], [(13, 14), (5, 1)]),
    "resize_flip_turn": ([T.Resize(20), flip, turn], large),
    "flip_resize": ([flip, turn, T.Resize(20)], large),
    "flip_pad": ([flip, turn, T.CenterCrop((24, 21))], odd),
    "center_flip_pad": ([T.CenterCrop((9, 11)), flip, T.CenterCrop((20, 16)), turn, T.CenterCrop((19, 13))], large[:2]),
    "crop_whole": ([T.RandomResizedCrop(24, scale=(1, 1), ratio=(1, 1))], [(40, 30), (30, 40), (31, 31), (1, 20)]),
}
pack = Pack(here / "reference" / "pictures.pack")
for name, (steps, sizes) in cases.items():
    for height, width in sizes:
        for channels in (1, 3) if (height + width) % 2 else (3,):
            picture = noise(height, width, channels, height * 100 + width)
            image = T.Compose(steps)(Image.fromarray(picture[:, :, 0] if channels == 1 else picture))
            result = np.asarray(image)
            pack.add(f"{name} {height} {width} {channels}", result.reshape(*result.shape[:2], channels))

floats = Pack(here / "reference" / "floats.pack")
for name, steps, channels in [
    ("to_tensor", [], 1),
    ("to_tensor", [], 3),
    ("normalize", [T.Normalize((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))], 3),
    ("normalize_one", [T.Normalize((0.1307,), (0.3081,))], 1),
    ("normalize_one", [T.Normalize((0.1307,), (0.3081,))], 3),
    ("normalize_twice", [T.Normalize((0.1, 0.2, 0.3), (0.4, 0.5, 0.6)), T.Normalize((0.5,), (0.25,))], 3),
]:
    picture = noise(16, 48, channels, 7)
    image = Image.fromarray(picture[:, :, 0] if channels == 1 else picture)
    floats.add(f"{name} {channels}", T.Compose([T.ToTensor(), *steps])(image).numpy())

# Where the crops fall: 65 points of the distribution of each quantity, and the share of draws up to each point.
torch.manual_seed(0)
crops = Pack(here / "reference" / "crops.pack")
draws = 100_000
for name, (height, width), options in [
    ("square", (64, 64), {}),
    ("photo", (375, 500), {}),
    ("strip", (40, 130), {}),  # many crops don't fit, and some of the ten tries are not enough
    ("options", (100, 80), {"scale": (0.3, 0.6), "ratio": (0.5, 2.0)}),
]:
    crop = T.RandomResizedCrop(8, **options)
    image = torch.empty(1, height, width)
    top, left, h, w = np.array([crop.get_params(image, crop.scale, crop.ratio) for _ in range(draws)]).T
    for quantity, values in [("area", h * w / (height * width)), ("ratio", w / h), ("row", (top + h / 2) / height),
                             ("column", (left + w / 2) / width)]:
        points = np.quantile(values, np.linspace(0, 1, 65), method="lower")
        shares = [(values <= point + 1e-9).mean() for point in points]
        crops.add(f"{name} {quantity}", np.array([points, shares]))
