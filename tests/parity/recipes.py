"""What curves.py trains on both sides; curves.cpp has recipes of the same names."""

import dataclasses
import gzip
import pathlib
from typing import Callable

import torch
import torchvision_parts  # noqa: F401, before torchvision
from torch import nn
from torch.nn import functional
from torch.optim import lr_scheduler
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from torchvision import models
from torchvision.transforms import v2

from large_batch_optimizers import LAMB, LARS

ROOT = pathlib.Path(__file__).resolve().parents[2]


@dataclasses.dataclass
class Batches:
    """Training and validation samples, in the order in which both sides take them, and what the loss or the mixing is
    given besides."""

    inputs: torch.Tensor
    targets: torch.Tensor
    val_inputs: torch.Tensor
    val_targets: torch.Tensor
    batch_size: int
    weight: torch.Tensor | None = None  # of the classes or labels
    mix: torch.Tensor | None = None  # [epochs, batches, ...]: MixUp's lambdas, CutMix's boxes


def count_correct(outputs, targets):
    labels = targets.argmax(1) if targets.is_floating_point() else targets
    return (outputs.argmax(1) == labels).sum().item(), len(targets)


@dataclasses.dataclass
class Recipe:
    """A training: what is trained on what, how, and how long. What training learns to do later is one more of them."""

    batches: Callable[[], Batches]
    model: Callable[[Batches], nn.Module]
    optimizer: Callable[[nn.Module], torch.optim.Optimizer]
    epochs: int
    scheduler: Callable[[torch.optim.Optimizer], lr_scheduler.LRScheduler] | None = None
    per_batch: bool = False  # the scheduler steps after every step of the optimizer
    loss: Callable[[Batches, torch.Tensor, torch.Tensor], torch.Tensor] = (
        lambda batches, outputs, targets: functional.cross_entropy(outputs, targets))
    samples: Callable[[Batches, torch.Tensor], float] = lambda batches, targets: len(targets)  # the loss is a mean over
    figure: str = "accuracy"
    measure: Callable[[torch.Tensor, torch.Tensor], tuple[float, int]] = count_correct  # a sum and a count
    mode: Callable[[nn.Module], None] = nn.Module.train
    precision: torch.dtype | None = None
    evaluate_in_precision: bool = False
    scaler: dict = dataclasses.field(default_factory=dict)
    accumulate: int = 1
    clip_norm: float | None = None
    average: Callable[[nn.Module], AveragedModel] | None = None
    averages: Callable[[int], bool] = lambda step: True  # whether this step of the optimizer updates the average
    mix: Callable = lambda given, inputs, targets: (inputs, targets)


class NeuralNetwork(nn.Module):
    """The network of PyTorch's quick start."""

    def __init__(self, out_features=10):
        super().__init__()
        self.linear_relu_stack = nn.Sequential(
            nn.Linear(28 * 28, 512), nn.ReLU(), nn.Linear(512, 512), nn.ReLU(), nn.Linear(512, out_features))

    def forward(self, x):
        return self.linear_relu_stack(torch.flatten(x, 1))


def mlp(batches):
    return NeuralNetwork()


def cnn(batches):
    """A small network with BatchNorm, for pictures of 32 x 32."""
    return nn.Sequential(
        nn.Conv2d(3, 16, 3, padding=1, bias=False), nn.BatchNorm2d(16), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(16, 32, 3, padding=1, bias=False), nn.BatchNorm2d(32), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(32 * 8 * 8, 10))


def resnet18(batches):
    return models.resnet18(num_classes=10)


def read_idx(name):
    """An IDX file of the sample that the repository ships."""
    data = gzip.decompress((ROOT / "examples" / "data" / "fashion-mnist-sample" / name).read_bytes())
    sizes = [int.from_bytes(data[4 * i + 4:4 * i + 8], "big") for i in range(data[3])]
    return torch.frombuffer(bytearray(data[4 + 4 * len(sizes):]), dtype=torch.uint8).reshape(sizes)


def fashion_mnist(batch_size=32, **given):
    """640 + 320 real images, in batches of 32."""
    pictures, labels = read_idx("train-images-idx3-ubyte.gz"), read_idx("train-labels-idx1-ubyte.gz")
    inputs, targets = pictures[:, None].float() / 255, labels.long()
    return Batches(inputs[:640], targets[:640], inputs[640:960], targets[640:960], batch_size, **given)


