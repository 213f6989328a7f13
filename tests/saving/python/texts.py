"""What Python Keras on TensorFlow makes of models of texts: tests/saving/text_files_test.ts runs it.

    python texts.py FOLDER

reads FOLDER/asked.json, opens each model, writes what it computes to FOLDER/answers.json, and saves it again beside it.
"""

import json
import os
import sys
from pathlib import Path

os.environ.update(KERAS_BACKEND="tensorflow", CUDA_VISIBLE_DEVICES="-1", TF_CPP_MIN_LOG_LEVEL="3")
sys.path.append(str(Path(__file__).parents[2] / "keras" / "golden"))

import keras
import numpy as np
import tensorflow as tf

from encode import array, plain


def tensor(value):
    if value["dtype"] == "string":
        return tf.reshape(tf.constant(value["data"]), value["shape"])
    return tf.constant(array(value))


def answered(folder, name, inputs):
    model = keras.saving.load_model(folder / f"{name}.keras")
    model.save(folder / f"{name}.there.keras")
    given = [tensor(value) for value in inputs]
    y = model(given[0] if len(given) == 1 else given)
    return np.asarray(y).astype("float32")


def main(folder):
    folder = Path(folder)
    asked = json.loads((folder / "asked.json").read_text(encoding="utf-8"))
    found = {}
    for name, inputs in asked.items():
        try:
            found[name] = {"y": answered(folder, name, inputs)}
        except Exception as error:  # What fails is told with the rest.
            found[name] = {"error": f"{type(error).__name__}: {error}"[:2000]}
    (folder / "answers.json").write_text(json.dumps(plain(found)), encoding="utf-8")


main(*sys.argv[1:])
