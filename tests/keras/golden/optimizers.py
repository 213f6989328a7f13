"""Five steps of each optimizer over two variables with fixed gradients."""

import json
import os
import subprocess
import sys

import keras
import numpy as np

from build import create, item
from encode import dumps

INITIAL = [
    np.array([[1.0, -0.5, 0.25], [0.0, 2.0, -1.5]], "float32"),
    np.array([0.5, -0.25, 0.0], "float32"),
]

GRADIENTS = [
    [[[0.125, -0.25, 0.0], [1.0, -2.0, 0.5]], [0.5, -0.0625, 0.0]],
    [[[-0.5, 0.75, 0.0], [0.25, 30.0, -0.125]], [-1.5, 0.0, 0.25]],
    [[[2.0, 0.0078125, 0.0], [-0.75, 0.5, 0.0]], [0.0009765625, -4.0, 0.125]],
    [[[0.0, -1.25, 0.0], [0.0625, -100.0, 3.0]], [0.75, 0.5, -0.5]],
    [[[-0.375, 0.1875, 0.0], [1.5, 0.0, -0.25]], [0.0, 0.03125, 12.0]],
]



def divided(default, others, **config):
    return item("MultiOptimizer", optimizer_map=item("OptimizerMap", default_optimizer=default, optimizer_map=others), **config)


