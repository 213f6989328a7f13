"""Weights that Keras divides among several files."""

import base64
import json
import tempfile
import zlib
from pathlib import Path

import keras
import numpy as np
from keras import layers

from packed import draw


def model():
    keras.utils.clear_session()
    nested = keras.Sequential([keras.Input((4,)), layers.Dense(3), layers.LayerNormalization()])
    result = keras.Sequential(
        [
            keras.Input((6, 2)),
            layers.Conv1D(4, 3),
            layers.BatchNormalization(),
            layers.GlobalAveragePooling1D(),
            nested,
            layers.Dense(5),
            layers.Dense(2),
        ]
    )
    draw(result)
    result.compile("adam", "mse")
    return result


def case(name, size, fit):
    made = model()
    if fit:
        made.fit(np.ones((2, 6, 2), "float32"), np.ones((2, 2), "float32"), verbose=0)
    with tempfile.TemporaryDirectory() as folder:
        made.save_weights(str(Path(folder) / "x.weights.json"), max_shard_size=size / 2**30)
        files = {path.name: path.read_bytes() for path in sorted(Path(folder).iterdir())}
    return {
        "name": name,
        "config": json.loads(made.to_json()),
        "size": size,
        "map": json.loads(files["x.weights.json"]),
        "files": {name: base64.b64encode(zlib.compress(data, 9)).decode() for name, data in files.items()},
        "weights": made.get_weights(),
    }


def make():
    # The first size divides a layer; the last leaves one file.
    return {"cases": [case("small", 100, True), case("untrained", 150, False), case("one", 2**20, True)]}
