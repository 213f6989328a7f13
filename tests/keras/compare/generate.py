"""Writes what real Keras makes of random models: predictions, and of some a training.

    python generate.py FOLDER COUNT [FIRST]    models of the seeds from FIRST (0 by default) on, in files of 100
    python generate.py slice.json SEED...      the models of these seeds, in one file
    python generate.py again CASES FILE        what Keras, on another backend, makes of the cases of a file

A model of every fourth seed is trained. tests/keras/compare/run.ts compares them with Ceratops.
"""

import json
import logging
import os
import random
import sys
import warnings
from pathlib import Path

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.update(
    CUDA_VISIBLE_DEVICES="-1",
    TF_CPP_MIN_LOG_LEVEL="3",
    TF_ENABLE_ONEDNN_OPTS="0",
    TF_NUM_INTRAOP_THREADS="1",
    TF_NUM_INTEROP_THREADS="1",
)
sys.path += [str(Path(__file__).parent), str(Path(__file__).parents[1] / "golden")]

import keras
import numpy as np

from encode import array, dumps, plain
from random_models import Maker, data_for, weights_for
from random_trainings import followed, trained

ROWS, FILE = 3, 100


def outputs_of(model, inputs):
    for layer in model._flatten_layers():
        if isinstance(layer, keras.layers.Normalization):
            layer.finalize_state()
    outputs = model(inputs if len(inputs) > 1 else inputs[0], training=False)
    return [np.asarray(y) for y in keras.tree.flatten(outputs)]


def predicted(model, seed):
    """The case of a model's predictions; None where they are too large for comparing."""
    weights = weights_for(model, seed)
    model.set_weights(weights)
    inputs = [data_for(tensor, seed + i, ROWS) for i, tensor in enumerate(model.inputs)]
    outputs = outputs_of(model, inputs)
    if any(np.isfinite(y).all() and np.abs(y).max(initial=0) > 1e4 for y in outputs if y.dtype == np.float32):
        return None
    return {"json": json.loads(model.to_json()), "weights": weights, "inputs": inputs, "outputs": outputs}


def again(case):
    """The case with what this backend makes of it."""
    model = keras.models.model_from_json(json.dumps(case["json"]))
    model.set_weights([array(value) for value in case["weights"]])
    inputs = [array(value) for value in case["inputs"]]
    if "outputs" in case:
        return {**case, "outputs": outputs_of(model, inputs)}
    options = dict(case["options"])
    if "sample_weight" in options:
        options["sample_weight"] = array(options["sample_weight"])
    if "class_weight" in options:
        options["class_weight"] = {int(number): weight for number, weight in options["class_weight"].items()}
    return {**case, **followed(model, inputs if len(inputs) > 1 else inputs[0], array(case["targets"]), options)}


def case_of(seed):
    """The case of a seed: `(case, why there is none)`."""
    keras.backend.clear_session(free_memory=False)
    keras.utils.set_random_seed(seed)
    steady = seed % 4 == 3
    maker = Maker(random.Random(seed), steady)
    model = maker.model()
    if model is None:
        return None, "no layers"
    try:
        case = trained(maker, model, seed, data_for, weights_for) if steady else predicted(model, seed)
    except Exception as error:  # Errors of the backend have no base of Keras's.
        return None, f"{type(error).__name__}: {error}"
    if case is None:
        return None, "large"
    return {"name": str(seed), **case}, None


def write(path, seeds, lines=False):
    cases, missing = [], {}
    for seed in seeds:
        case, why = case_of(seed)
        if case:
            cases.append(case)
        else:
            missing[str(seed)] = why[:300]
    content = {"keras": keras.__version__, "backend": keras.backend.backend(), "missing": missing, "cases": cases}
    Path(path).write_text((dumps(content) if lines else json.dumps(plain(content))) + "\n", encoding="utf-8")
    print(f"{path}: {len(cases)} models, {len(missing)} that Keras does not run", flush=True)


def write_again(cases, path):
    made = []
    for case in json.loads(Path(cases).read_text(encoding="utf-8")):
        try:
            made.append(again(case))
        except Exception as error:
            print(f"{case['name']}: {type(error).__name__}: {error}"[:300], flush=True)
    Path(path).write_text(json.dumps(plain(made)) + "\n", encoding="utf-8")


def main(target, *numbers):
    warnings.simplefilter("ignore")
    logging.getLogger("tensorflow").setLevel("ERROR")
    if target == "again":
        return write_again(*numbers)
    if target.endswith(".json"):
        return write(target, [int(n) for n in numbers], lines=True)
    count, first = int(numbers[0]), int(numbers[1]) if len(numbers) > 1 else 0
    Path(target).mkdir(parents=True, exist_ok=True)
    for start in range(first, first + count, FILE):
        write(Path(target) / f"{start}.json", range(start, min(start + FILE, first + count)))


main(*sys.argv[1:])
