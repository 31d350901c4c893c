"""Writes include/hearth/models/torchvision_weights.hpp and .ipp: the weights that torchvision offers for classification.
Needs torch and torchvision.

    python3 tests/models/make_torchvision_weights.py            # writes them
    python3 tests/models/make_torchvision_weights.py --check    # says whether they are what it would write

With --check the exit status is 1 where they are not, and 77 where torchvision is not there, or is of another version than
the files were made from.
"""
import argparse
import difflib
import math
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
TARGET = ROOT / "include" / "hearth" / "models" / "torchvision_weights"
SKIPPED = 77

sys.path.insert(0, str(ROOT / "tests"))

NOTE = """// Written by tests/models/make_torchvision_weights.py from torchvision {version}. Do not edit: run the script.
"""

HEADER = """/// The weights that torchvision offers, by their names there: `models::ResNet50_Weights::IMAGENET1K_V2`.
#pragma once

{note}
#include <hearth/core/inline.hpp>
#include <hearth/models/weights_entry.hpp>

// clang-format off
namespace hearth::models {{

{structs}
}}  // namespace hearth::models
// clang-format on

#ifndef HEARTH_COMPILED
#include <hearth/models/torchvision_weights.ipp>
#endif
"""

DEFINITIONS = """#pragma once

#include <hearth/models/torchvision_weights.hpp>

#include <array>
#include <cstddef>

{note}
// clang-format off
namespace hearth::models {{

namespace detail {{

/// The 1000 classes of ImageNet-1K, in the order of the logits.
inline constexpr std::array<std::string_view, {category_count}> imagenet_categories{{{{
{categories}
}}}};

/// All entries; those of an architecture stand together.
inline constexpr std::array<WeightsEntry, {entry_count}> torchvision_weights{{{{
{entries}
}}}};

}}  // namespace detail

{references}
}}  // namespace hearth::models
// clang-format on
"""


def text(value):
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def number(value):
    return "0" if math.isnan(value) else repr(value)


def triple(values):
    return "{" + ", ".join(repr(float(value)) for value in values) + "}"


def entry(architecture, weights, is_default, imagenet):
    """The designated initialisers of one entry."""
    meta = weights.meta
    categories = meta["categories"]
    assert categories is None or categories == imagenet, f"{weights}: other categories than ImageNet's"
    (data_set, accuracy), = meta["_metrics"].items()
    assert data_set == "ImageNet-1K", f"{weights}: measured on {data_set}"
    preset = weights.transforms()
    assert type(preset).__name__ == "ImageClassification" and preset.antialias, f"{weights}: {preset}"
    digits = re.search(r"-([a-f0-9]*)\.", weights.url)
    fields = [
        f".architecture = {text(architecture)}",
        f".full_name = {text(str(weights))}",
        f".url = {text(weights.url)}",
        f".hash = {text(digits.group(1))}",
    ]
    if categories is not None:
        fields.append(".categories = imagenet_categories")
    (resize,), (crop,) = preset.resize_size, preset.crop_size
    fields.append(
        f".preset = {{.resize_size = {resize}, .crop_size = {crop}, "
        f".interpolation = Interpolation::{preset.interpolation.value}, "
        f".mean = {triple(preset.mean)}, .std = {triple(preset.std)}}}"
    )
    fields += [
        f".acc1 = {number(accuracy['acc@1'])}",
        f".acc5 = {number(accuracy['acc@5'])}",
        f".num_params = {meta['num_params']}",
        ".min_size = {%d, %d}" % tuple(meta["min_size"]),
        f".recipe = {text(meta.get('recipe') or '')}",
        f".gflops = {number(meta['_ops'])}",
        f".file_size_mb = {number(meta['_file_size'])}",
    ]
    if meta.get("license"):
        fields.append(f".license = {text(meta['license'])}")
    if is_default:
        fields.append(".is_default = true")
    return "    {" + ",\n     ".join(fields) + "},"


def words(weights):
    """What a comment says of one entry."""
    meta = weights.meta
    preset = weights.transforms()
    accuracy = meta["_metrics"]["ImageNet-1K"]
    known = f"acc@1 {accuracy['acc@1']}" if meta["categories"] else "the layers before the classifier alone"
    return f"{known}, {preset.crop_size[0]} pixels, {meta['_file_size']:.0f} MB"


def generate():
    """The texts of the two files."""
    import torchvision_parts  # noqa: F401, before torchvision
    import torchvision
    from torchvision import models

    imagenet = models.AlexNet_Weights.DEFAULT.meta["categories"]
    entries, structs, references = [], [], []
    for architecture in models.list_models(module=models):
        offered = models.get_model_weights(architecture)
        lines = [f"/// The weights of `{architecture}`.", f"struct {offered.__name__} {{"]
        for name, weights in offered.__members__.items():
            if name != weights.name:  # DEFAULT, and whatever else is another name of one
                continue
            references.append(
                f"HEARTH_INLINE constinit const WeightsEntry& {offered.__name__}::{name} = "
                f"detail::torchvision_weights[{len(entries)}];"
            )
            lines.append(f"  static const WeightsEntry& {name};  ///< {words(weights)}")
            entries.append((offered, weights, entry(architecture, weights, weights is offered.DEFAULT, imagenet)))
        others = [(name, weights) for name, weights in offered.__members__.items() if name != weights.name]
        for name, weights in others:
            position = next(i for i, known in enumerate(entries) if known[1] is weights)
            references.append(
                f"HEARTH_INLINE constinit const WeightsEntry& {offered.__name__}::{name} = "
                f"detail::torchvision_weights[{position}];"
            )
            lines.append(f"  static const WeightsEntry& {name};  ///< the same as {weights.name}")
        assert "DEFAULT" in dict(others), f"{offered}: no DEFAULT"
        structs.append("\n".join(lines + ["};", ""]))
    # The version without what says how the wheel was built: "0.28.0+cpu".
    note = NOTE.format(version=torchvision.__version__.split("+")[0])
    header = HEADER.format(note=note, structs="\n".join(structs))
    definitions = DEFINITIONS.format(
        note=note,
        category_count=len(imagenet),
        categories="\n".join(f"    {text(name)}," for name in imagenet),
        entry_count=len(entries),
        entries="\n".join(written for _, _, written in entries),
        references="\n".join(references) + "\n",
    )
    return {TARGET.with_suffix(".hpp"): header, TARGET.with_suffix(".ipp"): definitions}


def check(files):
    made_from = re.search(r"from torchvision (\S+)\. Do", TARGET.with_suffix(".hpp").read_text()).group(1)
    import torchvision

    installed = torchvision.__version__.split("+")[0]
    if installed != made_from:
        print(f"skipped: the files were made from torchvision {made_from}, and {installed} is installed")
        return SKIPPED
    status = 0
    for path, wanted in files.items():
        there = path.read_text()
        if there != wanted:
            status = 1
            difference = difflib.unified_diff(there.splitlines(), wanted.splitlines(), str(path), "the script's", n=0)
            print("\n".join(list(difference)[:40]))
    print("torchvision's weights are " + ("as they should be" if status == 0 else "not what the script writes"))
    return status


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    try:
        files = generate()
    except ImportError as error:
        print(f"skipped: {error}")
        return SKIPPED
    if options.check:
        return check(files)
    for path, content in files.items():
        path.write_text(content)
    return 0


if __name__ == "__main__":
    sys.exit(main())
