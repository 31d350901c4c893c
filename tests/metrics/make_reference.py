"""Writes reference/metrics.txt, reference/report_*.txt, reference/predictions.txt and reference/areas.txt: what
scikit-learn and torchmetrics compute. Needs torch, torchvision, numpy, scikit-learn and torchmetrics.

    python3 tests/metrics/make_reference.py

A line of metrics.txt is a name and its numbers; class_metrics_test.cpp makes the same inputs. The other two have their
inputs with them; sklearn_test.cpp reads them.
"""
import pathlib
import sys
import warnings

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


FOOD = ["Bread", "Dairy product", "Dessert", "Egg", "Fried food", "Meat", "Noodles/Pasta", "Rice", "Seafood", "Soup",
        "Vegetable/Fruit"]


def drawn(seed, counts, right=0.6):
    """Labels with so many samples of each class, and predictions of which a share is right."""
    generator = numpy.random.default_rng(seed)
    labels = generator.permutation(numpy.repeat(numpy.arange(len(counts)), counts))
    others = generator.integers(0, len(counts), len(labels))
    return labels, numpy.where(generator.random(len(labels)) < right, labels, others)


def rounded_otherwise(count):
    """Small cases where means that are added up class by class, each with its share, print another digit."""
    generator = numpy.random.default_rng(5)
    found = []
    while len(found) < count:
        classes = int(generator.integers(2, 10))
        labels, predicted = drawn(int(generator.integers(1 << 30)), generator.integers(0, 9, classes))
        if len(labels) == 0:
            continue
        rows = metrics.precision_recall_fscore_support(labels, predicted, labels=range(classes), zero_division=0)
        for figure in rows[:3]:
            plain = sum(value * (1 / classes) for value in figure)
            weighted = sum(value * (support / len(labels)) for value, support in zip(figure, rows[3]))
            if any(f"{a:.2f}" != f"{b:.2f}" for a, b in ((plain, numpy.average(figure)),
                                                        (weighted, numpy.average(figure, weights=rows[3])))):
                found.append((labels, predicted, [f"class {i}" for i in range(classes)]))
                break
    return found


def prediction_cases():
    """Name, labels, predicted classes, and the names of all classes."""
    yield "uneven", *drawn(1, [1, 40, 3, 17, 2, 90, 5, 8, 30, 4, 11]), FOOD
    labels, predicted = drawn(2, [5, 0, 9, 3, 7])
    yield "absent from the truth", labels, predicted, FOOD[:5]
    yield "absent from the predictions", labels, numpy.where(predicted == 2, 0, predicted), FOOD[:5]
    yield "absent from both", labels, numpy.where(predicted == 1, 4, predicted), FOOD[:5]
    yield "all wrong", numpy.array([0, 1, 2, 0]), numpy.array([1, 2, 0, 2]), FOOD[:3]
    yield "all right", numpy.array([0, 1, 2, 0]), numpy.array([0, 1, 2, 0]), FOOD[:3]
    yield "one sample, right", numpy.array([1]), numpy.array([1]), FOOD[:3]
    yield "one sample, wrong", numpy.array([1]), numpy.array([2]), FOOD[:3]
    yield "one class", numpy.array([0, 0, 0]), numpy.array([0, 0, 0]), FOOD[:1]
    yield "long and non-ASCII names", *drawn(3, [10, 20, 30, 5]), [
        "a class whose name is longer than the whole table is wide, which happens to those of ImageNet",
        "Königsberger Klöße", "麻婆豆腐", "борщ"]
    for classes in (7, 8, 9, 16, 23, 128, 129, 300):  # numpy adds up lists of these lengths in other ways
        counts = numpy.random.default_rng(classes).integers(0, 6, classes)
        yield f"{classes} classes", *drawn(classes, counts, 0.5), [f"n{i:08}" for i in range(classes)]
    for i, case in enumerate(rounded_otherwise(6)):
        yield f"rounded otherwise {i}", *case


