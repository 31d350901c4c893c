"""Writes tests/weights/reference: small weight files as Python makes them, what is in them, and files to be refused.

Needs torch, numpy and safetensors: python tests/weights/make_reference.py
"""

import argparse
import collections
import datetime
import functools
import io
import os
import pathlib
import pickle
import signal
import struct
import zipfile

import numpy
import safetensors.torch
import torch

FOLDER = pathlib.Path(__file__).parent / "reference"

# What torch.save has a storage class for, then what it saves with an UntypedStorage.
DTYPES = ["float32", "float64", "float16", "bfloat16", "uint8", "int8", "int16", "int32", "int64", "bool", "complex64",
          "complex128", "complex32", "uint16", "uint32", "uint64", "float8_e5m2", "float8_e4m3fn", "float8_e5m2fnuz",
          "float8_e4m3fnuz", "float8_e8m0fnu"]
BITS = ["float4_e2m1fn_x2", "bits8", "bits16", "bits1x8", "bits2x4", "bits4x2"]
SAFETENSORS = [name for name in DTYPES if name not in ("complex128", "complex32")]


def of_dtype(name):
    """[2, 3] of 0 to 5, or of those bytes."""
    dtype = getattr(torch, name)
    if name in BITS:
        return torch.arange(6 * dtype.itemsize, dtype=torch.uint8).view(dtype).reshape(2, 3)
    return torch.arange(6, dtype=torch.float32).reshape(2, 3).to(dtype)


def dense_bytes(tensor):
    """The values in order, as they lie in memory; of a tensor with conj or neg bit as they are with it."""
    dense = tensor.detach().resolve_conj().resolve_neg().contiguous()
    if dense.dtype != torch.complex128:  # numpy has not all types, but integers of their width
        dense = dense.view({1: torch.uint8, 2: torch.int16, 4: torch.int32, 8: torch.int64}[dense.element_size()])
    return dense.numpy().tobytes()


def expect(name, state):
    """One line a tensor: its name, dtype, sizes and the bytes of its values in order."""
    lines = []
    for key, tensor in state.items():
        sizes = "x".join(map(str, tensor.shape)) or "scalar"
        lines.append(f"{key} {str(tensor.dtype).removeprefix('torch.')} {sizes} {dense_bytes(tensor).hex() or '-'}\n")
    (FOLDER / f"{name}.txt").write_text("".join(lines))


def save(name, state, **options):
    torch.save(state, FOLDER / f"{name}.pth", **options)
    expect(name, state)


def shared_tensors():
    """Tensors that lie in their storages in every way that torch.save keeps."""
    base = torch.arange(24, dtype=torch.float32)
    return collections.OrderedDict(
        whole=base,
        window=base[4:10],
        transposed=base.reshape(4, 6).t(),
        strided=base[1::5],
        channels_last=torch.arange(16.0).reshape(1, 2, 2, 4).to(memory_format=torch.channels_last),
        expanded=torch.tensor([7.0]).expand(2, 3),
        scalar=torch.tensor(3, dtype=torch.int64),
        empty=torch.empty(0, 3),
        parameter=torch.nn.Parameter(torch.tensor([1.0, 2.0])),
        conjugate=torch.tensor([1 + 2j, 3 - 4j]).conj(),
        negative=torch.tensor([1 + 2j, 3 - 4j]).conj().imag)


def model():
    """A module whose state_dict has Python's _metadata."""
    module = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.BatchNorm1d(2))
    with torch.no_grad():
        for i, value in enumerate(module.state_dict().values()):
            value.copy_(torch.arange(value.numel()).reshape(value.shape) + i)
    return module


def checkpoint():
    """What a training script keeps, and the state_dict that is in it."""
    module = model()
    optimizer = torch.optim.Adam(module.parameters(), lr=1e-3)
    module(torch.ones(4, 3)).sum().backward()
    optimizer.step()
    state = torch.nn.DataParallel(module).state_dict()
    return {
        "epoch": 3, "arch": "net", "best": torch.tensor(0.5), "state_dict": state, "optimizer": optimizer.state_dict(),
        "losses": [0.5, 0.25, 2**40, -1, 2**70, None, True], "names": ("a", "b"), "classes": {1, 2},
        "numpy": numpy.float64(0.75), "raw": b"\x00\xff", "device": torch.device("cpu"), "dtype": torch.float16,
        "size": torch.Size([1, 2])}, state


