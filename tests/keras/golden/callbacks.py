"""What Keras's callbacks do with given logs: what they print, set, stop, save and write.

Each case drives one callback by hand through epochs whose logs are given, on a small compiled model
whose `save` and `save_weights` only write the path down.
"""

import contextlib
import io
import math
import tempfile
import warnings
from pathlib import Path

import keras
import numpy as np

from build import dense, dyadic, inputs, item, sequential


def case(name, class_name, epochs, options=None, argument=None, batches=0, rate=0.1, file=None):
    """`epochs`: the logs of each. With `batches`, each epoch has that many, all with the epoch's logs."""
    return {
        "name": name,
        "class_name": class_name,
        "argument": argument,
        "options": options or {},
        "epochs": epochs,
        "batches": batches,
        "rate": rate,
        "file": file,
    }


def losses(*values, name="val_loss"):
    return [{"loss": 1.0, name: value} for value in values]


def schedule_for(kind):
    if kind == "halving":
        return lambda epoch, rate: rate * 0.5
    if kind == "powers":
        return lambda epoch, rate: 10.0 ** -(epoch + 1)
    return lambda epoch, rate: float(epoch + 1)


DOWN = losses(0.9, 0.5, 0.6, 0.55, 0.4, 0.45, 0.46, 0.47)
FLAT = losses(*[0.5] * 8)

CASES = [
    case("stop_at_once", "EarlyStopping", DOWN),
    case("stop_never_at_epoch_0", "EarlyStopping", FLAT, {"verbose": 1}),
    case("stop_after_two", "EarlyStopping", DOWN, {"patience": 2, "verbose": 1}),
    case("stop_with_restored_weights", "EarlyStopping", DOWN, {"patience": 2, "verbose": 1, "restore_best_weights": True}),
    case("restored_without_stopping", "EarlyStopping", DOWN[:4], {"patience": 9, "verbose": 1, "restore_best_weights": True}),
    case("stop_by_delta", "EarlyStopping", losses(0.9, 0.85, 0.83, 0.7), {"patience": 1, "min_delta": 0.1, "verbose": 1}),
    case("stop_by_baseline", "EarlyStopping", losses(0.9, 0.8, 0.7, 0.6), {"patience": 2, "baseline": 0.5, "verbose": 1}),
    case("baseline_beaten", "EarlyStopping", losses(0.9, 0.4, 0.7, 0.6, 0.5), {"patience": 2, "baseline": 0.5, "verbose": 1}),
    case("stop_from_epoch", "EarlyStopping", FLAT, {"patience": 1, "start_from_epoch": 3, "verbose": 1}),
    case("stop_by_rising", "EarlyStopping", losses(0.1, 0.3, 0.2, name="val_accuracy"), {"monitor": "val_accuracy", "verbose": 1}),
    case("stop_by_max", "EarlyStopping", losses(0.1, 0.3, 0.2), {"mode": "max", "verbose": 1}),
    case("plateau", "ReduceLROnPlateau", FLAT, {"patience": 2, "verbose": 1}),
    case("plateau_with_cooldown", "ReduceLROnPlateau", FLAT, {"patience": 1, "cooldown": 2, "factor": 0.5, "verbose": 1}),
    case("plateau_at_least", "ReduceLROnPlateau", FLAT, {"patience": 1, "min_lr": 0.004, "verbose": 1}),
    case("plateau_small", "ReduceLROnPlateau", FLAT[:4], {"patience": 1, "verbose": 1}, rate=0.001),
    case("plateau_whole", "ReduceLROnPlateau", FLAT[:3], {"patience": 1, "factor": 0.5, "verbose": 1}, rate=4.0),
    case("plateau_delta", "ReduceLROnPlateau", losses(0.5, 0.49995, 0.4999, 0.4), {"patience": 1, "verbose": 1}),
    case("plateau_by_rising", "ReduceLROnPlateau", losses(0.1, 0.3, 0.2, 0.1, name="val_accuracy"), {"monitor": "val_accuracy", "patience": 1, "verbose": 1}),
    case("schedule_halving", "LearningRateScheduler", FLAT[:4], {"verbose": 1}, "halving"),
    case("schedule_powers", "LearningRateScheduler", FLAT[:6], {"verbose": 1}, "powers"),
    case("schedule_whole", "LearningRateScheduler", FLAT[:2], {"verbose": 1}, "whole"),
    case("schedule_quiet", "LearningRateScheduler", FLAT[:2], {}, "halving"),
    case("checkpoint_each", "ModelCheckpoint", DOWN[:3], {"verbose": 1}, "m-{epoch:02d}.keras"),
    case("checkpoint_best", "ModelCheckpoint", DOWN, {"verbose": 1, "save_best_only": True}, "best.keras"),
    case("checkpoint_best_above", "ModelCheckpoint", DOWN, {"verbose": 1, "save_best_only": True, "initial_value_threshold": 0.55}, "best.keras"),
    case("checkpoint_weights", "ModelCheckpoint", DOWN[:3], {"verbose": 1, "save_weights_only": True}, "{epoch}-{val_loss:.3f}-{loss}.weights.h5"),
    case("checkpoint_rising", "ModelCheckpoint", losses(0.1, 0.3, 0.2, name="val_accuracy"), {"verbose": 1, "save_best_only": True, "monitor": "val_accuracy"}, "{val_accuracy:.2e}.h5"),
    case("checkpoint_by_batches", "ModelCheckpoint", DOWN[:3], {"verbose": 1, "save_freq": 3}, "{epoch}-{batch:03d}.keras", batches=4),
    case("checkpoint_by_best_batches", "ModelCheckpoint", DOWN[:4], {"verbose": 1, "save_freq": 2, "save_best_only": True, "mode": "min"}, "{epoch:3d}_{batch}.keras", batches=2),
    case("nan", "TerminateOnNaN", losses(0.5) + [{"loss": math.nan}, {"loss": 0.5}], batches=2),
    case("infinity", "TerminateOnNaN", [{"loss": math.inf}, {"loss": 0.5}], batches=3),
    case("csv", "CSVLogger", losses(0.5, 1e-5, 1e16, 3.0), file=""),
    case("csv_without_validation", "CSVLogger", [{"loss": 0.1, "accuracy": 1.0}, {"loss": math.nan, "accuracy": 0.25}], file=""),
    case("csv_separated", "CSVLogger", [{"b;c": 0.1, 'a"d': 1.0, "loss": 2.0}, {"loss": 0.125}], {"separator": ";"}, file=""),
    case("csv_appended", "CSVLogger", losses(0.5), {"append": True}, file="epoch,loss,val_loss\r\n0,1.0,0.5\r\n"),
    case("csv_appended_to_nothing", "CSVLogger", losses(0.5), {"append": True}, file=""),
    case("csv_replaced", "CSVLogger", losses(0.5), {"append": False}, file="old\r\n"),
]

