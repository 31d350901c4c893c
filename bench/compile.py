"""What a compiler takes for hearth's programs, beside a plain LibTorch program that trains an MLP: a table.

    cmake/build.sh release -D HEARTH_BUILD_BENCH=ON -n && python bench/compile.py
    git worktree add ../before COMMIT && python bench/compile.py --before ../before

Each round compiles everything once, in turn, one compiler at a time, with the flags of build/release; ccache and
precompiled headers have no part in it. The figures are the least of the rounds: user seconds, which other work on the
machine disturbs least, and the compiler's peak memory.
"""

import argparse
import json
import os
import pathlib
import re
import shlex
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[1]


class Compilers:
    """Runs the compiler of the build as it would for a source file, with changes."""

    def __init__(self, build):
        entries = json.loads((build / "compile_commands.json").read_text())
        self.commands = {entry["file"]: entry for entry in entries}
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="hearth-compile-"))

    def library(self):
        return [file for file, entry in self.commands.items() if "hearth_compiled.dir" in entry["command"]]

    def arguments(self, file):
        entry = self.commands[str(file)]
        words = shlex.split(entry["command"])
        while not re.search(r"(\+\+|clang|gcc)[-0-9.]*$", words[0]):  # the launcher
            words = words[1:]
        words.remove(entry["file"])
        for option in ("-o", "-MF", "-MT"):
            if option in words:
                at = words.index(option)
                del words[at:at + 2]
        return [word for word in words if word not in ("-c", "-MD", "-Werror")]

    def measure(self, arguments, source):
        command = [*arguments, "-c", str(source), "-o", str(self.folder / "out.o")]
        pid = os.posix_spawnp(command[0], command, os.environ)
        _, status, usage = os.wait4(pid, 0)
        if status:
            sys.exit("failed: " + shlex.join(command))
        return usage.ru_utime, usage.ru_maxrss / 1e6 * (1 if sys.platform == "linux" else 1e-3)

    def text(self, name, *headers):
        path = self.folder / f"{name}.cpp"
        path.write_text("".join(f"#include <{header}>\n" for header in headers))
        return path


def cases(compilers, before):
    """(name, arguments, source, what it is compared with, the most that it may be of that)"""
    plain = ROOT / "bench/plain_mlp.cpp"
    yield "plain LibTorch MLP", compilers.arguments(plain), plain, None, None
    programs = {name: ROOT / f"examples/{name}.cpp" for name in ("fashion_mnist", "tiny_imagenet", "food11")}
    for name, source in programs.items():
        yield (f"{name}, hearth::compiled", compilers.arguments(source), source, "plain LibTorch MLP",
               1.3 if name == "fashion_mnist" else 1.5)
    def header_only(arguments):
        return [word for word in arguments if word != "-DHEARTH_COMPILED"] + ["-DFMT_HEADER_ONLY=1",
                                                                              "-DHEARTH_WITH_LIBJPEG_TURBO"]
    for name, source in programs.items():
        yield (f"{name}, hearth::hearth", header_only(compilers.arguments(source)), source, "plain LibTorch MLP",
               2.0 if name == "fashion_mnist" else None)
    reading = [*compilers.arguments(programs["fashion_mnist"]), "-fsyntax-only"]
    torch = compilers.text("torch", "torch/torch.h")
    both = compilers.text("both", "torch/torch.h", "hearth/hearth.hpp")
    yield "read torch/torch.h", reading, torch, None, None
    yield "read both, hearth::compiled", reading, both, "read torch/torch.h", 1.2
    yield "read both, hearth::hearth", header_only(reading), both, "read torch/torch.h", 1.2
    if before:
        def there(arguments):
            return [word.replace(str(ROOT / "include"), str(before / "include")) for word in arguments]
        for name in filter(lambda name: (before / f"examples/{name}.cpp").exists(), programs):
            yield (f"{name}, before", there(header_only(compilers.arguments(programs[name]))),
                   before / f"examples/{name}.cpp", "plain LibTorch MLP", None)
        yield "read both, before", there(header_only(reading)), both, "read torch/torch.h", None


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/release",
                        help="a build with HEARTH_BUILD_BENCH (default: build/release)")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--before", type=pathlib.Path, help="a worktree with an earlier commit, to compile the same from")
    parser.add_argument("--library", action="store_true", help="measure the sources of hearth::compiled too")
    parser.add_argument("--only", nargs="*", default=[""], help="measure what has one of these texts in its name")
    args = parser.parse_args()
    compilers = Compilers(args.build)
    todo = list(cases(compilers, args.before and args.before.resolve()))
    if args.library:
        todo += [(f"compiled/{pathlib.Path(file).name}", compilers.arguments(file), file, None, None)
                 for file in compilers.library()]
    todo = [case for case in todo if any(text in case[0] for text in args.only)]

    best = {}
    for round_number in range(args.rounds):
        for name, arguments, source, _, _ in todo:
            print(f"\rround {round_number + 1} of {args.rounds}: {name:40}", end="", file=sys.stderr, flush=True)
            measured = compilers.measure(arguments, source)
            best[name] = tuple(map(min, best.get(name, measured), measured))
    print("\r" + " " * 70 + "\r", end="", file=sys.stderr)

    print("| compiled | user s | peak GB | ratio | aim |\n|---|---|---|---|---|")
    for name, _, _, against, aim in todo:
        seconds, gigabytes = best[name]
        ratio = f"{seconds / best[against][0]:.2f} x {against}" if against in best else ""
        print(f"| {name} | {seconds:.1f} | {gigabytes:.2f} | {ratio} | {f'at most {aim}' if aim else ''} |")


if __name__ == "__main__":
    main()
