"""Runs on two hosts, which are two network namespaces with a cable between them: under torchrun, with the programs' own
flags, through a file that both see, and over a cable that is slow and loses packets.

    python3 tests/examples/two_hosts.py FOLDER_OF_THE_PROGRAMS [--faults N] [UNITTEST'S ARGUMENTS]

HEARTH_SHARED names the folder with data/tiny-imagenet-200.zip; without it that test is skipped. With --faults above 1
it uses more of it.
"""

import os
import pathlib
import shutil
import sys
import time
import unittest

import hosts
from programs import PROGRAMS, SAMPLE, metrics_without_times
from survive import SHARED, SurvivalTest, number_after
from together import Together, python_with_torch, torchrun

IS_LONG = number_after("--faults", 1) > 1
TINY = pathlib.Path(os.environ.get("HEARTH_SHARED", "none"), "data", "tiny-imagenet-200.zip")
PORT = 29511  # each pair of namespaces has its own
WHY_NOT = hosts.why_not()


@unittest.skipIf(WHY_NOT, WHY_NOT)
class TwoHosts(SurvivalTest):
    def mlp(self, batch_size, *more):
        """Without BatchNorm: the same at every number of processes."""
        return [PROGRAMS / "fashion_mnist", "--data", SAMPLE, "--workers", 1, "--limit", 60 if IS_LONG else 20,
                "--epochs", 2, "--lr", 0.05, "--batch-size", batch_size, *more]

    def resnet(self, *more):
        if not TINY.exists():
            self.skipTest("HEARTH_SHARED does not name the folder of the real data")
        return [PROGRAMS / "tiny_imagenet", "--data", TINY, "--prepared", SHARED / "tiny", "--arch", "resnet18", "--image-size", 64, "--num-classes", 4, "--limit",
                24 if IS_LONG else 8, "--epochs", 2, "--workers", 1, "--batch-size", 8, *more]

    def words(self, words, folder):
        return [*words, "--device", "cpu", "--output-dir", folder, "--dist-timeout", 60]

    def alone(self, words):
        """The metrics of one process, or of two on one host, without any namespace."""
        folder = self.folder / "alone"
        run = Together(self, self.folder / "streams-alone")
        run.start(self.words(words, folder))
        self.assertEqual(run.end(300), [0], run.everything())
        return metrics_without_times(folder)

    def on_both(self, pair, commands, seconds=300):
        """The metrics when each host runs its command. Each has a folder of its own for its run, of which rank 0's is
        written to."""
        folder = self.folder / "both"
        run = Together(self, self.folder / "streams-both")
        for host, command in enumerate(commands):
            run.start(pair.command(host, map(str, self.words(command, folder))))
        begun = time.monotonic()
        self.assertEqual(run.end(seconds), [0, 0], run.everything())
        print(f"{self.id().rpartition('.')[2]}: {time.monotonic() - begun:.1f} s", file=sys.stderr)
        return metrics_without_times(folder)

    def assert_same_figures(self, metrics, expected):
        self.assertEqual(len(metrics), len(expected))
        for line, other in zip(metrics, expected):
            for name, value in line.items():
                self.assertLessEqual(abs(value - other[name]), 1e-6 * max(1, abs(other[name])), (name, line, other))

    def torchrun_on(self, pair, words, processes=1):
        return [[*torchrun("--nnodes=2", f"--node-rank={host}", f"--nproc-per-node={processes}",
                           f"--master-addr={pair.addresses[0]}", f"--master-port={PORT}"), *words]
                for host in (0, 1)]

    def by_url(self, words, url):
        return [[*words, "--dist-url", url, "--world-size", 2, "--rank", host] for host in (0, 1)]

    @unittest.skipIf(python_with_torch() is None, "there is no Python with torch, and so no torchrun")
    def test_one_torchrun_on_each(self):
        pair = hosts.Hosts(self)
        self.assert_same_figures(self.on_both(pair, self.torchrun_on(pair, self.mlp(6), 2)), self.alone(self.mlp(24)))

    def test_each_starts_two_processes_with_our_flags(self):
        pair = hosts.Hosts(self)
        words = self.mlp(6, "--multiprocessing-distributed", "--nproc", 2)
        metrics = self.on_both(pair, self.by_url(words, f"tcp://{pair.addresses[0]}:{PORT}"))
        self.assert_same_figures(metrics, self.alone(self.mlp(24)))

    def test_one_process_on_each_that_meet_in_a_file(self):
        pair = hosts.Hosts(self)
        metrics = self.on_both(pair, self.by_url(self.mlp(12), f"file://{self.folder / 'meeting'}"))
        self.assert_same_figures(metrics, self.alone(self.mlp(24)))

    def test_a_cable_that_is_slow_and_loses_packets(self):
        pair = hosts.Hosts(self, is_bad=True)
        print(f"the cable is {pair.bad}: {hosts.DELAY * 1000:.0f} ms, {hosts.LOSS:.0%} lost", file=sys.stderr)
        flags = ["--epochs", 1, "--limit", 12]
        metrics = self.on_both(pair, self.by_url(self.mlp(12, *flags), f"tcp://{pair.addresses[0]}:{PORT}"))
        self.assert_same_figures(metrics, self.alone(self.mlp(24, *flags)))

    def test_a_host_that_vanishes(self):
        """Nobody tells the other: the cable is cut, and no connection ends."""
        pair = hosts.Hosts(self)
        folder = self.folder / "cut"
        run = Together(self, self.folder / "streams-cut")
        words = self.mlp(12, "--epochs", 200, "--device", "cpu", "--output-dir", folder, "--dist-timeout", 8)
        for host, command in enumerate(self.by_url(words, f"tcp://{pair.addresses[0]}:{PORT}")):
            run.start(pair.command(host, map(str, command)))
        run.wait(lambda: "Epoch 2" in run.out(), "epoch 2")
        hosts.ip("-n", pair.names[0], "link", "set", "cable", "down")
        self.assertEqual(run.end(60), [1, 1], run.everything())
        self.assertRegex(run.error(0), r"rank 1 has gone|rank 1 does not go on", run.everything())
        self.assertRegex(run.error(1), r"rank 0", run.everything())
        self.assert_whole_folder(folder)

    def assert_whole_folder(self, folder):
        self.run_folder = folder
        self.assert_whole()

    def test_tiny_imagenet_over_every_way(self):
        """BatchNorm has the statistics of each process's batches, so what is equal is two processes on one host."""
        words = self.resnet()
        expected = self.alone([*words, "--nproc", 2])
        pair = hosts.Hosts(self)
        ways = {"tcp": self.by_url(words, f"tcp://{pair.addresses[0]}:{PORT}"),
                "file": self.by_url(words, f"file://{self.folder / 'meeting'}")}
        if python_with_torch() is not None:
            ways["torchrun"] = self.torchrun_on(pair, words)
        for name, commands in ways.items():
            with self.subTest(way=name):
                shutil.rmtree(self.folder / "both", ignore_errors=True)
                self.assertEqual(self.on_both(pair, commands), expected)


if __name__ == "__main__":
    unittest.main(verbosity=2)
