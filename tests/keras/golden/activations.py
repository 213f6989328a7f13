"""Activations: y and the gradient of sum(y * weights), over a grid, a matrix and rows far from zero."""

import keras
import numpy as np

import backends
from build import dyadic
from losses import gradient

GRID = np.array(sorted([i / 2 for i in range(-24, 25)] + [-0.75, -0.0625, 0.0625, 0.25, 0.75]), "float32")
INPUTS = {
    "grid": GRID,
    "matrix": dyadic((4, 6), 21, -256, 256),
    "far": np.array([[80, -80, 0, 80, 1, -1], [-100, -100, -100, -100, -100, -100], [0, 0, 0, 0, 1, 30]], "float32"),
}
WEIGHTS = {name: dyadic(x.shape, 31 + i, 16, 96) for i, (name, x) in enumerate(INPUTS.items())}

EACH = ["grid", "matrix"]
ROWS = ["matrix", "far"]

CASES = [
    ("linear", {}, EACH),
    ("relu", {}, EACH),
    ("relu", {"negative_slope": 0.125, "max_value": 6.0, "threshold": 1.0}, EACH),
    ("relu", {"negative_slope": 0.25}, EACH),
    ("sigmoid", {}, [*EACH, "far"]),
    ("tanh", {}, [*EACH, "far"]),
    ("softmax", {}, ROWS),
    ("softmax", {"axis": 0}, ROWS),
    ("gelu", {}, EACH),
    ("gelu", {"approximate": True}, EACH),
    ("silu", {}, [*EACH, "far"]),
    ("elu", {}, EACH),
    ("elu", {"alpha": 0.5}, EACH),
    ("selu", {}, EACH),
    ("leaky_relu", {}, EACH),
    ("leaky_relu", {"negative_slope": 0.125}, EACH),
    ("softplus", {}, [*EACH, "far"]),
    ("softsign", {}, EACH),
    ("relu6", {}, EACH),
    ("hard_sigmoid", {}, EACH),
    ("hard_silu", {}, EACH),
    ("mish", {}, [*EACH, "far"]),
    ("log_softmax", {}, ROWS),
    ("log_softmax", {"axis": 0}, ROWS),
    ("exponential", {}, EACH),
    ("log_sigmoid", {}, [*EACH, "far"]),
    ("celu", {}, EACH),
    ("celu", {"alpha": 0.5}, EACH),
    ("glu", {}, ["grid", "matrix", "far"]),
    ("glu", {"axis": 0}, ["matrix"]),
    ("hard_tanh", {}, EACH),
    ("hard_shrink", {}, EACH),
    ("hard_shrink", {"threshold": 1.0}, EACH),
    ("soft_shrink", {}, EACH),
    ("soft_shrink", {"threshold": 1.0}, EACH),
    ("tanh_shrink", {}, EACH),
    ("threshold", {"threshold": 0.75, "default_value": 0.25}, EACH),
    ("squareplus", {}, EACH),
    ("squareplus", {"b": 1}, EACH),
    ("sparse_plus", {}, EACH),
    ("sparse_sigmoid", {}, EACH),
    ("sparsemax", {}, ROWS),
    ("sparsemax", {"axis": 0}, ["matrix"]),
]


# Where a threshold, a limit and signs of zero meet.
EDGES = np.array([-np.inf, -2, -0.5, 0, 0.125, 0.25, 0.5, 1, 2, 3, np.inf, np.nan], "float32")
RELUS = [
    {},
    {"max_value": 2.0},
    {"threshold": 0.25},
    {"threshold": 0.25, "max_value": 2.0},
    {"threshold": -1.0, "max_value": 2.0},
    {"threshold": 0.25, "max_value": 0.0},
    {"negative_slope": 0.125},
    {"negative_slope": 0.125, "max_value": 2.0},
    {"negative_slope": 0.125, "max_value": 2.0, "threshold": 0.25},
]


def case_name(function, arguments):
    return "_".join([function, *(f"{key}_{value}" for key, value in arguments.items())]).lower()


def corner(weights, shape):
    """The leading part of the weights, for a `y` smaller than its `x` (glu halves an axis)."""
    return weights[tuple(slice(size) for size in shape)]


def results():
    """{"case/input": {y, dx}}."""
    found = {}
    for function, arguments, names in CASES:
        activation = getattr(keras.activations, function)
        for name in names:
            x = keras.ops.convert_to_tensor(INPUTS[name])
            y = np.array(activation(x, **arguments))
            weights = corner(WEIGHTS[name], y.shape)
            dx = np.array(gradient(lambda x: keras.ops.sum(activation(x, **arguments) * weights), x))
            found[f"{case_name(function, arguments)}/{name}"] = {"y": y, "dx": dx}
    return found


def differences(own, other):
    """The flat indices where two backends disagree, and what the other one says there."""
    rows = {}
    for key in own:
        one, two = own[key].reshape(-1), other[key].reshape(-1)
        index = [i for i in range(one.size) if not backends.agree(one[i], two[i])]
        if index:
            rows[key] = {"index": index, "value": two[index].tolist()}
    return {"jax": rows} if rows else {}


def make():
    here, there = results(), backends.run_under("jax", "activations")
    cases = []
    for function, arguments, names in CASES:
        name = case_name(function, arguments)
        of = {}
        for key in names:
            own, other = here[f"{name}/{key}"], there[f"{name}/{key}"]
            of[key] = {"weights": corner(WEIGHTS[key], own["y"].shape)} if own["y"].shape != INPUTS[key].shape else {}
            of[key].update({**own, **differences(own, other)})
        cases.append({"name": name, "activation": function, "arguments": arguments, "results": of})
    inputs = {name: {"x": x, "weights": WEIGHTS[name]} for name, x in INPUTS.items()}
    relus = [{"arguments": arguments, "y": np.array(keras.activations.relu(EDGES, **arguments))} for arguments in RELUS]
    return {"jax_differs_beyond": backends.TOLERANCE, "inputs": inputs, "cases": cases, "relus": {"x": EDGES, "cases": relus}}


if __name__ == "__main__":
    backends.report(results())
