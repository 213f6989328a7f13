"""Whole models: train_on_batch, test_on_batch and predict_on_batch trajectories, and `fit` histories."""

import keras
import numpy as np

from build import create, dense, dyadic, inputs, item, labels, one_hot, sequential, weights_for
from drawn import drawn

ROWS = 8
X4 = dyadic((ROWS, 4), 41, -96, 96)
X6 = dyadic((ROWS, 6), 42, -96, 96)
PIXELS = drawn((ROWS, 4, 4), 43, 0, 255, dtype="uint8")
IMAGES = dyadic((ROWS, 9, 9, 2), 51, -96, 96)
Y3 = labels((ROWS,), 3, 44)
Y2 = labels((ROWS, 1), 2, 45)
Y_REAL = dyadic((ROWS, 2), 46, -40, 40)

TEN_X = dyadic((10, 4), 47, -96, 96)
TEN_Y = labels((10,), 3, 48)

CLASSIFIER = [inputs(4), dense(5, "relu"), dense(3, "softmax")]
CONVNET = [
    inputs(9, 9, 2),
    item("Conv2D", filters=4, kernel_size=3, activation="relu"),
    item("MaxPooling2D", pool_size=2),
    item("Conv2D", filters=3, kernel_size=2, strides=2, padding="same", activation="relu"),
    item("Flatten"),
    dense(3, "softmax"),
]
PARTED = [
    inputs(9, 9, 2),
    item("DepthwiseConv2D", kernel_size=3, depth_multiplier=2, activation="tanh"),
    item("Conv2D", filters=4, kernel_size=2, dilation_rate=2, groups=2, activation="relu"),
    item("AveragePooling2D", pool_size=2),
    item("Conv2DTranspose", filters=2, kernel_size=3, strides=2, padding="same", activation="tanh"),
    item("SeparableConv2D", filters=3, kernel_size=3),
    item("GlobalAveragePooling2D"),
    dense(3, "softmax"),
]
LOGITS = [inputs(4), dense(5, "relu"), dense(3)]
PIXEL_CLASSIFIER = [
    inputs(4, 4, dtype="uint8"),
    item("Rescaling", scale=1 / 255),
    item("Flatten"),
    dense(5, "relu"),
    dense(3, "softmax"),
]

SGD = item("SGD", learning_rate=0.1)
NESTEROV = item("SGD", learning_rate=0.05, momentum=0.9, nesterov=True)
RMSPROP = item("RMSprop", learning_rate=0.01)
ADAM = item("Adam", learning_rate=0.02)

SPARSE = "sparse_categorical_crossentropy"
CATEGORICAL = "categorical_crossentropy"
BINARY = "binary_crossentropy"


def from_logits(class_name):
    return item(class_name, from_logits=True)


def case(name, layers, optimizer, loss, x, y, **options):
    known = {"metrics": ["accuracy"], "steps": 5, "seed": 50, "scale": 1.0, "initial": None, **options}
    return {"name": name, "layers": layers, "optimizer": optimizer, "loss": loss, "x": x, "y": y, **known}


