"""The parameters of classes and methods whose default is None."""

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

METHODS = ["compile", "fit", "evaluate", "predict", "train_on_batch", "test_on_batch", "summary"]


def parameters(function):
    """By name, whether the default is None."""
    kinds = (inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL)
    found = inspect.signature(function).parameters.values()
    return {p.name: p.default is None for p in found if p.kind not in kinds and p.name != "self"}


def make():
    classes = {
        f"{family}.{name}": parameters(item.__init__)
        for family, module in FAMILIES.items()
        for name, item in sorted(vars(module).items())
        if inspect.isclass(item) and name[0].isupper()
    }
    return {"classes": classes, "methods": {name: parameters(getattr(keras.Model, name)) for name in METHODS}}
