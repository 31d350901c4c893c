"""Writes reference/transformer.txt: what torch's and torchvision's parts of transformers and ConvNeXt draw and compute.
Needs torch, torchvision, numpy.

    python3 tests/models/make_transformer_reference.py
"""
import pathlib
import sys
import warnings

import torch

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import torchvision_parts  # noqa: F401, before torchvision
from torchvision.models.convnext import CNBlockConfig, ConvNeXt, LayerNorm2d
from torchvision.models.maxvit import MaxVit
from torchvision.models.swin_transformer import (PatchMergingV2, ShiftedWindowAttentionV2, SwinTransformer,
                                                 SwinTransformerBlockV2)
from torchvision.models.vision_transformer import VisionTransformer

import formula


def line(name, values):
    return f"{name} {' '.join(f'{float(value):.9g}' for value in values.flatten())}"


def trunc_normal():
    """Twenty numbers after seed 0, then the generator's next one."""
    for name, mean, std, a, b in [
        ("usual", 0, 1, -2, 2),
        ("narrow", 0, 0.02, -2, 2),
        ("few", 1, 2, 0.5, 1.5),
        ("tail", 0, 1, 3, 4),
        ("left", 0, 0.5, -2, -0.4),
    ]:
        torch.manual_seed(0)
        with warnings.catch_warnings(action="ignore"):
            values = torch.nn.init.trunc_normal_(torch.empty(4, 5), mean, std, a, b)
        yield line(f"trunc_normal_{name}", torch.cat([values.flatten(), torch.rand(1)]))


def attention():
    torch.manual_seed(0)
    module = torch.nn.MultiheadAttention(8, 2, dropout=0.5, batch_first=True)
    following = torch.rand(1)
    yield line("attention_initial", torch.cat([p.detach().flatten() for p in module.parameters()] + [following]))

    formula.fill(module)
    x = formula.tensor(9999, [2, 3, 8], 4.0)
    module.eval()
    yield line("attention_outputs", module(x, x, x, need_weights=False)[0].detach())
    with torch.no_grad():
        yield line("attention_fast_path", module(x, x, x, need_weights=False)[0])
    module.train()
    torch.manual_seed(0)
    yield line("attention_dropout", module(x, x, x, need_weights=False)[0].detach())


def layer_norm_2d():
    module = LayerNorm2d(4, eps=1e-6)
    formula.fill(module)
    yield line("layer_norm_2d", module(formula.tensor(9999, [2, 4, 2, 3], 0.01)).detach())


def training(name, module, images):
    """The first number that each parameter starts from, and the generator's next. Then, in training mode after
    seed 0, the outputs, and of each parameter the first number and the root mean square of the gradient of the sum of the
    outputs' squares."""
    yield line(f"{name}_initial", torch.stack([p.detach().flatten()[0] for p in module.parameters()] + [torch.rand([])]))
    formula.fill(module)
    module.train()
    torch.manual_seed(0)
    outputs = module(images)
    yield line(f"{name}_outputs", outputs.detach())
    outputs.square().sum().backward()
    for key, parameter in module.named_parameters():
        grad = parameter.grad.double()
        yield line(f"{name}.{key}", torch.stack([grad.flatten()[0], grad.square().mean().sqrt()]))


def vision_transformer():
    torch.manual_seed(0)
    module = VisionTransformer(
        image_size=8,
        patch_size=4,
        num_layers=2,
        num_heads=2,
        hidden_dim=8,
        mlp_dim=12,
        dropout=0.25,
        attention_dropout=0.5,
        num_classes=3,
        representation_size=6,
    )
    return training("vit", module, formula.tensor(9999, [3, 3, 8, 8], 4.0))


def convnext():
    torch.manual_seed(0)
    stages = [CNBlockConfig(4, 6, 1), CNBlockConfig(6, 8, 1), CNBlockConfig(8, 10, 2), CNBlockConfig(10, None, 1)]
    module = ConvNeXt(stages, stochastic_depth_prob=0.5, layer_scale=0.5, num_classes=3)
    return training("convnext", module, formula.tensor(9999, [4, 3, 32, 32], 4.0))


def swin():
    """Images whose tokens fill neither the windows nor an even number of rows; in the second stage there is one row of
    windows, and so no shift down."""
    versions = {"swin": {}, "swin_v2": {"block": SwinTransformerBlockV2, "downsample_layer": PatchMergingV2}}
    for name, version in versions.items():
        torch.manual_seed(0)
        module = SwinTransformer(patch_size=[4, 4], embed_dim=8, depths=[2, 2], num_heads=[2, 4], window_size=[3, 2],
                                 mlp_ratio=1.5, dropout=0.25, attention_dropout=0.5, stochastic_depth_prob=0.5,
                                 num_classes=3, **version)
        yield from training(name, module, formula.tensor(9999, [4, 3, 20, 28], 4.0))
    attention = ShiftedWindowAttentionV2(8, [3, 2], [0, 0], 2)
    yield line("window_index", attention.relative_position_index)
    yield line("window_coordinates", attention.relative_coords_table)


def maxvit():
    torch.manual_seed(0)
    module = MaxVit(input_size=(32, 32), stem_channels=6, partition_size=2, block_channels=[8, 12], block_layers=[1, 2],
                    head_dim=4, stochastic_depth_prob=0.5, squeeze_ratio=0.5, expansion_ratio=1.5, mlp_ratio=2,
                    mlp_dropout=0.25, attention_dropout=0.5, num_classes=3)
    return training("maxvit", module, formula.tensor(9999, [4, 3, 32, 32], 4.0))


def bernoulli():
    """Some builds of PyTorch draw these otherwise."""
    torch.manual_seed(0)
    yield line("bernoulli", torch.empty(16).bernoulli_(0.5))


def main():
    parts = [trunc_normal, bernoulli, attention, layer_norm_2d, vision_transformer, convnext, swin, maxvit]
    path = pathlib.Path(__file__).parent / "reference" / "transformer.txt"
    path.write_text("\n".join(text for part in parts for text in part()) + "\n")


if __name__ == "__main__":
    main()
