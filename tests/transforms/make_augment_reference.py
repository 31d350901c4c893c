"""Writes reference/augment.pack: what torchvision's AutoAugment, RandAugment, TrivialAugmentWide and AugMix draw from hearth's
random streams, what these make of PIL images of noise, and their policies and magnitudes.

    python3 tests/transforms/make_augment_reference.py   (torchvision 0.28.0 and Pillow 13.0.0)
"""
import math
import pathlib
import sys

import numpy as np
import PIL
import torch
from PIL import Image

assert int(PIL.__version__.split(".")[0]) >= 13, PIL.__version__
here = pathlib.Path(__file__).parent
sys.path[:0] = [str(here.parents[0]), str(here.parent / "image")]
import torchvision_parts  # noqa: E402, F401, before torchvision
from random_stream import RandomStream  # noqa: E402
from reference import Pack, noise  # noqa: E402
from torchvision.transforms import InterpolationMode as Mode  # noqa: E402
from torchvision.transforms import autoaugment, functional  # noqa: E402

OPS = ["Identity", "ShearX", "ShearY", "TranslateX", "TranslateY", "Rotate", "Brightness", "Color", "Contrast",
       "Sharpness", "Posterize", "Solarize", "AutoContrast", "Equalize", "Invert"]
applied = []  # [operation, magnitude] of the last image
apply_op = autoaugment._apply_op


def recorded(image, name, magnitude, **options):
    applied.append([OPS.index(name), magnitude])
    return apply_op(image, name, magnitude, **options)


def draw_from(stream):
    def draw(one, size):
        numbers = [one() for _ in range(int(np.prod(size)))]
        return torch.tensor(numbers, dtype=torch.float64 if isinstance(numbers[0], float) else torch.int64).reshape(size)

    torch.randint = lambda high, size, dtype=None: draw(lambda: stream.below(high), size)
    torch.rand = lambda size: draw(stream.uniform, size)


autoaugment._apply_op = recorded
Policy = autoaugment.AutoAugmentPolicy
# augment_test.cpp has the same names and options.
CASES = {
    "rand": (autoaugment.RandAugment(), 40),
    "rand_bilinear": (autoaugment.RandAugment(3, 25, 31, Mode.BILINEAR, [128]), 40),
    "rand_bicubic": (autoaugment.RandAugment(1, 6, 10, Mode.BICUBIC, [200, 10, 60]), 30),
    "trivial": (autoaugment.TrivialAugmentWide(), 80),
    "trivial_bilinear": (autoaugment.TrivialAugmentWide(5, Mode.BILINEAR, [77]), 40),
    "imagenet": (autoaugment.AutoAugment(), 60),
    "imagenet_bilinear": (autoaugment.AutoAugment(Policy.IMAGENET, Mode.BILINEAR, [50]), 30),
    "cifar10": (autoaugment.AutoAugment(Policy.CIFAR10), 60),
    "svhn": (autoaugment.AutoAugment(Policy.SVHN, fill=[9]), 60),
}
SIZES = [(11, 14), (12, 7), (16, 17), (1, 9)]
pack = Pack(here / "reference" / "augment.pack")

# [15, 1 + bins]: whether an operation has a sign, and its magnitudes.
for name, bins, space in [
    ("auto 10 100 331", 10, autoaugment.AutoAugment()._augmentation_space(10, (100, 331))),
    ("rand 31 224 200", 31, autoaugment.RandAugment()._augmentation_space(31, (224, 200))),
    ("rand 7 32 500", 7, autoaugment.RandAugment()._augmentation_space(7, (32, 500))),
    ("trivial 31 0 0", 31, autoaugment.TrivialAugmentWide()._augmentation_space(31)),
    ("trivial 2 0 0", 2, autoaugment.TrivialAugmentWide()._augmentation_space(2)),
]:
    table = np.zeros((len(OPS), 1 + bins))
    for op, (magnitudes, signed) in space.items():
        table[OPS.index(op)] = [signed, *np.broadcast_to(magnitudes.double().numpy(), bins)]
    pack.add(f"space {name}", table)

# How torch.linspace rounds depends on the processor: its 16 of 32 is 15.999999 where products and sums are fused, and
# int() makes 15 of that. hearth rounds to the nearest, and so do the pictures here.
torch.linspace = lambda start, end, bins: torch.tensor(
    [(start * (bins - 1 - i) + end * i) / (bins - 1) for i in range(bins)], dtype=torch.float32)
for name, (transform, times) in CASES.items():
    for i in range(times):
        height, width = SIZES[i % len(SIZES)]
        channels = 1 if i % 5 == 4 and transform.fill != [200, 10, 60] else 3
        picture = noise(height, width, channels, i)
        applied.clear()
        draw_from(RandomStream(21, 22, i))
        result = np.asarray(transform(Image.fromarray(picture[:, :, 0] if channels == 1 else picture)))
        pack.add(f"{name} {height} {width} {channels} {i} image", result.reshape(height, width, channels))
        pack.add(f"{name} {height} {width} {channels} {i} drawn", np.array(applied, dtype=np.float64).reshape(-1, 2))

# AugMix turns a picture into a tensor first; here its operations are those on PIL images all the same. Gamma variates of
# shape 1 are -log(1 - uniform()).
def apply_to_picture(tensor, name, magnitude, **options):
    picture = functional.to_pil_image(tensor[0])
    return functional.pil_to_tensor(recorded(picture, name, magnitude, **options))[None]


def shares_from(stream):
    def draw_shares(self, alphas):
        variates = [-math.log(1 - stream.uniform()) for _ in range(alphas.shape[-1])]
        return torch.tensor([[variate / sum(variates) for variate in variates]])

    def randint(*high_and_size, low=0, high=None, size=None, dtype=None):
        high, size = high_and_size or (high, size)
        return torch.tensor([low + stream.below(high - low)]).reshape(size)

    autoaugment.AugMix._sample_dirichlet = draw_shares
    torch.randint = randint


autoaugment._apply_op = apply_to_picture
for name, transform, times in [("mix", autoaugment.AugMix(), 30),
                               ("mix_wide", autoaugment.AugMix(8, 2, 2, 1.0, False, Mode.NEAREST, [60]), 20)]:
    for i in range(times):
        height, width = SIZES[i % len(SIZES)]
        channels = 1 if i % 5 == 4 else 3
        picture = noise(height, width, channels, i)
        applied.clear()
        shares_from(RandomStream(21, 22, i))
        result = np.asarray(transform(Image.fromarray(picture[:, :, 0] if channels == 1 else picture)))
        pack.add(f"{name} {height} {width} {channels} {i} image", result.reshape(height, width, channels))
        pack.add(f"{name} {height} {width} {channels} {i} drawn", np.array(applied, dtype=np.float64).reshape(-1, 2))

# [25, 2, 3]: the operation, its probability, the bin of its magnitude.
for policy in Policy:
    pairs = autoaugment.AutoAugment(policy).policies
    pack.add(f"policy {policy.value}", np.array([[[OPS.index(op), p, bin or 0] for op, p, bin in pair] for pair in pairs]))
