"""Initializers: the exact rule for a shape, checked here against what Keras draws, and the configs."""

import math

import keras
import numpy as np
from keras.src.initializers import ALL_OBJECTS_DICT
from keras.src.initializers.random_initializers import compute_fans

from build import create, item

SHAPES = [(784, 512), (512, 10), (3, 3, 16, 32), (7,)]

# The standard deviation of a standard normal distribution truncated at plus and minus 2.
TRUNCATION = 0.87962566103423978

CASES = [
    ("zeros", item("Zeros")),
    ("ones", item("Ones")),
    ("constant", item("Constant", value=0.25)),
    ("identity", item("Identity", gain=2.0)),
    ("orthogonal", item("Orthogonal", gain=1.5)),
    ("random_normal", item("RandomNormal")),
    ("random_normal_shifted", item("RandomNormal", mean=1.0, stddev=0.5)),
    ("truncated_normal", item("TruncatedNormal")),
    ("random_uniform", item("RandomUniform")),
    ("random_uniform_range", item("RandomUniform", minval=-0.25, maxval=0.75)),
    ("glorot_uniform", item("GlorotUniform")),
    ("glorot_normal", item("GlorotNormal")),
    ("he_uniform", item("HeUniform")),
    ("he_normal", item("HeNormal")),
    ("lecun_uniform", item("LecunUniform")),
    ("lecun_normal", item("LecunNormal")),
    ("variance_scaling", item("VarianceScaling")),
    ("variance_scaling_fan_out_uniform", item("VarianceScaling", scale=2.0, mode="fan_out", distribution="uniform")),
    ("variance_scaling_untruncated", item("VarianceScaling", mode="fan_avg", distribution="untruncated_normal")),
]

# Each with a suitable shape.
KERNELS = [
    (item("STFT"), (16, 1, 9)),
    (item("STFT", side="imag"), (16, 1, 9)),
    (item("STFT", window="hamming", scaling="spectrum", periodic=True), (15, 1, 9)),
    (item("STFT", window="blackman", scaling=None), (12, 1, 7)),
    (item("STFT", window="nuttall", side="imag"), (10, 1, 5)),
    (item("STFT", window="blackmanharris", periodic=True), (10, 1, 5)),
    (item("STFT", window="flattop"), (9, 1, 5)),
    (item("STFT", window="boxcar"), (8, 1, 5)),
    (item("STFT", window="bartlett"), (9, 1, 5)),
    (item("STFT", window="bartlett", periodic=True), (8, 1, 5)),
    (item("STFT", window="cosine", periodic=True), (8, 1, 5)),
    (item("STFT", window="cosine", scaling="spectrum"), (1, 1, 3)),
    (item("STFT", window=[0.5, -1.0, 0.25], scaling="spectrum"), (3, 1, 4)),
    (item("STFT", window=None), (6, 1, 2)),
]


def uniform(low, high):
    return {"distribution": "uniform", "low": low, "high": high, "mean": (low + high) / 2, "std": (high - low) / math.sqrt(12)}


def normal(mean, stddev):
    return {"distribution": "normal", "stddev": stddev, "mean": mean, "std": stddev}


def truncated(mean, stddev):
    """`stddev` is that of the normal distribution before truncation, `std` that of the values drawn."""
    cut = {"low": mean - 2 * stddev, "high": mean + 2 * stddev}
    return {"distribution": "truncated_normal", "stddev": stddev, **cut, "mean": mean, "std": stddev * TRUNCATION}


def rule(initializer, shape):
    """What the values must obey, or None if the shape is an error."""
    kind = type(initializer).__name__
    if kind in ("Zeros", "Ones", "Constant"):
        return {"distribution": "constant", "value": {"Zeros": 0.0, "Ones": 1.0}.get(kind, getattr(initializer, "value", None))}
    if kind == "Identity":
        return {"distribution": "identity", "gain": initializer.gain} if len(shape) == 2 else None
    if kind == "Orthogonal":
        flat = [math.prod(shape[:-1]), shape[-1]]
        return {"distribution": "orthogonal", "gain": initializer.gain, "matrix": flat} if len(shape) > 1 else None
    if kind == "RandomUniform":
        return uniform(initializer.minval, initializer.maxval)
    if kind == "RandomNormal":
        return normal(initializer.mean, initializer.stddev)
    if kind == "TruncatedNormal":
        return truncated(initializer.mean, initializer.stddev)
    fan_in, fan_out = compute_fans(shape)
    fan = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}[initializer.mode]
    variance = initializer.scale / max(1.0, fan)
    if initializer.distribution == "uniform":
        return uniform(-math.sqrt(3 * variance), math.sqrt(3 * variance))
    if initializer.distribution == "untruncated_normal":
        return normal(0.0, math.sqrt(variance))
    return truncated(0.0, math.sqrt(variance) / TRUNCATION)


def check(name, found, shape, values):
    """Stops when the rule is not what Keras does."""

    def expect(condition, what):
        if not condition:
            raise AssertionError(f"{name} {list(shape)}: {what}")

    kind = found["distribution"]
    if kind == "constant":
        return expect((values == found["value"]).all(), "not constant")
    if kind == "identity":
        return expect((values == np.eye(*shape) * found["gain"]).all(), "not the identity")
    if kind == "orthogonal":
        matrix = values.reshape(found["matrix"])
        rows, columns = matrix.shape
        product = matrix @ matrix.T if rows < columns else matrix.T @ matrix
        return expect(np.allclose(product, np.eye(len(product)) * found["gain"] ** 2, atol=1e-4), "not orthogonal")
    if "low" in found:
        slack = 1e-6 * (found["high"] - found["low"])
        expect(values.min() >= found["low"] - slack and values.max() <= found["high"] + slack, "out of range")
    if values.size > 1000:
        error = 5 * found["std"] / math.sqrt(values.size)
        expect(abs(values.mean() - found["mean"]) < error, f"mean {values.mean()}")
        expect(abs(values.std() - found["std"]) < error, f"std {values.std()}, expected {found['std']}")


def case(name, spec):
    initializer = create(keras.initializers, spec)
    rules = []
    for shape in SHAPES:
        found = rule(initializer, shape)
        if found:
            keras.utils.set_random_seed(1)
            check(name, found, shape, np.array(initializer(shape)))
        rules.append({"shape": shape, "rule": found})
    serialized = keras.initializers.serialize(initializer)
    return {"name": name, **spec, "serialized": serialized, "rules": rules}


def kernel(spec, shape):
    initializer = create(keras.initializers, spec)
    serialized = keras.initializers.serialize(initializer)
    return {**spec, "serialized": serialized, "shape": shape, "result": np.array(initializer(shape))}


def make():
    fans = [dict(zip(["shape", "fan_in", "fan_out"], [shape, *compute_fans(shape)])) for shape in [(), *SHAPES, (5, 4, 6)]]
    return {
        "identifiers": {name: ALL_OBJECTS_DICT[name].__name__ for name in sorted(ALL_OBJECTS_DICT)},
        "fans": fans,
        "cases": [case(*row) for row in CASES],
        "kernels": [kernel(*row) for row in KERNELS],
    }
