"""The rows of the comparison: what runs on either side, how much of it in a round, the aims, and the limits."""

import dataclasses
import pathlib
import shutil
import tempfile

from rows.folders import make_tree
from runner.machine import cores
from runner.measure import Group, Row
from runner.sides import python, words

CORES = cores()


@dataclasses.dataclass
class Amounts:
    """How much a round does."""

    pairs: int = 5
    share: float = 1  # of the images of a full round
    batch: int = 128  # of the images at 224 px
    candidates: str = "1,2,4"  # workers among which Python's tuned side chooses
    checked: int = 64  # images that are compared before
    size: int = 224
    steps: int = 1
    step_batch: int = 8
    step_size: int = 224
    files: int = 1_300_000
    points: int = 2  # rounds for each point of the curves
    memory_batch: int = 32

    def images(self, full):
        return max(int(full * self.share), 2)


QUICK = Amounts(pairs=2, share=0.3, candidates=f"{CORES}", checked=32, step_batch=4, files=50_000, points=1)
# For the tests: it runs through everything, and its figures mean nothing.
TINY = Amounts(pairs=1, share=0.002, batch=4, candidates="1", checked=2, size=32, step_batch=4, step_size=96, files=300,
               points=1, memory_batch=2)


class Table:
    def __init__(self, data, programs, amounts, work):
        self.data, self.programs, self.amounts, self.work = data, pathlib.Path(programs), amounts, pathlib.Path(work)

    def hearth(self, program, **settings):
        return [self.programs / f"bench_{program}", *words(settings)]

    # Images from files ------------------------------------------------------------------------------------------------

    def decode_and_write(self, kind, bytes_an_image):
        def limit(limits):
            if kind not in limits:
                return None, "libjpeg-turbo is not there"
            return (1 / (1 / limits[kind] + bytes_an_image / limits["write"]),
                    "libjpeg-turbo alone decodes the files, and the batch is written")

        return limit

    def write(self, bytes_an_image, words="the batch is written"):
        return lambda limits: (limits["write"] / bytes_an_image, words)

    def image_settings(self, data, batch, augment=0):
        return {"data": data, "size": self.amounts.size, "batch": batch, "checked": self.amounts.checked,
                "augment": augment}

    def tiny(self):
        amounts, size = self.amounts, self.amounts.size

        def sides():
            same = self.image_settings(self.data.tiny(), amounts.batch)
            return {"idiomatic": python("images.Idiomatic", **same, images=amounts.images(2000), workers=CORES),
                    "hearth": self.hearth("inputs", mode="images", **same, images=amounts.images(16000), workers=CORES),
                    "tuned": python("images.Tuned", **same, images=amounts.images(2000), workers=amounts.candidates)}

        row = Row("tiny", f"Tiny ImageNet JPEG → {size} px, crop, flip, normalise", (22, 18),
                  limit=self.decode_and_write("tiny", 12 * size * size))
        return Group([row], sides, {"hearth": 0, "tuned": 0.05})

    def augmented(self):
        amounts, size = self.amounts, self.amounts.size

        def sides():
            same = self.image_settings(self.data.tiny(), amounts.batch, augment=1)
            return {"idiomatic": python("images.Idiomatic", **same, images=amounts.images(600), workers=CORES),
                    "hearth": self.hearth("inputs", mode="images", **same, images=amounts.images(3000), workers=CORES),
                    "tuned": python("images.Tuned", **same, images=amounts.images(600), workers=amounts.candidates)}

        row = Row("augmented", "Tiny ImageNet with ColorJitter and RandAugment on top", (10, 8),
                  limit=self.decode_and_write("tiny", 12 * size * size))
        return Group([row], sides, {"hearth": 0, "tuned": 0.05})

    def photos(self):
        amounts, size = self.amounts, self.amounts.size
        written = 12 * size * size

        def sides():
            same = self.image_settings(self.data.photos(), 32)
            few, many = amounts.images(812), amounts.images(8120)
            tuned = {**same, "images": few, "workers": amounts.candidates}
            ours = {"mode": "images", **same, "workers": CORES}
            return {"idiomatic": python("images.Idiomatic", **same, images=few, workers=CORES),
                    "hearth": self.hearth("inputs", **ours, images=amounts.images(1624)),
                    "tuned": python("images.Tuned", **tuned),
                    "hearth scaled": self.hearth("inputs", **ours, images=amounts.images(2436), scaled=1),
                    "tuned draft": python("images.Tuned", **tuned, decode="draft"),
                    "hearth cached": self.hearth("inputs", **ours, images=many, cached=1),
                    "tuned cached": python("images.Tuned", **tuned, decode="memory")}

        rows = [Row("photos", f"full-size ImageNet JPEG → {size} px, exact", (3, 2.5),
                    limit=self.decode_and_write("photos", written)),
                Row("scaled", "the same, scaled as it is decoded", (4, 3.5), ours="hearth scaled", tuned="tuned draft",
                    limit=self.decode_and_write("photos", written)),
                Row("cached", "the same from the decoded cache", (20, 10), ours="hearth cached", tuned="tuned cached",
                    limit=self.write(written))]
        return Group(rows, sides, {"hearth": 0, "hearth scaled": 1, "hearth cached": 0, "tuned": 0.05,
                                   "tuned draft": 0.05, "tuned cached": 0.05})

    def memory(self):
        amounts = self.amounts
        workers, size, batch = 8, amounts.size, amounts.memory_batch

        def sides():
            same = {**self.image_settings(self.data.tiny(), batch), "images": amounts.images(batch * 32)}
            return {"idiomatic": python("images.Idiomatic", **same, workers=workers),
                    "hearth": self.hearth("inputs", mode="images", **same, workers=workers),
                    "tuned": python("images.Tuned", **same, workers=workers),
                    "hearth tuned": self.hearth("inputs", mode="images", **same, workers=workers, bytes=1)}

        def limit(_):
            return 3 * batch * 3 * size * size / 1e6, "one batch in use and two ahead, of bytes"

        row = Row("memory", f"the loader's most memory, 8 workers, batches of {batch}", (8, 8), limit=limit,
                  ours_tuned="hearth tuned")
        return Group([row], sides, {"hearth": 0, "tuned": 0.05, "hearth tuned": 0}, unit="MB", pairs=min(amounts.pairs, 2))

    # Small images -----------------------------------------------------------------------------------------------------

    def digits(self):
        amounts = self.amounts

        def sides():
            same = {"data": self.data.digits(), "batch": 32, "checked": amounts.checked}
            return {"idiomatic": python("digits.Idiomatic", **same, images=amounts.images(20000), workers=0),
                    "hearth": self.hearth("inputs", mode="mnist", **same, images=amounts.images(60000), workers=0),
                    "tuned": python("digits.Tuned", **same, images=amounts.images(60000))}

        row = Row("mnist", "MNIST loader, batch 32, shuffled", (200, 2), limit=self.write(28 * 28 * 4))
        return Group([row], sides, {"hearth": 1e-6, "tuned": 1e-6})

    def mlp(self):
        amounts = self.amounts

        def sides():
            same = {"data": self.data.digits(), "batch": 32, "images": amounts.images(12800), "workers": 0}
            return {"idiomatic": python("training.Mlp", **same),
                    "hearth": self.hearth("training", mode="mlp", **same, fused=1, channels_last=0),
                    "tuned": python("training.TunedMlp", **same)}

        flops = 3 * 2 * (784 * 512 + 512 * 512 + 512 * 10)  # forward, and twice as much backward
        row = Row("mlp", "FashionMNIST MLP, epoch end to end", (5, 1.3),
                  limit=lambda limits: (limits["gemm_mlp"] / flops, "its matrix products alone"))
        return Group([row], sides, {"hearth": 1e-4, "tuned": 1e-4})

    # Networks ---------------------------------------------------------------------------------------------------------

    def resnet18(self):
        amounts, size = self.amounts, 64

        def sides():
            same = {"data": self.data.tiny(), "batch": min(32, amounts.batch), "images": amounts.images(192), "size": size}
            return {"idiomatic": python("training.ResNet18", **same, workers=CORES),
                    "hearth": self.hearth("training", mode="resnet18", **same, workers=CORES, fused=1, channels_last=1),
                    "tuned": python("training.TunedResNet18", **same, workers=CORES)}

        flops = 3 * 2 * 1.814e9 * (size / 224) ** 2
        row = Row("resnet18", f"Tiny ImageNet, ResNet-18 at {size} px, epoch end to end", (1.5, 1.2),
                  limit=lambda limits: (limits["gemm"] / flops, "its multiplications alone"))
        return Group([row], sides, {"hearth": 2e-3, "tuned": 2e-2})

    def step(self, key, title, multiplications):
        amounts, size = self.amounts, self.amounts.step_size

        def sides():
            same = {"model": key, "batch": amounts.step_batch, "size": size, "steps": amounts.steps}
            return {"idiomatic": python("training.Step", **same),
                    "hearth": self.hearth("training", mode="step", **same, fused=0, channels_last=0),
                    "tuned": python("training.TunedStep", **same),
                    "hearth tuned": self.hearth("training", mode="step", **same, fused=1, channels_last=1)}

        flops = 3 * 2 * multiplications * (size / 224) ** 2
        row = Row(key, f"{title} training step at {size} px, batch {amounts.step_batch}, same settings", (1, 1),
                  ours_tuned="hearth tuned",
                  limit=lambda limits: (limits["gemm"] / flops, "its multiplications alone"))
        return Group([row], sides, {"hearth": 2e-3, "tuned": 2e-2, "hearth tuned": 2e-2})

    # Folders ----------------------------------------------------------------------------------------------------------

    def folders(self):
        amounts = self.amounts

        def sides():
            self.tree = pathlib.Path(tempfile.mkdtemp(prefix="tree-", dir=self.work))
            root = self.tree / "train"
            make_tree(root, amounts.files)
            return {"idiomatic": python("folders.Idiomatic", data=root),
                    "hearth": self.hearth("inputs", mode="opening", data=root, index=self.tree / "index"),
                    "tuned": python("folders.Tuned", data=root)}

        names = amounts.files * len("n01440764_1300.JPEG")
        row = Row("folders", f"opening a folder tree of {amounts.files:,} files, second time", (20, 20),
                  limit=lambda limits: (names / limits["write"], "the names are written to memory"))
        return Group([row], sides, {}, unit="s")

    def clean(self):
        """Removes what a group has made for itself alone."""
        if tree := self.__dict__.pop("tree", None):
            shutil.rmtree(tree, ignore_errors=True)

    def groups(self):
        """By name, in the order of the table."""
        return {"tiny": self.tiny(), "photos": self.photos(), "augmented": self.augmented(), "mnist": self.digits(),
                "mlp": self.mlp(), "resnet18": self.resnet18(),
                "resnet50": self.step("resnet50", "ResNet-50", 4.089e9),
                "densenet121": self.step("densenet121", "DenseNet-121", 2.834e9), "memory": self.memory(),
                "folders": self.folders()}

    # How cost grows ---------------------------------------------------------------------------------------------------

    def curves(self):
        """What is measured along each axis: (title, name of the axis, [(value, {side: command})])."""
        amounts = self.amounts
        tiny = self.data.tiny()

        def sides(size=amounts.size, batch=amounts.batch, workers=CORES):
            same = {"data": tiny, "size": size, "batch": batch, "checked": amounts.checked, "augment": 0,
                    "workers": workers}
            ours = amounts.images(8000 if size > 128 else 16000)
            return {"hearth": self.hearth("inputs", mode="images", **same, images=ours),
                    "Python": python("images.Idiomatic", **same, images=amounts.images(800))}

        return [("by workers", "workers", [(count, sides(workers=count)) for count in (1, 2, 4, 8)]),
                ("by image size", "pixels a side", [(size, sides(size=size)) for size in (64, 128, 224, 384)]),
                ("by batch size", "images a batch", [(batch, sides(batch=batch)) for batch in (16, 64, 256)])]
