"""Writes reference/loss.txt: what torch.nn.functional.cross_entropy computes. Needs torch and numpy.

    python3 tests/losses/make_reference.py
"""
import pathlib
import sys

import torch

FOLDER = pathlib.Path(__file__).parent
sys.path.insert(0, str(FOLDER.parent / "models"))
import formula  # noqa: E402

WEIGHT = torch.tensor([0.5, 1.0, 2.0, 0.25, 3.0])
CASES = {
    "plain": {},
    "label_smoothing": {"label_smoothing": 0.1},
    "weight": {"weight": WEIGHT},
    "ignore_index": {"ignore_index": 3},
    "all": {"label_smoothing": 0.2, "weight": WEIGHT, "ignore_index": 3},
}


def main():
    lines = []
    for name, options in CASES.items():
        logits = formula.tensor(1, [6, 5], 8.0).requires_grad_()
        loss = torch.nn.functional.cross_entropy(logits, torch.tensor([0, 3, 4, 1, 3, 2]), **options)
        loss.backward()
        lines.append(f"{name} " + " ".join(f"{float(value):.9g}" for value in [loss.detach(), *logits.grad.flatten()]))
    (FOLDER / "reference").mkdir(exist_ok=True)
    (FOLDER / "reference" / "loss.txt").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
