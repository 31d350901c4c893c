"""The recipe of the program food11 in Python and in C++: DenseNet-121 with frozen BatchNorm, RandomResizedCrop,
RandomHorizontalFlip, RandomRotation(90) and Normalize, Adam at 1e-4 and StepLR, on JPEG files.

    python tests/parity/food11.py --program build/dev/tests/parity/parity_food11 [--full | --free]

Both sides begin with the same weights. hearth writes down which samples each batch has and what it drew for each; Python
reads the same files with Pillow and applies torchvision's functions with the same numbers. Compared are the pixels of
the first epoch, the loss of every batch, the norm of all parameters and the learning rate after every step, and loss and
accuracy of every epoch.

The pictures are a few of each class of data/food-11.zip in the folder that HEARTH_SHARED names; where that is not set,
they are made here. --full takes all of them, and 20 epochs, as the program does.

--free compares what cannot be equal step by step: each side draws augmentation and order for itself, with three seeds,
and the accuracies at the end are compared by their means: they must not lie further apart than the seeds of one side do.

Where torch, torchvision or Pillow is missing, the exit code is 77: skipped.
"""

import argparse
import collections
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import zipfile

try:
    import numpy as np
    import torch
    from PIL import Image

    sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
    import torchvision_parts  # noqa: F401, before torchvision
    from torch.nn import functional
    from torchvision import datasets, models, transforms
    from torchvision.transforms import functional as pictures
except ImportError as error:
    print(f"skipped: the comparison with torchvision, for {error}")
    sys.exit(77)

from curves import difference, parameter_norm, settle_roots
from recipes import train_with_frozen_batch_norm

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)

# The largest relative differences of losses and figures that are allowed: where all pixels are equal, where a few are a
# step of 1/255 apart, and where another decoder than Pillow's has read the files.
EXACT_LIMIT, PIXEL_LIMIT, DECODER_LIMIT = 1e-5, 1e-3, 2e-2


def made_pictures(folder, counts):
    """JPEG files in the download's layout: a colour and a pattern that tell the class, under noise."""
    generator = np.random.default_rng(0)
    y, x = np.mgrid[0:80, 0:96]
    for split, count in counts.items():
        (folder / split).mkdir(parents=True)
        for label in range(11):
            for number in range(count):
                waves = np.sin(x * (0.05 + 0.03 * label) + y * 0.04 * (label % 4) + generator.uniform(0, 6))
                colour = 120 + 70 * np.sin(label * np.array([1.0, 1.7, 2.3]))
                pixels = colour + 40 * waves[..., None] + generator.normal(0, 25, (80, 96, 3))
                Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8)).save(
                    folder / split / f"{label}_{number}.jpg", quality=92)


def chosen_pictures(archive, folder, counts):
    """The first files of each class and split of the archive, in the download's layout."""
    taken = collections.Counter()
    with zipfile.ZipFile(archive) as files:
        for name in files.namelist():
            split, file = name.split("/")[-2:]
            key = split, file.split("_")[0]
            if file and taken[key] < counts.get(split, 0):
                taken[key] += 1
                (folder / split).mkdir(parents=True, exist_ok=True)
                (folder / split / file).write_bytes(files.read(name))


def prepare(program, folder, per_class, to_validate):
    """hearth's class folders with so many pictures of each class; None as `per_class` takes all."""
    shared = pathlib.Path(os.environ.get("HEARTH_SHARED", "none"), "data", "food-11.zip")
    source = folder / "download"
    counts = {"training": per_class, "validation": to_validate, "evaluation": 1} if per_class else None
    if shared.exists() and counts is None:
        source = shared
    elif shared.exists():
        chosen_pictures(shared, source, counts)
    else:
        print("skipped: real pictures, for HEARTH_SHARED does not name the folder of the real data")
        made_pictures(source, counts or {"training": 60, "validation": 15, "evaluation": 1})
    subprocess.run([program, "prepare", source, folder / "data"], check=True)
    return folder / "data"


def to_input(picture):
    return pictures.normalize(pictures.to_tensor(picture), MEAN, STD)


def read(path):
    return Image.open(path).convert("RGB")


def as_drawn(root, draw, size):
    """The sample that torchvision's functions make with the numbers that hearth drew."""
    top, left, height, width = draw["rect"]
    picture = pictures.resized_crop(read(root / draw["file"]), top, left, height, width, [size, size])
    if draw["flip"]:
        picture = pictures.hflip(picture)
    return to_input(pictures.rotate(picture, draw["angle"]))


def validation_batches(folder, settings):
    size = settings["image_size"]
    transform = transforms.Compose([transforms.Resize((size, size)), to_input])
    dataset = datasets.ImageFolder(folder / "validation", transform)
    return list(torch.utils.data.DataLoader(dataset, settings["batch_size"]))


def make_model():
    return models.densenet121(num_classes=11)


