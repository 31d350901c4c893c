"""Ends runs of the example programs where nobody expects it, resumes them, and compares what they leave behind with a run
that nothing has disturbed: the same weights, to the bit, and the same metrics.

    python3 tests/examples/survive.py FOLDER_OF_THE_PROGRAMS [--kills N] [--stops N] [--seed N] [UNITTEST'S ARGUMENTS]

--kills is how often a program is killed (SIGKILL), --stops how often it is asked to end (SIGTERM, SIGINT, or SIGINT
twice); both in all, over every recipe. --seed chooses other moments.
"""

import atexit
import collections
import contextlib
import dataclasses
import fcntl
import json
import os
import pathlib
import random
import re
import resource
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time
import unittest
import zipfile

import html_check
from programs import PROGRAMS, SAMPLE, ProgramTest, metrics_without_times, read_pth, write_tiny_imagenet


def number_after(flag, default):
    if flag not in sys.argv:
        return default
    at = sys.argv.index(flag)
    sys.argv.pop(at)
    return int(sys.argv.pop(at))


KILLS, STOPS, SEED = number_after("--kills", 6), number_after("--stops", 6), number_after("--seed", 0)
MEMORY = pathlib.Path("/dev/shm")  # kill -9 leaves the system's caches as they are, so a disk would only be slower


def folder_of_files():
    is_usable = "TMPDIR" not in os.environ and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > 4 << 30
    return pathlib.Path(tempfile.mkdtemp(prefix="hearth-survive-", dir=MEMORY if is_usable else None))


@dataclasses.dataclass
class Recipe:
    """A command that trains, without the folder that it writes to."""

    name: str
    program: str
    flags: list
    batches_per_epoch: int

    def command(self, folder, *more):
        parts = (PROGRAMS / self.program, "--device", "cpu", "--output-dir", folder, *self.flags, *more)
        return [str(part) for part in parts]


def fashion_mnist(name, *flags, batches):
    return Recipe(name, "fashion_mnist", ["--data", SAMPLE, "--workers", 1, *flags], batches)


SHARED = folder_of_files()  # images, and the runs that nothing disturbs
atexit.register(shutil.rmtree, SHARED)


class Undisturbed:
    """What a run leaves that goes from its beginning to its end, and how long that takes."""

    runs = {}  # by command: each is made once

    @classmethod
    def of(cls, recipe):
        command = tuple(recipe.command(""))
        if command not in cls.runs:
            cls.runs[command] = cls(recipe, SHARED / f"{len(cls.runs)}-{recipe.name}")
        return cls.runs[command]

    def __init__(self, recipe, folder):
        self.folder = folder
        start = time.monotonic()
        done = subprocess.run(recipe.command(folder), capture_output=True, encoding="utf-8", timeout=600)
        self.seconds = time.monotonic() - start
        assert done.returncode == 0, done.stdout + done.stderr
        self.metrics = metrics_without_times(folder)

    def best_epoch(self):
        return max(self.metrics, key=lambda line: line["val_accuracy"])["epoch"]


def tensors_of(path):
    """The checksums of a file's tensors."""
    with zipfile.ZipFile(path) as archive:
        return {entry.filename.split("/", 1)[1]: entry.CRC for entry in archive.infolist() if "/data/" in entry.filename}


def place_in_name(path):
    epoch, steps = path.stem.split("-")
    return int(epoch), int(steps)


def checkpoints_of(folder):
    """The checkpoints, the oldest first."""
    return sorted(folder.glob("checkpoints/*.pth"), key=place_in_name)


