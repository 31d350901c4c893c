"""Runs a program of examples/howto in a folder of its own, and compares what it prints with the end of its source:

    // Output:
    // what it prints, line for line

    python3 tests/examples/howto_test.py PROGRAM SOURCE [ARGUMENT...]
"""

import difflib
import pathlib
import subprocess
import sys
import tempfile

program, source, *arguments = sys.argv[1:]
text = pathlib.Path(source).read_text()
_, separator, expected = text.partition("\n// Output:\n")
lines = expected.splitlines()
if not separator or not lines or not all(line == "//" or line.startswith("// ") for line in lines):
    sys.exit(f"{source} must end in a comment that begins with \"// Output:\", followed by what the program prints")
expected = [line[3:] for line in lines]

with tempfile.TemporaryDirectory(prefix="hearth-howto-") as folder:
    result = subprocess.run([pathlib.Path(program).resolve(), *arguments], cwd=folder, capture_output=True, text=True,
                            timeout=300)
if result.returncode != 0 or result.stderr:
    sys.exit(f"exit code {result.returncode}\n{result.stdout}{result.stderr}")
difference = list(difflib.unified_diff(expected, result.stdout.splitlines(), source, program, lineterm=""))
if difference:
    sys.exit("\n".join(difference))