def train(model, settings, epochs, val):
    """Trains as the tutorial does. `epochs` gives the batches of one epoch after another."""
    optimizer = torch.optim.Adam(model.parameters(), lr=settings["lr"])
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, settings["step_size"], 0.1)
    notes = collections.defaultdict(list)
    for batches in epochs:
        train_with_frozen_batch_norm(model)
        total = correct = samples = 0
        for inputs, targets in batches:
            optimizer.zero_grad()
            outputs = model(inputs)
            loss = functional.cross_entropy(outputs, targets)
            loss.backward()
            optimizer.step()
            notes["loss"].append(loss.item())
            notes["norm"].append(parameter_norm(model))
            notes["lr"].append(optimizer.param_groups[0]["lr"])
            total, samples = total + loss.item() * len(targets), samples + len(targets)
            correct += (outputs.argmax(1) == targets).sum().item()
        notes["train_loss"].append(total / samples)
        notes["train_accuracy"].append(correct / samples)
        model.eval()
        total = correct = samples = 0
        with torch.no_grad():
            for inputs, targets in val:
                outputs = model(inputs)
                total += functional.cross_entropy(outputs, targets, reduction="sum").item()
                correct, samples = correct + (outputs.argmax(1) == targets).sum().item(), samples + len(targets)
        notes["val_loss"].append(total / samples)
        notes["val_accuracy"].append(correct / samples)
        scheduler.step()
    return notes


def initial_weights(settings, data, weights):
    """Weights for both sides: those of a file, with a new head, or fresh ones whose BatchNorms know these pictures."""
    torch.manual_seed(0)
    model = make_model()
    if weights:
        given = torch.load(weights, weights_only=True)
        own = {key: value for key, value in given.items() if not key.startswith("classifier.")}
        missing = model.load_state_dict(own, strict=False)
        assert set(missing.missing_keys) == {"classifier.weight", "classifier.bias"} and not missing.unexpected_keys
    else:
        model.train()
        with torch.no_grad():
            for inputs, _ in validation_batches(data, settings):
                model(inputs)
    return model.state_dict()


def run_hearth(program, settings, state, folder):
    folder.mkdir()
    torch.save(state, folder / "initial.pth")
    (folder / "settings.json").write_text(json.dumps(settings))
    subprocess.run([program, "train", folder], check=True)
    return json.loads((folder / "hearth.json").read_text())


def epochs_of(samples, batch_size):
    """The batches of each epoch, whose samples are pairs of picture and label."""
    for epoch in samples:
        yield ((torch.stack([one for one, _ in part]), torch.tensor([label for _, label in part]))
               for part in (epoch[first:first + batch_size] for first in range(0, len(epoch), batch_size)))


class Drawn:
    """The samples of one epoch, each made when it is asked for."""

    def __init__(self, root, draws, size, classes):
        self.root, self.draws, self.size, self.classes = root, draws, size, classes

    def __len__(self):
        return len(self.draws)

    def __getitem__(self, part):
        return [(as_drawn(self.root, draw, self.size), self.classes[draw["file"].split("/")[0]])
                for draw in self.draws[part]]


def compare_pixels(ours, theirs):
    """How far the samples lie apart, in steps of 1/255, and whether that is near enough."""
    gap = ((ours - theirs) * 255 * torch.tensor(STD)[:, None, None]).abs()
    equal, worst, mean = (gap < 1e-2).float().mean().item(), gap.max().item(), gap.mean().item()
    print(f"pixels of {len(ours)} samples: {equal:.2%} equal, at most {worst:.2f} of 255 apart, {mean:.5f} in the mean")
    return equal, worst, mean


def compare_notes(ours, theirs, limit, samples):
    """Prints and judges the largest relative difference of each figure. An accuracy may differ by one sample."""
    if {key: len(ours[key]) for key in theirs} != {key: len(values) for key, values in theirs.items()}:
        raise SystemExit("the two sides do not have the same steps")
    good = True
    parts = []
    for key in theirs:
        gap = max(map(difference, ours[key], theirs[key]))
        if key.endswith("accuracy"):
            count = samples[key.split("_")[0]]
            apart = max(abs(a - b) for a, b in zip(ours[key], theirs[key])) * count
            good = good and apart < (1.5 if limit > EXACT_LIMIT else 0.5)
            parts.append(f"{key} {apart:.0f} of {count} samples")
        else:
            good = good and gap <= limit
            parts.append(f"{key} {gap:.1e}")
    print("largest differences: " + ", ".join(parts) + ("" if good else f"  more than {limit:g}"), flush=True)
    return good


