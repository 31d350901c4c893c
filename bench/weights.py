"""Seconds to load weights into a model that is there, in hearth and in Python, in turn, and their ratio.

    python bench/weights.py --program build/release/bench/bench_weights

The files are made from torchvision's resnet50 and vgg16 with random weights. Python's side is torch.load, with and
without mmap, and load_state_dict(strict=True).
"""

import argparse
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import torch

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tests"))
import torchvision_parts  # noqa: F401, before torchvision

from torchvision import models


def python_seconds(model, path, mmap, rounds):
    seconds = []
    for _ in range(rounds):
        start = time.perf_counter()
        model.load_state_dict(torch.load(path, weights_only=True, mmap=mmap), strict=True)
        seconds.append(time.perf_counter() - start)
    return seconds


def hearth_seconds(program, path, rounds):
    output = subprocess.run([program, path, str(rounds)], check=True, capture_output=True, text=True).stdout
    return [float(line) for line in output.split()]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", required=True, help="the built bench_weights")
    parser.add_argument("--rounds", type=int, default=5)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for name in ("resnet50", "vgg16"):
            model = getattr(models, name)()
            path = pathlib.Path(folder) / f"{name}.pth"
            torch.save(model.state_dict(), path)
            seconds = {"hearth": [], "torch.load": [], "torch.load(mmap)": []}
            for _ in range(args.rounds):
                seconds["torch.load"] += python_seconds(model, path, False, 2)
                seconds["hearth"] += hearth_seconds(args.program, path, 2)
                seconds["torch.load(mmap)"] += python_seconds(model, path, True, 2)
            print(f"{name}, {path.stat().st_size / 1e6:.0f} MB")
            for who, all_seconds in seconds.items():
                median = statistics.median(all_seconds)
                ratio = median / statistics.median(seconds["hearth"])
                print(f"  {who:<17} {median * 1e3:7.1f} ms median, {min(all_seconds) * 1e3:7.1f} best, {ratio:5.2f} times hearth")


if __name__ == "__main__":
    main()
