"""What a run has shown: as a Markdown table, as JSON, as a picture, and in the pages of docs/."""

import json
import pathlib
import subprocess

from runner.machine import in_words


def number(value):
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}" if value >= 0.01 or value == 0 else f"{value:.2g}"


def figure(side, unit):
    shown = f"{number(side['median'])} ({number(side['lowest'])} to {number(side['highest'])})"
    if "before" in side:
        return f"{shown} {unit}, {number(side['before'])} of them before the first batch"
    return shown if unit == "images/s" else f"{shown} {unit}"


def ratio(result, against):
    found = result["ratios"][against]
    return f"**{number(found['median'])}×** ({number(found['lowest'])} to {number(found['highest'])}; {found['aim']}×)"


def limit(result):
    if "limit" not in result:
        return "not measured"
    unit = "" if result["unit"] == "images/s" else f" {result['unit']}"
    return f"{number(result['limit']['value'])}{unit}: {result['limit']['distance']:.1f} times"


def table(results):
    lines = ["| images/s, or as it says | hearth | Python, idiomatic | Python, tuned | hearth against idiomatic (aim) | "
             "against tuned (aim) | the machine's limit, and how far hearth is from it |", "|---|---|---|---|---|---|---|"]
    for result in results:
        if "failed" in result:
            lines.append(f"| {result['title']} | not measured: {result['failed']} | | | | | |")
            continue
        sides, unit = result["sides"], result["unit"]
        ours = figure(sides["hearth"], unit)
        if "hearth_tuned" in sides:
            ours += f"; tuned {figure(sides['hearth_tuned'], unit)}"
        cells = [result["title"], ours, figure(sides["idiomatic"], unit), figure(sides["tuned"], unit),
                 ratio(result, "idiomatic"), ratio(result, "tuned"), limit(result)]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def curve_tables(curves):
    parts = []
    for curve in curves:
        points = curve["points"]
        lines = [f"| images/s {curve['title']} | " + " | ".join(number(point["at"]) for point in points) + " |",
                 "|---" * (len(points) + 1) + "|"]
        for side in ("hearth", "Python"):
            lines.append(f"| {side} | " + " | ".join(number(point[side]) for point in points) + " |")
        parts.append("\n".join(lines))
    return "\n\n".join(parts)


def limits_in_words(limits):
    parts = [f"{limits['write'] / 1e9:.1f} GB/s are written to memory past the caches"]
    parts += [f"libjpeg-turbo alone decodes {number(limits[kind])} {words} a second"
              for kind, words in (("tiny", "images of Tiny ImageNet"), ("photos", "photos")) if kind in limits]
    parts.append(f"a matrix product reaches {limits['gemm'] / 1e9:.0f} GFLOP/s ({limits['gemm_mlp'] / 1e9:.0f} in the shape "
                 "of the MLP's)")
    return "Of this machine, with all cores: " + "; ".join(parts) + "."


def pairs(run):
    return "medians of {} pairs".format(run["pairs"]) if run["pairs"] > 1 else "one pair"


def page(run):
    """All of it in Markdown."""
    others = (run["machine"]["programs_that_run"] or 1) - 1
    busy = f" {others} other programs were running: on a quiet machine the figures are others." if others > 0 else ""
    parts = [f"Measured on {in_words(run['machine'])}; {pairs(run)}, the lowest and the highest "
             "behind them. A ratio is the median of the pairs' ratios: how many times better hearth is." + busy,
             table(run["rows"])]
    if run["limits"]:
        parts.append(limits_in_words(run["limits"]))
    if run["curves"]:
        parts.append(curve_tables(run["curves"]))
    return "\n\n".join(parts) + "\n"


def write_picture(run, program, path):
    """Figures in words between tabs, for bench_picture."""
    lines = [["title", "hearth beside Python: " + in_words(run["machine"]).split(";")[0]]]
    for result in run["rows"]:
        for against, found in result.get("ratios", {}).items():
            lines.append(["bar", result["title"], against, found["median"], found["aim"]])
    for curve in run["curves"]:
        lines.append(["chart", f"images/s {curve['title']}", curve["axis"], "images/s"])
        for side in ("hearth", "Python"):
            lines.append(["curve", side, *(value for point in curve["points"] for value in (point["at"], point[side]))])
    figures = path.with_suffix(".txt")
    figures.write_text("".join("\t".join(str(word) for word in line) + "\n" for line in lines))
    try:
        subprocess.run([program, figures, path], check=True)
    finally:
        figures.unlink()


BEGIN, END = "<!-- bench: what `make bench` printed -->", "<!-- bench: end -->"


def write_docs(run, path):
    """Puts the page between the two comments that a page of docs/ has for it."""
    path = pathlib.Path(path)
    text = path.read_text()
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise SystemExit(f"{path} has not the comments {BEGIN} and {END}")
    image = f"![The ratios as bars, with a stroke at each aim, and how cost grows]({path.stem}.png)"
    path.write_text(f"{before}{BEGIN}\n\n{page(run)}\n{image}\n\n{END}{after}")


def write(run, folder, picture):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "bench.json").write_text(json.dumps(run, indent=1) + "\n")
    (folder / "bench.md").write_text(page(run))
    write_picture(run, picture, folder / "bench.png")
