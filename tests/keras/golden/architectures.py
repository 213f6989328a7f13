"""The functions of keras.applications: of each model the SHA-256 of its config in a canonical form, its numbers of
parameters, and the files of weights that Keras would download; and some predictions.
"""

import hashlib
import inspect
import json
import re
from types import SimpleNamespace

import keras
import numpy as np
from keras.applications import imagenet_utils
from keras.src.utils import file_utils

from applications import noise, weight
from drawn import drawn

NAMES = [name for name in vars(keras.applications) if name[0].isupper()]

# Beside the weights of ImageNet with and without the top: options by function.
CASES = {
    "VGG16": [{"include_top": False, "pooling": "max"}, {"input_shape": [48, 40, 1], "classes": 3, "name": "mine"}],
    "ResNet50": [
        {"include_top": False, "pooling": "avg"},
        {"include_top": False, "input_tensor": [40, 33, 3]},
        {"classifier_activation": None},
    ],
    "ResNet50V2": [{"include_top": False, "pooling": "max", "input_shape": [None, 64, 3]}],
    "InceptionV3": [{"include_top": False, "pooling": "avg", "input_shape": [75, 75, 3]}],
    "InceptionResNetV2": [{"include_top": False, "pooling": "max"}],
    "Xception": [{"include_top": False, "pooling": "avg", "input_shape": [71, 80, 4]}],
    "MobileNet": [
        {"alpha": 0.3, "depth_multiplier": 2, "dropout": 0.5, "input_shape": [128, 128, 3]},
        {"weights": "imagenet", "alpha": 0.25, "input_shape": [128, 128, 3]},
        {"weights": "imagenet", "alpha": 0.5, "include_top": False, "input_shape": [160, 160, 3], "pooling": "avg"},
        {"weights": "imagenet", "alpha": 0.75, "include_top": False, "input_shape": [100, 80, 3]},
    ],
    "MobileNetV2": [
        {"alpha": 1.4, "input_shape": [96, 96, 3]},
        {"alpha": 0.1, "include_top": False, "pooling": "max", "input_shape": [33, 47, 3]},
        {"input_tensor": [128, 128, 3]},
        {"input_tensor": [96, 97, 3], "input_shape": [96, 97, 3]},
        {"weights": "imagenet", "alpha": 0.35, "input_shape": [160, 160, 3]},
        {"weights": "imagenet", "alpha": 1.3, "include_top": False, "input_shape": [100, 100, 3]},
    ],
    "MobileNetV3Small": [
        {"alpha": 0.5, "minimalistic": True, "dropout_rate": 0, "input_shape": [40, 50, 3]},
        {"include_preprocessing": False, "include_top": False, "pooling": "avg", "input_tensor": [40, 50, 3]},
        {"weights": "imagenet", "alpha": 0.75, "include_top": False, "pooling": "max"},
        {"weights": "imagenet", "minimalistic": True},
    ],
    "MobileNetV3Large": [
        {"alpha": 1.5, "classes": 5},
        {"weights": "imagenet", "alpha": 0.75},
        {"weights": "imagenet", "minimalistic": True, "include_top": False},
    ],
    "DenseNet121": [{"include_top": False, "pooling": "max", "input_shape": [32, 32, 3]}],
    "NASNetMobile": [{"include_top": False, "pooling": "avg"}, {"input_shape": [65, 40, 3], "classes": 7}],
    "EfficientNetB0": [
        {},
        {"include_top": False, "pooling": "avg", "input_shape": [None, None, 3]},
        {"include_top": False, "pooling": "max", "input_shape": [33, 40, 2]},
    ],
    "EfficientNetB1": [{}],
    "EfficientNetV2B0": [
        {"include_preprocessing": False},
        {"include_top": False, "pooling": "avg", "input_shape": [32, 32, 1]},
    ],
    "EfficientNetV2S": [{"include_top": False, "pooling": "max", "input_shape": [32, 32, 3]}],
    "ConvNeXtTiny": [
        {"include_top": False, "pooling": "avg"},
        {"include_top": False, "pooling": "max", "include_preprocessing": False},
        {"input_tensor": [64, 32, 3], "classes": 4},
    ],
}

# Of each family a small model, with its options beside 10 classes and no activation, and the scales of inputs and
# kernels by which predictions depend on the images and not on rounding.
PREDICTED = {
    "VGG16": ({"input_shape": [32, 32, 3]}, 1, 1),
    "ResNet50": ({"input_shape": [32, 32, 3]}, 1, 1),
    "ResNet50V2": ({"input_shape": [32, 32, 3]}, 1, 1),
    "InceptionV3": ({"input_shape": [75, 75, 3]}, 1, 1.4),
    "InceptionResNetV2": ({"input_shape": [75, 75, 3]}, 1, 1),
    "Xception": ({"input_shape": [71, 71, 3]}, 1, 1),
    "MobileNet": ({"input_shape": [32, 32, 3], "alpha": 0.25}, 1, 1.4),
    "MobileNetV2": ({"input_shape": [32, 32, 3], "alpha": 0.35}, 1, 1),
    "MobileNetV3Small": ({"input_shape": [32, 32, 3], "alpha": 0.75}, 255, 1),
    "DenseNet121": ({"input_shape": [32, 32, 3]}, 1, 1),
    "NASNetMobile": ({"input_shape": [32, 32, 3]}, 1, 1),
    "EfficientNetB0": ({"input_shape": [32, 32, 3]}, 255, 1.2),
    "EfficientNetV2B0": ({"input_shape": [32, 32, 3]}, 255, 0.9),
    "ConvNeXtTiny": ({"input_shape": [32, 32, 3]}, 255, 1),
}

