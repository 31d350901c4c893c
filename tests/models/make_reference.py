"""Writes reference/*.txt: what torchvision's models are, start from and compute. Needs torch, torchvision, numpy.

    python3 tests/models/make_reference.py
"""
import contextlib
import pathlib
import sys

import torch

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import torchvision_parts  # noqa: F401, before torchvision

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


# hearth's zoo, in its order.
ZOO = [
    "alexnet",
    "convnext_tiny", "convnext_small", "convnext_base", "convnext_large",
    "densenet121", "densenet161", "densenet169", "densenet201",
    "efficientnet_b0", "efficientnet_b1", "efficientnet_b2", "efficientnet_b3", "efficientnet_b4", "efficientnet_b5",
    "efficientnet_b6", "efficientnet_b7", "efficientnet_v2_s", "efficientnet_v2_m", "efficientnet_v2_l",
    "googlenet", "inception_v3",
    "mnasnet0_5", "mnasnet0_75", "mnasnet1_0", "mnasnet1_3",
    "mobilenet_v2", "mobilenet_v3_small", "mobilenet_v3_large",
    "regnet_y_400mf", "regnet_y_800mf", "regnet_y_1_6gf", "regnet_y_3_2gf", "regnet_y_8gf", "regnet_y_16gf",
    "regnet_y_32gf", "regnet_y_128gf", "regnet_x_400mf", "regnet_x_800mf", "regnet_x_1_6gf", "regnet_x_3_2gf",
    "regnet_x_8gf", "regnet_x_16gf", "regnet_x_32gf",
    "resnet18", "resnet34", "resnet50", "resnet101", "resnet152",
    "resnext50_32x4d", "resnext101_32x8d", "resnext101_64x4d", "wide_resnet50_2", "wide_resnet101_2",
    "shufflenet_v2_x0_5", "shufflenet_v2_x1_0", "shufflenet_v2_x1_5", "shufflenet_v2_x2_0",
    "squeezenet1_0", "squeezenet1_1",
    "vgg11", "vgg11_bn", "vgg13", "vgg13_bn", "vgg16", "vgg16_bn", "vgg19", "vgg19_bn",
    "vit_b_16", "vit_b_32", "vit_l_16", "vit_l_32", "vit_h_14",
    "swin_t", "swin_s", "swin_b", "swin_v2_t", "swin_v2_s", "swin_v2_b",
    "maxvit_t",
]
MODELS = {**{name: getattr(torchvision.models, name) for name in ZOO}, "dilated": dilated}

# Those whose outputs are compared: of each family, and of each kind in it.
COMPUTED = ["alexnet", "vgg11", "vgg13_bn", "resnet18", "resnet34", "resnet50", "resnet101", "resnet152",
            "resnext50_32x4d", "wide_resnet50_2", "densenet121", "densenet161", "efficientnet_b0", "efficientnet_b5",
            "efficientnet_v2_s", "googlenet", "inception_v3", "mnasnet0_5", "mnasnet1_3", "mobilenet_v2",
            "mobilenet_v3_small", "mobilenet_v3_large", "regnet_y_400mf", "regnet_x_400mf", "regnet_x_3_2gf",
            "shufflenet_v2_x0_5", "squeezenet1_0", "squeezenet1_1", "convnext_tiny", "vit_b_16", "dilated"]

# The side of the pictures, where it is not 64.
SIDES = {"vit_b_16": 224, "inception_v3": 80}


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


@contextlib.contextmanager
def without_drawing():
    """Modules that are made meanwhile have any numbers, and cost no time."""
    kept = {name: function for name, function in vars(torch.nn.init).items() if name.endswith("_") and callable(function)}
    for name in kept:
        setattr(torch.nn.init, name, lambda tensor, *args, **kwargs: tensor)
    try:
        yield
    finally:
        for name, function in kept.items():
            setattr(torch.nn.init, name, function)


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


def distributions():
    """Of each family, and of each kind of layer in it, the largest parameter after seed 0: name, mean, standard
    deviation, mean absolute value, smallest and largest."""
    for name in ["alexnet", "vgg11", "vgg13_bn", "resnet18", "densenet121", "efficientnet_b0", "mobilenet_v2",
                                "mobilenet_v3_small", "convnext_tiny", "vit_b_16", "regnet_y_400mf", "squeezenet1_1", "shufflenet_v2_x0_5",
                 "mnasnet0_5", "googlenet", "inception_v3"]:
        torch.manual_seed(0)
        module = MODELS[name]()
        largest = {}
        for path, layer in module.named_modules():
            kind = type(layer).__name__
            if kind == "Conv2d" and layer.groups > 1:
                kind = "depthwise Conv2d"
            for key, value in layer.named_parameters(recurse=False):
                found = largest.get((kind, key))
                if found is None or value.numel() > found[1].numel():
                    largest[kind, key] = (f"{path}.{key}" if path else key, value)
        for path, value in largest.values():
            value = value.detach().double()
            figures = [value.mean(), value.std(correction=0), value.abs().mean(), value.min(), value.max()]
            yield f"{name} {path} {text(figures)}"


def summary():
    """Name, entries in the state_dict, hash of its names and shapes, parameters: with 1000 classes."""
    for name, make in MODELS.items():
        with without_drawing():
            module = make()
        lines = keys(module)
        yield f"{name} {len(lines)} {fnv1a(lines)} {sum(p.numel() for p in module.parameters())}"


def outputs():
    """Ten logits of each of two images, weights by formula, evaluation mode."""
    for name in COMPUTED:
        module = MODELS[name](num_classes=10).eval()
        formula.fill(module)
        side = SIDES.get(name, 64)
        with torch.no_grad():
            yield f"{name} {text(module(formula.tensor(9999, [2, 3, side, side], 4.0)).flatten())}"
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
    write("resnet18_keys.txt", keys(MODELS["resnet18"]()))
    write("resnet50_keys.txt", keys(MODELS["resnet50"]()))
    write("mlp_keys.txt", keys(NeuralNetwork()))
    write("summary.txt", summary())
    write("resnet18_initial.txt", initial(MODELS["resnet18"]))
    write("resnet50_initial.txt", initial(lambda: torchvision.models.resnet50(zero_init_residual=True)))
    write("mlp_initial.txt", initial(NeuralNetwork))
    write("distributions.txt", distributions())
    write("outputs.txt", outputs())
    write("resnet18_training.txt", training())


if __name__ == "__main__":
    main()
