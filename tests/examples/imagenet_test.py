"""Runs the ImageNet program as a user does: its flags, its lines, its data, its checkpoints.

    python3 tests/examples/imagenet_test.py FOLDER_OF_THE_PROGRAMS
"""

import json
import os
import pathlib
import random
import signal
import subprocess
import tarfile
import unittest

from distributed_test import environment, free_port
from programs import COLOURS, PROGRAMS, ProgramTest, metrics_without_times, png, read_pth, run

SMALL = ["--no-accel", "--train-crop-size", 32, "--val-resize-size", 36, "--val-crop-size", 32, "-j", 2]
EXAMPLE = pathlib.Path(__file__).with_name("imagenet_example.py")


def write_folders(root, train=6, val=3):
    """Class folders with images of three classes, as ImageNet's."""
    noise = random.Random(0)
    for split, count in (("train", train), ("val", val)):
        for wnid, colour in COLOURS.items():
            folder = root / split / wnid
            folder.mkdir(parents=True)
            for i in range(count):
                (folder / f"{wnid}_{i}.png").write_bytes(png(*colour, noise, side=40))


class ImageNetTest(ProgramTest):
    def imagenet(self, *flags, folder="run", **options):
        return run("imagenet", *SMALL, "--output_dir", self.folder / folder, *flags,
                   **(options or {"env": os.environ | {"XDG_CACHE_HOME": str(self.folder / "cache")}}))

    def dummy(self, *flags, **options):
        return self.imagenet("--dummy", "--dummy-size", 16, "-b", 8, *flags, **options)


