"""Five steps of each optimizer over two variables with fixed gradients."""

import keras
import numpy as np

from build import create, item

INITIAL = [
    np.array([[1.0, -0.5, 0.25], [0.0, 2.0, -1.5]], "float32"),
    np.array([0.5, -0.25, 0.0], "float32"),
]

GRADIENTS = [
    [[[0.125, -0.25, 0.0], [1.0, -2.0, 0.5]], [0.5, -0.0625, 0.0]],
    [[[-0.5, 0.75, 0.0], [0.25, 30.0, -0.125]], [-1.5, 0.0, 0.25]],
    [[[2.0, 0.0078125, 0.0], [-0.75, 0.5, 0.0]], [0.0009765625, -4.0, 0.125]],
    [[[0.0, -1.25, 0.0], [0.0625, -100.0, 3.0]], [0.75, 0.5, -0.5]],
    [[[-0.375, 0.1875, 0.0], [1.5, 0.0, -0.25]], [0.0, 0.03125, 12.0]],
]

CASES = [
    ("sgd", item("SGD")),
    ("sgd_learning_rate", item("SGD", learning_rate=0.5)),
    ("sgd_momentum", item("SGD", learning_rate=0.05, momentum=0.9)),
    ("sgd_nesterov", item("SGD", learning_rate=0.05, momentum=0.9, nesterov=True)),
    ("sgd_weight_decay", item("SGD", learning_rate=0.1, weight_decay=0.04)),
    ("sgd_clipnorm", item("SGD", learning_rate=0.1, clipnorm=1.0)),
    ("sgd_clipvalue", item("SGD", learning_rate=0.1, clipvalue=0.5)),
    ("sgd_global_clipnorm", item("SGD", learning_rate=0.1, global_clipnorm=1.0)),
    (
        "sgd_nesterov_decay_clipnorm",
        item("SGD", learning_rate=0.1, momentum=0.8, nesterov=True, weight_decay=0.04, clipnorm=2.0),
    ),
    ("rmsprop", item("RMSprop")),
    ("rmsprop_momentum", item("RMSprop", learning_rate=0.01, momentum=0.9)),
    ("rmsprop_centered", item("RMSprop", learning_rate=0.01, centered=True)),
    ("rmsprop_rho", item("RMSprop", learning_rate=0.01, rho=0.8)),
    ("rmsprop_epsilon", item("RMSprop", learning_rate=0.01, epsilon=0.01)),
    (
        "rmsprop_all",
        item("RMSprop", learning_rate=0.01, rho=0.8, momentum=0.5, centered=True, weight_decay=0.04, clipvalue=2.0),
    ),
    ("adam", item("Adam")),
    ("adam_learning_rate", item("Adam", learning_rate=0.1)),
    ("adam_betas", item("Adam", learning_rate=0.01, beta_1=0.8, beta_2=0.9)),
    ("adam_epsilon", item("Adam", learning_rate=0.01, epsilon=0.1)),
    ("adam_amsgrad", item("Adam", learning_rate=0.01, amsgrad=True)),
    ("adam_weight_decay", item("Adam", learning_rate=0.01, weight_decay=0.04)),
    ("adam_clipnorm", item("Adam", learning_rate=0.01, clipnorm=1.0)),
    ("adam_clipvalue", item("Adam", learning_rate=0.01, clipvalue=0.5)),
    ("adam_global_clipnorm", item("Adam", learning_rate=0.01, global_clipnorm=1.0)),
    ("adamw", item("AdamW")),
    ("adamw_weight_decay", item("AdamW", learning_rate=0.1, weight_decay=0.05)),
    ("adamw_amsgrad_clipnorm", item("AdamW", learning_rate=0.01, weight_decay=0.05, amsgrad=True, clipnorm=1.0)),
]


def trajectory(name, spec):
    keras.backend.clear_session()
    optimizer = create(keras.optimizers, spec)
    variables = [keras.Variable(value, name=n) for value, n in zip(INITIAL, ["kernel", "bias"])]
    after = []
    for step in GRADIENTS:
        gradients = [keras.ops.convert_to_tensor(g, "float32") for g in step]
        optimizer.apply(gradients, variables)
        after.append([np.array(v) for v in variables])
    return {
        "name": name,
        **spec,
        "after": after,
        "state": [{"name": v.path.rpartition("/")[2], "value": np.array(v)} for v in optimizer.variables],
    }


def make():
    gradients = [[np.array(g, "float32") for g in step] for step in GRADIENTS]
    return {"initial": INITIAL, "gradients": gradients, "cases": [trajectory(*case) for case in CASES]}
