"""Writes reference/sharding.txt: which process torch's ZeroRedundancyOptimizer gives each parameter to. Run it where torch 2.13
is installed."""
import pathlib
import random

import torch
from torch.distributed.optim import ZeroRedundancyOptimizer

FOLDER = pathlib.Path(__file__).parent / "reference"


def owners(groups, world_size):
    """Of parameters of so many elements, group by group."""
    parameters = [[torch.nn.Parameter(torch.empty(count)) for count in group] for group in groups]
    optimizer = object.__new__(ZeroRedundancyOptimizer)
    optimizer.world_size = world_size
    optimizer.param_groups = [{"params": group} for group in parameters]
    optimizer._partition_parameters_cache = []
    of_parameter = {}
    for rank, rank_groups in enumerate(optimizer._partition_parameters()):
        for group in rank_groups:
            for parameter in group["params"]:
                of_parameter[id(parameter)] = rank
    return [of_parameter[id(parameter)] for group in parameters for parameter in group]


random.seed(3)
cases = [[[10, 20, 30, 40]], [[5, 5, 5, 5, 5]], [[1]], [[7, 3], [100, 1, 1]], [[0, 4, 4], [2, 9]]]
for _ in range(40):
    cases.append([[random.choice((1, 3, 16, 64, random.randrange(2000))) for _ in range(random.randint(1, 9))]
                  for _ in range(random.randint(1, 3))])
lines = []
for groups in cases:
    for world_size in (1, 2, 3, 4, 8):
        numbers = [world_size, len(groups), *map(len, groups), *(count for group in groups for count in group),
                   *owners(groups, world_size)]
        lines.append(" ".join(map(str, numbers)))
(FOLDER / "sharding.txt").write_text("\n".join(lines) + "\n")
