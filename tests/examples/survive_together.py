"""Lets runs of several processes fail: one process is killed or stopped, has no data or a loss that is no number; the
launcher is asked to end, or is killed. Each time all processes end soon, say which of them is at fault and why, and
leave whole files; and the run that is resumed ends as one that nothing has disturbed.

    python3 tests/examples/survive_together.py FOLDER_OF_THE_PROGRAMS [--faults N] [--seed N] [UNITTEST'S ARGUMENTS]

--faults is how often each of them happens, at random moments; --seed chooses other moments.
"""

import collections
import dataclasses
import os
import random
import re
import shutil
import signal
import sys
import time
import unittest

from programs import PROGRAMS, SAMPLE, metrics_without_times, write_tiny_imagenet
from survive import SEED, SHARED, SurvivalTest, checkpoints_of, number_after
from together import Together, free_port, is_alive, python_with_torch, torchrun

FAULTS = number_after("--faults", 2)
TIMEOUT = 10  # seconds, of the processes for each other
PATIENCE = TIMEOUT + 40  # until the last process has ended, on a machine that has much else to do


@dataclasses.dataclass
class Job:
    """A program with its flags, in several processes."""

    name: str
    program: str
    flags: list
    processes: int

    def words(self, folder, *more):
        return [PROGRAMS / self.program, "--device", "cpu", "--output-dir", folder, "--dist-timeout", TIMEOUT,
                *self.flags, *more]

    def commands(self, launcher, folder, *more):
        """What is started: one launcher's command, or each process's own."""
        words = self.words(folder, *more)
        if launcher == "nproc":
            return [[*words, "--nproc", self.processes]]
        if launcher == "torchrun":
            return [[*torchrun("--standalone", f"--nproc-per-node={self.processes}"), *words]]
        url = f"tcp://127.0.0.1:{free_port()}"
        return [[*words, "--dist-url", url, "--world-size", self.processes, "--rank", rank]
                for rank in range(self.processes)]


class Undisturbed:
    """What a run leaves that goes from its beginning to its end, and how long its parts take."""

    runs = {}  # by command: each is made once

    @classmethod
    def of(cls, test, job):
        key = tuple(map(str, job.words("", job.processes)))
        if key not in cls.runs:
            cls.runs[key] = cls(test, job, SHARED / f"{len(cls.runs)}-{job.name}-of-{job.processes}")
        return cls.runs[key]

    def __init__(self, test, job, folder):
        self.folder = folder
        run = Together(test, test.folder / "undisturbed", job.program)
        begun = time.monotonic()
        run.start(job.commands("nproc", folder)[0])
        run.wait(lambda: re.search("^[Ee]poch ", run.out() + run.error(), re.M), "the first epoch")
        self.start_seconds = time.monotonic() - begun
        test.assertEqual(run.end(300), [0], run.everything())
        self.seconds = time.monotonic() - begun
        self.metrics = metrics_without_times(folder)


@dataclasses.dataclass
class Failed:
    """What a fault is to lead to."""

    rank: int = None    # who is at fault; none: nobody
    sentences: str = ""  # an expression that one of the lines on stderr has, where it is more than the rank
    code: int = None    # of a launcher of our own


