"""A layer of each class in a file as Keras saves it: one model for each golden file of layers.

A model has the first case of each class, as layers side by side, with the weights of the golden file, which also says
what they compute of its inputs.
"""

import importlib

import keras

import text
from layers import applied, first_value, made
from packed import packed

FAMILIES = [
    *["layers", "merging", "pooling", "spatial", "normalization", "convolutional", "preprocessing", "recurrent"],
    *["attention", "augmentation", "text", "spectrograms"],
]

# Layers that Keras does not take into a model of inputs and outputs: they give the input's own tensor for the output.
APART = ["Equalization"]


def classes_in(table):
    """The classes of a layer and of the cells in it."""
    if isinstance(table, (list, tuple)):
        return set().union(*map(classes_in, table))
    if not isinstance(table, dict):
        return set()
    own = {table["class_name"]} if hasattr(keras.layers, str(table.get("class_name"))) else set()
    return own.union(*map(classes_in, table.values()))


def first_cases(cases):
    """The first case of each class, without masks if there is one: these ride on inputs of single layers only."""
    found, seen = [], set()
    for spec in sorted(cases, key=lambda spec: spec["masks"] is not None):
        classes = classes_in(spec["layer"])
        if not classes <= seen:
            found.append(spec)
            seen |= classes
    return found


def saved(family):
    keras.backend.clear_session()
    inputs, outputs = [], []
    cases = [spec for spec in first_cases(importlib.import_module(family).CASES) if spec["layer"]["class_name"] not in APART]
    for spec in cases:
        layer = text.made(spec) if family == "text" else made(spec["layer"])
        own = [keras.Input(x.shape[1:], dtype=text.dtype_of(x)) for x in spec["inputs"]]
        inputs += own
        outputs.append(applied(layer, spec, own)[0])
        layer.set_weights([first_value(w, 51 + i) for i, w in enumerate(layer.weights)])
    model = keras.Model(inputs, outputs, name=family)
    return {"family": family, "cases": [spec["name"] for spec in cases], "file": packed(model.save, ".keras")}


def make():
    return {"models": [saved(family) for family in FAMILIES]}