class Runs(ImageNetTest):
    def test_prints_the_lines_of_pytorchs_example_and_leaves_its_checkpoints(self):
        result = self.dummy("--epochs", 2, "-p", 1)
        self.assert_succeeds(result)
        number = r" *-?[0-9.e+-]+ \( *-?[0-9.e+-]+\)"
        meters = rf"\tLoss{number}\tAcc@1{number}\tAcc@5{number}\n"
        for epoch in (0, 1):
            for batch in (1, 2):
                self.assertRegex(result.stdout, rf"Epoch: \[{epoch}\]\[{batch}/2\]\tTime{number}\tData{number}{meters}")
        self.assertRegex(result.stdout, rf"Test: \[1/1\]\tTime{number}{meters} \* Acc@1 [0-9.]+ Acc@5 [0-9.]+\n")
        self.assertIn("=> creating model 'resnet18'\n", result.stdout)
        checkpoint = read_pth(self.folder / "run" / "checkpoint.pth.tar")
        self.assertEqual((checkpoint["epoch"], checkpoint["arch"]), (2, "resnet18"))
        self.assertLessEqual({"state_dict", "best_acc1", "optimizer", "scheduler"}, set(checkpoint))
        self.assertEqual(checkpoint["scheduler"]["last_epoch"], 2)

    def test_goes_on_from_its_own_checkpoint_as_if_it_had_not_stopped(self):
        self.assert_succeeds(self.dummy("--epochs", 3, folder="whole"))
        self.assert_succeeds(self.dummy("--epochs", 1))
        result = run("imagenet", *SMALL, "--dummy", "--dummy-size", 16, "-b", 8, "--epochs", 3, "--resume",
                     self.folder / "run" / "checkpoint.pth.tar")  # in the folder where it is
        self.assert_succeeds(result)
        self.assertNotIn("Epoch: [0]", result.stdout)
        self.assertEqual(metrics_without_times(self.folder / "run"), metrics_without_times(self.folder / "whole"))
        whole, resumed = (read_pth(self.folder / name / "checkpoint.pth.tar")["state_dict"] for name in ("whole", "run"))
        self.assertEqual(whole, resumed)

    def test_zero_epochs_say_what_the_model_has(self):
        result = self.dummy("--epochs", 0, "-a", "resnet34")
        self.assert_succeeds(result)
        self.assertIn("resnet34 with 21797672 parameters", result.stdout)
        self.assertIn("Total params: 21,797,672", result.stdout)
        self.assertFalse((self.folder / "run").exists())

    def test_trains_by_torchvisions_recipe_for_resnet50_v2(self):
        recipe = ["-a", "resnet50", "--lr", 0.5, "--lr-scheduler", "cosineannealinglr", "--lr-warmup-epochs", 1,
                  "--lr-warmup-method", "linear", "--auto-augment", "ta_wide", "--epochs", 2, "--random-erase", 0.1,
                  "--label-smoothing", 0.1, "--mixup-alpha", 0.2, "--cutmix-alpha", 1.0, "--weight-decay", 0.00002,
                  "--norm-weight-decay", 0.0, "--model-ema", "--ra-sampler", "--ra-reps", 4]
        result = self.dummy(*recipe, "--amp", "--channels-last", "--clip-grad-norm", 1)
        self.assert_succeeds(result)
        lines = metrics_without_times(self.folder / "run")
        self.assertEqual([line["lr"] for line in lines], [0.005, 0.5])
        groups = read_pth(self.folder / "run" / "checkpoint.pth.tar")["optimizer"]["param_groups"]
        self.assertEqual(sorted(group["weight_decay"] for group in groups), [0, 0.00002])
        self.assertEqual(sum(len(group["params"]) for group in groups if group["weight_decay"] == 0), 2 * 53)
        self.assertIn("model_ema", read_pth(self.folder / "run" / "checkpoint.pth.tar"))

    def test_takes_flags_from_a_toml_file_and_from_the_config_of_a_run(self):
        config = self.folder / "run.toml"
        config.write_text('arch = "mobilenet_v3_small"\nbatch-size = 4\nepochs = 1\ndummy = true\ndummy_size = 8\nlr = 0.5\n')
        self.assert_succeeds(self.imagenet("--config", config, "--lr", 0.25))
        written = json.loads((self.folder / "run" / "config.json").read_text())
        self.assertEqual((written["arch"], written["batch_size"], written["lr"], written["dummy"]),
                         ("mobilenet_v3_small", 4, 0.25, True))
        self.assert_succeeds(self.imagenet("--config", self.folder / "run" / "config.json", folder="again"))
        again = json.loads((self.folder / "again" / "config.json").read_text())
        self.assertEqual(again | {"output_dir": ""}, written | {"output_dir": ""})
        self.assertEqual(metrics_without_times(self.folder / "again"), metrics_without_times(self.folder / "run"))

    def test_refuses_config_files_that_are_not_right(self):
        config = self.folder / "config"
        for text, parts in (("bogus = 3\n", ["no flag --bogus"]), ("{\n", ["damaged"]), ("[section]\nlr = 3\n", ["section"]),
                            ('{"program": "food11"}', ["food11", "imagenet"]), ('{"lr": [1]}', ["lr"]),
                            ("lr = many\n", ["--lr must be a number", "many"])):
            with self.subTest(text=text):
                config.write_text(text)
                self.assert_refuses(self.dummy("--config", config), *parts)
        self.assert_refuses(self.dummy("--config", self.folder / "absent"), "absent")

    def test_a_signal_ends_it_and_the_folder_goes_on(self):
        flags = [*SMALL, "--dummy", "--dummy-size", 64, "-b", 8, "-p", 1, "--epochs", 2]
        self.assert_succeeds(run("imagenet", *flags, "--output_dir", self.folder / "whole"))
        program = subprocess.Popen([PROGRAMS / "imagenet", *map(str, flags), "--output_dir", self.folder / "run"],
                                   stdout=subprocess.PIPE, text=True)
        for line in program.stdout:
            if line.startswith("Epoch: [1][3/"):
                break
        program.send_signal(signal.SIGINT)
        output, _ = program.communicate(timeout=60)
        self.assertEqual(program.returncode, 130)
        self.assertIn(f"--resume {self.folder / 'run'}", output)
        # The file stands for the run, which has come further than it.
        self.assert_succeeds(run("imagenet", *flags, "--resume", self.folder / "run" / "checkpoint.pth.tar"))
        self.assertEqual(metrics_without_times(self.folder / "run"), metrics_without_times(self.folder / "whole"))

    def test_evaluates_the_averages_that_it_kept(self):
        self.assert_succeeds(self.dummy("--epochs", 1, "--model-ema", "--model-ema-steps", 1, "--model-ema-decay", 0.99))
        line = metrics_without_times(self.folder / "run")[0]
        best = self.folder / "run" / "model_best.pth.tar"
        result = self.dummy("-e", "--model-ema", "--resume", best)
        self.assert_succeeds(result)
        self.assertIn(f"Loss {line['val_loss']:.4e}\n", result.stdout)
        self.assertNotIn(f"Loss {line['val_loss']:.4e}\n", self.dummy("-e", "--resume", best).stdout)

    def test_refuses_what_makes_no_sense(self):
        self.assert_refuses(self.imagenet(self.folder), "val.tar", self.folder)
        self.assert_refuses(self.dummy("-a", "resnet19"), "resnet19")
        self.assert_refuses(self.dummy("--opt", "adam"), "--opt", "sgd_nesterov")
        self.assert_refuses(self.dummy("--auto-augment", "ra2"), "--auto-augment", "ta_wide")
        self.assert_refuses(self.dummy("--norm-weight-decay", "none"), "--norm-weight-decay", "none")
        self.assert_refuses(self.dummy("--weights", "ResNet50_Weights.IMAGENET1K_V9"), "ResNet50_Weights.IMAGENET1K_V9")
        self.assert_succeeds(self.dummy("--epochs", 1))
        self.assert_refuses(self.dummy("--epochs", 1), "run")  # the folder is used
        self.assert_refuses(self.dummy("-a", "resnet34", "--resume", self.folder / "run" / "checkpoint.pth.tar"),
                            "checkpoint.pth.tar is of resnet18, but --arch is resnet34")
        self.assert_refuses(self.dummy("--resume", self.folder / "absent.pth.tar"), "absent.pth.tar")


