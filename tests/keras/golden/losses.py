"""Losses on plain tensors: per-sample values, the mean, the gradient.

Predictions are constants, never the output of a softmax or sigmoid layer, so
`from_logits=False` means what it says. Where the JAX backend computes something
else, its numbers are beside TensorFlow's.
"""

import keras
import numpy as np

import backends
from build import dyadic, labels, one_hot

EYE = np.eye(3, dtype="float32")
TARGETS = np.array([[1, 9, 2], [-5, -2, 6]], "float32")
OUTPUTS = np.array([[4, 8, 12], [8, 1, 3]], "float32")
BITS = np.array([[1, 0, 1], [0, 0, 1], [1, 1, 0], [0, 1, 0]], "float32")
CHANCES = np.array([[0.75, 0.25, 0.5], [0.125, 0.875, 0.0625], [0.9, 0.1, 0.4], [0.2, 0.7, 0.3]], "float32")
EDGES_TRUE = np.array([[1, 0, 1, 0], [1, 0, 1, 0]], "float32")
EDGES = np.array([[1, 0, 0, 1], [1 - 2**-23, 1e-7, 1e-9, 0.5]], "float32")
BINARY_LOGITS = np.array([[10, -10, 10], [0, 2.5, -1.5], [-30, 100, -100], [0.125, -0.5, 4]], "float32")
UNNORMALISED = np.array([[0.9, 0.05, 0.05], [0.5, 0.89, 0.6], [0.05, 0.01, 0.94]], "float32")
NORMALISED = np.array([[0.75, 0.125, 0.125], [0.25, 0.25, 0.5], [0.0625, 0.9375, 0.0]], "float32")
LOGITS = np.array([[8, 1, 1], [0, 9, 1], [2, 3, 5]], "float32")
FAR_LOGITS = np.array([[100, -100, -100], [-100, 100, 0], [50, 50, -50]], "float32")
HARD = np.array([[1, 0, 0], [0, 0, 1], [0.5, 0.5, 0]], "float32")
CLASSES = np.array([0, 1, 2], "int32")
SHIFTED = np.array([2, 0, 1], "int32")
SIGNS = BITS * np.float32(2) - np.float32(1)
SCORES = dyadic((4, 3), 13, -96, 96)
COUNTS = np.array([[0, 1, 4], [2, 0, 3], [1, 1, 0], [5, 2, 1]], "float32")
RATES = np.array([[0.25, 1.5, 3.0], [2.0, 0.125, 4.5], [0.75, 1.0, 0.0625], [6.0, 2.5, 0.5]], "float32")
SPARSE_TARGETS = np.array([[0, 2, 1], [-1, 0, 2]], "int32")
SEQUENCE = dyadic((2, 4, 5), 11, -192, 192)
SEQUENCE_CLASSES = labels((2, 4), 5, 12)
# Vectors of length 1; the last one is the only one of its class.
DIRECTIONS = np.array([[0.6, 0.8, 0], [0, 0.6, 0.8], [0.8, 0, -0.6], [0, 1, 0], [-0.6, 0, 0.8]], "float32")
DIRECTION_CLASSES = np.array([0, 1, 0, 1, 2], "int32")
SPELLED = np.array([[1, 2, 2, 0], [3, 0, 0, 0], [0, 0, 0, 0], [1, 3, 1, 2]], "int32")
SPOKEN = dyadic((4, 6, 4), 15, -192, 192)


def loss(name, class_name, y_true, y_pred, **config):
    return {"name": name, "class_name": class_name, "config": config, "y_true": y_true, "y_pred": y_pred}


def mse(name, *data):
    return loss(f"mean_squared_error_{name}", "MeanSquaredError", *data)


def mae(name, *data):
    return loss(f"mean_absolute_error_{name}", "MeanAbsoluteError", *data)


def bce(name, *data, **config):
    return loss(f"binary_crossentropy_{name}", "BinaryCrossentropy", *data, **config)


def cce(name, *data, **config):
    return loss(f"categorical_crossentropy_{name}", "CategoricalCrossentropy", *data, **config)


def scce(name, *data, **config):
    return loss(f"sparse_categorical_crossentropy_{name}", "SparseCategoricalCrossentropy", *data, **config)