def in_place_of_labels(batches, targets_of):
    batches.targets = targets_of(batches.inputs, batches.targets)
    batches.val_targets = targets_of(batches.val_inputs, batches.val_targets)
    return batches


def class_and_looks(inputs, labels):
    """Which class, and whether the picture is bright, and brighter above than below."""
    above, below = inputs[:, 0, :14].mean((1, 2)), inputs[:, 0, 14:].mean((1, 2))
    looks = torch.stack([above + below > 0.6, above > below], 1)
    return torch.cat([functional.one_hot(labels, 10), looks], 1).float()


def pictures(batch_size, batches, side=64, classes=10):
    """Pictures of noise over a pattern that tells the class."""
    count = batch_size * (batches + 1)
    targets = torch.arange(count) % classes
    patterns = functional.interpolate(torch.randn(classes, 3, 4, 4), side, mode="bilinear")
    inputs = patterns[targets] + 0.5 * torch.randn(count, 3, side, side)
    train = batch_size * batches
    return Batches(inputs[:train], targets[:train], inputs[train:], targets[train:], batch_size)


def small_pictures():
    return pictures(16, 4, side=32)


def mixed_pictures(numbers):
    """Small pictures, and what a transform of torchvision's draws for each batch of five epochs."""
    batches = small_pictures()
    batches.mix = torch.stack([torch.stack([numbers(batches.inputs) for _ in range(4)]) for _ in range(5)])
    return batches


MIX_UP = v2.MixUp(num_classes=10)
CUT_MIX = v2.CutMix(num_classes=10)


def mix_up(given, inputs, targets):
    params = {"lam": given.item(), "labels": targets, "batch_size": len(targets)}
    return MIX_UP.transform(inputs, params), MIX_UP.transform(targets, params)


def cut_mix(given, inputs, targets):
    x1, y1, x2, y2 = given.tolist()
    share = 1.0 - (x2 - x1) * (y2 - y1) / (inputs.shape[-1] * inputs.shape[-2])
    params = {"box": (x1, y1, x2, y2), "lam_adjusted": share, "labels": targets, "batch_size": len(targets)}
    return CUT_MIX.transform(inputs, params), CUT_MIX.transform(targets, params)


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


def without_decay_on_norms(model):
    """AdamW as torchvision's training script makes it with --norm-weight-decay 0 --bias-weight-decay 0."""
    decayed, others = [], []
    for module in model.modules():
        for name, parameter in module.named_parameters(recurse=False):
            is_spared = name == "bias" or isinstance(module, nn.BatchNorm2d)
            (others if is_spared else decayed).append(parameter)
    return torch.optim.AdamW([{"params": decayed}, {"params": others, "weight_decay": 0.0}], lr=1e-3, weight_decay=0.5)


def with_frozen_stem(model):
    """SGD on what is neither the stem nor layer1, with a rate of its own for the head."""
    for name, parameter in model.named_parameters():
        if name.split(".")[0] in ("conv1", "bn1", "layer1"):
            parameter.requires_grad_(False)
    head = list(model.fc.parameters())
    body = [p for name, p in model.named_parameters() if p.requires_grad and not name.startswith("fc.")]
    return torch.optim.SGD([{"params": body}, {"params": head, "lr": 0.05}], lr=0.01, momentum=0.9)


def sgd(lr, **options):
    return lambda model: torch.optim.SGD(model.parameters(), lr=lr, **options)


