"""Writes reference/ with Python's own tools: the order in which torchvision's ImageFolder lists a tree of files, the names
of MNIST's classes, gzip files of unusual headers, a JPEG file, and the lengths of random splits. Run it where torch 2.13
and torchvision 0.28 are installed."""
import gzip
import os
import pathlib
import struct
import tempfile
import zlib

import torch
from PIL import Image

try:
    torch.ops.torchvision.nms
except (AttributeError, RuntimeError):  # torchvision's compiled operators cannot load here; its datasets can do without
    operators = torch.library.Library("torchvision", "DEF")
    for name in ("nms", "qnms"):
        operators.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
from torchvision.datasets import MNIST, FashionMNIST, ImageFolder

FOLDER = pathlib.Path(__file__).parent / "reference"
FOLDER.mkdir(exist_ok=True)


TREE = """
b/2.png b/10.png b/1.JPG b/.jpg b/notes.txt b/noextension b/x.jpg.txt b/y.tar.PNG
a-b/z.jpeg a/z.bmp a/sub/1.tiff a/sub/0.tif a/sub-1/5.webp a/sub/deep/7.pgm a/sub.d/3.ppm a/0.gif
B/upper.jPeG \u00e9/accent.png \u4e2d/wide.png
""".split()


def image_folder():
    with tempfile.TemporaryDirectory() as root:
        for name in TREE:
            path = pathlib.Path(root, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
        dataset = ImageFolder(root)
        lines = [f"{label} {os.path.relpath(path, root)}" for path, label in dataset.samples]
        (FOLDER / "image_folder_tree.txt").write_text("\n".join(TREE) + "\n")
        (FOLDER / "image_folder_classes.txt").write_text("\n".join(dataset.classes) + "\n")
        (FOLDER / "image_folder_samples.txt").write_text("\n".join(lines) + "\n")


def gzip_files():
    """The IDX array [2, 3, 2] of 0, 20, … 220, packed."""
    idx = struct.pack(">BBBBIII", 0, 0, 8, 3, 2, 3, 2) + bytes(range(0, 240, 20))
    (FOLDER / "plain.idx").write_bytes(idx)
    (FOLDER / "packed.idx.gz").write_bytes(gzip.compress(idx, mtime=0))
    (FOLDER / "stored.idx.gz").write_bytes(gzip.compress(idx, compresslevel=0, mtime=0))
    deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
    data = deflate.compress(idx) + deflate.flush()
    flags = 0x1F  # text, header checksum, extra field, name, comment
    header = b"\x1f\x8b\x08" + bytes([flags]) + b"\0\0\0\0\0\3" + struct.pack("<H", 3) + b"abc" + b"a.idx\0" + b"so\0"
    header += struct.pack("<H", zlib.crc32(header) & 0xFFFF)
    packed = header + data + struct.pack("<II", zlib.crc32(idx), len(idx))
    assert gzip.decompress(packed) == idx
    (FOLDER / "full_header.idx.gz").write_bytes(packed)


def photo():
    pixels = bytes(v for y in range(24) for x in range(32) for v in (8 * x, 10 * y, (37 * x * y) % 256))
    Image.frombytes("RGB", (32, 24), pixels).save(FOLDER / "photo.jpg", quality=90)


def split_lengths():
    """Lines of `size parts fractions… lengths…`: the lengths of torch's random_split."""
    lines = []
    for size in (1, 2, 3, 7, 10, 29, 100, 101, 1000, 12345, 60000):
        for fractions in ([0.5, 0.5], [0.9, 0.1], [0.7, 0.2, 0.1], [0.33, 0.33, 0.34], [0.1] * 10):
            lengths = [len(part) for part in torch.utils.data.random_split(range(size), fractions)]
            lines.append(" ".join(map(str, (size, len(fractions), *fractions, *lengths))))
    (FOLDER / "split_lengths.txt").write_text("\n".join(lines) + "\n")


image_folder()
gzip_files()
photo()
split_lengths()
(FOLDER / "mnist_classes.txt").write_text("\n".join(MNIST.classes) + "\n")
(FOLDER / "fashion_mnist_classes.txt").write_text("\n".join(FashionMNIST.classes) + "\n")
