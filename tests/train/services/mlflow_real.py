"""Logs a run, and goes on with it, to the real server of MLflow on the loopback, and reads it back with MLflow's own client.

    mlflow_real.py LOG_PROGRAM
"""
import os
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

import pythons

pythons.need("mlflow")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(server, address):
    while True:
        assert server.poll() is None, "the server has ended"
        try:
            with urllib.request.urlopen(address + "/health", timeout=5):
                return
        except OSError:
            time.sleep(0.2)


def check(client, folder, address):
    from mlflow.entities import RunStatus
    experiment = client.get_experiment_by_name("flowers")
    (run,) = client.search_runs([experiment.experiment_id])
    assert run.info.run_id == pathlib.Path(folder, "mlflow-id.txt").read_text().strip()
    assert run.info.run_name == "first" and run.info.status == RunStatus.to_string(RunStatus.FINISHED), run.info
    assert run.data.params == {"lr": "0.1", "arch": "resnet18", "amp": "true", "epochs": "3"}, run.data.params
    assert run.data.tags["environment.device"] == "cpu (2 threads)" and run.data.tags["kind"] == "test", run.data.tags
    steps = client.get_metric_history(run.info.run_id, "step_loss")
    assert sorted((metric.step, metric.value) for metric in steps) == [(step, 1.0 / step) for step in range(1, 301)]
    for name, value in {"train_loss": lambda epoch: 0.5 / (epoch + 1), "val_accuracy": lambda epoch: 0.25 * epoch,
                        "epoch": lambda epoch: epoch}.items():
        history = [(metric.step, metric.value) for metric in client.get_metric_history(run.info.run_id, name)]
        assert sorted(history) == [((epoch + 1) * 100, value(epoch)) for epoch in range(3)], history
    assert [file.path for file in client.list_artifacts(run.info.run_id)] == ["images", "weights.pth"]
    pictures = [file.path for file in client.list_artifacts(run.info.run_id, "images/curves")]
    assert pictures == [f"images/curves/epoch-000{epoch}.png" for epoch in range(3)], pictures
    with tempfile.TemporaryDirectory() as there:
        assert pathlib.Path(client.download_artifacts(run.info.run_id, "weights.pth", there)).read_text() == "weights"
        picture = pathlib.Path(client.download_artifacts(run.info.run_id, pictures[0], there)).read_bytes()
        assert picture.startswith(b"\x89PNG\r\n"), picture
    print(f"MLflow has run {run.info.run_id}: {len(steps)} steps, parameters, tags, pictures, files and its end")


def main():
    program = sys.argv[1]
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as temporary:
        address = f"http://127.0.0.1:{free_port()}"
        os.environ["MLFLOW_TRACKING_URI"] = address
        os.environ["MLFLOW_HTTP_REQUEST_TIMEOUT"] = "300"
        with open(os.path.join(temporary, "server.log"), "w") as out:
            server = subprocess.Popen(
                [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", address.rpartition(":")[2],
                 "--workers", "1", "--backend-store-uri", f"sqlite:///{temporary}/runs.db", "--artifacts-destination",
                 os.path.join(temporary, "artifacts")], cwd=temporary, stdout=out, stderr=out,
                start_new_session=True)
            try:
                wait_for(server, address)
                folder = os.path.join(temporary, "run")
                for how in ("begin", "resume"):
                    subprocess.run([program, "mlflow", folder, how, "complete"], check=True)
                from mlflow.tracking import MlflowClient
                check(MlflowClient(), folder, address)
            except BaseException:
                print(pathlib.Path(temporary, "server.log").read_text()[-3000:])
                raise
            finally:
                os.killpg(server.pid, signal.SIGTERM)  # and what it has started
                server.wait()


main()