MODEL = [inputs(2), dense(1, kernel_initializer="zeros")]


def made(spec, folder):
    Class = getattr(keras.callbacks, spec["class_name"])
    if spec["class_name"] == "LearningRateScheduler":
        return Class(schedule_for(spec["argument"]), **spec["options"])
    if spec["class_name"] == "CSVLogger":
        path = Path(folder, "log.csv")
        if spec["file"]:
            path.write_bytes(spec["file"].encode())
        return Class(str(path), **spec["options"])
    arguments = [] if spec["argument"] is None else [spec["argument"]]
    return Class(*arguments, **spec["options"])


def drive(spec):
    model = sequential(MODEL)
    model.compile(keras.optimizers.SGD(spec["rate"]), "mse", metrics=["accuracy"])
    x = np.zeros((1, 2), "float32")
    model.test_on_batch(x, np.zeros((1, 1), "float32"))  # makes the metrics, whose direction callbacks use
    saved, rates, kernels = [], [], []
    model.save = lambda path, **_: saved.append(path)
    model.save_weights = lambda path, **_: saved.append(path)
    printed = io.StringIO()
    ran = 0
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(printed), warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        callback = made(spec, folder)
        callback.set_params({"verbose": 0, "epochs": len(spec["epochs"]), "steps": spec["batches"]})
        callback.set_model(model)
        model.stop_training = False
        callback.on_train_begin()
        for epoch, logs in enumerate(spec["epochs"]):
            # The kernel says which epoch the weights are from.
            model.layers[0].kernel.assign(np.full((2, 1), epoch, "float32"))
            callback.on_epoch_begin(epoch)
            rates.append(float(model.optimizer.learning_rate))
            for batch in range(spec["batches"]):
                callback.on_train_batch_end(batch, dict(logs))
                if model.stop_training:
                    break
            if not model.stop_training:
                callback.on_epoch_end(epoch, dict(logs))
            ran += 1
            if model.stop_training:
                break
        callback.on_train_end()
        path = Path(folder, "log.csv")
        written = path.read_bytes().decode() if path.exists() else None
    return {
        **spec,
        "ran": ran,
        "rates": rates,
        "rate_after": float(model.optimizer.learning_rate),
        "kernel_after": float(np.array(model.layers[0].kernel)[0, 0]),
        "saved": saved,
        "printed": printed.getvalue(),
        "written": written,
    }


EMA_X = dyadic((8, 2), 91)
EMA_Y = dyadic((8, 1), 92)


class WeightsAtEpochEnd(keras.callbacks.Callback):
    """Runs after SwapEMAWeights, like a checkpoint."""

    def __init__(self):
        super().__init__()
        self.seen = []

    def on_epoch_end(self, epoch, logs=None):
        self.seen.append(self.model.get_weights()[0])


def averaged(swap_on_epoch):
    model = sequential(MODEL)
    model.compile(keras.optimizers.SGD(0.1, use_ema=True, ema_momentum=0.5), "mse")
    swap, watch = keras.callbacks.SwapEMAWeights(swap_on_epoch), WeightsAtEpochEnd()
    options = {"batch_size": 2, "epochs": 3, "shuffle": False, "verbose": 0, "validation_data": (EMA_X, EMA_Y)}
    history = model.fit(EMA_X, EMA_Y, callbacks=[swap, watch], **options).history
    return {
        "swap_on_epoch": swap_on_epoch,
        "history": history,
        "at_epoch_end": watch.seen,
        "weights_after": model.get_weights(),
    }


def make():
    return {
        "model": MODEL,
        "cases": [drive(spec) for spec in CASES],
        "ema": {"x": EMA_X, "y": EMA_Y, "runs": [averaged(False), averaged(True)]},
    }
