"""`fit`, `evaluate`, `train_on_batch` and `predict` of compiled models of many kinds; the JSON says what compile was given."""

import json
import warnings

import keras
import numpy as np
from keras import Input, Model, Sequential, layers, losses, metrics
from keras.optimizers import SGD, Adam, AdamW, Lion, Nadam, RMSprop, schedules

from build import dyadic, labels, one_hot

ROWS = 10
X, Y = dyadic((ROWS, 4), 1), dyadic((ROWS, 2), 2)
CLASSES = labels((ROWS,), 3, 3)
WEIGHTS = dyadic((ROWS,), 4, 8, 96)
WORDS, STEPS_Y = labels((ROWS, 5), 6, 5), dyadic((ROWS, 5, 2), 6)
STEPS_CLASSES, STEPS_WEIGHTS = labels((ROWS, 5), 3, 7), dyadic((ROWS, 5), 8, 8, 96)
IMAGES = dyadic((ROWS, 6, 6, 2), 9)
BYTES = (IMAGES * 64 + 64).astype("uint8")
SPARSE = "sparse_categorical_crossentropy"


def mlp(units=2, activation=None):
    return Sequential([Input((4,)), layers.Dense(5, "tanh"), layers.Dense(units, activation)])


def words(*rest, **options):
    return Sequential([Input((5,), dtype="int32"), layers.Embedding(6, 4, **options), *rest])


def images(*rest, dtype="float32"):
    return Sequential([Input((6, 6, 2), dtype=dtype), *rest])


def two_outputs():
    x = Input((4,))
    hidden = layers.Dense(5, "tanh")(x)
    return Model(x, [layers.Dense(2, name="left")(hidden), layers.Dense(3, "softmax", name="right")(hidden)])


def regularized():
    return Sequential(
        [
            Input((4,)),
            layers.Dense(5, "tanh", kernel_regularizer="l2", activity_regularizer="l1"),
            layers.ActivityRegularization(l2=0.1),
            layers.Dense(2, bias_regularizer=keras.regularizers.L1L2(0.1, 0.2)),
        ]
    )


def constrained():
    first = layers.Dense(5, "relu", kernel_constraint=keras.constraints.MaxNorm(0.7), bias_constraint="non_neg")
    return Sequential([Input((4,)), first, layers.Dense(2, kernel_constraint="unit_norm")])


def frozen():
    return images(
        layers.Conv2D(4, 3, trainable=False),
        layers.BatchNormalization(trainable=False),
        layers.BatchNormalization(),
        layers.Flatten(),
        layers.Dense(3, "softmax"),
    )


def convolved():
    return images(
        layers.Conv2D(4, 3),
        layers.BatchNormalization(momentum=0.75),
        layers.ReLU(),
        layers.GlobalAveragePooling2D(),
        layers.Dense(3, "softmax"),
    )


def separable():
    return images(
        layers.SeparableConv2D(4, 3, activation="relu"),
        layers.DepthwiseConv2D(2, strides=2),
        layers.Conv2DTranspose(2, 3, activation="tanh"),
        layers.GlobalMaxPooling2D(),
    )


def bytes_in():
    return images(
        layers.Rescaling(1 / 256), layers.Conv2D(2, 3), layers.GlobalAveragePooling2D(), layers.Dense(2), dtype="uint8"
    )


def case(name, model, x, y, compiled, validated=False, **options):
    """`model` makes it; `compiled` and `options` are what compile and fit are given."""
    return {"name": name, "model": model, "x": x, "y": y, "compiled": compiled, "validated": validated, "options": options}



MANY = [
    "accuracy",
    "Precision",
    "Recall",
    "AUC",
    "TopKCategoricalAccuracy",
    "categorical_crossentropy",
    "mse",
    "CosineSimilarity",
    "KLDivergence",
]