class TogetherTest(SurvivalTest):
    """A fault, how it ends, and how the run goes on."""

    def job(self, processes=3, *flags):
        """25 steps an epoch, of 24 images each."""
        return Job("mlp", "fashion_mnist",
                   ["--data", SAMPLE, "--workers", 1, "--limit", 60, "--epochs", 4, "--batch-size", 24 // processes,
                    "--checkpoint-steps", 4, *flags], processes)

    def launchers(self):
        return ["nproc", "nproc", "hand"] + ["torchrun"] * (python_with_torch() is not None)

    def begin(self, job, launcher, *more, **variables):
        run = Together(self, self.folder / "streams", job.program)
        for rank, command in enumerate(job.commands(launcher, self.run_folder, "--resume", *more)):
            run.start(command, **(variables | ({"HEARTH_TEST_RANK": rank} if launcher == "hand" else {})))
        return run

    def shown(self, run):
        return "".join(run.out(i) + run.error(i) for i in range(len(run.launchers)))

    def wait_for_text(self, run, pattern):
        return run.wait(lambda: re.search(pattern, self.shown(run), re.M), pattern)

    def series(self, name, job, fault, launchers=None):
        """Makes `fault(run, moments, launcher)` happen FAULTS times; it gives what is to come of it, or nothing when
        the run has ended before."""
        undisturbed = Undisturbed.of(self, job)
        counts = collections.Counter()
        slowest = 0
        launchers = launchers or self.launchers()
        for trial in range(20 * FAULTS):
            if counts["faults"] == FAULTS:
                break
            moments = random.Random(f"{SEED} {name} {trial}")
            launcher = launchers[(trial + SEED) % len(launchers)]
            shutil.rmtree(self.run_folder, ignore_errors=True)
            with self.subTest(fault=name, trial=trial, launcher=launcher, seed=SEED):
                slowest = max(slowest, self.one_fault(job, launcher, fault, moments, undisturbed, counts))
        print(f"{name}, seed {SEED}: {dict(counts)}, the slowest end after {slowest:.1f} s", file=sys.stderr, flush=True)
        self.assertEqual(counts["faults"], FAULTS, f"of {name}: the others came too late")

    def one_fault(self, job, launcher, fault, moments, undisturbed, counts):
        run = self.begin(job, launcher)
        pids = {}
        run.wait(lambda: pids.update(run.ranks()) or len(pids) == job.processes, "the processes")
        expected = fault(run, moments, launcher)
        since = time.monotonic()
        codes = run.end(PATIENCE)
        seconds = time.monotonic() - since
        if all(code == 0 for code in codes):
            counts["too late"] += 1
            self.assert_equals(undisturbed)
            run.clean()
            return 0
        counts["faults"] += 1
        counts[launcher] += 1
        self.check_end(run, launcher, codes, expected, job)
        begun = bool(checkpoints_of(self.run_folder))
        counts["before the first checkpoint"] += not begun
        # rank 0 alone writes, and a file that it had begun stays where it was killed
        self.assertLessEqual(len(self.leftovers()), 1)
        if self.run_folder.exists():
            counts["while a file was written"] += self.assert_whole(killed=pids.values(), metrics=undisturbed.metrics) > 0
        run.clean()
        resumed = self.begin(job, "nproc")
        self.assertEqual(resumed.end(300), [0], resumed.everything())
        self.assert_equals(undisturbed)
        resumed.clean()
        return seconds

    def leftovers(self):
        return [path for path in self.run_folder.rglob("*.part")]

    def check_end(self, run, launcher, codes, expected, job):
        everything = run.everything()
        self.assertNotIn(0, codes, everything)
        if launcher == "nproc" and expected.code is not None:
            self.assertEqual(codes, [expected.code], everything)
        errors = "".join(run.error(i) for i in range(len(codes)))
        self.assertNotRegex(errors, r"terminate called|Segmentation|core dumped|AddressSanitizer", everything)
        if expected.rank is not None:
            self.assertRegex(errors, rf"rank\s*:? {expected.rank}\b", everything)
            if launcher == "hand":  # nobody ends the others: each has found out by itself
                for rank in set(range(job.processes)) - {expected.rank}:
                    self.assertRegex(run.error(rank), rf"rank {expected.rank}\b", everything)
        if expected.sentences:
            self.assertRegex(errors, expected.sentences, everything)

    def kill(self, run, rank, number=signal.SIGKILL):
        pid = run.ranks().get(rank)
        if pid is not None:
            os.kill(pid, number)