def both(name, class_name):
    """Of a matrix, and of columns whose targets have one axis less."""
    return [
        loss(f"{name}_matrix", class_name, TARGETS, OUTPUTS),
        loss(f"{name}_small", class_name, COUNTS, RATES),
        loss(f"{name}_squeezed", class_name, COUNTS[:, 1], RATES[:, :1]),
    ]


CASES = [
    mse("matrix", TARGETS, OUTPUTS),
    mse("rank_three", TARGETS.reshape(2, 3, 1), OUTPUTS.reshape(2, 3, 1)),
    mse("squeezed", np.array([4, 8, 12], "float32"), np.array([[3], [0], [1]], "float32")),
    mse("integer_targets", TARGETS.astype("int32"), OUTPUTS),
    mse("equal", OUTPUTS, OUTPUTS),
    mae("matrix", TARGETS, OUTPUTS),
    mae("rank_three", TARGETS.reshape(2, 3, 1), OUTPUTS.reshape(2, 3, 1)),
    mae("equal", OUTPUTS, OUTPUTS),
    bce("probabilities", BITS, CHANCES),
    bce("soft_targets", CHANCES, BITS * np.float32(0.5) + np.float32(0.25)),
    bce("edges", EDGES_TRUE, EDGES),
    bce("integer_targets", BITS.astype("int32"), CHANCES),
    bce("column", BITS[:, 0], CHANCES[:, :1]),
    bce("smoothing", BITS, CHANCES, label_smoothing=0.1),
    bce("edges_smoothing", EDGES_TRUE, EDGES, label_smoothing=0.25),
    bce("logits", BITS, BINARY_LOGITS, from_logits=True),
    bce("logits_smoothing", BITS, BINARY_LOGITS, from_logits=True, label_smoothing=0.1),
    cce("normalised", EYE, NORMALISED),
    cce("unnormalised", EYE, UNNORMALISED),
    cce("hard", EYE, HARD),
    cce("unnormalised_smoothing", EYE, UNNORMALISED, label_smoothing=0.1),
    cce("logits", EYE, LOGITS, from_logits=True),
    cce("far_logits", EYE, FAR_LOGITS, from_logits=True),
    cce("logits_smoothing", EYE, FAR_LOGITS, from_logits=True, label_smoothing=0.1),
    cce("sequence_logits", one_hot(SEQUENCE_CLASSES, 5), SEQUENCE, from_logits=True),
    scce("normalised", CLASSES, NORMALISED),
    scce("unnormalised", CLASSES, UNNORMALISED),
    scce("column_labels", CLASSES[:, None], UNNORMALISED),
    scce("float_labels", CLASSES.astype("float32"), UNNORMALISED),
    scce("other_labels", SHIFTED, UNNORMALISED),
    scce("hard", CLASSES, HARD),
    scce("logits", CLASSES, LOGITS, from_logits=True),
    scce("logits_column_labels", SHIFTED[:, None], LOGITS, from_logits=True),
    scce("far_logits", SHIFTED, FAR_LOGITS, from_logits=True),
    scce("sequence_logits", SEQUENCE_CLASSES, SEQUENCE, from_logits=True),
    scce("ignored", SPARSE_TARGETS, dyadic((2, 3, 3), 14, -96, 96), from_logits=True, ignore_class=-1),
    scce("ignored_class", CLASSES, UNNORMALISED, ignore_class=1),
    *both("mean_absolute_percentage_error", "MeanAbsolutePercentageError"),
    *both("mean_squared_logarithmic_error", "MeanSquaredLogarithmicError"),
    *both("huber", "Huber"),
    loss("huber_delta", "Huber", SIGNS, SCORES, delta=0.5),
    *both("log_cosh", "LogCosh"),
    loss("hinge_bits", "Hinge", BITS, SCORES),
    loss("hinge_signs", "Hinge", SIGNS, SCORES),
    loss("squared_hinge_bits", "SquaredHinge", BITS, SCORES),
    loss("squared_hinge_mixed", "SquaredHinge", SIGNS * BITS, SCORES),
    loss("categorical_hinge", "CategoricalHinge", EYE, UNNORMALISED),
    loss("categorical_hinge_logits", "CategoricalHinge", one_hot(SEQUENCE_CLASSES, 5), SEQUENCE),
    loss("kl_divergence", "KLDivergence", UNNORMALISED, EYE * np.float32(0.5) + np.float32(0.25)),
    loss("kl_divergence_hard", "KLDivergence", EYE, UNNORMALISED),
    loss("poisson", "Poisson", COUNTS, RATES),
    loss("cosine_similarity", "CosineSimilarity", TARGETS, OUTPUTS),
    loss("cosine_similarity_axis", "CosineSimilarity", COUNTS, RATES, axis=0),
    loss("dice", "Dice", BITS, CHANCES),
    loss("dice_axes", "Dice", BITS, CHANCES, axis=[1]),
    loss("tversky", "Tversky", BITS, CHANCES),
    loss("tversky_weights", "Tversky", BITS, CHANCES, alpha=0.25, beta=0.75, axis=1),
    loss("binary_focal", "BinaryFocalCrossentropy", BITS, CHANCES),
    loss("binary_focal_balanced", "BinaryFocalCrossentropy", BITS, CHANCES, apply_class_balancing=True, alpha=0.75, gamma=1.5),
    loss("binary_focal_smoothing", "BinaryFocalCrossentropy", BITS, CHANCES, label_smoothing=0.1, gamma=3.0),
    loss("binary_focal_logits", "BinaryFocalCrossentropy", BITS, SCORES, from_logits=True),
    loss("circle", "Circle", DIRECTION_CLASSES, DIRECTIONS),
    loss("circle_diagonal", "Circle", DIRECTION_CLASSES[:4], DIRECTIONS[:4], remove_diagonal=False, gamma=8.0, margin=0.25),
    loss("circle_column", "Circle", DIRECTION_CLASSES[:4, None], DIRECTIONS[:4], gamma=16.0),
    loss("ctc", "CTC", SPELLED, SPOKEN),
    loss("ctc_float_labels", "CTC", SPELLED[:2, :3].astype("float32"), SPOKEN[:2]),
    loss("generalized", "CategoricalGeneralizedCrossEntropy", CLASSES, UNNORMALISED),
    loss("generalized_q", "CategoricalGeneralizedCrossEntropy", SHIFTED, UNNORMALISED, q=0.9),
    loss("categorical_focal", "CategoricalFocalCrossentropy", EYE, UNNORMALISED),
    loss("categorical_focal_logits", "CategoricalFocalCrossentropy", EYE, LOGITS, from_logits=True),
    loss("categorical_focal_smoothing", "CategoricalFocalCrossentropy", EYE, NORMALISED, label_smoothing=0.1, gamma=1.5, alpha=0.5),
]