CASES = [
    case(
        "weights_of_classes",
        lambda: mlp(3, "softmax"),
        X,
        CLASSES,
        lambda: {"loss": SPARSE, "metrics": ["accuracy"], "weighted_metrics": ["accuracy"]},
        validated=True,
        class_weight={0: 0.5, 1: 2.0},
    ),
    case(
        "weights_of_one_hot_classes",
        lambda: mlp(3, "softmax"),
        X,
        one_hot(CLASSES, 3),
        lambda: {"loss": "categorical_crossentropy", "metrics": ["accuracy"]},
        class_weight={0: 0.5, 2: 3.0},
    ),
    case(
        "weights_of_two_classes",
        lambda: mlp(1, "sigmoid"),
        X,
        (CLASSES > 0).astype("int32")[:, None],
        lambda: {"loss": "binary_crossentropy", "metrics": ["accuracy", "AUC"]},
        class_weight={0: 0.5, 1: 3.0},
    ),
    case(
        "weights_are_split",
        mlp,
        X,
        Y,
        lambda: {"loss": "mse", "metrics": ["mse"], "weighted_metrics": ["mae"]},
        sample_weight=WEIGHTS,
        validation_split=0.3,
    ),
    case(
        "weights_of_steps",
        lambda: words(layers.Dense(2)),
        WORDS,
        STEPS_Y,
        lambda: {"loss": "mse", "weighted_metrics": ["mae"]},
        sample_weight=STEPS_WEIGHTS,
    ),
    case(
        "masks",
        lambda: words(layers.Dense(2), mask_zero=True),
        WORDS,
        STEPS_Y,
        lambda: {"loss": "mse", "metrics": ["mae"], "weighted_metrics": ["mse"]},
        validated=True,
    ),
    case(
        "masks_and_weights",
        lambda: words(layers.Dense(3, "softmax"), mask_zero=True),
        WORDS,
        STEPS_CLASSES,
        lambda: {"loss": SPARSE, "metrics": ["accuracy"], "weighted_metrics": ["accuracy"]},
        sample_weight=STEPS_WEIGHTS,
    ),
    case(
        "masks_of_normalization",
        lambda: words(layers.BatchNormalization(momentum=0.5), layers.Dense(2), mask_zero=True),
        WORDS,
        STEPS_Y,
        lambda: {"loss": "mse"},
        validated=True,
    ),
    case(
        "masks_of_means",
        lambda: words(layers.LayerNormalization(), layers.GlobalAveragePooling1D(), layers.Dense(2), mask_zero=True),
        WORDS,
        Y,
        lambda: {"optimizer": Lion(0.01), "loss": "mse"},
    ),
    case(
        "convolved", convolved, IMAGES, CLASSES, lambda: {"loss": SPARSE, "metrics": ["accuracy"]}, validated=True
    ),
    case("separable", separable, IMAGES, Y, lambda: {"optimizer": Nadam(0.01), "loss": "mse"}),
    case("frozen", frozen, IMAGES, CLASSES, lambda: {"loss": SPARSE}, validated=True),
    case("bytes", bytes_in, BYTES, Y, lambda: {"loss": "mse"}),
    case("regularized", regularized, X, Y, lambda: {"loss": "mse", "metrics": ["mse"]}, validated=True),
    case("constrained", constrained, X, Y, lambda: {"optimizer": RMSprop(0.05, momentum=0.5), "loss": "mse"}),
    case("averaged", mlp, X, Y, lambda: {"optimizer": SGD(0.125, use_ema=True, ema_momentum=0.5), "loss": "mse"}, validated=True),
    case(
        "averaged_now_and_then",
        mlp,
        X,
        Y,
        lambda: {"optimizer": Adam(0.05, use_ema=True, ema_momentum=0.5, ema_overwrite_frequency=2), "loss": "mse"},
    ),
    case("accumulated", mlp, X, Y, lambda: {"optimizer": Adam(0.05, gradient_accumulation_steps=2), "loss": "mse"}, epochs=3),
    case(
        "accumulated_by_a_schedule",
        mlp,
        X,
        Y,
        lambda: {
            "optimizer": SGD(schedules.PiecewiseConstantDecay([1, 3], [0.125, 0.0625, 0.25]), gradient_accumulation_steps=2),
            "loss": "mse",
        },
        epochs=3,
    ),
    case("scheduled", mlp, X, Y, lambda: {"optimizer": SGD(schedules.ExponentialDecay(0.125, 2, 0.5)), "loss": "mse"}, epochs=3),
    case(
        "decayed_and_clipped", mlp, X, Y, lambda: {"optimizer": AdamW(0.05, weight_decay=0.1, global_clipnorm=0.5), "loss": "mse"}
    ),
    case("several_steps_at_once", mlp, X, Y, lambda: {"loss": "mse", "metrics": ["mae"], "steps_per_execution": 3}, batch_size=2, epochs=3),
    case("summed", mlp, X, Y, lambda: {"loss": losses.MeanSquaredError("sum"), "metrics": ["mae"]}, validated=True),
    case(
        "many_metrics",
        lambda: mlp(3, "softmax"),
        X,
        one_hot(CLASSES, 3),
        lambda: {"loss": "categorical_crossentropy", "metrics": [*MANY, metrics.F1Score(average="macro")]},
        validated=True,
        sample_weight=WEIGHTS,
    ),
    case(
        "metrics_of_one_name",
        mlp,
        X,
        Y,
        lambda: {"loss": "mse", "metrics": ["mae", "mae", metrics.MeanAbsoluteError()], "weighted_metrics": ["mae"]},
        sample_weight=WEIGHTS,
    ),
    case(
        "logits",
        lambda: mlp(3),
        X,
        CLASSES,
        lambda: {"loss": losses.SparseCategoricalCrossentropy(from_logits=True), "metrics": ["accuracy", SPARSE]},
    ),
    case("one_value_a_step", lambda: words(layers.Dense(1)), WORDS, STEPS_Y[..., 0], lambda: {"loss": "huber", "metrics": ["mae"]}),
    case("some_crossentropy", lambda: mlp(3, "softmax"), X, CLASSES, lambda: {"loss": "crossentropy", "metrics": ["acc"]}),
    case("weight_of_the_loss", mlp, X, Y, lambda: {"loss": "mse", "loss_weights": 0.25, "metrics": ["mse"]}),
    case(
        "two_outputs",
        two_outputs,
        X,
        [Y, CLASSES],
        lambda: {"loss": ["mse", SPARSE], "loss_weights": [0.5, 2.0], "metrics": [["mae"], ["accuracy", "accuracy"]]},
        validated=True,
        # TensorFlow weights a smaller last batch like the others in the losses of single outputs.
        batch_size=5,
    ),
]


