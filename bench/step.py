"""Images a second of a training loop on data in memory: hearth's Trainer, Python's loop with the same settings, and
Trainer of an earlier revision, in turn.

    python bench/step.py --program build/release/bench/bench_step [--before OTHER/build/release/bench/bench_step]

Python's loop adds up loss and correct ones as tensors, as Trainer does, and reads them after each epoch. Each figure is
the median of the rounds, with the lowest and the highest behind it; the ratio is of times, hearth's by the other's.
"""

import argparse
import os
import statistics
import subprocess
import sys

PYTHON = """
import sys, time, torch
network, seconds = sys.argv[1], float(sys.argv[2])
torch.manual_seed(0)
if network == "mlp":
    model = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(784, 512), torch.nn.ReLU(),
                                torch.nn.Linear(512, 512), torch.nn.ReLU(), torch.nn.Linear(512, 10))
    images, batch_size = torch.rand(32 * 100, 1, 28, 28), 32
else:
    import torchvision_parts
    from torchvision.models import resnet18
    model, images, batch_size = resnet18(num_classes=10), torch.rand(16 * 4, 3, 64, 64), 16
criterion = torch.nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(model.parameters(), lr=1e-3, momentum=0.9, fused=True)
targets = torch.zeros(len(images), dtype=torch.long)
batches = list(zip(images.split(batch_size), targets.split(batch_size)))  # no loader: nothing but the steps
times = []
begin = time.perf_counter()
model.train()
while time.perf_counter() - begin < seconds:
    start = time.perf_counter()
    total, correct = torch.zeros(()), torch.zeros((), dtype=torch.long)
    for inputs, labels in batches:
        optimizer.zero_grad()
        outputs = model(inputs)
        loss = criterion(outputs, labels)
        loss.backward()
        optimizer.step()
        total += loss.detach() * len(labels)
        correct += (outputs.detach().argmax(1) == labels).sum()
    total.item(), correct.item()
    times.append(time.perf_counter() - start)
times = times[len(times) // 10:]
print(len(images) * len(times) / sum(times))
"""


def rate(command):
    tests = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tests")
    environment = os.environ | {"PYTHONPATH": tests}
    return float(subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", required=True)
    parser.add_argument("--before", help="the same program of an earlier revision")
    parser.add_argument("--seconds", type=float, default=8, help="of each run")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--networks", nargs="+", default=["mlp", "resnet18"])
    args = parser.parse_args()

    sides = {"hearth": [args.program], "Python": [sys.executable, "-c", PYTHON]}
    if args.before:
        sides["hearth before"] = [args.before]
    print("| network | " + " | ".join(f"{side}, images/s" for side in sides) + " | " +
          " | ".join(f"time by that of {side}" for side in sides if side != "hearth") + " |")
    print("|---" * (2 * len(sides)) + "|")
    for network in args.networks:
        rates = {side: [] for side in sides}
        for _ in range(args.rounds):
            for side, command in sides.items():
                rates[side].append(rate([*command, network, str(args.seconds)]))
        shown = [f"{statistics.median(all_of):,.0f} ({min(all_of):,.0f} to {max(all_of):,.0f})"
                 for all_of in rates.values()]
        ratios = [f"{statistics.median(other / ours for ours, other in zip(rates['hearth'], rates[side])):.2f}"
                  for side in sides if side != "hearth"]
        print("| " + " | ".join([network, *shown, *ratios]) + " |", flush=True)


if __name__ == "__main__":
    main()
