"""The same pictures through torchvision's transforms and through hearth's: how far the pixels lie apart.

    python tests/parity/pixels.py --program build/dev/tests/parity/parity_pixels [--pictures ARCHIVE]

The files are made here, PNG and JPEG of every kind that data sets have; the first 40 JPEG files of ARCHIVE, a tar, are
read beside them. It is data/imagenet-samples.tar in the folder that HEARTH_SHARED names where nothing else is said.
Pipelines with random transforms draw what hearth's draw: from its random streams, in the documented order. Differences
are in steps of 1/255, before normalisation; a program with libjpeg-turbo, which Pillow has too, must decode
JPEG as equally as PNG. Where torch, torchvision or Pillow is missing, the exit code is 77: skipped.
"""

import argparse
import math
import os
import pathlib
import subprocess
import sys
import tarfile
import tempfile

try:
    import numpy as np
    import torch
    from PIL import Image

    sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
    import torchvision_parts  # noqa: F401, before torchvision
    from random_stream import RandomStream
    from torchvision import datasets
    from torchvision import transforms as T
    from torchvision.transforms import CenterCrop, Compose, Normalize, RandomHorizontalFlip, Resize, ToTensor
    from torchvision.transforms import functional as F
except ImportError as error:
    print(f"skipped: the comparison with torchvision, for {error}")
    sys.exit(77)

STD = (0.229, 0.224, 0.225)
to_tensor, normalize = ToTensor(), Normalize((0.485, 0.456, 0.406), STD)