def values():
    """One of each kind of value that a checkpoint may hold, and some that C++ has no form for."""
    shared = [1, 2]
    return {
        "none": None, "flags": [True, False], "integers": (0, -5, 2**31, -2**40), "number": 0.1, "text": "é ↔ \x00",
        "nested": [[], (), {}, [(1, {"a": [2.5]})]], "shared": [shared, shared], -3: "minus three",
        "ordered": collections.OrderedDict(b=1, a=2), "size": torch.Size([2, 3]),
        "numpy": [numpy.float64(0.1), numpy.float32(0.5), numpy.int64(-7), numpy.int8(-7), numpy.uint8(200),
                  numpy.bool_(True)],
        "parameter": torch.nn.Parameter(torch.ones(2)), "integer_tensor": torch.tensor(7),
        "unread": [{1}, b"\xff", 2**70, torch.float16, torch.device("cpu"), torch.eye(2).to_sparse(), 1j, {0.5: 1},
                   collections.Counter("a"), numpy.float16(0.5)]}


def older_with_view():
    """The older format as it was when storages could be views of others: persistent ids with (key, offset, size)."""
    magic, protocol, machine = 0x1950A86A20F9469CFC6C, 1001, {"protocol_version": 1001, "little_endian": True}

    class Storage:
        def __init__(self, view):
            self.view = view

    class Pickler(pickle.Pickler):
        def persistent_id(self, value):
            if isinstance(value, Storage):
                return "storage", torch.FloatStorage, "94", "cpu", 6, value.view
            return None

    class Tensor:
        def __init__(self, storage, size):
            self.arguments = storage, 0, (size,), (1,), False, collections.OrderedDict()

        def __reduce__(self):
            return torch._utils._rebuild_tensor_v2, self.arguments

    state = {"whole": Tensor(Storage(None), 6), "view": Tensor(Storage(("95", 2, 3)), 3)}
    file = io.BytesIO()
    for value in (magic, protocol, machine):
        pickle.dump(value, file, protocol=2)
    Pickler(file, protocol=2).dump(state)
    pickle.dump(["94"], file, protocol=2)
    file.write(struct.pack("<q6f", 6, *range(6)))
    (FOLDER / "older_with_view.pth").write_bytes(file.getvalue())
    expect("older_with_view", {"whole": torch.arange(6.0), "view": torch.arange(2.0, 5.0)})


def pickled(state):
    """The pickle in torch.save's file."""
    file = io.BytesIO()
    torch.save(state, file)
    with zipfile.ZipFile(file) as archive:
        return next(archive.read(name) for name in archive.namelist() if name.endswith("/data.pkl"))


def zipped(name, records, method=zipfile.ZIP_STORED):
    with zipfile.ZipFile(FOLDER / f"{name}.pth", "w", method) as archive:
        for record, content in records.items():
            archive.writestr(zipfile.ZipInfo(f"archive/{record}"), content, method)


class Subclass(torch.Tensor):
    pass


class Thing(dict):
    """Pickled with arguments, items and attributes."""


def objects():
    """A checkpoint with objects of many kinds beside the weights, as training scripts and PyTorch Lightning keep them."""
    thing = Thing(a=1)
    thing.more = [1, 2]
    return {
        "args": argparse.Namespace(lr=0.1, data=pathlib.PurePosixPath("/data/train")), "state_dict": model().state_dict(),
        "path": pathlib.PurePosixPath("/data"), "when": datetime.datetime(2024, 5, 1), "thing": thing,
        "array": numpy.arange(3.0), "counts": collections.defaultdict(int, a=1), "function": os.path.join,
        "method": "a-b".split, "partial": functools.partial(int, base=2), "kind": signal.SIGINT, "class": Thing,
        "nested": {"list": [argparse.Namespace(), 7]}, "epoch": 3}


class RunsACommand:
    def __reduce__(self):
        return os.system, ("touch hearth-was-here",)


