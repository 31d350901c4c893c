"""Runs that go on with another number of processes than they began with: every sample of every epoch is counted once,
and the figures are those of a run that nothing has disturbed.

    python3 tests/examples/elastic.py FOLDER_OF_THE_PROGRAMS [--faults N] [--seed N] [UNITTEST'S ARGUMENTS]
"""

import os
import random
import re
import shutil
import signal
import struct
import sys
import time
import unittest

from programs import PROGRAMS, SAMPLE, metrics_without_times, read_pth
from survive import SEED, SurvivalTest, checkpoints_of, number_after
from together import Together, free_port, python_with_torch, torchrun

ROUNDS = number_after("--faults", 1)
SAMPLES, EPOCHS = 240, 4  # of counting_worker
BATCH = 24  # of all processes together


class ElasticTest(SurvivalTest):
    def begin(self, command, **variables):
        run = Together(self, self.folder / "streams", command[0])
        run.start([PROGRAMS / command[0], "--device", "cpu", "--output-dir", self.run_folder, "--dist-timeout", 20,
                   "--resume", *command[1:]], **variables)
        return run

    def ends(self, run, code=0):
        codes = run.end(120)
        self.assertEqual(codes, [code], run.everything())
        text = run.out() + run.error()
        run.clean()
        return text

    def counted(self):
        """How often each sample was in each epoch."""
        weights = read_pth(self.run_folder / "last.pth")["counts"].content
        counts = []
        for number in struct.unpack(f"<{SAMPLES}f", weights):
            digits = round(number)
            self.assertAlmostEqual(number, digits, delta=1e-3)
            counts.append([digits // 4**epoch % 4 for epoch in range(EPOCHS)])
            self.assertLess(digits, 4**EPOCHS)
        return counts

    def assert_each_once(self):
        wrong = {sample: counts for sample, counts in enumerate(self.counted()) if counts != [1] * EPOCHS}
        self.assertEqual(wrong, {}, "how often samples were in each epoch")

    def assert_same_figures(self, metrics, expected):
        self.assertEqual(len(metrics), len(expected))
        for line, other in zip(metrics, expected):
            self.assertEqual(line.keys(), other.keys())
            for name, value in line.items():
                self.assertLessEqual(abs(value - other[name]), 1e-6 * max(1, abs(other[name])), (name, line, other))


class OtherNumbers(ElasticTest):
    """Processes that are killed in the middle of an epoch, and another number of them that goes on."""

    def test_counts_every_sample_of_every_epoch_once(self):
        for trial in range(ROUNDS):
            moments = random.Random(f"{SEED} counted {trial}")
            # 4 processes, then 2, then 3; the batch of all is the same, or half as large from the second on
            for batch in (BATCH, BATCH // 2):
                first, second = moments.randint(2, 18), moments.randint(1, 8)
                with self.subTest(first=first, second=second, batch=batch, seed=SEED):
                    shutil.rmtree(self.run_folder, ignore_errors=True)
                    worker = ["counting_worker", "--epochs", EPOCHS, "--checkpoint-steps", 1]
                    killed = self.begin([*worker, "--nproc", 4, "--batch-size", BATCH // 4],
                                        HEARTH_TEST_FAULT=f"kill {moments.randrange(4)} {first}")
                    self.ends(killed, 128 + signal.SIGKILL)
                    killed = self.begin([*worker, "--nproc", 2, "--batch-size", batch // 2],
                                        HEARTH_TEST_FAULT=f"kill {moments.randrange(2)} {second}")
                    self.ends(killed, 128 + signal.SIGKILL)
                    position = read_pth(checkpoints_of(self.run_folder)[-1])["position"]
                    self.assertGreater(position["steps"], 0)
                    self.ends(self.begin([*worker, "--nproc", 3, "--batch-size", batch // 3]))
                    self.assert_each_once()

    def test_has_the_figures_of_a_run_that_nothing_has_disturbed(self):
        fashion = ["fashion_mnist", "--data", SAMPLE, "--workers", 1, "--limit", 60, "--epochs", 3, "--lr", 0.05]
        whole = self.folder / "whole"
        run = self.begin([*fashion, "--batch-size", BATCH, "--output-dir", whole])
        self.ends(run)
        expected = metrics_without_times(whole)
        for trial in range(ROUNDS):
            moments = random.Random(f"{SEED} figures {trial}")
            shutil.rmtree(self.run_folder, ignore_errors=True)
            with self.subTest(trial=trial, seed=SEED):
                for processes, epoch in ((4, 1), (2, 2)):
                    run = self.begin([*fashion, "--nproc", processes, "--batch-size", BATCH // processes,
                                      "--checkpoint-steps", 3])
                    run.wait(lambda: re.search(f"^Epoch {epoch}$", run.out(), re.M), f"epoch {epoch}")
                    steps = 25 * (epoch - 1) + moments.randint(3, 15)
                    run.wait(lambda: any(int(path.stem.split("-")[1]) >= steps
                                         for path in checkpoints_of(self.run_folder)), f"step {steps}")
                    pid = run.ranks().get(moments.randrange(processes))
                    if pid is not None:
                        os.kill(pid, signal.SIGKILL)
                    self.assertNotEqual(run.end(60), [0], "it came too late")
                    run.clean()
                    position = read_pth(checkpoints_of(self.run_folder)[-1])["position"]
                    self.assertGreaterEqual(position["steps"], steps)
                    self.assertLess(position["steps"], 75)
                output = self.ends(self.begin([*fashion, "--nproc", 3, "--batch-size", BATCH // 3]))
                self.assertNotIn("another run", output)
                self.assert_same_figures(metrics_without_times(self.run_folder), expected)


@unittest.skipIf(python_with_torch() is None, "there is no Python with torch, and so no torchrun")
class Torchrun(ElasticTest):
    """Two agents, each of which stands for a host; one is lost with all its processes, and the other goes on."""

    def test_goes_on_with_the_processes_of_the_host_that_is_left(self):
        for trial in range(ROUNDS):
            moments = random.Random(f"{SEED} torchrun {trial}")
            shutil.rmtree(self.run_folder, ignore_errors=True)
            with self.subTest(trial=trial, seed=SEED):
                self.lose_a_host(moments)

    def lose_a_host(self, moments):
        run = Together(self, self.folder / "streams", "counting_worker")
        port = free_port()
        worker = [PROGRAMS / "counting_worker", "--device", "cpu", "--output-dir", self.run_folder, "--dist-timeout", 20,
                  "--epochs", EPOCHS, "--checkpoint-steps", 1, "--resume"]
        for is_host in (1, 0):
            agent = torchrun("--nnodes=1:2", "--nproc-per-node=2", "--max-restarts=3", "--rdzv-backend=c10d",
                             f"--rdzv-endpoint=127.0.0.1:{port}", "--rdzv-id=elastic",
                             f"--rdzv-conf=is_host={is_host},last_call_timeout=8,keep_alive_interval=1")
            # the batch of all processes is the same however many there are
            run.start([*agent, "sh", "-c", f'exec "$@" --batch-size $(({BATCH} / WORLD_SIZE))', "sh", *worker],
                      HEARTH_TEST_PAUSE=150, HEARTH_TEST_HOST=is_host)
        run.wait(lambda: len(run.ranks()) == 4, "four processes", 120)
        steps = moments.randint(2, 15)
        run.wait(lambda: any(int(path.stem.split("-")[1]) >= steps for path in checkpoints_of(self.run_folder)),
                 f"step {steps}", 120)
        lost = [pid for pid, environment in run.processes().items() if environment.get("HEARTH_TEST_HOST") == "0"]
        run.launchers[1].kill()  # first the agent, which would tell the other that its processes have failed
        for pid in lost:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self.assertEqual(run.launchers[1].wait(10), -signal.SIGKILL)
        begun = time.monotonic()
        self.assertEqual(run.launchers[0].wait(150), 0, f"{run.everything()}\n{run.states()}")
        print(f"torchrun: lost after step {steps}, complete {time.monotonic() - begun:.1f} s later", file=sys.stderr)
        run.assert_gone()
        self.assert_each_once()
        saved = read_pth(checkpoints_of(self.run_folder)[-1])
        self.assertEqual(saved["options"]["processes"], "2")
        run.clean()


if __name__ == "__main__":
    unittest.main(verbosity=2)
