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
    s, GB       time, and the memory of the largest of the row's processes

The others are max |difference| / max |value|. Without names it compares all architectures that torchvision lists. With
names, too, it fails where hearth lacks one of them or has one more. No two copies of a model are in memory at once:
each side works in a process of its own, one after the other, and the files of a large model are on disk, where the
largest leaves 11 GB for a while (TMPDIR chooses the place). Without its compiled operators torchvision's models still
work; where torch or torchvision is missing altogether, the exit code is 77: skipped.
"""

import argparse
import ctypes
import json
import math
import mmap
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

# The side of the pictures: small, but where the weights themselves depend on it; and there are fewer of these.
SIDES = {"vit_b_16": 224, "vit_b_32": 224, "vit_l_16": 224, "vit_l_32": 224, "vit_h_14": 224, "maxvit_t": 224,
         "inception_v3": 299}
TARGETS = [3, 999, 0, 3]
MEMORY = pathlib.Path("/dev/shm")
OUTPUT_LIMIT = 1e-5
TRAINING_LIMIT = 1e-4  # a gradient is a sum of many more terms, which rounding reaches in another order
# Of the auxiliary heads' losses: GoogLeNet's paper, section 5, and PyTorch's tutorial on fine-tuning.
AUXILIARY_WEIGHTS = {"googlenet": 0.3, "inception_v3": 0.4}
STEP = {"lr": 0.01, "momentum": 0.9, "weight_decay": 1e-4}


def largest(tensor):
    """max |value|; an error where one is no number, for the larger of it and a number would be the number."""
    value = tensor.detach().abs().max().item()
    if not math.isfinite(value):
        raise ValueError(f"a tensor {list(tensor.shape)} has {value} in it")
    return value


def relative(ours, theirs):
    """max |difference| / max |value|."""
    scale = largest(theirs)
    return largest(ours - theirs) / scale if scale > 0 else largest(ours)


def finish(pid):
    """Waits for a process; whether it went well, and the bytes of memory it had at most."""
    _, status, usage = os.wait4(pid, 0)
    return os.waitstatus_to_exitcode(status) == 0, usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def in_process(function, *args):
    """What the function returns in a process of its own, which gives all its memory back, and that process's memory.
    This one computes nothing, and so has no threads that a fork would lose."""
    reader, writer = os.pipe()
    sys.stdout.flush()
    pid = os.fork()
    if pid == 0:
        try:
            os.close(reader)
            result = function(*args)
            with os.fdopen(writer, "w") as pipe:
                json.dump(result, pipe)
            os._exit(0)
        except BaseException:
            sys.excepthook(*sys.exc_info())
            sys.stderr.flush()
            os._exit(1)
    os.close(writer)
    with os.fdopen(reader) as pipe:
        text = pipe.read()
    good, memory = finish(pid)
    if not good:
        raise RuntimeError(f"{function.__name__} in Python failed")
    return json.loads(text), memory


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
            elif value.is_floating_point() and not value.any():  # a vision transformer's head and class token
                value.normal_(0, 0.05)


def train_without_dropout(model):
    model.train()
    for module in model.modules():
        if isinstance(module, (torch.nn.Dropout, StochasticDepth)):
            module.eval()


def evaluate(model, inputs):
    with torch.no_grad():
        return model.eval()(inputs)


def training_loss(name, outputs, targets):
    """The loss of the logits, and of those of auxiliary heads in a named tuple with them."""
    logits, *auxiliary = outputs if isinstance(outputs, tuple) else (outputs,)
    loss = torch.nn.functional.cross_entropy(logits, targets)
    for others in auxiliary:
        loss = loss + AUXILIARY_WEIGHTS[name] * torch.nn.functional.cross_entropy(others, targets)
    return loss


def prepare(name, memory, disk):
    """Writes initial.pth, weights.pth and batch.pth into the folder in memory, or, of large models, into that on disk;
    returns which."""
    torch.use_deterministic_algorithms(True)
    torch.manual_seed(0)
    model = getattr(models, name)()
    size = sum(value.nbytes for value in model.state_dict().values())
    folder = memory if memory and size < 4e8 and 20 * size < shutil.disk_usage(memory).free else disk
    torch.save(model.state_dict(), f"{folder}/initial.pth")
    disturb(model)
    torch.save(model.state_dict(), f"{folder}/weights.pth")
    side = SIDES.get(name, 64)
    targets = torch.tensor(TARGETS[:2] if side > 100 else TARGETS)
    torch.save({"inputs": torch.randn(len(targets), 3, side, side), "targets": targets}, f"{folder}/batch.pth")
    return folder


def make_without_drawing(name):
    """The architecture with any numbers, for weights that will be loaded."""
    for function in dir(torch.nn.init):
        if function.endswith("_") and not function.startswith("_"):
            setattr(torch.nn.init, function, lambda tensor, *args, **kwargs: tensor)
    return getattr(models, name)()


def forget(tensor):
    """Lets the memory go into which a tensor of a mapped file was read."""
    page = mmap.PAGESIZE
    start = -(-tensor.data_ptr() // page) * page
    length = (tensor.data_ptr() + tensor.nbytes) // page * page - start
    if length > 0:
        ctypes.CDLL(None).madvise(ctypes.c_void_p(start), ctypes.c_size_t(length), mmap.MADV_DONTNEED)


def compare(name, folder):
    """The row of the table, and whether it is within its limits: hearth's files beside what Python makes of weights.pth
    and batch.pth. Files are mapped, and tensors compared one by one."""
    torch.use_deterministic_algorithms(True)

    def read(file):
        return torch.load(f"{folder}/{file}.pth", weights_only=True, mmap=True)

    inputs, targets = read("batch").values()
    model = make_without_drawing(name)
    model.load_state_dict(read("weights"), strict=True)
    results = read("results")
    row = {"initial": int(results["initial"]), "output": relative(results["output"], evaluate(model, inputs))}
    train_without_dropout(model)
    loss = training_loss(name, model(inputs), targets)
    loss.backward()

    before, after = read("weights"), read("after")
    # A bias before a normalisation has a gradient of zero, of which rounding alone is left: it counts by the largest.
    floor = 1e-3 * max(largest(parameter.grad) for parameter in model.parameters())
    gradients, error, change = 0.0, 0.0, 0.0
    for key, parameter in model.named_parameters():
        theirs = results["grad." + key]
        gradients = max(gradients, largest(theirs - parameter.grad) / max(largest(parameter.grad), floor))
        torch.optim.SGD([parameter], **STEP).step()  # by itself: momentum, too, is as large as the model
        parameter.grad = None
        error = max(error, largest(after[key] - parameter))
        change = max(change, largest(parameter - before[key]))
        for mapped in (theirs, after[key], before[key]):
            forget(mapped)
    row |= {
        "gradients": gradients,
        "statistics": max((relative(after[key], value) for key, value in model.named_buffers() if "running_" in key),
                          default=0.0),
        "step": error / change,
    }
    model.load_state_dict(after, strict=True)
    row["returned"] = relative(results["output after"], evaluate(model, inputs))
    loss_difference = abs(results["loss"].item() / loss.item() - 1)
    good = (row["initial"] == 0 and row["output"] <= OUTPUT_LIMIT and row["returned"] <= OUTPUT_LIMIT
            and all(row[column] <= TRAINING_LIMIT for column in ("gradients", "statistics", "step"))
            and loss_difference <= 1e-5)
    return row, good


def round_trip(program, name):
    """The row of the table, whether it is good, and the bytes of memory of the largest process."""
    with tempfile.TemporaryDirectory() as disk:
        memory = tempfile.TemporaryDirectory(dir=MEMORY) if os.access(MEMORY, os.W_OK) else None
        try:
            folder, prepared = in_process(prepare, name, memory and memory.name, disk)
            went_well, trained = finish(subprocess.Popen([program, name, folder]).pid)
            if not went_well:
                raise RuntimeError(f"{program} failed")
            os.remove(f"{folder}/initial.pth")
            (row, good), compared = in_process(compare, name, folder)
        finally:
            if memory:
                memory.cleanup()
    return row, good, max(prepared, trained, compared)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", required=True, help="the built parity_zoo")
    parser.add_argument("names", nargs="*", help="architectures; all of torchvision's where there is none")
    args = parser.parse_args()
    ours = subprocess.run([args.program], check=True, capture_output=True, text=True).stdout.split()
    theirs = models.list_models(module=models)
    failed = []
    for whose, others in (("hearth lacks", sorted(set(theirs) - set(ours))),
                          ("torchvision lacks", sorted(set(ours) - set(theirs)))):
        if others:
            print(f"{whose} {' '.join(others)}")
            failed += others
    names = args.names or [name for name in ours if name in theirs]
    start = time.monotonic()
    largest = (0, "none")
    print(f"{'':<20} initial    output gradients statistics      step  returned     s    GB")
    for name in names:
        began = time.monotonic()
        try:
            row, good, memory = round_trip(args.program, name)
        except RuntimeError as error:  # the process has said why
            print(f"{name:<20} {error}", flush=True)
            failed.append(name)
            continue
        largest = max(largest, (memory, name))
        print(f"{name:<20} {row['initial']:>7} {row['output']:>9.1e} {row['gradients']:>9.1e} {row['statistics']:>10.1e} "
              f"{row['step']:>9.1e} {row['returned']:>9.1e} {time.monotonic() - began:>5.0f} {memory / 1e9:>5.1f}"
              f"{'' if good else '  too large'}", flush=True)
        failed += [] if good else [name]
    print(f"{len(names)} architectures in {time.monotonic() - start:.0f} s, with at most {largest[0] / 1e9:.1f} GB in a "
          f"process ({largest[1]}): "
          + ("all within their limits" if not failed else f"{len(failed)} missing or beyond: {' '.join(failed)}"))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
