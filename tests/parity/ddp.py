"""Training by several processes, in Python with DistributedDataParallel and in C++, step by step to the bit.

    python tests/parity/ddp.py --program build/dev/tests/parity/parity_ddp [RECIPE]...

For each recipe Python makes the initial weights and the batches; the processes of both sides, which talk by Gloo, train
on their shares of them by SGD with momentum. Compared are checksums of the bits of every gradient, as it is after the
reduction, of every parameter and of every buffer, on every rank after every step:

    gradients, parameters, buffers   in how many of the steps all are equal
    difference                       of the parameters at the end, relative, where some are not
    one process                      of the parameters at the end from those of one process on the joined batches, for
                                     networks that are smooth: 1e-6 is allowed

SyncBatchNorm, which Python has for GPUs alone, stands beside an autograd function here, which adds up in another order:
1e-5 is allowed there.

Where torch or torchvision is missing, or hearth was built without what connects processes, the exit code is 77: skipped.
"""

import argparse
import contextlib
import dataclasses
import json
import os
import pathlib
import socket
import subprocess
import sys
import tempfile

try:
    import torch

    sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
    import torchvision_parts  # noqa: F401, before torchvision
    import torchvision  # noqa: F401
    from torch import distributed, nn
    from torch.distributed.algorithms.ddp_comm_hooks import default_hooks
    from torch.nn import functional
    from torch.nn.parallel import DistributedDataParallel
except ImportError as error:
    print(f"skipped: the comparison with DistributedDataParallel, for {error}")
    sys.exit(77)


class Branching(nn.Module):
    """Uses one of two heads, by the batch."""

    def __init__(self):
        super().__init__()
        self.trunk, self.left, self.right = nn.Linear(784, 32), nn.Linear(32, 10), nn.Linear(32, 10)

    def forward(self, x):
        flat = x.flatten(1)
        hidden = self.trunk(flat).relu()
        return self.left(hidden) if flat[0, 0].item() > 0 else self.right(hidden)


