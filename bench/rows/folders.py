"""Opening a data set of very many files, and the tree of them."""

import os
import pathlib
import pickle

import numpy
from torchvision import datasets


def make_tree(folder, files, per_class=1300):
    """Empty files with ImageNet's names, so many to a class. They are links, which are ten times as fast to make as files
    and no others for who lists them; a file system has a bound for those of one file, 65,000 on ext4."""
    kept = folder.with_name("linked")
    kept.mkdir(parents=True)
    folder.mkdir()
    for label, first in enumerate(range(0, files, per_class)):
        if label % 40 == 0:
            source = kept / f"{label}"
            source.touch()
        name = f"n{1440764 + label:08d}"
        place = folder / name
        place.mkdir()
        handle = os.open(place, os.O_RDONLY)
        for number in range(min(per_class, files - first)):
            os.link(source, f"{name}_{number}.JPEG", dst_dir_fd=handle)
        os.close(handle)


class Idiomatic:
    def __init__(self, data):
        self.data = data
        self.labels()

    def labels(self):
        return datasets.ImageFolder(self.data).targets

    def round(self):
        return len(self.labels())

    def check(self):
        labels = self.labels()
        return numpy.array([len(labels), *labels[::997]])


class Tuned(Idiomatic):
    """The list as it was found the first time, from a pickle: nothing looks whether it is still true."""

    def labels(self):
        kept = pathlib.Path(self.data).with_suffix(".pickle")
        if not kept.exists():
            dataset = datasets.ImageFolder(self.data)
            kept.write_bytes(pickle.dumps((dataset.classes, dataset.samples), protocol=5))
        classes, samples = pickle.loads(kept.read_bytes())
        return [label for _, label in samples]