class SurvivalTest(ProgramTest):
    def setUp(self):
        self.folder = folder_of_files()
        self.addCleanup(shutil.rmtree, self.folder)
        self.run_folder = self.folder / "run"

    def tiny(self, name, *flags, train=6, val=2, batch_size=3):
        archive = SHARED / f"images-{train}-{val}.zip"
        if not archive.exists():
            write_tiny_imagenet(archive, train=train, val=val)
        flags = ["--data", archive, "--prepared", SHARED / f"prepared-{train}-{val}", "--num-classes", 3,
                 "--workers", 1, "--lr", 1e-3, "--batch-size", batch_size, *flags]
        return Recipe(name, "tiny_imagenet", flags, -(-3 * train // batch_size))

    def start(self, recipe, *more, **streams):
        """A process of the recipe, which ends with the test at the latest."""
        streams = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "encoding": "utf-8"} | streams
        program = subprocess.Popen(recipe.command(self.run_folder, *more), **streams)
        self.addCleanup(self.end, program)
        return program

    @staticmethod
    def end(program):
        program.kill()
        program.wait()
        for stream in (program.stdout, program.stderr):
            if stream is not None:
                stream.close()

    def wait_for(self, condition, what, seconds=120):
        end = time.monotonic() + seconds
        while not condition():
            self.assertLess(time.monotonic(), end, f"{what} did not come")
            time.sleep(0.005)

    def wait_for_line(self, program, pattern):
        seen = ""
        for line in program.stdout:
            seen += line
            if re.search(pattern, line):
                return
        self.fail(f"no line {pattern} in:\n{seen}")

    def assert_ends(self, program, code, timeout=120):
        output, _ = program.communicate(timeout=timeout)
        self.assertEqual(program.returncode, code, output)
        return output or ""

    def files(self):
        """The bytes of the run's files; config.json aside, which says how the program was started last."""
        return {path: path.read_bytes() for path in self.run_folder.rglob("*")
                if path.is_file() and path.name not in (".lock", "config.json")}

    def assert_whole(self, keep=2, killed=(), metrics=None):
        """Every file of the run is whole, and there are no more of them than there may be."""
        left = collections.Counter()
        for path in sorted(self.run_folder.rglob("*")):
            name = path.relative_to(self.run_folder).as_posix()
            if path.is_dir():
                self.assertIn(name, ("checkpoints", "tensorboard"))
            elif path.parent.name == "tensorboard":
                self.assertRegex(path.name, r"^events\.out\.tfevents\.\d{10}\.")
            elif path.suffix == ".part":
                self.assertIn(int(path.name.split("-")[-3]), killed, f"{name} is not of a process that was killed")
                left[path.parent] += 1
            elif path.suffix == ".pth":
                self.assertRegex(name, r"^(best|last|checkpoints/\d{4,}-\d{6,})\.pth$")
                read_pth(path)
            elif path.name == "metrics.jsonl":
                lines = metrics_without_times(self.run_folder)
                self.assertEqual([line["epoch"] for line in lines], list(range(len(lines))))
                if metrics is not None:
                    self.assertEqual(lines, metrics[: len(lines)])
            elif path.name == "config.json":
                json.loads(path.read_text())
            elif path.name == "metrics.csv":
                self.assertTrue(path.read_bytes().endswith(b"\n"), "metrics.csv is cut short")
            elif path.name == "report.html":
                self.assertEqual(html_check.read(path.read_text(encoding="utf-8")).problems, [])
            elif path.suffix == ".png":
                self.assertIn(name, ("curves.png", "confusion_matrix.png", "reliability.png", "predictions.png", "worst.png"))
                self.assertTrue(path.read_bytes().endswith(b"IEND\xaeB`\x82"), f"{name} is cut short")
            elif path.name in ("confusion_matrix.csv", "report.txt"):
                self.assertTrue(path.read_bytes().endswith(b"\n"), f"{name} is cut short")
            else:
                self.assertIn(name, (".lock", "command.txt", "environment.txt", "summary.txt"))
        self.assertLessEqual(max(left.values(), default=0), 1, f"{left} were left behind")
        self.assertLessEqual(len(checkpoints_of(self.run_folder)), keep)
        return sum(left.values())

    def assert_equals(self, undisturbed, keep=2):
        """The run has come to the same end."""
        self.assert_whole(keep, metrics=undisturbed.metrics)
        self.assertEqual(metrics_without_times(self.run_folder), undisturbed.metrics)
        for name in ("best.pth", "last.pth", "curves.png"):
            same = (self.run_folder / name).read_bytes() == (undisturbed.folder / name).read_bytes()
            self.assertTrue(same, f"{name} is not that of the run that was not disturbed")
        mine, theirs = checkpoints_of(self.run_folder)[-1], checkpoints_of(undisturbed.folder)[-1]
        self.assertEqual(mine.name, theirs.name)
        self.assertEqual(tensors_of(mine), tensors_of(theirs))
        self.assertFalse((self.run_folder / ".lock").exists())

    def assert_of_one_step(self, recipe, accumulate=1):
        """The newest checkpoint and last.pth hold one moment between two steps, BatchNorm's statistics included."""
        newest = read_pth(checkpoints_of(self.run_folder)[-1])
        counts = {struct.unpack("<q", tensor.content)[0]
                  for name, tensor in newest["model"].items() if name.endswith("num_batches_tracked")}
        position = newest["position"]
        batches = position["epoch"] * recipe.batches_per_epoch + position["batch"]
        self.assertLessEqual(counts, {batches}, "layers have seen numbers of batches that differ")
        whole, rest = divmod(recipe.batches_per_epoch, accumulate)
        steps = position["epoch"] * (whole + (rest > 0)) + -(-position["batch"] // accumulate)
        self.assertEqual(position["steps"], steps)
        self.assertTrue(read_pth(self.run_folder / "last.pth") == newest["model"],
                        "last.pth and the newest checkpoint differ")


TWICE = "SIGINT twice"  # by somebody who does not wait for the save to end


class Moments(SurvivalTest):
    """Signals at random moments of the whole life of a process."""

    def recipes(self):
        return [
            (fashion_mnist("mlp", "--limit", 100, "--epochs", 4, "--checkpoint-steps", 5, batches=32), 1, 3),
            (fashion_mnist("windows", "--limit", 60, "--epochs", 4, "--batch-size", 7, "--accumulate", 3,
                           "--precision", "bf16", "--checkpoint-steps", 4, batches=86), 3, 2),
            (self.tiny("resnet18", "--arch", "resnet18", "--image-size", 32, "--epochs", 3,
                       "--checkpoint-steps", 2), 1, 3),
            (self.tiny("efficientnet_b0", "--arch", "efficientnet_b0", "--image-size", 32, "--epochs", 3,
                       "--checkpoint-steps", 2), 1, 2),
        ]

    def delay(self, moments, seconds):
        return moments.uniform(0, 0.9 * seconds)

    def series(self, signals, total):
        recipes = self.recipes()
        for recipe, accumulate, share in recipes:
            wanted = -(-total * share // sum(share for _, _, share in recipes))
            with self.subTest(recipe=recipe.name):
                moments = random.Random(f"{SEED} {signals} {recipe.name}")
                undisturbed = Undisturbed.of(recipe)
                seen = collections.Counter()
                while seen["ended"] < wanted:
                    self.one_run(recipe, accumulate, undisturbed, signals, moments, seen, wanted)
                    shutil.rmtree(self.run_folder)
                print(f"{recipe.name}, {undisturbed.seconds:.1f} s undisturbed: {dict(seen)}", file=sys.stderr,
                      flush=True)

    def one_run(self, recipe, accumulate, undisturbed, signals, moments, seen, wanted):
        keep = moments.randint(1, 3)
        killed = set()
        is_saved = True  # unless somebody did not wait for it
        while True:
            program = self.start(recipe, "--resume", "--keep-checkpoints", keep, "--workers", moments.randint(0, 2))
            if seen["ended"] < wanted:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    program.wait(self.delay(moments, undisturbed.seconds))
            number = moments.choice(signals)
            if seen["ended"] < wanted:  # nothing happens when it has ended
                program.send_signal(signal.SIGINT if number == TWICE else number)
                if number == TWICE:
                    time.sleep(moments.uniform(0.03, 0.3))
                    program.send_signal(signal.SIGINT)
            output, _ = program.communicate(timeout=300)
            code = program.returncode
            if code == 0:
                seen["runs"] += 1
                self.assert_equals(undisturbed, keep)
                return
            seen["ended"] += 1
            begun = bool(checkpoints_of(self.run_folder))
            seen["before the first checkpoint"] += not begun
            if number == signal.SIGKILL:
                self.assertEqual(code, -number, output)
                killed.add(program.pid)
                seen["while a file was written"] += self.assert_whole(keep, killed, undisturbed.metrics) > 0
                continue
            stop = signal.SIGINT if number == TWICE else number
            self.assertIn(code, (128 + stop, -stop), output)  # until the program has its handler, the system ends it
            killed.add(program.pid)  # on a slow disk a hook that was writing may not have come to its end
            is_saved = is_saved and number != TWICE
            seen["while a file was written"] += self.assert_whole(keep, killed, undisturbed.metrics) > 0
            if begun and is_saved:
                self.assert_of_one_step(recipe, accumulate)

    def test_a_run_that_is_killed_at_any_moment_and_resumed_ends_as_if_nothing_had_happened(self):
        self.series([signal.SIGKILL], KILLS)

    def test_a_run_that_is_asked_to_end_at_any_moment_and_resumed_ends_as_if_nothing_had_happened(self):
        self.series([signal.SIGTERM, signal.SIGTERM, signal.SIGINT, TWICE], STOPS)


class LongSteps(SurvivalTest):
    """Steps that take longer than anybody waits: the thread that has got the signal saves, while the step goes on."""

    def setUp(self):
        super().setUp()
        self.recipe = self.tiny("long", "--arch", "efficientnet_b0", "--image-size", 224, "--epochs", 2, "--workers", 0,
                                batch_size=9)

    def test_ctrl_c_in_the_middle_of_a_long_step_leaves_one_moment_between_steps(self):
        undisturbed = Undisturbed.of(self.recipe)
        moments = random.Random(SEED)
        saved = 0
        for _ in range(3):
            program = self.start(self.recipe, "--resume", "--checkpoint-steps", 1)
            newest = checkpoints_of(self.run_folder)[-1:]
            self.wait_for(lambda: checkpoints_of(self.run_folder)[-1:] != newest or program.poll() is not None, "a step")
            time.sleep(moments.uniform(0, 0.3 * undisturbed.seconds / 4))
            program.send_signal(signal.SIGINT)
            output, _ = program.communicate(timeout=60)
            if program.returncode == 0:
                break
            self.assertEqual(program.returncode, 130, output)
            self.assert_whole(metrics=undisturbed.metrics)
            self.assert_of_one_step(self.recipe)
            saved += 1
        self.assertGreater(saved, 0)
        self.assert_ends(self.start(self.recipe, "--resume"), 0)
        self.assert_equals(undisturbed)

    def test_ctrl_c_before_the_first_step_saves_nothing_and_keeps_what_there_was(self):
        program = self.start(self.recipe)
        self.wait_for_line(program, "^Epoch 0")
        program.send_signal(signal.SIGINT)
        self.assert_ends(program, 130)
        self.assertEqual(self.files(), {})

        program = self.start(self.recipe, "--resume", "--checkpoint-steps", 1)
        self.wait_for(lambda: checkpoints_of(self.run_folder), "a checkpoint")
        program.send_signal(signal.SIGINT)
        self.assert_ends(program, 130)
        before = self.files()
        program = self.start(self.recipe, "--resume")
        self.wait_for_line(program, "^Epoch [01]")
        program.send_signal(signal.SIGINT)
        self.assert_ends(program, 130)
        self.assertEqual(self.files(), before)

    def test_a_folder_that_is_gone_when_the_signal_comes_aborts_nothing(self):
        program = self.start(self.recipe, "--checkpoint-steps", 1)
        self.wait_for(lambda: checkpoints_of(self.run_folder), "a checkpoint")
        self.run_folder.rename(self.folder / "elsewhere")
        program.send_signal(signal.SIGINT)
        self.assert_ends(program, 130)

    def test_a_disk_that_is_full_when_the_signal_comes_leaves_the_earlier_files(self):
        undisturbed = Undisturbed.of(self.recipe)
        # Python ignores the signal of a file's largest size, and hands that on here: a write beyond it fails.
        program = self.start(self.recipe, "--checkpoint-steps", 1, restore_signals=False)
        self.wait_for(lambda: checkpoints_of(self.run_folder), "a checkpoint")
        resource.prlimit(program.pid, resource.RLIMIT_FSIZE, (1 << 20, resource.RLIM_INFINITY))
        before = self.files()
        program.send_signal(signal.SIGINT)
        output = self.assert_ends(program, 130)
        self.assertIn("File too large", output)
        self.assertEqual(self.files(), before)
        self.assert_ends(self.start(self.recipe, "--resume"), 0)
        self.assert_equals(undisturbed)

    def test_a_full_file_system_costs_no_earlier_file(self):
        self.run_folder.mkdir()
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=200M", "none", self.run_folder],
                                 capture_output=True)
        if mounted.returncode != 0:
            self.skipTest("this user may not mount a file system")
        self.addCleanup(subprocess.run, ["umount", "--lazy", self.run_folder], check=True)
        program = self.start(self.recipe, "--checkpoint-steps", 1)
        self.wait_for(lambda: checkpoints_of(self.run_folder), "a checkpoint")
        with open(self.run_folder / "ballast", "wb") as ballast, contextlib.suppress(OSError):
            while True:
                os.write(ballast.fileno(), bytes(1 << 20))
        ballast_name = self.run_folder / "ballast"
        before = {path: content for path, content in self.files().items() if path != ballast_name}
        program.send_signal(signal.SIGINT)
        output = self.assert_ends(program, 130)
        self.assertIn("No space left on device", output)
        ballast_name.unlink()
        self.assertEqual(self.files(), before)
        self.assert_whole()


class Validation(SurvivalTest):
    """Many images to validate on, few to train on."""

    def setUp(self):
        super().setUp()
        self.recipe = self.tiny("validation", "--arch", "efficientnet_b0", "--image-size", 64, "--epochs", 2,
                                train=2, val=40)
        self.expected = Undisturbed.of(self.recipe)

    def in_validation(self, epoch, *more):
        program = self.start(self.recipe, *more)
        self.wait_for_line(program, rf"^epoch {epoch}/1 train 2/2 ")
        time.sleep(0.1)
        return program

    def test_a_run_that_ends_in_a_validation_resumes_it(self):
        for number in (signal.SIGINT, signal.SIGKILL, signal.SIGTERM):
            with self.subTest(signal=number):
                program = self.in_validation(0, "--overwrite")
                program.send_signal(number)
                self.assert_ends(program, -number if number == signal.SIGKILL else 128 + number)
                if number != signal.SIGKILL:
                    self.assertEqual([path.name for path in checkpoints_of(self.run_folder)], ["0000-000002.pth"])
                    self.assert_of_one_step(self.recipe)
                self.assert_ends(self.start(self.recipe, "--resume"), 0)
                self.assert_equals(self.expected)

    def test_a_notice_of_preemption_in_a_validation_saves_at_once_and_goes_on(self):
        program = self.in_validation(1)
        program.send_signal(signal.SIGUSR1)
        self.assert_ends(program, 0)
        self.assertEqual([path.name for path in checkpoints_of(self.run_folder)], ["0001-000004.pth", "0002-000004.pth"])
        self.assert_equals(self.expected)


class Runs(SurvivalTest):
    """What a user does to a run, or with it."""

    def setUp(self):
        super().setUp()
        self.recipe = fashion_mnist("mlp", "--limit", 100, "--epochs", 3, "--batch-size", 4, "--lr", 0.05, batches=250)

    def interrupted_in(self, epoch):
        """Leaves a run that was asked to end in the middle of this epoch. On a busy machine that may take some trials."""
        for _ in range(20):
            shutil.rmtree(self.run_folder, ignore_errors=True)
            program = self.start(self.recipe)
            self.wait_for_line(program, f"^Epoch {epoch + 1}")
            self.wait_for_line(program, r"^loss: .*\[ *[1-9]\d\d")
            program.send_signal(signal.SIGINT)
            output, _ = program.communicate(timeout=120)
            self.assertIn(program.returncode, (0, 130), output)
            if program.returncode == 130 and place_in_name(checkpoints_of(self.run_folder)[-1])[0] == epoch:
                return
        self.fail("the signal came too late each time")

    def test_one_ctrl_c_ends_a_run_whose_output_nobody_reads(self):
        self.recipe = fashion_mnist("lines", "--limit", 100, "--epochs", 2, "--batch-size", 1, batches=1000)
        undisturbed = Undisturbed.of(self.recipe)
        for more in ((), ("stderr",)):
            with self.subTest(blocked=("stdout", *more)):
                reader, writer = os.pipe()
                with open(reader, "rb", 0), open(writer, "wb", 0) as pipe:
                    size = fcntl.fcntl(writer, getattr(fcntl, "F_SETPIPE_SZ", 1031), 4096)
                    os.write(writer, bytes(size - 300))
                    program = self.start(self.recipe, "--overwrite", stdout=pipe,
                                         stderr=subprocess.STDOUT if more else subprocess.PIPE)
                    def unread():
                        return struct.unpack("i", fcntl.ioctl(reader, termios.FIONREAD, bytes(4)))[0]
                    self.wait_for(lambda: unread() > size - 35, "a full pipe")  # a line has 30 bytes
                    time.sleep(0.5)
                    program.send_signal(signal.SIGINT)
                    self.assert_ends(program, 130, timeout=15)
                self.assert_whole()
                self.assert_of_one_step(self.recipe)
                self.assert_ends(self.start(self.recipe, "--resume"), 0)
                self.assert_equals(undisturbed)

    def test_a_run_that_is_killed_at_the_first_of_its_files_resumes(self):
        undisturbed = Undisturbed.of(self.recipe)
        for name in ("checkpoints", "metrics.jsonl", "best.pth", "last.pth", "curves.png"):
            with self.subTest(name=name):
                shutil.rmtree(self.run_folder, ignore_errors=True)
                program = self.start(self.recipe)
                while not (self.run_folder / name).exists() and program.poll() is None:
                    pass
                program.kill()
                self.assert_ends(program, -signal.SIGKILL)
                self.assert_whole(killed=[program.pid], metrics=undisturbed.metrics)
                self.assert_ends(self.start(self.recipe, "--resume"), 0)
                self.assert_equals(undisturbed)

    def test_of_two_runs_that_start_in_one_folder_one_is_refused(self):
        undisturbed = Undisturbed.of(self.recipe)
        for _ in range(2):
            programs = [self.start(self.recipe) for _ in range(2)]
            outputs = [program.communicate(timeout=120)[0] for program in programs]
            self.assertEqual(sorted(program.returncode for program in programs), [0, 1], outputs)
            refused = outputs[[program.returncode for program in programs].index(1)]
            self.assertIn(str(self.run_folder), refused)
            self.assert_equals(undisturbed)
            shutil.rmtree(self.run_folder)

    def test_a_notice_of_preemption_saves_and_goes_on(self):
        undisturbed = Undisturbed.of(self.recipe)
        places = []
        while len(places) < 20 and (not places or not 0 < places[-1][1] < self.recipe.batches_per_epoch):
            shutil.rmtree(self.run_folder, ignore_errors=True)
            program = self.start(self.recipe)
            self.wait_for_line(program, r"^loss: .*\[ *[1-9]\d\d")
            program.send_signal(signal.SIGUSR1)
            self.wait_for(lambda: checkpoints_of(self.run_folder), "a checkpoint")
            places.append(place_in_name(checkpoints_of(self.run_folder)[0]))
            self.assert_ends(program, 0)
            self.assert_equals(undisturbed)
        self.assertLess(len(places), 20, f"no checkpoint in the middle of an epoch: {places}")

    def test_a_run_that_is_killed_after_a_notice_in_the_middle_of_a_window_resumes(self):
        self.recipe.flags += ["--accumulate", 7, "--epochs", 12]
        undisturbed = Undisturbed.of(self.recipe)
        for _ in range(3):
            program = self.start(self.recipe, "--resume")
            self.wait_for_line(program, r"^loss: .*\[ *[1-9]\d\d")
            for _ in range(8):
                program.send_signal(signal.SIGUSR1)
                time.sleep(0.01)
            program.kill()
            self.assert_ends(program, -signal.SIGKILL)
            self.assert_whole(killed=[program.pid], metrics=undisturbed.metrics)
            batch = read_pth(checkpoints_of(self.run_folder)[-1])["position"]["batch"]
            self.assertTrue(batch % 7 == 0 or batch == self.recipe.batches_per_epoch, batch)
        self.assert_ends(self.start(self.recipe, "--resume"), 0)
        self.assert_equals(undisturbed)

    def test_a_resumed_run_keeps_a_better_best_of_before(self):
        self.recipe.flags += ["--lr", 0.4]
        undisturbed = Undisturbed.of(self.recipe)
        best = undisturbed.best_epoch()
        self.assertLess(best, len(undisturbed.metrics) - 1, "the last epoch is the best: this test needs other settings")
        self.interrupted_in(best + 1)
        self.assertEqual((self.run_folder / "best.pth").read_bytes(), (undisturbed.folder / "best.pth").read_bytes())
        self.assert_ends(self.start(self.recipe, "--resume"), 0)
        self.assert_equals(undisturbed)

    def test_says_of_every_changed_option_what_it_does_to_the_result(self):
        undisturbed = Undisturbed.of(self.recipe)
        for flags, sentence, is_same in (
                (["--workers", 2], "--workers is 2 now and was 1: the result stays the same", True),
                (["--lr", 0.5], "--lr is 0.5 now and was 0.05: the checkpoint's stays in force", True),
                (["--batch-size", 7], "batch size of all processes is 7 now and was 4: from here on it is another run than "
                 "the one that was begun", False)):
            with self.subTest(flags=flags):
                self.interrupted_in(1)
                output = self.assert_ends(self.start(self.recipe, "--resume", *flags), 0)
                self.assertIn(f"resumed: {sentence}\n", output)
                self.assertEqual(output.count("resumed: "), 1 if is_same else 2, output)
                if is_same:
                    self.assert_equals(undisturbed)
                else:
                    self.assertIn("training batches is 143 now and was 250", output)
                    self.assertEqual(len(metrics_without_times(self.run_folder)), 3)

    def test_the_scale_of_losses_in_fp16_survives(self):
        self.recipe.flags += ["--precision", "fp16"]
        undisturbed = Undisturbed.of(self.recipe)
        self.interrupted_in(1)
        self.assertNotEqual(read_pth(checkpoints_of(self.run_folder)[-1])["scaler"], None)
        self.assert_ends(self.start(self.recipe, "--resume"), 0)
        self.assert_equals(undisturbed)

    def test_a_complete_run_that_is_resumed_ends_at_once_and_changes_no_file(self):
        self.assert_ends(self.start(self.recipe), 0)
        before = self.files()
        config = (self.run_folder / "config.json").read_text()
        output = self.assert_ends(self.start(self.recipe, "--resume"), 0)
        self.assertNotIn("Epoch", output)
        self.assertEqual(self.files(), before)
        self.assertEqual((self.run_folder / "config.json").read_text(), config)

    def test_a_complete_run_goes_on_with_more_epochs(self):
        longer = dataclasses.replace(self.recipe, name="longer", flags=[*self.recipe.flags, "--epochs", 4])
        undisturbed = Undisturbed.of(longer)
        self.assert_ends(self.start(self.recipe), 0)
        output = self.assert_ends(self.start(longer, "--resume"), 0)
        self.assertIn("epochs is 4 now and was 3", output)
        self.assert_equals(undisturbed)


if __name__ == "__main__":
    unittest.main(verbosity=2)
