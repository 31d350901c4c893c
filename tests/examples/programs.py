"""What the tests of the example programs share: starting a program, data of their own, reading what a run leaves."""

import http.server
import io
import json
import os
import pathlib
import pickle
import random
import shutil
import struct
import subprocess
import sys
import tempfile
import threading
import typing
import unittest
import zipfile
import zlib

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
SAMPLE = REPOSITORY / "examples" / "data" / "fashion-mnist-sample"
IS_FOLDER_GIVEN = len(sys.argv) > 1 and not sys.argv[1].startswith("-")
PROGRAMS = pathlib.Path(sys.argv.pop(1) if IS_FOLDER_GIVEN else "build/release/examples").resolve()


def run(program, *flags, timeout=300, **options):
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "encoding": "utf-8", "errors": "replace"}
    return subprocess.run([PROGRAMS / program, *map(os.fspath, map(text_unless_path, flags))], timeout=timeout,
                          **(streams | options))


def text_unless_path(flag):
    return flag if isinstance(flag, (bytes, pathlib.Path)) else str(flag)


def metrics_without_times(folder):
    timed = {"seconds", "images_per_second", "data_wait_fraction"}
    lines = (folder / "metrics.jsonl").read_text().splitlines()
    return [{key: value for key, value in json.loads(line).items() if key not in timed} for line in lines]


def png(red, green, blue, noise, side=64):
    """An image of one colour with a little noise, as the bytes of a PNG file."""
    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
    rows = b""
    for _ in range(side):
        rows += b"\0" + bytes(min(255, max(0, value + noise.randint(-20, 20)))
                              for _ in range(side) for value in (red, green, blue))
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


COLOURS = {"n00000001": (200, 40, 40), "n00000002": (40, 200, 40), "n00000003": (40, 40, 200)}


def write_tiny_imagenet(path, extra=(), train=6, val=2):
    """An archive in Tiny ImageNet's official layout: three classes of one colour each, so many images of each."""
    noise = random.Random(0)
    with zipfile.ZipFile(path, "w") as archive:
        root = "tiny-imagenet-200"
        archive.writestr(f"{root}/wnids.txt", "".join(f"{wnid}\n" for wnid in COLOURS))
        archive.writestr(f"{root}/words.txt", "".join(f"{wnid}\tcolour {wnid[-1]}\n" for wnid in COLOURS))
        annotations = ""
        for wnid, colour in COLOURS.items():
            archive.writestr(f"{root}/train/{wnid}/{wnid}_boxes.txt", "")
            for i in range(train):
                archive.writestr(f"{root}/train/{wnid}/images/{wnid}_{i}.JPEG", png(*colour, noise))
        for i, (wnid, colour) in enumerate(list(COLOURS.items()) * val):
            archive.writestr(f"{root}/val/images/val_{i}.JPEG", png(*colour, noise))
            annotations += f"val_{i}.JPEG\t{wnid}\t0\t0\t63\t63\n"
        archive.writestr(f"{root}/val/val_annotations.txt", annotations)
        archive.writestr(f"{root}/test/images/test_0.JPEG", png(0, 0, 0, noise))
        for name, content in extra:
            archive.writestr(name, content)


class Storage(typing.NamedTuple):
    kind: str  # "FloatStorage"
    content: bytes


class Dict(dict):  # Python's state_dict() has an attribute, _metadata
    pass


class PthReader(pickle.Unpickler):
    """Reads what torch.save wrote without torch: tensors are their storages."""

    def __init__(self, archive):
        self.root = archive.namelist()[0].split("/")[0]
        self.archive = archive
        super().__init__(io.BytesIO(archive.read(f"{self.root}/data.pkl")))

    def find_class(self, module, name):
        if (module, name) == ("collections", "OrderedDict"):
            return Dict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return lambda storage, *_: storage
        if module == "torch" and name.endswith("Storage"):
            return name
        raise pickle.UnpicklingError(f"{module}.{name}")

    def persistent_load(self, identity):
        _, kind, key, _, _ = identity
        return Storage(kind, self.archive.read(f"{self.root}/data/{key}"))


def read_pth(path):
    """What is in a file of weights or in a checkpoint; every byte of it is compared with its checksum."""
    with zipfile.ZipFile(path) as archive:
        damaged = archive.testzip()
        if damaged:
            raise zipfile.BadZipFile(f"{path}: {damaged}")
        return PthReader(archive).load()


class ProgramTest(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="hearth-programs-"))
        self.addCleanup(shutil.rmtree, self.folder)

    def assert_succeeds(self, result):
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)

    def assert_refuses(self, result, *parts):
        """Exit code 1 and one line on stderr that holds every part."""
        lines = [line for line in result.stderr.splitlines() if not line.startswith("preparing ")]
        self.assertEqual((result.returncode, len(lines)), (1, 1), f"{result.stdout}{result.stderr}")
        for part in parts:
            self.assertIn(str(part), lines[0])

    def left_behind(self):
        """Files in the test's folder that were begun and not finished."""
        return [path for path in self.folder.rglob("*") if path.name.endswith(".part")]

    def fashion_mnist(self, *flags, **options):
        return run("fashion_mnist", "--device", "cpu", "--output-dir", self.folder / "run", *flags, **options)

    def tiny_imagenet(self, archive, *flags, **options):
        return run("tiny_imagenet", "--device", "cpu", "--output-dir", self.folder / "run",
                   *([] if archive is None else ["--data", archive]), "--prepared", self.folder / "prepared",
                   "--num-classes", 3, "--arch", "resnet18", "--image-size", 32, "--batch-size", 6, "--workers", 2,
                   *flags, **options)


class Mirror:
    """A web server on the loopback that has the given files, by their paths below it, and notes what it is asked."""

    def __init__(self, files):
        self.asked = []
        mirror = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                mirror.asked.append(self.path)
                body = files.get(self.path)
                self.send_response(404 if body is None else 200)
                self.send_header("Content-Length", str(len(body or b"")))
                self.end_headers()
                self.wfile.write(body or b"")

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    def environment(self):
        """Of a program that asks this server for data sets and weights, and nobody else."""
        return os.environ | {"HEARTH_DATASETS_MIRROR": self.url, "HEARTH_WEIGHTS_MIRROR": self.url,
                             "no_proxy": "127.0.0.1", "NO_PROXY": "127.0.0.1"}
