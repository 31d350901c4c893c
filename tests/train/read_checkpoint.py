"""The Python side of resume_test.cpp: python read_checkpoint.py CHECKPOINT EXPECTED

Reads a run's checkpoint, takes its model, averages and optimizer over into Python's, takes the step that C++ took from
the same checkpoint, and compares. Says what differs, and exits with 1.
"""

import sys

import torch


class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.first = torch.nn.Linear(4, 8)
        self.last = torch.nn.Linear(8, 2)
        self.norm = torch.nn.BatchNorm1d(8)

    def forward(self, inputs):
        return self.last(torch.tanh(self.norm(self.first(inputs))))


def main(path, expected_path):
    saved = torch.load(path, weights_only=True)
    expected = torch.load(expected_path, weights_only=True)
    failures = []

    def check(what, is_true):
        if not is_true:
            failures.append(what)

    position = saved["position"]
    check(f"position {position}", position == {"epoch": 1, "batch": 2, "drawn": 4, "steps": 3})
    check("figures", saved["figures"] == ["train_loss", "train_accuracy"])
    epochs = saved["history"]["epochs"]
    check("history", len(epochs) == 1 and set(epochs[0]["figures"]) == set(saved["figures"]))
    check("sums", [len(sums) for sums in saved["sums"]] == [2, 2] and saved["sums"][0][1] == 4)
    check("options", saved["options"]["accumulate"] == "2" and saved["options"]["epochs"] == "2")
    torch.set_rng_state(saved["generators"]["cpu"])

    model = Net()
    model.load_state_dict(saved["model"])
    average = torch.optim.swa_utils.AveragedModel(Net())
    average.load_state_dict(saved["average"]["averaged_model"])
    check("averages", average.n_averaged == 3)
    optimizer = torch.optim.SGD(model.parameters(), lr=1.0)
    optimizer.load_state_dict(saved["optimizer"])
    check("learning rate", optimizer.param_groups[0]["lr"] == 0.1)
    loss = torch.nn.functional.cross_entropy(model(expected["inputs"]), expected["targets"])
    loss.backward()
    optimizer.step()
    for name, tensor in model.state_dict().items():
        difference = (tensor.double() - expected["next." + name].double()).abs().max().item()
        check(f"{name} differs by {difference}", difference < 1e-6)
    for failure in failures:
        print("read_checkpoint.py:", failure)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2]))
