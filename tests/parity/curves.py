"""The same training in Python and in C++, step by step, and a picture of both.

    python tests/parity/curves.py --program build/dev/tests/parity/parity_curves [--picture curves.png] [RECIPE]...

For each recipe Python makes the initial weights and the batches, hearth reads both, and each side trains by itself in
32-bit floating point. Compared are the loss, the accuracy, the learning rate and the norm of all parameters at every
step, and loss and accuracy of the validation after every epoch: the largest relative difference of each. Where torch or
torchvision is missing, the exit code is 77: skipped.
"""

import argparse
import dataclasses
import gzip
import json
import math
import os
import pathlib
import subprocess
import sys
import tempfile
from typing import Callable

try:
    import torch

    sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
    import torchvision_parts  # noqa: F401, before torchvision
    from torchvision import models
except ImportError as error:
    print(f"skipped: the comparison with torchvision, for {error}")
    sys.exit(77)

from torch import nn
from torch.optim import lr_scheduler

ROOT = pathlib.Path(__file__).resolve().parents[2]
LIMIT = 1e-5


@dataclasses.dataclass
class Batches:
    """Training and validation samples, in the order in which both sides take them."""

    inputs: torch.Tensor
    targets: torch.Tensor
    val_inputs: torch.Tensor
    val_targets: torch.Tensor
    batch_size: int


@dataclasses.dataclass
class Recipe:
    """A training: what is trained on what, how, and how long. What training learns to do later is one more of them."""

    model: Callable[[Batches], nn.Module]
    batches: Callable[[], Batches]
    optimizer: Callable[[nn.Module], torch.optim.Optimizer]
    epochs: int
    scheduler: Callable[[torch.optim.Optimizer], lr_scheduler.LRScheduler] = lambda optimizer: None
    loss: nn.Module = dataclasses.field(default_factory=nn.CrossEntropyLoss)
    mode: Callable[[nn.Module], None] = nn.Module.train


class NeuralNetwork(nn.Module):
    """The network of PyTorch's quick start."""

    def __init__(self):
        super().__init__()
        self.linear_relu_stack = nn.Sequential(
            nn.Linear(28 * 28, 512), nn.ReLU(), nn.Linear(512, 512), nn.ReLU(), nn.Linear(512, 10))

    def forward(self, x):
        return self.linear_relu_stack(torch.flatten(x, 1))


def read_idx(name):
    """An IDX file of the sample that the repository ships."""
    data = gzip.decompress((ROOT / "examples" / "data" / "fashion-mnist-sample" / name).read_bytes())
    sizes = [int.from_bytes(data[4 * i + 4:4 * i + 8], "big") for i in range(data[3])]
    return torch.frombuffer(bytearray(data[4 + 4 * len(sizes):]), dtype=torch.uint8).reshape(sizes)


def fashion_mnist():
    """640 + 320 real images, in batches of 32."""
    pictures, labels = read_idx("train-images-idx3-ubyte.gz"), read_idx("train-labels-idx1-ubyte.gz")
    inputs, targets = pictures[:, None].float() / 255, labels.long()
    return Batches(inputs[:640], targets[:640], inputs[640:960], targets[640:960], 32)


def pictures(batch_size, batches, side=64, classes=10):
    """Pictures of noise over a pattern that tells the class."""
    count = batch_size * (batches + 1)
    targets = torch.arange(count) % classes
    patterns = nn.functional.interpolate(torch.randn(classes, 3, 4, 4), side, mode="bilinear")
    inputs = patterns[targets] + 0.5 * torch.randn(count, 3, side, side)
    train = batch_size * batches
    return Batches(inputs[:train], targets[:train], inputs[train:], targets[train:], batch_size)


def accustomed(model, batches):
    """The model with BatchNorm statistics of these pictures, as trained weights have them."""
    with torch.no_grad():
        for first in range(0, len(batches.inputs), batches.batch_size):
            model(batches.inputs[first:first + batches.batch_size])
    return model


def train_with_frozen_batch_norm(model):
    model.train()
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.eval()
            module.weight.requires_grad_(False)
            module.bias.requires_grad_(False)


def warm_up_then_cosine(optimizer):
    return lr_scheduler.SequentialLR(
        optimizer,
        [lr_scheduler.LinearLR(optimizer, start_factor=0.1, total_iters=2),
         lr_scheduler.CosineAnnealingLR(optimizer, T_max=3)],
        milestones=[2])


