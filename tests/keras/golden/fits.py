"""`fit` and `evaluate` of models of several inputs and outputs, of batches of generators, and by numbers of steps."""

import warnings

import keras
import numpy as np

from build import dyadic, labels

# A multiple of the batch size: in the running means of single outputs' losses, TensorFlow weights a smaller last
# batch like the others, JAX and Ceratops by its number of samples.
ROWS = 12
A, B = dyadic((ROWS, 3), 101), dyadic((ROWS, 3), 102)
LEFT, RIGHT = dyadic((ROWS, 2), 103), labels((ROWS, 1), 2, 104)
WEIGHT = dyadic((ROWS,), 105, 1, 96)
OTHER_WEIGHT = dyadic((ROWS,), 106, 1, 96)
RATE = 0.125


def model(by_name):
    """Two inputs through one shared layer, two outputs."""
    keras.backend.clear_session()
    a, b = keras.Input((3,), name="a"), keras.Input((3,), name="b")
    shared = keras.layers.Dense(4, activation="tanh", name="shared")
    left = keras.layers.Dense(2, name="left")(shared(a))
    right = keras.layers.Dense(1, activation="sigmoid", name="right")(shared(b))
    outputs = {"left": left, "right": right} if by_name else [left, right]
    made = keras.Model({"a": a, "b": b} if by_name else [a, b], outputs)
    made.set_weights([dyadic(w.shape, 110 + i) for i, w in enumerate(made.weights)])
    return made


def case(name, compile_options, by_name=False, sample_weight=None):
    return {"name": name, "compile": compile_options, "by_name": by_name, "sample_weight": sample_weight}


BOTH = {"left": "mse", "right": "binary_crossentropy"}
CASES = [
    case("one_loss_for_both", {"loss": "mse"}),
    case("losses_by_name", {"loss": BOTH}),
    case("losses_in_a_list", {"loss": ["mse", "binary_crossentropy"]}),
    case("loss_weights_by_name", {"loss": BOTH, "loss_weights": {"left": 0.25, "right": 2.0}}),
    case("loss_weights_in_a_list", {"loss": ["mse", "mae"], "loss_weights": [0.5, 1.5]}),
    case("one_output_without_loss", {"loss": ["mse", None]}),
    case("metrics_by_name", {"loss": BOTH, "metrics": {"left": ["mae", "mse"], "right": "accuracy"}}),
    case("metrics_of_one_output", {"loss": BOTH, "metrics": {"right": ["accuracy"]}}),
    case("metrics_in_lists", {"loss": "mse", "metrics": [["mae"], ["mae", "accuracy"]]}),
    case(
        "weighted_metrics",
        {"loss": BOTH, "metrics": {"left": "mae"}, "weighted_metrics": {"left": ["mae", "mse"], "right": "accuracy"}},
        sample_weight="each",
    ),
    case("weights_for_all", {"loss": BOTH, "weighted_metrics": {"left": "mse", "right": "accuracy"}}, sample_weight="one"),
    case("structures_by_name", {"loss": BOTH, "metrics": {"left": "mae", "right": "accuracy"}}, by_name=True),
    case("structures_by_name_with_weights", {"loss": BOTH, "loss_weights": {"left": 0.5, "right": 1.0}}, by_name=True, sample_weight="each"),
]


def numbers(logs):
    return {name: float(value) for name, value in logs.items()}


def several(spec):
    made = model(spec["by_name"])
    made.compile(keras.optimizers.SGD(RATE), **spec["compile"])
    x = {"a": A, "b": B} if spec["by_name"] else [A, B]
    y = {"left": LEFT, "right": RIGHT} if spec["by_name"] else [LEFT, RIGHT]
    weight = {
        None: None,
        "one": WEIGHT,
        "each": {"left": WEIGHT, "right": OTHER_WEIGHT} if spec["by_name"] else [WEIGHT, OTHER_WEIGHT],
    }[spec["sample_weight"]]
    if spec["sample_weight"] == "one":
        weight = [WEIGHT, WEIGHT]
    evaluated = made.evaluate(x, y, sample_weight=weight, batch_size=4, verbose=0, return_dict=True)
    history = made.fit(x, y, sample_weight=weight, batch_size=4, epochs=2, shuffle=False, verbose=0, validation_data=(x, y))
    batch = made.train_on_batch(x, y, sample_weight=weight, return_dict=True)
    return {
        **spec,
        "evaluated": numbers(evaluated),
        "history": history.history,
        "batch": numbers(batch),
        "weights_after": made.get_weights(),
    }