RECIPES = {
    "mlp-sgd": Recipe(batches=fashion_mnist, model=mlp, optimizer=sgd(0.05), epochs=10),
    "mlp-adam-fused": Recipe(
        batches=fashion_mnist,
        model=mlp,
        optimizer=lambda model: torch.optim.Adam(model.parameters(), lr=1e-3, fused=True),
        epochs=10),
    "resnet18-momentum-steplr": Recipe(
        batches=lambda: pictures(16, 4),
        model=resnet18,
        optimizer=sgd(0.01, momentum=0.9, weight_decay=1e-4),
        scheduler=lambda optimizer: lr_scheduler.StepLR(optimizer, step_size=2, gamma=0.1),
        epochs=5),
    "densenet121-frozen-bn-adam": Recipe(
        batches=lambda: pictures(8, 4),
        model=lambda batches: accustomed(models.densenet121(num_classes=10), batches),
        optimizer=lambda model: torch.optim.Adam(model.parameters(), lr=1e-4),
        mode=train_with_frozen_batch_norm,
        epochs=5),
    "resnet18-adamw-cosine-smoothing": Recipe(
        batches=lambda: pictures(16, 4),
        model=resnet18,
        optimizer=lambda model: torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=0.05),
        scheduler=warm_up_then_cosine,
        loss=lambda batches, outputs, targets: functional.cross_entropy(outputs, targets, label_smoothing=0.1),
        epochs=5),

    # the step
    "mlp-bf16": Recipe(batches=fashion_mnist, model=mlp, optimizer=sgd(0.05), precision=torch.bfloat16, epochs=2),
    "cnn-bf16-evaluated-too": Recipe(
        batches=small_pictures,
        model=cnn,
        optimizer=sgd(0.01, momentum=0.9),
        precision=torch.bfloat16,
        evaluate_in_precision=True,
        epochs=5),
    "mlp-fp16-scaled-clipped": Recipe(
        batches=fashion_mnist,
        model=mlp,
        optimizer=sgd(0.05),
        precision=torch.float16,
        scaler={"init_scale": 2.0**22, "growth_interval": 6},
        clip_norm=1.0,
        epochs=2),
    "mlp-accumulate-4": Recipe(
        batches=lambda: fashion_mnist(batch_size=64),  # windows of 4, 4 and 2 batches
        model=mlp,
        optimizer=sgd(0.05, momentum=0.9),
        accumulate=4,
        epochs=7),
    "mlp-accumulate-4-uneven": Recipe(
        batches=lambda: fashion_mnist(batch_size=30),  # 21 whole batches and one of 10: windows of 4 and one of 2
        model=mlp,
        optimizer=sgd(0.05, momentum=0.9),
        accumulate=4,
        epochs=5),
    "mlp-clip-norm": Recipe(batches=fashion_mnist, model=mlp, optimizer=sgd(0.1), clip_norm=0.5, epochs=2),
    "cnn-ema": Recipe(
        batches=small_pictures,
        model=cnn,
        optimizer=sgd(0.01, momentum=0.9),
        average=lambda model: AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(0.9), use_buffers=True),
        epochs=5),
    "cnn-swa": Recipe(
        batches=small_pictures,
        model=cnn,
        optimizer=sgd(0.01, momentum=0.9),
        average=lambda model: AveragedModel(model, use_buffers=True),
        averages=lambda step: step > 8 and step % 4 == 0,
        epochs=6),

    # tasks, losses and mixing
    "mlp-multi-label-bce": Recipe(
        batches=lambda: in_place_of_labels(fashion_mnist(weight=torch.linspace(1, 4, 12)), class_and_looks),
        model=lambda batches: NeuralNetwork(12),
        optimizer=lambda model: torch.optim.Adam(model.parameters(), lr=1e-3),
        loss=lambda batches, outputs, targets: functional.binary_cross_entropy_with_logits(
            outputs, targets, pos_weight=batches.weight),
        figure="multi_label_accuracy",
        measure=lambda outputs, targets: (((outputs > 0) == (targets > 0.5)).sum().item(), targets.numel()),
        epochs=2),
    "mlp-regression-mse": Recipe(
        batches=lambda: in_place_of_labels(fashion_mnist(), lambda inputs, labels: 10 * inputs.mean((1, 2, 3))),
        model=lambda batches: NeuralNetwork(1),
        optimizer=lambda model: torch.optim.Adam(model.parameters(), lr=1e-3),
        loss=lambda batches, outputs, targets: functional.mse_loss(outputs.squeeze(1), targets),
        figure="mae",
        measure=lambda outputs, targets: (
            (outputs.squeeze(1).double() - targets.double()).abs().sum().item(), len(targets)),
        epochs=2),
    "mlp-smoothing-class-weights": Recipe(
        batches=lambda: fashion_mnist(weight=torch.linspace(0.5, 3, 10)),
        model=mlp,
        optimizer=sgd(0.05),
        loss=lambda batches, outputs, targets: functional.cross_entropy(
            outputs, targets, weight=batches.weight, label_smoothing=0.1),
        samples=lambda batches, targets: batches.weight[targets].sum().item(),
        epochs=2),
    "cnn-mixup": Recipe(
        batches=lambda: mixed_pictures(lambda inputs: torch.tensor(MIX_UP.make_params([inputs])["lam"])),
        model=cnn,
        optimizer=sgd(0.01, momentum=0.9),
        mix=mix_up,
        epochs=5),
    "cnn-cutmix": Recipe(
        batches=lambda: mixed_pictures(lambda inputs: torch.tensor(CUT_MIX.make_params([inputs])["box"])),
        model=cnn,
        optimizer=sgd(0.01, momentum=0.9),
        mix=cut_mix,
        epochs=5),

    # optimizers, schedulers and groups
    "mlp-momentum-onecycle": Recipe(
        batches=fashion_mnist,
        model=mlp,
        optimizer=sgd(0.05, momentum=0.9),
        scheduler=lambda optimizer: lr_scheduler.OneCycleLR(optimizer, max_lr=0.1, epochs=2, steps_per_epoch=20),
        per_batch=True,
        epochs=2),
    "mlp-sgd-plateau": Recipe(
        batches=fashion_mnist,
        model=mlp,
        optimizer=sgd(0.05),
        scheduler=lambda optimizer: lr_scheduler.ReduceLROnPlateau(optimizer, factor=0.5, patience=0, threshold=0.2),
        epochs=6),
    "mlp-rmsprop-exponential": Recipe(
        batches=fashion_mnist,
        model=mlp,
        optimizer=lambda model: torch.optim.RMSprop(
            model.parameters(), lr=1e-4, momentum=0.9, centered=True, weight_decay=1e-4),
        scheduler=lambda optimizer: lr_scheduler.ExponentialLR(optimizer, gamma=0.5),
        epochs=2),
    "mlp-adagrad-polynomial": Recipe(
        batches=fashion_mnist,
        model=mlp,
        optimizer=lambda model: torch.optim.Adagrad(
            model.parameters(), lr=1e-2, lr_decay=1e-2, initial_accumulator_value=0.1),
        scheduler=lambda optimizer: lr_scheduler.PolynomialLR(optimizer, total_iters=50, power=0.9),
        per_batch=True,
        epochs=2),
    "mlp-nadam-warm-restarts": Recipe(
        batches=fashion_mnist,
        model=mlp,
        optimizer=lambda model: torch.optim.NAdam(model.parameters(), lr=1e-3, weight_decay=1e-4),
        scheduler=lambda optimizer: lr_scheduler.CosineAnnealingWarmRestarts(optimizer, T_0=5, T_mult=2, eta_min=1e-5),
        per_batch=True,
        epochs=2),
    "mlp-radam-lambda": Recipe(
        batches=fashion_mnist,
        model=mlp,
        optimizer=lambda model: torch.optim.RAdam(
            model.parameters(), lr=1e-3, weight_decay=1e-2, decoupled_weight_decay=True),
        scheduler=lambda optimizer: lr_scheduler.LambdaLR(optimizer, lambda epoch: 1 / (1 + epoch)),
        epochs=2),
    "mlp-lamb-constant": Recipe(
        batches=fashion_mnist,
        model=mlp,
        optimizer=lambda model: LAMB(model.parameters(), lr=5e-3, weight_decay=1e-2),
        scheduler=lambda optimizer: lr_scheduler.ConstantLR(optimizer, factor=0.25, total_iters=10),
        per_batch=True,
        epochs=2),
    "mlp-lars": Recipe(
        batches=fashion_mnist,
        model=mlp,
        optimizer=lambda model: LARS(model.parameters(), lr=5.0, weight_decay=1e-4),
        epochs=2),
    "cnn-adamw-no-decay-on-norms": Recipe(
        batches=small_pictures, model=cnn, optimizer=without_decay_on_norms, epochs=5),
    "resnet18-momentum-frozen-stem": Recipe(
        batches=small_pictures, model=resnet18, optimizer=with_frozen_stem, epochs=5),
}
