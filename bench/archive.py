"""Opening a tar archive of very many small files, and reading them in random order: hearth, without and with its index,
and Python's tarfile, each in a process of its own.

    python bench/archive.py --program build/release/bench/bench_archive [--entries 1000000] [--folder /tmp]
"""

import argparse
import pathlib
import subprocess
import sys
import tarfile
import tempfile

PYTHON = """
import random, sys, tarfile, time

def resident():
    return int(open("/proc/self/statm").read().split()[1]) * 4096

before, start = resident(), time.perf_counter()
archive = tarfile.open(sys.argv[1])
members = archive.getmembers()
print("open_seconds", round(time.perf_counter() - start, 3))
print("bytes_an_entry", round((resident() - before) / len(members), 1))
random.seed(0)
start, reads = time.perf_counter(), 20000
for _ in range(reads):
    archive.extractfile(members[random.randrange(len(members))]).read()
print("microseconds_a_read", round((time.perf_counter() - start) / reads * 1e6, 2))
"""


def write(path, entries):
    """ImageNet's names, 1,300 to a class; 200 bytes each."""
    data = b"x" * 200 + b"\0" * 312
    with open(path, "wb", buffering=1 << 20) as file:
        for number in range(entries):
            info = tarfile.TarInfo(f"n{1440764 + number // 1300:08d}/n{1440764 + number // 1300:08d}_{number % 1300}.JPEG")
            info.size = 200
            file.write(info.tobuf(tarfile.USTAR_FORMAT))
            file.write(data)
        file.write(b"\0" * 1024)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--program", required=True)
    parser.add_argument("--entries", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", default=tempfile.gettempdir())
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        path = pathlib.Path(folder) / "many.tar"
        write(path, arguments.entries)
        print(f"{arguments.entries} entries, {path.stat().st_size >> 20} MiB, in the page cache")
        for _ in range(arguments.rounds):
            for name, command in {
                "hearth, first": [arguments.program, path, folder, "first"],
                "hearth, again": [arguments.program, path, folder, "again"],
                "tarfile": [sys.executable, "-c", PYTHON, path],
            }.items():
                lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split("\n")
                print(f"{name:14}", "  ".join(lines).strip(), flush=True)


main()
