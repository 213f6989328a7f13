"""Models with recurrent layers in files as Keras saves them, with what they predict."""

import keras
import numpy as np
from keras import layers

from packed import draw, packed

X = np.sin(np.arange(4 * 5 * 3, dtype="float32")).reshape(4, 5, 3)
X[0, 3:] = 0
X[2, :2] = 0


def recurrent():
    x = keras.Input((5, 3), name="x")
    masked = layers.Masking()(x)
    sequence, *states = layers.LSTM(4, return_sequences=True, return_state=True)(masked)
    decoded = layers.LSTM(4, go_backwards=True)(x, initial_state=states)
    both = layers.Bidirectional(layers.GRU(2, return_sequences=True, reset_after=False))(masked)
    each = layers.TimeDistributed(layers.Dense(3, "tanh"))(both)
    lists = layers.Bidirectional(layers.SimpleRNN(2), merge_mode=None)(sequence)
    cells = lambda: [layers.LSTMCell(2), layers.GRUCell(3), layers.SimpleRNNCell(2)]
    output, *nested = layers.RNN(cells(), return_state=True)(x)
    started = layers.RNN(cells(), return_sequences=True)(x, initial_state=nested)
    image = keras.ops.expand_dims(x, -1)
    film = layers.ConvLSTM1D(2, 2, padding="same", return_sequences=True)(image)
    film = layers.Flatten()(film)
    by_hand, (h, c) = layers.LSTMCell(4)(decoded, states)
    joined = layers.Concatenate()(
        [decoded, layers.GRU(3)(each), *lists, output, layers.SimpleRNN(2)(started), layers.Dense(2)(film), by_hand, c]
    )
    return keras.Model(x, layers.Dense(2)(joined))


def stacked():
    return keras.Sequential(
        [
            keras.Input((5, 3)),
            layers.LSTM(4, return_sequences=True, dropout=0.25, recurrent_dropout=0.5, seed=3, kernel_regularizer="l2"),
            layers.Bidirectional(layers.LSTM(2, return_sequences=True), merge_mode="ave"),
            layers.GRU(3, unroll=True),
            layers.Dense(1),
        ]
    )


def stateful():
    return keras.Sequential([keras.Input((5, 3), batch_size=4), layers.GRU(3, stateful=True), layers.Dense(1)])


def make():
    structures = []
    for model in [recurrent, stacked, stateful]:
        keras.backend.clear_session()
        made = model()
        draw(made)
        structures.append(
            {
                "name": model.__name__,
                "file": packed(made.save, ".keras"),
                "weights_file": packed(made.save_weights, ".weights.h5"),
                "inputs": X,
                "outputs": made.predict(X, verbose=0),
            }
        )
    return {"structures": structures}
