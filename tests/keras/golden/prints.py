"""What Keras prints: summaries, progress bars, fit, evaluate and predict.

The text is captured from a process of its own, once through a pipe ("redirected")
and once through a pseudo-terminal of 80 columns in raw mode ("terminal"), so that it
is what Keras wrote and not what a terminal driver made of it. Time is a fake clock
that starts at 1000 s and stands still except where a case says so:
`clock_ms` is added before the end of each batch of that kind, `at_ms` is a time since the start.
So every printed time is exact. In `masked`, each time is replaced by `<t>`.
"""

import fcntl
import json
import logging
import os
import pty
import re
import struct
import subprocess
import sys
import tempfile
import termios
import tty
from pathlib import Path

import keras
import numpy as np

from build import create, dense, dyadic, inputs, item, labels, sequential, weights_for
from encode import dumps

COLUMNS = 80
FRAME = "\x1e"

MLP = [
    inputs(28, 28, dtype="uint8"),
    item("Rescaling", scale=1 / 255),
    item("Flatten"),
    dense(512, "relu"),
    dense(10, "softmax"),
]
MIXED = [
    inputs(6),
    item("Reshape", target_shape=[3, 2]),
    item("Flatten"),
    dense(8),
    item("Activation", activation="relu"),
    item("Dropout", rate=0.5),
    dense(3, "softmax"),
]
LAZY = [dense(4, "relu"), item("Dropout", rate=0.25), dense(2)]
FROZEN = [inputs(4), dense(5, "relu", name="frozen", trainable=False), dense(1, name="head")]
LONG_NAMES = [inputs(3), dense(4, name="a_dense_layer_with_a_name_that_does_not_fit_its_column"), dense(1234567, name="wide")]

SPARSE = "sparse_categorical_crossentropy"


def summary(name, layers, state="built", optimizer="rmsprop", **options):
    """`state`: "unbuilt" (no Input), "called" (no Input, called once), "built", "compiled", "trained" (one batch)."""
    known = {"columns": COLUMNS, "model": "sequential", "options": {}, **options}
    return {"name": name, "layers": layers, "state": state, "optimizer": optimizer, **known}


SUMMARIES = [
    summary("mlp", MLP),
    summary("mlp_wide", MLP, columns=120),
    summary("mlp_narrow", MLP, columns=50),
    summary("mlp_line_length", MLP, options={"line_length": 60}),
    summary("mlp_compiled", MLP, "compiled"),
    summary("mlp_trained_rmsprop", MLP, "trained"),
    summary("mixed_trained_adam", MIXED, "trained", "adam"),
    summary("mixed_trained_sgd", MIXED, "trained", "sgd"),
    summary("mixed_trained_momentum", MIXED, "trained", item("SGD", momentum=0.9)),
    summary("lazy", LAZY, "unbuilt"),
    summary("lazy_called", LAZY, "called"),
    summary("frozen", FROZEN, options={"show_trainable": True}),
    summary("range", MIXED, options={"layer_range": ["reshape", "dense"]}),
    summary("range_of_one", MIXED, options={"layer_range": ["flatten", "flatten"]}),
    summary("range_backwards", MIXED, options={"layer_range": ["drop", "[ra]"]}),
    summary("range_of_none_between", MIXED, options={"layer_range": ["dense_1", "flatten"]}),
    summary("long_names", LONG_NAMES, model="a_model_name"),
    summary("empty", [], "unbuilt"),
]

RUN_MODEL = [inputs(4), dense(3, "softmax")]
RUN_OPTIMIZER = item("SGD", learning_rate=0.1)
RUN_X = dyadic((24, 4), 71, -96, 96)
RUN_Y = labels((24,), 3, 72)
SLOW = {"train": 4_000_000, "test": 600, "predict": 600}


def run(name, method, arguments, validation_rows=0, clock_ms=None, batches=None):
    """`batches`: the data comes in batches of this size, of unknown number."""
    clock = clock_ms or {"train": 20, "test": 12, "predict": 30}
    case = {"name": name, "method": method, "arguments": arguments, "validation_rows": validation_rows, "clock_ms": clock}
    return {**case, "batches": batches} if batches else case


