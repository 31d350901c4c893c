"""Writes reference/ with Python's own tools: index lists of torch's DistributedSampler over hearth's permutations. Run it
where torch 2.13 is installed."""
import contextlib
import io
import pathlib
import sys

import torch

HERE = pathlib.Path(__file__).parent
FOLDER = HERE / "reference"
FOLDER.mkdir(exist_ok=True)
sys.path.insert(0, str(HERE.parent / "core"))
with contextlib.redirect_stdout(io.StringIO()):
    from random_reference import permutation


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


distributed()