RECIPES = {
    "mlp-sgd": Recipe(
        model=lambda batches: NeuralNetwork(),
        batches=fashion_mnist,
        optimizer=lambda model: torch.optim.SGD(model.parameters(), lr=0.05),
        epochs=10),
    "mlp-adam-fused": Recipe(
        model=lambda batches: NeuralNetwork(),
        batches=fashion_mnist,
        optimizer=lambda model: torch.optim.Adam(model.parameters(), lr=1e-3, fused=True),
        epochs=10),
    "resnet18-momentum-steplr": Recipe(
        model=lambda batches: models.resnet18(num_classes=10),
        batches=lambda: pictures(16, 4),
        optimizer=lambda model: torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9, weight_decay=1e-4),
        scheduler=lambda optimizer: lr_scheduler.StepLR(optimizer, step_size=2, gamma=0.1),
        epochs=5),
    "densenet121-frozen-bn-adam": Recipe(
        model=lambda batches: accustomed(models.densenet121(num_classes=10), batches),
        batches=lambda: pictures(8, 4),
        optimizer=lambda model: torch.optim.Adam(model.parameters(), lr=1e-4),
        mode=train_with_frozen_batch_norm,
        epochs=5),
    "resnet18-adamw-cosine-smoothing": Recipe(
        model=lambda batches: models.resnet18(num_classes=10),
        batches=lambda: pictures(16, 4),
        optimizer=lambda model: torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=0.05),
        scheduler=warm_up_then_cosine,
        loss=nn.CrossEntropyLoss(label_smoothing=0.1),
        epochs=5),
}


def in_batches(batches, inputs, targets):
    for first in range(0, len(inputs), batches.batch_size):
        yield inputs[first:first + batches.batch_size], targets[first:first + batches.batch_size]


def accuracy(correct, logits, targets):
    return correct + (logits.argmax(1) == targets).sum().item()


def train(recipe, model, batches):
    """Trains as a Python user does; the same lines that parity_curves writes."""
    optimizer = recipe.optimizer(model)
    scheduler = recipe.scheduler(optimizer)
    lines = []
    for _ in range(recipe.epochs):
        recipe.mode(model)
        correct = seen = 0
        for inputs, targets in in_batches(batches, batches.inputs, batches.targets):
            optimizer.zero_grad()
            logits = model(inputs)
            loss = recipe.loss(logits, targets)
            loss.backward()
            optimizer.step()
            correct, seen = accuracy(correct, logits, targets), seen + len(targets)
            norm = math.sqrt(sum(p.detach().double().square().sum().item() for p in model.parameters()))
            lines.append({"loss": loss.item(), "accuracy": correct / seen, "lr": optimizer.param_groups[0]["lr"],
                          "norm": norm})
        model.eval()
        total = correct = 0
        with torch.no_grad():
            for inputs, targets in in_batches(batches, batches.val_inputs, batches.val_targets):
                logits = model(inputs)
                total += recipe.loss(logits, targets).item() * len(targets)
                correct = accuracy(correct, logits, targets)
        samples = len(batches.val_targets)
        lines.append({"val_loss": total / samples, "val_accuracy": correct / samples})
        if scheduler is not None:
            scheduler.step()
    return lines


def compare(program, name, folder):
    """The largest relative difference of each figure, and the number of steps."""
    recipe = RECIPES[name]
    torch.manual_seed(0)
    batches = recipe.batches()
    model = recipe.model(batches)
    torch.save(model.state_dict(), folder / "initial.pth")
    tensors = {key: torch.as_tensor(value) for key, value in vars(batches).items()}
    torch.save(tensors, folder / "batches.pth")
    subprocess.run([program, name, folder], check=True)
    ours = [json.loads(line) for line in (folder / "hearth.jsonl").read_text().splitlines()]
    theirs = train(recipe, model, batches)
    (folder / "python.jsonl").write_text("".join(json.dumps(line) + "\n" for line in theirs))
    if [list(line) for line in ours] != [list(line) for line in theirs]:
        raise SystemExit(f"{name}: the two sides do not have the same steps")
    differences = {}
    for our, their in zip(ours, theirs):
        for key, value in their.items():
            difference = abs(our[key] - value) / max(abs(value), 1e-12)
            differences[key] = max(differences.get(key, 0.0), difference)
    return sum("loss" in line for line in theirs), theirs, differences


def settle_roots():
    """In the first call for roots several threads may come by different kernels of MKL, with other last bits, in about
    one process of 200: so one thread makes it. hearth's Adam does the same."""
    torch.ones(1).sqrt()


def main():
    settle_roots()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", required=True, help="the built parity_curves")
    parser.add_argument("--picture", help="where to draw the losses of both sides")
    parser.add_argument("recipes", nargs="*", help=", ".join(RECIPES) + "; all where there is none")
    args = parser.parse_args()
    columns = ["loss", "accuracy", "lr", "norm", "val_loss", "val_accuracy"]
    print(f"{'':<32} steps  loss from    to  " + "".join(f"{column:>13}" for column in columns))
    failed = []
    with tempfile.TemporaryDirectory() as folder:
        names = args.recipes or list(RECIPES)
        folders = [pathlib.Path(folder) / name for name in names]
        for name, place in zip(names, folders):
            place.mkdir()
            steps, lines, differences = compare(args.program, name, place)
            losses = [line["loss"] for line in lines if "loss" in line]
            good = max(differences.values()) <= LIMIT
            print(f"{name:<32} {steps:>5} {losses[0]:>10.4f} {losses[-1]:>6.4f} "
                  + "".join(f"{differences[column]:>13.1e}" for column in columns)
                  + ("" if good else f"  more than {LIMIT:g}"), flush=True)
            failed += [] if good else [name]
        if args.picture:
            subprocess.run([args.program, "--plot", os.path.abspath(args.picture), *folders], check=True)
            print(f"{args.picture} shows the losses")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
