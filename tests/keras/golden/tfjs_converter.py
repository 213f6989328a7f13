"""Models of Keras as the converter of TensorFlow.js writes them, for tfjs.mjs: a folder of each, with inputs.

    python tfjs_converter.py FOLDER

Which ones follows from the Keras that is installed: 2 or 3. Of the package tensorflowjs only the writing of Keras's
models is imported, which needs neither its other formats nor their packages.
"""

import functools
import importlib
import importlib.util
import json
import os
import sys
import tempfile
import types
import zipfile
from pathlib import Path

os.environ.update(CUDA_VISIBLE_DEVICES="-1", TF_CPP_MIN_LOG_LEVEL="3", TF_ENABLE_ONEDNN_OPTS="0")

import h5py
import keras
import numpy as np
from keras import layers

from encode import plain
from packed import draw


@functools.cache
def converter():
    (root,) = importlib.util.find_spec("tensorflowjs").submodule_search_locations
    for name, path in [("tensorflowjs", root), ("tensorflowjs.converters", os.path.join(root, "converters"))]:
        sys.modules[name] = types.ModuleType(name)
        sys.modules[name].__path__ = [path]
    return importlib.import_module("tensorflowjs.converters.keras_h5_conversion")


def images():
    model = keras.Sequential(
        [
            keras.Input((6, 6, 2)),
            layers.Conv2D(4, 3, activation="relu"),
            layers.BatchNormalization(),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(3, activation="softmax"),
        ]
    )
    model.compile(keras.optimizers.Adam(0.01), "categorical_crossentropy", metrics=["accuracy"])
    return model, [np.linspace(-1, 1, 4 * 72, dtype="float32").reshape(4, 6, 6, 2)]


def branches():
    a, b = keras.Input((3,), name="a"), keras.Input((3,), name="b")
    shared = layers.Dense(4, activation="tanh", name="shared")
    nested = keras.Sequential([keras.Input((4,)), layers.Dense(3), layers.LayerNormalization()], name="nested")
    joined = layers.Concatenate()([shared(a), nested(shared(b)), layers.LeakyReLU()(a)])
    model = keras.Model([a, b], [layers.Dense(1, name="first")(joined), layers.Dense(2, name="second")(joined)])
    model.compile("sgd", {"first": "mse", "second": "mae"})
    return model, [
        np.linspace(-1, 1, 12, dtype="float32").reshape(4, 3),
        np.linspace(1, 0, 12, dtype="float32").reshape(4, 3),
    ]


def words():
    model = keras.Sequential(
        [
            keras.Input((5,)),
            layers.Embedding(11, 4),
            layers.Conv1D(4, 2, activation="relu"),
            layers.GlobalAveragePooling1D(),
            layers.Dense(2),
        ]
    )
    return model, [(np.arange(15, dtype="int32") * 7 % 11).reshape(3, 5)]


def keras2(write, model, path):
    model.save(path / "model.h5")
    with h5py.File(path / "model.h5") as file:
        write(*converter().h5_merged_saved_model_to_tfjs_format(file))


def keras3(write, model, path):
    model.save(path / "model.keras")
    with zipfile.ZipFile(path / "model.keras") as archive:
        metadata, config = (json.loads(archive.read(name)) for name in ("metadata.json", "config.json"))
        with h5py.File(archive.open("model.weights.h5")) as file:
            write(*converter().h5_v3_merged_saved_model_to_tfjs_format(file, metadata, config))


def convert(folder, make, quantization, shard):
    keras.utils.set_random_seed(1)
    model, inputs = make()
    draw(model)
    folder.mkdir(parents=True)
    (folder / "inputs.json").write_text(json.dumps(plain(inputs)))
    outputs = model.predict(inputs if len(inputs) > 1 else inputs[0], verbose=0)
    (folder / "outputs.json").write_text(json.dumps(plain(outputs if isinstance(outputs, list) else [outputs])))

    def write(topology, weights):
        converter().write_artifacts(topology, weights, str(folder), quantization, shard)

    with tempfile.TemporaryDirectory() as path:
        (keras2 if keras.__version__.startswith("2.") else keras3)(write, model, Path(path))


def main(folder):
    major = keras.__version__[0]
    if major == "2":
        convert(folder / "converted in uint8", images, {"uint8": True}, 100)
        convert(folder / "converted in uint16", branches, {"uint16": True}, 2**20)
        convert(folder / "converted in float16", words, {"float16": True}, 90)
        convert(folder / "converted", branches, None, 150)
    else:
        convert(folder / "converted from Keras 3, a chain", images, None, 300)
        convert(folder / "converted from Keras 3, branches", branches, None, 2**20)


main(Path(sys.argv[1]))
