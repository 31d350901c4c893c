"""Writes reference/summary.txt: what torchinfo 1.8 says of torchvision's models. Needs torch, torchvision and torchinfo.

    python3 tests/train/make_summary_reference.py

`model NAME PARAMETERS TRAINABLE MULT_ADDS PASS_BYTES PARAMETER_BYTES ALL_MULT_ADDS`, then a line for each
module: `row NAME PARAMETERS MULT_ADDS SIZE...`. ALL_MULT_ADDS has what torchinfo leaves out: a Linear's weights for each
token, and attention. Its products are checked with LibTorch's own counter of operations.
"""
import pathlib
import sys

import torch
from torch import nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
import torchvision_parts  # noqa: E402, F401
import torchvision  # noqa: E402
import torchinfo  # noqa: E402

torch.backends.mha.set_fastpath_enabled(False)
NORMS = (nn.BatchNorm2d, nn.LayerNorm)


def mlp():
    return nn.Sequential(nn.Flatten(), nn.Linear(784, 512), nn.ReLU(), nn.Linear(512, 512), nn.ReLU(),
                         nn.Linear(512, 10))


def numel(tensor):
    return 0 if tensor is None else tensor.numel()


def all_mult_adds(model, batch):
    """Products and sums, and the share of them that are products of matrices and convolutions."""
    total, products = [], []

    def count(module, inputs, output):
        if isinstance(module, nn.MultiheadAttention):
            query, heads = inputs[0], module.num_heads  # [N, tokens, width], or [tokens, N, width]
            tokens = query.shape[1] if module.batch_first else query.shape[0]
            rows = query.shape[0] * query.shape[1]
            attention = 2 * rows * tokens * query.shape[2]
            weights = rows * (module.in_proj_weight.numel() + module.out_proj.weight.numel())
            products.append(attention + weights)
            total.append(products[-1] + rows * (module.in_proj_bias.numel() + module.out_proj.bias.numel()))
            assert heads * module.head_dim == query.shape[2]
        elif isinstance(module, nn.Conv2d):
            places = output.shape[0] * output.shape[2] * output.shape[3]
            products.append(places * module.weight.numel())
            total.append(places * (module.weight.numel() + numel(module.bias)))
        elif isinstance(module, nn.Linear):
            rows = output.numel() // module.out_features
            products.append(rows * module.weight.numel())
            total.append(rows * (module.weight.numel() + numel(module.bias)))
        elif isinstance(module, NORMS):
            total.append(output.shape[0] * (numel(module.weight) + numel(module.bias)))

    hooks = [module.register_forward_hook(count) for module in model.modules()]
    counter = FlopCounterMode(display=False)
    with torch.no_grad(), sdpa_kernel(SDPBackend.MATH), counter:
        model.eval()(batch)
    for hook in hooks:
        hook.remove()
    assert 2 * sum(products) == counter.get_total_flops(), (2 * sum(products), counter.get_total_flops())
    return sum(total)


def lines(name, model, shape):
    names = {id(module): path for path, module in model.named_modules()}
    summary = torchinfo.summary(model, shape, verbose=0)
    everything = all_mult_adds(model, torch.zeros(shape))
    figures = [summary.total_params, summary.trainable_params, summary.total_mult_adds, summary.total_output_bytes,
               summary.total_param_bytes, everything]
    yield f"model {name} " + " ".join(map(str, figures))
    rows = {}
    for layer in summary.summary_list:  # the last call of each module
        macs = layer.macs if layer.is_leaf_layer else 0
        rows[names[id(layer.module)] or "."] = (layer.num_params, macs, *layer.output_size)
    for path, row in rows.items():
        yield f"row {path} " + " ".join(map(str, row))


if __name__ == "__main__":
    images = (2, 3, 224, 224)
    text = []
    for name in ("resnet18", "mobilenet_v2", "densenet121", "vit_b_16", "efficientnet_b0", "convnext_tiny"):
        model = getattr(torchvision.models, name)()
        if name == "resnet18":
            model.layer1.requires_grad_(False)
        text += lines(name, model, images)
    text += lines("mlp", mlp(), (2, 1, 28, 28))
    (pathlib.Path(__file__).parent / "reference").mkdir(exist_ok=True)
    (pathlib.Path(__file__).parent / "reference" / "summary.txt").write_text("\n".join(text) + "\n")
