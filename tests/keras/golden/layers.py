"""Layers of one input, each alone: its config, weights, shapes, outputs, masks and gradients, and one step of training.

The objective is the mean of y * targets over the last axis and then over all samples, plus the layer's own losses. A
case's `masks` ride on its inputs. `output_shape` is what Keras finds for inputs whose batch axis is not known.
"""

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from build import create, dyadic, item
from drawn import drawn
from lambdas import FUNCTIONS

LEARNING_RATE = 0.5


def floats(*shape, seed=1, low=-128, high=128):
    """Odd multiples of 1/128: none is 0, and none is at a kink of the cases below."""
    return dyadic(shape, seed, low, high, 1 / 64, 1 / 128)


def whole(*shape, seed=1, low=0, high=6):
    return drawn(shape, seed, low, high - 1, dtype="int32")


def bools(*rows):
    return np.array(rows, "bool")


SEQUENCE = floats(2, 4, 3, seed=3)
PADDED = SEQUENCE * np.array([[1, 1, 0, 1], [0, 1, 0, 0]], "float32")[..., None]
STEPS = bools([True, True, False, True], [True, False, False, False])
OTHER_STEPS = bools([True, False, False, True], [True, True, False, False])
ROWS = floats(3, 5, seed=5)
IMAGES = floats(2, 4, 3, 2, seed=7)
PIXELS = IMAGES * (np.arange(24).reshape(2, 4, 3, 1) % 3 > 0).astype("float32")
VOLUMES = floats(2, 2, 3, 2, 2, seed=8)
TOKENS = np.array([[3, 0, 5, 1], [0, 0, 2, 4]], "int32")


def case(name, layer, *inputs, masks=None, train=True, jump=None, names=None, call=None):
    """At inputs equal to `jump` the output jumps, so that differences say nothing there.

    `names` are those of the inputs after the first, if the layer takes these by name, and `call` what else it is called
    with.
    """
    spec = {"name": name, "layer": layer, "inputs": list(inputs), "masks": masks, "train": train, "jump": jump}
    return {**spec, "names": names, "call": call or {}}


def dense(name, *inputs, **config):
    return case(name, item("Dense", **config), *inputs)


def named(function):
    return {"class_name": "function", "config": function}


