"""Logs a run, and goes on with it, through the real package wandb in offline mode, and reads the run's directories as the
package writes them, with the package's own protocol buffers: config, history with its steps, summary, pictures, files and
the end.

    wandb_real.py LOG_PROGRAM
"""
import json
import os
import pathlib
import struct
import subprocess
import sys
import tempfile
import time

import pythons

pythons.need("wandb")
from wandb.proto import wandb_internal_pb2  # noqa: E402


def records(file):
    """A .wandb file: a header of 7 bytes, then LevelDB's log: blocks of 32 KiB with pieces of records."""
    data = file.read_bytes()
    assert data[:4] == b":W&B", data[:7]
    place, whole = 7, b""
    while place + 7 <= len(data):
        left = 32768 - place % 32768
        if left < 7:
            place += left
            continue
        _, size, kind = struct.unpack("<IHB", data[place:place + 7])
        if place + 7 + size > len(data):
            break  # it is still being written
        whole += data[place + 7:place + 7 + size]
        place += 7 + size
        if kind in (1, 4):  # all of one, or its last piece
            record = wandb_internal_pb2.Record()
            record.ParseFromString(whole)
            yield record
            whole = b""


def items(message):
    return {item.key or "/".join(item.nested_key): json.loads(item.value_json) for item in message}


def read(directory):
    found = {"config": {}, "history": {}, "summary": {}, "files": set(), "exit": None}
    records_there = [record for file in directory.glob("run-*.wandb") for record in records(file)]
    for record in records_there:
        kind = record.WhichOneof("record_type")
        if kind == "run":
            found["run"] = record.run
            found["config"].update(items(record.run.config.update))
        elif kind == "config":
            found["config"].update(items(record.config.update))
        elif kind == "history":
            row = items(record.history.item)
            found["history"][row["_step"]] = row
        elif kind == "summary":
            found["summary"].update(items(record.summary.update))
        elif kind == "files":
            found["files"].update(entry.path for entry in record.files.files)
        elif kind == "exit":
            found["exit"] = record.exit.exit_code
    return found


def log(program, folder, how, ending, seen):
    """Runs the program, and waits for the directory that the package then has, with the run's end in it."""
    environment = dict(os.environ, WANDB_MODE="offline", HEARTH_PYTHON=sys.executable)
    subprocess.run([program, "wandb", folder, how, ending], env=environment, check=True)
    while True:
        new = set(pathlib.Path(folder, "wandb").glob("offline-run-*")) - seen
        if new:
            (directory,) = new
            found = read(directory)
            if found["exit"] is not None:
                seen.add(directory)
                return directory, found
        time.sleep(0.2)


def check_epochs(found, directory, epochs):
    assert found["run"].project == "flowers" and found["run"].display_name == "first", found["run"]
    assert list(found["run"].tags) == ["a", "b"], found["run"].tags
    config = found["config"]
    assert (config["lr"], config["arch"], config["amp"], config["epochs"]) == (0.1, "resnet18", True, 3), config
    assert config["environment"] == {"device": "cpu (2 threads)"}, config
    history = found["history"]
    assert sorted(history) == list(range(epochs[0] * 100 + 1, epochs[-1] * 100 + 101)), sorted(history)
    for step, row in history.items():
        assert row["step_loss"] == 1.0 / step and row["step_lr"] == 0.1 and row["epoch"] == (step - 1) // 100, row
    for epoch in epochs:
        row = history[(epoch + 1) * 100]
        assert row["train_loss"] == 0.5 / (epoch + 1) and row["val_accuracy"] == 0.25 * epoch, row
        assert row["curves/_type"] in ("image-file", "html-file"), row  # the second where there is no Pillow
        assert (directory / "files" / row["curves/path"]).stat().st_size > 0
    assert found["summary"]["train_loss"] == 0.5 / (epochs[-1] + 1), found["summary"]
    assert "weights.pth" in found["files"], found["files"]
    assert (directory / "files" / "weights.pth").read_text() == "weights"


def main():
    program = sys.argv[1]
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as temporary:
        folder = os.path.join(temporary, "run")
        seen = set()
        directory, first = log(program, folder, "begin", "interrupted", seen)
        check_epochs(first, directory, [0, 1])
        assert first["exit"] == 130, first["exit"]
        directory, second = log(program, folder, "resume", "complete", seen)
        check_epochs(second, directory, [2])
        assert second["exit"] == 0, second["exit"]
        assert second["run"].run_id == first["run"].run_id == pathlib.Path(folder, "wandb-id.txt").read_text().strip()
        print(f"wandb has run {first['run'].run_id}: {len(first['history'])} and {len(second['history'])} steps, "
              f"config, pictures, files and both ends")


main()
