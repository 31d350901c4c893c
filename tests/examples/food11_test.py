"""Runs the program food11 as a user does: prepare, train, evaluate, predict, and what it says of bad input.

    python3 tests/examples/food11_test.py FOLDER_OF_THE_PROGRAMS
"""

import csv
import json
import os
import random
import struct
import unittest
import zipfile

import html_check
from programs import ProgramTest, metrics_without_times, png, read_pth, run

CLASSES = ["Bread", "Dairy product", "Dessert", "Egg", "Fried food", "Meat", "Noodles/Pasta", "Rice", "Seafood", "Soup",
           "Vegetable/Fruit"]


# No weights from earlier, and no way to torchvision's server: nothing listens on the port of the discard protocol.
NO_CACHE = {"env": os.environ | {"TORCH_HOME": "/dev/null/none", "HEARTH_WEIGHTS_MIRROR": "http://127.0.0.1:9",
                                 "no_proxy": "127.0.0.1"}}


def write_food11(path, training=2, others=1, extra=()):
    """An archive in Food-11's layout, a colour for each class (PNG files by other names: they are told by content)."""
    noise = random.Random(0)
    with zipfile.ZipFile(path, "w") as archive:
        for split, count in (("training", training), ("validation", others), ("evaluation", others)):
            for label in range(11):
                colour = (25 * label, 255 - 25 * label, 60 * (label % 5))
                for i in range(count):
                    archive.writestr(f"food-11/{split}/{label}_{i}.jpg", png(*colour, noise, side=40))
        for name, content in extra:
            archive.writestr(name, content)


def size_of(picture):
    return struct.unpack(">II", picture.read_bytes()[16:24])