def write_predictions(path):
    """Each case: its name, labels, predictions and matrix in a line each, the names of its classes in a line each, and
    sklearn's printed reports with 2 and 4 digits. Lines begin with what they are."""
    parts = []
    for name, labels, predicted, names in prediction_cases():
        classes = range(len(names))
        matrix = metrics.confusion_matrix(labels, predicted, labels=classes)
        parts += [f"case {name}", f"labels {' '.join(map(str, labels))}", f"predicted {' '.join(map(str, predicted))}"]
        if len(names) <= 23:
            parts.append(f"matrix {' '.join(map(str, matrix.flatten()))}")
        parts += [f"class {one}" for one in names]
        for digits in (2, 4):
            report = metrics.classification_report(labels, predicted, labels=classes, target_names=names,
                                                   digits=digits, zero_division=0)
            parts += [f"{digits} {line}" for line in report.splitlines()]
    path.write_text("\n".join(parts) + "\n", encoding="utf-8")


def in_sixteenths(generator, samples, classes, labels, lean):
    """Probabilities that are multiples of 1/16, so that they add up to 1 exactly, many tie, and float32 has them."""
    rows = []
    for label in labels:
        weights = generator.random(classes) + lean * (numpy.arange(classes) == label)
        rows.append(generator.multinomial(16, weights / weights.sum()) / 16)
    return numpy.stack(rows)


def area_cases():
    """Name, scores, targets, the area of each class, and their mean as sklearn gives it."""
    generator = numpy.random.default_rng(7)

    def of_classes(name, labels, classes, lean):
        scores = in_sixteenths(generator, len(labels), classes, labels, lean)
        options = {"multi_class": "ovr", "labels": range(classes)}
        return (f"classes, {name}", scores, labels, metrics.roc_auc_score(labels, scores, average=None, **options),
                metrics.roc_auc_score(labels, scores, average="macro", **options))

    yield of_classes("uneven", drawn(4, [3, 50, 1, 20])[0], 4, 1)
    yield of_classes("even", drawn(5, [30, 30, 30])[0], 3, 0.3)
    yield of_classes("one absent from the truth", drawn(6, [20, 0, 7, 12])[0], 4, 1)
    yield of_classes("one alone in the truth", numpy.full(9, 2), 4, 1)
    yield of_classes("11 classes", drawn(8, [1, 40, 3, 17, 2, 90, 5, 8, 30, 4, 11])[0], 11, 2)

    def of_labels(name, scores, targets):
        each = [metrics.roc_auc_score(targets[:, c], scores[:, c]) for c in range(scores.shape[1])]
        return name, scores, targets, each, metrics.roc_auc_score(targets, scores, average="macro")

    scores = generator.normal(size=(200, 5))
    targets = (scores + generator.normal(size=(200, 5)) > [0, 1, 2, -1, 0.5]).astype(int)
    yield of_labels("labels", scores, targets)
    yield of_labels("labels, ties", numpy.round(scores), targets)
    targets[:, 2] = 1
    yield of_labels("labels, one always held", scores, targets)

    def binary(name, scores, targets):
        area = metrics.roc_auc_score(targets, scores)
        return f"binary, {name}", scores[:, None], targets[:, None], [area], area

    scores = generator.normal(size=300)
    targets = (scores + 2 * generator.normal(size=300) > 1.5).astype(int)
    yield binary("distinct", scores, targets)
    yield binary("ties", numpy.round(2 * scores), targets)
    yield binary("all tied", numpy.zeros(10), numpy.arange(10) % 3 == 0)
    yield binary("separated", numpy.arange(6.0), numpy.arange(6) > 3)
    yield binary("separated the wrong way", -numpy.arange(6.0), numpy.arange(6) > 3)
    yield binary("only positive samples", scores[:5], numpy.ones(5, int))
    yield binary("one sample", scores[:1], numpy.ones(1, int))
    large = generator.normal(size=3000).round(2)
    yield binary("many", large, (large + 3 * generator.normal(size=3000) > 4).astype(int))


def write_areas(path):
    """Each case: its name; columns and the numbers of the scores, row by row; the targets; the areas, and the mean."""
    parts = []
    for name, scores, targets, each, mean in area_cases():
        parts += [f"case {name}", f"scores {scores.shape[1]} {' '.join(repr(float(one)) for one in scores.flatten())}",
                  f"targets {' '.join(str(int(one)) for one in numpy.asarray(targets).flatten())}",
                  f"areas {' '.join(repr(float(one)) for one in [*each, mean])}"]
    path.write_text("\n".join(parts) + "\n")


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
    write_predictions(folder / "predictions.txt")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of classes without an area
        write_areas(folder / "areas.txt")


if __name__ == "__main__":
    main()
