"""Writes reference/schedulers.txt, sgd.txt and adam.txt: what torch.optim computes, and checkpoints and states of it. Needs torch
and numpy.

    python3 tests/optim/make_reference.py
"""
import collections
import copy
import itertools
import pathlib
import sys
import warnings

import torch
from torch.optim.lr_scheduler import CosineAnnealingLR, LinearLR, MultiStepLR, SequentialLR, StepLR

FOLDER = pathlib.Path(__file__).parent
sys.path.insert(0, str(FOLDER.parent / "models"))
import formula  # noqa: E402

STEPS = 200

SCHEDULERS = {
    "step_7": lambda o: StepLR(o, 7, 0.1),
    "step_1": lambda o: StepLR(o, 1, 0.97),
    "multi_step": lambda o: MultiStepLR(o, [30, 80, 80, 150], 0.5),
    "multi_step_from_0": lambda o: MultiStepLR(o, [10, 0, 3, 3], 0.3),
    "linear": lambda o: LinearLR(o),
    "linear_slow": lambda o: LinearLR(o, 0.1, 0.75, 40),
    "linear_to_0": lambda o: LinearLR(o, 1.0, 0.0, 30),
    "cosine_200": lambda o: CosineAnnealingLR(o, 200),
    "cosine_50": lambda o: CosineAnnealingLR(o, 50, 0.001),
    "cosine_7": lambda o: CosineAnnealingLR(o, 7),
    "cosine_1": lambda o: CosineAnnealingLR(o, 1, 0.001),
    "warm_up_cosine": lambda o: SequentialLR(o, [LinearLR(o, 0.1, 1.0, 5), CosineAnnealingLR(o, 85)], [5]),
    "cosine_linear": lambda o: SequentialLR(o, [CosineAnnealingLR(o, 50), LinearLR(o, 0.2, 0.9, 20)], [50]),
    "three_parts": lambda o: SequentialLR(
        o, [StepLR(o, 4, 0.5), MultiStepLR(o, [3, 5], 0.2), LinearLR(o, 0.5, 1.0, 6)], [10, 20]
    ),
    "skipped_part": lambda o: SequentialLR(
        o, [LinearLR(o, 0.5, 1.0, 6), LinearLR(o, 0.1, 1.0, 6), StepLR(o, 9, 0.5)], [6, 6]
    ),
    "skipped_first": lambda o: SequentialLR(o, [LinearLR(o, 0.5, 1.0, 6), MultiStepLR(o, [0, 4], 0.1)], [0]),
    "single_part": lambda o: SequentialLR(o, [LinearLR(o, 0.5, 1.0, 6)], []),
    "step_meddled": lambda o: StepLR(o, 5, 0.5),
    "cosine_meddled": lambda o: CosineAnnealingLR(o, 60, 0.0001),
}


# The steps after which the states of schedules are saved: before, at and after a milestone, and later.
SAVED_STATES = (0, 4, 5, 13, 100)


def schedule(name, states):
    """The rates of two groups after construction and after each step; a meddled one has its first group's rate set to
    0.05 before step 13. Adds to `states` the scheduler's after some of the steps."""
    groups = [{"params": [torch.zeros(1)], "lr": 0.1}, {"params": [torch.zeros(1)], "lr": 0.003}]
    optimizer = torch.optim.SGD(groups)
    scheduler = SCHEDULERS[name](optimizer)
    rates = [scheduler.get_last_lr()]
    states[name] = {0: copy.deepcopy(scheduler.state_dict())}
    for step in range(1, STEPS + 1):
        if step == 13 and name.endswith("meddled"):
            optimizer.param_groups[0]["lr"] = 0.05
        scheduler.step()
        rates.append(scheduler.get_last_lr())
        assert rates[-1] == [group["lr"] for group in optimizer.param_groups]
        if step in SAVED_STATES:
            states[name][step] = copy.deepcopy(scheduler.state_dict())
    for group, values in enumerate(zip(*rates)):
        runs = ((value, len(list(same))) for value, same in itertools.groupby(values))
        yield f"{name} {group} " + " ".join(f"{value!r}*{count}" for value, count in runs)


SGD = {
    "plain": dict(lr=0.1),
    "momentum": dict(lr=0.05, momentum=0.9),
    "dampening": dict(lr=0.05, momentum=0.9, dampening=0.5),
    "nesterov": dict(lr=0.05, momentum=0.9, nesterov=True),
    "weight_decay": dict(lr=0.1, weight_decay=0.05),
    "all": dict(lr=0.02, momentum=0.8, weight_decay=0.01, nesterov=True),
    "maximize": dict(lr=0.001, momentum=0.5, weight_decay=0.3, maximize=True),
}