class Killed(TogetherTest):
    """A process that ends without a word."""

    def victim(self, moments, job):
        return moments.randrange(job.processes)

    def killed(self, rank):
        return Failed(rank, code=128 + signal.SIGKILL)

    def test_a_rank_that_is_killed_at_the_start(self):
        job = self.job()
        seconds = Undisturbed.of(self, job).start_seconds

        def fault(run, moments, launcher):
            rank = self.victim(moments, job)
            time.sleep(moments.uniform(0, seconds))
            self.kill(run, rank)
            return self.killed(rank)

        self.series("killed at the start", job, fault)

    def test_a_rank_that_is_killed_in_an_epoch(self):
        job = self.job()
        undisturbed = Undisturbed.of(self, job)
        epoch_seconds = (undisturbed.seconds - undisturbed.start_seconds) / len(undisturbed.metrics)

        def fault(run, moments, launcher):
            rank = self.victim(moments, job)
            self.wait_for_text(run, rf"^Epoch {moments.randint(1, 3)}$")
            time.sleep(moments.uniform(0, 0.8 * epoch_seconds))
            self.kill(run, rank)
            return self.killed(rank)

        self.series("killed in an epoch", job, fault)

    def test_the_others_say_where_it_was(self):
        job = Job("counter", "counting_worker", ["--epochs", 4, "--batch-size", 8], 3)
        run = self.begin(job, "hand", HEARTH_TEST_FAULT="kill 1 16", HEARTH_TEST_PAUSE=250)
        codes = run.end(PATIENCE)
        self.check_end(run, "hand", codes, Failed(1, r"rank 1 has gone \(.*; it was in (the validation of )?epoch [01]"), job)

    def test_a_rank_that_is_killed_in_an_evaluation(self):
        archive = SHARED / "many-to-validate.zip"
        if not archive.exists():
            write_tiny_imagenet(archive, train=4, val=60)
        job = Job("validation", "tiny_imagenet",
                  ["--data", archive, "--prepared", SHARED / "prepared-many-to-validate", "--num-classes", 3,
                   "--workers", 1, "--lr", 1e-3, "--arch", "resnet18", "--image-size", 32, "--batch-size", 2,
                   "--epochs", 2], 3)

        def fault(run, moments, launcher):
            rank = self.victim(moments, job)
            self.wait_for_text(run, rf"^epoch {moments.randint(0, 1)}/1 train 2/2 ")
            time.sleep(moments.uniform(0.02, 0.3))
            self.kill(run, rank)
            return self.killed(rank)

        self.series("killed in an evaluation", job, fault)

    def test_a_rank_that_is_killed_while_a_checkpoint_is_written(self):
        job = self.job(3, "--checkpoint-steps", 1)

        def fault(run, moments, launcher):
            rank = moments.choice([0, 0, 1, 2])  # rank 0 writes it
            pid = run.rank(rank)
            count = moments.randint(1, 4)  # of those that are seen: many are written between two looks
            folder = self.run_folder / "checkpoints"
            self.wait_for_text(run, "^Epoch 1$")
            seen = 0
            was_there = False
            end = time.monotonic() + 60
            while seen < count and time.monotonic() < end and is_alive(pid):
                try:
                    is_there = any(name.endswith(".part") for name in os.listdir(folder))
                except FileNotFoundError:
                    continue
                seen += is_there and not was_there
                was_there = is_there
            if pid is not None and run.ranks().get(rank) == pid:
                os.kill(pid, signal.SIGKILL)
            return self.killed(rank)

        self.series("killed while a checkpoint is written", job, fault)


class Stopped(TogetherTest):
    """A process that is there and does nothing."""

    def test_a_rank_that_is_stopped(self):
        job = self.job()
        undisturbed = Undisturbed.of(self, job)

        def fault(run, moments, launcher):
            rank = moments.randrange(job.processes)
            self.wait_for_text(run, rf"^Epoch {moments.randint(1, 3)}$")
            time.sleep(moments.uniform(0, 0.2 * undisturbed.seconds))
            self.kill(run, rank, signal.SIGSTOP)
            if launcher == "hand":  # nobody else ends it
                end = time.monotonic() + PATIENCE
                others = [launcher for other, launcher in enumerate(run.launchers) if other != rank]
                while any(other.poll() is None for other in others):
                    self.assertLess(time.monotonic(), end, f"{run.everything()}\n{run.states()}")
                    time.sleep(0.05)
                if any(other.returncode for other in others):
                    self.kill(run, rank, signal.SIGKILL)
                else:  # it had come to its end before
                    self.kill(run, rank, signal.SIGCONT)
            return Failed(rank)

        self.series("stopped", job, fault)


