"""Writes tests/train/reference/lr_range.txt: learning-rate range tests with torch.optim, a line for each.

    python3 tests/train/make_reference.py

The rules are those of pytorch-lr-finder: rates of equal factors, smooth_f, diverge_th, numpy.gradient for the steepest
point (here over what the first tenth of the steps and the last five leave, as fastai).
"""

import pathlib

import numpy
import torch

STEPS, START, END, SMOOTH, DIVERGE = 60, 1e-4, 10.0, 0.2, 5.0


def sweep(make_optimizer, accumulate=1):
    inputs = (torch.arange(32 * 3, dtype=torch.float32).reshape(32, 3) * 0.7).sin()
    targets = inputs @ torch.tensor([1.0, -2.0, 0.5]) + 0.25
    model = torch.nn.Linear(3, 1)
    torch.nn.init.constant_(model.weight, 0.1)
    torch.nn.init.zeros_(model.bias)
    optimizer = make_optimizer(model.parameters())
    rates, losses, smoothed = [], [], []
    batches = [(inputs[i:i + 8], targets[i:i + 8]) for i in range(0, 32, 8)]
    batch = 0
    for step in range(STEPS):
        rate = START * (END / START) ** (step / (STEPS - 1))
        for group in optimizer.param_groups:
            group["lr"] = rate
        optimizer.zero_grad()
        total = 0.0
        for _ in range(accumulate):
            x, y = batches[batch % len(batches)]
            batch += 1
            loss = torch.nn.functional.mse_loss(model(x).squeeze(1), y) / accumulate
            loss.backward()
            total += loss.item()
        optimizer.step()
        rates.append(rate)
        losses.append(total)
        smoothed.append(total if step == 0 else SMOOTH * total + (1 - SMOOTH) * smoothed[-1])
        if smoothed[-1] > DIVERGE * min(smoothed):
            break
    skip = STEPS // 10
    suggestion = rates[skip + numpy.gradient(numpy.array(smoothed[skip:-5])).argmin()]
    return rates, losses, smoothed, suggestion


def main():
    lines = []
    for name, make, accumulate in [
        ("sgd", lambda p: torch.optim.SGD(p, lr=1, momentum=0.5), 1),
        ("adam", lambda p: torch.optim.Adam(p, lr=1), 1),
        ("accumulated", lambda p: torch.optim.SGD(p, lr=1, momentum=0.5), 2),
    ]:
        rates, losses, smoothed, suggestion = sweep(make, accumulate)
        for what, numbers in [("rates", rates), ("losses", losses), ("smoothed", smoothed), ("suggestion", [suggestion])]:
            lines.append(" ".join([f"{name}_{what}"] + [f"{number:.9g}" for number in numbers]))
    path = pathlib.Path(__file__).parent / "reference" / "lr_range.txt"
    path.parent.mkdir(exist_ok=True)
    path.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
