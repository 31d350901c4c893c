"""hearth beside Python, in turn: loaders, training, memory and opening, with what the machine could do at most.

    make bench                          everything, some ten minutes on two cores
    make bench BENCH=--quick            two minutes: fewer pairs and images, no curves
    make bench BENCH="--rows tiny mlp"  some rows

It prints a Markdown table, and writes bench.json, bench.md and bench.png to --output. Every row is checked first: both
sides must compute the same thing. --write-docs FILE puts the table of the run, or of an earlier one (--from), into FILE.
"""

import argparse
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "bench"), str(ROOT / "tests")]

import torchvision_parts  # noqa: E402, F401, before torchvision

from runner import machine, measure, report  # noqa: E402
from runner.prepare import Data  # noqa: E402
from runner.sides import UNSET, Failed, Side  # noqa: E402
from runner.table import CORES, QUICK, TINY, Amounts, Table  # noqa: E402


def default_data():
    shared = os.environ.get("HEARTH_SHARED")
    return pathlib.Path(shared) / "data" if shared else ROOT.parent / "shared" / "data"


def limits_of(programs, data, seconds):
    settings = {"threads": CORES, "seconds": seconds}
    for kind in ("tiny", "photos"):
        try:
            settings[kind] = getattr(data, kind)()
        except Failed:
            pass
    command = [programs / "bench_limits", *(f"{name}={value}" for name, value in settings.items())]
    environment = {name: value for name, value in os.environ.items() if name not in UNSET}
    printed = subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout
    return {name: float(value) for name, value in (line.split("=") for line in printed.split())}


def say(text):
    print(text, file=sys.stderr, flush=True)


def measure_rows(table, names, amounts, limits, folder):
    results = []
    for name, group in table.groups().items():
        if name not in names:
            continue
        start = time.monotonic()
        print(f"{name:12}", end="", file=sys.stderr, flush=True)
        try:
            figures, differences, empty = measure.run(group, amounts.pairs, folder)
            results += [measure.result_of(row, group, figures, differences, empty, limits) for row in group.rows]
            said = ", ".join(f"{row['ratios']['idiomatic']['median']:.2f}× / {row['ratios']['tuned']['median']:.2f}×"
                             for row in results[-len(group.rows):])
        except (Failed, OSError) as reason:
            results += [measure.failed_row(row, group, str(reason)) for row in group.rows]
            said = f"not measured: {reason}"
        finally:
            table.clean()
        say(f" {said}  ({time.monotonic() - start:.0f} s)")
    return results


def measure_curves(table, points):
    curves = []
    for title, axis, places in table.curves():
        start = time.monotonic()
        curve = {"title": title, "axis": axis, "points": []}
        for at, commands in places:
            sides = [Side(name, command) for name, command in commands.items()]
            try:
                rates = {side.ready().name: [] for side in sides}
                for side in sides:
                    side.round()
                for _ in range(points):
                    for side in sides:
                        rates[side.name].append(measure.one(side, "images/s"))
            finally:
                for side in sides:
                    side.end()
            curve["points"].append({"at": at, **{name: statistics.median(all_of) for name, all_of in rates.items()}})
        curves.append(curve)
        say(f"{title:12} {time.monotonic() - start:.0f} s")
    return curves


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="two minutes: fewer pairs and images, no curves")
    parser.add_argument("--tiny", action="store_true", help="next to nothing of everything: to see that it works")
    parser.add_argument("--data", type=pathlib.Path, default=default_data(),
                        help="the folder of tiny-imagenet-200.zip, imagenet-samples.tar and mnist/; default: %(default)s")
    parser.add_argument("--rows", nargs="+", help="only these, by their names; `--rows none` with --scaling: curves alone")
    parser.add_argument("--pairs", type=int, help="rounds of each side")
    parser.add_argument("--files", type=int, help="of the folder tree that is opened; 1.3 million, and 50,000 with --quick")
    parser.add_argument("--scaling", action="store_true", help="the curves, with --quick or --rows, too")
    parser.add_argument("--programs", type=pathlib.Path, default=ROOT / "build/release/bench", help="the built programs")
    parser.add_argument("--work", type=pathlib.Path, default=ROOT / "build/bench", help="for unpacked data and the tree")
    parser.add_argument("--output", type=pathlib.Path, default=ROOT / "runs/bench")
    parser.add_argument("--from", dest="earlier", type=pathlib.Path, help="a bench.json that is shown again, unmeasured")
    parser.add_argument("--write-docs", type=pathlib.Path, help="the page that gets the table, and the picture beside it")
    args = parser.parse_args()

    if args.earlier:
        run = json.loads(args.earlier.read_text())
        report.write_picture(run, args.programs / "bench_picture", args.earlier.with_name("bench.png"))
        picture = args.earlier.with_name("bench.png")
    else:
        start = time.monotonic()
        amounts = TINY if args.tiny else QUICK if args.quick else Amounts()
        amounts.pairs = args.pairs or amounts.pairs
        amounts.files = args.files or amounts.files
        args.work.mkdir(parents=True, exist_ok=True)
        data = Data(args.data, args.work)
        table = Table(data, args.programs, amounts, args.work)
        names = list(table.groups()) if args.rows is None else [name for name in args.rows if name != "none"]
        for name in names:
            if name not in table.groups():
                parser.error(f"--rows: {name} is none of {', '.join(table.groups())}")
        run = {"machine": machine.describe(), "pairs": amounts.pairs}
        if (others := (run["machine"]["programs_that_run"] or 1) - 1) > 0:
            say(f"{others} other programs run: figures are only right on a quiet machine")
        run["limits"] = limits_of(args.programs, data, 0.03 if args.tiny else 0.6 if args.quick else 2)
        run["rows"] = measure_rows(table, names, amounts, run["limits"], args.work)
        run["curves"] = []
        if args.scaling or not (args.quick or args.tiny or args.rows):
            try:
                run["curves"] = measure_curves(table, amounts.points)
            except Failed as reason:
                say(f"the curves are not measured: {reason}")
        run["seconds"] = round(time.monotonic() - start, 1)
        report.write(run, args.output, args.programs / "bench_picture")
        picture = args.output / "bench.png"
        say(f"{run['seconds']:.0f} s; {args.output}/bench.json, bench.md, bench.png\n")

    print(report.page(run))
    if args.write_docs:
        report.write_docs(run, args.write_docs)
        shutil.copyfile(picture, args.write_docs.with_suffix(".png"))
    return 1 if any("failed" in row for row in run["rows"]) else 0


if __name__ == "__main__":
    sys.exit(main())