CASES = [
    dense("dense", ROWS, units=4),
    dense("dense_relu", ROWS, units=4, activation="relu"),
    dense("dense_without_bias", ROWS, units=2, use_bias=False, activation="tanh"),
    dense("dense_of_sequences", SEQUENCE, units=2, activation="sigmoid"),
    dense(
        "dense_regularized",
        ROWS,
        units=4,
        kernel_regularizer=item("L2", l2=0.25),
        bias_regularizer=item("L1", l1=0.125),
        activity_regularizer=item("L1L2", l1=0.0625, l2=0.125),
    ),
    dense(
        "dense_constrained",
        ROWS,
        units=4,
        kernel_initializer="he_uniform",
        bias_initializer="ones",
        kernel_constraint=item("MaxNorm", max_value=0.5, axis=0),
        bias_constraint=item("NonNeg"),
    ),
    case("dense_frozen", item("Dense", units=3, trainable=False), ROWS),
    case("dense_masked", item("Dense", units=2), SEQUENCE, masks=[STEPS]),
    case("activation", item("Activation", activation="gelu"), ROWS),
    case("activation_masked", item("Activation", activation="tanh"), SEQUENCE, masks=[STEPS]),
    case("relu", item("ReLU"), ROWS),
    case("relu_all", item("ReLU", max_value=1.0, negative_slope=0.25, threshold=0.5), ROWS),
    case("relu_capped", item("ReLU", max_value=1.0), SEQUENCE, masks=[STEPS]),
    case("relu_threshold", item("ReLU", threshold=0.5), ROWS),
    case("leaky_relu", item("LeakyReLU"), ROWS),
    case("leaky_relu_slope", item("LeakyReLU", negative_slope=0.125), SEQUENCE, masks=[STEPS]),
    case("elu", item("ELU"), ROWS),
    case("elu_alpha", item("ELU", alpha=0.5), SEQUENCE, masks=[STEPS]),
    case("prelu", item("PReLU"), ROWS),
    case("prelu_shared", item("PReLU", shared_axes=[1, 2]), IMAGES),
    case("prelu_shared_axis", item("PReLU", shared_axes=1), SEQUENCE, masks=[STEPS]),
    case(
        "prelu_all",
        item(
            "PReLU",
            alpha_initializer="ones",
            alpha_regularizer=item("L2", l2=0.5),
            alpha_constraint=item("NonNeg"),
            name="slopes",
        ),
        ROWS,
    ),
    case("softmax", item("Softmax"), ROWS),
    case("softmax_axis", item("Softmax", axis=1), SEQUENCE),
    case("softmax_axes", item("Softmax", axis=[1, -1]), SEQUENCE),
    case("softmax_one_axis", item("Softmax", axis=[1]), SEQUENCE),
    case(
        "softmax_masked",
        item("Softmax"),
        floats(3, 4, seed=9),
        masks=[bools([True, True, False, True], [False, False, False, False], [True, True, True, True])],
    ),
    case("softmax_masked_axis", item("Softmax", axis=1), floats(2, 4, seed=10), masks=[STEPS]),
    case("lambda", item("Lambda", function=named("softened")), SEQUENCE, masks=[STEPS]),
    case(
        "lambda_all",
        item("Lambda", function=named("scaled_sum"), output_shape=[4], arguments={"factor": 0.5, "power": 2}, name="sums"),
        SEQUENCE,
    ),
    case("lambda_masked", item("Lambda", function=named("softened"), mask=named("kept")), SEQUENCE, masks=[STEPS]),
    case("identity", item("Identity"), SEQUENCE, masks=[STEPS]),
    case("activity_regularization", item("ActivityRegularization", l1=0.25, l2=0.5), ROWS),
    case("activity_regularization_masked", item("ActivityRegularization", l2=0.125), SEQUENCE, masks=[STEPS]),
    case("masking", item("Masking"), PADDED, jump=0.0),
    case("masking_value", item("Masking", mask_value=-1.5), np.where(PADDED == 0, np.float32(-1.5), PADDED), jump=-1.5),
    case("masking_images", item("Masking"), PIXELS, jump=0.0),
    case("flatten", item("Flatten"), IMAGES),
    case("flatten_channels_first", item("Flatten", data_format="channels_first"), IMAGES),
    case("flatten_rows", item("Flatten"), floats(3, seed=11)),
    case("reshape", item("Reshape", target_shape=[3, -1]), IMAGES),
    case("reshape_flat", item("Reshape", target_shape=[-1]), SEQUENCE),
    case("permute", item("Permute", dims=[2, 1]), SEQUENCE),
    case("permute_images", item("Permute", dims=[3, 1, 2]), IMAGES),
    case("repeat_vector", item("RepeatVector", n=3), ROWS),
    case("rescaling", item("Rescaling", scale=0.5, offset=-1.0), ROWS),
    case("rescaling_channels", item("Rescaling", scale=[0.5, 2.0], offset=[1.0, -1.0]), IMAGES),
    case("dropout", item("Dropout", rate=0.5), SEQUENCE, masks=[STEPS], train=False),
    case("dropout_all", item("Dropout", rate=0.25, noise_shape=[None, 1, 3], seed=7), SEQUENCE, train=False),
    case("dropout_none", item("Dropout", rate=0.0), ROWS),
    case("spatial_dropout1d", item("SpatialDropout1D", rate=0.5), SEQUENCE, masks=[STEPS], train=False),
    case("spatial_dropout2d", item("SpatialDropout2D", rate=0.5, seed=3), IMAGES, train=False),
    case("spatial_dropout2d_first", item("SpatialDropout2D", rate=0.25, data_format="channels_first"), IMAGES, train=False),
    case("spatial_dropout3d", item("SpatialDropout3D", rate=0.5), VOLUMES, train=False),
    case("spatial_dropout3d_first", item("SpatialDropout3D", rate=0.5, data_format="channels_first"), VOLUMES, train=False),
    case("gaussian_noise", item("GaussianNoise", stddev=0.5), SEQUENCE, masks=[STEPS], train=False),
    case("gaussian_noise_none", item("GaussianNoise", stddev=0.0, seed=2), ROWS),
    case("gaussian_dropout", item("GaussianDropout", rate=0.25, seed=2), SEQUENCE, masks=[STEPS], train=False),
    case("alpha_dropout", item("AlphaDropout", rate=0.25), SEQUENCE, masks=[STEPS], train=False),
    case("alpha_dropout_all", item("AlphaDropout", rate=0.5, noise_shape=[2, 1, 3], seed=4), SEQUENCE, train=False),
    case("embedding", item("Embedding", input_dim=6, output_dim=3), TOKENS),
    case("embedding_masking", item("Embedding", input_dim=6, output_dim=2, mask_zero=True), TOKENS),
    case("embedding_of_rows", item("Embedding", input_dim=6, output_dim=2), TOKENS[:, 0]),
    case("embedding_of_floats", item("Embedding", input_dim=6, output_dim=2), TOKENS.astype("float32") + np.float32(0.5)),
    case(
        "embedding_all",
        item(
            "Embedding",
            input_dim=6,
            output_dim=3,
            embeddings_initializer="ones",
            embeddings_regularizer=item("L2", l2=0.25),
            embeddings_constraint=item("UnitNorm", axis=1),
            name="words",
        ),
        TOKENS,
    ),
]


