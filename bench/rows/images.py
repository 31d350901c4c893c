"""Images a second from JPEG files: RandomResizedCrop, flip, normalise; with and without colour augmentation.

`Idiomatic` is what torchvision's documentation shows. `Tuned` does all that Python offers: v2 transforms on uint8 tensors,
workers that stay, as many as were fastest in a trial, and one conversion and normalisation of the whole batch. Its
`decode` is "whole"; "draft", JPEG's scaled decoding of PIL, for the part that the crop needs; or "memory", where all
images were decoded before the first round.
"""

import functools
import time

import numpy
import torch
from PIL import Image
from torchvision import datasets, transforms
from torchvision.transforms import v2

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def spread(size, images):
    """The same images as bench/images.hpp picks."""
    return [i * size // images if images <= size else i % size for i in range(images)]


def contents(loader, whole):
    """All inputs, all labels, and the size of the whole data set."""
    batches = list(loader)
    return numpy.concatenate([torch.cat([part.reshape(len(part), -1) for part, _ in batches]).flatten().numpy(),
                              torch.cat([labels for _, labels in batches]).numpy(), [whole]])


class Idiomatic:
    def __init__(self, data, size, batch, workers, images, checked, augment="0"):
        self.data, self.size, self.checked = data, int(size), int(checked)
        colours = [transforms.ColorJitter(0.4, 0.4, 0.4), transforms.RandAugment()] if int(augment) else []
        dataset = datasets.ImageFolder(data, transforms.Compose([
            transforms.RandomResizedCrop(self.size), transforms.RandomHorizontalFlip(), *colours,
            transforms.ToTensor(), transforms.Normalize(MEAN, STD)]))
        self.loader = torch.utils.data.DataLoader(
            torch.utils.data.Subset(dataset, spread(len(dataset), int(images))), batch_size=int(batch), shuffle=True,
            num_workers=int(workers))

    def round(self):
        return sum(len(batch) for batch, _ in self.loader)

    def check(self):
        dataset = datasets.ImageFolder(self.data, transforms.Compose([
            transforms.Resize(round(self.size * 256 / 224)), transforms.CenterCrop(self.size),
            transforms.ToTensor(), transforms.Normalize(MEAN, STD)]))
        chosen = torch.utils.data.Subset(dataset, spread(len(dataset), self.checked))
        return contents(torch.utils.data.DataLoader(chosen, batch_size=32), len(dataset))


class Bytes(torch.utils.data.Dataset):
    """Images as uint8 tensors [3, H, W], cropped at random; or, `fixed`, from the middle."""

    def __init__(self, data, size, images, decode, augment=False, fixed=False):
        self.samples = [(path, label) for path, label in datasets.ImageFolder(data).samples]
        self.whole = len(self.samples)
        chosen = spread(self.whole, images)
        if decode == "memory":
            decoded = {i: self.open(self.samples[i][0]) for i in set(chosen)}
            self.samples = [(decoded[i], self.samples[i][1]) for i in chosen]
        else:
            self.samples = [self.samples[i] for i in chosen]
        self.decode, self.size = decode, size
        if fixed:
            self.transform = v2.Compose([v2.Resize(round(size * 256 / 224), antialias=True), v2.CenterCrop(size)])
        else:
            colours = [v2.ColorJitter(0.4, 0.4, 0.4), v2.RandAugment()] if augment else []
            self.crop = v2.RandomResizedCrop(size, antialias=True)
            self.rest = v2.Compose([v2.RandomHorizontalFlip(), *colours])
            self.transform = self.rest if decode == "draft" else v2.Compose([self.crop, self.rest])

    @staticmethod
    def open(path):
        with Image.open(path) as image:
            return v2.functional.pil_to_tensor(image.convert("RGB"))

    def drafted(self, path):
        """A random crop of the image that libjpeg decodes at 1/2, 1/4 or 1/8 where the crop stays larger than it is used."""
        with Image.open(path) as image:
            width, height = image.size
            top, left, rows, columns = transforms.RandomResizedCrop.get_params(image, (0.08, 1), (3 / 4, 4 / 3))
            times = next(times for times in (8, 4, 2, 1) if min(rows, columns) >= times * self.size or times == 1)
            image.draft("RGB", (width // times, height // times))
            image = image.convert("RGB")
            y, x = image.height / height, image.width / width
            box = (left * x, top * y, (left + columns) * x, (top + rows) * y)
            return v2.functional.pil_to_tensor(image.resize((self.size, self.size), Image.BILINEAR, box=box))

    def __len__(self):
        return len(self.samples)

    def __getitem__(self, index):
        image, label = self.samples[index]
        if self.decode == "draft":
            return self.transform(self.drafted(image)), label
        return self.transform(image if self.decode == "memory" else self.open(image)), label


def normalised(batch, place=[None]):
    """uint8 to float and normalised, in two passes over memory that is used again."""
    if place[0] is None or place[0].shape != batch.shape:
        place[0] = torch.empty(batch.shape)
    mean, std = (torch.tensor(values).view(1, 3, 1, 1) * 255 for values in (MEAN, STD))
    return torch.sub(batch, mean, out=place[0]).mul_(1 / std)


class Tuned:
    def __init__(self, data, size, batch, workers, images, checked, augment="0", decode="whole"):
        """`workers`: those to choose from, "1,2,4"."""
        self.data, self.size, self.checked = data, int(size), int(checked)
        self.dataset = Bytes(data, self.size, int(images), decode, int(augment))
        make = functools.partial(torch.utils.data.DataLoader, batch_size=int(batch), shuffle=True)
        candidates = [int(count) for count in workers.split(",")]
        few = torch.utils.data.Subset(self.dataset, range(min(len(self.dataset), max(3 * int(batch), 192))))

        def seconds(count):
            if len(candidates) == 1:
                return 0
            loader = make(few, num_workers=count, persistent_workers=True)
            self.of(loader)
            start = time.perf_counter()
            self.of(loader)
            return time.perf_counter() - start

        self.workers = min(candidates, key=seconds)
        self.loader = make(self.dataset, num_workers=self.workers, persistent_workers=True)

    @staticmethod
    def of(loader):
        return sum(len(normalised(batch)) for batch, _ in loader)

    def round(self):
        return self.of(self.loader)

    def check(self):
        fixed = Bytes(self.data, self.size, self.checked, "whole", fixed=True)
        loader = torch.utils.data.DataLoader(fixed, batch_size=32)
        return contents(((normalised(batch).clone(), labels) for batch, labels in loader), fixed.whole)