class Food11(ProgramTest):
    def setUp(self):
        super().setUp()
        self.archive = self.folder / "food-11.zip"
        self.data = self.folder / "prepared"
        self.run_folder = self.folder / "run"

    def prepare(self, source=None):
        return run("food11", "prepare", "--source", source or self.archive, "--data", self.data)

    def train(self, *flags):
        return run("food11", "train", "--data", self.data, "--output-dir", self.run_folder, "--device", "cpu",
                   "--image-size", 32, "--batch-size", 11, "--workers", 2, "--epochs", 1, *flags, **NO_CACHE)

    def prepared(self, **options):
        write_food11(self.archive, **options)
        self.assert_succeeds(self.prepare())

    def of_best(self, *flags, command="evaluate"):
        return run("food11", command, "--weights", self.run_folder / "best.pth", "--data", self.data, "--device", "cpu",
                   *flags)

    def test_prepares_class_folders_and_counts_them(self):
        write_food11(self.archive)
        result = self.prepare()
        self.assert_succeeds(result)
        for name in CLASSES:
            self.assertIn(name, result.stdout)
        self.assertEqual(sorted(path.name for path in (self.data / "training").iterdir()),
                         [name.replace(" ", "_").replace("/", "_") for name in CLASSES])
        again = self.prepare()
        self.assert_succeeds(again)
        self.assertEqual(again.stdout, result.stdout)

    def test_trains_evaluates_and_predicts(self):
        self.prepared()
        result = self.train("--pretrained", "none", "--batch-norm", "train", "--epochs", 2, "--lr", 0.001)
        self.assert_succeeds(result)
        self.assertRegex(result.stdout, r"\[INFO\] EPOCH: 2/2\nTrain loss: \d\.\d+, Train accuracy: \d\.\d+\n"
                                        r"Val loss: \d+\.\d+, Val accuracy: \d\.\d+\n")
        self.assertLessEqual({"config.json", "metrics.jsonl", "metrics.csv", "checkpoints", "best.pth", "last.pth",
                              "curves.png", "confusion_matrix.png", "confusion_matrix.csv", "report.txt",
                              "reliability.png", "predictions.png", "report.html", "environment.txt", "command.txt",
                              "summary.txt", "tensorboard"},
                             {path.name for path in self.run_folder.iterdir()})
        page = html_check.read((self.run_folder / "report.html").read_text(encoding="utf-8"))
        self.assertEqual(page.problems, [])
        self.assertLessEqual({"curves", "epochs", "confusion", "classification", "calibration", "predictions", "command",
                              "settings", "model", "environment"}, set(page.ids))
        self.assertIn("complete", page.texts["strong"])
        best = max(metrics_without_times(self.run_folder), key=lambda line: line["val_accuracy"])

        with self.subTest("evaluate"):
            result = self.of_best("--split", "validation")
            self.assert_succeeds(result)
            self.assertIn(f"accuracy           {best['val_accuracy']:.4f}\n", result.stdout)
            self.assertEqual((self.run_folder / "validation" / "report.txt").read_text(),
                             (self.run_folder / "report.txt").read_text())
            self.assert_succeeds(self.of_best())
            with open(self.run_folder / "evaluation" / "confusion_matrix.csv", newline="") as file:
                rows = list(csv.reader(file))
            self.assertEqual(rows[0][1:], CLASSES)
            self.assertEqual([sum(map(int, row[1:])) for row in rows[1:]], [1] * 11)
        with self.subTest("predict some of the evaluation images"):
            result = self.of_best("--count", 5, "--top-k", 2, command="predict")
            self.assert_succeeds(result)
            outcomes = json.loads((self.run_folder / "predictions" / "predictions.json").read_text())
            self.assertEqual(len(outcomes), 5)
            for outcome in outcomes:
                first, second = outcome["predictions"]
                self.assertGreaterEqual(first["probability"], second["probability"])
                self.assertEqual(outcome["right"], outcome["label"] == first["class"])
                self.assertIn(outcome["label"].replace(" ", "_").replace("/", "_"), outcome["file"])
                self.assertIn(f"{outcome['file']}: {first['class']} (", result.stdout)
            self.assertGreater(size_of(self.run_folder / "predictions" / "predictions.png")[0], 5 * 100)
        with self.subTest("predict files and a folder"):
            one = self.data / "evaluation" / "Egg" / "3_0.jpg"
            result = self.of_best("--output-dir", self.folder / "out", one, self.data / "evaluation" / "Rice",
                                  command="predict")
            self.assert_succeeds(result)
            outcomes = json.loads((self.folder / "out" / "predictions.json").read_text())
            self.assertEqual([outcome["file"] for outcome in outcomes],
                             [str(one), str(self.data / "evaluation" / "Rice" / "7_0.jpg")])
            self.assertNotIn("label", outcomes[0])
            self.assert_refuses(self.of_best(self.folder / "none.jpg", command="predict"), self.folder / "none.jpg")

        with self.subTest("a frozen BatchNorm keeps its weights and statistics, to the bit"):
            first = read_pth(self.run_folder / "last.pth")
            for mode, keeps_weights, keeps_statistics in (("frozen", True, True), ("affine", True, False),
                                                          ("train", False, False)):
                self.assert_succeeds(self.train("--pretrained", self.run_folder / "last.pth", "--batch-norm", mode,
                                                "--output-dir", self.folder / mode, "--lr", 0.001))
                last = read_pth(self.folder / mode / "last.pth")
                kept = {name: last[name] == tensor for name, tensor in first.items()}
                self.assertFalse(kept["features.conv0.weight"])
                norms = [name for name in kept if "norm" in name]
                self.assertGreater(len(norms), 500)
                for name in norms:
                    is_weight = name.endswith((".weight", ".bias"))
                    self.assertEqual(kept[name], keeps_weights if is_weight else keeps_statistics, f"{mode}: {name}")

    def test_refuses_bad_input_of_prepare(self):
        def refuses(name, *parts, **options):
            write_food11(self.archive, **options)
            self.assert_refuses(self.prepare(), *parts)
            self.assertFalse(self.data.exists(), name)

        refuses("no number", "Bread.jpg", extra=[("food-11/training/Bread.jpg", "")])
        refuses("number 11", "11_0.jpg", extra=[("food-11/training/11_0.jpg", "")])
        refuses("an empty split", "validation", others=0)
        write_food11(self.archive)
        whole = self.archive.read_bytes()
        with zipfile.ZipFile(self.archive) as archive:
            entries = {name: archive.read(name) for name in archive.namelist()}
        with zipfile.ZipFile(self.archive, "w") as archive:
            for name, content in entries.items():
                if not name.startswith("food-11/evaluation/4_"):
                    archive.writestr(name, content)
        self.assert_refuses(self.prepare(), "evaluation", "Fried food")
        self.archive.write_bytes(whole[: len(whole) // 2])
        self.assert_refuses(self.prepare(), self.archive)
        self.assert_refuses(self.prepare(self.folder / "none.zip"), self.folder / "none.zip")
        self.assert_refuses(run("food11", "prepare"), "--source is missing")

    def test_refuses_bad_input_of_the_others(self):
        self.assert_refuses(self.train(), self.data)
        self.prepared()
        self.assert_refuses(self.train(), "densenet121-a639ec97.pth", "--pretrained none")
        self.assert_refuses(self.train("--batch-norm", "thawed"), "--batch-norm", "frozen, affine or train", "thawed")
        self.assert_refuses(self.train("--pretrained", self.folder / "none.pth"), self.folder / "none.pth")
        self.assert_refuses(self.train("--count", 3), "no flag --count")
        self.assert_refuses(run("food11", "evaluate", "--data", self.data), "--weights is missing")
        self.assert_refuses(run("food11", "bake"), "bake", "prepare, train, evaluate or predict")
        result = run("food11", "--help")
        self.assert_succeeds(result)
        self.assertIn("prepare", result.stdout)

    def test_refuses_weights_of_another_head(self):
        self.prepared()
        with self.subTest("of another network"):
            other = self.folder / "other"
            sample = {"--data": self.folder / "tiny.zip"}
            from programs import write_tiny_imagenet
            write_tiny_imagenet(sample["--data"])
            self.assert_succeeds(self.tiny_imagenet(sample["--data"], "--epochs", 1, "--arch", "densenet121",
                                                    "--output-dir", other, "--prepared", self.folder / "tiny"))
            for command in ("evaluate", "predict"):
                self.assert_refuses(run("food11", command, "--weights", other / "best.pth", "--data", self.data),
                                    other / "best.pth", "classifier", "11")


if __name__ == "__main__":
    unittest.main(verbosity=2)
