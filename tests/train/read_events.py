"""Prints as JSON what TensorBoard's own reader finds in a folder of event files.

    read_events.py FOLDER

Ends with 77 where that reader is not installed.
"""

import json
import logging
import pathlib
import sys

try:
    from tensorboard.backend.event_processing import event_accumulator
except ImportError as error:
    print(error)
    sys.exit(77)

logging.disable()  # it warns of steps that are replaced
ALL = {"scalars": 0, "images": 0, "tensors": 0}
reader = event_accumulator.EventAccumulator(sys.argv[1], size_guidance=ALL).Reload()
tags = reader.Tags()
found = {f"scalar {tag}": [[e.step, e.value] for e in reader.Scalars(tag)] for tag in tags["scalars"]}
for tag in tags["images"]:
    found[f"image {tag}"] = [[e.step, e.width, e.height] for e in reader.Images(tag)]
    last = reader.Images(tag)[-1]
    pathlib.Path(sys.argv[1], f"{tag.replace('/', '_')}.png").write_bytes(last.encoded_image_string)
for tag in tags["tensors"]:
    found[f"text {tag}"] = [[e.step, e.tensor_proto.string_val[0].decode()] for e in reader.Tensors(tag)]
print(json.dumps(found, sort_keys=True, ensure_ascii=False))