CASES = [
    ("sgd", item("SGD")),
    ("sgd_learning_rate", item("SGD", learning_rate=0.5)),
    ("sgd_momentum", item("SGD", learning_rate=0.05, momentum=0.9)),
    ("sgd_nesterov", item("SGD", learning_rate=0.05, momentum=0.9, nesterov=True)),
    ("sgd_weight_decay", item("SGD", learning_rate=0.1, weight_decay=0.04)),
    ("sgd_clipnorm", item("SGD", learning_rate=0.1, clipnorm=1.0)),
    ("sgd_clipvalue", item("SGD", learning_rate=0.1, clipvalue=0.5)),
    ("sgd_global_clipnorm", item("SGD", learning_rate=0.1, global_clipnorm=1.0)),
    (
        "sgd_nesterov_decay_clipnorm",
        item("SGD", learning_rate=0.1, momentum=0.8, nesterov=True, weight_decay=0.04, clipnorm=2.0),
    ),
    ("rmsprop", item("RMSprop")),
    ("rmsprop_momentum", item("RMSprop", learning_rate=0.01, momentum=0.9)),
    ("rmsprop_centered", item("RMSprop", learning_rate=0.01, centered=True)),
    ("rmsprop_rho", item("RMSprop", learning_rate=0.01, rho=0.8)),
    ("rmsprop_epsilon", item("RMSprop", learning_rate=0.01, epsilon=0.01)),
    (
        "rmsprop_all",
        item("RMSprop", learning_rate=0.01, rho=0.8, momentum=0.5, centered=True, weight_decay=0.04, clipvalue=2.0),
    ),
    ("adam", item("Adam")),
    ("adam_learning_rate", item("Adam", learning_rate=0.1)),
    ("adam_betas", item("Adam", learning_rate=0.01, beta_1=0.8, beta_2=0.9)),
    ("adam_epsilon", item("Adam", learning_rate=0.01, epsilon=0.1)),
    ("adam_amsgrad", item("Adam", learning_rate=0.01, amsgrad=True)),
    ("adam_weight_decay", item("Adam", learning_rate=0.01, weight_decay=0.04)),
    ("adam_clipnorm", item("Adam", learning_rate=0.01, clipnorm=1.0)),
    ("adam_clipvalue", item("Adam", learning_rate=0.01, clipvalue=0.5)),
    ("adam_global_clipnorm", item("Adam", learning_rate=0.01, global_clipnorm=1.0)),
    ("adamw", item("AdamW")),
    ("adamw_weight_decay", item("AdamW", learning_rate=0.1, weight_decay=0.05)),
    ("adagrad", item("Adagrad")),
    ("adagrad_all", item("Adagrad", learning_rate=0.1, initial_accumulator_value=0.5, epsilon=0.01, weight_decay=0.04)),
    ("adadelta", item("Adadelta")),
    ("adadelta_all", item("Adadelta", learning_rate=1.0, rho=0.8, epsilon=1e-6, clipnorm=1.0)),
    ("adamax", item("Adamax")),
    ("adamax_all", item("Adamax", learning_rate=0.1, beta_1=0.8, beta_2=0.9, epsilon=0.01)),
    ("nadam", item("Nadam")),
    ("nadam_all", item("Nadam", learning_rate=0.1, beta_1=0.8, beta_2=0.9, epsilon=0.01, weight_decay=0.04)),
    ("lion", item("Lion")),
    ("lion_all", item("Lion", learning_rate=0.01, beta_1=0.8, beta_2=0.9, weight_decay=0.04)),
    ("ftrl", item("Ftrl")),
    (
        "ftrl_all",
        item(
            "Ftrl",
            learning_rate=0.1,
            learning_rate_power=-0.75,
            initial_accumulator_value=0.5,
            l1_regularization_strength=0.125,
            l2_regularization_strength=0.25,
            l2_shrinkage_regularization_strength=0.0625,
            beta=0.5,
        ),
    ),
    ("lamb", item("Lamb")),
    ("lamb_all", item("Lamb", learning_rate=0.1, beta_1=0.8, beta_2=0.9, epsilon=0.01, weight_decay=0.04)),
    ("adafactor", item("Adafactor")),
    ("adafactor_all", item("Adafactor", learning_rate=0.5, beta_2_decay=-0.5, epsilon_2=0.01, clip_threshold=0.5)),
    ("sgd_ema", item("SGD", learning_rate=0.1, use_ema=True, ema_momentum=0.75)),
    ("sgd_ema_overwrite", item("SGD", learning_rate=0.1, momentum=0.5, use_ema=True, ema_momentum=0.75, ema_overwrite_frequency=2)),
    ("adam_accumulated", item("Adam", learning_rate=0.01, gradient_accumulation_steps=2, weight_decay=0.04)),
    (
        "rmsprop_ema_accumulated",
        item("RMSprop", learning_rate=0.01, use_ema=True, ema_momentum=0.5, ema_overwrite_frequency=2, gradient_accumulation_steps=2),
    ),
    ("nadam_accumulated", item("Nadam", learning_rate=0.01, gradient_accumulation_steps=2, clipnorm=1.0)),
    ("sgd_scaled", item("SGD", learning_rate=0.1, momentum=0.5, loss_scale_factor=3.0)),
    ("adam_scaled", item("Adam", learning_rate=0.01, loss_scale_factor=0.1, clipnorm=1.0, weight_decay=0.04)),
    (
        "rmsprop_scaled_accumulated",
        item("RMSprop", learning_rate=0.01, loss_scale_factor=8.0, clipvalue=0.5, use_ema=True, gradient_accumulation_steps=2),
    ),
    ("muon", item("Muon")),
    ("muon_all", item("Muon", learning_rate=0.1, adam_beta_1=0.8, adam_beta_2=0.9, adam_weight_decay=0.1, epsilon=0.01, weight_decay=0.05, adam_lr_ratio=0.5, momentum=0.8, ns_steps=3, nesterov=False, rms_rate=None, muon_a=3.0, muon_b=-4.0, muon_c=1.75)),
    ("muon_excluded", item("Muon", learning_rate=0.01, exclude_layers=["ker.el$"], weight_decay=None)),
    ("muon_accumulated", item("Muon", learning_rate=0.02, gradient_accumulation_steps=2, clipnorm=1.0, adam_weight_decay=None)),
    ("multi", divided(item("SGD", learning_rate=0.1, momentum=0.5), {"kernel": item("Adam", learning_rate=0.01)})),
    ("multi_patterns", divided(item("RMSprop"), {"k.*l": item("Muon", learning_rate=0.05), "b": item("SGD")}, loss_scale_factor=4.0)),
    ("adamw_amsgrad_clipnorm", item("AdamW", learning_rate=0.01, weight_decay=0.05, amsgrad=True, clipnorm=1.0)),
]


