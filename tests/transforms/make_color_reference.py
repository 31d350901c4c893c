"""Writes reference/colors.pack: what torchvision's transforms of colour make of PIL images of noise, and
reference/erasing.pack: how its erased rectangles fall.

    python3 tests/transforms/make_color_reference.py   (needs torch, torchvision and Pillow 13; the files are of
                                                        torchvision 0.28.0 and Pillow 13.0.0)
"""
import pathlib
import sys

import numpy as np
import PIL
import torch
from PIL import Image

assert int(PIL.__version__.split(".")[0]) >= 13, PIL.__version__
here = pathlib.Path(__file__).parent
sys.path.insert(0, str(here.parent))
import torchvision_parts  # noqa: F401, E402, before torchvision
from torchvision import transforms as T  # noqa: E402

sys.path.insert(0, str(here.parent / "image"))
from reference import Pack, noise  # noqa: E402


class Jitter(T.ColorJitter):
    """ColorJitter with the draws given."""

    def __init__(self, order, *factors):
        super().__init__()
        self.drawn = order, *factors

    def get_params(self, *_):
        return self.drawn


# color_test.cpp has the same names and stages.
PIPELINES = {
    "grey_1": [T.Grayscale()],
    "grey_3": [T.Resize(20), T.Grayscale(3), T.RandomHorizontalFlip(1.0)],
    "random_grey": [T.RandomGrayscale(1.0)],
    "never": [T.RandomGrayscale(0.0), T.RandomInvert(0.0), T.Resize(20), T.RandomEqualize(0.0), T.CenterCrop(16)],
    "invert_resize": [T.RandomHorizontalFlip(1.0), T.RandomInvert(1.0), T.Resize(21)],
    "crop_posterize": [T.CenterCrop(40), T.RandomPosterize(3, 1.0), T.CenterCrop(17)],
    "solarize": [T.RandomSolarize(100.5, 1.0)],
    "resize_equalize": [T.Resize(40), T.RandomEqualize(1.0), T.RandomVerticalFlip(1.0)],
    "autocontrast": [T.RandomPosterize(2, 1.0), T.RandomAutocontrast(1.0)],
    "sharpness": [T.RandomAdjustSharpness(2.5, 1.0), T.Resize(17)],
    "blur": [T.Resize((19, 23)), T.GaussianBlur((7, 3), (1.1, 1.1)), T.CenterCrop(15)],
    "jitter_3120": [T.CenterCrop(18), Jitter((3, 1, 2, 0), 1.3, 0.6, 1.7, 0.2), T.Resize(25)],
    "jitter_0213": [Jitter((0, 2, 1, 3), 0.4, 1.4, None, -0.35)],
    "jitter_2031": [Jitter((2, 0, 3, 1), None, 1.9, 0.3, None)],
}
pack = Pack(here / "reference" / "colors.pack")
for name, steps in PIPELINES.items():
    for height, width in [(24, 31), (33, 18)]:
        for channels in (1, 3):
            picture = noise(height, width, channels, height * 100 + width)
            image = T.Compose(steps)(Image.fromarray(picture[:, :, 0] if channels == 1 else picture))
            result = np.asarray(image)
            pack.add(f"{name} {height} {width} {channels}", result.reshape(*result.shape[:2], -1))

# Where the rectangles fall: 65 points of the distribution of each quantity, and the share of draws up to each point.
torch.manual_seed(0)
erasing = Pack(here / "reference" / "erasing.pack")
for name, (height, width), options in [
    ("square", (64, 64), {}),
    ("strip", (20, 130), {}),  # many rectangles don't fit
    ("options", (100, 80), {"scale": (0.3, 0.6), "ratio": (0.5, 2.0)}),
    ("never", (30, 30), {"scale": (1.0, 1.0), "ratio": (1.0, 1.0)}),
]:
    transform = T.RandomErasing(1.0, **options)
    image = torch.empty(1, height, width)
    rects = []
    for _ in range(100_000 if name != "never" else 100):
        *rect, value = transform.get_params(image, transform.scale, transform.ratio, [0.0])
        if value is not image:
            rects.append(rect)
    print(f"{name}: {len(rects)} rectangles")
    erasing.add(f"{name} count", np.array([len(rects)], dtype=np.float64))
    if rects:
        top, left, h, w = np.array(rects).T
        for quantity, values in [("area", h * w / (height * width)), ("ratio", h / w),
                                 ("row", (top + h / 2) / height), ("column", (left + w / 2) / width)]:
            points = np.quantile(values, np.linspace(0, 1, 65), method="lower")
            shares = [(values <= point + 1e-9).mean() for point in points]
            erasing.add(f"{name} {quantity}", np.array([points, shares]))