ADAM = {
    "plain": dict(),
    "betas": dict(lr=0.05, betas=(0.8, 0.9), eps=1e-3),
    "amsgrad": dict(lr=0.05, betas=(0.5, 0.6), amsgrad=True),
    "weight_decay": dict(lr=0.05, weight_decay=0.1),
    "maximize": dict(lr=0.001, weight_decay=0.3, maximize=True),
    "decoupled": dict(lr=0.05, weight_decay=0.1, decoupled_weight_decay=True),
}

ADAMW = {
    "w_plain": dict(),
    "w_betas": dict(lr=0.05, betas=(0.8, 0.9), eps=1e-3),
    "w_amsgrad": dict(lr=0.05, betas=(0.5, 0.6), amsgrad=True),
    "w_weight_decay": dict(lr=0.05, weight_decay=0.5),
    "w_maximize": dict(lr=0.001, weight_decay=0.3, maximize=True),
}


# The step after which a checkpoint is made; the second parameter has no state before step 11.
SAVED = {"sgd_nesterov": 9, "sgd_groups": 25, "adam_plain": 25, "adam_amsgrad": 9, "adamw_weight_decay": 25,
         "adamw_groups": 25}


def older(state):
    """The optimizer's state as older versions wrote it: integers for counts of steps, None for momentum that is not yet
    there, and without options that were still to come."""
    state = copy.deepcopy(state)
    for index in range(2):
        tensors = state["state"].setdefault(index, {"momentum_buffer": None})
        if "step" in tensors:
            tensors["step"] = int(tensors["step"])
    for group in state["param_groups"]:
        for key in ("foreach", "maximize", "capturable", "differentiable", "fused", "decoupled_weight_decay"):
            group.pop(key, None)
        group["weight_decay"] = int(group["weight_decay"])
    return state


def save(name, parameters, optimizer):
    """A checkpoint in the middle of the run; of two also one in the older format."""
    model = collections.OrderedDict(zip("ab", (parameter.detach() for parameter in parameters)))
    torch.optim.lr_scheduler.StepLR(optimizer, 1000)  # for `initial_lr`
    checkpoint = {"model": model, "optimizer": optimizer.state_dict(), "epoch": SAVED[name]}
    torch.save(checkpoint, FOLDER / "reference" / f"{name}.pth")
    if name in ("sgd_nesterov", "adam_plain"):
        checkpoint["optimizer"] = older(optimizer.state_dict())
        torch.save(checkpoint, FOLDER / "reference" / f"older_{name}.pth", _use_new_zipfile_serialization=False)


def steps(name, make_optimizer, groups, dtype):
    """Two parameters, the second without a gradient in its first ten steps, after 1, 11 and 50 steps."""
    parameters = [formula.tensor(k, shape).to(dtype).requires_grad_() for k, shape in enumerate([[5], [2, 3, 2, 2]])]
    optimizer = make_optimizer([dict(params=[p], **options) for p, options in zip(parameters, groups)], foreach=False)
    for step in range(1, 51):
        optimizer.zero_grad()
        for k, parameter in enumerate(parameters):
            if k == 0 or step > 10:
                noise = formula.tensor(100 * step + k, parameter.shape).to(dtype)
                parameter.grad = parameter.detach() * 0.5 + noise
        optimizer.step()
        if step == SAVED.get(file := f"{type(optimizer).__name__.lower()}_{name.removeprefix('w_')}"):
            save(file, parameters, optimizer)
        if step in (1, 11, 50):
            values = torch.cat([parameter.detach().flatten() for parameter in parameters])
            yield f"{name} {step} " + " ".join(f"{float(value):.{17 if dtype == torch.float64 else 9}g}" for value in values)


def main():
    warnings.simplefilter("ignore")
    (FOLDER / "reference").mkdir(exist_ok=True)
    states = {}
    lines = [line for name in SCHEDULERS for line in schedule(name, states)]
    torch.save(states, FOLDER / "reference" / "schedulers.pth")
    (FOLDER / "reference" / "schedulers.txt").write_text("\n".join(lines) + "\n")
    for file, families in {
        "sgd.txt": [(torch.optim.SGD, SGD, ["all", "plain"], "all", "")],
        "adam.txt": [
            (torch.optim.Adam, ADAM, ["amsgrad", "plain"], "amsgrad", ""),
            (torch.optim.AdamW, ADAMW, ["w_amsgrad", "w_plain"], "w_amsgrad", "w_"),
        ],
    }.items():
        lines = []
        for make, options, two, one, prefix in families:
            lines += [line for name, o in options.items() for line in steps(name, make, [o, o], torch.float32)]
            lines += steps(prefix + "groups", make, [options[name] for name in two], torch.float32)
            lines += steps(prefix + "double", make, [options[one]] * 2, torch.float64)
        (FOLDER / "reference" / file).write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
