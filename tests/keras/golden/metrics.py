"""The "accuracy" metric, which class it becomes by the shapes of y, and its running result."""

import keras
import numpy as np
from keras.src.trainers.compile_utils import get_metric

from build import dyadic, labels, one_hot

BINARY_SCORES = [np.array([[0.98], [1.0], [0.0], [0.6]], "float32"), np.array([[0.25], [0.5], [0.500001], [0.75]], "float32")]
BINARY_LABELS = [np.array([[1], [1], [0], [0]], "int32"), np.array([[0], [1], [1], [1]], "int32")]
SCORES = [dyadic((6, 4), 61, -64, 64), dyadic((3, 4), 62, -64, 64)]
CLASSES = [labels((6,), 4, 63), labels((3,), 4, 64)]
TIES = [np.array([[0.5, 0.5, 0.25], [0.25, 0.5, 0.5], [1, 1, 1], [0, 0, 0]], "float32")]
TIED_CLASSES = [np.array([0, 2, 0, 1], "int32")]
SEQUENCE = [dyadic((2, 3, 4), 65, -64, 64), dyadic((1, 3, 4), 66, -64, 64)]
SEQUENCE_CLASSES = [labels((2, 3), 4, 67), labels((1, 3), 4, 68)]
MULTI_SCORES = [np.array([[0.9, 0.2, 0.8], [0.1, 0.6, 0.4], [0.3, 0.3, 0.2]], "float32")]
MULTI_LABELS = [np.array([[1, 0, 1], [0, 1, 1], [0, 0, 1]], "float32")]

CASES = [
    ("binary", BINARY_LABELS, BINARY_SCORES),
    ("binary_flat_labels", [y[:, 0] for y in BINARY_LABELS], BINARY_SCORES),
    ("binary_float_labels", [y.astype("float32") for y in BINARY_LABELS], BINARY_SCORES),
    ("binary_logits", BINARY_LABELS, [s * np.float32(8) - np.float32(4) for s in BINARY_SCORES]),
    ("sparse", CLASSES, SCORES),
    ("sparse_column_labels", [y[:, None] for y in CLASSES], SCORES),
    ("sparse_float_labels", [y.astype("float32") for y in CLASSES], SCORES),
    ("sparse_uint8_labels", [y.astype("uint8") for y in CLASSES], SCORES),
    ("sparse_ties", TIED_CLASSES, TIES),
    ("sparse_sequence", SEQUENCE_CLASSES, SEQUENCE),
    ("categorical", [one_hot(y, 4) for y in CLASSES], SCORES),
    ("categorical_integer_labels", [one_hot(y, 4).astype("int32") for y in CLASSES], SCORES),
    ("categorical_ties", [one_hot(y, 3) for y in TIED_CLASSES], TIES),
    ("categorical_tied_labels", [np.array([[1, 1, 0], [0, 1, 1], [0, 0, 0], [1, 1, 1]], "float32")], TIES),
    ("categorical_sequence", [one_hot(y, 4) for y in SEQUENCE_CLASSES], SEQUENCE),
    ("many_sigmoids", MULTI_LABELS, MULTI_SCORES),
    ("two_columns_binary_labels", [np.array([[1, 0], [0, 1]], "int32")], [np.array([[0.75, 0.25], [0.5, 0.5]], "float32")]),
]


def case(name, targets, scores):
    metric = get_metric("accuracy", targets[0], scores[0])
    updates = []
    for y_true, y_pred in zip(targets, scores):
        metric.update_state(y_true, y_pred)
        updates.append({"y_true": y_true, "y_pred": y_pred, "result": float(metric.result())})
    metric.reset_state()
    return {
        "name": name,
        "metric": "accuracy",
        "class_name": type(metric).__name__,
        "updates": updates,
        "after_reset": float(metric.result()),
    }


def make():
    functions = [name for name in dir(keras.metrics) if name[0].islower() and name not in ("get", "serialize", "deserialize")]
    return {"functions": functions, "cases": [case(*row) for row in CASES]}
