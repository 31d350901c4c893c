"""What a figure was measured on and with."""

import datetime
import importlib.metadata
import os
import pathlib
import platform
import re
import subprocess
import sys

from runner.sides import UNSET

ROOT = pathlib.Path(__file__).resolve().parents[2]


def cpu():
    try:
        with open("/proc/cpuinfo") as lines:
            return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def commit():
    try:
        command = ["git", "-C", ROOT, "describe", "--always", "--dirty"]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return None


def cores():
    """Those that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()


def running():
    """The programs that run at this moment, this one among them; none where the system does not say."""
    try:
        return int(pathlib.Path("/proc/loadavg").read_text().split()[3].split("/")[0])
    except OSError:
        return None


def describe():
    version = re.search(r'#define HEARTH_VERSION "([^"]+)"', (ROOT / "include/hearth/version.hpp").read_text())[1]
    versions = {name: importlib.metadata.version(name) for name in ("torch", "torchvision", "pillow", "numpy")}
    return {
        "date": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
        "command": " ".join(["python", *sys.argv]),
        "cpu": cpu(),
        "cores": cores(),
        "memory_bytes": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        "system": platform.platform(),
        "versions": {"hearth": version, "commit": commit(), "python": platform.python_version(), **versions},
        "programs_that_run": running(),
        "load_average": os.getloadavg()[0],
        "unset": [name for name in UNSET if name in os.environ],
    }


def in_words(machine):
    versions = machine["versions"]
    return (f"{machine['cpu']}, {machine['cores']} cores, {machine['memory_bytes'] / 2**30:.0f} GiB of memory; torch "
            f"{versions['torch']}, torchvision {versions['torchvision']}, Pillow {versions['pillow']}, hearth "
            f"{versions['hearth']}; {machine['date'][:10]}")
