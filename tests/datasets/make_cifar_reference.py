"""Writes reference/cifar: small files in the form of CIFAR-10 and CIFAR-100, as Python 2 pickled them in 2009, and
archives of them. Image i has the byte (7 i + 50 c + 3 y + x) % 256 in channel c at (y, x). torchvision reads each folder
here, and must find these. Run it where torch 2.13, torchvision 0.28 and numpy are installed."""
import io
import os
import pathlib
import pickle
import shutil
import struct
import sys
import tarfile

import numpy

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
import torchvision_parts  # noqa: F401  (lets torchvision's Python parts import)
from torchvision.datasets import CIFAR10, CIFAR100

FOLDER = pathlib.Path(__file__).parent / "reference/cifar"
shutil.rmtree(FOLDER, ignore_errors=True)


class Python2Pickler(pickle._Pickler):
    """Texts and bytes are both what Python 2 called str: BINSTRING and SHORT_BINSTRING."""

    dispatch = dict(pickle._Pickler.dispatch)

    def save_text(self, text):
        data = text if isinstance(text, bytes) else text.encode("latin1")
        short = len(data) < 256
        self.write((b"U" + bytes([len(data)]) if short else b"T" + struct.pack("<i", len(data))) + data)
        self.memoize(text)

    dispatch[bytes] = save_text
    dispatch[str] = save_text

    def save_global(self, obj, name=None):
        names = {numpy.ndarray: b"numpy\nndarray\n", numpy.dtype: b"numpy\ndtype\n"}
        self.write(b"c" + names.get(obj, b"numpy.core.multiarray\n_reconstruct\n"))
        self.memoize(obj)

    def reducer_override(self, obj):
        if isinstance(obj, numpy.ndarray):
            state = (1, obj.shape, obj.dtype, False, obj.tobytes())
            return obj.__reduce__()[0], (numpy.ndarray, (0,), b"b"), state
        if isinstance(obj, numpy.dtype):
            return numpy.dtype, ("u1", 0, 1), (3, "|", None, None, None, -1, -1, 0)
        return NotImplemented

    dispatch[type(numpy.array)] = save_global
    dispatch[type] = save_global


def write(path, value):
    path.parent.mkdir(parents=True, exist_ok=True)
    file = io.BytesIO()
    Python2Pickler(file, protocol=2).dump(value)
    path.write_bytes(file.getvalue())


def image(i):
    c, y, x = numpy.meshgrid(numpy.arange(3), numpy.arange(32), numpy.arange(32), indexing="ij")
    return ((7 * i + 50 * c + 3 * y + x) % 256).astype(numpy.uint8)


def images(numbers):
    return numpy.stack([image(i).reshape(-1) for i in numbers])


def archive(folder):
    def plain(entry):
        entry.uid = entry.gid = entry.mtime = 0
        entry.uname = entry.gname = ""
        return entry

    name = folder.name.replace("-batches-py", "-python") + ".tar.gz"
    os.environ["SOURCE_DATE_EPOCH"] = "0"
    with tarfile.open(FOLDER / name, "w:gz", format=tarfile.GNU_FORMAT, compresslevel=9) as tar:
        tar.add(folder, folder.name, filter=plain)


ten = FOLDER / "cifar-10-batches-py"
numbers = [(0, 1), (2,), (3,), (4,), (5, 6)]
for batch, of_batch in enumerate(numbers, 1):
    labels = [3 * i % 10 for i in of_batch]
    write(ten / f"data_batch_{batch}", {"batch_label": f"training batch {batch} of 5", "labels": labels,
                                        "data": images(of_batch), "filenames": [f"{i}.png" for i in of_batch]})
write(ten / "test_batch", {"batch_label": "testing batch 1 of 1", "labels": [1, 4], "data": images([7, 8]),
                           "filenames": ["7.png", "8.png"]})
names = "airplane automobile bird cat deer dog frog horse ship truck".split()
write(ten / "batches.meta", {"num_cases_per_batch": 10000, "label_names": names, "num_vis": 3072})
archive(ten)

hundred = FOLDER / "cifar-100-python"
for name, of_file in {"train": range(3), "test": range(3, 5)}.items():
    write(hundred / name, {"filenames": [f"{i}.png" for i in of_file], "batch_label": name,
                           "fine_labels": [37 * i % 100 for i in of_file],
                           "coarse_labels": [11 * i % 20 for i in of_file], "data": images(of_file)})
write(hundred / "meta", {"fine_label_names": [f"fine {i}" for i in range(100)],
                         "coarse_label_names": [f"coarse {i}" for i in range(20)]})
archive(hundred)

for kind, folder in ((CIFAR10, ten), (CIFAR100, hundred)):
    class Small(kind):
        train_list = [[name, None] for name, _ in kind.train_list]
        test_list = [[name, None] for name, _ in kind.test_list]
        meta = dict(kind.meta, md5=None)

    begin = 0
    for train in (True, False):
        dataset = Small(FOLDER, train=train)
        for i, (pixels, label) in enumerate(zip(dataset.data, dataset.targets), begin):
            assert (pixels == image(i).transpose(1, 2, 0)).all()
            assert kind is CIFAR10 and train is False or label == (3 * i % 10 if kind is CIFAR10 else 37 * i % 100)
        begin = i + 1
    print(kind.__name__, begin, "images", dataset.classes[:2])
