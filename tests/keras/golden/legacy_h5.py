"""Whole models that Keras 3 saves as .h5 files."""

import keras
import numpy as np
from keras import layers

from packed import draw, packed


def chain():
    model = keras.Sequential(
        [
            keras.Input((6, 2)),
            layers.Conv1D(4, 3, activation="relu"),
            layers.BatchNormalization(),
            layers.GlobalAveragePooling1D(),
            layers.Dense(2),
        ]
    )
    model.compile(keras.optimizers.Adam(0.01), "mean_squared_error", metrics=["mae"])
    return model, [np.linspace(-1, 1, 48, dtype="float32").reshape(4, 6, 2)], [np.ones((4, 2), "float32")]


def branches():
    a, b = keras.Input((3,), name="a"), keras.Input((3,), name="b")
    shared = layers.Dense(3, activation="tanh", name="shared")
    nested = keras.Sequential([keras.Input((3,)), layers.Dense(3), layers.LayerNormalization()], name="nested")
    inner_in = keras.Input((3,))
    inner = keras.Model(inner_in, layers.Dense(2)(inner_in), name="inner")
    joined = layers.Concatenate()([nested(shared(a)), nested(b), inner(b), layers.LeakyReLU()(a)])
    model = keras.Model([a, b], [layers.Dense(1, name="first")(joined), inner(a)])
    model.compile(keras.optimizers.SGD(0.05, momentum=0.9), ["mean_squared_error", "mean_absolute_error"])
    x = np.linspace(-1, 1, 12, dtype="float32").reshape(4, 3)
    return model, [x, x[::-1].copy()], [np.ones((4, 1), "float32"), np.zeros((4, 2), "float32")]


def single(values):
    return values if len(values) > 1 else values[0]


def case(name, make_model):
    keras.utils.clear_session()
    model, x, y = make_model()
    draw(model)
    options = dict(batch_size=4, shuffle=False, verbose=0)
    model.fit(single(x), single(y), epochs=2, **options)
    result = {"name": name, "h5": packed(model.save, ".h5"), "x": single(x), "y": single(y)}
    result["outputs"] = model.predict(single(x), verbose=0)
    result["losses"] = model.fit(single(x), single(y), epochs=3, **options).history["loss"]
    return result


def make():
    return {"cases": [case("chain", chain), case("branches", branches)]}