CASES = [
    case("softmax_sparse_sgd", CLASSIFIER, SGD, SPARSE, X4, Y3),
    case("softmax_sparse_nesterov", CLASSIFIER, NESTEROV, SPARSE, X4, Y3),
    case("softmax_sparse_rmsprop", CLASSIFIER, RMSPROP, SPARSE, X4, Y3),
    case("softmax_sparse_adam", CLASSIFIER, ADAM, SPARSE, X4, Y3),
    case("softmax_sparse_default_optimizer", CLASSIFIER, "rmsprop", SPARSE, X4, Y3),
    case("softmax_sparse_column_labels", CLASSIFIER, SGD, SPARSE, X4, Y3[:, None]),
    case("softmax_sparse_float_labels", CLASSIFIER, SGD, SPARSE, X4, Y3.astype("float32")),
    case("softmax_sparse_saturated", CLASSIFIER, SGD, SPARSE, X4, Y3, scale=32.0),
    case("softmax_categorical_adam", CLASSIFIER, ADAM, CATEGORICAL, X4, one_hot(Y3, 3)),
    case(
        "softmax_categorical_smoothing",
        CLASSIFIER,
        SGD,
        item("CategoricalCrossentropy", label_smoothing=0.1),
        X4,
        one_hot(Y3, 3),
    ),
    case("sigmoid_binary_rmsprop", [inputs(4), dense(5, "relu"), dense(1, "sigmoid")], RMSPROP, BINARY, X4, Y2),
    case("sigmoid_binary_flat_labels", [inputs(4), dense(1, "sigmoid")], SGD, BINARY, X4, Y2[:, 0]),
    case("sigmoid_binary_saturated", [inputs(4), dense(1, "sigmoid")], SGD, BINARY, X4, Y2, scale=64.0),
    case("logits_sparse_sgd", LOGITS, SGD, from_logits("SparseCategoricalCrossentropy"), X4, Y3),
    case("logits_categorical_nesterov", LOGITS, NESTEROV, from_logits("CategoricalCrossentropy"), X4, one_hot(Y3, 3)),
    case("logits_binary_adam", [inputs(4), dense(1)], ADAM, from_logits("BinaryCrossentropy"), X4, Y2),
    case("tanh_mse_sgd", [inputs(4), dense(5, "tanh"), dense(2)], SGD, "mean_squared_error", X4, Y_REAL, metrics=None),
    case("tanh_mse_adam", [inputs(4), dense(5, "tanh"), dense(2, "tanh")], ADAM, "mse", X4, Y_REAL, metrics=None),
    case("linear_mae_sgd", [inputs(4), dense(2)], SGD, "mean_absolute_error", X4, Y_REAL, metrics=["mse"]),
    case("scaled_loss_sgd", CLASSIFIER, item("SGD", learning_rate=0.1, momentum=0.9, loss_scale_factor=3.0), SPARSE, X4, Y3),
    case("pixels_sparse_sgd", PIXEL_CLASSIFIER, SGD, SPARSE, PIXELS, Y3),
    case("pixels_sparse_adam", PIXEL_CLASSIFIER, ADAM, SPARSE, PIXELS, Y3.astype("uint8")),
    case("convnet_sgd", CONVNET, SGD, SPARSE, IMAGES, Y3),
    case("convnet_adam", CONVNET, ADAM, SPARSE, IMAGES, Y3),
    case("every_convolution_adam", PARTED, ADAM, SPARSE, IMAGES, Y3),
    case(
        "rescaling_offset",
        [inputs(4), item("Rescaling", scale=0.5, offset=-0.25), dense(3, "softmax", use_bias=False)],
        SGD,
        SPARSE,
        X4,
        Y3,
    ),
    case(
        "reshape_sparse_sgd",
        [inputs(6), item("Reshape", target_shape=[2, -1]), dense(4, "relu"), item("Flatten"), dense(3, "softmax")],
        SGD,
        SPARSE,
        X6,
        Y3,
    ),
    case(
        "sequence_output",
        [inputs(6), item("Reshape", target_shape=[2, 3]), dense(4, "tanh"), dense(3, "softmax")],
        SGD,
        SPARSE,
        X6,
        labels((ROWS, 2), 3, 49),
    ),
    case(
        "activation_layers",
        [
            inputs(4),
            dense(5),
            item("Activation", activation="relu"),
            dense(4),
            item("Activation", activation="gelu"),
            dense(3),
            item("Activation", activation="softmax"),
        ],
        RMSPROP,
        SPARSE,
        X4,
        Y3,
    ),
    case(
        "many_activations",
        [inputs(4), dense(4, "silu"), dense(4, "elu"), dense(4, "selu"), dense(4, "softplus"), dense(3, "softmax")],
        SGD,
        SPARSE,
        X4,
        Y3,
    ),
    case(
        "softmax_then_reshape",
        [inputs(4), dense(3, "softmax"), item("Reshape", target_shape=[3])],
        SGD,
        SPARSE,
        X4,
        Y3,
    ),
    case(
        "clipped_and_decayed",
        CLASSIFIER,
        item("Adam", learning_rate=0.02, weight_decay=0.01, global_clipnorm=0.5),
        SPARSE,
        X4,
        Y3,
    ),
    case(
        "ones",
        [inputs(4), dense(3, use_bias=False, kernel_initializer="ones")],
        item("SGD", learning_rate=0.01),
        "mean_squared_error",
        np.ones((100, 4), "float32"),
        np.zeros((100, 3), "float32"),
        metrics=["mean_squared_error"],
        steps=2,
        initial=[np.ones((4, 3), "float32")],
    ),
]

