"""MNIST in batches, shuffled: through torchvision's data set and transforms, and as a tensor that was made before."""

import torch
from torchvision import datasets, transforms

from rows.images import contents, spread

TRANSFORM = transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.1307,), (0.3081,))])


class Idiomatic:
    def __init__(self, data, batch, workers, images, checked):
        self.dataset, self.checked = datasets.MNIST(data, transform=TRANSFORM), int(checked)
        chosen = torch.utils.data.Subset(self.dataset, spread(len(self.dataset), int(images)))
        self.loader = torch.utils.data.DataLoader(chosen, batch_size=int(batch), shuffle=True, num_workers=int(workers))

    def round(self):
        return sum(len(batch) for batch, _ in self.loader)

    def check(self):
        chosen = torch.utils.data.Subset(self.dataset, spread(len(self.dataset), self.checked))
        return contents(torch.utils.data.DataLoader(chosen, batch_size=32), len(self.dataset))


class Tuned:
    """All images as one normalised float tensor; a batch is an index_select."""

    def __init__(self, data, batch, images, checked, workers="0"):
        dataset = datasets.MNIST(data)
        self.whole, self.batch, self.checked = len(dataset), int(batch), int(checked)
        self.inputs = dataset.data.unsqueeze(1).float().div_(255).sub_(0.1307).div_(0.3081)
        self.labels = dataset.targets
        self.chosen = torch.tensor(spread(self.whole, int(images)))

    def round(self):
        count = 0
        for indices in self.chosen[torch.randperm(len(self.chosen))].split(self.batch):
            inputs, labels = self.inputs.index_select(0, indices), self.labels.index_select(0, indices)
            count += len(inputs)
        return count

    def check(self):
        chosen = torch.tensor(spread(self.whole, self.checked))
        return contents([(self.inputs[chosen], self.labels[chosen])], self.whole)
