"""What the tests of runs of several processes share: starting one, finding its processes, and looking that all have ended.

Every process of a run has a variable in its environment that no other process has, so that it is found whoever started
it, and that one which outlives its launcher is seen.
"""

import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import time
import uuid

from programs import PROGRAMS, REPOSITORY

MARK = "HEARTH_TEST_RUN"


def python_with_torch():
    """The Python whose torchrun starts processes; None where there is none."""
    settings = REPOSITORY / "build" / "setup.env"
    found = re.search(r'^PYTHON="(.+)"$', settings.read_text(), re.M) if settings.exists() else None
    return found[1] if found and pathlib.Path(found[1]).exists() else None


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def torchrun(*flags):
    return [python_with_torch(), "-m", "torch.distributed.run", *map(str, flags), "--no-python"]


def environment_of(pid):
    """The environment that a process was started with; empty when it has ended."""
    try:
        content = pathlib.Path(f"/proc/{pid}/environ").read_bytes()
    except OSError:
        return {}
    return dict(entry.split("=", 1) for entry in content.decode(errors="replace").split("\0") if "=" in entry)


def is_alive(pid):
    """Whether the process is there and has not ended; one that has ended may wait to be asked for its exit code."""
    try:
        status = pathlib.Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return status.rpartition(")")[2].split()[0] not in "ZX"


class Together:
    """A launcher, or several, with all processes that they start."""

    def __init__(self, test, folder, program=None):
        self.test = test
        self.mark = uuid.uuid4().hex
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.program = None if program is None else str(PROGRAMS / program)
        self.launchers = []
        test.addCleanup(self.clean)

    def start(self, command, **variables):
        """Starts one launcher; what it and its processes write goes to files."""
        number = len(self.launchers)
        environment = dict(os.environ, OMP_NUM_THREADS="1", GOMP_SPINCOUNT="0", OMP_WAIT_POLICY="passive",
                           PYTHONWARNINGS="ignore")
        for name in ("RANK", "WORLD_SIZE", "LOCAL_RANK", "LOCAL_WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT"):
            environment.pop(name, None)
        environment.update({MARK: self.mark, **{name: str(value) for name, value in variables.items()}})
        with open(self.folder / f"out-{number}", "wb") as out, open(self.folder / f"error-{number}", "wb") as error:
            launcher = subprocess.Popen([str(word) for word in command], stdin=subprocess.DEVNULL, stdout=out,
                                        stderr=error, env=environment, start_new_session=True)
        self.launchers.append(launcher)
        return launcher

    def written(self, stream, number=0):
        path = self.folder / f"{stream}-{number}"
        return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""

    def out(self, number=0):
        return self.written("out", number)

    def error(self, number=0):
        return self.written("error", number)

    def everything(self):
        return "".join(f"--- launcher {number}, exit code {launcher.poll()}\n{self.out(number)[-3000:]}\n"
                       f"{self.error(number)[-8000:]}\n" for number, launcher in enumerate(self.launchers))

    def processes(self):
        """All that are alive, launchers too: by id, their environment."""
        found = {}
        for name in os.listdir("/proc"):
            if name.isdigit() and is_alive(name):
                environment = environment_of(name)
                if environment.get(MARK) == self.mark:
                    found[int(name)] = environment
        return found

    def ranks(self):
        """The processes of the program itself that have a rank: by rank, their id."""
        found = {}
        for pid, environment in self.processes().items():
            try:
                is_program = os.readlink(f"/proc/{pid}/exe") == self.program
            except OSError:
                continue
            rank = environment.get("HEARTH_TEST_RANK", environment.get("RANK"))
            if is_program and rank is not None:
                found[int(rank)] = pid
        return found

    def wait(self, condition, what, seconds=90):
        """Waits until the condition holds, and gives what it gave; none when the launchers have ended before."""
        end = time.monotonic() + seconds
        while True:
            has_ended = all(launcher.poll() is not None for launcher in self.launchers)
            value = condition()
            if value or has_ended:
                return value
            self.test.assertLess(time.monotonic(), end, f"{what} did not come\n{self.everything()}\n{self.states()}")
            time.sleep(0.002)

    def rank(self, rank, seconds=90):
        """The id of a rank's process, once it is there."""
        return self.wait(lambda: self.ranks().get(rank), f"rank {rank}", seconds)

    def states(self):
        """For a message: which processes there are, and what each waits for."""
        lines = []
        for pid, environment in self.processes().items():
            def read(name):
                try:
                    return pathlib.Path(f"/proc/{pid}/{name}").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                except OSError:
                    return ""
            state = re.search(r"^State:\s*(.*)$", read("status"), re.M)
            lines.append(f"{pid} rank {environment.get('RANK', '-')} {state and state[1]} {read('wchan')}: "
                         f"{read('cmdline')[:200]}")
        return "\n".join(lines)

    def end(self, seconds):
        """Waits until all launchers have ended, and gives their exit codes; no process of theirs is left then."""
        end = time.monotonic() + seconds
        codes = []
        for launcher in self.launchers:
            try:
                codes.append(launcher.wait(max(0.1, end - time.monotonic())))
            except subprocess.TimeoutExpired:
                self.test.fail(f"the run did not end within {seconds} s\n{self.states()}\n{self.everything()}")
        self.assert_gone(end - time.monotonic())
        return codes

    def assert_gone(self, seconds=5):
        """No process of the run is left, or soon none is."""
        end = time.monotonic() + max(1, seconds)
        while self.processes() and time.monotonic() < end:
            time.sleep(0.02)
        if self.processes():
            self.test.fail(f"these were left behind:\n{self.states()}\n{self.everything()}")

    def clean(self):
        for _ in range(50):
            left = self.processes()
            if not left:
                break
            for pid in left:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            time.sleep(0.05)
        for launcher in self.launchers:
            launcher.wait(10)
        shutil.rmtree(self.folder, ignore_errors=True)
