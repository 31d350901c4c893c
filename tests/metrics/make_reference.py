"""Writes reference/metrics.txt and reference/report_*.txt: what scikit-learn and torchmetrics compute. Needs torch,
torchvision, numpy, scikit-learn and torchmetrics.

    python3 tests/metrics/make_reference.py

A line of metrics.txt is a name and its numbers. metrics_test.cpp makes the same inputs.
"""
import pathlib
import sys

import numpy
import torch

FOLDER = pathlib.Path(__file__).parent
sys.path.insert(0, str(FOLDER.parent / "models"))
sys.path.insert(0, str(FOLDER.parent))
import formula  # noqa: E402
import torchvision_parts  # noqa: E402,F401
from sklearn import metrics  # noqa: E402
from torchmetrics.functional import classification  # noqa: E402

# 60 samples of six classes, of which two have no sample, and one of these is never predicted.
LABELS = ((formula.tensor(12, [60]) + 0.5) * 4).to(torch.int64)
LOGITS = formula.tensor(11, [60, 6], 6.0)
LOGITS[torch.arange(60), LABELS] += 2
LOGITS[:, 5] = -9
COUNTED = torch.arange(60) % 7 != 0  # the others have the label that is ignored
NAMES = ["cat", "dog", "Königspinguin (groß)", "owl", "crab", "unseen"]

# Three labels a sample, and one.
HELD = (formula.tensor(13, [60, 3]) > 0.1).to(torch.int64)
SCORES = formula.tensor(14, [60, 3], 8.0) + 2 * HELD
STEPS = (SCORES * 2).round() / 2  # many ties

# Numbers, three a sample.
REAL = formula.tensor(15, [60, 3], 4.0, 10.0)
OUTPUTS = REAL + formula.tensor(16, [60, 3], 3.0)


def figures(labels, predicted):
    """Rows of precision, recall, F1, support of each class; the macro means; the weighted means; the accuracy."""
    classes = range(6)
    rows = metrics.precision_recall_fscore_support(labels, predicted, labels=classes, zero_division=0)
    means = [metrics.precision_recall_fscore_support(labels, predicted, labels=classes, average=average, zero_division=0)
             for average in ("macro", "weighted")]
    return [*numpy.stack(rows, 1).flatten(), *means[0][:3], *means[1][:3], metrics.accuracy_score(labels, predicted)]


def main():
    labels, predicted = LABELS.numpy(), LOGITS.argmax(1).numpy()
    kept = COUNTED.numpy()
    probabilities = LOGITS.softmax(1)
    areas = [metrics.roc_auc_score(labels == c, LOGITS.double().softmax(1)[:, c].numpy()) for c in range(4)]
    values = {
        "confusion": metrics.confusion_matrix(labels, predicted, labels=range(6)).flatten(),
        "confusion_ignored": metrics.confusion_matrix(labels[kept], predicted[kept], labels=range(6)).flatten(),
        "report": figures(labels, predicted),
        "report_ignored": figures(labels[kept], predicted[kept]),
        "roc_auc_classes": areas,
        "roc_auc_binary": [metrics.roc_auc_score(HELD[:, 0], SCORES[:, 0])],
        "roc_auc_labels": [metrics.roc_auc_score(HELD, SCORES, average="macro")],
        "roc_auc_steps": [metrics.roc_auc_score(HELD[:, c], STEPS[:, c]) for c in range(3)],
        "calibration_15": [classification.multiclass_calibration_error(probabilities, LABELS, 6, n_bins=15)],
        "calibration_10": [classification.multiclass_calibration_error(probabilities, LABELS, 6, n_bins=10)],
        "calibration_binary": [classification.binary_calibration_error(SCORES[:, 0].sigmoid(), HELD[:, 0], n_bins=15)],
        "multi_label": [metrics.accuracy_score(HELD.flatten(), (SCORES > 0).flatten())],
        "multi_label_1.5": [metrics.accuracy_score(HELD.flatten(), (SCORES > 1.5).flatten())],
        "mae": [metrics.mean_absolute_error(REAL, OUTPUTS)],
        "mse": [metrics.mean_squared_error(REAL, OUTPUTS)],
        "r2": [metrics.r2_score(REAL, OUTPUTS), *metrics.r2_score(REAL, OUTPUTS, multioutput="raw_values")],
    }
    folder = FOLDER / "reference"
    folder.mkdir(exist_ok=True)
    lines = [f"{name} " + " ".join(f"{float(number):.17g}" for number in numbers) for name, numbers in values.items()]
    (folder / "metrics.txt").write_text("\n".join(lines) + "\n")
    for file, options in {"report_2": {"target_names": NAMES}, "report_5": {"digits": 5}}.items():
        text = metrics.classification_report(labels, predicted, labels=range(6), zero_division=0, **options)
        (folder / f"{file}.txt").write_text(text)


if __name__ == "__main__":
    main()
