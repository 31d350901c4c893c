"""Runs the example programs as a user does: what they print, what they leave behind, and what they say of bad input.

    python3 tests/examples/programs_test.py FOLDER_OF_THE_PROGRAMS
"""

import base64
import csv
import gzip
import json
import os
import re
import shutil
import signal
import subprocess
import time
import unittest

import html_check
from programs import Mirror, PROGRAMS, REPOSITORY, SAMPLE, ProgramTest, metrics_without_times, run, write_tiny_imagenet


class FashionMnist(ProgramTest):
    def copy_of_sample(self):
        copy = self.folder / "data"
        shutil.copytree(SAMPLE, copy)
        return copy

    def test_learns_and_leaves_a_run_folder(self):
        result = self.fashion_mnist("--data", SAMPLE, "--epochs", 3, "--lr", 0.1)
        self.assert_succeeds(result)
        self.assertRegex(result.stdout, r"loss: \d\.\d{6}  \[   32/ 2000\]\n")
        self.assertRegex(result.stdout, r"Test Error:\n Accuracy: \d\d\.\d%, Avg loss: \d\.\d{6}\n")
        metrics = metrics_without_times(self.folder / "run")
        self.assertEqual([line["epoch"] for line in metrics], [0, 1, 2])
        self.assertGreater(metrics[-1]["val_accuracy"], 0.65)
        self.assertLess(metrics[-1]["train_loss"], metrics[0]["train_loss"])
        self.assertEqual(json.loads((self.folder / "run" / "config.json").read_text())["lr"], 0.1)
        self.assertEqual(sorted(path.name for path in (self.folder / "run").iterdir()),
                         ["best.pth", "checkpoints", "command.txt", "config.json", "curves.png", "environment.txt",
                          "last.pth", "metrics.csv", "metrics.jsonl", "report.html", "summary.txt"])
        with open(self.folder / "run" / "metrics.csv", newline="") as file:
            rows = list(csv.DictReader(file))
        self.assertEqual([{name: json.loads(value) for name, value in row.items()} for row in rows],
                         [json.loads(line) for line in (self.folder / "run" / "metrics.jsonl").read_text().splitlines()])
        self.assertEqual(sorted(path.name for path in (self.folder / "run" / "checkpoints").iterdir()),
                         ["0002-000126.pth", "0003-000189.pth"])

    def test_shows_all_of_a_run_on_a_page(self):
        self.assert_succeeds(self.fashion_mnist("--data", SAMPLE, "--limit", 5, "--epochs", 2))
        page = html_check.read((self.folder / "run" / "report.html").read_text(encoding="utf-8"))
        self.assertEqual(page.problems, [])
        self.assertEqual(page.ids, ["curves", "epochs", "command", "settings", "model", "environment"])
        curves = base64.b64decode(page.pictures[0]["src"].removeprefix("data:image/png;base64,"), validate=True)
        self.assertEqual(curves, (self.folder / "run" / "curves.png").read_bytes())
        self.assertEqual(len(page.texts["tr"]), 3)
        self.assertIn("complete", page.texts["strong"])
        for name, listed in zip(["command.txt", "config.json", "summary.txt", "environment.txt"], page.texts["pre"]):
            self.assertEqual(listed.strip("\n"), (self.folder / "run" / name).read_text().strip("\n"))

    def test_downloads_what_is_not_there_and_refuses_another_file(self):
        data = self.folder / "data"
        with Mirror({"/FashionMNIST/train-images-idx3-ubyte.gz": b"no images"}) as mirror:
            result = self.fashion_mnist("--data", data, "--download", env=mirror.environment())
            self.assert_refuses(result, mirror.url + "/FashionMNIST/train-images-idx3-ubyte.gz", "MD5",
                                "8d4fb7e6c68d591d4c3dfef9ec88bf0d")
            self.assertEqual(mirror.asked, ["/FashionMNIST/train-images-idx3-ubyte.gz"])
            self.assertEqual([path for path in self.folder.rglob("*") if path.is_file()], [])
            # What is there is not asked for.
            self.assert_succeeds(self.fashion_mnist("--data", SAMPLE, "--download", "--epochs", 1,
                                                    env=mirror.environment()))
            self.assertEqual(len(mirror.asked), 1)
        self.assert_refuses(self.fashion_mnist("--data", data), data)

    def test_writes_the_command_that_repeats_the_run(self):
        data = self.folder / "it's a copy"
        shutil.copytree(SAMPLE, data)
        self.assert_succeeds(self.fashion_mnist("--data", data, "--limit", 5, "--epochs", 2, "--overwrite"))
        before = metrics_without_times(self.folder / "run")
        command = (self.folder / "run" / "command.txt").read_text()
        shutil.rmtree(self.folder / "run")
        subprocess.run(["sh", "-c", command], check=True, capture_output=True)
        self.assertEqual(metrics_without_times(self.folder / "run"), before)

    def test_begins_anew_in_a_used_folder_only_when_told_to(self):
        flags = ["--data", SAMPLE, "--limit", 5, "--epochs"]
        self.assert_succeeds(self.fashion_mnist(*flags, 2))
        files = {path: path.read_bytes() for path in (self.folder / "run").rglob("*") if path.is_file()}
        self.assert_refuses(self.fashion_mnist(*flags, 2), self.folder / "run", "--resume", "--overwrite")
        self.assertEqual({path: path.read_bytes() for path in files}, files)
        self.assert_refuses(self.fashion_mnist(*flags, 2, "--resume", "--overwrite"), "exclude each other")
        self.assertEqual({path: path.read_bytes() for path in files}, files)
        self.assert_succeeds(self.fashion_mnist(*flags, 1, "--overwrite"))
        self.assertEqual([line["epoch"] for line in metrics_without_times(self.folder / "run")], [0])
        self.assertEqual(sorted(path.name for path in (self.folder / "run" / "checkpoints").iterdir()),
                         ["0000-000002.pth", "0001-000002.pth"])  # before the first files, and at the epoch's end

    def test_resumes_in_a_folder_that_is_not_there_or_empty(self):
        flags = ["--data", SAMPLE, "--limit", 5, "--epochs", 1, "--resume"]
        self.assert_succeeds(self.fashion_mnist(*flags))
        self.assertEqual([line["epoch"] for line in metrics_without_times(self.folder / "run")], [0])

    def test_results_do_not_depend_on_the_workers(self):
        seen = []
        for workers in (0, 4, "auto"):
            self.assert_succeeds(self.fashion_mnist("--data", SAMPLE, "--epochs", 2, "--limit", 50, "--workers", workers,
                                                    "--overwrite"))
            seen.append(metrics_without_times(self.folder / "run"))
        self.assertEqual(seen[0], seen[1])
        self.assertEqual(seen[0], seen[2])
        self.assertEqual(json.loads((self.folder / "run" / "config.json").read_text())["workers"], "auto")

    def test_help_explains_every_flag(self):
        result = self.fashion_mnist("--help")
        self.assert_succeeds(result)
        for flag in ("data", "epochs", "batch-size", "lr", "workers", "seed", "device", "channels-last", "limit",
                     "output-dir", "resume", "overwrite", "checkpoint-minutes", "checkpoint-steps", "keep-checkpoints",
                     "precision", "accumulate", "deterministic", "scale-by-gpus", "nproc", "dist-url", "dist-backend",
                     "world-size", "rank", "multiprocessing-distributed", "dist-timeout", "sync-bn", "shard-optimizer",
                     "find-unused-parameters", "grad-compression", "bucket-cap-mb"):
            self.assertRegex(result.stdout, rf"--{flag}\b")

    def test_refuses_bad_flags(self):
        self.assert_refuses(self.fashion_mnist("--data", SAMPLE, "--epoch", 3), "no flag --epoch ")
        self.assert_refuses(self.fashion_mnist("--epochs", 3), "--data is missing")
        self.assert_refuses(self.fashion_mnist("--data", SAMPLE, "--device", "tpu"), "tpu")
        self.assert_refuses(self.fashion_mnist("--data", SAMPLE, "--precision", "fp8"), "--precision", "bf16", "fp8")

    def test_names_an_unknown_flag_before_what_else_is_wrong(self):
        self.assert_refuses(self.fashion_mnist("--bogus", 3), "no flag --bogus ")
        self.assert_refuses(self.fashion_mnist("--bogus", "--epochs", "many"), "no flag --bogus ")
        self.assert_refuses(run("tiny_imagenet", "--bogus"), "no flag --bogus ")

    def test_refuses_numbers_that_are_none_or_out_of_range(self):
        for flag, values in {"--epochs": ["0", "1.5"], "--batch-size": ["-32", "", str(2**63), str(2**64 + 32)],
                             "--workers": [str(2**32), "automatic", "-1", "1025"], "--limit": ["-1"], "--lr": ["-1", "", "0.1x", "nan", "1e999"],
                             "--seed": ["-1", str(2**64)], "--accumulate": ["0"], "--keep-checkpoints": ["0"],
                             "--checkpoint-steps": ["-1"], "--checkpoint-minutes": ["-1", "nan"]}.items():
            for value in values:
                with self.subTest(flag=flag, value=value):
                    self.assert_refuses(self.fashion_mnist("--data", SAMPLE, flag, value), f"{flag} must be a ",
                                        f'but got "{value}"')
        for value in ("0", str(2**31), str(2**32 + 32)):
            with self.subTest(flag="--image-size", value=value):
                self.assert_refuses(run("tiny_imagenet", "--data", "nowhere", "--image-size", value),
                                    "--image-size must be a whole number from 1 to 8192", f'but got "{value}"')

    def test_refuses_a_flag_without_its_value(self):
        self.assert_refuses(self.fashion_mnist("--data", SAMPLE, "--lr"), "--lr")

    def test_takes_every_seed_of_64_bits(self):
        self.assert_succeeds(self.fashion_mnist("--data", SAMPLE, "--epochs", 1, "--limit", 1, "--seed", 2**64 - 1))
        self.assertEqual(json.loads((self.folder / "run" / "config.json").read_text())["seed"], 2**64 - 1)

    def test_writes_a_run_into_a_folder_whose_name_is_not_utf_8(self):
        folder = os.fsencode(self.folder) + b"/caf\xe9"
        self.assert_succeeds(self.fashion_mnist("--data", SAMPLE, "--epochs", 1, "--limit", 1, "--output-dir", folder))
        with open(folder + b"/config.json", encoding="utf-8") as config:
            self.assertEqual(json.load(config)["output_dir"], f"{self.folder}/caf\ufffd")

    def test_refuses_a_missing_folder(self):
        self.assert_refuses(self.fashion_mnist("--data", self.folder / "nowhere"), self.folder / "nowhere")

    def test_refuses_an_idx_file_that_promises_more_than_it_holds(self):
        data = self.copy_of_sample()
        name = data / "train-images-idx3-ubyte.gz"
        name.with_suffix("").write_bytes(gzip.decompress(name.read_bytes())[:-100])
        name.unlink()
        self.assert_refuses(self.fashion_mnist("--data", data), name.with_suffix(""), "1568000")

    def test_refuses_a_gz_file_cut_short(self):
        data = self.copy_of_sample()
        name = data / "t10k-labels-idx1-ubyte.gz"
        name.write_bytes(name.read_bytes()[:-20])
        self.assert_refuses(self.fashion_mnist("--data", data), name)

    def test_refuses_an_output_folder_that_cannot_be(self):
        (self.folder / "run").write_text("a file is in the way")
        self.assert_refuses(self.fashion_mnist("--data", SAMPLE), self.folder / "run")
        self.assert_refuses(self.fashion_mnist("--data", SAMPLE, "--output-dir", "/proc/run"), "/proc/run")

    def test_a_signal_ends_within_a_second_with_the_last_weights_written(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            with self.subTest(signal=number):
                folder = self.folder / number.name
                program = subprocess.Popen([PROGRAMS / "fashion_mnist", "--data", SAMPLE, "--epochs", "1000", "--device",
                                            "cpu", "--output-dir", folder], stdout=subprocess.PIPE, text=True)
                for line in program.stdout:
                    if line.startswith("loss:"):
                        break
                program.send_signal(number)
                start = time.monotonic()
                output, _ = program.communicate(timeout=60)
                self.assertLess(time.monotonic() - start, 5)  # a second on a quiet machine
                self.assertEqual(program.returncode, 128 + number, output)
                self.assertIn("--resume", output)
                self.assertTrue((folder / "last.pth").stat().st_size > 2_000_000)
                self.assertEqual(self.left_behind(), [])

    def test_refuses_a_folder_that_another_run_writes_to(self):
        flags = ["--data", SAMPLE, "--epochs", "1000", "--device", "cpu", "--output-dir", self.folder / "run"]
        with subprocess.Popen([PROGRAMS / "fashion_mnist", *flags], stdout=subprocess.PIPE, text=True) as program:
            for line in program.stdout:
                if line.startswith("loss:"):
                    break
            self.assert_refuses(run("fashion_mnist", *flags), self.folder / "run", program.pid)
            program.send_signal(signal.SIGINT)
            program.communicate(timeout=60)
        self.assert_succeeds(self.fashion_mnist("--data", SAMPLE, "--epochs", 1, "--limit", 1, "--overwrite"))

    def redirected(self, redirection, program, *flags):
        """The program as a shell runs it with such a redirection of its output."""
        return subprocess.run(["sh", "-c", f'exec "$@" {redirection}', "sh", PROGRAMS / program, *map(str, flags)],
                              capture_output=True, encoding="utf-8", timeout=300)

    def test_trains_on_when_nothing_can_be_shown(self):
        flags = ["--device", "cpu", "--data", SAMPLE, "--epochs", 2, "--limit", 20, "--output-dir", self.folder / "run"]
        wanted = None
        for redirection in ("", "2>/dev/full", "2>&-", ">/dev/full", ">&-", ">/dev/full 2>/dev/full", "<&- >&- 2>&-"):
            with self.subTest(redirection=redirection):
                result = self.redirected(redirection, "fashion_mnist", *flags)
                metrics = metrics_without_times(self.folder / "run")
                wanted = wanted or metrics
                self.assertEqual(metrics, wanted)
                lost = re.search(r"(?<!2)>", redirection)  # stdout, the only stream whose loss is worth an exit code
                self.assertEqual(result.returncode, 1 if lost else 0)
                if redirection in (">/dev/full", ">&-"):
                    self.assertRegex(result.stderr, "^fashion_mnist: the output could not be written: [^\n]+\n$")
                shutil.rmtree(self.folder / "run")

    def test_a_mistake_has_its_exit_code_when_nothing_can_be_shown(self):
        for redirection in ("2>/dev/full", "2>&-", ">&- 2>&-"):
            with self.subTest(redirection=redirection):
                self.assertEqual(self.redirected(redirection, "fashion_mnist", "--bogus").returncode, 1)

    def test_tells_once_that_its_output_cannot_be_written(self):
        self.assert_refuses(self.redirected(">/dev/full", "fashion_mnist", "--help"), "No space left on device")


class Readme(ProgramTest):
    """The README shows how the demo begins and ends. Processors round sums in other orders, and training carries that on:
    before the first step a loss differs by some 1e-7 of itself, after an epoch of 63 steps by some 1e-5, and after ten by
    0.003, as measured with SSE4, AVX2, AVX-512 and other numbers of threads. Another seed changes it by 0.03 and more."""

    LOSS_BEFORE_TRAINING, LOSS_OF_FIRST_EPOCH, LOSS_AT_END = 1e-5, 1e-3, 1e-2
    IMAGE = 1 / 556  # the share of one test image

    def assert_alike(self, shown, printed, loss, accuracy):
        """The same words, and figures within these bounds. Images a second are the machine's alone."""
        number = re.compile(r"\d+(?:\.\d+)?")
        self.assertEqual([number.sub("#", line) for line in printed], [number.sub("#", line) for line in shown])
        for line, mine in zip(shown, printed):
            for figure, other in zip(number.findall(line), number.findall(mine)):
                if "images/s" in line:
                    continue
                if "." not in figure:
                    self.assertEqual(other, figure, line)
                elif "ccuracy" in line and not line.endswith(figure):  # of "Accuracy: 78.4%, Avg loss: 0.672324"
                    self.assertAlmostEqual(float(other), float(figure), delta=accuracy * (100 if "%" in line else 1))
                else:
                    self.assertAlmostEqual(float(other), float(figure), delta=loss, msg=line)

    def test_shows_what_the_demo_prints(self):
        readme = (REPOSITORY / "README.md").read_text()
        shown = re.search(r"It begins and ends so:\n\n((?:(?:    .*)?\n)+)", readme)[1]
        shown = [line[4:] for line in shown.splitlines() if line]
        command = re.search(r"^RUN_DEMO = (?:\S+/)?(\w+) ((?:.*\\\n)*.*)$", (REPOSITORY / "Makefile").read_text(), re.M)
        flags = command[2].replace("\\\n", " ").split()
        flags[flags.index("runs/demo")] = self.folder / "run"
        result = run(command[1], *flags, cwd=REPOSITORY)
        self.assert_succeeds(result)
        printed = [line for line in result.stdout.replace(str(self.folder / "run"), "runs/demo").splitlines() if line]

        gap = shown.index("…")
        first = printed[printed.index(shown[0]):][:gap]
        self.assert_alike(shown[:3], first[:3], self.LOSS_BEFORE_TRAINING, 0)
        self.assert_alike(shown[3:gap], first[3:], self.LOSS_OF_FIRST_EPOCH, 2 * self.IMAGE)
        self.assert_alike(shown[gap + 1:], printed[gap + 1 - len(shown):], self.LOSS_AT_END, 5 * self.IMAGE)


class TinyImagenet(ProgramTest):
    def setUp(self):
        super().setUp()
        self.archive = self.folder / "tiny-imagenet-200.zip"
        write_tiny_imagenet(self.archive)

    def test_learns_and_evaluates_to_the_same_figures(self):
        result = self.tiny_imagenet(self.archive, "--epochs", 3, "--lr", 0.01, "--channels-last")
        self.assert_succeeds(result)
        self.assertIn("Epoch 0/2\n----------\n", result.stdout)
        self.assertRegex(result.stdout, r"train Loss: \d+\.\d{4} Acc: \d\.\d{4}\nval Loss: \d+\.\d{4} Acc: \d\.\d{4}\n")
        self.assertRegex(result.stdout, r"Best val Acc: \d\.\d{4}\n")
        best = max(metrics_without_times(self.folder / "run"), key=lambda line: line["val_accuracy"])
        result = self.tiny_imagenet(self.archive, "--channels-last", "--evaluate", self.folder / "run" / "best.pth")
        self.assert_succeeds(result)
        self.assertEqual(result.stdout, f"val Loss: {best['val_loss']:.4f} Acc: {best['val_accuracy']:.4f}\n")
        with open("/dev/full", "w") as full:
            self.assert_refuses(self.tiny_imagenet(self.archive, "--evaluate", self.folder / "run" / "best.pth",
                                                   stdout=full), "No space left on device")

    def test_results_do_not_depend_on_the_workers(self):
        seen = []
        for workers in (0, 4):
            self.assert_succeeds(self.tiny_imagenet(self.archive, "--epochs", 2, "--workers", workers,
                                                    "--overwrite"))
            seen.append(metrics_without_times(self.folder / "run"))
        self.assertEqual(seen[0], seen[1])

    def test_refuses_an_unknown_architecture(self):
        self.assert_refuses(self.tiny_imagenet(self.archive, "--arch", "resnet19"), "resnet19", "resnet18")

    def test_refuses_more_classes_than_there_are(self):
        self.assert_refuses(self.tiny_imagenet(self.archive, "--num-classes", 4), "4", "3")

    def test_refuses_a_missing_archive(self):
        self.assert_refuses(self.tiny_imagenet(self.folder / "none.zip"), self.folder / "none.zip")

    def test_says_which_weights_it_starts_from_and_that_the_head_is_made_anew(self):
        self.assert_succeeds(self.tiny_imagenet(self.archive, "--epochs", 1))
        weights = self.folder / "run" / "last.pth"
        result = self.tiny_imagenet(self.archive, "--epochs", 1, "--num-classes", 2, "--pretrained", weights,
                                    "--output-dir", self.folder / "other")
        self.assert_succeeds(result)
        self.assertIn(f"tensors of {weights}\n"
                      "fc.weight: [2, 512] in the model, [3, 512] in the file: made anew\n"
                      "fc.bias: [2] in the model, [3] in the file: made anew\n", result.stdout)

    def test_refuses_weights_that_cannot_be_had(self):
        with Mirror({"/resnet18-f37072fd.pth": b"no weights"}) as mirror:
            environment = mirror.environment() | {"TORCH_HOME": str(self.folder / "torch")}
            for name, parts in {"DEFAULT": ["/resnet18-f37072fd.pth", "does not begin with f37072fd"],
                                "IMAGENET1K_V3": ["IMAGENET1K_V3", "resnet18", "there are IMAGENET1K_V1 (DEFAULT)"],
                                "ResNet50_Weights.DEFAULT": ["resnet50", "resnet18"]}.items():
                with self.subTest(name):
                    self.assert_refuses(self.tiny_imagenet(self.archive, "--pretrained", name, env=environment), *parts)
            self.assertEqual(mirror.asked, ["/resnet18-f37072fd.pth"])
        self.assertEqual([path for path in (self.folder / "torch").rglob("*") if path.is_file()], [])

    def test_downloads_the_archive_and_refuses_another(self):
        with Mirror({"/TinyImageNet/tiny-imagenet-200.zip": self.archive.read_bytes()}) as mirror:
            missing = self.folder / "tiny.zip"
            result = self.tiny_imagenet(missing, "--download", env=mirror.environment())
            self.assert_refuses(result, "TinyImageNet", mirror.url + "/TinyImageNet/tiny-imagenet-200.zip", "MD5",
                                "90528d7ca1a48142e341f4ef8d21d0de")
            self.assertFalse(missing.exists() or (self.folder / "prepared").exists())
            self.assert_refuses(self.tiny_imagenet(None, "--download", env=mirror.environment()), "MD5")
            self.assertEqual(mirror.asked, ["/TinyImageNet/tiny-imagenet-200.zip"] * 2)
            # What has been prepared needs no archive.
            self.assert_succeeds(self.tiny_imagenet(self.archive, "--epochs", 1))
            self.assert_succeeds(self.tiny_imagenet(missing, "--download", "--epochs", 1, "--overwrite",
                                                    env=mirror.environment()))
            self.assertEqual(len(mirror.asked), 2)

    def test_trains_on_a_prepared_folder_alone_once_its_archive_is_gone(self):
        self.assert_succeeds(self.tiny_imagenet(self.archive, "--epochs", 1))
        first = metrics_without_times(self.folder / "run")
        shutil.rmtree(self.folder / "run")
        self.archive.unlink()
        self.assert_refuses(self.tiny_imagenet(self.archive, "--epochs", 1), self.archive)
        self.assert_succeeds(self.tiny_imagenet(None, "--epochs", 1))
        self.assertEqual(metrics_without_times(self.folder / "run"), first)

    def test_refuses_a_folder_that_was_prepared_from_another_archive(self):
        self.assert_succeeds(self.tiny_imagenet(self.archive, "--epochs", 1))
        other = self.folder / "other.zip"
        write_tiny_imagenet(other, [("tiny-imagenet-200/more.txt", "another archive")])
        self.assert_refuses(self.tiny_imagenet(other, "--epochs", 1), self.archive, other, self.folder / "prepared")

    def test_refuses_a_prepared_folder_that_is_none(self):
        self.assert_refuses(self.tiny_imagenet(None, "--epochs", 1), self.folder / "prepared")
        self.assert_refuses(run("tiny_imagenet"), "--data is missing")

    def test_refuses_an_archive_cut_short_and_then_takes_the_whole_one(self):
        cut = self.folder / "cut.zip"
        cut.write_bytes(self.archive.read_bytes()[: self.archive.stat().st_size // 2])
        self.assert_refuses(self.tiny_imagenet(cut), cut)
        self.assertFalse((self.folder / "prepared").exists())
        self.assert_succeeds(self.tiny_imagenet(self.archive, "--epochs", 1))

    def test_refuses_an_entry_that_points_outside(self):
        evil = self.folder / "evil.zip"
        write_tiny_imagenet(evil, [("../escaped.txt", "out")])
        self.assert_refuses(self.tiny_imagenet(evil), evil, "../escaped.txt")
        self.assertFalse((self.folder / "escaped.txt").exists())
        self.assertFalse((self.folder / "prepared").exists())

    def test_names_a_picture_that_cannot_be_read(self):
        self.assert_succeeds(self.tiny_imagenet(self.archive, "--epochs", 1))
        picture = self.folder / "prepared" / "train" / "n00000002" / "n00000002_3.JPEG"
        whole = picture.read_bytes()
        picture.write_bytes(whole[:-200])
        self.assert_refuses(self.tiny_imagenet(self.archive, "--epochs", 1, "--overwrite"), picture, "truncated")
        picture.write_text("not a picture")
        self.assert_refuses(self.tiny_imagenet(self.archive, "--epochs", 1, "--overwrite"), picture, "not a")

    def test_refuses_weights_that_are_none(self):
        weights = self.folder / "weights.pth"
        weights.write_text("not weights")
        self.assert_refuses(self.tiny_imagenet(self.archive, "--evaluate", weights), weights)
        self.assert_refuses(self.tiny_imagenet(self.archive, "--pretrained", self.folder / "none.pth"),
                            self.folder / "none.pth")

    def test_ctrl_c_in_a_long_step_ends_within_a_second_with_the_last_weights_written(self):
        program = subprocess.Popen(
            [PROGRAMS / "tiny_imagenet", "--data", self.archive, "--prepared", self.folder / "prepared", "--num-classes",
             "3", "--arch", "resnet152", "--image-size", "224", "--batch-size", "9", "--workers", "0", "--device", "cpu",
             "--checkpoint-steps", "1", "--keep-checkpoints", "1", "--output-dir", self.folder / "run"],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        while program.poll() is None and not (self.folder / "run" / "checkpoints" / "0000-000001.pth").exists():
            time.sleep(0.05)
        program.send_signal(signal.SIGINT)
        start = time.monotonic()
        output, _ = program.communicate(timeout=60)
        self.assertLess(time.monotonic() - start, 10)  # a second on a quiet machine
        self.assertEqual(program.returncode, 130, output)
        self.assertGreater((self.folder / "run" / "last.pth").stat().st_size, 200_000_000)
        self.assertEqual(len(list((self.folder / "run" / "checkpoints").iterdir())), 1)
        self.assertEqual(self.left_behind(), [])


if __name__ == "__main__":
    unittest.main(verbosity=2)
