"""Models in files as Keras saves them, with what they predict and how their training goes on."""

import base64
import json
import os
import subprocess
import sys

import keras
import numpy as np
from keras import layers
from safetensors.numpy import save

from block import Block
from build import create, item
from encode import dumps
from optimizers import divided, made
from packed import draw, packed

ROWS = 6
X = np.linspace(-1, 1, ROWS * 3, dtype="float32").reshape(ROWS, 3)
Y = np.linspace(0.5, -0.5, ROWS, dtype="float32").reshape(ROWS, 1)

OPTIMIZERS = [
    ("sgd", item("SGD", learning_rate=0.05)),
    ("sgd_momentum", item("SGD", learning_rate=0.05, momentum=0.9, nesterov=True)),
    ("rmsprop", item("RMSprop", learning_rate=0.01)),
    ("rmsprop_all", item("RMSprop", learning_rate=0.01, momentum=0.5, centered=True)),
    ("adam", item("Adam", learning_rate=0.01)),
    ("adam_amsgrad", item("Adam", learning_rate=0.01, amsgrad=True)),
    ("adam_average", item("Adam", learning_rate=0.01, use_ema=True, ema_momentum=0.9)),
    ("adam_accumulated", item("Adam", learning_rate=0.01, gradient_accumulation_steps=2)),
    ("adamw", item("AdamW", learning_rate=0.01)),
    ("adagrad", item("Adagrad", learning_rate=0.05)),
    ("adadelta", item("Adadelta", learning_rate=1.0)),
    ("adamax", item("Adamax", learning_rate=0.01)),
    ("nadam", item("Nadam", learning_rate=0.01)),
    ("lion", item("Lion", learning_rate=0.01)),
    ("ftrl", item("Ftrl", learning_rate=0.05)),
    ("lamb", item("Lamb", learning_rate=0.01)),
    ("adafactor", item("Adafactor", learning_rate=0.01)),
    ("muon", item("Muon", learning_rate=0.01, exclude_layers=["dense_1/"])),
    ("multi", divided(item("SGD", learning_rate=0.05, momentum=0.9), {".*dense/.*": item("Adam", learning_rate=0.01)})),
]

# On TensorFlow it takes other steps: see optimizers.py.
ON_JAX = [("schedule_free_adamw", item("ScheduleFreeAdamW", learning_rate=0.05))]


def trained(optimizer):
    model = keras.Sequential([keras.Input((3,)), layers.Dense(2, activation="tanh"), layers.Dense(1)])
    draw(model)
    model.compile(optimizer=optimizer, loss="mse")
    return model


def scheduled():
    schedule = keras.optimizers.schedules.ExponentialDecay(0.05, 3, 0.5)
    return keras.optimizers.Adam(learning_rate=schedule)


def going_on(name, optimizer):
    model = trained(optimizer)
    options = dict(batch_size=ROWS, shuffle=False, verbose=0)
    model.fit(X, Y, epochs=2, **options)
    file = packed(model.save, ".keras")
    # Two fits, since the averages of weights take their place at the end of each.
    losses = [loss for _ in range(2) for loss in model.fit(X, Y, epochs=2, **options).history["loss"]]
    return {"name": name, "file": file, "losses": losses, "weights": model.get_weights()}


def structures():
    image = keras.Input((6, 6, 2), name="image")
    values = keras.Input((3,), name="values")
    x = layers.Conv2D(3, 3)(image)
    x = layers.BatchNormalization()(x)
    x = layers.SeparableConv2D(2, 2)(x)
    x = layers.GlobalAveragePooling2D()(x)
    shared = layers.Dense(3, name="shared")
    nested = keras.Sequential([keras.Input((3,)), layers.Dense(2), layers.LayerNormalization()], name="nested")
    inner_in = keras.Input((3,))
    inner = keras.Model(inner_in, layers.Dense(2)(layers.PReLU()(inner_in)), name="inner")
    joined = layers.Concatenate()([x, nested(shared(values)), inner(shared(shared(values)))])
    first = layers.Dense(1, name="first")(joined)
    second = layers.Dense(2, name="second")(layers.Dense(2)(joined))
    functional = keras.Model({"image": image, "values": values}, {"first": first, "second": second})
    normalized = keras.Sequential([keras.Input((3,)), layers.Normalization(), layers.Dense(2)])
    normalized.layers[0].adapt(X)
    custom = keras.Sequential([keras.Input((3,)), Block(2), Block(3)])
    images = np.linspace(-1, 1, 4 * 72, dtype="float32").reshape(4, 6, 6, 2)
    for name, model, inputs in [
        ("functional", functional, {"image": images, "values": X[:4]}),
        ("normalized", normalized, X),
        ("custom", custom, X),
    ]:
        if name != "normalized":
            draw(model)
        outputs = model.predict(inputs, verbose=0)
        yield {
            "name": name,
            "file": packed(model.save, ".keras"),
            "weights_file": packed(model.save_weights, ".weights.h5"),
            "inputs": inputs,
            "outputs": outputs,
        }


def safetensors():
    """A file of each element type that NumPy has, with its values."""
    values = {
        "a/float32": np.array([[1.5, -2.25], [0.1, 3e38]], "float32"),
        "float64": np.array([0.1, -1e300 / 1e299], "float64"),
        "float16": np.array([0.5, -65504, 6e-8], "float16"),
        "int64": np.array([[-5], [2**31 - 1]], "int64"),
        "int32": np.array(7, "int32"),
        "int16": np.array([-300], "int16"),
        "int8": np.array([-128, 127], "int8"),
        "uint8": np.array([0, 255], "uint8"),
        "bool": np.array([True, False, True]),
        "empty": np.zeros((0, 3), "float32"),
    }
    return {"file": base64.b64encode(save(values)).decode(), "values": values}


def on_jax():
    environment = {**os.environ, "KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu"}
    done = subprocess.run([sys.executable, __file__], env=environment, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{__file__} failed:\n{done.stderr}")
    return json.loads(done.stdout)


def make():
    given = [(name, made(spec)) for name, spec in OPTIMIZERS]
    return {
        "x": X,
        "y": Y,
        "optimizers": [going_on(name, optimizer) for name, optimizer in [*given, ("adam_scheduled", scheduled())]] + on_jax(),
        "structures": list(structures()),
        "safetensors": safetensors(),
    }


if __name__ == "__main__":
    print(dumps([going_on(name, made(spec)) for name, spec in ON_JAX]))