FITS = [
    case("even_split", CLASSIFIER, SGD, SPARSE, TEN_X, TEN_Y, fit={"epochs": 3, "batch_size": 4, "validation_split": 0.2}),
    case("ragged", CLASSIFIER, ADAM, SPARSE, TEN_X, TEN_Y, fit={"epochs": 3, "batch_size": 4}),
    case("ragged_split", CLASSIFIER, NESTEROV, SPARSE, TEN_X, TEN_Y, fit={"epochs": 3, "batch_size": 3, "validation_split": 0.2}),
    case("uneven_split", CLASSIFIER, RMSPROP, SPARSE, TEN_X, TEN_Y, fit={"epochs": 2, "batch_size": 4, "validation_split": 0.25}),
    case("default_batch", CLASSIFIER, SGD, CATEGORICAL, TEN_X, one_hot(TEN_Y, 3), fit={"epochs": 2}),
    case(
        "validation_data",
        PIXEL_CLASSIFIER,
        SGD,
        SPARSE,
        PIXELS,
        Y3,
        fit={"epochs": 3, "batch_size": 3, "validation_batch_size": 2, "validation_freq": 2},
        validation=(PIXELS[2:7] // 2, Y3[1:6]),
    ),
    case(
        "regression",
        [inputs(4), dense(5, "tanh"), dense(2)],
        SGD,
        "mse",
        X4,
        Y_REAL,
        metrics=["mae"],
        fit={"epochs": 3, "batch_size": 3, "validation_split": 0.25},
    ),
]


def compiled(spec):
    """The model of a case, its initial weights set, and the part of the record that describes it."""
    model = sequential(spec["layers"])
    initial = spec["initial"] or weights_for(model, spec["seed"], spec["scale"])
    model.set_weights(initial)
    metrics = spec["metrics"]
    model.compile(
        optimizer=create(keras.optimizers, spec["optimizer"]),
        loss=create(keras.losses, spec["loss"]),
        metrics=metrics,
    )
    keys = ["name", "layers", "optimizer", "loss", "metrics", "x", "y"]
    record = {key: spec[key] for key in keys}
    return model, {**record, "metrics": metrics or [], "initial_weights": initial}


def batches(spec):
    model, record = compiled(spec)
    x, y = spec["x"], spec["y"]
    untrained = model.test_on_batch(x, y, return_dict=True)
    return {
        **record,
        "untrained": untrained,
        "steps": [model.train_on_batch(x, y, return_dict=True) for _ in range(spec["steps"])],
        "weights": model.get_weights(),
        "test": model.test_on_batch(x, y, return_dict=True),
        "predict": model.predict_on_batch(x),
    }


def fitted(spec):
    model, record = compiled(spec)
    arguments = {**spec["fit"], "shuffle": False}
    validation = spec.get("validation")
    history = model.fit(spec["x"], spec["y"], verbose=0, validation_data=validation, **arguments)
    return {
        **record,
        "fit": arguments,
        "validation": None if validation is None else {"x": validation[0], "y": validation[1]},
        "history": history.history,
        "epoch": history.epoch,
        "params": history.params,
        "weights": model.get_weights(),
        "evaluate": model.evaluate(spec["x"], spec["y"], batch_size=4, verbose=0, return_dict=True),
        "predict": model.predict(spec["x"], batch_size=4, verbose=0),
    }


def make():
    return {"cases": [batches(spec) for spec in CASES], "fits": [fitted(spec) for spec in FITS]}
