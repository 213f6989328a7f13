"""Files of Keras 2, written by tensorflow-cpu 2.15.1 in an environment of its own:

    python -m venv .venv2 && .venv2/bin/pip install tensorflow-cpu==2.15.1
    .venv2/bin/python tests/keras/golden/keras2.py
"""

import os
from pathlib import Path

os.environ.update(CUDA_VISIBLE_DEVICES="-1", TF_CPP_MIN_LOG_LEVEL="3", TF_ENABLE_ONEDNN_OPTS="0")

import numpy as np
from tensorflow import keras

from encode import dumps
from packed import draw, packed

layers = keras.layers


def images():
    model = keras.Sequential(
        [
            layers.Conv2D(3, 3, activation="relu", input_shape=(6, 6, 2), kernel_regularizer="l2"),
            layers.BatchNormalization(),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dropout(0.0),
            layers.Dense(4, kernel_initializer="he_normal", activation="relu"),
            layers.Dense(3, activation="softmax"),
        ]
    )
    x = np.linspace(-1, 1, 6 * 72, dtype="float32").reshape(6, 6, 6, 2)
    y = np.arange(6, dtype="int32") % 3
    optimizer = keras.optimizers.Adam(learning_rate=0.01)
    model.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model, x, y


def branches():
    a, b = keras.Input((3,), name="a"), keras.Input((3,), name="b")
    shared = layers.Dense(4, activation="tanh", name="shared")
    nested = keras.Sequential([layers.Dense(3, input_shape=(4,)), layers.LayerNormalization()], name="nested")
    joined = layers.Concatenate()([shared(a), nested(shared(b)), layers.LeakyReLU(alpha=0.2)(a)])
    model = keras.Model([a, b], [layers.Dense(1, name="first")(joined), layers.Dense(2, name="second")(joined)])
    x = [np.linspace(-1, 1, 18, dtype="float32").reshape(6, 3), np.linspace(1, 0, 18, dtype="float32").reshape(6, 3)]
    y = [np.linspace(0, 1, 6, dtype="float32").reshape(6, 1), np.ones((6, 2), "float32")]
    optimizer = keras.optimizers.SGD(learning_rate=0.05, momentum=0.9)
    model.compile(optimizer, {"first": "mse", "second": "mae"}, loss_weights={"first": 1.0, "second": 0.5})
    return model, x, y


def case(name, make):
    keras.backend.clear_session()
    model, x, y = make()
    draw(model)
    options = dict(batch_size=6, shuffle=False, verbose=0)
    model.fit(x, y, epochs=2, **options)
    result = {
        "name": name,
        "h5": packed(model.save, ".h5"),
        "keras": packed(model.save, ".keras"),
        "weights_h5": packed(model.save_weights, ".h5"),
        "x": x,
        "y": y,
        "outputs": model.predict(x, verbose=0),
    }
    result["losses"] = model.fit(x, y, epochs=3, **options).history["loss"]
    return result


def main():
    cases = [case("images", images), case("branches", branches)]
    path = Path(__file__).parent / "keras2.json"
    path.write_text(dumps({"cases": cases}) + "\n")
    print(f"{path.name}: {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
