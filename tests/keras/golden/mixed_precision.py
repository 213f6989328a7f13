"""Dtype policies: casts, layers, trainings and the scaling of losses in half precision."""

import base64
import json
import tempfile
from pathlib import Path

import keras
import numpy as np

from build import create, dense, dyadic, inputs, item, labels, weights_for

POLICIES = ["float32", "float16", "bfloat16", "mixed_float16", "mixed_bfloat16"]

FAMILIES = ["layers", "merging", "pooling", "spatial", "normalization", "convolutional", "preprocessing", "recurrent", "attention"]

# Code is not in files, and random numbers are not Keras's.
LEFT_OUT = {"Lambda"}


def floats(x):
    return keras.ops.convert_to_numpy(keras.ops.cast(x, "float32"))


def policies():
    for name in POLICIES:
        policy = keras.dtype_policies.get(name)
        yield {
            "name": name,
            "compute": policy.compute_dtype,
            "variable": policy.variable_dtype,
            "serialized": keras.dtype_policies.serialize(policy),
        }


def casts():
    """Ties, numbers beside them, subnormal ones and those that overflow."""
    starts = [1, 3.14159, 65503, 65519.99, 65520, 1e30, 2**-14, 2**-14 - 2**-26, 2**-24, 3 * 2**-25, 2**-25, 0.1]
    x = np.array([s * f for s in starts for f in (1, 1 + 2**-11, 1 + 3 * 2**-11, 1 + 2**-8, 1 + 3 * 2**-8)], "float32")
    x = np.concatenate([x, -x, np.array([0.0, -0.0, np.inf, -np.inf, np.nan], "float32")])
    return {"x": x, **{dtype: floats(keras.ops.cast(x, dtype)) for dtype in ("float16", "bfloat16")}}


def with_policy(config, policy):
    """A config with the policy in place of float32, inside of it too."""
    if isinstance(config, dict):
        if config.get("class_name") == "DTypePolicy":
            return {**config, "config": {"name": policy}}
        return {key: with_policy(value, policy) for key, value in config.items()}
    return [with_policy(value, policy) for value in config] if isinstance(config, list) else config



def array_of(written):
    from encode import array

    return array(written)


def layer_cases():
    seen = set()
    for family in FAMILIES:
        text = Path(__file__).with_name(f"{family}.json").read_text(encoding="utf-8")
        for case in json.loads(text)["cases"]:
            name = case["class_name"]
            plain = not any(case.get("masks") or []) and not case.get("call") and name not in LEFT_OUT
            if not plain or any(x["dtype"] == "string" for x in case["inputs"]):
                continue
            first = name not in seen
            seen.add(name)
            for policy in ["mixed_float16", *(["mixed_bfloat16", "float16"] if first else [])]:
                made = layer_case(family, case, policy)
                if made:
                    yield made


def layer_case(family, case, policy):
    node = {"module": "keras.layers", "class_name": case["class_name"], "registered_name": None}
    try:
        layer = keras.layers.deserialize({**node, "config": with_policy(case["serialized"], policy)})
        xs = [array_of(x) for x in case["inputs"]]
        names = case.get("names")
        named = {name: x for name, x in zip(names or [], xs[1:])}
        x = xs[0] if names or len(xs) == 1 else xs
        layer(x, **named)
        layer.set_weights([array_of(w) for w in case["initial"]])
        if hasattr(layer, "finalize_state"):
            layer.finalize_state()
        y = keras.tree.flatten(layer(x, **named))[0]
    except Exception as error:  # what TensorFlow has no kernel for
        print(f"{family} {case['name']} {policy}: {type(error).__name__}")
        return None
    dtype = keras.backend.standardize_dtype(y.dtype)
    return {"family": family, "name": case["name"], "policy": policy, "dtype": dtype, "y": floats(y)}


MODELS = {
    "mlp": [inputs(6), dense(16, "relu"), dense(8, "tanh"), dense(3, "softmax", dtype="float32")],
    "convnet": [
        inputs(8, 8, 1),
        item("Conv2D", filters=4, kernel_size=3, activation="relu"),
        item("BatchNormalization"),
        item("MaxPooling2D", pool_size=2),
        item("Flatten"),
        dense(3, "softmax", dtype="float32"),
    ],
}

STEPS = 12


