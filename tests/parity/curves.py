"""The same training in Python and in C++, step by step, and a picture of both.

    python tests/parity/curves.py --program build/dev/tests/parity/parity_curves [--picture curves.png] [RECIPE]...

For each recipe (recipes.py) Python makes the initial weights and the batches, hearth reads both, and each side trains
by itself. Compared are the largest relative differences of

    loss        of every batch
    norm        of all parameters, after every step of the optimizer
    lr          of every parameter group, after every step
    step        which steps were taken or skipped, the norm before clipping, the scale of fp16
    training    loss and accuracy, or what else the recipe measures, of every epoch
    validation  the same after every epoch, with averaged weights where there are some
    val norm    of the weights that were validated

Where torch or torchvision is missing, the exit code is 77: skipped.
"""

import argparse
import collections
import itertools
import json
import math
import os
import pathlib
import subprocess
import sys
import tempfile

try:
    import torch

    sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
    import torchvision_parts  # noqa: F401, before torchvision
    import torchvision  # noqa: F401, for recipes.py
except ImportError as error:
    print(f"skipped: the comparison with torchvision, for {error}")
    sys.exit(77)

from recipes import RECIPES

LIMIT = 1e-5

# The recipes that the picture of all shows.
PICTURED = ["mlp-sgd", "mlp-adam-fused", "resnet18-momentum-steplr", "densenet121-frozen-bn-adam",
            "resnet18-adamw-cosine-smoothing"]


def in_batches(batches, inputs, targets):
    for first in range(0, len(inputs), batches.batch_size):
        yield inputs[first:first + batches.batch_size], targets[first:first + batches.batch_size]


def parameter_norm(model):
    return math.sqrt(sum(p.detach().double().square().sum().item() for p in model.parameters()))


class EpochFigures:
    """The loss and the recipe's figure over an epoch, means over its samples."""

    def __init__(self, recipe, batches):
        self.recipe, self.batches = recipe, batches
        self.loss = self.samples = self.figure = self.count = 0

    def add(self, loss, outputs, targets):
        samples = self.recipe.samples(self.batches, targets)
        figure, count = self.recipe.measure(outputs, targets)
        self.loss, self.samples = self.loss + loss.item() * samples, self.samples + samples
        self.figure, self.count = self.figure + figure, self.count + count

    def note(self, notes, phase):
        notes[f"{phase}_loss"].append(self.loss / self.samples)
        notes[f"{phase}_{self.recipe.figure}"].append(self.figure / self.count)


def train(recipe, model, batches):
    """Trains as a Python user does, and notes what parity_curves notes."""
    optimizer = recipe.optimizer(model)
    scheduler = recipe.scheduler(optimizer) if recipe.scheduler else None
    averaged = recipe.average(model) if recipe.average else None
    scaler = torch.amp.GradScaler("cpu", enabled=recipe.precision is torch.float16, **recipe.scaler)
    has_precision = recipe.precision is not None
    notes = collections.defaultdict(list)
    step = 0
    for epoch in range(recipe.epochs):
        recipe.mode(model)
        training = EpochFigures(recipe, batches)
        epoch_batches = enumerate(in_batches(batches, batches.inputs, batches.targets))
        while window := list(itertools.islice(epoch_batches, recipe.accumulate)):
            optimizer.zero_grad()
            samples = sum(len(targets) for _, (_, targets) in window)
            for number, (inputs, targets) in window:
                if batches.mix is not None:
                    inputs, targets = recipe.mix(batches.mix[epoch, number], inputs, targets)
                with torch.autocast("cpu", dtype=recipe.precision, enabled=has_precision):
                    outputs = model(inputs)
                    loss = recipe.loss(batches, outputs, targets)
                scaler.scale(loss * (len(targets) / samples)).backward()
                notes["loss"].append(loss.item())
                training.add(loss, outputs, targets)
            scaler.unscale_(optimizer)
            if recipe.clip_norm is not None:
                norm = torch.nn.utils.clip_grad_norm_(model.parameters(), recipe.clip_norm).item()
                notes["gradient_norm"] += [norm] if math.isfinite(norm) else []
            scale = scaler.get_scale()
            scaler.step(optimizer)
            scaler.update()
            if scaler.get_scale() >= scale:
                step += 1
                if averaged and recipe.averages(step):
                    averaged.update_parameters(model)
            if scheduler and recipe.per_batch:
                scheduler.step()
            notes["step"].append(step)
            notes["norm"].append(parameter_norm(model))
            notes["lr"] += [group["lr"] for group in optimizer.param_groups]
            if scaler.is_enabled():
                notes["scale"].append(scaler.get_scale())
        training.note(notes, "train")
        shown = averaged if averaged and averaged.n_averaged > 0 else model
        shown.eval()
        validation = EpochFigures(recipe, batches)
        for inputs, targets in in_batches(batches, batches.val_inputs, batches.val_targets):
            with torch.no_grad(), torch.autocast("cpu", recipe.precision, enabled=recipe.evaluate_in_precision):
                outputs = shown(inputs)
                loss = recipe.loss(batches, outputs, targets)
            validation.add(loss, outputs, targets)
        validation.note(notes, "val")
        notes["val_norm"].append(parameter_norm(shown))
        if isinstance(scheduler, torch.optim.lr_scheduler.ReduceLROnPlateau):
            scheduler.step(notes["val_loss"][-1])
        elif scheduler and not recipe.per_batch:
            scheduler.step()
    return notes


