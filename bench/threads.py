"""Images a second of training steps, by how the threads of LibTorch's operators wait for each other, on a quiet machine
and beside programs that use every core. hearth's steps, without and with tune_threads, and Python's, in turn.

    python bench/threads.py --program build/release/bench/bench_threads

Each figure is the median of the rounds, and the lowest and the highest are behind it. "quiet" means something only
where nothing else runs.
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
    images = torch.rand(32, 1, 28, 28)
else:
    import torchvision_parts
    from torchvision.models import resnet18
    model, images = resnet18(num_classes=10), torch.rand(16, 3, 64, 64)
optimizer = torch.optim.SGD(model.parameters(), lr=1e-3, momentum=0.9, fused=True)
targets = torch.zeros(len(images), dtype=torch.long)
begin = start = time.perf_counter()
count = 0
while time.perf_counter() - begin < seconds:
    optimizer.zero_grad()
    torch.nn.functional.cross_entropy(model(images), targets).backward()
    optimizer.step()
    count += len(images)
    if start == begin and time.perf_counter() - begin > seconds / 10:
        start, count = time.perf_counter(), 0
print(count / (time.perf_counter() - start))
"""


def rate(command, **settings):
    environment = {name: value for name, value in os.environ.items() if name not in ("GOMP_SPINCOUNT", "OMP_WAIT_POLICY")}
    tests = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tests")
    environment |= {"PYTHONPATH": tests} | settings
    return float(subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", required=True)
    parser.add_argument("--seconds", type=float, default=10, help="of each run")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--networks", nargs="+", default=["mlp", "resnet18"])
    parser.add_argument("--others", type=int, default=2 * os.cpu_count(), help="programs beside it when busy")
    args = parser.parse_args()

    seconds = str(args.seconds)
    kinds = {
        "Python": lambda network: rate([sys.executable, "-c", PYTHON, network, seconds]),
        "hearth as it is": lambda network: rate([args.program, network, seconds, "as-is"]),
        "hearth, tune_threads": lambda network: rate([args.program, network, seconds]),
    } | {
        f"hearth, {count} spins": lambda network, count=count: rate([args.program, network, seconds, "as-is"],
                                                                    GOMP_SPINCOUNT=str(count))
        for count in (10000, 1000, 0)
    }
    columns = [(network, machine) for network in args.networks for machine in ("quiet", "busy")]
    rates = {(kind, *column): [] for kind in kinds for column in columns}
    for machine in ("quiet", "busy"):
        others = [subprocess.Popen([sys.executable, "-c", "while True: pass"])
                  for _ in range(args.others if machine == "busy" else 0)]
        try:
            for _ in range(args.rounds):
                for network in args.networks:
                    for kind, run in kinds.items():
                        rates[kind, network, machine].append(run(network))
        finally:
            for other in others:
                other.kill()
                other.wait()

    print("| images/s | " + " | ".join(" ".join(column) for column in columns) + " |")
    print("|---|" + "---|" * len(columns))
    for kind in kinds:
        cells = (rates[(kind, *column)] for column in columns)
        print(f"| {kind} | " + " | ".join(f"{statistics.median(cell):.0f} ({min(cell):.0f}-{max(cell):.0f})"
                                          for cell in cells) + " |")


if __name__ == "__main__":
    main()
