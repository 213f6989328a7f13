"""The parameters of classes, methods and functions: of the former whose default is None, of functions whether there is one."""

import importlib
import inspect

import keras

FAMILIES = {
    "layers": keras.layers,
    "losses": keras.losses,
    "metrics": keras.metrics,
    "optimizers": keras.optimizers,
    "schedules": keras.optimizers.schedules,
    "initializers": keras.initializers,
    "regularizers": keras.regularizers,
    "constraints": keras.constraints,
    "callbacks": keras.callbacks,
}

FUNCTIONS = [
    "activations",
    "applications",
    "config",
    "datasets.boston_housing",
    "datasets.california_housing",
    "datasets.cifar10",
    "datasets.cifar100",
    "datasets.fashion_mnist",
    "datasets.imdb",
    "datasets.mnist",
    "datasets.reuters",
    "losses",
    "metrics",
    "models",
    "ops",
    "ops.image",
    "ops.linalg",
    "random",
    "saving",
    "utils",
]

METHODS = ["compile", "fit", "evaluate", "predict", "train_on_batch", "test_on_batch", "summary"]


def parameters(function):
    """By name, whether the default is None."""
    kinds = (inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL)
    found = inspect.signature(function).parameters.values()
    return {p.name: p.default is None for p in found if p.kind not in kinds and p.name != "self"}


def functions_of(path):
    """By name, whether each parameter has a default."""
    module = importlib.import_module(f"keras.{path}")
    kinds = (inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL)
    return {
        f"{path}.{name}": {
            p.name: p.default is not inspect.Parameter.empty
            for p in inspect.signature(item).parameters.values()
            if p.kind not in kinds
        }
        for name, item in sorted(vars(module).items())
        if inspect.isfunction(item) and not name.startswith("_")
    }


def make():
    classes = {
        f"{family}.{name}": parameters(item.__init__)
        for family, module in FAMILIES.items()
        for name, item in sorted(vars(module).items())
        if inspect.isclass(item) and name[0].isupper()
    }
    return {
        "classes": classes,
        "methods": {name: parameters(getattr(keras.Model, name)) for name in METHODS},
        "functions": {name: found for path in FUNCTIONS for name, found in functions_of(path).items()},
    }
