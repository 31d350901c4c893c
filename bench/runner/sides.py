"""Programs that measure when they are told to: hearth's and Python's sides of a row (see bench/serve.hpp)."""

import os
import pathlib
import subprocess
import sys
import tempfile
import threading

import numpy

SERVE = pathlib.Path(__file__).resolve().parents[1] / "serve.py"
# Both sides run as for a user who has set nothing: hearth's programs call tune_threads, Python's have the default.
UNSET = ("GOMP_SPINCOUNT", "OMP_WAIT_POLICY", "OMP_NUM_THREADS", "MKL_NUM_THREADS")


class Failed(Exception):
    """Why a row has no figures."""


def words(settings):
    return [f"{name}={value}" for name, value in settings.items()]


def python(name, **settings):
    """The command of Python's side: `name` is a class of bench/rows, "images.Tuned"."""
    module, side = name.split(".")
    return [sys.executable, "-u", str(SERVE), f"rows.{module}", side, *words(settings)]


class Side:
    """A running program. `ready` waits until it has opened its data."""

    def __init__(self, name, command):
        self.name = name
        environment = {key: value for key, value in os.environ.items() if key not in UNSET}
        self.errors = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen([str(word) for word in command], env=environment, text=True, stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=self.errors)

    def answer(self):
        line = self.process.stdout.readline().strip()
        if line.startswith("error:") or not line:
            self.errors.seek(0)
            last = self.errors.read().strip().splitlines()[-1:]
            raise Failed(f"{self.name}: {line or ' '.join(last) or 'it ended without a word'}")
        return line

    def ready(self):
        self.answer()
        return self

    def memory(self):
        """Bytes that its process holds now."""
        return resident(self.process.pid, "VmRSS")

    def ask(self, command):
        try:
            print(command, file=self.process.stdin, flush=True)
        except OSError:
            pass  # it has ended: its answer says why
        return self.answer()

    def round(self):
        """What was done, and the seconds that it took."""
        answer = dict(word.split("=") for word in self.ask("round").split())
        return float(answer["amount"]), float(answer["seconds"])

    def check(self, folder):
        path = pathlib.Path(folder) / f"check-{os.getpid()}-{self.process.pid}"
        try:
            self.ask(f"check {path}")
            return numpy.fromfile(path, numpy.float32)
        finally:
            path.unlink(missing_ok=True)

    def end(self):
        self.process.stdin.close()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()
        self.errors.close()


def resident(pid, which):
    """Bytes of memory of one process, as the kernel counts them: "VmRSS", now, or "VmHWM", at most."""
    with open(f"/proc/{pid}/status") as lines:
        return next(int(line.split()[1]) for line in lines if line.startswith(f"{which}:")) * 1024


def family(pid):
    """The process and all that it has started."""
    found = [pid]
    for parent in found:
        try:
            with open(f"/proc/{parent}/task/{parent}/children") as children:
                found += [int(child) for child in children.read().split()]
        except OSError:
            pass
    return found


def proportional(pid):
    """Bytes of memory of a process and its children, what they share counted once."""
    total = 0
    for member in family(pid):
        try:
            with open(f"/proc/{member}/smaps_rollup") as lines:
                total += next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) * 1024
        except (OSError, StopIteration):
            pass  # it has ended
    return total


class Peak:
    """The most memory that a side has in use while the block runs: what the kernel has noted of one process, and of
    several what one sees who looks again and again."""

    def __init__(self, side):
        self.pid, self.bytes = side.process.pid, 0

    def __enter__(self):
        with open(f"/proc/{self.pid}/clear_refs", "w") as refs:
            refs.write("5")  # the peak counts from now on
        self.over = threading.Event()
        self.watch = threading.Thread(target=self.look)
        self.watch.start()
        return self

    def look(self):
        self.several = 0
        while not self.over.wait(0.05):
            if len(family(self.pid)) > 1:
                self.several = max(self.several, proportional(self.pid))

    def __exit__(self, *_):
        self.over.set()
        self.watch.join()
        self.bytes = self.several or resident(self.pid, "VmHWM")
