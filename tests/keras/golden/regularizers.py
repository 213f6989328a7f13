"""Penalties and their gradients, weights after constraints, and trainings with both."""

import keras
import numpy as np
from keras.src.constraints import ALL_OBJECTS_DICT as CONSTRAINTS
from keras.src.regularizers import ALL_OBJECTS_DICT as REGULARIZERS

from build import create, dense, dyadic, inputs, item, labels, sequential, weights_for
from losses import gradient

MATRIX = dyadic((4, 3), 71, -96, 96)
WIDE = dyadic((3, 5), 72, -96, 96)
KERNEL = dyadic((2, 2, 3, 2), 73, -96, 96)
ROWS = np.array([[0, 1, 3, 3], [0, 0, 0, 3], [0, 0, 0, 3]], "float32")

PENALTIES = [
    ("l1", item("L1"), MATRIX),
    ("l1_tenth", item("L1", l1=0.1), KERNEL),
    ("l2", item("L2"), MATRIX),
    ("l2_tenth", item("L2", l2=0.1), KERNEL),
    ("l1_l2_zero", item("L1L2"), MATRIX),
    ("l1_l2", item("L1L2", l1=0.1, l2=0.2), MATRIX),
    ("orthogonal_rows", item("OrthogonalRegularizer"), MATRIX),
    ("orthogonal_columns", item("OrthogonalRegularizer", factor=0.5, mode="columns"), WIDE),
]

BOUNDS = [
    ("max_norm", item("MaxNorm"), ROWS),
    ("max_norm_axis", item("MaxNorm", max_value=1.5, axis=1), MATRIX),
    ("max_norm_axes", item("MaxNorm", max_value=1, axis=[0, 1, 2]), KERNEL),
    ("non_neg", item("NonNeg"), MATRIX),
    ("unit_norm", item("UnitNorm"), ROWS),
    ("unit_norm_axis", item("UnitNorm", axis=1), MATRIX),
    ("min_max_norm", item("MinMaxNorm", min_value=0.5, max_value=1.5), ROWS),
    ("min_max_norm_rate", item("MinMaxNorm", min_value=1.0, max_value=1.25, rate=0.25, axis=1), MATRIX),
]

X = dyadic((8, 4), 74, -96, 96)
Y = labels((8,), 3, 75)
TRAININGS = [
    ("l2_names", {"kernel_regularizer": "l2", "bias_regularizer": "l1"}, {}),
    ("activity", {"activity_regularizer": "l2"}, {"kernel_regularizer": "orthogonal_regularizer"}),
    ("max_norm", {"kernel_constraint": "max_norm", "bias_constraint": "non_neg"}, {"kernel_constraint": "unit_norm"}),
    ("min_max_and_l1", {"kernel_constraint": "min_max_norm", "kernel_regularizer": "l1"}, {}),
]


def penalty(name, spec, x):
    made = create(keras.regularizers, spec)
    value = keras.ops.convert_to_tensor(x)
    slope = gradient(lambda v: made(v) + 0 * keras.ops.sum(v), value)
    return {
        "name": name,
        **spec,
        "x": x,
        "value": float(made(value)),
        "gradient": np.array(slope),
        "serialized": keras.saving.serialize_keras_object(made),
    }


def bound(name, spec, x):
    made = create(keras.constraints, spec)
    return {
        "name": name,
        **spec,
        "x": x,
        "value": np.array(made(keras.ops.convert_to_tensor(x))),
        "serialized": keras.saving.serialize_keras_object(made),
    }


def training(name, first, second):
    layers = [inputs(4), dense(5, "tanh", **first), dense(3, "softmax", **second)]
    model = sequential(layers)
    model.set_weights(weights_for(model, 76))
    initial = model.get_weights()
    model.compile(optimizer=keras.optimizers.SGD(0.25, momentum=0.5), loss="sparse_categorical_crossentropy")
    losses = [model.train_on_batch(X, Y, return_dict=True)["loss"] for _ in range(5)]
    test = model.test_on_batch(X, Y, return_dict=True)["loss"]
    return {
        "name": name,
        "layers": layers,
        "initial": initial,
        "losses": [float(v) for v in losses],
        "test": float(test),
        "weights": model.get_weights(),
    }


def names(table, base):
    return {name: table[name].__name__ for name in sorted(table) if table[name].__name__ != base}


def make():
    return {
        "penalties": [penalty(*row) for row in PENALTIES],
        "constraints": [bound(*row) for row in BOUNDS],
        "x": X,
        "y": Y,
        "trainings": [training(*row) for row in TRAININGS],
        "regularizer_names": names(REGULARIZERS, "Regularizer"),
        "constraint_names": names(CONSTRAINTS, "Constraint"),
    }
