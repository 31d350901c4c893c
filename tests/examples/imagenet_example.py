"""The other side of checkpoint.pth.tar: reads, trains and writes as PyTorch's ImageNet example does.

    python imagenet_example.py ARCH CLASSES EPOCHS FILE [RESUMED]

Trains the architecture until EPOCHS epochs are done, of two batches of random images, from nothing or from the file
RESUMED, and writes FILE. Prints what it resumed as JSON. Exit code 77: torch or torchvision is not there.
"""

import json
import pathlib
import sys

try:
    import torch

    sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
    import torchvision_parts  # noqa: F401, before torchvision
    from torchvision import models
except ImportError as error:
    print(f"skipped: {error}")
    sys.exit(77)


def main(arch, classes, epochs, path, resumed=None):
    torch.manual_seed(1)
    model = getattr(models, arch)(num_classes=int(classes))
    optimizer = torch.optim.SGD(model.parameters(), 0.01, momentum=0.9, weight_decay=1e-4)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=30, gamma=0.1)
    start, best = 0, 0
    if resumed:
        checkpoint = torch.load(resumed)  # weights_only, by default
        start = checkpoint["epoch"]
        best = checkpoint["best_acc1"].to("cpu")  # as with --gpu
        model.load_state_dict(checkpoint["state_dict"])
        optimizer.load_state_dict(checkpoint["optimizer"])
        scheduler.load_state_dict(checkpoint["scheduler"])
        print(json.dumps({"epoch": start, "arch": checkpoint["arch"], "best_acc1": float(best),
                          "lr": scheduler.get_last_lr(), "momentum": len(optimizer.state)}))
    model.train()
    for epoch in range(start, int(epochs)):
        for _ in range(2):
            loss = torch.nn.functional.cross_entropy(model(torch.randn(4, 3, 64, 64)), torch.arange(4) % int(classes))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        scheduler.step()
        best = max(torch.tensor(25.0), torch.as_tensor(best))
        torch.save({"epoch": epoch + 1, "arch": arch, "state_dict": model.state_dict(), "best_acc1": best,
                    "optimizer": optimizer.state_dict(), "scheduler": scheduler.state_dict()}, path)


main(*sys.argv[1:])