LEFT_OUT = ("build_config", "compile_config")


def canonical(value):
    """JSON with sorted keys, without what building and compiling add, and with one form for each number."""
    if isinstance(value, dict):
        items = sorted((key, item) for key, item in value.items() if key not in LEFT_OUT)
        return "{" + ",".join(f"{json.dumps(key)}:{canonical(item)}" for key, item in items) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(canonical, value)) + "]"
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return json.dumps(value)
    return re.sub(r"e([+-])0(\d)$", r"e\1\2", f"{float(value):.16e}")


def arguments(options):
    """As Keras's functions take them: a tensor of its shape, and shapes as tuples."""
    options = dict(options)
    if "input_shape" in options:
        options["input_shape"] = tuple(options["input_shape"])
    if "input_tensor" in options:
        options["input_tensor"] = keras.Input(options["input_tensor"])
    return options


def built(name, options):
    """The model, and the files that it was to have."""
    keras.backend.clear_session()
    files = []

    def get_file(fname, origin, cache_subdir=None, file_hash=None):
        assert cache_subdir == "models"
        files.append({"name": fname, "url": origin, "hash": file_hash})

    original = file_utils.get_file, keras.Model.load_weights
    file_utils.get_file, keras.Model.load_weights = get_file, lambda *_: None
    try:
        return getattr(keras.applications, name)(**arguments({"weights": None, **options})), files
    finally:
        file_utils.get_file, keras.Model.load_weights = original


def config(name, options):
    model, files = built(name, options)
    text = canonical(json.loads(model.to_json()))
    found = {
        "options": options,
        "sha256": hashlib.sha256(text.encode()).hexdigest(),
        "params": model.count_params(),
        "trainable": sum(int(np.prod(w.shape)) for w in model.trainable_weights),
        "output": model.output_shape,
    }
    return {**found, "file": files[0]} if files else found


def configs(name):
    pretrained = [{"weights": "imagenet"}, {"weights": "imagenet", "include_top": False}]
    if name.startswith("NASNet"):
        pretrained[1]["input_shape"] = [64, 64, 3]
    return [config(name, options) for options in [*pretrained, *CASES.get(name, [])]]


def prediction(name, options, scale, gain):
    options = {**options, "classes": 10, "classifier_activation": None}
    model, _ = built(name, options)
    for layer in leaves(model):
        layer.set_weights([weight(layer, named(layer, variable), gain) for variable in layer.weights])
        if isinstance(layer, keras.layers.Normalization):
            layer.finalize_state()  # It computes with copies of its weights.
    size = options["input_shape"][0]
    x = (noise("x", 2 * size * size * 3).reshape(2, size, size, 3) * scale).astype("float32")
    y = model.predict(x, verbose=0)
    assert np.isfinite(y).all() and np.abs(y[0] - y[1]).max() > 0.05 * np.abs(y).max(), (name, y)
    return {"name": name, "options": options, "scale": scale, "gain": gain, "y": y}


def named(layer, variable):
    """The variable, but for the factors of ConvNeXt, which Keras names by their number."""
    return SimpleNamespace(name="gamma", shape=variable.shape) if type(layer).__name__ == "LayerScale" else variable


def leaves(model):
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            yield from leaves(layer)
        else:
            yield layer


def preprocessed(mode, data_format, shape):
    x = drawn(shape, 7, 0, 255)
    y = imagenet_utils.preprocess_input(x.copy(), data_format=data_format, mode=mode)
    return {"mode": mode, "data_format": data_format, "x": x, "y": y}


def modules():
    """What the modules make of an image."""
    x = drawn((2, 2, 3), 8, 0, 255)
    found = {name: item for name, item in vars(keras.applications).items() if inspect.ismodule(item)}
    return {"x": x, "y": {name: module.preprocess_input(x.copy()) for name, module in found.items()}}


def make():
    shapes = {"channels_last": [(3, 2, 3), (2, 2, 3, 3)], "channels_first": [(3, 2, 4), (2, 3, 2, 3)]}
    return {
        "preprocessed": [
            preprocessed(mode, data_format, shape)
            for mode in ("caffe", "tf", "torch")
            for data_format in shapes
            for shape in shapes[data_format]
        ],
        "modules": modules(),
        "configs": {name: configs(name) for name in NAMES},
        "predictions": [prediction(name, *rest) for name, rest in PREDICTED.items()],
    }
