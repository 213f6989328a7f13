"""Configs with the user's own classes and functions: registered, not registered, and shared by several objects."""

import json
import re
import tempfile
import zipfile
from pathlib import Path

import keras
import numpy as np
from keras import Input, Model, Sequential, layers, ops

from build import dyadic, weights_for
from encode import plain


def mine(item, name=None):
    """Registers what a user would define in a script: Keras then writes no module."""
    item.__module__ = "__main__"
    return keras.saving.register_keras_serializable("mine", name)(item)


class Cubic(keras.losses.Loss):
    def __init__(self, scale=1.0, **options):
        super().__init__(**options)
        self.scale = scale

    def call(self, y_true, y_pred):
        return self.scale * ops.mean(ops.power(ops.abs(y_true - y_pred), 3), -1)

    def get_config(self):
        return {**super().get_config(), "scale": self.scale}


class Largest(keras.metrics.Metric):
    def __init__(self, name="largest", **options):
        super().__init__(name=name, **options)
        self.largest = self.add_variable((), "zeros", name="largest")

    def update_state(self, y_true, y_pred, sample_weight=None):
        self.largest.assign(ops.maximum(self.largest, ops.max(y_pred)))

    def result(self):
        return self.largest


class Halving(keras.optimizers.schedules.LearningRateSchedule):
    def __init__(self, first=0.5, every=2):
        self.first, self.every = first, every

    def __call__(self, step):
        return self.first * ops.power(0.5, ops.floor(ops.cast(step, "float32") / self.every))

    def get_config(self):
        return {"first": self.first, "every": self.every}


class Plain(keras.optimizers.Optimizer):
    def __init__(self, learning_rate=0.1, boost=1.0, **options):
        super().__init__(learning_rate=learning_rate, **options)
        self.boost = boost

    def update_step(self, gradient, variable, learning_rate):
        self.assign_sub(variable, gradient * learning_rate * self.boost)

    def get_config(self):
        return {**super().get_config(), "boost": self.boost}


class Steps(keras.initializers.Initializer):
    def __init__(self, step=0.25):
        self.step = step

    def __call__(self, shape, dtype=None):
        return ops.reshape(ops.arange(np.prod(shape), dtype="float32"), shape) * self.step

    def get_config(self):
        return {"step": self.step}


class Fourth(keras.regularizers.Regularizer):
    def __init__(self, factor=0.5):
        self.factor = factor

    def __call__(self, x):
        return self.factor * ops.sum(ops.power(x, 4))

    def get_config(self):
        return {"factor": self.factor}


class Below(keras.constraints.Constraint):
    def __init__(self, bound=1.0):
        self.bound = bound

    def __call__(self, w):
        return ops.minimum(w, self.bound)

    def get_config(self):
        return {"bound": self.bound}


class Shifted(layers.Layer):
    def __init__(self, by=1.0, **options):
        super().__init__(**options)
        self.by = by

    def call(self, x):
        return x + self.by

    def get_config(self):
        return {**super().get_config(), "by": self.by}


def squared_up(x):
    return ops.square(x) + 1


def all_halves(shape, dtype=None):
    return ops.ones(shape) * 0.5


def sum_of_all(x):
    return ops.sum(x)


def not_above_two(w):
    return ops.minimum(w, 2)


def distance(y_true, y_pred):
    return ops.mean(ops.abs(y_true - y_pred), -1)


def bias_of(y_true, y_pred):
    return y_pred - y_true


for own in [Cubic, Largest, Halving, Steps, Fourth, Below, Shifted, squared_up, all_halves, sum_of_all, not_above_two, distance]:
    mine(own)
mine(Plain, "PlainDescent")
bias_of.__module__ = "__main__"


