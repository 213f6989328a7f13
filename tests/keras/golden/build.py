"""Keras objects from {"class_name", "config"} tables, and numbers that are short in decimal and exact in float32."""

import keras
import numpy as np

from drawn import drawn


def item(class_name, **config):
    return {"class_name": class_name, "config": config}


def inputs(*shape, dtype="float32"):
    return item("InputLayer", batch_shape=[None, *shape], dtype=dtype)


def dense(units, activation=None, **config):
    return item("Dense", units=units, activation=activation, **config)


def create(module, spec):
    """A string stays an identifier; a table becomes an object of `module`."""
    if spec is None or isinstance(spec, str):
        return spec
    config = {k: tuple(v) if isinstance(v, list) else v for k, v in spec["config"].items()}
    return getattr(module, spec["class_name"])(**config)


def sequential(layers, name="sequential"):
    keras.backend.clear_session()
    return keras.Sequential([create(keras.layers, layer) for layer in layers], name=name)


def dyadic(shape, seed, low=-48, high=48, step=1 / 64, offset=0):
    """Multiples of `step`."""
    return drawn(shape, seed, low, high, step, offset)


def weights_for(model, seed, scale=1.0):
    """Dyadic initial weights for every variable of a built model."""
    return [dyadic(w.shape, seed + i) * np.float32(scale) for i, w in enumerate(model.weights)]


def labels(shape, classes, seed, dtype="int32"):
    return drawn(shape, seed, 0, classes - 1, dtype=dtype)


def one_hot(values, classes):
    return np.eye(classes, dtype="float32")[values]
