"""Runs examples/compare on folders as runs leave them.

    python3 tests/examples/compare_test.py FOLDER_OF_THE_PROGRAMS
"""

import json
import struct
import unittest

from programs import ProgramTest, run

PARTS = ("loss", "accuracy")


class Compare(ProgramTest):
    def write_run(self, name, config, accuracies, phases=("train", "val"), **more):
        folder = self.folder / name
        folder.mkdir(parents=True)
        (folder / "config.json").write_text(json.dumps(config))
        lines = []
        for epoch, accuracy in enumerate(accuracies):
            figures = {f"{phase}_{part}": accuracy if part == "accuracy" else 1 - accuracy / 2 + epoch
                       for phase in phases for part in PARTS}
            times = {"lr": 0.1, "seconds": 30, "images_per_second": 100 + 100 * epoch, "data_wait_fraction": 0}
            lines.append(json.dumps({"epoch": epoch} | figures | times | more))
        (folder / "metrics.jsonl").write_text("".join(line + "\n" for line in lines))
        return folder

    def compare(self, *arguments):
        return run("compare", "--output", self.folder / "curves.png", *arguments)

    def rows(self, result):
        """The table: of each line's first column, the others."""
        self.assert_succeeds(result)
        lines = result.stdout.split("\n\n")[0].splitlines()
        names = [line[: self.width_of_names(lines)].strip() for line in lines]
        return dict(zip(names, (line[self.width_of_names(lines):].split() for line in lines)))

    def width_of_names(self, lines):
        return len(lines[0]) - len(lines[0].lstrip())  # the first line has no name

    def size_of_picture(self):
        content = (self.folder / "curves.png").read_bytes()
        self.assertEqual(content[:8], b"\x89PNG\r\n\x1a\n")
        return struct.unpack(">II", content[16:24])

    def test_shows_settings_that_differ_and_best_figures(self):
        config = {"program": "food11 train", "lr": 0.001, "epochs": 3, "arch": "densenet121", "output_dir": "a"}
        one = self.write_run("one", config, [0.25, 0.75, 0.5])
        other = config | {"lr": 0.01, "pretrained": "weights.pth", "output_dir": "b", "note": ""}
        two = self.write_run("two", other, [0.5, 0.625])
        rows = self.rows(self.compare(one, two))
        self.assertEqual(rows[""], ["one", "two"])
        self.assertEqual({name: rows[name] for name in list(rows)[1:4]},
                         {"lr": ["0.001", "0.01"], "pretrained": ["-", "weights.pth"], "note": ["-", "(none)"]})
        self.assertEqual(list(rows)[4:], ["epochs", "best epoch", "val loss", "val accuracy", "train loss",
                                          "train accuracy", "duration", "images/s"])
        self.assertEqual(rows["epochs"], ["3", "2"])
        self.assertEqual(rows["best epoch"], ["2", "2"])
        self.assertEqual(rows["val accuracy"], ["0.7500", "0.6250"])
        self.assertEqual(rows["val loss"], ["1.6250", "1.6875"])
        self.assertEqual(rows["duration"], ["1:30", "1:00"])
        self.assertEqual(rows["images/s"], ["200", "150"])
        self.assertEqual(self.size_of_picture(), (1200, 960))

    def test_chooses_best_epochs_by_the_figure_that_is_named(self):
        one = self.write_run("one", {}, [0.25, 0.75, 0.5])
        result = self.compare(one, "--by", "val_loss")
        self.assertEqual(self.rows(result)["best epoch"], ["1"])
        self.assertIn("Best by val loss", result.stdout)
        self.assert_refuses(self.compare(one, "--by", "val_f1"), "the run one has no figure val_f1", "val_accuracy")

    def test_takes_runs_of_other_figures(self):
        one = self.write_run("one", {"lr": 1}, [0.5], phases=("train",))
        two = self.write_run("two", {"lr": 1}, [0.25], val_f1=None)
        rows = self.rows(self.compare(one, two))
        self.assertEqual(rows["train accuracy"], ["0.5000", "0.2500"])
        self.assertEqual(rows["val loss"], ["-", "0.8750"])
        self.assertEqual(rows["val f1"], ["-", "-"])
        self.assertNotIn("lr", rows)

    def test_tells_runs_of_one_name_apart(self):
        one = self.write_run("a/run", {}, [0.5])
        two = self.write_run("b/run", {}, [0.5])
        self.assertEqual(self.rows(self.compare(f"{one}/", two))[""], [f"{one}/", str(two)])
        three = self.write_run("été", {"name": "crème\nbrûlée"}, [0.5])
        self.assertEqual(self.rows(self.compare(one, three, f"{three}/."))[""], ["run", str(three), f"{three}/."])
        self.assertEqual(self.rows(self.compare(one, three))["name"], ["-", "crème\\nbrûlée"])

    def test_takes_a_run_whose_figures_are_no_numbers(self):
        one = self.write_run("one", {}, [0.5, 0.75], val_accuracy=None)
        self.assertEqual(self.rows(self.compare(one))["val accuracy"], ["-"])

    def test_refuses_what_is_no_run(self):
        self.assert_refuses(self.compare(), "name the folders of runs")
        self.assert_refuses(self.compare(self.folder / "absent"), f"there is no folder {self.folder}/absent")
        empty = self.folder / "empty"
        empty.mkdir()
        self.assert_refuses(self.compare(empty), f"{empty} is no run's folder")
        (empty / "config.json").write_text("{}")
        self.assert_refuses(self.compare(empty), f"the run in {empty} has no complete epoch yet")
        (empty / "metrics.jsonl").write_text("")
        self.assert_refuses(self.compare(empty), f"the run in {empty} has no complete epoch yet")
        (empty / "metrics.jsonl").write_text('{"epoch": 0, "val_loss": 1}\n{"epoch"')
        self.assert_refuses(self.compare(empty), f"line 2 of {empty}/metrics.jsonl is no JSON object")
        (empty / "metrics.jsonl").write_text('{"epoch": 0, "f1": 1}\n')
        self.assert_refuses(self.compare(empty), "no loss and no accuracy in common")
        (empty / "config.json").write_text("[1]")
        self.assert_refuses(self.compare(empty), f"{empty}/config.json is no JSON object")
        self.assertFalse((self.folder / "curves.png").exists())

    def test_refuses_a_picture_that_cannot_be_written(self):
        one = self.write_run("one", {}, [0.5])
        self.assert_refuses(run("compare", one, "--output", self.folder / "absent" / "curves.png"), "absent/curves.png")


if __name__ == "__main__":
    unittest.main(verbosity=2)
