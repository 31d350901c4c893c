"""The Python side of state_test.cpp: python resume.py FOLDER

For every case: a run of 50 steps, saved after 20 for C++ to go on with, and its end; and the run that C++ saved after 20
steps in FOLDER, gone on with from what the file says. Each has a schedule, which steps with the optimizer. Says what differs, and exits with 1.
"""

import collections
import copy
import math
import pathlib
import sys

import torch
from torch.optim.lr_scheduler import (
    ConstantLR,
    CosineAnnealingLR,
    CosineAnnealingWarmRestarts,
    ExponentialLR,
    LambdaLR,
    LinearLR,
    MultiStepLR,
    OneCycleLR,
    PolynomialLR,
    ReduceLROnPlateau,
    SequentialLR,
    StepLR,
)

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "models"))
import formula  # noqa: E402

CASES = {
    "sgd_momentum": (torch.optim.SGD, [dict(lr=0.05, momentum=0.9, weight_decay=0.01)]),
    "sgd_nesterov": (torch.optim.SGD, [dict(lr=0.02, momentum=0.8, nesterov=True)]),
    "sgd_groups": (torch.optim.SGD, [dict(lr=0.05, momentum=0.9, dampening=0.5), dict(lr=0.01)]),
    "adam": (torch.optim.Adam, [dict(lr=0.02, betas=(0.8, 0.95))]),
    "adam_amsgrad": (torch.optim.Adam, [dict(lr=0.05, betas=(0.5, 0.6), weight_decay=0.1, amsgrad=True)]),
    "adam_groups": (torch.optim.Adam, [dict(lr=0.02), dict(lr=0.01, eps=1e-3, maximize=True)]),
    "adamw": (torch.optim.AdamW, [dict(lr=0.02, weight_decay=0.3)]),
    "adamw_groups": (torch.optim.AdamW, [dict(lr=0.02, amsgrad=True), dict(lr=0.01, weight_decay=0.5)]),
    "rmsprop": (torch.optim.RMSprop, [dict(lr=0.005, alpha=0.9, momentum=0.5, centered=True)]),
    "rmsprop_plain": (torch.optim.RMSprop, [dict(lr=0.02)]),
    "adagrad": (torch.optim.Adagrad, [dict(lr=0.1, lr_decay=0.02, initial_accumulator_value=0.5)]),
    "adagrad_groups": (torch.optim.Adagrad, [dict(lr=0.1), dict(lr=0.05, weight_decay=0.1)]),
    "nadam": (torch.optim.NAdam, [dict(lr=0.02, betas=(0.8, 0.95), momentum_decay=0.05)]),
    "nadam_groups": (
        torch.optim.NAdam,
        [dict(lr=0.02, weight_decay=0.1, decoupled_weight_decay=True), dict(lr=0.01, maximize=True)],
    ),
    "radam": (torch.optim.RAdam, [dict(lr=0.02, betas=(0.8, 0.9))]),
    "sgd_one_cycle": (torch.optim.SGD, [dict(lr=0.05, momentum=0.9), dict(lr=0.01, momentum=0.5)]),
}

SCHEDULES = {
    "sgd_momentum": lambda o: StepLR(o, 3, 0.8),
    "sgd_nesterov": lambda o: MultiStepLR(o, [10, 22, 22, 40], 0.5),
    "sgd_groups": lambda o: SequentialLR(o, [LinearLR(o, 0.1, 1.0, 5), CosineAnnealingLR(o, 60)], [5]),
    "adam": lambda o: SequentialLR(o, [LinearLR(o, 0.1, 1.0, 30), CosineAnnealingLR(o, 60)], [30]),
    "adam_amsgrad": lambda o: SequentialLR(o, [StepLR(o, 4, 0.9), MultiStepLR(o, [3, 9], 0.5)], [25]),
    "adam_groups": lambda o: CosineAnnealingLR(o, 15, 0.001),
    "adamw": lambda o: LinearLR(o, 0.5, 1.0, 30),
    "adamw_groups": lambda o: ConstantLR(o, 1.0, 0),  # NoScheduler in C++
    "rmsprop": lambda o: ExponentialLR(o, 0.97),
    "rmsprop_plain": lambda o: LambdaLR(o, lambda epoch: 2 / (2 + epoch)),
    "adagrad": lambda o: PolynomialLR(o, 60, 0.9),
    "adagrad_groups": lambda o: ReduceLROnPlateau(o, factor=0.5, patience=5, min_lr=[1e-3, 2e-2]),
    "nadam": lambda o: CosineAnnealingWarmRestarts(o, 7, 2),
    "nadam_groups": lambda o: ConstantLR(o, 0.5, 30),
    "radam": lambda o: OneCycleLR(o, 0.02, 60),
    "sgd_one_cycle": lambda o: OneCycleLR(
        o, [0.05, 0.02], epochs=6, steps_per_epoch=10, pct_start=0.4, anneal_strategy="linear",
        base_momentum=[0.8, 0.7], three_phase=True
    ),
}


