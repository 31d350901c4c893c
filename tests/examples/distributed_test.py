"""Runs the example programs in several processes, as a user does, and compares them with one process.

    python3 tests/examples/distributed_test.py FOLDER_OF_THE_PROGRAMS
"""

import json
import os
import signal
import socket
import subprocess
import unittest

from food11_test import NO_CACHE, write_food11
from programs import PROGRAMS, SAMPLE, ProgramTest, metrics_without_times, run, write_tiny_imagenet

PLACE = ("RANK", "WORLD_SIZE", "LOCAL_RANK", "LOCAL_WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT")


def environment(**variables):
    kept = {name: value for name, value in os.environ.items() if name not in PLACE}
    return {"env": kept | variables}


def free_port():
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        return asked.getsockname()[1]


class Processes(ProgramTest):
    def assert_same_metrics(self, one, other):
        self.assertEqual(len(one), len(other))
        for line, same in zip(one, other):
            self.assertEqual(line.keys(), same.keys())
            for name, value in line.items():
                if isinstance(value, float):
                    self.assertAlmostEqual(value, same[name], delta=1e-5 * max(1, abs(value)), msg=name)
                else:
                    self.assertEqual(value, same[name], name)

    def test_two_processes_learn_what_one_learns_on_their_joined_batches(self):
        flags = ["--data", SAMPLE, "--epochs", 2, "--limit", 40, "--lr", 0.1]
        self.assert_succeeds(self.fashion_mnist(*flags, "--batch-size", 20))
        one = metrics_without_times(self.folder / "run")
        result = self.fashion_mnist(*flags, "--batch-size", 10, "--nproc", 2, "--overwrite")
        self.assert_succeeds(result)
        self.assertEqual(result.stdout.count("global batch 20 = 2 processes x 10\n"), 1)
        self.assertEqual(result.stdout.count("Epoch 2\n"), 1)
        self.assertNotIn("[rank 1]", result.stdout)
        self.assert_same_metrics(one, metrics_without_times(self.folder / "run"))

    def test_what_says_how_processes_were_started_is_not_in_the_config(self):
        self.assert_succeeds(self.fashion_mnist("--data", SAMPLE, "--epochs", 1, "--limit", 4, "--nproc", 2))
        config = json.loads((self.folder / "run" / "config.json").read_text())
        self.assertNotIn("nproc", config)
        self.assertNotIn("dist_url", config)
        self.assertNotIn("rank", config)
        self.assertFalse(config["sync_bn"])
        self.assertIn("--nproc 2", (self.folder / "run" / "command.txt").read_text())

    def test_goes_on_in_one_process_with_what_two_have_begun(self):
        flags = ["--data", SAMPLE, "--limit", 40]
        self.assert_succeeds(self.fashion_mnist(*flags, "--epochs", 3, "--batch-size", 20))
        one = metrics_without_times(self.folder / "run")
        self.assert_succeeds(self.fashion_mnist(*flags, "--epochs", 2, "--batch-size", 10, "--nproc", 2, "--overwrite"))
        result = self.fashion_mnist(*flags, "--epochs", 3, "--batch-size", 20, "--resume")
        self.assert_succeeds(result)
        self.assertNotIn("--batch-size", result.stderr)
        self.assert_same_metrics(one, metrics_without_times(self.folder / "run"))

    def test_processes_that_are_started_by_hand_meet_by_tcp_or_a_file(self):
        for url in (f"tcp://127.0.0.1:{free_port()}", f"file://{self.folder}/meeting"):
            with self.subTest(url=url):
                flags = ["--data", SAMPLE, "--epochs", "1", "--limit", "4", "--device", "cpu", "--world-size", "2",
                         "--dist-url", url, "--overwrite", "--output-dir", self.folder / "run"]
                processes = [subprocess.Popen([PROGRAMS / "fashion_mnist", *flags, "--rank", str(rank)], text=True,
                                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, **environment())
                             for rank in (0, 1)]
                outputs = [process.communicate(timeout=300) for process in processes]
                self.assertEqual([process.returncode for process in processes], [0, 0], outputs)
                self.assertIn("= 2 processes x 32", outputs[0][0])
                self.assertEqual(outputs[1][0], "")

    def test_nodes_start_their_processes_themselves(self):
        flags = ["--data", SAMPLE, "--epochs", "1", "--limit", "4", "--device", "cpu", "--world-size", "2", "--nproc",
                 "2", "--multiprocessing-distributed", "--dist-url", f"tcp://127.0.0.1:{free_port()}", "--dist-backend",
                 "gloo", "--output-dir", self.folder / "run"]
        nodes = [subprocess.Popen([PROGRAMS / "fashion_mnist", *flags, "--rank", str(rank)], text=True,
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE, **environment())
                 for rank in (0, 1)]
        outputs = [node.communicate(timeout=300) for node in nodes]
        self.assertEqual([node.returncode for node in nodes], [0, 0], outputs)
        self.assertIn("= 4 processes x 32", outputs[0][0])

    def test_a_signal_ends_all_and_the_run_goes_on(self):
        flags = ["--data", SAMPLE, "--device", "cpu", "--output-dir", self.folder / "run", "--nproc", "2"]
        for number in (signal.SIGINT, signal.SIGTERM):
            with self.subTest(signal=number):
                program = subprocess.Popen([PROGRAMS / "fashion_mnist", *flags, "--epochs", "1000", "--overwrite"],
                                           stdout=subprocess.PIPE, text=True, **environment())
                for line in program.stdout:
                    if line.startswith("loss:"):
                        break
                program.send_signal(number)
                output, _ = program.communicate(timeout=60)
                self.assertEqual(program.returncode, 128 + number, output)
                self.assertIn("--resume", output)
                self.assertEqual(self.left_behind(), [])
        epochs = len((self.folder / "run" / "metrics.jsonl").read_text().splitlines()
                     if (self.folder / "run" / "metrics.jsonl").exists() else [])
        self.assert_succeeds(run("fashion_mnist", *flags, "--epochs", epochs + 1, "--resume"))

    def test_a_process_that_is_killed_ends_the_run(self):
        program = subprocess.Popen([PROGRAMS / "fashion_mnist", "--data", SAMPLE, "--device", "cpu", "--output-dir",
                                    self.folder / "run", "--nproc", "2", "--epochs", "1000"], text=True,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, **environment())
        for line in program.stdout:
            if line.startswith("loss:"):
                break
        children = subprocess.run(["ps", "-o", "pid=", "--ppid", str(program.pid)], capture_output=True, text=True)
        os.kill(max(map(int, children.stdout.split())), signal.SIGKILL)
        _, errors = program.communicate(timeout=120)
        self.assertEqual(program.returncode, 128 + signal.SIGKILL, errors)
        self.assertRegex(errors, r"fashion_mnist: rank 1 \(process \d+\) was ended by signal 9 \(Killed\)\n")
        self.assertRegex(errors, r"\[rank 0\] fashion_mnist: .*rank 1")

    def test_the_learning_rate_is_scaled_when_asked_for(self):
        result = self.fashion_mnist("--data", SAMPLE, "--epochs", 1, "--limit", 4, "--nproc", 2, "--lr", 0.1,
                                    "--scale-by-gpus")
        self.assert_succeeds(result)
        self.assertEqual(result.stdout.count("2 processes: a learning rate of 0.2 in the place of 0.1\n"), 1)

    def test_every_way_to_train_together_runs(self):
        archive = self.folder / "tiny.zip"
        write_tiny_imagenet(archive)
        for flags in (["--sync-bn"], ["--shard-optimizer"], ["--find-unused-parameters"],
                      ["--grad-compression", "bf16"], ["--bucket-cap-mb", "1"]):
            with self.subTest(flags=flags):
                result = self.tiny_imagenet(archive, "--epochs", 1, "--nproc", 2, "--overwrite", *flags)
                self.assert_succeeds(result)
                self.assertEqual(result.stdout.count("= 2 processes x 6\n"), 1)
                self.assertTrue((self.folder / "run" / "report.html").exists())

    def assert_refuses_in(self, variables, *flags, parts):
        self.assert_refuses(self.fashion_mnist("--data", SAMPLE, "--epochs", 1, *flags, **environment(**variables)),
                            *parts)

    def test_refuses_flags_that_do_not_go_together(self):
        for flags, parts in (
                (["--nproc", 0], ["--nproc", "1 to 4096", '"0"']),
                (["--nproc", "all"], ["--nproc", '"all"']),
                (["--dist-url", "udp://a:1"], ["--dist-url", "tcp://HOST:PORT", "udp://a:1"]),
                (["--dist-url", "tcp://a:1"], ["--world-size and --rank are missing"]),
                (["--dist-url", "tcp://a", "--world-size", 2, "--rank", 0], ["tcp://a has no port"]),
                (["--dist-url", "file://a", "--world-size", 2, "--rank", 0], ["not absolute"]),
                (["--dist-backend", "mpi"], ["--dist-backend", "nccl or gloo", '"mpi"']),
                (["--world-size", 2], ["--rank is missing"]),
                (["--rank", 1], ["--world-size is missing"]),
                (["--world-size", 2, "--rank", 2], ["--rank is 2", "--world-size is 2"]),
                (["--nproc", 2, "--world-size", 2, "--rank", 0], ["--nproc 2", "--multiprocessing-distributed"]),
                (["--grad-compression", "int8"], ["--grad-compression", "bf16", '"int8"']),
                (["--world-size", 2, "--rank", 0], ["MASTER_ADDR is not set"])):
            with self.subTest(flags=flags):
                self.assert_refuses_in({}, *flags, parts=parts)

    def test_refuses_an_environment_that_contradicts_itself(self):
        for variables, parts in (
                ({"RANK": "0"}, ["RANK is set (0), but WORLD_SIZE is not"]),
                ({"RANK": "2", "WORLD_SIZE": "2"}, ["RANK is 2, but WORLD_SIZE is 2"]),
                ({"RANK": "0", "WORLD_SIZE": "2"}, ["MASTER_ADDR is not set"])):
            with self.subTest(variables=variables):
                self.assert_refuses_in(variables, parts=parts)
        self.assert_refuses_in({"RANK": "0", "WORLD_SIZE": "2"}, "--nproc", 2, parts=["--nproc 2 starts processes"])

    def test_food11_trains_in_two_processes_and_shows_the_run_once(self):
        write_food11(self.folder / "food-11.zip")
        self.assert_succeeds(run("food11", "prepare", "--source", self.folder / "food-11.zip", "--data",
                                 self.folder / "prepared"))
        result = run("food11", "train", "--data", self.folder / "prepared", "--output-dir", self.folder / "run",
                     "--device", "cpu", "--image-size", 32, "--batch-size", 5, "--workers", 1, "--epochs", 1,
                     "--pretrained", "none", "--nproc", 2, "--scale-by-gpus", **NO_CACHE)
        self.assert_succeeds(result)
        for line in ("[INFO] global batch 10 = 2 processes x 5\n", "[INFO] best val Acc: ",
                     "[INFO] 2 processes: a learning rate of 0.0002 in the place of 0.0001\n"):
            self.assertEqual(result.stdout.count(line), 1, result.stdout)
        self.assertTrue((self.folder / "run" / "confusion_matrix.png").exists())

    def torchrun(self, *command):
        if not os.environ.get("HEARTH_PYTHON"):
            self.skipTest("HEARTH_PYTHON does not name a Python with torch")
        return subprocess.run([os.environ["HEARTH_PYTHON"], "-m", "torch.distributed.run", "--standalone",
                               "--nproc-per-node=2", "--no-python", *map(str, command)], capture_output=True, text=True,
                              timeout=300, **environment())

    def test_torchrun_starts_the_programs_as_they_are(self):
        result = self.torchrun(PROGRAMS / "fashion_mnist", "--data", SAMPLE, "--epochs", 1, "--limit", 4, "--device",
                               "cpu", "--output-dir", self.folder / "run")
        self.assert_succeeds(result)
        self.assertEqual(result.stdout.count("= 2 processes x 32\n"), 1, result.stdout)
        self.assertEqual(result.stdout.count("Test accuracy: "), 1, result.stdout)

    def test_torchrun_shows_why_a_process_failed(self):
        result = self.torchrun(PROGRAMS / "fashion_mnist", "--data", self.folder / "none", "--device", "cpu")
        self.assertNotEqual(result.returncode, 0)
        self.assertRegex(result.stderr, rf"traceback : .*{self.folder}/none")
        self.assertRegex(result.stderr, r"fashion_mnist: rank [01]: ")

    def test_the_error_file_has_the_sentence(self):
        report = self.folder / "error.json"
        self.assert_refuses(self.fashion_mnist("--data", self.folder / "none", **environment(
            TORCHELASTIC_ERROR_FILE=str(report))), "none")
        self.assertIn("none", json.loads(report.read_text())["message"]["message"])


if __name__ == "__main__":
    unittest.main()
