"""docs/api/reference.py names what has no sentence, on a small tree, and nothing else."""

import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]

HEADER = """/// What this header is for.
#pragma once

namespace hearth {

%s

}  // namespace hearth
"""


class Reference(unittest.TestCase):
    def read(self, declarations, folder="core"):
        """Gives the exit code and what is printed for a library of one header."""
        with tempfile.TemporaryDirectory() as name:
            tree = pathlib.Path(name)
            shutil.copytree(ROOT / "docs/api", tree / "docs/api")
            header = tree / "include/hearth" / folder / "a.hpp"
            header.parent.mkdir(parents=True)
            header.write_text(HEADER % declarations)
            # The pages that the main page leads to.
            for page in (ROOT / "docs").glob("*.md"):
                (tree / "docs" / page.name).write_text(f"# {page.stem}\n")
            command = [sys.executable, ROOT / "docs/api/reference.py", tree / "out", "--root", tree]
            done = subprocess.run(command, capture_output=True, text=True)
            return done.returncode, done.stdout + done.stderr

    def assert_refused(self, declarations, *names, folder="core"):
        code, printed = self.read(declarations, folder)
        self.assertEqual(code, 1, printed)
        found = sorted(line.split(" the ")[1].split(" has")[0] for line in printed.splitlines() if " the " in line)
        self.assertEqual(found, sorted(names), printed)

    def assert_accepted(self, declarations, folder="core"):
        code, printed = self.read(declarations, folder)
        self.assertEqual(code, 0, printed)

    def test_a_function_a_type_and_a_concept_without_a_sentence_are_named(self):
        self.assert_refused("int f(int);", "function hearth::f")
        self.assert_refused("class A {\n public:\n  /// Does it.\n  void g();\n};", "class hearth::A")
        self.assert_refused("template <class T>\nconcept Like = requires(T t) { t.x(); };", "concept hearth::Like")

    def test_members_and_enumerators_without_a_sentence_are_named(self):
        self.assert_refused("/// A thing.\nstruct A {\n  int first = 0;  ///< one\n  int second = 0;\n};",
                            "variable hearth::A::second")
        self.assert_refused("/// A choice: red.\nenum class E { red, green };", "enumerator hearth::E::green")

    def test_a_member_that_the_sentence_of_its_type_names_has_one(self):
        self.assert_accepted("/// A thing: `first`, then `second`.\nstruct A {\n  int first = 0;\n  int second = 0;\n};")

    def test_a_comment_stands_for_the_functions_right_below_it_and_no_further(self):
        body = "/// A thing.\nclass A {\n public:\n  /// Its sides.\n  int height() const;\n  int width() const;\n%s};"
        self.assert_accepted(body % "")
        self.assert_refused(body % "\n  int depth() const;\n", "function hearth::A::depth")

    def test_internal_namespaces_and_private_members_need_none(self):
        self.assert_accepted("namespace detail {\nint f(int);\n}  // namespace detail\n\n/// A thing.\nclass A {\n"
                             " private:\n  int hidden() const;\n  int x_ = 0;\n};")

    def test_what_every_transform_has_is_described_in_one_place(self):
        transform = "/// A flip.\nclass Flip {\n public:\n  void plan(transforms::Plan& plan, RandomStream& random) const;\n};"
        self.assert_accepted(transform, folder="transforms")
        self.assert_refused(transform, "function hearth::Flip::plan")

    def test_options_are_described_as_those_of_a_type_and_nothing_else(self):
        options = "struct BoxOptions {\n  int size = 0;  ///< one\n};\n\n"
        self.assert_accepted(options + "/// A box.\nclass Box {};")
        self.assert_refused(options + "/// Makes a box.\nvoid box();", "struct hearth::BoxOptions")

    def test_a_deduction_guide_is_no_function(self):
        self.assert_accepted("/// A box.\ntemplate <class T>\nclass Box {};\n\ntemplate <class T>\nBox(T, int) -> Box<T>;")


if __name__ == "__main__":
    unittest.main()