RUNS = [
    run("fit_two_epochs_verbose_1", "fit", {"epochs": 2, "batch_size": 2, "verbose": 1}, 6),
    run("fit_two_epochs_verbose_2", "fit", {"epochs": 2, "batch_size": 2, "verbose": 2}, 6),
    run("fit_two_epochs_verbose_0", "fit", {"epochs": 2, "batch_size": 2, "verbose": 0}, 6),
    run("fit_two_epochs_verbose_auto", "fit", {"epochs": 2, "batch_size": 8}, 6),
    run("fit_one_epoch_verbose_1", "fit", {"epochs": 1, "batch_size": 8, "verbose": 1}),
    run("fit_one_epoch_verbose_2", "fit", {"epochs": 1, "batch_size": 8, "verbose": 2}),
    run("fit_one_batch_verbose_1", "fit", {"epochs": 1, "batch_size": 24, "verbose": 1}),
    run("fit_slow_verbose_1", "fit", {"epochs": 1, "batch_size": 8, "verbose": 1}, 6, SLOW),
    run("evaluate_verbose_1", "evaluate", {"batch_size": 5, "verbose": 1}),
    run("evaluate_verbose_2", "evaluate", {"batch_size": 5, "verbose": 2}),
    run("predict_verbose_1", "predict", {"batch_size": 5, "verbose": 1}),
    run("predict_verbose_2", "predict", {"batch_size": 5, "verbose": 2}),
    run("fit_batches_verbose_1", "fit", {"epochs": 2, "verbose": 1}, 6, batches=8),
    run("fit_batches_verbose_2", "fit", {"epochs": 2, "verbose": 2}, 6, batches=8),
    run("fit_batches_steps", "fit", {"epochs": 2, "verbose": 1, "steps_per_epoch": 2}, batches=4),
    run("evaluate_batches_verbose_1", "evaluate", {"verbose": 1}, batches=5),
    run("predict_batches_verbose_1", "predict", {"verbose": 1}, batches=5),
]


def at(at_ms, current, values, finalize=None):
    return {"at_ms": at_ms, "current": current, "values": values, "finalize": finalize}


def bar(name, target, verbose, updates):
    """`keras.utils.Progbar` as `fit` makes it: every value is shown as given."""
    return {"name": name, "target": target, "verbose": verbose, "updates": updates}


VALUES = [
    ["zero", 0.0],
    ["small", 0.00012345],
    ["edge", 0.001],
    ["above", 0.0010001],
    ["one", 1.0],
    ["large", 123456.789],
    ["huge", 1e12],
    ["negative", -0.75],
    ["tiny_negative", -0.00001],
    ["nan", float("nan")],
    ["inf", float("inf")],
]

PROGBARS = [
    bar("values_verbose_1", 1, 1, [at(20, 1, VALUES)]),
    bar("values_verbose_2", 1, 2, [at(20, 1, VALUES)]),
    bar("throttled", 100, 1, [at(20 * i, i, [["loss", 1 / i]]) for i in range(1, 9)]),
    bar("shorter_line", 10, 1, [at(100, 1, [["loss", 1000.5]]), at(200, 2, [["loss", 0.5]]), at(300, 3, [["loss", 1e-5]])]),
    bar("unknown_length", None, 1, [at(100, 1, [["loss", 0.5]]), at(200, 2, [["loss", 0.25]])]),
    bar(
        "eta",
        1000,
        1,
        [at(100, 1, []), at(7_000, 2, []), at(70_000, 3, []), at(100_000, 500, []), at(101_000, 999, []), at(200_000, 1000, [])],
    ),
    bar("eta_at_sixty_seconds", 61, 1, [at(1000, 1, [])]),
    bar("eta_at_an_hour", 3601, 1, [at(1000, 1, [])]),
    bar("step_time", 4, 1, [at(2, 1, []), at(2500, 2, []), at(2500, 3, [], True)]),
    bar("microseconds", 1000, 1, [at(100, 1, []), at(200, 501, []), at(250, 1000, [])]),
    bar("no_time", 2, 1, [at(0, 1, []), at(0, 2, [])]),
    bar("finished_early", 10, 1, [at(100, 3, [["loss", 0.5]]), at(200, 10, [["loss", 0.25]], True)]),
    bar("zero_target", 0, 1, [at(100, 0, [["loss", 0.5]])]),
    bar("new_value_at_the_end", 2, 1, [at(100, 1, [["loss", 0.5]]), at(200, 2, [["loss", 0.5], ["val_loss", 0.75]])]),
]