def make_parameters():
    return [formula.tensor(k, shape).requires_grad_() for k, shape in enumerate([[5], [2, 3, 2, 2]])]


def make_optimizer(name, parameters, options=True):
    """With the case's options, or with the default ones, for those of a file to replace."""
    make, groups = CASES[name]
    parts = [parameters] if len(groups) == 1 else [[parameter] for parameter in parameters]
    return make([dict(params=part, **(group if options else {})) for part, group in zip(parts, groups)])


def run(parameters, optimizer, scheduler, first, last):
    for step in range(first, last + 1):
        for k, parameter in enumerate(parameters):
            parameter.grad = parameter.detach() * 0.5 + formula.tensor(100 * step + k, parameter.shape)
        optimizer.step()
        if isinstance(scheduler, ReduceLROnPlateau):
            scheduler.step(1 / min(step, 12))
        else:
            scheduler.step()


def save(path, parameters, optimizer, scheduler, epoch):
    model = collections.OrderedDict(zip("ab", (parameter.detach() for parameter in parameters)))
    states = {"optimizer": optimizer.state_dict(), "scheduler": scheduler.state_dict()}
    torch.save({"model": model, **states, "epoch": epoch}, path)


def is_same(ours, theirs):
    """Whether C++ wrote what Python writes. It has no options for NoScheduler, and milestones not before their turn."""
    if isinstance(theirs, dict):
        missing = theirs.keys() - ours.keys()
        return not (ours.keys() - theirs.keys()) and missing in ({"milestones"}, {"factor", "total_iters"}, set()) and all(
            is_same(value, theirs[key]) for key, value in ours.items()
        )
    if isinstance(theirs, list):
        return len(ours) == len(theirs) and all(map(is_same, ours, theirs))
    if isinstance(ours, float):
        return not isinstance(theirs, bool) and math.isclose(ours, theirs, rel_tol=1e-12)
    return type(ours) is type(theirs) and ours == theirs


def main(folder):
    for name in CASES:
        parameters = make_parameters()
        optimizer = make_optimizer(name, parameters)
        scheduler = SCHEDULES[name](optimizer)
        run(parameters, optimizer, scheduler, 1, 20)
        save(folder / f"python_{name}.pth", parameters, optimizer, scheduler, 20)
        groups = optimizer.state_dict()["param_groups"]
        schedule = copy.deepcopy(scheduler.state_dict())
        run(parameters, optimizer, scheduler, 21, 50)
        save(folder / f"python_{name}_end.pth", parameters, optimizer, scheduler, 50)

        found = torch.load(folder / f"cpp_{name}.pth", weights_only=True)
        if found["epoch"] != 20 or list(found["model"]) != ["a", "b"]:
            sys.exit(f"{name}: the checkpoint holds {found}")
        for ours, theirs in zip(found["optimizer"]["param_groups"], groups, strict=True):
            if ours.keys() != theirs.keys() or not is_same(ours, theirs):
                sys.exit(f"{name}: the group of C++ is {ours}, not {theirs}")
        if not is_same(found["scheduler"], schedule):
            sys.exit(f"{name}: the schedule of C++ is {found['scheduler']}, not {schedule}")
        parameters = make_parameters()
        for parameter, value in zip(parameters, found["model"].values()):
            parameter.data.copy_(value)
        optimizer = make_optimizer(name, parameters, options=False)
        scheduler = SCHEDULES[name](optimizer)
        optimizer.load_state_dict(found["optimizer"])
        scheduler.load_state_dict(found["scheduler"])
        run(parameters, optimizer, scheduler, 21, 50)
        save(folder / f"cpp_{name}_end.pth", parameters, optimizer, scheduler, 50)


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