class Data(ImageNetTest):
    def test_class_folders_and_tars_give_the_same_run(self):
        write_folders(self.folder / "folders")
        (self.folder / "tars").mkdir()
        for split in ("train", "val"):
            with tarfile.open(self.folder / "tars" / f"{split}.tar", "w") as archive:
                archive.add(self.folder / "folders" / split, split)
        for source in ("folders", "tars"):
            self.assert_succeeds(self.imagenet(self.folder / source, "-b", 6, "--epochs", 2, folder=f"run-{source}"))
        folders, tars = (metrics_without_times(self.folder / f"run-{source}") for source in ("folders", "tars"))
        self.assertEqual(folders, tars)
        self.assertEqual(len(folders), 2)
        best = max(line["val_accuracy"] for line in folders)
        result = self.imagenet(self.folder / "tars", "--evaluate", "--resume",
                               self.folder / "run-tars" / "model_best.pth.tar")
        self.assert_succeeds(result)
        self.assertIn(f" * Acc@1 {100 * best:.3f} Acc@3 100.000\n", result.stdout)

    def test_packs_give_the_run_of_their_folders_and_bytes_nearly_so(self):
        write_folders(self.folder / "folders")
        (self.folder / "packs").mkdir()
        for split in ("train", "val"):
            self.assert_succeeds(run("hearth-pack", self.folder / "folders" / split,
                                     self.folder / "packs" / f"{split}.pack"))
        self.assert_succeeds(self.imagenet(self.folder / "folders", "-b", 6, "--epochs", 2, folder="run-folders"))
        self.assert_succeeds(self.imagenet(self.folder / "packs", "-b", 6, "--epochs", 2, folder="run-packs"))
        self.assert_succeeds(self.imagenet(self.folder / "packs", "-b", 6, "--epochs", 2, "--uint8", folder="run-bytes"))
        folders, packs, of_bytes = (metrics_without_times(self.folder / f"run-{source}")
                                    for source in ("folders", "packs", "bytes"))
        self.assertEqual(folders, packs)
        self.assertEqual(len(of_bytes), 2)
        # Rounding alone differs, which a network that has just begun makes larger with every step.
        self.assertAlmostEqual(folders[0]["train_loss"], of_bytes[0]["train_loss"], delta=0.05)

    def test_a_tar_that_is_cut_short_is_named(self):
        write_folders(self.folder / "folders", train=2, val=1)
        for split in ("train", "val"):
            with tarfile.open(self.folder / "folders" / f"{split}.tar", "w") as archive:
                archive.add(self.folder / "folders" / split, split)
            for path in sorted((self.folder / "folders" / split).rglob("*"), reverse=True):
                path.rmdir() if path.is_dir() else path.unlink()
            (self.folder / "folders" / split).rmdir()
        whole = (self.folder / "folders" / "train.tar").read_bytes()
        (self.folder / "folders" / "train.tar").write_bytes(whole[:2000])
        self.assert_refuses(self.imagenet(self.folder / "folders", "-b", 2), "train.tar")