def idle_parts(recipe, notes):
    """What the recipe asks for and what did not come to pass: its comparison would show nothing."""
    if recipe.scheduler and len(set(notes["lr"])) == 1:
        yield "the learning rate stayed the same"
    if recipe.clip_norm and max(notes["gradient_norm"]) <= recipe.clip_norm:
        yield "nothing was clipped"
    if recipe.accumulate > 1 and len(notes["step"]) == len(notes["loss"]):
        yield "nothing was accumulated"
    if recipe.average and notes["val_norm"][-1] == notes["norm"][-1]:
        yield "the average is the weights"
    if recipe.precision is torch.float16 and not notes["step"][0] < notes["step"][-1] < len(notes["step"]):
        yield "no step was skipped"
    if recipe.precision is torch.float16 and sorted(notes["scale"], reverse=True) == notes["scale"]:
        yield "the scale never grew"


def difference(our, their):
    if our == their:
        return 0.0
    gap = abs(our - their) / max(abs(their), 1e-12) if our is not None else math.nan
    return gap if math.isfinite(gap) else math.inf


def compare(program, name, folder):
    """What Python noted, and the largest relative difference of each figure."""
    recipe = RECIPES[name]
    torch.manual_seed(0)
    batches = recipe.batches()
    model = recipe.model(batches)
    torch.save(model.state_dict(), folder / "initial.pth")
    tensors = {key: torch.as_tensor(value) for key, value in vars(batches).items() if value is not None}
    torch.save(tensors, folder / "batches.pth")
    subprocess.run([program, name, folder], check=True)
    ours = json.loads((folder / "hearth.json").read_text())
    theirs = train(recipe, model, batches)
    (folder / "python.json").write_text(json.dumps(theirs))
    if idle := list(idle_parts(recipe, theirs)):
        raise SystemExit(f"{name}: {', '.join(idle)}")
    if {key: len(values) for key, values in ours.items()} != {key: len(values) for key, values in theirs.items()}:
        raise SystemExit(f"{name}: the two sides do not have the same steps")
    return theirs, {key: max(map(difference, ours[key], theirs[key])) for key in theirs}


def column(figure):
    """In which column of the table a figure stands."""
    if figure in ("loss", "norm", "lr"):
        return figure
    if figure == "val_norm":
        return "val norm"
    return {"train": "training", "val": "validation"}.get(figure.split("_")[0], "step")


def settle_roots():
    """In the first call for roots several threads may come by different kernels of MKL, with other last bits, in about
    one process of 200: so one thread makes it. hearth's optimizers do the same."""
    torch.ones(1).sqrt()


def main():
    settle_roots()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", required=True, help="the built parity_curves")
    parser.add_argument("--picture", help="where to draw the losses of both sides")
    parser.add_argument("recipes", nargs="*", help=", ".join(RECIPES) + "; all where there is none")
    args = parser.parse_args()
    columns = ["loss", "norm", "lr", "step", "training", "validation", "val norm"]
    print(f"{'':<32} steps  loss from    to  " + "".join(f"{column:>11}" for column in columns))
    failed = []
    with tempfile.TemporaryDirectory() as folder:
        names = args.recipes or list(RECIPES)
        for name in names:
            place = pathlib.Path(folder) / name
            place.mkdir()
            notes, differences = compare(args.program, name, place)
            by_column = collections.defaultdict(float)
            for figure, value in differences.items():
                by_column[column(figure)] = max(by_column[column(figure)], value)
            good = max(differences.values()) <= LIMIT
            print(f"{name:<32} {notes['step'][-1]:>5} {notes['loss'][0]:>10.4f} {notes['loss'][-1]:>6.4f} "
                  + "".join(f"{by_column[column]:>11.1e}" for column in columns)
                  + ("" if good else f"  more than {LIMIT:g}"), flush=True)
            failed += [] if good else [name]
        if args.picture:
            folders = [pathlib.Path(folder) / name for name in names if args.recipes or name in PICTURED]
            subprocess.run([args.program, "--plot", os.path.abspath(args.picture), *folders], check=True)
            print(f"{args.picture} shows the losses")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
