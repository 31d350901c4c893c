"""Writes reference/*.txt: losses and gradients that torch and torchvision compute. Needs torch, torchvision and numpy.

    python3 tests/losses/make_reference.py

loss.txt has the losses of labels, losses.txt those of other targets. A line is a name, the loss, its gradient.
"""
import pathlib
import sys

import torch
from torch.nn import functional

FOLDER = pathlib.Path(__file__).parent
sys.path.insert(0, str(FOLDER.parent / "models"))
sys.path.insert(0, str(FOLDER.parent))
import formula  # noqa: E402
import torchvision_parts  # noqa: E402,F401
from torchvision.ops.focal_loss import sigmoid_focal_loss  # noqa: E402

WEIGHT = torch.tensor([0.5, 1.0, 2.0, 0.25, 3.0])
POS_WEIGHT = torch.tensor([1.0, 4.0, 0.5, 2.0, 10.0])
LABELS = torch.tensor([0, 3, 4, 1, 3, 2])
CASES = {
    "plain": {},
    "label_smoothing": {"label_smoothing": 0.1},
    "weight": {"weight": WEIGHT},
    "ignore_index": {"ignore_index": 3},
    "all": {"label_smoothing": 0.2, "weight": WEIGHT, "ignore_index": 3},
}

REAL = formula.tensor(2, [6, 5], 8.0)  # differences from the outputs go from 0 to 8
HELD = (formula.tensor(3, [6, 5]) > 0).float()  # several labels a sample
SHARES = formula.tensor(4, [6, 5], 1.0, 0.5)  # from 0 to 1
SOFT = (SHARES.double() / SHARES.double().sum(1, keepdim=True)).float()

OTHERS = {
    "mse": lambda x: functional.mse_loss(x, REAL),
    "l1": lambda x: functional.l1_loss(x, REAL),
    "huber": lambda x: functional.huber_loss(x, REAL),
    "huber_delta": lambda x: functional.huber_loss(x, REAL, delta=2.5),
    "bce": lambda x: functional.binary_cross_entropy_with_logits(x, HELD),
    "bce_shares": lambda x: functional.binary_cross_entropy_with_logits(x, SHARES),
    "bce_weight": lambda x: functional.binary_cross_entropy_with_logits(x, HELD, weight=WEIGHT),
    "bce_pos_weight": lambda x: functional.binary_cross_entropy_with_logits(x, HELD, pos_weight=POS_WEIGHT),
    "bce_all": lambda x: functional.binary_cross_entropy_with_logits(x, SHARES, weight=WEIGHT, pos_weight=POS_WEIGHT),
    "focal": lambda x: sigmoid_focal_loss(x, HELD, reduction="mean"),
    "focal_options": lambda x: sigmoid_focal_loss(x, SHARES, alpha=0.75, gamma=1.5, reduction="mean"),
    "focal_no_alpha": lambda x: sigmoid_focal_loss(x, HELD, alpha=-1, gamma=1, reduction="mean"),
    "soft": lambda x: functional.cross_entropy(x, SOFT),
    "soft_label_smoothing": lambda x: functional.cross_entropy(x, SOFT, label_smoothing=0.1),
    "soft_weight": lambda x: functional.cross_entropy(x, SOFT, weight=WEIGHT),
    "soft_all": lambda x: functional.cross_entropy(x, SOFT, weight=WEIGHT, label_smoothing=0.2),
}


def line(name, loss_of):
    outputs = formula.tensor(1, [6, 5], 8.0).requires_grad_()
    loss = loss_of(outputs)
    loss.backward()
    return f"{name} " + " ".join(f"{float(value):.9g}" for value in [loss.detach(), *outputs.grad.flatten()]) + "\n"


def main():
    folder = FOLDER / "reference"
    folder.mkdir(exist_ok=True)
    labels = {name: (lambda x, o=options: functional.cross_entropy(x, LABELS, **o)) for name, options in CASES.items()}
    for file, cases in (("loss.txt", labels), ("losses.txt", OTHERS)):
        (folder / file).write_text("".join(line(name, loss_of) for name, loss_of in cases.items()))


if __name__ == "__main__":
    main()
