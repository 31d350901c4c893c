"""bench_test.py PROGRAMS: bench/run.py measures, checks and reports, with next to nothing in a round."""

import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "bench"), str(ROOT / "tests")]

try:
    import numpy
    import torchvision_parts  # noqa: F401, before torchvision
    import torchvision  # noqa: F401
    from PIL import Image
except ImportError as reason:
    print(f"skipped: the comparison of speeds: {reason}")
    sys.exit(77)

from runner import measure, report
from runner.sides import Failed, Side

PROGRAMS = None


def make_images(folder, classes=3, images=4):
    """Noise as JPEG files, in the layout of Tiny ImageNet, grey ones among them."""
    noise = numpy.random.default_rng(0)
    for label in range(classes):
        place = folder / f"n0000000{label}" / "images"
        place.mkdir(parents=True)
        for number in range(images):
            shape = (60 + label, 70) if number == 0 else (60 + label, 70, 3)
            Image.fromarray(noise.integers(0, 256, shape, numpy.uint8)).save(place / f"{number}.JPEG", quality=90)


class Bench(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        kept = tempfile.TemporaryDirectory()
        cls.addClassCleanup(kept.cleanup)
        cls.folder = pathlib.Path(kept.name)
        make_images(cls.folder / "data" / "tiny-imagenet-200" / "train")
        cls.page = cls.folder / "page.md"
        cls.page.write_text(f"before\n{report.BEGIN}\nof an earlier run\n{report.END}\nafter\n")
        cls.done = subprocess.run(
            [sys.executable, ROOT / "bench/run.py", "--tiny", "--rows", "tiny", "photos", "folders", "--data",
             cls.folder / "data", "--programs", PROGRAMS, "--work", cls.folder / "work", "--output", cls.folder / "out",
             "--write-docs", cls.page], capture_output=True, text=True)
        cls.run_ = json.loads((cls.folder / "out" / "bench.json").read_text())
        cls.rows = {row["key"]: row for row in cls.run_["rows"]}

    def test_each_row_has_figures_of_both_sides_and_their_ratio(self):
        for key, unit in {"tiny": "images/s", "folders": "s"}.items():
            row = self.rows[key]
            self.assertNotIn("failed", row)
            self.assertEqual(row["unit"], unit)
            ours = row["sides"]["hearth"]["values"]
            for against in ("idiomatic", "tuned"):
                theirs = row["sides"][against]["values"]
                self.assertEqual((len(ours), len(theirs)), (self.run_["pairs"], self.run_["pairs"]))
                better = ours[0] / theirs[0] if unit == "images/s" else theirs[0] / ours[0]
                self.assertAlmostEqual(row["ratios"][against]["median"], better)

    def test_the_machine_and_its_limits_are_named(self):
        for name in ("date", "command", "cpu", "cores", "memory_bytes"):
            self.assertTrue(self.run_["machine"][name], name)
        self.assertLessEqual({"hearth", "torch", "torchvision", "pillow", "python"}, set(self.run_["machine"]["versions"]))
        self.assertLessEqual({"write", "gemm", "gemm_mlp"}, set(self.run_["limits"]))
        self.assertGreater(self.rows["folders"]["limit"]["distance"], 0)

    def test_a_row_without_its_data_says_so_and_the_others_go_on(self):
        self.assertEqual(self.done.returncode, 1)
        self.assertIn("neither imagenet-samples nor imagenet-samples.tar", self.rows["photos"]["failed"])

    def test_what_is_printed_is_what_goes_to_the_page(self):
        page = self.page.read_text()
        self.assertTrue(page.startswith("before\n") and page.endswith("after\n"))
        self.assertNotIn("of an earlier run", page)
        self.assertIn(report.table(self.run_["rows"]), page)
        self.assertIn(report.table(self.run_["rows"]), self.done.stdout)

    def test_the_picture_has_a_bar_for_each_ratio(self):
        with Image.open(self.folder / "out" / "bench.png") as picture:
            self.assertEqual(picture.width, 1200)
            self.assertGreater(picture.height, 4 * 26)
            self.assertGreater(len(picture.getcolors(1 << 20)), 10)

    def test_nothing_made_for_the_rows_stays(self):
        self.assertEqual([path.name for path in (self.folder / "work").glob("tree-*")], [])

    def test_the_images_of_both_sides_are_the_same(self):
        self.assertEqual(self.rows["tiny"]["sides"]["hearth"]["difference"], 0)


class Checks(unittest.TestCase):
    def test_other_numbers_stop_a_row(self):
        one, other = numpy.float32([1, 2]), numpy.float32([1, 2.5])
        self.assertEqual(measure.compare(one, one, 0, "a side"), 0)
        self.assertEqual(measure.compare(one, other, 0.5, "a side"), 0.5)
        with self.assertRaisesRegex(Failed, "a side differs by 0.5 from the reference, and may by 0.4"):
            measure.compare(one, other, 0.4, "a side")
        with self.assertRaisesRegex(Failed, "3 numbers where the reference has 2"):
            measure.compare(one, numpy.zeros(3, numpy.float32), 1, "a side")
        with self.assertRaisesRegex(Failed, "not finite"):
            measure.compare(one, numpy.float32([1, numpy.nan]), 1, "a side")

    def test_a_program_that_fails_says_why(self):
        side = Side("hearth", [pathlib.Path(PROGRAMS, "bench_inputs"), "mode=opening", "data=/nowhere", "index="])
        with self.assertRaisesRegex(Failed, "hearth: error: .*/nowhere"):
            side.ready()
        side.end()

    def test_fewer_seconds_and_more_images_are_better(self):
        self.assertEqual(measure.ratios([4, 6], [2, 2], "images/s"), [2, 3])
        self.assertEqual(measure.ratios([4, 6], [2, 2], "s"), [0.5, 1 / 3])


if __name__ == "__main__":
    PROGRAMS = sys.argv.pop()
    unittest.main()
