"""The same pictures through torchvision's transforms and through hearth's: how far the pixels lie apart.

    python tests/parity/pixels.py --program build/dev/tests/parity/parity_pixels [--pictures ARCHIVE]

The files are made here, PNG and JPEG of every kind that data sets have; the first 40 JPEG files of ARCHIVE, a tar, are
read beside them. It is data/imagenet-samples.tar in the folder that HEARTH_SHARED names where nothing else is said.
Differences are in steps of 1/255, before normalisation; a program with libjpeg-turbo, which Pillow has too, must decode
JPEG as equally as PNG. Where torch, torchvision or Pillow is missing, the exit code is 77: skipped.
"""

import argparse
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
    from torchvision import datasets
    from torchvision.transforms import CenterCrop, Compose, Normalize, RandomHorizontalFlip, Resize, ToTensor
except ImportError as error:
    print(f"skipped: the comparison with torchvision, for {error}")
    sys.exit(77)

STD = (0.229, 0.224, 0.225)
PIPELINES = {
    "decoded": Compose([ToTensor()]),
    "evaluation": Compose([Resize(256), CenterCrop(224), ToTensor()]),
    "squashed": Compose([Resize((96, 160)), RandomHorizontalFlip(1.0), ToTensor()]),
    "normalised": Compose([Resize(64), CenterCrop(64), ToTensor(), Normalize((0.485, 0.456, 0.406), STD)]),
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
            dataset = datasets.ImageFolder(folder, transform)
            scale = 255 * torch.tensor(STD)[:, None, None] if pipeline == "normalised" else 255
            differences = {name: [] for name in dataset.classes}
            for i, (picture, label) in enumerate(dataset):
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
                print(f"{pipeline:<10} {name:<11} {len(parts):>8} {equal:>6.1%} {worst:>6.1f} {mean:>8.4f}"
                      + ("" if good else "  too far"), flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
