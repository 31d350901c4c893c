"""Writes reference/events.txt: records of event files as TensorBoard's own Python writes them, in hexadecimal digits.

    make_event_reference.py    (Python with tensorboard, protobuf and numpy)
"""

import io
import pathlib

from tensorboard.compat.proto import event_pb2, summary_pb2, tensor_pb2, tensor_shape_pb2, types_pb2
from tensorboard.summary.writer.record_writer import RecordWriter

SECONDS = 1700000000.25


def value(**fields):
    return summary_pb2.Summary(value=[summary_pb2.Summary.Value(**fields)])


def text(tag, words):
    shape = tensor_shape_pb2.TensorShapeProto(dim=[tensor_shape_pb2.TensorShapeProto.Dim(size=1)])
    tensor = tensor_pb2.TensorProto(dtype=types_pb2.DT_STRING, tensor_shape=shape, string_val=[words.encode()])
    plugin = summary_pb2.SummaryMetadata.PluginData(plugin_name="text")
    return value(tag=tag, metadata=summary_pb2.SummaryMetadata(plugin_data=plugin), tensor=tensor)


START = event_pb2.SessionLog(status=event_pb2.SessionLog.START)
EVENTS = {
    "version": event_pb2.Event(wall_time=SECONDS, file_version="brain.Event:2"),
    "restart_0": event_pb2.Event(wall_time=SECONDS, step=0, session_log=START),
    "restart_300": event_pb2.Event(wall_time=SECONDS, step=300, session_log=START),
    "scalar_0": event_pb2.Event(wall_time=SECONDS, step=0, summary=value(tag="loss/train", simple_value=0.1)),
    "scalar_127": event_pb2.Event(wall_time=SECONDS, step=127, summary=value(tag="lr", simple_value=0)),
    "scalar_large": event_pb2.Event(wall_time=SECONDS, step=2**40 + 128, summary=value(tag="x", simple_value=-1e30)),
    "scalar_negative": event_pb2.Event(wall_time=SECONDS, step=-1, summary=value(tag="é", simple_value=1)),
    "text": event_pb2.Event(wall_time=SECONDS, step=2, summary=text("command", "train " + "x" * 200)),
}

with open(pathlib.Path(__file__).parent / "reference" / "events.txt", "w") as file:
    for name, event in EVENTS.items():
        stream = io.BytesIO()
        RecordWriter(stream).write(event.SerializeToString())
        file.write(f"{name} {stream.getvalue().hex()}\n")
