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


def flat(n, *shape):
    return np.linspace(-1, 1, n * int(np.prod(shape)), dtype="float32").reshape(n, *shape)


def steps():
    """Masks of a Masking and of an Embedding, and layers that take them."""
    a, b = keras.Input((4, 3), name="a"), keras.Input((5,), dtype="int32", name="b")
    masked = layers.GRU(2)(layers.Masking()(a))
    words = layers.Embedding(7, 3, mask_zero=True, name="words")(b)
    kept = layers.LSTM(3, return_sequences=True, activation="tanh", name="kept")(words)
    joined = layers.Concatenate()([masked, layers.GlobalAveragePooling1D()(kept), layers.SimpleRNN(2)(words)])
    model = keras.Model([a, b], layers.Dense(1)(joined))
    x = [flat(6, 4, 3) * (flat(6, 4, 1) > -0.5), np.arange(30, dtype="int32").reshape(6, 5) % 7]
    model.compile("rmsprop", keras.losses.Huber(0.5), metrics=["mae", keras.metrics.RootMeanSquaredError(name="root")])
    return model, x, flat(6, 1)


def convolutions():
    image = keras.Input((7, 6, 2))
    x = layers.SeparableConv2D(3, 2, depth_multiplier=2, padding="same", activation="relu")(image)
    x = layers.DepthwiseConv2D(2, strides=2, use_bias=False)(layers.ZeroPadding2D((0, 1))(x))
    x = layers.BatchNormalization(momentum=0.5, scale=False)(x)
    x = layers.Conv2DTranspose(2, 3, strides=2, padding="same")(layers.PReLU(shared_axes=[1, 2])(x))
    x = layers.Cropping2D(1)(layers.AveragePooling2D(2, padding="same")(x))
    y = layers.Conv1D(2, 2, padding="causal", dilation_rate=2)(layers.Reshape((-1, 3))(layers.Dense(3)(x)))
    model = keras.Model(image, layers.GlobalMaxPooling1D()(layers.UpSampling1D(2)(y)))
    model.compile(keras.optimizers.SGD(0.01), "mse")
    return model, flat(6, 7, 6, 2), flat(6, 2)


def names():
    """Names of one's own, dicts of inputs and outputs, a model of inputs and outputs that is a layer twice."""
    inner_in = keras.Input((3,), name="inner_input")
    inner = keras.Model(inner_in, layers.Dense(2, name="inner_dense")(inner_in), name="encoder")
    left, right = keras.Input((3,), name="left_input"), keras.Input((3,), name="right_input")
    merged = layers.Subtract(name="difference")([inner(left), inner(right)])
    score = layers.Dense(1, activation="sigmoid", name="score")(layers.Dot(1, normalize=True)([merged, inner(left)]))
    model = keras.Model({"left": left, "right": right}, {"score": score, "rest": layers.Dense(2, name="rest")(merged)}, name="pair")
    model.compile("adagrad", {"score": "binary_crossentropy", "rest": keras.losses.LogCosh()}, metrics={"score": ["accuracy", keras.metrics.AUC(num_thresholds=5)]})
    y = {"score": np.array([[0], [1], [1], [0], [1], [0]], "float32"), "rest": flat(6, 2)}
    return model, {"left": flat(6, 3), "right": flat(6, 3)[::-1].copy()}, y


def regular():
    """Regularizers, constraints, initializers and activations of every sort, by name and as objects."""
    regularizer, constraint = keras.regularizers, keras.constraints
    model = keras.Sequential(name="regular")
    model.add(keras.Input((4,)))
    model.add(layers.Dense(4, "swish", kernel_regularizer=regularizer.L1L2(0.01, 0.02), kernel_constraint=constraint.MaxNorm(1.5)))
    model.add(layers.Dense(3, "selu", bias_constraint="non_neg", activity_regularizer="l1", kernel_initializer=keras.initializers.VarianceScaling(2.0, "fan_out", "uniform")))
    model.add(layers.Dense(3, layers.LeakyReLU(0.1), kernel_initializer="orthogonal"))
    model.add(layers.Dense(2, "gelu", kernel_regularizer=regularizer.OrthogonalRegularizer(0.05), kernel_constraint=constraint.UnitNorm(axis=0)))
    model.add(layers.Activation("softsign"))
    schedule = keras.optimizers.schedules.ExponentialDecay(0.05, 3, 0.5, staircase=True)
    model.compile(keras.optimizers.Adam(schedule, clipnorm=1.0), "mse")
    return model, flat(6, 4), flat(6, 2)


