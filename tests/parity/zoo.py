"""The round trip of every architecture between Python and C++, beside torchvision: a table of the largest differences.

    python tests/parity/zoo.py --program build/dev/tests/parity/parity_zoo [NAME]...

For each: torchvision makes the model and saves its weights; hearth makes it too, loads them strictly, evaluates it,
trains one step and saves; torchvision does the same, and loads strictly what hearth saved. The columns:

    initial     parameters and buffers that are not bit for bit Python's when both start from the same seed
    output      of the loaded model in evaluation mode
    gradients   of a training step, the worst tensor's; one below 1/1000 of the model's largest counts as that large
    statistics  of BatchNorm after that step, the worst tensor's
    step        that it makes: the worst difference of two new weights against the largest change of one
    returned    the output, in Python, of what hearth saved after the step, against hearth's own

The others are max |difference| / max |value|. Without its compiled operators torchvision's models still work;
where torch or torchvision is missing altogether, the exit code is 77: skipped.
"""

import argparse
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

try:
    import torch

    sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
    import torchvision_parts  # noqa: F401, before torchvision
    from torchvision import models
    from torchvision.ops import StochasticDepth
except ImportError as error:
    print(f"skipped: the comparison with torchvision, for {error}")
    sys.exit(77)

# The side of the pictures: small, but where the weights themselves depend on it.
SIDES = {"vit_b_16": 224, "vit_b_32": 224}
OUTPUT_LIMIT = 1e-5
TRAINING_LIMIT = 1e-4  # a gradient is a sum of many more terms, which rounding reaches in another order


def relative(ours, theirs):
    """max |difference| / max |value|."""
    scale = theirs.abs().max().item()
    return (ours - theirs).abs().max().item() / scale if scale > 0 else ours.abs().max().item()


def disturb(model):
    """Moves every weight and statistic off the zeros and ones that training starts from, so that none is idle."""
    with torch.no_grad():
        for name, value in model.state_dict().items():
            if name.endswith("running_var"):
                value.uniform_(0.5, 1.5)
            elif value.dim() == 1 and value.is_floating_point():
                value.add_(torch.empty_like(value).uniform_(-0.2, 0.2))
            elif name.endswith("layer_scale"):
                value.uniform_(0.1, 0.5)


def train_without_dropout(model):
    model.train()
    for module in model.modules():
        if isinstance(module, (torch.nn.Dropout, StochasticDepth)):
            module.eval()


def evaluate(model, inputs):
    with torch.no_grad():
        return model.eval()(inputs)


def compare(program, name, folder):
    """The row of the table."""
    torch.manual_seed(0)
    model = getattr(models, name)()
    torch.save(model.state_dict(), folder / "initial.pth")
    disturb(model)
    torch.save(model.state_dict(), folder / "weights.pth")
    side = SIDES.get(name, 64)
    inputs = torch.randn(4, 3, side, side)
    targets = torch.tensor([3, 999, 0, 3])
    torch.save({"inputs": inputs, "targets": targets}, folder / "batch.pth")
    subprocess.run([program, name, folder], check=True)
    results = torch.load(folder / "results.pth", weights_only=True, mmap=True)
    after = torch.load(folder / "after.pth", weights_only=True, mmap=True)

    output = evaluate(model, inputs)
    train_without_dropout(model)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9, weight_decay=1e-4)
    loss = torch.nn.functional.cross_entropy(model(inputs), targets)
    loss.backward()
    optimizer.step()

    gradients = {key: parameter.grad for key, parameter in model.named_parameters()}
    # A bias before a normalisation has a gradient of zero, of which rounding alone is left: it counts by the largest.
    floor = 1e-3 * max(gradient.abs().max().item() for gradient in gradients.values())
    statistics = [key for key in after if "running_" in key]
    before = torch.load(folder / "weights.pth", weights_only=True, mmap=True)
    trained = [(after[key], parameter.detach(), before[key]) for key, parameter in model.named_parameters()]
    row = {
        "initial": int(results["initial"]),
        "output": relative(results["output"], output),
        "gradients": max(
            (results["grad." + key] - gradient).abs().max().item() / max(gradient.abs().max().item(), floor)
            for key, gradient in gradients.items()),
        "statistics": max((relative(after[key], model.state_dict()[key]) for key in statistics), default=0.0),
        "step": max((ours - own).abs().max().item() for ours, own, _ in trained)
        / max((own - old).abs().max().item() for _, own, old in trained),
    }
    model.load_state_dict(after, strict=True)
    row["returned"] = relative(results["output after"], evaluate(model, inputs))
    loss_difference = abs(results["loss"].item() / loss.item() - 1)
    good = (row["initial"] == 0 and row["output"] <= OUTPUT_LIMIT and row["returned"] <= OUTPUT_LIMIT
            and all(row[column] <= TRAINING_LIMIT for column in ("gradients", "statistics", "step"))
            and loss_difference <= 1e-5)
    return row, good


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", required=True, help="the built parity_zoo")
    parser.add_argument("names", nargs="*", help="architectures; all of hearth's where there is none")
    args = parser.parse_args()
    names = args.names or subprocess.run([args.program], check=True, capture_output=True, text=True).stdout.split()
    torch.use_deterministic_algorithms(True)
    start = time.monotonic()
    print(f"{'':<20} initial    output gradients statistics      step  returned")
    failed = []
    for name in names:
        # The files of one model at a time, at most 3 GB, in memory where there is enough.
        memory = "/dev/shm"
        roomy = os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 6e9
        place = memory if roomy else None
        with tempfile.TemporaryDirectory(dir=place) as folder:
            row, good = compare(args.program, name, pathlib.Path(folder))
        print(f"{name:<20} {row['initial']:>7} {row['output']:>9.1e} {row['gradients']:>9.1e} {row['statistics']:>10.1e} "
              f"{row['step']:>9.1e} {row['returned']:>9.1e}{'' if good else '  too large'}", flush=True)
        failed += [] if good else [name]
    print(f"{len(names)} architectures in {time.monotonic() - start:.0f} s: "
          + ("all within their limits" if not failed else f"{len(failed)} beyond: {' '.join(failed)}"))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
