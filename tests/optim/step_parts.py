"""The Python side of step_parts_test.cpp: python step_parts.py FOLDER

Writes step_parts.pth into the folder: what torch.amp.GradScaler, torch.nn.utils' clipping and
torch.optim.swa_utils.AveragedModel compute. The committed one is in reference/. Where the folder holds the states that
C++ saved in the middle, from_cpp.pth, these go on in Python and must come to the same end; says what differs, and exits
with 1. Needs torch and numpy.
"""
import copy
import math
import pathlib
import sys

import torch
from torch import nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "models"))
import formula  # noqa: E402

SCALER = dict(init_scale=1024.0, growth_factor=4.0, backoff_factor=0.25, growth_interval=5)
OVERFLOWS = {3: math.inf, 4: math.nan, 9: -math.inf, 20: math.inf, 26: math.nan, 36: math.inf}
SAVED = 17


def scaler_run(state=None, first=1, weight=None):
    """40 steps of SGD in which some gradients are not finite; the scale after each, the skipped steps, the state after
    some steps and the weights at the end."""
    weight = formula.tensor(0, [6]) if weight is None else weight
    weight = weight.clone().requires_grad_()
    optimizer = torch.optim.SGD([weight], lr=0.1)
    scaler = torch.amp.GradScaler("cpu", **(SCALER if state is None else {}))
    if state is not None:
        scaler.load_state_dict(state)
    scales, skipped, saved = [], [], None
    for step in range(first, 41):
        optimizer.zero_grad()
        loss = (weight * formula.tensor(step, [6])).sum()
        scaler.scale(loss).backward()
        if step in OVERFLOWS:
            weight.grad[2] = OVERFLOWS[step]
        before = weight.detach().clone()
        scaler.step(optimizer)
        scaler.update()
        if torch.equal(before, weight.detach()):
            skipped.append(step)
        scales.append(scaler.get_scale())
        if step == SAVED:
            saved = (scaler.state_dict(), weight.detach().clone())
    return {"scales": scales, "skipped": skipped, "weight": weight.detach(),
            **({"state": saved[0], "middle": saved[1]} if saved else {})}


def half_run():
    """16-bit floats under autocast, whose gradients overflow at the scale that a scaler begins with."""
    weight = formula.tensor(1, [4, 16]).requires_grad_()
    optimizer = torch.optim.SGD([weight], lr=0.01)
    scaler = torch.amp.GradScaler("cpu", growth_interval=3)
    scales = []
    for step in range(1, 11):
        optimizer.zero_grad()
        with torch.autocast("cpu", torch.float16):
            out = nn.functional.linear(formula.tensor(step, [8, 16]), weight)
        loss = (out.float() * 20).pow(2).mean()
        scaler.scale(loss).backward()
        scaler.step(optimizer)
        scaler.update()
        scales.append(scaler.get_scale())
    assert scales[0] == 32768 and max(scales[-3:]) < 65536, scales
    return {"scales": scales, "weight": weight.detach()}


SHAPES = [[5], [3, 4, 2, 2], [], [7, 3], [2]]


def gradients(kind):
    types = {"double": [torch.float64] * 5}.get(kind, [torch.float32] * 5)
    if kind == "mixed":
        types = [torch.float32, torch.float64, torch.float32, torch.float64, torch.float32]
    parameters = []
    for k, (shape, dtype) in enumerate(zip(SHAPES, types)):
        parameter = torch.zeros(shape, dtype=dtype, requires_grad=True)
        if k != 4:  # has none
            parameter.grad = formula.tensor(50 + k, shape, 10).to(dtype)
        parameters.append(parameter)
    return parameters


CLIPS = {"length": (1.5, 2.0), "sum": (7.0, 1.0), "maximum": (2.0, math.inf), "third": (4.0, 3.0),
         "within": (1e6, 2.0), "zero": (0.0, 2.0)}


def clip_runs():
    for kind in ("float", "double", "mixed"):
        for name, (max_norm, norm_type) in CLIPS.items():
            parameters = gradients(kind)
            norm = torch.nn.utils.clip_grad_norm_(parameters, max_norm, norm_type)
            yield f"{kind}_{name}", {"norm": norm, "gradients": [p.grad for p in parameters if p.grad is not None]}
        parameters = gradients(kind)
        torch.nn.utils.clip_grad_value_(parameters, 2.5)
        yield f"{kind}_value", {"gradients": [p.grad for p in parameters if p.grad is not None]}


def make_model(dtype=torch.float32):
    return nn.Sequential(nn.Conv2d(3, 4, 3, bias=False), nn.BatchNorm2d(4), nn.Linear(5, 2)).to(dtype)


def train_to(model, step):
    """The weights and statistics that a training has after the step."""
    with torch.no_grad():
        for k, tensor in enumerate(model.state_dict().values()):
            if tensor.is_floating_point():
                tensor.copy_(formula.tensor(1000 * step + k, tensor.shape))
            else:
                tensor.fill_(step)


AVERAGES = {
    "ema": dict(decay=0.9),
    "ema_slow": dict(decay=0.999, every=3, first_step=4),
    "ema_no_buffers": dict(decay=0.5, buffers=False),
    "mean": dict(),
    "mean_late": dict(every=2, first_step=7),
    "mean_no_buffers": dict(buffers=False),
    "ema_double": dict(decay=0.99, dtype=torch.float64),
    "mean_double": dict(dtype=torch.float64),
}


def average_run(decay=None, every=1, first_step=0, buffers=True, dtype=torch.float32, state=None, first=1):
    """20 steps; the state of the average after some of them and at the end."""
    model = make_model(dtype)
    train_to(model, 0)
    average = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(decay) if decay else None, use_buffers=buffers)
    if state is not None:
        average.load_state_dict(state)
    middle = None
    for step in range(first, 21):
        train_to(model, step)
        if step > first_step and (step - first_step) % every == 0:
            average.update_parameters(model)
        if step == SAVED:
            middle = copy.deepcopy(average.state_dict())
    return {"middle": middle, "end": average.state_dict()}


def differences(found, expected, name=""):
    if isinstance(expected, dict):
        for key in expected:
            if "num_batches_tracked" not in key:  # Python averages an integer, C++ copies it
                yield from differences(found[key], expected[key], f"{name}/{key}")
    elif isinstance(expected, torch.Tensor) and not torch.equal(found, expected):
        yield f"{name}: {found} instead of {expected}"
    elif not isinstance(expected, torch.Tensor) and found != expected:
        yield f"{name}: {found} instead of {expected}"


def go_on(folder):
    saved = torch.load(folder / "from_cpp.pth", weights_only=True)
    whole = scaler_run()
    end = scaler_run(saved["scaler"], SAVED + 1, saved["weight"])
    yield from differences(saved["scaler"], whole["state"], "scaler")
    yield from differences(end["scales"], whole["scales"][SAVED:], "scales")
    yield from differences(end["weight"], whole["weight"], "weight")
    for name, options in AVERAGES.items():
        end = average_run(**options, state=saved["averages"][name]["averaged_model"], first=SAVED + 1)["end"]
        yield from differences(end, average_run(**options)["end"], name)


if __name__ == "__main__":
    folder = pathlib.Path(sys.argv[1])
    torch.save({
        "scaler": scaler_run(),
        "half": half_run(),
        "clip": dict(clip_runs()),
        "averages": {name: average_run(**options) for name, options in AVERAGES.items()},
    }, folder / "step_parts.pth")
    if (folder / "from_cpp.pth").exists():
        found = list(go_on(folder))
        print("\n".join(found))
        sys.exit(bool(found))