def made(spec):
    """The layer of a table, whose values may be tables of layers, regularizers and constraints, or lists of these."""

    def value_of(key, value):
        if isinstance(value, list):
            return [value_of(key, each) for each in value]
        if not (isinstance(value, dict) and "class_name" in value):
            return value
        if value["class_name"] == "function":
            return FUNCTIONS[value["config"]]
        if hasattr(keras.layers, value["class_name"]):
            return made(value)
        return create(keras.constraints if key.endswith("_constraint") else keras.regularizers, value)

    config = {k: value_of(k, v) for k, v in spec["config"].items()}
    # A tuple of layers is written as a table of its own.
    if spec["class_name"] == "Pipeline":
        return keras.layers.Pipeline(**config)
    return create(keras.layers, item(spec["class_name"], **config))


def per_sample(targets, outputs):
    return ops.mean(targets * outputs, axis=-1) if len(outputs.shape) > 1 else targets * outputs


def objective(targets, outputs, layer):
    return ops.mean(per_sample(targets, outputs)) + sum(layer.losses)


def first_value(weight, seed):
    value = dyadic(weight.shape, seed, offset=1 / 128)
    return np.abs(value) if weight.name.endswith("variance") else value


def arguments(inputs, names=None):
    return inputs[0] if len(inputs) == 1 or names else inputs


def applied(layer, spec, inputs, **more):
    """What the layer returns for inputs, and its scores if it was asked for these."""
    named = dict(zip(spec["names"] or [], inputs[1:]))
    returned = layer(arguments(inputs, spec["names"]), **named, **spec["call"], **more)
    return returned if spec["call"].get("return_attention_scores") else (returned, None)


def on_tape(layer, spec):
    """Output, objective and gradients in inference on TensorFlow."""
    inputs = spec["inputs"]
    tensors = [tf.constant(x) for x in inputs]
    with tf.GradientTape() as tape:
        tape.watch([x for x in tensors if x.dtype.is_floating])
        for x, mask in zip(tensors, spec["masks"] or []):
            if mask is not None:
                keras.src.backend.set_keras_mask(x, tf.constant(mask))
        y, scores = applied(layer, spec, tensors, training=False)
        targets = dyadic(y.shape, 61, 16, 96)
        value = objective(targets, tf.cast(y, "float32"), layer)
    mask = keras.src.backend.get_keras_mask(y)
    variables = [w.value for w in layer.trainable_weights]
    floating = [x if x.dtype.is_floating else None for x in tensors]
    slopes = tape.gradient(value, [x for x in floating if x is not None] + variables)
    slopes = [None if slope is None else np.array(tf.convert_to_tensor(slope)) for slope in slopes]
    return {
        "y": np.array(y),
        **({} if scores is None else {"scores": np.array(scores)}),
        "targets": targets,
        "mask": None if mask is None else np.array(mask),
        "objective": float(value),
        "dx": [None if x is None else slopes.pop(0) for x in floating],
        "dw": slopes,
    }


