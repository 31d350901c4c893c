"""Training: steps of ResNet-50 and DenseNet-121 on images in memory, an epoch of an MLP and of ResNet-18 from the files on.

`Idiomatic` is the loop of PyTorch's tutorials. `Tuned` has the fused optimizer and channels_last, and, for the MLP, the
data set as a tensor. Loss and accuracy are added up on the way, as hearth's Trainer does.
"""

import numpy
import torch
from torchvision import datasets, models, transforms

from rows import images as of_images
from rows.images import spread


class Training:
    """A model whose first loss is the check, trained on `self.batches()`."""

    channels_last = False
    fused = False

    def begin(self, model, inputs, labels):
        self.model = model.to(memory_format=torch.channels_last) if self.channels_last else model
        self.first = inputs, labels
        self.optimizer = torch.optim.SGD(model.parameters(), lr=1e-3, momentum=0.9, fused=self.fused)
        self.criterion = torch.nn.CrossEntropyLoss()

    def check(self):
        self.model.train()
        with torch.no_grad():
            return numpy.array([self.criterion(self.model(self.first[0]), self.first[1]).item()])

    def round(self):
        self.model.train()
        count, total, correct = 0, torch.zeros(()), torch.zeros((), dtype=torch.long)
        for inputs, labels in self.batches():
            if self.channels_last:
                inputs = inputs.contiguous(memory_format=torch.channels_last)
            self.optimizer.zero_grad()
            outputs = self.model(inputs)
            loss = self.criterion(outputs, labels)
            loss.backward()
            self.optimizer.step()
            total += loss.detach() * len(labels)
            correct += (outputs.detach().argmax(1) == labels).sum()
            count += len(labels)
        total.item(), correct.item()
        return count


class Step(Training):
    def __init__(self, model, batch, size, steps):
        torch.manual_seed(0)
        network = getattr(models, model)()
        torch.manual_seed(1)
        inputs = torch.rand(int(batch) * int(steps), 3, int(size), int(size))
        labels = torch.arange(len(inputs)) % 1000
        self.all = list(zip(inputs.split(int(batch)), labels.split(int(batch))))
        self.begin(network, *self.all[0])

    def batches(self):
        return self.all


class TunedStep(Step):
    channels_last = fused = True


class Mlp(Training):
    def __init__(self, data, batch, images, workers="0"):
        torch.manual_seed(0)
        network = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(784, 512), torch.nn.ReLU(),
                                      torch.nn.Linear(512, 512), torch.nn.ReLU(), torch.nn.Linear(512, 10))
        dataset = datasets.FashionMNIST(data, transform=transforms.ToTensor())
        first = [dataset[i] for i in spread(len(dataset), int(batch))]
        self.begin(network, torch.stack([image for image, _ in first]), torch.tensor([label for _, label in first]))
        self.open(dataset, int(batch), spread(len(dataset), int(images)), int(workers))

    def open(self, dataset, batch, chosen, workers):
        self.loader = torch.utils.data.DataLoader(torch.utils.data.Subset(dataset, chosen), batch_size=batch, shuffle=True,
                                                  num_workers=workers)

    def batches(self):
        return self.loader


class TunedMlp(Mlp):
    fused = True

    def open(self, dataset, batch, chosen, workers):
        self.inputs = dataset.data[chosen].unsqueeze(1).float().div_(255)
        self.labels, self.batch = dataset.targets[chosen], batch

    def batches(self):
        for indices in torch.randperm(len(self.labels)).split(self.batch):
            yield self.inputs.index_select(0, indices), self.labels.index_select(0, indices)


class ResNet18(Training):
    Images = of_images.Idiomatic

    def __init__(self, data, batch, images, workers, size):
        torch.manual_seed(0)
        self.images = self.Images(data, size, batch, workers, images, batch)
        network = models.resnet18(num_classes=len(datasets.ImageFolder(data).classes))
        values = self.images.check()[:-1]
        count = int(batch)
        self.begin(network, torch.tensor(values[:-count], dtype=torch.float32).view(count, 3, int(size), int(size)),
                   torch.tensor(values[-count:], dtype=torch.long))

    def batches(self):
        return self.images.loader


class TunedResNet18(ResNet18):
    Images = of_images.Tuned
    channels_last = fused = True

    def batches(self):
        for inputs, labels in self.images.loader:
            yield of_images.normalised(inputs), labels
