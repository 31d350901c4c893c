"""Lays out the data as both sides read it: class folders of JPEG files, and the IDX files of MNIST."""

import gzip
import pathlib
import shutil
import tarfile
import tempfile
import zipfile

from runner.sides import Failed

ROOT = pathlib.Path(__file__).resolve().parents[2]


def unpacked(target, write):
    """`target`, made by `write(folder)` unless an earlier run has made it."""
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent) as folder:
            made = pathlib.Path(folder, target.name)
            made.mkdir()
            write(made)
            made.rename(target)
    return target


class Data:
    """The data of `source`, the folder that holds it, with what must be unpacked in `work`."""

    def __init__(self, source, work):
        self.source, self.work = pathlib.Path(source), pathlib.Path(work)

    def tiny(self):
        """Tiny ImageNet's training images: tiny-imagenet-200/train, or out of tiny-imagenet-200.zip."""
        folder, archive = self.source / "tiny-imagenet-200" / "train", self.source / "tiny-imagenet-200.zip"
        if folder.is_dir():
            return folder
        if not archive.is_file():
            raise Failed(f"{self.source} has neither tiny-imagenet-200/train nor tiny-imagenet-200.zip")

        def write(made):
            with zipfile.ZipFile(archive) as entries:
                entries.extractall(made, [name for name in entries.namelist() if "/train/" in name])

        return unpacked(self.work / "tiny", write) / "tiny-imagenet-200" / "train"

    def photos(self):
        """Full-size photos of ImageNet: imagenet-samples/CLASS, or out of imagenet-samples.tar."""
        folder, archive = self.source / "imagenet-samples", self.source / "imagenet-samples.tar"
        if folder.is_dir():
            return folder
        if not archive.is_file():
            raise Failed(f"{self.source} has neither imagenet-samples nor imagenet-samples.tar")

        def write(made):
            with tarfile.open(archive) as entries:
                entries.extractall(made, filter="data")

        return unpacked(self.work / "photos", write) / "imagenet-samples"

    def digits(self):
        """MNIST, and the same files under FashionMNIST's name, whose format they have. Where there is none, the sample of
        FashionMNIST that comes with hearth stands for both."""
        source = self.source / "mnist"
        if not source.is_dir():
            source = ROOT / "examples" / "data" / "fashion-mnist-sample"

        def write(made):
            for name in ("MNIST", "FashionMNIST"):
                raw = made / name / "raw"
                raw.mkdir(parents=True)
                for file in source.glob("*-ubyte*"):
                    with (gzip.open if file.suffix == ".gz" else open)(file) as packed, \
                            open(raw / file.name.removesuffix(".gz"), "wb") as plain:
                        shutil.copyfileobj(packed, plain)

        return unpacked(self.work / f"digits-{source.name}", write)