def refused():
    """Files that must not be read; the tests name what each must be refused with."""
    zipped("refused_os_system", {"data.pkl": pickle.dumps({"weight": RunsACommand()}, protocol=2), "version": "3\n"})
    one = {"weight": torch.arange(4.0)}
    parts = {"data.pkl": pickled(one), "byteorder": "little", "data/0": bytes(16), "version": "3\n"}
    zipped("refused_small_storage", parts | {"data/0": bytes(12)})
    zipped("refused_big_endian", parts | {"byteorder": "big"})
    zipped("refused_compressed", parts | {"data/0": bytes(4096)}, zipfile.ZIP_DEFLATED)
    zipped("refused_torchscript_stored", parts | {"constants.pkl": b"\x80\x02)."})
    torch.jit.save(torch.jit.script(torch.nn.Linear(2, 1)), FOLDER / "refused_torchscript.pth")  # deflates its code
    zipped("refused_subclass", parts | {"data.pkl": pickled({"weight": torch.arange(4.0).as_subclass(Subclass)})})
    storage = parts["data.pkl"].replace(b"ctorch\nFloatStorage\n", b"c__main__\nFloatStorage\n")
    zipped("refused_unknown_storage", parts | {"data.pkl": storage})
    two = pickled({"weight": torch.arange(4.0), "weighs": torch.arange(4.0)})
    zipped("refused_key_twice", parts | {"data.pkl": two.replace(b"weighs", b"weight"), "data/1": bytes(16)})
    outside = pickled({"weight": torch.arange(40.0)[30:34]}).replace(b"K\x1e", b"K\x25")  # offset 30 becomes 37
    zipped("refused_outside_storage", parts | {"data.pkl": outside, "data/0": bytes(160)})
    zipped("refused_no_storage", {key: value for key, value in parts.items() if key != "data/0"})
    file = io.BytesIO()
    torch.save(one, file)
    (FOLDER / "refused_truncated.pth").write_bytes(file.getvalue()[:-40])
    torch.save(one, file := io.BytesIO(), _use_new_zipfile_serialization=False)
    (FOLDER / "refused_older_truncated.pth").write_bytes(file.getvalue()[:-3])
    torch.save({"epoch": 1, "loss": 0.5}, FOLDER / "refused_no_weights.pth")
    torch.save({"ema": one, "raw": dict(one)}, FOLDER / "refused_two_state_dicts.pth")
    torch.save({"weight": torch.eye(2).to_sparse()}, FOLDER / "refused_sparse.pth")
    torch.save(model(), FOLDER / "refused_whole_module.pth")
    itself = {"list": []}
    itself["list"].append(itself)
    torch.save(itself, FOLDER / "refused_holds_itself.pth")
    deep = many = torch.ones(1)
    for _ in range(200):
        deep = [deep]
    for _ in range(40):
        many = (many, many)
    torch.save(deep, FOLDER / "refused_deep.pth")
    torch.save({"many": many}, FOLDER / "refused_repeated.pth")
    torch.save({"many": ["a" * 2**13] * 2**13}, FOLDER / "refused_repeated_text.pth")
    (FOLDER / "refused_text.pth").write_text("These are not the weights you are looking for.\n")
    (FOLDER / "refused_empty.pth").write_bytes(b"")

    def header(name, text, data=b"", size=None):
        content = struct.pack("<Q", len(text) if size is None else size) + text.encode() + data
        (FOLDER / f"refused_{name}.safetensors").write_bytes(content)

    a = '"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}'
    header("huge_header", "{" + a + "}", bytes(8), size=2**60)
    header("long_header", "{" + a + "}", bytes(8), size=2000)
    header("key_twice", "{" + a + "," + a + "}", bytes(8))
    header("field_twice", '{"a":{"dtype":"F32","dtype":"F32","shape":[2],"data_offsets":[0,8]}}', bytes(8))
    header("overlap", "{" + a + ',"b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}', bytes(12))
    header("gap", "{" + a + ',"b":{"dtype":"F32","shape":[1],"data_offsets":[12,16]}}', bytes(16))
    header("short_data", "{" + a + "}", bytes(4))
    header("long_data", "{" + a + "}", bytes(9))
    header("wrong_size", '{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}', bytes(8))
    header("negative", '{"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}', bytes(8))
    header("vast_shape", '{"a":{"dtype":"F32","shape":[4294967296,4294967296,4],"data_offsets":[0,8]}}', bytes(8))
    header("unknown_type", '{"a":{"dtype":"Q4","shape":[2],"data_offsets":[0,8]}}', bytes(8))
    header("no_json", '{"a":', bytes(8))
    header("nested", '{"a":{"dtype":"F32","shape":[[2]],"data_offsets":[0,8]}}', bytes(8))


def main():
    FOLDER.mkdir(exist_ok=True)
    torch.manual_seed(0)
    save("state_dict", model().state_dict())
    save("dtypes", {name: of_dtype(name) for name in DTYPES + BITS})
    save("shared", shared_tensors())
    save("older", shared_tensors(), _use_new_zipfile_serialization=False)
    save("protocol_4", model().state_dict(), pickle_protocol=4)
    whole, state = checkpoint()
    torch.save(whole, FOLDER / "checkpoint.pth")
    expect("checkpoint", state)
    torch.save(values(), FOLDER / "values.pth")
    torch.save(values(), FOLDER / "older_values.pth", _use_new_zipfile_serialization=False)
    older_with_view()
    whole = objects()
    torch.save(whole, FOLDER / "objects.pth")
    expect("objects", whole["state_dict"])
    torch.save({"averaged": {"weight": torch.zeros(2)}, "model": {"weight": torch.ones(2)}}, FOLDER / "two_state_dicts.pth")
    expect("two_state_dicts", {"weight": torch.ones(2)})
    state = {name: of_dtype(name) for name in SAFETENSORS} | {"scalar": torch.tensor(3), "empty": torch.empty(0, 3)}
    safetensors.torch.save_file(state, FOLDER / "dtypes.safetensors", metadata={"made": "by \"us\""})
    with safetensors.safe_open(FOLDER / "dtypes.safetensors", "pt") as file:
        expect("dtypes.safetensors", {name: state[name] for name in file.offset_keys()})
    refused()


if __name__ == "__main__":
    main()
