"""Layers that prepare data and images, each alone: the same as in layers.py. The random ones do nothing in inference."""

import keras
import numpy as np

from build import create, item
from layers import ROWS, SEQUENCE, STEPS, case, floats, table, whole

PHOTOS = floats(2, 5, 6, 2, seed=71)
BYTES = whole(1, 4, 3, 3, seed=72, high=256).astype("uint8")
FIRST = {"data_format": "channels_first"}


def resizing(name, photos=PHOTOS, height=4, width=9, train=True, **config):
    return case(f"resizing_{name}", item("Resizing", height=height, width=width, **config), photos, train=train)


def crop(name, height, width, photos=PHOTOS, **config):
    return case(f"center_crop_{name}", item("CenterCrop", height=height, width=width, **config), photos)


def random(name, class_name, photos=PHOTOS, **config):
    return case(f"random_{name}", item(class_name, **config), photos, train=False)


CASES = [
    resizing("bilinear"),
    resizing("nearest", interpolation="nearest"),
    # TensorFlow rounds bicubic offsets to 1/1024; those of powers of 2 are exact.
    resizing("bicubic", interpolation="bicubic", height=10, width=24),
    resizing("lanczos3", interpolation="lanczos3"),
    resizing("lanczos5", interpolation="lanczos5", antialias=True),
    resizing("antialias", antialias=True, height=3, width=2),
    resizing("cropping", crop_to_aspect_ratio=True, height=4, width=3),
    resizing("padding", pad_to_aspect_ratio=True, fill_value=0.5, height=3, width=7),
    resizing("first", height=4, width=4, **FIRST),
    # In a step of training Keras gives fractions of bytes.
    resizing("cropping_first", crop_to_aspect_ratio=True, height=3, width=4, **FIRST),
    resizing("padding_first", pad_to_aspect_ratio=True, fill_value=-1.0, height=9, width=4, **FIRST),
    resizing("bytes", BYTES, height=8, width=6, train=False),
    crop("even", 3, 4),
    crop("odd", 2, 3),
    crop("all", 5, 6),
    crop("larger", 7, 9),
    crop("taller", 6, 4),
    crop("first", 3, 2, **FIRST),
    crop("bytes", 2, 3, BYTES),
    case("normalization", item("Normalization"), ROWS),
    case("normalization_masked", item("Normalization", invert=True), SEQUENCE, masks=[STEPS]),
    case("normalization_axes", item("Normalization", axis=[1, -1]), PHOTOS),
    case("normalization_of_all", item("Normalization", axis=None), ROWS),
    case("normalization_given", item("Normalization", mean=[0.1, 0.2], variance=[0.3, 4.0]), PHOTOS),
    case("normalization_given_numbers", item("Normalization", mean=0.1, variance=0.0, invert=True), ROWS),
    case("normalization_given_axes", item("Normalization", axis=[1, 2], mean=[0.5], variance=[0.25]), SEQUENCE),
    case("normalization_of_bytes", item("Normalization", axis=-1), BYTES),
    random("flip", "RandomFlip"),
    random("flip_all", "RandomFlip", mode="horizontal", seed=3, **FIRST),
    random("rotation", "RandomRotation", factor=0.25),
    random("rotation_all", "RandomRotation", factor=[-0.5, 0.125], fill_mode="wrap", interpolation="nearest", seed=3),
    random("translation", "RandomTranslation", height_factor=0.25, width_factor=[-0.5, 0.125]),
    random("translation_all", "RandomTranslation", height_factor=0.25, width_factor=0.0, fill_mode="constant", fill_value=0.5),
    random("zoom", "RandomZoom", height_factor=0.25),
    random("zoom_all", "RandomZoom", height_factor=[-0.5, 0.0], width_factor=0.5, fill_mode="nearest", seed=1, **FIRST),
    random("contrast", "RandomContrast", factor=0.5),
    random("contrast_all", "RandomContrast", factor=[0.25, 1.5], value_range=[-1, 1], seed=2),
    random("brightness", "RandomBrightness", factor=0.25),
    random("brightness_all", "RandomBrightness", factor=[-0.25, 0.5], value_range=[0.0, 1.0], seed=2),
    random("flip_bytes", "RandomFlip", BYTES),
    # In inference Keras gives the whole image, its documentation says a part: they agree where that is all of it.
    case("random_crop", item("RandomCrop", height=5, width=6, seed=1), PHOTOS),
    case("random_crop_first", item("RandomCrop", height=6, width=2, seed=3, **FIRST), PHOTOS),
]

# Random layers whose ranges are single numbers: what they do in training is not random.
STEADY = [
    item("RandomRotation", factor=[0.1, 0.1]),
    item("RandomRotation", factor=[-0.3, -0.3], fill_mode="constant", fill_value=0.5, interpolation="nearest"),
    item("RandomRotation", factor=[0.2, 0.2], fill_mode="wrap", **FIRST),
    item("RandomTranslation", height_factor=[0.25, 0.25], width_factor=[-0.3, -0.3]),
    item("RandomTranslation", height_factor=[-0.4, -0.4], width_factor=[0.2, 0.2], fill_mode="nearest", interpolation="nearest"),
    item("RandomTranslation", height_factor=[0.1, 0.1], width_factor=[0.2, 0.2], fill_mode="constant", fill_value=-1.0),
    item("RandomZoom", height_factor=[0.3, 0.3]),
    item("RandomZoom", height_factor=[-0.4, -0.4], width_factor=[0.2, 0.2], fill_mode="wrap", interpolation="nearest"),
    item("RandomZoom", height_factor=[-0.25, -0.25], fill_mode="constant", fill_value=0.25, **FIRST),
    item("RandomBrightness", factor=[0.3, 0.3], value_range=[-2, 2]),
    item("RandomBrightness", factor=[-0.2, -0.2], value_range=[0, 1]),
    item("RandomContrast", factor=0.0, value_range=[-1, 1]),
]

# For `adapt`: the data, the axes, and the resulting weights.
ADAPTED = [
    (ROWS, -1),
    (PHOTOS, -1),
    (PHOTOS, [1, 2]),
    (PHOTOS, None),
    (BYTES, [-1]),
]


def adapted(data, axis):
    numbers = data.astype("float32")
    found = {"data": data, "axis": axis}
    for name, given in {"weights": numbers, "in_batches": [rows for rows in (numbers[:1], numbers[1:]) if len(rows)]}.items():
        layer = keras.layers.Normalization(axis=axis)
        layer.adapt(given)
        found[name] = [np.asarray(value) for value in layer.get_weights()[:2]]
    return found


def enlarged(height, width):
    """In training, images smaller than the part and of its aspect ratio: there the code does as documented too."""
    layer = keras.layers.RandomCrop(height, width)
    return {"height": height, "width": width, "x": PHOTOS, "y": np.asarray(layer(PHOTOS, training=True))}


def steady(spec):
    return {**spec, "x": PHOTOS, "y": np.asarray(create(keras.layers, spec)(PHOTOS, training=True))}


def make():
    enlargements = [enlarged(10, 12), enlarged(15, 18)]
    return {**table(CASES), "enlarged": enlargements, "steady": [steady(spec) for spec in STEADY], "adapted": [adapted(data, axis) for data, axis in ADAPTED]}