def gradient(value_of, y_pred):
    """d(value)/d(y_pred) of a scalar function, on the current backend."""
    if keras.backend.backend() == "jax":
        import jax

        return jax.grad(value_of)(y_pred)
    import tensorflow as tf

    with tf.GradientTape() as tape:
        tape.watch(y_pred)
        value = value_of(y_pred)
    return tape.gradient(value, y_pred)


def results():
    found = {}
    for case in CASES:
        loss_class = getattr(keras.losses, case["class_name"])
        y_true = keras.ops.convert_to_tensor(case["y_true"])
        y_pred = keras.ops.convert_to_tensor(case["y_pred"])
        mean = loss_class(**case["config"])
        found[case["name"]] = {
            "per_sample": np.array(loss_class(reduction=None, **case["config"])(y_true, y_pred)),
            "value": np.array(mean(y_true, y_pred)),
            "gradient": np.array(gradient(lambda p: mean(y_true, p), y_pred)),
        }
    return found


def make():
    here, there = results(), backends.run_under("jax", "losses")
    cases = []
    for case in CASES:
        own, other = here[case["name"]], there[case["name"]]
        differs = any(not backends.agree(own[key], other[key]) for key in own)
        extra = {"jax": {**other, "value": other["value"].item()}} if differs else {}
        cases.append({**case, **own, "value": own["value"].item(), **extra})
    return {"epsilon": keras.config.epsilon(), "jax_differs_beyond": backends.TOLERANCE, "cases": cases}


if __name__ == "__main__":
    backends.report(results())