class Processes(ImageNetTest):
    def test_two_hosts_with_two_processes_each(self):
        flags = [*SMALL, "--dummy", "--dummy-size", 16, "-b", 4, "--epochs", 1, "-p", 1, "--world-size", 2, "--nproc",
                 2, "--multiprocessing-distributed", "--dist-url", f"tcp://127.0.0.1:{free_port()}", "--dist-backend",
                 "gloo", "--output_dir", self.folder / "run"]
        hosts = [subprocess.Popen([PROGRAMS / "imagenet", *map(str, flags), "--rank", str(rank)], text=True,
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE, **environment()) for rank in (0, 1)]
        outputs = [host.communicate(timeout=300) for host in hosts]
        self.assertEqual([host.returncode for host in hosts], [0, 0], outputs)
        self.assertIn("global batch 8 = 4 processes x 2", outputs[0][0])  # -b is of a host, as in PyTorch's example
        self.assertIn("Epoch: [0][2/2]", outputs[0][0])
        self.assert_succeeds(self.dummy("--epochs", 1, folder="one"))  # batches of 8, too
        one, all_ = (metrics_without_times(self.folder / name)[0] for name in ("one", "run"))
        self.assertEqual(one.keys(), all_.keys())
        # BatchNorm sees the images of each process alone, so the numbers are near and not the same.
        self.assertAlmostEqual(one["train_loss"], all_["train_loss"], delta=0.5)


class Python(ImageNetTest):
    def example(self, *words):
        python = os.environ.get("HEARTH_PYTHON") or "python3"
        result = subprocess.run([python, EXAMPLE, *map(str, words)], capture_output=True, text=True, timeout=300)
        if result.returncode == 77:
            self.skipTest(result.stdout.strip())
        self.assertEqual(result.returncode, 0, result.stderr)
        return result.stdout

    def test_pytorchs_example_goes_on_with_this_programs_run_and_the_other_way(self):
        checkpoint = self.folder / "run" / "checkpoint.pth.tar"
        self.assert_succeeds(self.dummy("--epochs", 2))
        seen = json.loads(self.example("resnet18", 1000, 3, checkpoint, checkpoint))
        self.assertEqual((seen["epoch"], seen["arch"], seen["lr"], seen["momentum"]), (2, "resnet18", [0.01], 62))
        # Now Python's program has written the file in the run's folder, an epoch further than the run has come, with an
        # accuracy that random labels do not reach: no worse model takes the place of the best.
        best = self.folder / "run" / "model_best.pth.tar"
        best.write_bytes(b"Python's best")
        result = self.dummy("--epochs", 4, "--resume", checkpoint)
        self.assert_succeeds(result)
        self.assertIn("Epoch: [3]", result.stdout)
        self.assertNotIn("Epoch: [2]", result.stdout)
        seen = json.loads(self.example("resnet18", 1000, 4, self.folder / "python.pth.tar", checkpoint))
        self.assertEqual(seen["epoch"], 4)
        self.assertGreaterEqual(seen["best_acc1"], 25)  # Python's best is kept
        self.assert_succeeds(run("imagenet", *SMALL, "--dummy", "--dummy-size", 16, "-b", 8, "--epochs", 5, "--resume",
                                 self.folder / "run"))
        self.assertEqual(best.read_bytes(), b"Python's best")

    def test_python_takes_the_weights_of_a_network_that_asks_for_their_version(self):
        self.assert_succeeds(self.dummy("--epochs", 1, "-a", "mnasnet0_5"))
        checkpoint = self.folder / "run" / "checkpoint.pth.tar"
        self.assertEqual(json.loads(self.example("mnasnet0_5", 1000, 1, self.folder / "x", checkpoint))["epoch"], 1)

    def test_a_run_that_pytorchs_example_began_goes_on(self):
        begun = self.folder / "begun.pth.tar"
        self.example("alexnet", 1000, 1, begun)
        result = self.imagenet("--dummy", "--dummy-size", 8, "-b", 4, "-a", "alexnet", "--train-crop-size", 64,
                               "--val-crop-size", 64, "--val-resize-size", 72, "--epochs", 2, "--resume", begun)
        self.assert_succeeds(result)
        self.assertNotIn("Epoch: [0]", result.stdout)
        self.assertEqual([line["epoch"] for line in metrics_without_times(self.folder / "run")], [1])


if __name__ == "__main__":
    unittest.main()
