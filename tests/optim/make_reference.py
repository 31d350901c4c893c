"""Writes reference/*.txt: what torch.optim computes, and checkpoints and states of it. LAMB and LARS, which it has not,
are written down here from their papers. Needs torch and numpy.

    python3 tests/optim/make_reference.py
"""
import collections
import copy
import itertools
import math
import pathlib
import sys
import warnings

import numpy
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
    "constant": lambda o: ConstantLR(o),
    "constant_slow": lambda o: ConstantLR(o, 0.1, 40),
    "exponential": lambda o: ExponentialLR(o, 0.97),
    "exponential_meddled": lambda o: ExponentialLR(o, 0.99),
    "polynomial": lambda o: PolynomialLR(o),
    "polynomial_200": lambda o: PolynomialLR(o, 200, 0.9),
    "polynomial_60": lambda o: PolynomialLR(o, 60, 2.0),
    "lambda": lambda o: LambdaLR(o, lambda epoch: 1 / (1 + epoch)),
    "lambda_each": lambda o: LambdaLR(o, [lambda epoch: 0.95**epoch, lambda epoch: epoch / 100]),
    "restarts_10": lambda o: CosineAnnealingWarmRestarts(o, 10),
    "restarts_7_2": lambda o: CosineAnnealingWarmRestarts(o, 7, 2, 0.0001),
    "restarts_1_3": lambda o: CosineAnnealingWarmRestarts(o, 1, 3),
    "restarts_meddled": lambda o: CosineAnnealingWarmRestarts(o, 20),
    "one_cycle": lambda o: OneCycleLR(o, 0.5, 200, cycle_momentum=False),
    "one_cycle_linear": lambda o: OneCycleLR(
        o, [0.5, 0.02], epochs=21, steps_per_epoch=10, pct_start=0.25, anneal_strategy="linear", div_factor=10.0,
        final_div_factor=100.0, cycle_momentum=False
    ),
    "one_cycle_three_phases": lambda o: OneCycleLR(
        o, [0.5, 0.02], 201, pct_start=0.4, three_phase=True, cycle_momentum=False
    ),
    "one_cycle_without_rise": lambda o: OneCycleLR(o, 0.5, 200, pct_start=0.0, cycle_momentum=False),
    "many_parts": lambda o: SequentialLR(
        o,
        [
            ExponentialLR(o, 0.9),
            CosineAnnealingWarmRestarts(o, 10, 2),
            LambdaLR(o, lambda epoch: 2 / (2 + epoch)),
            PolynomialLR(o, 20),
            ConstantLR(o, 0.1, 10),
        ],
        [12, 90, 120, 130],
    ),
    "restarts_first": lambda o: SequentialLR(o, [CosineAnnealingWarmRestarts(o, 8), ConstantLR(o, 0.5, 7)], [20]),
}

PLATEAUS = {
    "default": dict(),
    "patient": dict(factor=0.5, patience=3, threshold=0.01, cooldown=2),
    "absolute": dict(factor=0.3, patience=2, threshold=0.02, threshold_mode="abs", min_lr=[1e-3, 1e-4]),
    "max": dict(mode="max", factor=0.7, patience=4, threshold=0.05, min_lr=1e-4),
    "max_absolute": dict(mode="max", factor=0.9, patience=0, threshold=0.1, threshold_mode="abs", eps=1e-4),
}

# The figure after each epoch: it falls, waves, is once infinite and once not a number.
FIGURES = [1 / (1 + 0.05 * step) + 0.1 * math.sin(step) for step in range(1, STEPS + 1)]
FIGURES[70] = math.inf
FIGURES[90] = math.nan