def of_classes():
    model = Sequential(
        [
            Input((2,), name="x"),
            layers.Dense(3, kernel_initializer=Steps(), kernel_regularizer=Fourth(0.25), kernel_constraint=Below(2.0), name="a"),
            Shifted(2.0, name="b"),
            layers.Dense(1, activity_regularizer=Fourth(), name="c"),
        ],
        name="of_classes",
    )
    model.compile(Plain(Halving(0.25), boost=0.5, clipnorm=1.0), Cubic(2.0), metrics=[Largest(), "mae"], weighted_metrics=[Largest(name="weighted")])
    return model


def of_functions():
    model = Sequential(
        [
            Input((2,), name="x"),
            layers.Dense(
                3,
                activation=squared_up,
                kernel_initializer=all_halves,
                bias_regularizer=sum_of_all,
                kernel_constraint=not_above_two,
                name="a",
            ),
            layers.Activation(squared_up, name="b"),
            layers.Lambda(squared_up, name="c"),
            layers.Dense(1, name="d"),
        ],
        name="of_functions",
    )
    model.compile("sgd", distance, metrics=[distance, bias_of, keras.metrics.MeanMetricWrapper(distance, name="far")])
    return model


def of_keras_functions():
    model = Sequential([Input((2,), name="x"), layers.Dense(2, activation=keras.activations.relu, name="a")], name="of_keras_functions")
    model.compile(
        keras.optimizers.SGD(Halving()),
        keras.losses.mean_squared_error,
        metrics=[keras.metrics.mean_absolute_error, keras.metrics.categorical_accuracy],
    )
    return model


def unregistered():
    class Unknown(Cubic):
        pass

    Unknown.__module__ = "__main__"
    model = Sequential([Input((2,), name="x"), layers.Dense(1, name="a")], name="unregistered")
    model.compile("sgd", Unknown(name="unknown"), metrics=[bias_of])
    return model


def shared_initializer():
    start = keras.initializers.RandomNormal(seed=3)
    own = Fourth()
    first = layers.Dense(3, kernel_initializer=start, bias_initializer=start, kernel_regularizer=own, name="p")
    second = layers.Dense(2, kernel_initializer=start, kernel_regularizer=own, name="q")
    return Sequential([Input((3,), name="x"), first, second], name="shared_initializer")


def shared_loss():
    x = Input((3,), name="x")
    loss, metric = keras.losses.MeanSquaredError(name="one"), Largest()
    model = Model(x, [layers.Dense(1, name="left")(x), layers.Dense(1, name="right")(x)], name="shared_loss")
    model.compile("sgd", [loss, loss], metrics=[[metric], [metric]])
    return model


def saved_config(model):
    """The config of the file that `save` writes, its ids of shared objects numbered as they come."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.keras"
        model.save(path)
        text = zipfile.ZipFile(path).read("config.json").decode()
    seen = {}
    number = lambda match: f'"shared_object_id": {seen.setdefault(match[1], len(seen))}'
    return json.loads(re.sub(r'"shared_object_id": (\d+)', number, text))


def make():
    cases = []
    for i, build in enumerate([of_classes, of_functions, of_keras_functions, unregistered]):
        keras.backend.clear_session()
        model = build()
        # Keras names the variables of metrics only once they have seen data.
        config = json.loads(model.to_json())
        x = dyadic((4, 2), 10 + i)
        y = dyadic((4, model.output_shape[-1]), 20 + i)
        case = {"name": build.__name__, "json": config, "initial": [plain(w) for w in model.get_weights()]}
        model.set_weights(weights_for(model, 30 + i))
        case |= {"weights": [plain(w) for w in model.get_weights()], "x": x, "y": y, "outputs": model.predict(x, verbose=0)}
        case["evaluated"] = model.evaluate(x, y, verbose=0, return_dict=True)
        model.fit(x, y, batch_size=2, epochs=2, shuffle=False, verbose=0)
        case["trained"] = [plain(w) for w in model.get_weights()]
        cases.append(case)
    keras.backend.clear_session()
    return {"cases": cases, "shared": [{"name": b.__name__, "json": saved_config(b())} for b in [shared_initializer, shared_loss]]}
