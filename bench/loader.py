"""Images a second of hearth's loader and of torchvision's ImageFolder and DataLoader, in turn, and their ratio.

    python bench/loader.py --program build/release/bench/bench_loader --data data/tiny-imagenet-200/train

Both read the same JPEG files and do RandomResizedCrop, RandomHorizontalFlip, conversion to float and normalisation.
"""

import argparse
import pathlib
import statistics
import subprocess
import sys
import time

import torch

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tests"))
import torchvision_parts  # noqa: F401, before torchvision

from torchvision import datasets, transforms


def python_rates(args, epochs):
    transform = transforms.Compose([
        transforms.RandomResizedCrop(args.image_size),
        transforms.RandomHorizontalFlip(),
        transforms.ToTensor(),
        transforms.Normalize((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
    ])
    dataset = datasets.ImageFolder(args.data, transform)
    indices = torch.randperm(len(dataset))[: args.python_images].tolist()
    loader = torch.utils.data.DataLoader(torch.utils.data.Subset(dataset, indices), batch_size=args.batch_size,
                                         shuffle=True, num_workers=args.workers)
    rates = []
    for _ in range(epochs):
        start = time.perf_counter()
        images = sum(len(batch) for batch, _ in loader)
        rates.append(images / (time.perf_counter() - start))
    return rates


def hearth_rates(args, epochs):
    command = [args.program, args.data, str(args.image_size), str(args.batch_size), str(args.workers), str(epochs)]
    return [float(line) for line in subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", required=True, help="the built bench_loader")
    parser.add_argument("--data", required=True, help="a folder of class folders")
    parser.add_argument("--image-size", type=int, default=224)
    parser.add_argument("--batch-size", type=int, default=128)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--python-images", type=int, default=3000, help="how many of the images Python's side reads")
    args = parser.parse_args()
    ratios = []
    for _ in range(args.rounds):
        python = statistics.median(python_rates(args, 1))
        hearth = statistics.median(hearth_rates(args, 1))
        ratios.append(hearth / python)
        print(f"torchvision {python:8.1f} images/s   hearth {hearth:8.1f} images/s   ratio {ratios[-1]:.2f}", flush=True)
    print(f"median ratio {statistics.median(ratios):.2f} with {args.workers} workers at {args.image_size} px")


if __name__ == "__main__":
    main()