def follow(program, data, settings, state, folder):
    """The same batches and draws on both sides. Whether they agree."""
    size, batch_size = settings["image_size"], settings["batch_size"]
    found = datasets.ImageFolder(data / "training")
    per_epoch = len(found)
    ours = run_hearth(program, {**settings, "recorded": per_epoch}, state, folder / "hearth")
    draws = [json.loads(line) for line in (folder / "hearth" / "draws.jsonl").read_text().splitlines()]
    assert len(draws) == per_epoch * settings["epochs"], "hearth has not read each sample once in each epoch"
    by_epoch = [draws[first:first + per_epoch] for first in range(0, len(draws), per_epoch)]
    for epoch in by_epoch:
        assert sorted(draw["file"] for draw in epoch) == sorted(
            str(pathlib.Path(path).relative_to(data / "training")) for path, _ in found.samples)
    assert len({draw["flip"] for draw in draws}) == 2 and len({draw["angle"] for draw in draws}) == len(draws)

    written = torch.load(folder / "hearth" / "inputs.pth", weights_only=True)
    samples = [Drawn(data / "training", epoch, size, found.class_to_idx) for epoch in by_epoch]
    equal, worst, mean = compare_pixels(written["inputs"], torch.stack([one for one, _ in samples[0][:]]))
    is_exact = "libjpeg-turbo" in written
    good = (equal >= 0.99 and worst <= 1.01) if is_exact else mean <= 1

    val = validation_batches(data, settings)
    counts = {"train": per_epoch, "val": sum(len(targets) for _, targets in val)}
    model = make_model()
    model.load_state_dict(state)
    theirs = train(model, settings, epochs_of(samples, batch_size), val)
    limit = EXACT_LIMIT if worst < 1e-2 else PIXEL_LIMIT if is_exact else DECODER_LIMIT
    good = compare_notes(ours, theirs, limit, counts) and good
    print(f"{len(ours['loss'])} steps: loss {ours['loss'][0]:.4f} to {ours['loss'][-1]:.4f}, Python's "
          f"{theirs['loss'][-1]:.4f}; validation accuracy {ours['val_accuracy'][-1]:.4f}, Python's "
          f"{theirs['val_accuracy'][-1]:.4f}")
    if len(set(theirs["lr"])) == 1:
        raise SystemExit("the learning rate stayed the same")
    return good


def freely(program, data, settings, state, folder, seeds):
    """Each side draws for itself, with each of the seeds. Whether the means of the last accuracies lie within the spread."""
    size = settings["image_size"]
    augment = transforms.Compose([
        transforms.RandomResizedCrop(size), transforms.RandomHorizontalFlip(), transforms.RandomRotation(90), to_input])
    dataset = datasets.ImageFolder(data / "training", augment)
    val = validation_batches(data, settings)
    last = collections.defaultdict(list)
    for seed in seeds:
        own = {**settings, "seed": seed, "recorded": 0}
        ours = run_hearth(program, own, state, folder / f"hearth{seed}")
        torch.manual_seed(seed)
        model = make_model()
        model.load_state_dict(state)
        loader = torch.utils.data.DataLoader(dataset, settings["batch_size"], shuffle=True)
        theirs = train(model, own, (loader for _ in range(settings["epochs"])), val)
        last["hearth"].append(ours["val_accuracy"][-1])
        last["Python"].append(theirs["val_accuracy"][-1])
        print(f"seed {seed}: validation accuracy {last['hearth'][-1]:.4f} (loss {ours['val_loss'][-1]:.4f}), Python's "
              f"{last['Python'][-1]:.4f} (loss {theirs['val_loss'][-1]:.4f})", flush=True)
    means = {side: sum(values) / len(values) for side, values in last.items()}
    spread = max(max(values) - min(values) for values in last.values())
    gap = abs(means["hearth"] - means["Python"])
    print(f"mean {means['hearth']:.4f}, Python's {means['Python']:.4f}: {gap:.4f} apart, the seeds of one side "
          f"{spread:.4f}")
    return gap <= spread


def main():
    settle_roots()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", required=True, type=os.path.abspath, help="the built parity_food11")
    parser.add_argument("--full", action="store_true", help="all pictures, 20 epochs, StepLR(10, 0.1)")
    parser.add_argument("--free", action="store_true", help="each side draws for itself, with three seeds")
    parser.add_argument("--weights", help="weights of a densenet121 to begin with, in the place of fresh ones")
    parser.add_argument("--per-class", type=int, help="pictures of each class to train on")
    parser.add_argument("--epochs", type=int)
    parser.add_argument("--batch-size", type=int)
    parser.add_argument("--lr", type=float, default=1e-4)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3], help="those of --free")
    args = parser.parse_args()
    per_class = args.per_class or (None if args.full else 20 if args.free else 4)
    epochs = args.epochs or (20 if args.full else 6 if args.free else 4)
    batch_size = args.batch_size or (32 if args.full else 16 if args.free else 8)
    settings = {"image_size": 64, "batch_size": batch_size, "epochs": epochs, "step_size": max(epochs // 2, 1),
                "lr": args.lr, "seed": 1}
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        data = prepare(args.program, folder, per_class, 75 if args.free else per_class and max(per_class // 2, 1))
        settings["data"] = str(data)
        state = initial_weights(settings, data, args.weights)
        if args.free:
            good = freely(args.program, data, settings, state, folder, args.seeds)
        else:
            good = follow(args.program, data, settings, state, folder)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
