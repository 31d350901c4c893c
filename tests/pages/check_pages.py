"""check_pages.py PROGRAMS CMAKE: what README.md, HACKING.md and docs/*.md say beside C++ is true.

- Commands: each program of examples/ that a block or a word in code starts has the flags that stand behind it, as its
  --help lists them; each script exists and knows its flags; each target of make is one.
- ```python blocks are Python, ```cmake blocks are CMake whose targets hearth:: has.
- Links lead to files and headings that are there, and some page leads to each program of examples/howto.
"""

import ast
import pathlib
import re
import subprocess
import sys
import tempfile
import textwrap

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", ROOT / "HACKING.md", *sorted((ROOT / "docs").glob("*.md"))]
COMMANDS = {"food11": ("prepare", "train", "evaluate", "predict")}  # programs whose first argument is a command


class Checker:
    def __init__(self, programs, cmake):
        self.programs = pathlib.Path(programs)
        self.cmake = cmake
        self.wrong = []
        self.counts = {}
        self.helps = {}
        sources = (ROOT / "examples").glob("*.cpp")
        self.names = {path.stem for path in sources if "int main(" in path.read_text()}
        self.targets = set(re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE))
        # A component is what hearthConfig.cmake finds.
        config = (ROOT / "cmake/hearthConfig.cmake.in").read_text()
        components = re.search(r"set\(hearth_components ([a-z ]+)\)", config)[1].split()
        self.libraries = {f"hearth::{name}" for name in ["hearth", *components]}

    def complain(self, page, sentence):
        self.wrong.append(f"{page.name}: {sentence}")

    def count(self, what):
        self.counts[what] = self.counts.get(what, 0) + 1

    def help_of(self, program, command):
        if (program, command) not in self.helps:
            words = [self.programs / program, *([command] if command else []), "--help"]
            self.helps[program, command] = subprocess.run(words, capture_output=True, text=True, timeout=120).stdout
        return self.helps[program, command]

    def check_command(self, page, line):
        """A line of shell: the programs in it, each with the words up to the next operator."""
        for part in re.split(r"\s(?:&&|\|\||[|&;])\s|\s[|&;]$|'", line):
            words = part.split()
            for place, word in enumerate(words):
                name = word.rsplit("/", 1)[-1]
                if re.fullmatch(r"[^-=]*", word) and name in self.names and (word == name or "examples/" in word):
                    self.check_flags(page, name, words[place + 1 :])
                    break
                if re.fullmatch(r"[a-z_/]+/[a-z_0-9]+\.(py|sh)", word):
                    self.check_script(page, word, words[place + 1 :])
                    break
                if word == "make" and place + 1 < len(words) and place == 0:
                    self.count("targets of make")
                    if words[1] not in self.targets:
                        self.complain(page, f"make has no target {words[1]}")
                    break

    def check_flags(self, page, program, words):
        command = words[0] if program in COMMANDS and words and words[0] in COMMANDS[program] else None
        if program in COMMANDS and command is None:
            return
        text = self.help_of(program, command)
        self.count("commands")
        for flag in words:
            if re.match(r"--?[a-zA-Z]", flag):
                flag = flag.split("=")[0].rstrip(",.;:")
                self.count("flags")
                if not re.search(rf"(?<![\w-]){re.escape(flag)}(?![\w-])", text):
                    self.complain(page, f"{program} {command or ''} has no flag {flag}")

    def check_script(self, page, script, words):
        self.count("scripts")
        if not (ROOT / script).is_file():
            self.complain(page, f"there is no script {script}")
            return
        text = (ROOT / script).read_text()
        if script.endswith(".py"):
            for flag in (word for word in words if word.startswith("--")):
                if f'"{flag}"' not in text:
                    self.complain(page, f"{script} has no flag {flag}")

    def check_cmake(self, page, block):
        """Runs the block with functions in the place of those that need a project, which note what they are given."""
        self.count("CMake blocks")
        for library in set(re.findall(r"\bhearth::[a-z_]+", block)) - self.libraries:
            self.complain(page, f"there is no target {library}")
        known = ("find_package", "target_link_libraries", "add_subdirectory", "add_executable", "include",
                 "FetchContent_Declare", "FetchContent_MakeAvailable", "project", "target_compile_features")
        stubs = "".join(f"function({name})\nendfunction()\n" for name in known)
        with tempfile.TemporaryDirectory() as folder:
            script = pathlib.Path(folder, "block.cmake")
            script.write_text("cmake_minimum_required(VERSION 3.25)\n" + stubs + block)
            done = subprocess.run([self.cmake, "-P", script], capture_output=True, text=True)
        if done.returncode != 0:
            self.complain(page, f"CMake refuses a block: {done.stderr}")

    def check_python(self, page, block):
        self.count("Python blocks")
        try:
            ast.parse(textwrap.dedent(block))
        except SyntaxError as error:
            self.complain(page, f"a block is no Python: {error}")

    def check_links(self, page, text):
        for target in re.findall(r"\]\(([^)\s]+)\)", text):
            if re.match(r"[a-z]+:", target):
                continue
            self.count("links")
            path, _, anchor = target.partition("#")
            file = (page.parent / path).resolve() if path else page
            if not file.exists():
                self.complain(page, f"a link leads to {target}, which is not there")
            elif anchor:
                headings = re.findall(r"^#+ (.*)$", file.read_text(), re.MULTILINE)
                anchors = {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
                if anchor not in anchors:
                    self.complain(page, f"a link leads to {target}, but {file.name} has no such heading")

    def check(self, page):
        text = page.read_text()
        blocks = re.compile(r"^ *```(\w*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
        for language, block in blocks.findall(text):
            if language == "cmake":
                self.check_cmake(page, block)
            elif language == "python":
                self.check_python(page, block)
            elif language in ("sh", "bash", "console"):
                for line in re.sub(r"\\\n", " ", block).splitlines():
                    self.check_command(page, line)
        rest = blocks.sub("", text)
        self.check_links(page, rest)
        indented = re.sub(r"\\\n", " ", "".join(re.findall(r"^    .*\n", rest, re.MULTILINE)))
        for line in [*indented.splitlines(), *re.findall(r"`([^`\n]+)`", rest)]:
            line = re.sub(r"\s+#.*", "", line.strip()).removeprefix("$ ")
            if re.match(r"\S+:\s", line):
                continue  # what a program printed
            self.check_command(page, line)


def main():
    checker = Checker(sys.argv[1], sys.argv[2])
    for page in PAGES:
        checker.check(page)
    text = "".join(page.read_text() for page in PAGES)
    for howto in sorted((ROOT / "examples/howto").glob("*.cpp")):
        checker.count("howtos")
        if f"howto/{howto.name})" not in text:
            checker.complain(ROOT / "README.md", f"no page leads to {howto.name}")
    print(", ".join(f"{number} {what}" for what, number in sorted(checker.counts.items())))
    for what in ("commands", "flags", "CMake blocks", "Python blocks", "links"):
        if not checker.counts.get(what):
            checker.wrong.append(f"no page has any {what}: the check does not see them")
    if checker.wrong:
        sys.exit("\n".join(checker.wrong))


if __name__ == "__main__":
    main()
