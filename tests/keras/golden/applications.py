"""Models of keras.applications: their JSON (gzipped), shapes, numbers of parameters, and some predictions.

Weights are functions of their path and place that the tests compute too; no file holds them.
"""

import base64
import gzip
import json

import keras
import numpy as np

SIZES = {
    "MobileNet": 32,
    "MobileNetV2": 32,
    "MobileNetV3Small": 32,
    "VGG16": 32,
    "ResNet50": 32,
    "ResNet50V2": 32,
    "DenseNet121": 32,
    "InceptionV3": 75,
    "Xception": 71,
    "EfficientNetB0": 32,
    "EfficientNetV2B0": 32,
}
# The scales of inputs and kernels, so that predictions depend on the images and not on rounding noise.
PREDICTED = {"MobileNetV2": (1.0, 1.0), "ResNet50": (1.0, 1.0), "EfficientNetB0": (255.0, 1.2)}


def hashed(text):
    value = 0x811C9DC5
    for byte in text.encode():
        value = (value ^ byte) * 0x01000193 & 0xFFFFFFFF
    return value


def noise(path, count):
    """Numbers in [-1, 1) from the finalizer of MurmurHash3 applied to indices."""
    with np.errstate(over="ignore"):
        h = np.arange(count, dtype=np.uint32) * np.uint32(0x9E3779B1) + np.uint32(hashed(path))
        h = (h ^ (h >> np.uint32(16))) * np.uint32(0x85EBCA6B)
        h = (h ^ (h >> np.uint32(13))) * np.uint32(0xC2B2AE35)
        h ^= h >> np.uint32(16)
    return h.astype("float64") * 2.0**-31 - 1


def weight(layer, variable, gain):
    shape = tuple(variable.shape)
    values = noise(f"{layer.name}/{variable.name}", int(np.prod(shape)))
    if len(shape) > 1:
        fan = np.prod(shape[:2]) if len(shape) == 4 and shape[3] == 1 else np.prod(shape[:-1])
        values = values * (gain * np.sqrt(6 / fan))
    elif variable.name in ("gamma", "moving_variance"):
        values = 1 + 0.25 * values
    elif variable.name == "variance":
        values = 1 + 0 * values
    elif variable.name == "count":
        values = 0 * values
    else:
        values = 0.1 * values
    return values.reshape(shape).astype("float32")


def results(name):
    keras.backend.clear_session()
    size = SIZES[name]
    model = getattr(keras.applications, name)(
        weights=None, input_shape=(size, size, 3), classes=10, classifier_activation=None
    )
    config = json.dumps(json.loads(model.to_json()), separators=(",", ":"))
    found = {
        "name": name,
        "json": base64.b64encode(gzip.compress(config.encode(), 9, mtime=0)).decode(),
        "input_shape": model.input_shape,
        "output_shape": model.output_shape,
        "params": model.count_params(),
        "trainable": sum(int(np.prod(w.shape)) for w in model.trainable_weights),
        "layers": [[layer.name, layer.output.shape, [tuple(w.shape) for w in layer.weights]] for layer in model.layers],
    }
    if name in PREDICTED:
        scale, gain = PREDICTED[name]
        for layer in model.layers:
            layer.set_weights([weight(layer, variable, gain) for variable in layer.weights])
            if isinstance(layer, keras.layers.Normalization):
                layer.finalize_state()  # It computes with copies of its weights.
        x = (noise("x", 2 * size * size * 3).reshape(2, size, size, 3) * scale).astype("float32")
        y = model.predict(x, verbose=0)
        assert np.isfinite(y).all() and np.abs(y[0] - y[1]).max() > 0.05 * np.abs(y).max(), name
        found.update(scale=scale, gain=gain, y=y)
    return found


def make():
    return {"models": [results(name) for name in SIZES]}
