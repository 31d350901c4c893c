"""Writes reference/*.txt: what torchvision's models are, start from and compute. Needs torch, torchvision, numpy.

    python3 tests/models/make_reference.py
"""
import pathlib

import torch

try:  # torchvision's models need no compiled operators; where those cannot load, this lets the rest import
    torch.ops.torchvision.nms
except (AttributeError, RuntimeError):
    stand_in = torch.library.Library("torchvision", "DEF")
    stand_in.define("nms(Tensor dets, Tensor scores, float threshold) -> Tensor")
    stand_in.define("qnms(Tensor dets, Tensor scores, float threshold) -> Tensor")

import torchvision.models

import formula

FOLDER = pathlib.Path(__file__).parent / "reference"


class NeuralNetwork(torch.nn.Module):
    """The network of PyTorch's quick start: https://pytorch.org/tutorials/beginner/basics/quickstart_tutorial.html"""

    def __init__(self):
        super().__init__()
        self.flatten = torch.nn.Flatten()
        self.linear_relu_stack = torch.nn.Sequential(
            torch.nn.Linear(28 * 28, 512),
            torch.nn.ReLU(),
            torch.nn.Linear(512, 512),
            torch.nn.ReLU(),
            torch.nn.Linear(512, 10),
        )

    def forward(self, x):
        return self.linear_relu_stack(self.flatten(x))


def dilated(**options):
    return torchvision.models.resnet50(
        groups=32,
        width_per_group=4,
        replace_stride_with_dilation=[False, True, True],
        zero_init_residual=True,
        **options,
    )


RESNETS = {
    "resnet18": torchvision.models.resnet18,
    "resnet34": torchvision.models.resnet34,
    "resnet50": torchvision.models.resnet50,
    "resnet101": torchvision.models.resnet101,
    "resnet152": torchvision.models.resnet152,
    "dilated": dilated,
}


def text(values):
    return " ".join(f"{float(value):.9g}" for value in values)


def write(name, lines):
    (FOLDER / name).write_text("\n".join(lines) + "\n")


def keys(module):
    return [f"{name} {'x'.join(map(str, value.shape))}" for name, value in module.state_dict().items()]


def fnv1a(lines):
    """FNV-1a, 64 bits, of the lines with their line ends."""
    result = 0xCBF29CE484222325
    for byte in "".join(line + "\n" for line in lines).encode():
        result = ((result ^ byte) * 0x100000001B3) % 2**64
    return result


def initial(make):
    """After seed 0: name, sum and first three numbers of each parameter, then the next number of the generator."""
    torch.manual_seed(0)
    module = make()
    following = torch.rand(1)
    lines = [
        f"{name} {value.detach().double().sum():.12g} {text(value.detach().flatten()[:3])}"
        for name, value in module.named_parameters()
    ]
    return lines + [f"next {text(following)}"]


def summary():
    """Name, entries in the state_dict, hash of its names and shapes, parameters: with 1000 classes."""
    for name, make in RESNETS.items():
        module = make()
        lines = keys(module)
        yield f"{name} {len(lines)} {fnv1a(lines)} {sum(p.numel() for p in module.parameters())}"


def outputs():
    """Ten logits of each of two pictures, weights by formula, evaluation mode."""
    for name, make in RESNETS.items():
        module = make(num_classes=10).eval()
        formula.fill(module)
        with torch.no_grad():
            yield f"{name} {text(module(formula.tensor(9999, [2, 3, 64, 64], 4.0)).flatten())}"
    module = NeuralNetwork()
    formula.fill(module)
    with torch.no_grad():
        yield f"mlp {text(module(formula.tensor(9999, [2, 1, 28, 28], 4.0)).flatten())}"


def training():
    """resnet18 by formula, a forward and backward pass in training mode: the loss, then for each tensor of the
    state_dict its first two numbers and root mean square, and the same of its gradient."""
    module = torchvision.models.resnet18(num_classes=10).train()
    formula.fill(module)
    loss = torch.nn.functional.cross_entropy(module(formula.tensor(9999, [4, 3, 64, 64], 4.0)), torch.tensor([3, 0, 9, 3]))
    loss.backward()
    yield f"loss {text([loss.detach()])}"

    def digest(value):
        value = value.detach().double()
        return text([*value.flatten()[:2], value.square().mean().sqrt()])

    for name, value in module.state_dict().items():
        if "running" in name or "tracked" in name:
            yield f"{name} {digest(value)}"
    for name, value in module.named_parameters():
        yield f"{name}.grad {digest(value.grad)}"


def main():
    write("resnet18_keys.txt", keys(RESNETS["resnet18"]()))
    write("resnet50_keys.txt", keys(RESNETS["resnet50"]()))
    write("mlp_keys.txt", keys(NeuralNetwork()))
    write("summary.txt", summary())
    write("resnet18_initial.txt", initial(RESNETS["resnet18"]))
    write("resnet50_initial.txt", initial(lambda: torchvision.models.resnet50(zero_init_residual=True)))
    write("mlp_initial.txt", initial(NeuralNetwork))
    write("outputs.txt", outputs())
    write("resnet18_training.txt", training())


if __name__ == "__main__":
    main()
