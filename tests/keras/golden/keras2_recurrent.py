"""Recurrent layers in files of Keras 2, the same as in keras2.py: run it in that environment."""

from pathlib import Path

import numpy as np
from tensorflow import keras

from encode import dumps
from keras2 import case

layers = keras.layers
X = np.sin(np.arange(6 * 5 * 3, dtype="float32")).reshape(6, 5, 3)
Y = np.linspace(-1, 1, 12, dtype="float32").reshape(6, 2)


def recurrent():
    x = keras.Input((5, 3))
    sequence, h, c = layers.LSTM(4, return_sequences=True, return_state=True)(x)
    decoded = layers.LSTM(4, go_backwards=True, recurrent_activation="elu")(x, initial_state=[h, c])
    both = layers.Bidirectional(layers.GRU(2, return_sequences=True))(sequence)
    each = layers.TimeDistributed(layers.Dense(3, activation="tanh"))(both)
    last = layers.GRU(3, reset_after=False, implementation=1)(each)
    stack = layers.RNN([layers.LSTMCell(2), layers.GRUCell(3)])(x)
    simple = layers.SimpleRNN(2, time_major=False)(sequence)
    return keras.Model(x, layers.Dense(2)(layers.Concatenate()([decoded, last, stack, simple])))


def chain():
    return keras.Sequential(
        [
            layers.Masking(input_shape=(5, 3)),
            layers.Bidirectional(layers.LSTM(3, return_sequences=True, zero_output_for_mask=True), merge_mode="sum"),
            layers.GRU(4),
            layers.Dense(2),
        ]
    )


def compiled(make):
    model = make()
    model.compile(keras.optimizers.Adam(0.01), "mse")
    return model, X, Y


if __name__ == "__main__":
    cases = [case(make.__name__, lambda make=make: compiled(make)) for make in [recurrent, chain]]
    path = Path(__file__).parent / "keras2_recurrent.json"
    path.write_text(dumps({"cases": cases}) + "\n")
    print(f"{path.name}: {path.stat().st_size} bytes")
