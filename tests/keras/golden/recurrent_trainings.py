"""Training of models with recurrent layers, the same as in trainings.py."""

import warnings

import keras
from keras import Input, Model, Sequential, layers
from keras.optimizers import Adam, RMSprop, SGD

from build import dyadic, labels
from trainings import ROWS, SPARSE, STEPS_CLASSES, STEPS_Y, WORDS, Y, case, trained, words

SEQUENCES = dyadic((ROWS, 5, 3), 11)
CLASSES = labels((ROWS,), 3, 12)


def sequences(*rest):
    return Sequential([Input((5, 3)), *rest])


def encoder_decoder(Layer):
    """The decoder starts with the states of the encoder; masks do not reach it, as there are two arguments."""
    x = Input((5,), dtype="int32")
    vectors = layers.Embedding(6, 4, mask_zero=True)(x)
    _, *states = Layer(3, return_state=True)(vectors)
    decoded = Layer(3, return_sequences=True)(vectors, initial_state=states)
    return Model(x, layers.Dense(2)(decoded))


def states_as_outputs():
    x = Input((5, 3))
    output, h, c = layers.LSTM(2, return_state=True, return_sequences=True)(x)
    last = layers.GRU(3)(output)
    return Model(x, [layers.Dense(2)(layers.concatenate([h, c])), layers.Dense(3, "softmax")(last)])


def masked_explicitly():
    """The mask as an argument beside the states."""
    x = Input((5,), dtype="int32")
    embedded = layers.Embedding(6, 4)(x)
    mask = keras.ops.not_equal(x, 0)
    _, h = layers.GRU(3, return_state=True)(embedded, mask=mask)
    return Model(x, layers.Dense(2)(layers.GRU(3, go_backwards=True)(embedded, initial_state=h, mask=mask)))


def of_cells():
    x = Input((5, 3))
    stack = layers.RNN([layers.LSTMCell(3), layers.GRUCell(2)], return_state=True)
    output, first, second = stack(x)
    again = layers.RNN([layers.LSTMCell(3), layers.GRUCell(2)], return_sequences=True)
    sequence = again(x, initial_state=[first, second])
    return Model(x, layers.Dense(2)(layers.concatenate([output, layers.GlobalAveragePooling1D()(sequence)])))


def a_step_by_hand():
    """Cells called themselves, for the first two steps."""
    x = Input((5, 3))
    cell = layers.LSTMCell(3)
    first = x[:, 0]
    start = layers.Dense(3)(first)
    output, (h, c) = cell(first, [start, start])
    output, (h, c) = cell(x[:, 1], [h, c])
    output, (h,) = layers.GRUCell(3, reset_after=False)(output, [h])
    output, (h,) = layers.SimpleRNNCell(3)(output, [h])
    return Model(x, layers.Dense(2)(layers.add([output, c])))


CASES = [
    case("lstm", lambda: sequences(layers.LSTM(4), layers.Dense(2)), SEQUENCES, Y, lambda: {"optimizer": Adam(0.05), "loss": "mse"}),
    case(
        "two_layers_of_gru",
        lambda: sequences(layers.GRU(4, return_sequences=True), layers.GRU(3), layers.Dense(3, "softmax")),
        SEQUENCES,
        CLASSES,
        lambda: {"optimizer": RMSprop(0.05), "loss": SPARSE, "metrics": ["accuracy"]},
        validated=True,
    ),
    case(
        "simple_rnn",
        lambda: sequences(
            layers.SimpleRNN(4, return_sequences=True, recurrent_regularizer="l2", kernel_constraint="max_norm"), layers.Dense(2)
        ),
        SEQUENCES,
        STEPS_Y,
        lambda: {"optimizer": SGD(0.125, momentum=0.5, nesterov=True), "loss": "mae"},
    ),
    case(
        "masked_words",
        lambda: words(layers.LSTM(4, return_sequences=True), layers.GRU(3, return_sequences=True), layers.Dense(3, "softmax"), mask_zero=True),
        WORDS,
        STEPS_CLASSES,
        lambda: {"loss": SPARSE, "metrics": ["accuracy"]},
        validated=True,
    ),
    case(
        "masked_to_the_last",
        lambda: words(layers.GRU(4, return_sequences=True, zero_output_for_mask=True), layers.LSTM(3, go_backwards=True), layers.Dense(2), mask_zero=True),
        WORDS,
        Y,
        lambda: {"loss": "mse"},
    ),
    case("decoder_lstm", lambda: encoder_decoder(layers.LSTM), WORDS, STEPS_Y, lambda: {"loss": "mse"}),
    case("decoder_gru", lambda: encoder_decoder(layers.GRU), WORDS, STEPS_Y, lambda: {"loss": "mse"}),
    case("decoder_simple_rnn", lambda: encoder_decoder(layers.SimpleRNN), WORDS, STEPS_Y, lambda: {"loss": "mse"}),
    case(
        "states_as_outputs",
        states_as_outputs,
        SEQUENCES,
        [Y, CLASSES],
        lambda: {"optimizer": Adam(0.05), "loss": ["mse", SPARSE]},
        batch_size=5,
    ),
    case("masked_explicitly", masked_explicitly, WORDS, Y, lambda: {"loss": "mse"}),
    case("of_cells", of_cells, SEQUENCES, Y, lambda: {"optimizer": Adam(0.05), "loss": "mse"}),
    case("a_step_by_hand", a_step_by_hand, SEQUENCES, Y, lambda: {"loss": "mse"}),
]


def make():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        return {"cases": [trained(spec) for spec in CASES]}