TEN_A, TEN_LEFT, TEN_WEIGHT = A[:10], LEFT[:10], WEIGHT[:10]


def single(**compile_options):
    keras.backend.clear_session()
    made = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, name="left")])
    made.set_weights([dyadic(w.shape, 120 + i) for i, w in enumerate(made.weights)])
    made.compile(keras.optimizers.SGD(RATE), "mse", **compile_options)
    return made


class Counts(keras.callbacks.Callback):
    """How many batches there were."""

    def __init__(self):
        super().__init__()
        self.train, self.test, self.batches = [], [], 0

    def on_epoch_begin(self, epoch, logs=None):
        self.train.append(0)

    def on_train_batch_end(self, batch, logs=None):
        self.train[-1] += 1

    def on_test_begin(self, logs=None):
        self.test.append(0)

    def on_test_batch_end(self, batch, logs=None):
        self.test[-1] += 1


def batches(*sizes):
    at = 0
    for size in sizes:
        yield TEN_A[at : at + size], TEN_LEFT[at : at + size], TEN_WEIGHT[at : at + size]
        at += size


FITS = [
    {"name": "three_of_five", "sizes": None, "options": {"batch_size": 2, "epochs": 4, "steps_per_epoch": 3}},
    {"name": "more_than_there_are", "sizes": None, "options": {"batch_size": 4, "epochs": 2, "steps_per_epoch": 9}},
    {"name": "validation_steps", "sizes": None, "options": {"batch_size": 4, "epochs": 3, "validation_batch_size": 2, "validation_steps": 2}},
    {"name": "validation_now_and_then", "sizes": None, "options": {"batch_size": 4, "epochs": 4, "validation_freq": 2}},
    {"name": "validation_after_some", "sizes": None, "options": {"batch_size": 4, "epochs": 4, "validation_freq": [1, 4]}},
    {"name": "later_epochs", "sizes": None, "options": {"batch_size": 4, "epochs": 4, "initial_epoch": 2}},
    {"name": "sorted_logs", "sizes": None, "options": {"batch_size": 5, "epochs": 2, "validation_freq": 1}, "compile": {"metrics": ["mae"], "weighted_metrics": ["mae"]}},
    {"name": "generator", "sizes": [4, 4, 2], "options": {"epochs": 1}},
    {"name": "generator_in_steps", "sizes": [2, 3, 1, 4], "options": {"epochs": 2, "steps_per_epoch": 2}},
]


def stepped(spec):
    made, counts = single(**spec.get("compile", {})), Counts()
    options = {"verbose": 0, "callbacks": [counts], **spec["options"]}
    if "validation_steps" in options or "validation_freq" in options:
        options["validation_data"] = (TEN_A, TEN_LEFT)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        if spec["sizes"]:
            history = made.fit(batches(*spec["sizes"]), **options)
        else:
            history = made.fit(TEN_A, TEN_LEFT, shuffle=False, **options)
    return {
        **spec,
        "epochs_run": history.epoch,
        "history": history.history,
        "train_batches": counts.train,
        "test_batches": counts.test,
        "weights_after": made.get_weights(),
    }


def make():
    made = single()
    return {
        "a": A,
        "b": B,
        "left": LEFT,
        "right": RIGHT,
        "weight": WEIGHT,
        "other_weight": OTHER_WEIGHT,
        "rate": RATE,
        "initial": [dyadic(w.shape, 110 + i) for i, w in enumerate(model(False).weights)],
        "several": [several(spec) for spec in CASES],
        "single_initial": [dyadic(w.shape, 120 + i) for i, w in enumerate(made.weights)],
        "fits": [stepped(spec) for spec in FITS],
        "evaluated_steps": float(single().evaluate(TEN_A, TEN_LEFT, batch_size=2, steps=3, verbose=0)),
        "evaluated_batches": float(single().evaluate(batches(4, 4, 2), verbose=0)),
        "predicted_steps": single().predict(TEN_A, batch_size=2, steps=3, verbose=0),
        "predicted_batches": single().predict(batches(4, 4, 2), verbose=0),
    }