def prepared():
    """What stands before a model: pixels of bytes rescaled, resized and normalized; layers that training alone draws in."""
    normalization = layers.Normalization()
    normalization.adapt(flat(5, 4, 4, 3))
    image = keras.Input((6, 5, 3), name="image")
    x = normalization(layers.Resizing(4, 4)(layers.Rescaling(1 / 2, offset=0.25)(image)))
    x = layers.GaussianNoise(0.0)(layers.RandomFlip(name="flip")(layers.CenterCrop(3, 3)(x)))
    model = keras.Model(image, layers.Dense(1)(layers.GlobalAveragePooling2D()(x)))
    model.get_layer("flip").trainable = False
    return model, flat(6, 6, 5, 3), None


def trained_by(optimizer):
    def make():
        model = keras.Sequential([layers.Dense(2, activation="tanh", input_shape=(3,)), layers.Dense(1)])
        model.compile(optimizer(), "mse")
        return model, flat(6, 3), flat(6, 1)

    return make


def plain():
    """A model that was not compiled."""
    model, x, _ = trained_by(keras.optimizers.SGD)()
    return keras.Sequential(model.layers, name="plain"), x, None


OPTIMIZERS = {
    "sgd": lambda: keras.optimizers.SGD(0.05, momentum=0.9, nesterov=True),
    "rmsprop": lambda: keras.optimizers.RMSprop(0.01, momentum=0.5, centered=True),
    "adam": lambda: keras.optimizers.Adam(0.01, amsgrad=True),
    "adamw": lambda: keras.optimizers.AdamW(0.01),
    "adadelta": lambda: keras.optimizers.Adadelta(1.0),
    "adamax": lambda: keras.optimizers.Adamax(0.01),
    "ftrl": lambda: keras.optimizers.Ftrl(0.05),
    "lion": lambda: keras.optimizers.Lion(0.01),
    "adafactor": lambda: keras.optimizers.Adafactor(0.01),
    "adam_average": lambda: keras.optimizers.Adam(0.01, use_ema=True, ema_momentum=0.9),
}


def case(name, make):
    keras.backend.clear_session()
    model, x, y = make()
    # An adapted layer keeps what it has counted.
    if not any(isinstance(layer, layers.Normalization) for layer in model.layers):
        draw(model)
    options = dict(batch_size=6, shuffle=False, verbose=0)
    if y is not None:
        model.fit(x, y, epochs=2, **options)
    result = {
        "name": name,
        "h5": packed(model.save, ".h5"),
        "keras": packed(model.save, ".keras"),
        "weights_h5": packed(model.save_weights, ".h5"),
        "keras_weights": packed(model.save_weights, ".weights.h5"),
        "x": x,
        "outputs": model.predict(x, verbose=0),
    }
    if y is not None:
        result.update({"y": y, "losses": model.fit(x, y, epochs=3, **options).history["loss"]})
    return result


MODELS = [images, branches, steps, convolutions, names, regular, prepared, plain]


def main():
    cases = [case(make.__name__, make) for make in MODELS]
    cases += [case(f"trained_by_{name}", trained_by(optimizer)) for name, optimizer in OPTIMIZERS.items()]
    path = Path(__file__).parent / "keras2.json"
    path.write_text(dumps({"cases": cases}) + "\n")
    print(f"{path.name}: {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