class Clock:
    """Stands in for the `time` module of Keras's progress bar."""

    now_ms = 0

    def time(self):
        return 1000 + self.now_ms / 1000


CLOCK = Clock()


class Tick(keras.callbacks.Callback):
    """Moves the clock and writes down the logs, before the progress bar sees them."""

    def __init__(self, clock_ms):
        super().__init__()
        self.clock_ms = clock_ms
        self.events = []

    def note(self, event, logs, **extra):
        numbers = {key: float(value) for key, value in (logs or {}).items() if key != "outputs"}
        self.events.append({"event": event, **extra, "logs": numbers})

    def on_epoch_begin(self, epoch, logs=None):
        self.note("epoch_begin", logs, epoch=epoch)

    def on_epoch_end(self, epoch, logs=None):
        self.note("epoch_end", logs, epoch=epoch)

    def on_train_batch_end(self, batch, logs=None):
        CLOCK.now_ms += self.clock_ms["train"]
        self.note("train_batch_end", logs, batch=batch)

    def on_test_batch_end(self, batch, logs=None):
        CLOCK.now_ms += self.clock_ms["test"]
        self.note("test_batch_end", logs, batch=batch)

    def on_predict_batch_end(self, batch, logs=None):
        CLOCK.now_ms += self.clock_ms["predict"]
        self.note("predict_batch_end", None, batch=batch)

    def on_test_end(self, logs=None):
        self.note("test_end", logs)

    def on_predict_end(self, logs=None):
        self.note("predict_end", None)


def model_in_state(case):
    model = sequential(case["layers"], case["model"])
    state = case["state"]
    if state == "called":
        model(np.zeros((5, 3), "float32"))
    if state in ("compiled", "trained"):
        model.compile(create(keras.optimizers, case["optimizer"]), SPARSE, metrics=["accuracy"])
    if state == "trained":
        model.train_on_batch(np.zeros((2, *model.input_shape[1:]), model.inputs[0].dtype), np.array([0, 1]))
    return model


def show_summary(case):
    model = model_in_state(case)
    os.environ["COLUMNS"] = str(case["columns"])
    calls = []
    model.summary(print_fn=calls.append, **case["options"])
    model.summary(**case["options"])
    del os.environ["COLUMNS"]
    return {"print_fn": calls}


def unknown_batches(size):
    """A dataset that can be restarted, but does not know its length."""
    import tensorflow as tf

    def batches():
        for at in range(0, len(RUN_X), size):
            yield RUN_X[at : at + size], RUN_Y[at : at + size]

    shapes = (tf.TensorSpec((None, 4), "float32"), tf.TensorSpec((None,), RUN_Y.dtype))
    return tf.data.Dataset.from_generator(batches, output_signature=shapes)


def show_run(case):
    model = sequential(RUN_MODEL)
    model.set_weights(weights_for(model, 73))
    model.compile(create(keras.optimizers, RUN_OPTIMIZER), SPARSE, metrics=["accuracy"])
    tick = Tick(case["clock_ms"])
    data = {"x": RUN_X} if case["method"] == "predict" else {"x": RUN_X, "y": RUN_Y}
    if "batches" in case:
        data = {"x": unknown_batches(case["batches"])}
    arguments = dict(case["arguments"])
    if case["method"] == "fit" and "batches" not in case:
        arguments["shuffle"] = False
    if case["validation_rows"]:
        arguments["validation_data"] = (RUN_X[: case["validation_rows"]], RUN_Y[: case["validation_rows"]])
    CLOCK.now_ms = 0
    getattr(model, case["method"])(**data, callbacks=[tick], **arguments)
    return {"events": tick.events}


def show_bar(case):
    CLOCK.now_ms = 0
    progress = keras.utils.Progbar(case["target"], verbose=case["verbose"], stateless_metrics=set())
    for update in case["updates"]:
        CLOCK.now_ms = update["at_ms"]
        progress.update(update["current"], update["values"], finalize=update["finalize"])
    return {}