CYCLES = {
    "sgd": lambda p: (o := torch.optim.SGD(p, momentum=0.9), OneCycleLR(o, 0.5, 200)),
    "adam": lambda p: (
        o := torch.optim.Adam(p),
        OneCycleLR(
            o, [0.5, 0.02], epochs=20, steps_per_epoch=10, pct_start=0.4, anneal_strategy="linear", three_phase=True,
            base_momentum=[0.8, 0.7], max_momentum=[0.9, 0.99]
        ),
    ),
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
    yield from compress(name, *zip(*rates))


def compress(name, *columns):
    for group, values in enumerate(columns):
        runs = ((value, len(list(same))) for value, same in itertools.groupby(values))
        yield f"{name} {group} " + " ".join(f"{value!r}*{count}" for value, count in runs)


def plateau(name, states):
    """The rates of two groups before and after each of 200 epochs, and the scheduler's states after some of them."""
    groups = [{"params": [torch.zeros(1)], "lr": 0.1}, {"params": [torch.zeros(1)], "lr": 0.003}]
    scheduler = ReduceLROnPlateau(torch.optim.SGD(groups), **PLATEAUS[name])
    rates = [scheduler.get_last_lr()]
    states[name] = {0: copy.deepcopy(scheduler.state_dict())}
    for step, figure in enumerate(FIGURES, 1):
        scheduler.step(figure)
        rates.append(scheduler.get_last_lr())
        if step in SAVED_STATES:
            states[name][step] = copy.deepcopy(scheduler.state_dict())
    yield from compress(name, *zip(*rates))


def cycle(name):
    """The rates of two groups, then their momentums, from the beginning to step 200."""
    groups = [{"params": [torch.zeros(1)], "lr": 0.1}, {"params": [torch.zeros(1)], "lr": 0.003}]
    optimizer, scheduler = CYCLES[name](groups)
    rows = []
    for step in range(STEPS + 1):
        if step > 0:
            scheduler.step()
        momentums = [group["betas"][0] if "betas" in group else group["momentum"] for group in optimizer.param_groups]
        rows.append(scheduler.get_last_lr() + momentums)
    yield from compress(name, *zip(*rows))


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


RMSPROP = {
    "rmsprop_plain": dict(),
    "rmsprop_momentum": dict(lr=0.005, alpha=0.9, eps=1e-3, momentum=0.8),
    "rmsprop_all": dict(lr=0.005, alpha=0.8, weight_decay=0.1, momentum=0.5, centered=True),
    "rmsprop_maximize": dict(lr=0.001, centered=True, weight_decay=0.3, maximize=True),
}

ADAGRAD = {
    "adagrad_plain": dict(),
    "adagrad_all": dict(lr=0.1, lr_decay=0.02, weight_decay=0.1, initial_accumulator_value=0.5, eps=1e-3),
    "adagrad_maximize": dict(lr=0.01, weight_decay=0.3, maximize=True),
}

NADAM = {
    "nadam_plain": dict(),
    "nadam_all": dict(lr=0.05, betas=(0.8, 0.9), eps=1e-3, weight_decay=0.1, momentum_decay=0.05),
    "nadam_decoupled": dict(lr=0.05, weight_decay=0.1, decoupled_weight_decay=True),
    "nadam_maximize": dict(lr=0.001, weight_decay=0.3, maximize=True),
}

RADAM = {
    "radam_plain": dict(),
    "radam_all": dict(lr=0.05, betas=(0.8, 0.9), eps=1e-3, weight_decay=0.1),
    "radam_decoupled": dict(lr=0.05, weight_decay=0.1, decoupled_weight_decay=True),
    "radam_maximize": dict(lr=0.001, weight_decay=0.3, maximize=True),
}

LAMB = {
    "lamb_plain": dict(),
    "lamb_all": dict(lr=0.05, betas=(0.8, 0.9), eps=1e-3, weight_decay=0.2),
    "lamb_alone": dict(lr=0.05, weight_decay=0.1, adapt=False),
    "lamb_maximize": dict(lr=0.001, weight_decay=0.3, maximize=True),
}

LARS = {
    "lars_plain": dict(),
    "lars_all": dict(lr=2.0, momentum=0.8, weight_decay=0.1, trust_coefficient=0.02, eps=0.1),
    "lars_alone": dict(lr=0.01, momentum=0.5, weight_decay=0.1, adapt=False),
    "lars_maximize": dict(lr=0.5, weight_decay=0.3, maximize=True),
}


class Paper(torch.optim.Optimizer):
    """An optimizer of a paper, in numpy and double precision, whatever the parameters' type."""

    def __init__(self, params, foreach, **options):
        super().__init__(params, {**self.options, **options})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.grad is not None:
                    state = self.state[parameter]
                    x = state.get("x", parameter.double().numpy())
                    g = parameter.grad.double().numpy() * (-1 if group["maximize"] else 1)
                    state["x"] = x - self.update(x, g, state, group)
                    parameter.copy_(torch.from_numpy(state["x"]))


class Lamb(Paper):
    """You et al. 2020, algorithm 2, with phi(z) = z."""

    options = dict(lr=1e-3, betas=(0.9, 0.999), eps=1e-6, weight_decay=1e-2, adapt=True, maximize=False)

    def update(self, x, g, state, o):
        beta1, beta2 = o["betas"]
        t = state["t"] = state.get("t", 0) + 1
        m = state["m"] = beta1 * state.get("m", 0) + (1 - beta1) * g
        v = state["v"] = beta2 * state.get("v", 0) + (1 - beta2) * g * g
        r = (m / (1 - beta1**t)) / (numpy.sqrt(v / (1 - beta2**t)) + o["eps"]) + o["weight_decay"] * x
        return o["lr"] * (numpy.linalg.norm(x) / numpy.linalg.norm(r) if o["adapt"] else 1) * r


class Lars(Paper):
    """You, Gitman and Ginsburg 2017, algorithm 1."""

    options = dict(lr=0.1, momentum=0.9, weight_decay=0.0, trust_coefficient=1e-3, eps=0.0, adapt=True, maximize=False)

    def update(self, x, g, state, o):
        norm = numpy.linalg.norm
        rate = o["trust_coefficient"] * norm(x) / (norm(g) + o["weight_decay"] * norm(x) + o["eps"])
        rate = o["lr"] * (rate if o["adapt"] else 1)
        state["v"] = o["momentum"] * state.get("v", 0) + rate * (g + o["weight_decay"] * x)
        return state["v"]


# The step after which a checkpoint is made; the second parameter has no state before step 11.
SAVED = {"sgd_nesterov": 9, "sgd_groups": 25, "adam_plain": 25, "adam_amsgrad": 9, "adamw_weight_decay": 25,
         "adamw_groups": 25, "rmsprop_all": 25, "adagrad_all": 9, "nadam_all": 25, "radam_all": 9}


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


def file_name(optimizer, name):
    kind = type(optimizer).__name__.lower()
    return f"{kind}_{name.removeprefix('w_').removeprefix(kind + '_')}"


def steps(name, make_optimizer, groups, dtype):
    """Two parameters, the second without a gradient in its first ten steps, after 1, 11 and 50 steps."""
    parameters = [formula.tensor(k, shape).to(dtype).requires_grad_() for k, shape in enumerate([[5], [2, 3, 2, 2]])]
    optimizer = make_optimizer([dict(params=[p], **options) for p, options in zip(parameters, groups)], foreach=False)
    for group in optimizer.param_groups:  # Python's Adagrad has this as an argument alone, for all groups
        if "initial_accumulator_value" in group:
            optimizer.state[group["params"][0]]["sum"].fill_(group["initial_accumulator_value"])
    for step in range(1, 51):
        optimizer.zero_grad()
        for k, parameter in enumerate(parameters):
            if k == 0 or step > 10:
                noise = formula.tensor(100 * step + k, parameter.shape).to(dtype)
                parameter.grad = parameter.detach() * 0.5 + noise
        optimizer.step()
        if step == SAVED.get(file := file_name(optimizer, name)):
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
    states = {}
    lines = [line for name in PLATEAUS for line in plateau(name, states)] + [*compress("figure", FIGURES)]
    torch.save(states, FOLDER / "reference" / "plateau.pth")
    (FOLDER / "reference" / "plateau.txt").write_text("\n".join(lines) + "\n")
    lines = [line for name in CYCLES for line in cycle(name)]
    (FOLDER / "reference" / "one_cycle.txt").write_text("\n".join(lines) + "\n")
    for file, families in {
        "sgd.txt": [(torch.optim.SGD, SGD, ["all", "plain"], "all", "")],
        "adam.txt": [
            (torch.optim.Adam, ADAM, ["amsgrad", "plain"], "amsgrad", ""),
            (torch.optim.AdamW, ADAMW, ["w_amsgrad", "w_plain"], "w_amsgrad", "w_"),
        ],
        "adaptive.txt": [
            (torch.optim.RMSprop, RMSPROP, ["rmsprop_all", "rmsprop_plain"], "rmsprop_all", "rmsprop_"),
            (torch.optim.Adagrad, ADAGRAD, ["adagrad_all", "adagrad_plain"], "adagrad_all", "adagrad_"),
            (torch.optim.NAdam, NADAM, ["nadam_all", "nadam_plain"], "nadam_all", "nadam_"),
            (torch.optim.RAdam, RADAM, ["radam_all", "radam_plain"], "radam_all", "radam_"),
            (Lamb, LAMB, ["lamb_all", "lamb_plain"], "lamb_all", "lamb_"),
            (Lars, LARS, ["lars_all", "lars_plain"], "lars_all", "lars_"),
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