# On TensorFlow the momentum before a step is the one after it there, since a variable is no copy of its value.
ON_JAX = [
    ("schedule_free_adamw", item("ScheduleFreeAdamW")),
    ("schedule_free_adamw_all", item("ScheduleFreeAdamW", learning_rate=0.1, beta_1=0.8, beta_2=0.9, epsilon=0.01, warmup_steps=3, weight_decay=0.04)),
    ("schedule_free_adamw_accumulated", item("ScheduleFreeAdamW", learning_rate=0.05, gradient_accumulation_steps=2, use_ema=True, weight_decay=0.1)),
]


def made(spec):
    if spec["class_name"] != "MultiOptimizer":
        return create(keras.optimizers, spec)
    config = dict(spec["config"])
    chosen = config.pop("optimizer_map")["config"]
    others = {name: made(part) for name, part in chosen["optimizer_map"].items()}
    return keras.optimizers.MultiOptimizer(keras.optimizers.OptimizerMap(made(chosen["default_optimizer"]), others), **config)


def trajectory(name, spec):
    keras.backend.clear_session()
    optimizer = made(spec)
    variables = [keras.Variable(value, name=n) for value, n in zip(INITIAL, ["kernel", "bias"])]
    after = []
    for step in GRADIENTS:
        gradients = [keras.ops.convert_to_tensor(g, "float32") for g in step]
        optimizer.apply(gradients, variables)
        after.append([np.array(v) for v in variables])
    return {
        "name": name,
        **spec,
        "after": after,
        "state": [{"name": v.path.rpartition("/")[2], "value": np.array(v)} for v in optimizer.variables],
    }


SCHEDULES = [
    ("exponential", item("ExponentialDecay", initial_learning_rate=0.05, decay_steps=10, decay_rate=0.96)),
    ("exponential_stairs", item("ExponentialDecay", initial_learning_rate=0.1, decay_steps=3, decay_rate=0.96, staircase=True)),
    ("piecewise", item("PiecewiseConstantDecay", boundaries=[3, 10], values=[0.1, 0.05, 0.01])),
    ("polynomial", item("PolynomialDecay", initial_learning_rate=0.1, decay_steps=10)),
    ("polynomial_cycle", item("PolynomialDecay", initial_learning_rate=0.1, decay_steps=10, end_learning_rate=0.01, power=2.0, cycle=True)),
    ("inverse_time", item("InverseTimeDecay", initial_learning_rate=0.1, decay_steps=5, decay_rate=0.5)),
    ("inverse_time_stairs", item("InverseTimeDecay", initial_learning_rate=0.1, decay_steps=5, decay_rate=0.5, staircase=True)),
    ("cosine", item("CosineDecay", initial_learning_rate=0.1, decay_steps=20)),
    ("cosine_warm", item("CosineDecay", initial_learning_rate=0.01, decay_steps=20, alpha=0.1, warmup_target=0.2, warmup_steps=5)),
    ("restarts", item("CosineDecayRestarts", initial_learning_rate=0.1, first_decay_steps=6)),
    ("restarts_all", item("CosineDecayRestarts", initial_learning_rate=0.1, first_decay_steps=4, t_mul=1.5, m_mul=0.5, alpha=0.1)),
    ("restarts_even", item("CosineDecayRestarts", initial_learning_rate=0.1, first_decay_steps=7, t_mul=1.0, m_mul=0.75)),
]

STEPS = [0, 1, 2, 3, 4, 5, 7, 9, 10, 11, 15, 20, 23, 30, 31, 100]


def schedule(name, spec):
    made = getattr(keras.optimizers.schedules, spec["class_name"])(**spec["config"])
    return {
        "name": name,
        **spec,
        "rates": [float(made(step)) for step in STEPS],
        "serialized": keras.saving.serialize_keras_object(made),
    }


def on_jax():
    environment = {**os.environ, "KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu"}
    done = subprocess.run([sys.executable, __file__], env=environment, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{__file__} failed:\n{done.stderr}")
    return json.loads(done.stdout)["cases"]


def make():
    gradients = [[np.array(g, "float32") for g in step] for step in GRADIENTS]
    cases = [trajectory(*case) for case in CASES] + on_jax()
    return {"initial": INITIAL, "gradients": gradients, "cases": cases, "steps": STEPS, "schedules": [schedule(*row) for row in SCHEDULES]}


if __name__ == "__main__":
    print(dumps({"cases": [trajectory(*case) for case in ON_JAX]}))