SHOW = [(SUMMARIES, show_summary), (RUNS, show_run), (PROGBARS, show_bar)]


def child(notes_path):
    """Prints every case after a frame mark, and leaves what is not text in a file."""
    import keras.src.utils.progbar

    logging.getLogger("tensorflow").setLevel("ERROR")
    keras.src.utils.progbar.time = CLOCK
    notes = []
    for cases, show in SHOW:
        for case in cases:
            sys.stdout.write(FRAME)
            sys.stdout.flush()
            notes.append(show(case))
            sys.stdout.flush()
    Path(notes_path).write_text(dumps(notes), encoding="utf-8")


def captured(through_terminal):
    """The texts of all cases and their notes."""
    unset = {"COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR", "COLORTERM", "TTY_COMPATIBLE", "TTY_INTERACTIVE"}
    environment = {key: value for key, value in os.environ.items() if key not in unset}
    environment.update(TERM="xterm-256color", PYTHONIOENCODING="utf-8")
    with tempfile.TemporaryDirectory() as folder:
        notes, errors = Path(folder, "notes.json"), Path(folder, "errors.txt")
        command = [sys.executable, __file__, str(notes)]
        with errors.open("wb") as error_file:
            options = {"env": environment, "stdin": subprocess.DEVNULL, "stderr": error_file}
            if through_terminal:
                data, code = through_pty(command, options)
            else:
                done = subprocess.run(command, stdout=subprocess.PIPE, **options)
                data, code = done.stdout, done.returncode
        if code:
            sys.exit(f"Printing failed:\n{errors.read_text()}")
        texts = data.decode("utf-8").split(FRAME)
        return texts[1:], json.loads(notes.read_text(encoding="utf-8"))


def through_pty(command, options):
    reader, writer = pty.openpty()
    tty.setraw(writer)
    fcntl.ioctl(writer, termios.TIOCSWINSZ, struct.pack("HHHH", 24, COLUMNS, 0, 0))
    process = subprocess.Popen(command, stdout=writer, **options)
    os.close(writer)
    chunks = []
    try:
        while chunk := os.read(reader, 65536):
            chunks.append(chunk)
    except OSError:  # the other end is closed
        pass
    os.close(reader)
    return b"".join(chunks), process.wait()


TIMES = [
    (re.compile(r"\d+(?:us|ms|s)/step"), "<t>/step"),
    (re.compile(r"(\x1b\[1m)\d+(?:s|:\d\d(?::\d\d)?)(\x1b\[0m)"), r"\1<t>\2"),
    (re.compile(r"( - )\d+s(?= - )"), r"\1<t>"),
]


def masked(text):
    for pattern, replacement in TIMES:
        text = pattern.sub(replacement, text)
    return text


def lines(text):
    return text.removesuffix("\n").split("\n")


def summary_record(case, redirected, terminal, note):
    (given,) = note["print_fn"]
    assert given == redirected, f"{case['name']}: print_fn and stdout differ"
    return {**case, "plain": lines(redirected), "ansi": lines(terminal)}


def run_record(case, redirected, terminal, note):
    assert redirected == terminal, f"{case['name']}: the text depends on the terminal"
    return {**case, "text": redirected, "masked": masked(redirected), "events": note["events"]}


def bar_record(case, redirected, terminal, note):
    assert redirected == terminal, f"{case['name']}: the text depends on the terminal"
    return {**case, "text": redirected}


def make():
    (pipe, notes), (term, _) = captured(False), captured(True)
    rows = iter(zip(pipe, term, notes, strict=True))
    model = sequential(RUN_MODEL)
    return {
        "columns": COLUMNS,
        "clock_start_s": 1000,
        "summaries": [summary_record(case, *next(rows)) for case in SUMMARIES],
        "run_model": {
            "layers": RUN_MODEL,
            "optimizer": RUN_OPTIMIZER,
            "loss": SPARSE,
            "metrics": ["accuracy"],
            "initial_weights": weights_for(model, 73),
            "x": RUN_X,
            "y": RUN_Y,
        },
        "runs": [run_record(case, *next(rows)) for case in RUNS],
        "progbars": [bar_record(case, *next(rows)) for case in PROGBARS],
    }


if __name__ == "__main__":
    child(sys.argv[1])
