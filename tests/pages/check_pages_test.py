"""check_pages.py complains about what is not true, and of nothing else."""

import pathlib
import sys
import tempfile
import unittest

import check_pages

CMAKE = sys.argv.pop()


class Pages(unittest.TestCase):
    def complaints(self, text):
        """What the checker says of a page with this text, where every program has the flags --data and --nproc alone."""
        checker = check_pages.Checker("unused", CMAKE)
        checker.help_of = lambda program, command: "  --data PATH  --nproc N\n"
        with tempfile.NamedTemporaryFile("w", suffix=".md") as file:
            file.write(text)
            file.flush()
            checker.check(pathlib.Path(file.name))
        return [sentence.split(": ", 1)[1] for sentence in checker.wrong]

    def test_a_flag_that_help_does_not_list_is_named(self):
        self.assertEqual(self.complaints("Say `fashion_mnist --data X --speed 3`."), ["fashion_mnist  has no flag --speed"])
        self.assertEqual(self.complaints("So:\n\n    $ torchrun --nnodes=2 --no-python fashion_mnist --data X --np 2\n"),
                         ["fashion_mnist  has no flag --np"])
        self.assertEqual(self.complaints("    fashion_mnist --data X \\\n        --tempo 3\n"),
                         ["fashion_mnist  has no flag --tempo"])
        self.assertEqual(self.complaints("    food11 train --data X --nproc 2 && compare --data X\n"), [])

    def test_what_a_program_prints_is_no_command(self):
        self.assertEqual(self.complaints("    fashion_mnist: rank 1 was ended --by a signal\n"), [])

    def test_scripts_and_targets_of_make_must_be_there(self):
        self.assertEqual(self.complaints("    python bench/nothing.py --x\n"), ["there is no script bench/nothing.py"])
        self.assertEqual(self.complaints("    python bench/weights.py --program X --sped\n"), ["bench/weights.py has no flag --sped"])
        self.assertEqual(self.complaints("`make coffee`, `make test`"), ["make has no target coffee"])

    def test_blocks_of_python_and_cmake_are_read(self):
        self.assertEqual(len(self.complaints("```python\nx = = 3\n```\n")), 1)
        self.assertEqual(self.complaints("```python\nx = 3\n```\n"), [])
        self.assertEqual(self.complaints("```cmake\ntarget_link_libraries(a PRIVATE hearth::nothing)\n```\n"),
                         ["there is no target hearth::nothing"])
        self.assertEqual(len(self.complaints("```cmake\nfind_pakage(hearth)\n```\n")), 1)

    def test_links_lead_to_files_and_headings(self):
        page = check_pages.ROOT / "docs/training.md"
        self.assertEqual(self.complaints(f"[a](nowhere.md) [b]({page}) [c](https://example.org)"),
                         ["a link leads to nowhere.md, which is not there"])
        self.assertEqual(self.complaints(f"[a]({page}#the-task) [b]({page}#nothing)"),
                         [f"a link leads to {page}#nothing, but training.md has no such heading"])


if __name__ == "__main__":
    unittest.main()
