"""What Python Keras makes of files of Ceratops, and files of its own: tests/saving/python_test.ts runs it.

    python exchange.py FOLDER NAME

reads FOLDER/NAME.json, writes FOLDER/NAME.answers.json, and the files that were asked for beside it.
"""

import json
import os
import sys
import warnings
from pathlib import Path

os.environ.setdefault("JAX_PLATFORMS", "cpu")
sys.path.append(str(Path(__file__).parents[2] / "keras" / "golden"))

import keras
import numpy as np

import block  # Registers the layer of one's own.
from encode import array, plain
from lambdas import FUNCTIONS

STEPS = 5


def load(path):
    return keras.saving.load_model(path, custom_objects=FUNCTIONS)


def arrays(value):
    """The arrays of a table: one, a list of them, or some by name."""
    if isinstance(value, list):
        return [arrays(item) for item in value]
    return array(value) if "shape" in value else {name: arrays(item) for name, item in value.items()}


def single(value):
    """The array of a result, where NumPy may have gone on in float64."""
    value = np.asarray(value)
    return value.astype("float32") if value.dtype == "float64" else value


def outputs_of(model, inputs):
    return keras.tree.map_structure(single, model(arrays(inputs), training=False))


def predicted(folder, asked):
    """Outputs of a file's model, and again after its weights came from a file of weights alone."""
    model = load(folder / asked["file"])
    found = {"outputs": outputs_of(model, asked["inputs"])}
    if "weights_file" in asked:
        model.set_weights([np.zeros_like(weight) for weight in model.get_weights()])
        model.load_weights(folder / asked["weights_file"])
        for layer in model._flatten_layers():
            if getattr(layer, "stateful", False) and hasattr(layer, "reset_state"):
                layer.reset_state()
        found["outputs_of_weights"] = outputs_of(model, asked["inputs"])
    return found


def trained(model, x, y):
    losses = [float(model.train_on_batch(x, y)) for _ in range(STEPS)]
    return {"losses": losses, "weights": model.get_weights()}


def gone_on(folder, asked, x, y):
    return trained(load(folder / asked["file"]), x, y)


def begun(folder, asked, x, y):
    """A file after the first steps of a training, and what became of the rest."""
    model = load(folder / asked["start"])
    trained(model, x, y)
    model.save(folder / asked["file"])
    return trained(model, x, y)


def heard(make, *args):
    """What `make` gives, with what Keras warned of; the error in place of it where it failed."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        # Of NumPy and HDF5 about how Keras calls them, and of NumPy about large numbers.
        warnings.simplefilter("ignore", DeprecationWarning)
        warnings.simplefilter("ignore", RuntimeWarning)
        try:
            found = make(*args)
        except Exception as error:  # What fails is told with the rest.
            found = {"error": f"{type(error).__name__}: {error}"[:2000]}
    return {"warnings": [str(warning.message) for warning in caught], **found}


def main(folder, name):
    folder = Path(folder)
    asked = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
    x, y = array(asked["x"]), array(asked["y"])
    made = {}
    for kind, make, *more in [("models", predicted), ("gone_on", gone_on, x, y), ("begun", begun, x, y)]:
        made[kind] = {each["name"]: heard(make, folder, each, *more) for each in asked[kind]}
    (folder / f"{name}.answers.json").write_text(json.dumps(plain(made)), encoding="utf-8")


main(*sys.argv[1:])