def made(name, policy, title):
    """A model under a policy, which clearing the session resets."""
    keras.backend.clear_session()
    keras.config.set_dtype_policy(policy)
    try:
        return keras.Sequential([create(keras.layers, layer) for layer in MODELS[name]], name=title)
    finally:
        keras.config.set_dtype_policy("float32")


def training(name, policy, optimizer):
    model = made(name, policy, "sequential")
    start = weights_for(model, 5, 0.5)
    if name == "convnet":
        start[2:6] = [np.ones(4, "float32"), np.zeros(4, "float32"), np.zeros(4, "float32"), np.ones(4, "float32")]
    model.set_weights(start)
    model.compile(create(keras.optimizers, optimizer), "sparse_categorical_crossentropy")
    shape = (16, *model.input_shape[1:])
    x, y = dyadic(shape, 3), labels((16,), 3, 9)
    losses = [float(model.train_on_batch(x, y)) for _ in range(STEPS)]
    predicted = model.predict(x, verbose=0)
    scale = getattr(model.optimizer, "dynamic_scale", None)
    return {
        "model": name,
        "policy": policy,
        "optimizer": optimizer,
        "layers": MODELS[name],
        "x": x,
        "y": y,
        "initial": start,
        "losses": losses,
        "weights": model.get_weights(),
        "predicted": predicted,
        "scale": None if scale is None else float(scale),
    }


# Gradients of each step, of which some overflow.
SCALED = [[0.5, -1.0], [1.0, float("inf")], [0.25, 0.5], [2.0, 1.0], [float("nan"), 1.0], [1.0, 1.0], [0.5, 0.25], [1.0, 2.0]]


def scaling(inner, **options):
    """Each step's gradients are given times the scale, as those of a scaled loss are."""
    optimizer = keras.optimizers.LossScaleOptimizer(create(keras.optimizers, inner), **options)
    w = keras.Variable(np.array([1.0, -2.0], "float32"), name="w")
    optimizer.build([w])
    steps = []
    for gradient in SCALED:
        scale = float(optimizer.dynamic_scale)
        scaled = float(optimizer.scale_loss(keras.ops.convert_to_tensor(3.0)))
        optimizer.apply([keras.ops.convert_to_tensor(np.array(gradient, "float32") * np.float32(scale))], [w])
        steps.append({
            "scaled_three": scaled,
            "w": keras.ops.convert_to_numpy(w),
            "scale": float(optimizer.dynamic_scale),
            "counter": int(optimizer.step_counter),
            "iterations": int(optimizer.iterations),
        })
    return {
        "inner": inner,
        "options": options,
        "gradients": SCALED,
        "steps": steps,
        "serialized": keras.optimizers.serialize(optimizer),
    }


def saved(policy):
    """A trained model as a .keras file, and what it predicts."""
    model = made("mlp", policy, f"mlp_{policy}")
    model.set_weights(weights_for(model, 5, 0.5))
    model.compile("adam", "sparse_categorical_crossentropy")
    x, y = dyadic((16, 6), 3), labels((16,), 3, 9)
    for _ in range(3):
        model.train_on_batch(x, y)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.keras"
        model.save(path)
        content = base64.b64encode(path.read_bytes()).decode()
    going_on = [float(model.train_on_batch(x, y)) for _ in range(3)]
    predicted = model.predict(x, verbose=0)
    config = json.loads(model.to_json())["config"]
    return {
        "policy": policy,
        "x": x,
        "y": y,
        "file": content,
        "losses": going_on,
        "predicted": predicted,
        "dtypes": [layer["config"]["dtype"] for layer in config["layers"]],
    }


def make():
    sgd, adam = item("SGD", learning_rate=0.125, momentum=0.5), item("Adam", learning_rate=0.03125)
    return {
        "policies": list(policies()),
        "casts": casts(),
        "layers": list(layer_cases()),
        "trainings": [
            training(model, policy, optimizer)
            for model in MODELS
            for policy in ("mixed_float16", "mixed_bfloat16")
            for optimizer in (sgd, adam)
        ],
        "scalings": [
            scaling(sgd, dynamic_growth_steps=2),
            scaling(adam, initial_scale=8.0, dynamic_growth_steps=3),
            scaling(item("SGD", learning_rate=0.5)),
        ],
        "files": [saved(policy) for policy in ("mixed_float16", "mixed_bfloat16", "float16", "bfloat16")],
    }