def weights_of(model):
    values = [(weight, dyadic(weight.shape, 200 + i)) for i, weight in enumerate(model.weights)]
    positive = ("gamma", "moving_variance")
    return [np.abs(value) + np.float32(0.25) if weight.name in positive else value for weight, value in values]


def numbers(logs):
    return {name: float(value) for name, value in logs.items()}


def trained(spec):
    keras.backend.clear_session()
    model = spec["model"]()
    model.compile(**{"optimizer": SGD(0.125), **spec["compiled"]()})
    described = json.loads(model.to_json())
    initial = weights_of(model)
    model.set_weights(initial)
    x, y = spec["x"], spec["y"]
    options = {"batch_size": 4, "epochs": 2, "shuffle": False, "verbose": 0, **spec["options"]}
    weight = options.get("sample_weight")
    history = model.fit(x, y, validation_data=(x, y) if spec["validated"] else None, **options).history
    test = {"batch_size": options["batch_size"], "verbose": 0, "return_dict": True}
    evaluated = model.evaluate(x, y, sample_weight=weight, **test)
    predicted = model.predict(x, verbose=0)
    batch = model.train_on_batch(x, y, weight, options.get("class_weight"), return_dict=True)
    return {
        "name": spec["name"],
        "json": described,
        "initial": initial,
        "x": x,
        "y": y if isinstance(y, list) else [y],
        "validated": spec["validated"],
        "options": options,
        "history": history,
        "evaluated": numbers(evaluated),
        "predicted": predicted if isinstance(predicted, list) else [predicted],
        "batch": numbers(batch),
        "weights_after": model.get_weights(),
    }


def make():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        return {"cases": [trained(spec) for spec in CASES]}
