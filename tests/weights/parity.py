"""The Python side of weights_test.cpp: python parity.py FOLDER

Opens what C++ saved in FOLDER, checks it, and saves the same values for C++ to read. Says what differs, and exits with 1.
"""

import collections
import pathlib
import sys

import torch

DTYPES = ["float32", "float64", "float16", "bfloat16", "uint8", "int8", "int16", "int32", "int64", "bool", "complex64",
          "complex128", "uint16", "uint32", "uint64", "float8_e5m2", "float8_e4m3fn", "float8_e5m2fnuz",
          "float8_e4m3fnuz"]


class Net(torch.nn.Module):
    """The module of weights_test.cpp."""

    def __init__(self):
        super().__init__()
        self.conv = torch.nn.Conv2d(3, 4, 3)
        self.norm = torch.nn.BatchNorm2d(4)
        self.blocks = torch.nn.Sequential(torch.nn.Linear(4, 5, bias=False), torch.nn.BatchNorm1d(5))
        self.fc = torch.nn.Linear(5, 2)


def fill(module):
    """The i-th tensor of the state_dict gets the values i, i + 1, …."""
    with torch.no_grad():
        for i, value in enumerate(module.state_dict().values()):
            value.copy_((torch.arange(value.numel()) + i).reshape(value.shape))
    return module


def state_of_kinds():
    """Tensors of every type and in every place of their storage that C++ makes too."""
    base = torch.arange(24, dtype=torch.float32)
    state = collections.OrderedDict(
        (name, torch.arange(6, dtype=torch.float32).reshape(2, 3).to(getattr(torch, name))) for name in DTYPES)
    state["whole"] = base
    state["transposed"] = base.reshape(4, 6).t()
    state["window"] = base[4:10]
    state["scalar"] = torch.tensor(3)
    state["empty"] = torch.empty(0, 3)
    state["conjugate"] = torch.tensor([1 + 2j]).conj()
    return state


def same(a, b):
    if a.dtype != b.dtype or a.shape != b.shape:
        return False
    if a.dtype.is_floating_point and a.element_size() == 1:
        a, b = a.float(), b.float()
    return torch.equal(a, b)


def compare(what, found, expected):
    if list(found) != list(expected):
        sys.exit(f"{what}: the keys are {list(found)}, not {list(expected)}")
    for key, value in expected.items():
        if not same(found[key], value):
            sys.exit(f"{what}: {key} is {found[key]}, not {value}")


def main(folder):
    found = torch.load(folder / "cpp_net.pth", weights_only=True)
    if type(found) is not collections.OrderedDict:
        sys.exit(f"cpp_net.pth holds a {type(found)}")
    compare("cpp_net.pth", found, fill(Net()).state_dict())
    Net().load_state_dict(found, strict=True)

    for mmap in (False, True):
        found = torch.load(folder / "cpp_classes.pth", weights_only=True, mmap=mmap)
        compare("cpp_classes.pth", found, fill(Net()).state_dict())
        Net().load_state_dict(found, strict=True)
        if found.classes != ["cat", "naïve"]:
            sys.exit(f"cpp_classes.pth: the classes are {found.classes}")
    torch.save(found, folder / "python_classes.pth")

    for mmap in (False, True):
        found = torch.load(folder / "cpp_kinds.pth", weights_only=True, mmap=mmap)
        compare("cpp_kinds.pth", found, state_of_kinds())
        if found["window"].untyped_storage().data_ptr() != found["whole"].untyped_storage().data_ptr():
            sys.exit("cpp_kinds.pth: window and whole do not share their storage")
        if found["transposed"].stride() != (1, 6):
            sys.exit(f"cpp_kinds.pth: the strides of transposed are {found['transposed'].stride()}")

    torch.save(fill(Net()).state_dict(), folder / "python_net.pth")
    torch.save(fill(torch.nn.DataParallel(Net())).state_dict(), folder / "python_parallel.pth",
               _use_new_zipfile_serialization=False)
    torch.save(state_of_kinds(), folder / "python_kinds.pth")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