class Refused(TogetherTest):
    """A process that cannot begin, or go on."""

    def test_a_rank_whose_data_is_missing(self):
        """On one host the data lies where it is looked for, on the other not."""
        if python_with_torch() is None:
            self.skipTest("there is no Python with torch, and so no torchrun")
        job = self.job()
        undisturbed = Undisturbed.of(self, job)
        place = self.folder / "place"
        (place / "empty").mkdir(parents=True)
        (place / "data").symlink_to(SAMPLE)
        for trial in range(FAULTS):
            rank = random.Random(f"{SEED} missing {trial}").randrange(job.processes)
            shutil.rmtree(self.run_folder, ignore_errors=True)
            with self.subTest(rank=rank):
                run = Together(self, self.folder / "streams", job.program)
                words = [str(word) if word != SAMPLE else "data" for word in job.words(self.run_folder, "--resume")]
                run.start([*torchrun("--standalone", f"--nproc-per-node={job.processes}"), "sh", "-c",
                           f'cd "{place}"; [ "$RANK" != {rank} ] || cd empty; exec "$@"', "sh", *words])
                codes = run.end(PATIENCE)
                self.check_end(run, "torchrun", codes, Failed(rank, rf"rank {rank}: .*data does not exist"), job)
                run.clean()
                self.assertEqual(checkpoints_of(self.run_folder), [])
                resumed = self.begin(job, "nproc")
                self.assertEqual(resumed.end(300), [0], resumed.everything())
                self.assert_equals(undisturbed)
                resumed.clean()

    def worker(self, kind, sentence):
        """A process whose batch of a random step is not as the others' are."""
        job = Job("counter", "counting_worker", ["--epochs", 4, "--batch-size", 8, "--checkpoint-steps", 3], 3)
        undisturbed = Undisturbed.of(self, job)
        launchers = self.launchers()
        for trial in range(FAULTS):
            moments = random.Random(f"{SEED} {kind} {trial}")
            rank, step = moments.randrange(job.processes), moments.randint(1, 38)
            launcher = launchers[(trial + SEED) % len(launchers)]
            shutil.rmtree(self.run_folder, ignore_errors=True)
            with self.subTest(kind=kind, rank=rank, step=step, launcher=launcher):
                run = self.begin(job, launcher, HEARTH_TEST_FAULT=f"{kind} {rank} {step}")
                codes = run.end(PATIENCE)
                self.check_end(run, launcher, codes, Failed(rank, sentence, 1), job)
                self.assertEqual(self.leftovers(), [])
                if self.run_folder.exists():
                    self.assert_whole(metrics=undisturbed.metrics)
                run.clean()
                resumed = self.begin(job, "nproc")
                self.assertEqual(resumed.end(300), [0], resumed.everything())
                self.assertEqual(metrics_without_times(self.run_folder), undisturbed.metrics)
                self.assertEqual((self.run_folder / "last.pth").read_bytes(),
                                 (undisturbed.folder / "last.pth").read_bytes())
                resumed.clean()

    def test_a_loss_that_is_no_number_on_one_rank(self):
        self.worker("nan", r"rank \d.*the loss is nan")

    def test_what_one_rank_throws(self):
        self.worker("throw", r"rank \d.*the test asked for it")


class Ended(TogetherTest):
    """What happens to the launcher."""

    def ended(self, number, name, launchers=None):
        job = self.job()
        undisturbed = Undisturbed.of(self, job)
        code = None if number == signal.SIGKILL else 128 + number

        def fault(run, moments, launcher):
            time.sleep(moments.uniform(0, 0.9 * undisturbed.seconds))
            run.launchers[0].send_signal(number)
            return Failed(code=code)

        launchers = ["nproc"] * 3 + ["torchrun"] * (python_with_torch() is not None)
        self.series(name, job, fault, launchers)

    def test_ctrl_c_at_the_launcher(self):
        self.ended(signal.SIGINT, "SIGINT at the launcher")

    def test_sigterm_at_the_launcher(self):
        self.ended(signal.SIGTERM, "SIGTERM at the launcher")

    def test_a_launcher_that_is_killed(self):
        self.ended(signal.SIGKILL, "SIGKILL at the launcher")


if __name__ == "__main__":
    unittest.main(verbosity=2)
