"""Trains a small convolutional network on handwritten digits with Keras, and saves it as digits.keras.

    python examples/python/digits.py

`deno run -A examples/from_python.ts` goes on with that file, which is committed; needs `pip install keras jax`.
"""

import os

os.environ.setdefault("KERAS_BACKEND", "jax")

import keras
from keras import layers

keras.utils.set_random_seed(0)
(x_train, y_train), (x_test, y_test) = keras.datasets.mnist.load_data()

model = keras.Sequential(
    [
        keras.Input((28, 28, 1), dtype="uint8"),
        layers.Rescaling(1 / 255),
        layers.Conv2D(8, 3, strides=2, activation="relu"),
        layers.BatchNormalization(),
        layers.Conv2D(16, 3, strides=2, activation="relu"),
        layers.Flatten(name="features"),
        layers.Dropout(0.25),
        layers.Dense(10, activation="softmax"),
    ],
    name="digits",
)
model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(x_train[..., None], y_train, batch_size=64, epochs=1, validation_data=(x_test[..., None], y_test))
model.save(os.path.join(os.path.dirname(__file__), "digits.keras"))
