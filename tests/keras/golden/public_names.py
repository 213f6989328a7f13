"""The public names of Keras, by module."""

import importlib
import types

import keras

MODULES = [
    "activations",
    "applications",
    "backend",
    "callbacks",
    "config",
    "constraints",
    "datasets",
    "distillation",
    "distribution",
    "dtype_policies",
    "export",
    "initializers",
    "layers",
    "losses",
    "metrics",
    "mixed_precision",
    "models",
    "ops",
    "ops.image",
    "ops.linalg",
    "optimizers",
    "optimizers.schedules",
    "preprocessing.image",
    "preprocessing.sequence",
    "quantizers",
    "random",
    "regularizers",
    "saving",
    "tree",
    "utils",
    "visualization",
    "wrappers",
]


def names_of(module):
    """Functions and classes, without modules."""
    return [name for name in dir(module) if not name.startswith("_") and not isinstance(getattr(module, name), types.ModuleType)]


def make():
    names = {"": names_of(keras)}
    for path in MODULES:
        module = importlib.import_module(f"keras.{path}")
        names[path] = names_of(module)
        if path == "datasets":
            names[path] = [name for name in dir(module) if isinstance(getattr(module, name), types.ModuleType)]
    return {"names": names}
