"""Writes reference/ with Python's own tools: index lists of torch's DistributedSampler over hearth's permutations, and what
torchvision's MixUp and CutMix make of a batch. Run it where torch 2.13 and torchvision 0.28 are installed."""
import contextlib
import io
import pathlib
import random
import sys

import torch

HERE = pathlib.Path(__file__).parent
FOLDER = HERE / "reference"
FOLDER.mkdir(exist_ok=True)
sys.path.insert(0, str(HERE.parent / "core"))
with contextlib.redirect_stdout(io.StringIO()):
    from random_reference import permutation
sys.path.insert(0, str(HERE.parent))
sys.path.insert(0, str(HERE.parent / "models"))
import formula  # noqa: E402
import torchvision_parts  # noqa: E402, F401
from torchvision.transforms import v2  # noqa: E402


def distributed():
    """Lines of `size world_size rank shuffle drop_last epoch: indices`."""
    seed = 7
    lines = []
    for size in (1, 2, 3, 4, 5, 10, 11, 12):
        for world_size in range(1, 6):
            for shuffle in (False, True):
                for drop_last in (False, True):
                    for epoch in (0, 3) if shuffle else (0,):
                        torch.randperm = lambda n, generator=None: torch.tensor(permutation(n, seed, epoch))
                        for rank in range(world_size):
                            sampler = torch.utils.data.DistributedSampler(
                                range(size), world_size, rank, shuffle, seed, drop_last)
                            sampler.set_epoch(epoch)
                            indices = list(sampler)
                            assert len(indices) == len(sampler)
                            numbers = (size, world_size, rank, int(shuffle), int(drop_last), epoch, len(indices))
                            lines.append(" ".join(map(str, (*numbers, *indices))))
    (FOLDER / "distributed_sampler.txt").write_text("\n".join(lines) + "\n")



def numbers(tensor):
    return [tensor.numel(), *(f"{value:.9g}" for value in tensor.float().flatten().tolist())]


def mixing():
    """Lines of `mixup type targets lambda` or `cutmix type targets x1 y1 x2 y2`, then the mixed inputs and targets, each as
    a count and so many numbers."""
    lines = []
    targets = {"labels": torch.tensor([2, 0, 3]), "soft": formula.tensor(4, [3, 4], 1.0, 0.5)}
    for dtype in ("float32", "bfloat16"):
        inputs = formula.tensor(3, [3, 2, 4, 5], 4.0).to(getattr(torch, dtype))
        for kind, target in targets.items():
            for lam in (0.3, 0.84375, 0.999):
                params = {"labels": target, "batch_size": 3, "lam": lam}
                mix = v2.MixUp(num_classes=4)
                mixed = [*numbers(mix.transform(inputs, params)), *numbers(mix.transform(target, params))]
                lines.append(" ".join(map(str, ("mixup", dtype, kind, lam, *mixed))))
            for box in ((0, 0, 3, 2), (2, 1, 5, 4), (0, 0, 5, 4), (1, 2, 2, 3)):
                x1, y1, x2, y2 = box
                lam = float(1.0 - (x2 - x1) * (y2 - y1) / (5 * 4))
                params = {"labels": target, "batch_size": 3, "box": box, "lam_adjusted": lam}
                mix = v2.CutMix(num_classes=4)
                mixed = [*numbers(mix.transform(inputs, params)), *numbers(mix.transform(target, params))]
                lines.append(" ".join(map(str, ("cutmix", dtype, kind, *box, *mixed))))
    (FOLDER / "mixing.txt").write_text("\n".join(lines) + "\n")


def boxes():
    """Lines of `lambda x y height width x1 y1 x2 y2`: the rectangles of torchvision's CutMix for what it may draw."""
    lines = []
    random.seed(1)
    for _ in range(300):
        height, width = random.randint(1, 40), random.randint(1, 40)
        lam = random.choice((0.0, 1.0, 0.75, random.random(), random.random(), random.random()))
        centre = [random.randrange(width), random.randrange(height)]
        draws = iter(centre)
        randint, torch.randint = torch.randint, lambda *args, **kwargs: torch.tensor([next(draws)])
        mix = v2.CutMix(num_classes=4)
        mix._dist = type("Given", (), {"sample": lambda self, shape: lam})()
        box = mix.make_params([torch.zeros(1, 1, height, width)])["box"]
        torch.randint = randint
        lines.append(" ".join(map(str, (lam, *centre, height, width, *box))))
    (FOLDER / "cut_mix_boxes.txt").write_text("\n".join(lines) + "\n")


distributed()
mixing()
boxes()