class MLP(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear_relu_stack = nn.Sequential(
            nn.Linear(784, 512), nn.ReLU(), nn.Linear(512, 512), nn.ReLU(), nn.Linear(512, 10))

    def forward(self, x):
        return self.linear_relu_stack(x.flatten(1))


class NormaliseTogether(torch.autograd.Function):
    """Batch normalization over the samples of all processes: torch.nn.SyncBatchNorm refuses to work on the CPU."""

    @staticmethod
    def forward(ctx, x, weight, bias, module):
        count = torch.tensor(float(x.numel() // x.shape[1]))
        total = x.sum((0, 2, 3))
        for tensor in (count, total):
            distributed.all_reduce(tensor)
        mean = total / count
        squares = (x - mean[:, None, None]).square().sum((0, 2, 3))
        distributed.all_reduce(squares)
        variance = squares / count
        module.num_batches_tracked += 1
        module.running_mean.lerp_(mean, module.momentum)
        module.running_var.lerp_(squares / (count - 1), module.momentum)
        scale = (variance + module.eps).rsqrt()[:, None, None]
        normal = (x - mean[:, None, None]) * scale
        ctx.save_for_backward(normal, weight, scale, count)
        return normal * weight[:, None, None] + bias[:, None, None]

    @staticmethod
    def backward(ctx, gradient):
        normal, weight, scale, count = ctx.saved_tensors
        bias_gradient, weight_gradient = gradient.sum((0, 2, 3)), (gradient * normal).sum((0, 2, 3))
        sums = torch.stack([bias_gradient, weight_gradient])
        distributed.all_reduce(sums)
        mean, slope = (sums / count)[:, :, None, None]
        return (gradient - mean - normal * slope) * scale * weight[:, None, None], weight_gradient, bias_gradient, None


class BatchNormTogether(nn.BatchNorm2d):
    def forward(self, x):
        return NormaliseTogether.apply(x, self.weight, self.bias, self)


def cnn():
    return nn.Sequential(
        nn.Conv2d(3, 16, 3, padding=1, bias=False), nn.BatchNorm2d(16), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(16, 32, 3, padding=1, bias=False), nn.BatchNorm2d(32), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(32 * 8 * 8, 10))


# What is compared with one process has no kink: where the last bit decides on which side of one an input lies, as it does
# once in some hundred steps, gradients jump.
def smooth():
    return nn.Sequential(
        nn.Flatten(), nn.Linear(784, 512), nn.Tanh(), nn.Linear(512, 512), nn.Tanh(), nn.Linear(512, 10))


def smooth_cnn():
    return nn.Sequential(
        nn.Conv2d(3, 16, 3, padding=1, bias=False), nn.BatchNorm2d(16), nn.Tanh(), nn.AvgPool2d(2),
        nn.Conv2d(16, 32, 3, padding=1, bias=False), nn.BatchNorm2d(32), nn.Tanh(), nn.AvgPool2d(2),
        nn.Flatten(), nn.Linear(32 * 8 * 8, 10))


# The model, the shape of a sample, and how many samples a process has in a batch.
MODELS = {
    "mlp": (MLP, (1, 28, 28), 16),
    "branching": (Branching, (1, 28, 28), 16),
    "cnn": (cnn, (3, 32, 32), 8),
    "smooth": (smooth, (1, 28, 28), 16),
    "smooth_cnn": (smooth_cnn, (3, 32, 32), 8),
    "resnet18": (lambda: torchvision.models.resnet18(num_classes=10), (3, 32, 32), 4),
}


@dataclasses.dataclass
class Recipe:
    model: str
    world: int
    accumulate: int = 1
    bucket_cap_mb: float | None = None
    find_unused_parameters: bool = False
    static_graph: bool = False
    compression: str | None = None
    engine: str = "c10d"  # hearth's
    sync_batch_norm: bool = False
    steps: int = 20
    lr: float = 0.05

    def has_one_process(self):
        return self.model.startswith("smooth")

    def limits(self):
        """Of the parameters' difference from DistributedDataParallel's, and from one process's."""
        return (1e-5, 1e-5) if self.sync_batch_norm else (0, 1e-6)


RECIPES = {
    "smooth-2": Recipe("smooth", 2),
    "smooth-4": Recipe("smooth", 4),
    "smooth-accumulate-2": Recipe("smooth", 2, accumulate=4),
    "smooth-hooks-4": Recipe("smooth", 4, engine="hooks", bucket_cap_mb=0.5),
    "mlp-2": Recipe("mlp", 2),
    "mlp-4": Recipe("mlp", 4),
    "mlp-many-buckets-2": Recipe("mlp", 2, bucket_cap_mb=0.01),
    "mlp-many-buckets-4": Recipe("mlp", 4, bucket_cap_mb=0.5),
    "mlp-accumulate-2": Recipe("mlp", 2, accumulate=4),
    "mlp-accumulate-4": Recipe("mlp", 4, accumulate=2, bucket_cap_mb=0.5),
    "mlp-bf16-2": Recipe("mlp", 2, compression="bf16"),
    "mlp-bf16-4": Recipe("mlp", 4, compression="bf16", bucket_cap_mb=0.5),
    "mlp-fp16-2": Recipe("mlp", 2, compression="fp16"),
    "mlp-fp16-4": Recipe("mlp", 4, compression="fp16"),
    "mlp-bf16-accumulate-2": Recipe("mlp", 2, compression="bf16", accumulate=2),
    "mlp-fp16-accumulate-4": Recipe("mlp", 4, compression="fp16", accumulate=2),
    "mlp-static-2": Recipe("mlp", 2, static_graph=True, bucket_cap_mb=0.5),
    "mlp-static-4": Recipe("mlp", 4, static_graph=True),
    "branching-unused-2": Recipe("branching", 2, find_unused_parameters=True),
    "branching-unused-4": Recipe("branching", 4, find_unused_parameters=True, bucket_cap_mb=0.01),
    "cnn-2": Recipe("cnn", 2),
    "cnn-4": Recipe("cnn", 4),
    "cnn-accumulate-2": Recipe("cnn", 2, accumulate=2),
    "cnn-bf16-4": Recipe("cnn", 4, compression="bf16"),
    "resnet18-2": Recipe("resnet18", 2),
    "resnet18-4": Recipe("resnet18", 4),
    "resnet18-many-buckets-2": Recipe("resnet18", 2, bucket_cap_mb=1),
    "resnet18-bf16-2": Recipe("resnet18", 2, compression="bf16"),
    "resnet18-static-2": Recipe("resnet18", 2, static_graph=True),
    "cnn-sync-batch-norm-2": Recipe("smooth_cnn", 2, sync_batch_norm=True),
    "cnn-sync-batch-norm-4": Recipe("smooth_cnn", 4, sync_batch_norm=True, accumulate=2),
    "mlp-hooks-2": Recipe("mlp", 2, engine="hooks", bucket_cap_mb=0.5),
    "mlp-hooks-accumulate-4": Recipe("mlp", 4, engine="hooks", accumulate=2),
    "mlp-hooks-fp16-2": Recipe("mlp", 2, engine="hooks", compression="fp16"),
    "branching-hooks-unused-2": Recipe("branching", 2, engine="hooks", find_unused_parameters=True),
    "cnn-hooks-static-2": Recipe("cnn", 2, engine="hooks", static_graph=True),
    "resnet18-hooks-2": Recipe("resnet18", 2, engine="hooks"),
    "resnet18-hooks-4": Recipe("resnet18", 4, engine="hooks"),
}


def checksum(tensor):
    """Of a tensor's bits; another tensor has another one, but for one in 2^64."""
    flat = tensor.detach().contiguous().reshape(-1)
    bits = flat if flat.dtype is torch.int64 else flat.view(torch.int32).to(torch.int64)
    return (bits * (torch.arange(len(flat)) * 2654435761 + 97)).sum().item()


def train(recipe, folder, rank):
    """One process of Python's; without a rank, all of them in one."""
    model = MODELS[recipe.model][0]()
    model.load_state_dict(torch.load(folder / "initial.pth"))
    data = torch.load(folder / "batches.pth")
    network = model
    if rank is not None:
        if recipe.sync_batch_norm:
            for module in model.modules():
                if isinstance(module, nn.BatchNorm2d):
                    module.__class__ = BatchNormTogether
        network = DistributedDataParallel(
            model, bucket_cap_mb=recipe.bucket_cap_mb, gradient_as_bucket_view=True, static_graph=recipe.static_graph,
            find_unused_parameters=recipe.find_unused_parameters)
        if recipe.compression:
            # Not bf16_compress_hook itself: by its name, register_comm_hook refuses it on the CPU, where Gloo can do it.
            hook = getattr(default_hooks, recipe.compression + "_compress_hook")
            network.register_comm_hook(None, lambda state, bucket: hook(state, bucket))
    optimizer = torch.optim.SGD(model.parameters(), lr=recipe.lr, momentum=0.9, foreach=False)
    steps = []
    for number, (inputs, targets) in enumerate(zip(data["inputs"], data["targets"])):
        reduces = (number + 1) % recipe.accumulate == 0
        if number % recipe.accumulate == 0:
            optimizer.zero_grad()
        if rank is not None:
            inputs, targets = inputs[rank::recipe.world].contiguous(), targets[rank::recipe.world].contiguous()
        with contextlib.nullcontext() if rank is None or reduces else network.no_sync():
            functional.cross_entropy(network(inputs), targets).backward()
        if reduces:
            if recipe.accumulate > 1:  # after the reduction, as Trainer does: before it, tiny numbers may lose a bit
                for parameter in model.parameters():
                    parameter.grad.mul_(1 / recipe.accumulate)
            sums = {f"gradient {name}": 0 if parameter.grad is None else checksum(parameter.grad)
                    for name, parameter in model.named_parameters()}
            optimizer.step()
            sums |= {f"parameter {name}": checksum(parameter) for name, parameter in model.named_parameters()}
            sums |= {f"buffer {name}": checksum(buffer) for name, buffer in model.named_buffers()}
            steps.append(sums)
    return model, steps


def be_rank(folders):
    torch.set_num_threads(1)
    distributed.init_process_group("gloo")
    rank = distributed.get_rank()
    for folder in map(pathlib.Path, folders):
        recipe = Recipe(**json.loads((folder / "recipe.json").read_text()))
        model, steps = train(recipe, folder, rank)
        (folder / f"python-{rank}.json").write_text(json.dumps(steps))
        if rank == 0:
            torch.save(model.state_dict(), folder / "python.pth")
    distributed.destroy_process_group()


def prepare(name, folder):
    recipe = RECIPES[name]
    torch.manual_seed(list(RECIPES).index(name))
    make, shape, batch_size = MODELS[recipe.model]
    torch.save(make().state_dict(), folder / "initial.pth")
    count = recipe.steps * recipe.accumulate
    torch.save({"inputs": torch.randn(count, recipe.world * batch_size, *shape),
                "targets": torch.randint(10, (count, recipe.world * batch_size))}, folder / "batches.pth")
    (folder / "recipe.json").write_text(json.dumps(dataclasses.asdict(recipe)))


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def launch(command, world):
    """The processes of one side; one that fails ends them all."""
    environment = os.environ | {"WORLD_SIZE": str(world), "LOCAL_WORLD_SIZE": str(world), "MASTER_ADDR": "127.0.0.1",
                                "MASTER_PORT": str(free_port()), "OMP_NUM_THREADS": "1", "GLOO_SOCKET_IFNAME": "lo"}
    ranks = [subprocess.Popen(command, env=environment | {"RANK": str(rank), "LOCAL_RANK": str(rank)})
             for rank in range(world)]
    try:
        for rank in ranks:
            if rank.wait(timeout=900) != 0:
                raise SystemExit(f"{command[0]}: a rank ended with exit code {rank.returncode}")
    finally:
        for rank in ranks:
            rank.kill()
            rank.wait()


def relative_difference(ours, theirs):
    """Of all parameters together."""
    names = [name for name, tensor in theirs.items() if tensor.is_floating_point()]
    gap = sum((ours[name].double() - theirs[name].double()).square().sum() for name in names)
    return (gap / sum(theirs[name].double().square().sum() for name in names)).sqrt().item()


def compare(name, folder):
    """A row of the table, and whether it is as it should be."""
    recipe = RECIPES[name]
    equal = {"gradient": recipe.steps, "parameter": recipe.steps, "buffer": recipe.steps}
    for rank in range(recipe.world):
        ours, theirs = (json.loads((folder / f"{side}-{rank}.json").read_text()) for side in ("hearth", "python"))
        if [step.keys() for step in ours] != [step.keys() for step in theirs] or len(theirs) != recipe.steps:
            raise SystemExit(f"{name}: the two sides do not have the same steps")
        if len({json.dumps(step) for step in theirs}) != recipe.steps:
            raise SystemExit(f"{name}: nothing was trained")
        for kind in equal:
            same = sum(all(our[key] == their[key] for key in their if key.startswith(kind))
                       for our, their in zip(ours, theirs))
            equal[kind] = min(equal[kind], same)
    weights = torch.load(folder / "hearth.pth")
    difference = relative_difference(weights, torch.load(folder / "python.pth"))
    row = f"{name:<28}" + "".join(f"{count:>9}/{recipe.steps}" for count in equal.values()) + f"{difference:>12.1e}"
    limit, limit_of_one_process = recipe.limits()
    good = difference <= limit and (limit > 0 or all(count == recipe.steps for count in equal.values()))
    if recipe.has_one_process():
        joined = relative_difference(weights, train(recipe, folder, None)[0].state_dict())
        row += f"{joined:>13.1e}"
        good = good and joined <= limit_of_one_process
    return row, good


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", help="the built parity_ddp")
    parser.add_argument("--be-rank", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("recipes", nargs="*", help=", ".join(RECIPES) + "; all where there is none")
    args = parser.parse_args()
    if args.be_rank:
        return be_rank(args.recipes)
    if subprocess.run([args.program]).returncode == 77:
        print("skipped: this build of hearth cannot connect processes")
        return 77
    torch.set_num_threads(1)
    names = args.recipes or list(RECIPES)
    failed = []
    with tempfile.TemporaryDirectory() as folder:
        places = {name: pathlib.Path(folder) / name for name in names}
        for name, place in places.items():
            place.mkdir()
            prepare(name, place)
        for world in sorted({RECIPES[name].world for name in names}):
            folders = [str(place) for name, place in places.items() if RECIPES[name].world == world]
            launch([sys.executable, __file__, "--be-rank", *folders], world)
            launch([args.program, *folders], world)
        print(f"{'':<28}   gradients  parameters     buffers  difference  one process")
        for name, place in places.items():
            row, good = compare(name, place)
            print(row + ("" if good else "  not as it should be"), flush=True)
            failed += [] if good else [name]
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
