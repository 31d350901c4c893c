"""Images a second of several processes, one thread each, which talk by Gloo: hearth's Trainer and Python's
DistributedDataParallel with the same model and batches, in turn.

    python bench/ddp.py --program build/release/bench/bench_ddp [--world 2] [--ping]

A figure is the median of the pairs, with the lowest and the highest behind it; the ratio is the median of each pair's,
hearth's images by Python's. Then: how much of the time in which gradients are on their way lies in the backward pass.
--ping measures instead how long a sum over 2 and over 4 processes takes by its size, for a model of the cost.
"""

import argparse
import os
import socket
import statistics
import subprocess
import sys

PYTHON = """
import os, sys, time, torch
from torch import distributed
from torch.nn.parallel import DistributedDataParallel
network, seconds = sys.argv[1], float(sys.argv[2])
torch.manual_seed(0)
distributed.init_process_group("gloo")
rank, world = distributed.get_rank(), distributed.get_world_size()
if network == "mlp":
    model = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(784, 512), torch.nn.ReLU(),
                                torch.nn.Linear(512, 512), torch.nn.ReLU(), torch.nn.Linear(512, 10))
    images, batch_size = torch.rand(32 * 100, 1, 28, 28), 32
else:
    import torchvision_parts
    from torchvision.models import resnet18
    model, images, batch_size = resnet18(num_classes=10), torch.rand(16 * 4, 3, 64, 64), 16
model = DistributedDataParallel(model, gradient_as_bucket_view=True)
criterion = torch.nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(model.parameters(), lr=1e-3, momentum=0.9, fused=True)
targets = torch.zeros(len(images), dtype=torch.long)
batches = list(zip(images.split(batch_size), targets.split(batch_size)))  # no loader: nothing but the steps
times = []
begin = time.perf_counter()
model.train()
while True:
    goes_on = torch.tensor(float(time.perf_counter() - begin < seconds))
    distributed.broadcast(goes_on, 0)
    if not goes_on:
        break
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
if rank == 0:
    print(world * len(images) * len(times) / sum(times), flush=True)
distributed.barrier()
os._exit(0)  # Python's own end of Gloo sometimes ends in std::terminate
"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def launch(command, world):
    """What rank 0 of so many processes prints."""
    tests = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tests")
    environment = os.environ | {"PYTHONPATH": tests, "WORLD_SIZE": str(world), "LOCAL_WORLD_SIZE": str(world),
                                "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(free_port()), "OMP_NUM_THREADS": "1",
                                "GLOO_SOCKET_IFNAME": "lo"}
    ranks = [subprocess.Popen(command, env=environment | {"RANK": str(rank), "LOCAL_RANK": str(rank)}, text=True,
                              stdout=subprocess.PIPE if rank == 0 else subprocess.DEVNULL) for rank in range(world)]
    try:
        printed = ranks[0].communicate()[0]
        for rank in ranks:
            if rank.wait() != 0:
                raise SystemExit(f"{command[0]}: a process ended with exit code {rank.returncode}")
        return printed
    finally:
        for rank in ranks:
            rank.kill()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", required=True)
    parser.add_argument("--world", type=int, default=2, help="processes")
    parser.add_argument("--seconds", type=float, default=8, help="of each run")
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--networks", nargs="+", default=["mlp", "resnet18"])
    parser.add_argument("--ping", action="store_true")
    args = parser.parse_args()

    if args.ping:
        for world in (2, 4):
            print(f"{world} processes\n\n{launch([args.program, 'ping'], world)}", flush=True)
        return
    sides = {"hearth": [args.program], "Python": [sys.executable, "-c", PYTHON]}
    print("| network | " + " | ".join(f"{side}, images/s" for side in sides) + " | ratio |\n" + "|---" * 4 + "|")
    for network in args.networks:
        rates = {side: [] for side in sides}
        for _ in range(args.pairs):
            for side, command in sides.items():
                rates[side].append(float(launch([*command, network, str(args.seconds)], args.world)))
        shown = [f"{statistics.median(all_of):,.0f} ({min(all_of):,.0f} to {max(all_of):,.0f})"
                 for all_of in rates.values()]
        ratio = statistics.median(ours / theirs for ours, theirs in zip(*rates.values()))
        print("| " + " | ".join([network, *shown, f"{ratio:.2f}"]) + " |", flush=True)
    print()
    for network in args.networks:
        print(f"{network}: {launch([args.program, 'hidden', network, str(args.seconds)], args.world).strip()}", flush=True)


if __name__ == "__main__":
    main()