def in_jax(layer, spec):
    """The same on JAX, of floats without masks."""
    import jax

    targets = dyadic(layer(arguments(spec["inputs"])).shape, 61, 16, 96)

    def forward(inputs, weights):
        with keras.StatelessScope(list(zip(layer.trainable_weights, weights)), collect_losses=True):
            y = layer(arguments(inputs), training=False)
            return objective(targets, y, layer), y

    weights = [w.value for w in layer.trainable_weights]
    slopes = jax.value_and_grad(forward, argnums=(0, 1), has_aux=True)
    (value, y), (dx, dw) = slopes(spec["inputs"], weights)
    arrays = {"y": np.array(y), "dx": [np.array(x) for x in dx], "dw": [np.array(w) for w in dw]}
    return {"targets": targets, "mask": None, "objective": float(value), **arrays}


def results(spec):
    keras.backend.clear_session()
    layer = made(spec["layer"])
    inputs = spec["inputs"]
    nodes = [keras.Input(x.shape[1:], dtype=str(x.dtype)) for x in inputs]
    # Building may change what the config says of axes.
    serialized = layer.get_config()
    symbolic, _ = applied(layer, spec, nodes)
    found = {
        **spec["layer"],
        "inputs": inputs,
        "masks": spec["masks"],
        "jump": spec["jump"],
        **({"names": spec["names"]} if spec["names"] else {}),
        **({"call": spec["call"]} if spec["call"] else {}),
        "serialized": serialized,
        "output_shape": symbolic.shape,
        "weights": [
            {"key": w.name, "path": w.path, "shape": tuple(w.shape), "trainable": w.trainable} for w in layer.weights
        ],
    }
    layer.set_weights([first_value(w, 51 + i) for i, w in enumerate(layer.weights)])
    # A Pipeline has no shape of its own there.
    if not spec["names"] and not spec["call"] and not isinstance(layer, keras.layers.Pipeline):
        shapes = [(None, *x.shape[1:]) for x in inputs]
        assert symbolic.shape == tuple(layer.compute_output_shape(arguments(shapes)))
    if isinstance(layer, keras.layers.Normalization):
        layer.finalize_state()  # It computes with copies of its weights.
    found["initial"] = [np.asarray(value) for value in layer.get_weights()]
    found.update(in_jax(layer, spec) if keras.backend.backend() == "jax" else on_tape(layer, spec))
    if spec["train"] and not spec["masks"]:
        found["trained"] = trained(layer, nodes, symbolic, spec, found["targets"])
    return found


def trained(layer, nodes, symbolic, spec, targets):
    """The loss of one step and the weights after it."""
    model = keras.Model(nodes, symbolic)
    # Of some attentions the loss varies from run to run on TensorFlow, as if it read weights that are already changed; not
    # with XLA.
    jit = True if spec["names"] else "auto"
    model.compile(optimizer=keras.optimizers.SGD(LEARNING_RATE), loss=per_sample, jit_compile=jit)
    value = model.train_on_batch(arguments(spec["inputs"]), targets)
    return {"loss": float(value), "weights": [np.asarray(value) for value in layer.get_weights()]}


def table(cases):
    """The content of a golden file of these cases."""
    return {"learning_rate": LEARNING_RATE, "cases": [{"name": spec["name"], **results(spec)} for spec in cases]}


def make():
    return table(CASES)
