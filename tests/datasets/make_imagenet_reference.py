"""Writes reference/imagenet_*: the meta.mat of a development kit like ImageNet's, as it is and compressed, and what
torchvision reads in it. Run it where numpy and scipy are installed."""
import pathlib

import numpy as np
import scipy.io

FOLDER = pathlib.Path(__file__).parent / "reference"


def write_imagenet_kit():
    """A meta.mat with the fields of ILSVRC2012_devkit_t12, and its classes as torchvision's own lines read them."""
    words = {
        "n02119789": "kit fox, Vulpes macrotis", "n02100735": "English setter", "n01440764": "tench, Tinca tinca",
        "n04550184": "wardrobe, closet, press", "n02110185": "Siberian husky",
        "n07695742": "pretzel", "n03000001": "caf\u00e9, \U0001f98a",
    }
    fields = ["ILSVRC2012_ID", "WNID", "words", "gloss", "num_children", "children", "wordnet_height", "num_train_images"]
    synsets = np.empty((len(words) + 2, 1), dtype=[(field, object) for field in fields])
    for i, (wnid, text) in enumerate(words.items()):
        synsets[i, 0] = (float(i + 1), wnid, text, "a gloss", 0.0, np.zeros((1, 0)), 0.0, 1300.0)
    for i, wnid in enumerate(["n00001740", "n00001930"]):
        synsets[len(words) + i, 0] = (float(len(words) + i + 1), wnid, "entity", "", 2.0, np.array([[1.0, 2.0]]), 19.0, 0.0)
    for name, packed in {"imagenet_meta.mat": False, "imagenet_meta_packed.mat": True}.items():
        scipy.io.savemat(FOLDER / name, {"wrong": "other", "numbers": np.arange(300, dtype=np.int16), "synsets": synsets}, do_compression=packed)

        # torchvision/datasets/imagenet.py, parse_devkit_archive
        meta = scipy.io.loadmat(FOLDER / name, squeeze_me=True)["synsets"]
        nums_children = list(zip(*meta))[4]
        meta = [meta[idx] for idx, num_children in enumerate(nums_children) if num_children == 0]
        idcs, wnids, classes = list(zip(*meta))[:3]
        classes = [tuple(clss.split(", ")) for clss in classes]
        lines = [f"{int(idx)}\t{wnid}\t{'|'.join(clss)}\n" for idx, wnid, clss in zip(idcs, wnids, classes)]
        (FOLDER / "imagenet_classes.txt").write_text("".join(lines))


write_imagenet_kit()