def resized_crop(image, random, size, interpolation=T.InterpolationMode.BILINEAR):
    """RandomResizedCrop."""
    width, height = image.size
    for _ in range(10):
        area = height * width * random.uniform(0.08, 1.0)
        ratio = math.exp(random.uniform(math.log(3 / 4), math.log(4 / 3)))
        w, h = round(math.sqrt(area * ratio)), round(math.sqrt(area / ratio))
        if 1 <= w <= width and 1 <= h <= height:
            top = random.below(height - h + 1)
            return F.resized_crop(image, top, random.below(width - w + 1), h, w, [size, size], interpolation)
    w, h = min(width, max(1, round(height * 4 / 3))), min(height, max(1, round(width / (3 / 4))))
    return F.resized_crop(image, (height - h) // 2, (width - w) // 2, h, w, [size, size], interpolation)


def flipped(image, random):
    """RandomHorizontalFlip."""
    return F.hflip(image) if random.bernoulli(0.5) else image


def jittered(image, random):
    """ColorJitter of 0.4, 0.4, 0.4 and 0.1."""
    order = [0, 1, 2, 3]
    for i in (4, 3, 2):
        k = random.below(i)
        order[i - 1], order[k] = order[k], order[i - 1]
    factors = [random.uniform(1 - 0.4, 1 + 0.4) for _ in range(3)] + [random.uniform(-0.1, 0.1)]
    steps = (F.adjust_brightness, F.adjust_contrast, F.adjust_saturation, F.adjust_hue)
    for i in order:
        image = steps[i](image, factors[i])
    return image


def augmented(image, random):
    """One of RandAugment, AutoAugment and TrivialAugmentWide, torchvision's own with random's numbers for torch's."""
    transform = (T.RandAugment(), T.AutoAugment(), T.TrivialAugmentWide())[min(int(random.uniform() * 3), 2)]

    def draw(one, size):
        return torch.tensor([one() for _ in range(math.prod(size))]).reshape(size)

    # How torch.linspace rounds depends on the processor, and int() of its 16 may be 15; hearth rounds to the nearest.
    def linspace(start, end, bins):
        return torch.tensor([(start * (bins - 1 - i) + end * i) / (bins - 1) for i in range(bins)])

    theirs = torch.randint, torch.rand, torch.linspace
    torch.randint = lambda high, size, dtype=None: draw(lambda: random.below(high), size)
    torch.rand = lambda size: draw(random.uniform, size)
    torch.linspace = linspace
    try:
        return transform(image)
    finally:
        torch.randint, torch.rand, torch.linspace = theirs


def erased(tensor, random):
    """RandomErasing with probability 0.5."""
    _, height, width = tensor.shape
    for _ in range(10) if random.bernoulli(0.5) else ():
        area = height * width * random.uniform(0.02, 0.33)
        ratio = math.exp(random.uniform(math.log(0.3), math.log(3.3)))
        h, w = round(math.sqrt(area * ratio)), round(math.sqrt(area / ratio))
        if h < height and w < width:
            top = random.below(height - h + 1)
            return F.erase(tensor, top, random.below(width - w + 1), h, w, torch.zeros(1))
    return tensor


def contrastive(image, random):
    """What SimCLR trains with."""
    image = flipped(resized_crop(image, random, 112), random)
    image = jittered(image, random) if random.bernoulli(0.8) else image
    image = F.rgb_to_grayscale(image, 3) if random.bernoulli(0.2) else image
    if random.bernoulli(0.5):
        sigma = random.uniform(0.1, 2.0)
        image = F.gaussian_blur(image, [11, 11], [sigma, sigma])
    return to_tensor(image)


def recipe(image, random):
    """What torchvision's own weights are trained with, or nearly so."""
    image = augmented(flipped(resized_crop(image, random, 96), random), random)
    return erased(normalize(to_tensor(image)), random)


def food(image, random):
    """What Food-11's tutorial trains with."""
    image = flipped(resized_crop(image, random, 224), random)
    return normalize(to_tensor(F.rotate(image, random.uniform(-90, 90))))


def padded_crop(image, random):
    """Bicubic, then a crop of the image with its mirror image around it, and a turn that shows all of the image."""
    image = F.pad(F.resize(image, [60, 72], T.InterpolationMode.BICUBIC), 8, padding_mode="reflect")
    top = random.below(76 - 64 + 1)
    image = F.crop(image, top, random.below(88 - 64 + 1), 64, 64)
    angle = random.uniform(-15, 30)
    image = F.rotate(image, angle, T.InterpolationMode.BICUBIC, expand=True, fill=[9, 99, 199])
    return to_tensor(F.resize(image, [50, 50], T.InterpolationMode.NEAREST))


def warped(image, random):
    """RandomAffine with all its options, then RandomPerspective."""
    image = resized_crop(image, random, 120, T.InterpolationMode.BICUBIC)
    angle = random.uniform(-30, 30)
    move = [round(random.uniform(-0.1 * 120, 0.1 * 120)), round(random.uniform(-0.2 * 120, 0.2 * 120))]
    scale = random.uniform(0.7, 1.2)
    shear = [random.uniform(-10, 10), random.uniform(-5, 15)]
    image = F.affine(image, angle, move, scale, shear, T.InterpolationMode.BILINEAR, fill=[128])
    if random.bernoulli(0.9):
        near = lambda: random.below(25)  # noqa: E731, int(0.4 * 60) + 1
        far = lambda: 120 - 25 + random.below(25)  # noqa: E731
        corners = [[x(), y()] for x, y in [(near, near), (far, near), (far, far), (near, far)]]
        start = [[0, 0], [119, 0], [119, 119], [0, 119]]
        image = F.perspective(image, start, corners, T.InterpolationMode.BILINEAR, 0)
    return to_tensor(image)


def ten_crops(image, random):
    return torch.stack([normalize(to_tensor(crop)) for crop in F.ten_crop(F.resize(image, 64), [56, 48])])


def always(*steps):
    transform = Compose(steps)
    return lambda image, random: transform(image)


# pixels.cpp has the same.
PIPELINES = {
    "decoded": always(to_tensor),
    "evaluation": always(Resize(256), CenterCrop(224), to_tensor),
    "squashed": always(Resize((96, 160)), RandomHorizontalFlip(1.0), to_tensor),
    "normalised": always(Resize(64), CenterCrop(64), to_tensor, normalize),
    "contrastive": contrastive,
    "recipe": recipe,
    "food": food,
    "padded": padded_crop,
    "warped": warped,
    "ten crops": ten_crops,
}


def scene(generator, height, width):
    """A picture with what photographs have: slow changes, edges, texture."""
    y, x = np.mgrid[0:height, 0:width]
    channels = []
    for _ in range(3):
        fx, fy, phase = generator.uniform(0.005, 0.05, 3)
        slow = 110 + 80 * np.sin(fx * x + fy * y + 100 * phase)
        edges = 60 * ((x // generator.integers(9, 40) + y // generator.integers(9, 40)) % 2)
        channels.append(slow + edges + generator.normal(0, 6, (height, width)))
    return Image.fromarray(np.clip(np.stack(channels, -1), 0, 255).astype(np.uint8))


def make_pictures(folder):
    """Class folders of made PNG and JPEG files."""
    generator = np.random.default_rng(0)
    for name in ("png", "jpeg"):
        (folder / name).mkdir()
    for i, (height, width) in enumerate([(300, 400), (413, 307), (224, 224), (64, 64), (97, 501), (1000, 751)]):
        picture = scene(generator, height, width)
        picture.save(folder / "png" / f"{i}_rgb.png")
        picture.convert("L").save(folder / "png" / f"{i}_grey.png")
        picture.quantize(64).save(folder / "png" / f"{i}_palette.png")
        transparent = picture.copy()
        transparent.putalpha(picture.convert("L"))
        transparent.save(folder / "png" / f"{i}_rgba.png")
        for subsampling in (0, 1, 2):
            for quality in (60, 95):
                picture.save(folder / "jpeg" / f"{i}_{subsampling}_{quality}.jpg", quality=quality,
                             subsampling=subsampling)
        picture.save(folder / "jpeg" / f"{i}_progressive.jpg", progressive=True)
        picture.convert("L").save(folder / "jpeg" / f"{i}_grey.jpg")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", required=True, help="the built parity_pixels")
    shared = pathlib.Path(os.environ.get("HEARTH_SHARED", "none"), "data", "imagenet-samples.tar")
    parser.add_argument("--pictures", type=pathlib.Path, help="a tar of JPEG files to read as well",
                        default=shared if shared.exists() else None)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary) / "pictures"
        folder.mkdir()
        make_pictures(folder)
        if args.pictures:
            (folder / "real").mkdir()
            with tarfile.open(args.pictures) as archive:
                found = [member for member in archive if member.name.lower().endswith((".jpg", ".jpeg"))]
                for i, member in enumerate(found[:40]):
                    (folder / "real" / f"{i:02}.jpg").write_bytes(archive.extractfile(member).read())
        else:
            print("skipped: real pictures, for HEARTH_SHARED does not name the folder of the real data")
        subprocess.run([args.program, folder], check=True)
        ours = torch.load(f"{folder}.pth", weights_only=True, mmap=True)

        print(f"{'':<22} pictures  equal  worst   mean |difference|, of 255")
        failed = False
        for pipeline, transform in PIPELINES.items():
            dataset = datasets.ImageFolder(folder)
            scale = 255 * torch.tensor(STD)[:, None, None] if pipeline in ("normalised", "recipe", "food", "ten crops") else 255
            differences = {name: [] for name in dataset.classes}
            for i, (image, label) in enumerate(dataset):
                picture = transform(image, RandomStream(0, 0, i))
                mine = ours[f"{pipeline} {i}"]
                if mine.shape != picture.shape:
                    raise SystemExit(f"{dataset.imgs[i][0]}: {list(mine.shape)} instead of {list(picture.shape)}")
                differences[dataset.classes[label]].append(((mine - picture) * scale).abs().flatten())
            for name, parts in differences.items():
                if not parts:
                    continue
                all_parts = torch.cat(parts)
                equal, worst, mean = (all_parts < 1e-2).float().mean().item(), all_parts.max().item(), all_parts.mean().item()
                exact = name == "png" or "libjpeg-turbo" in ours
                good = (worst <= 1.01 and equal >= 0.99) if exact else mean <= 1
                failed = failed or not good
                print(f"{pipeline:<11} {name:<10} {len(parts):>8} {equal:>6.1%} {worst:>6.1f} {mean:>8.4f}"
                      + ("" if good else "  too far"), flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
