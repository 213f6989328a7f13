"""Models as JSON, with weights, inputs and outputs: what Keras writes, and what it makes of what Ceratops writes.

Keras reads the JSON that Ceratops writes for the same models (tests/models/write_models.ts), takes the weights and must
predict the same.
"""

import json
import subprocess
from pathlib import Path

import keras
import numpy as np
from keras import Input, Model, Sequential, layers, ops

from build import dyadic, weights_for
from drawn import drawn


def mlp():
    return Sequential([Input((4,)), layers.Dense(5, "relu"), layers.Dense(3, "softmax")])


def mlp_compiled():
    model = Sequential([Input((4,)), layers.Dense(5, "tanh", kernel_regularizer="l2"), layers.Dropout(0.5), layers.Dense(1)])
    model.compile(keras.optimizers.Adam(0.01), keras.losses.Huber(0.5), metrics=["mae", keras.metrics.MeanSquaredError()])
    return model


def initialized():
    return Sequential(
        [
            Input((4,)),
            layers.Dense(
                5,
                kernel_initializer=keras.initializers.VarianceScaling(2.0, "fan_out", "uniform", seed=3),
                bias_initializer=keras.initializers.Constant(0.5),
                kernel_constraint=keras.constraints.MaxNorm(3, axis=0),
                bias_regularizer=keras.regularizers.L1L2(0.1, 0.2),
                activity_regularizer=keras.regularizers.L1(0.01),
            ),
            layers.Dense(2, kernel_initializer="orthogonal", kernel_constraint="unit_norm"),
        ]
    )


def activations():
    return Sequential(
        [
            Input((6,)),
            layers.Activation("gelu"),
            layers.LeakyReLU(0.1),
            layers.PReLU(),
            layers.ELU(0.5),
            layers.ReLU(max_value=6.0, negative_slope=0.1),
            layers.Softmax(),
        ]
    )


def images():
    return Sequential(
        [
            Input((4, 4, 2)),
            layers.Rescaling(1 / 2, offset=-1),
            layers.ZeroPadding2D(1),
            layers.MaxPooling2D(2),
            layers.UpSampling2D(2),
            layers.Cropping2D(((1, 0), (0, 1))),
            layers.AveragePooling2D(2, strides=1, padding="same"),
            layers.GlobalAveragePooling2D(),
            layers.Dense(2),
        ]
    )


def rows():
    return Sequential(
        [
            Input((6, 3)),
            layers.AveragePooling1D(2),
            layers.Permute((2, 1)),
            layers.Reshape((9, 1)),
            layers.Flatten(),
            layers.RepeatVector(2),
            layers.GlobalMaxPooling1D(),
        ]
    )


def words():
    return Sequential([Input((5,), dtype="int32"), layers.Embedding(7, 4), layers.GlobalAveragePooling1D(), layers.Dense(1)])


def masked():
    return Sequential([Input((5,), dtype="int32"), layers.Embedding(7, 4, mask_zero=True), layers.GlobalAveragePooling1D()])


def noisy():
    return Sequential(
        [
            Input((4, 3)),
            layers.GaussianNoise(0.1),
            layers.GaussianDropout(0.2, seed=4),
            layers.AlphaDropout(0.1),
            layers.SpatialDropout1D(0.3),
            layers.ActivityRegularization(l1=0.1),
            layers.Dense(2),
        ]
    )


def bytes_in():
    return Sequential([Input((3, 3), dtype="uint8"), layers.Rescaling(1 / 256), layers.Flatten(), layers.Dense(2)])


def chain():
    x = Input((4,), name="x")
    return Model(x, layers.Dense(2)(layers.Dense(3, "relu")(x)))


def two_inputs():
    a, b = Input((3,), name="a"), Input((2,), name="b")
    joined = layers.Concatenate()([layers.Dense(4)(a), layers.Dense(4)(b)])
    return Model([a, b], layers.Dense(1)(joined))


def two_outputs():
    x = Input((4,))
    hidden = layers.Dense(5, "relu")(x)
    model = Model(x, [layers.Dense(1, name="value")(hidden), layers.Dense(3, "softmax", name="kind")(hidden)])
    model.compile("sgd", loss=["mse", "categorical_crossentropy"], loss_weights=[1.0, 0.5])
    return model


def named():
    left, right = Input((3,), name="left"), Input((3,), name="right")
    total = layers.Add()([left, right])
    return Model({"right": right, "left": left}, {"total": total, "most": layers.Maximum()([left, right])})


def shared():
    a, b = Input((3,)), Input((3,))
    dense = layers.Dense(2, "tanh")
    return Model([a, b], layers.Subtract()([dense(a), dense(b)]))


def applied_thrice():
    x = Input((3,))
    dense = layers.Dense(3)
    return Model(x, dense(dense(dense(x))))


def shared_at_depths():
    x = Input((3,))
    one, two = layers.Dense(3, "relu"), layers.Dense(3)
    return Model(x, one(two(one(x))))


def residual():
    x = Input((4,))
    y = x
    for _ in range(3):
        y = layers.Add()([y, layers.Dense(4, "relu")(y)])
    return Model(x, y)


def merges():
    a, b = Input((3,)), Input((3,))
    pair = [a, b]
    kinds = [layers.Multiply(), layers.Average(), layers.Minimum(), layers.Subtract(), layers.Concatenate(axis=1)]
    return Model(pair, [*[kind(pair) for kind in kinds], layers.Dot(1, normalize=True)(pair)])


def nested_sequential():
    inner = Sequential([Input((4,)), layers.Dense(3, "relu"), layers.Dense(3)], name="inner")
    x = Input((4,))
    return Model(x, layers.Dense(1)(inner(x)))


def nested_functional():
    a = Input((4,))
    inner = Model(a, layers.Dense(3)(a), name="inner")
    x, y = Input((4,)), Input((4,))
    return Model([x, y], layers.Add()([inner(x), inner(y)]))


def nested_in_sequential():
    a = Input((4,))
    inner = Model(a, layers.Dense(3, "relu")(a))
    return Sequential([Input((4,)), inner, layers.Dense(2)])


def nested_twice():
    core = Sequential([Input((2,)), layers.Dense(2)], name="core")
    a = Input((2,))
    middle = Model(a, layers.ReLU()(core(a)), name="middle")
    x = Input((2,))
    return Model(x, middle(middle(x)), name="outer")


def nested_as_output():
    a = Input((4,))
    inner = Model(a, [layers.Dense(2)(a), layers.Dense(3)(a)], name="inner")
    x = Input((4,))
    return Model(x, inner(x))


def frozen():
    x = Input((4,))
    base = layers.Dense(3, "relu", trainable=False, name="base")
    return Model(x, layers.Dense(1, name="head")(base(x)))


def arithmetic():
    x = Input((3,), name="x")
    y = ops.add(x, 1)
    return Model(x, ops.subtract(ops.multiply(2, y), ops.divide(x, 4)))


def functions():
    x = Input((4,), name="x")
    y = ops.reshape(ops.exp(x), (-1, 2, 2))
    z = ops.transpose(ops.matmul(y, y), (0, 2, 1))
    return Model(x, [ops.mean(z, axis=(1, 2)), ops.sum(z, axis=1, keepdims=True), ops.max(z, axis=-1), ops.softmax(z)])


def conditions():
    a, b = Input((3,)), Input((3,))
    chosen = ops.where(ops.greater(a, b), a, ops.negative(b))
    return Model([a, b], {"chosen": chosen, "clipped": ops.clip(a, -1, 1), "whole": ops.cast(b, "int32")})


def arranged():
    a, b = Input((2,)), Input((2,))
    stacked = ops.stack([a, b], axis=1)
    joined = ops.concatenate([a, b], axis=-1)
    first, second = ops.split(joined, 2, axis=1)
    return Model([a, b], [stacked, ops.expand_dims(joined, 1), ops.squeeze(ops.expand_dims(first, 2), 2), second])


def operators():
    x = Input((3,))
    return Model(x, layers.Dense(2)(x * 2 + 1 - x / 4))


def features():
    x = Input((4,))
    y = layers.Dense(3, "relu", name="features")(x)
    whole = Model(x, layers.Dense(2)(y))
    return Model(whole.inputs, whole.get_layer("features").output)


def unused_input():
    a, b = Input((2,), name="a"), Input((2,), name="b")
    return Model([a, b], layers.Dense(1)(a))


def output_twice():
    x = Input((2,))
    y = layers.Dense(2)(x)
    return Model(x, [y, y, layers.ReLU()(y)])


def any_length():
    x = Input((None, 3))
    return Model(x, layers.GlobalMaxPooling1D()(layers.Dense(4, "relu")(x)))


def fixed_batch():
    x = Input(batch_shape=(2, 3))
    return Model(x, layers.Dense(2)(x))


def scheduled():
    model = Sequential([Input((3,)), layers.Dense(1)])
    rate = keras.optimizers.schedules.PiecewiseConstantDecay([10, 20], [0.1, 0.01, 0.001])
    model.compile(keras.optimizers.SGD(rate, momentum=0.9, nesterov=True), "mse")
    return model


def elementary():
    x, y = Input((3,), name="x"), Input((3,), name="y")
    cut = ops.clip(ops.multiply(x, 0.5), -0.875, 0.875)
    up = ops.add(ops.abs(x), 1)
    angles = [ops.arcsin(cut), ops.arccos(cut), ops.arctan(x), ops.arctan2(x, y), ops.tan(cut), ops.deg2rad(x), ops.rad2deg(x)]
    hyperbolas = [ops.sinh(x), ops.cosh(x), ops.arcsinh(x), ops.arccosh(up), ops.arctanh(cut), ops.sinc(x)]
    powers = [ops.log2(up), ops.log10(up), ops.exp2(x), ops.logaddexp(x, y), ops.erfinv(cut)]
    quotients = [ops.floor_divide(x, up), ops.true_divide(x, up), ops.divide_no_nan(x, y), ops.trunc(x), ops.nan_to_num(x, posinf=1)]
    return Model([x, y], [*angles, *hyperbolas, *powers, *quotients])


def activating():
    x = Input((4,))
    plain = ["silu", "selu", "softsign", "log_sigmoid", "hard_tanh", "hard_sigmoid", "hard_silu", "tanh_shrink", "relu6"]
    plain += ["sparse_plus", "sparse_sigmoid", "sparsemax", "squareplus", "gelu", "elu", "leaky_relu", "celu", "glu"]
    chosen = [ops.gelu(x, approximate=False), ops.elu(x, 0.5), ops.leaky_relu(x, 0.125), ops.celu(x, 2.0)]
    chosen += [ops.hard_shrink(x, 0.25), ops.soft_shrink(x, 0.25), ops.threshold(x, 0.25, -1.0), ops.squareplus(x, 1), ops.glu(x, 1)]
    return Model(x, [*(getattr(ops, name)(x) for name in plain), *chosen, ops.normalize(x, axis=1, order=1), ops.normalize(x)])


def made_like():
    x, y = Input((3,)), Input((3,))
    like = [ops.zeros_like(x), ops.ones_like(x, dtype="int32"), ops.full_like(x, 2.5)]
    steps = [ops.linspace(x, y, 3, axis=1), ops.linspace(x, y, 4, endpoint=False, axis=-1), ops.logspace(x, y, 3, base=2, axis=1)]
    return Model([x, y], [*like, *steps])


def compared():
    x, y = Input((3,)), Input((3,))
    near = [ops.isclose(x, y), ops.isclose(x, x, equal_nan=True), ops.isclose(x, y, 0.5, 0.25)]
    places = [ops.digitize(x, np.float32([-0.25, 0, 0.5]))]
    chosen = [ops.select([ops.greater(x, y), ops.less(x, 0)], [x, y], 0.5), ops.round(x), ops.stop_gradient(y)]
    return Model([x, y], [*near, *places, *chosen])


def searched():
    x = Input(batch_shape=(2, 3))
    flat = ops.ravel(x)
    bounds = np.float32([-0.25, 0, 0.5])
    found = [ops.searchsorted(bounds, flat), ops.searchsorted(bounds, flat, side="right")]
    return Model(x, [ops.reshape(indices, (2, 3)) for indices in found])


def labelled():
    x = Input((3,), dtype="int32")
    return Model(x, [ops.multi_hot(x, 7), ops.one_hot(x, 7), ops.one_hot(x, 7, axis=1, dtype="int32")])


def turned():
    x, y = Input((3, 3)), Input((3, 3))
    flat = [ops.rot90(x, axes=(1, 2)), ops.rot90(x, 3, (2, 1)), ops.fliplr(x), ops.flipud(x), ops.append(x, y, axis=1)]
    parts = [*ops.array_split(x, 2, axis=1), *ops.unstack(y, axis=2), ops.hstack([x, y]), ops.add(x, ops.sum(ops.vstack([x, y])))]
    moved = [ops.moveaxis(x, 1, 2), ops.roll(x, 1, axis=1), ops.repeat(x, 2, axis=2)]
    return Model([x, y], [*flat, *parts, *moved, ops.tril(x), ops.triu(x, 1), ops.slice_update(x, (0, 1, 1), np.float32([[[7]]]))])


def diagonals():
    x, y = Input((3, 3)), Input((3, 3))
    own = [ops.diagonal(x, 1, 1, 2), ops.diagonal(x, axis1=-2, axis2=-1), ops.trace(x, 0, 1, 2), ops.cross(x, y), ops.cross(x, y, axis=1)]
    products = [ops.dot(x, np.float32([1, 2, 3])), ops.inner(x, np.float32([1, 2, 3])), ops.add(x, ops.vdot(x, y)), ops.tensordot(x, np.float32([[1], [2], [3]]), 1)]
    return Model([x, y], [*own, *products])


def summed():
    x, w = Input((4,)), Input((4,))
    means = [ops.average(x, axis=1), ops.average(x, axis=1, weights=w), ops.median(x, axis=1), ops.quantile(x, 0.25, axis=1), ops.percentile(x, 75.0, axis=1, keepdims=True)]
    passed = [getattr(ops, f"nan{name}")(x, axis=1) for name in ["max", "min", "sum", "mean", "prod", "var", "std"]]
    ranges = [ops.ptp(x, axis=1), ops.amax(x, axis=1, keepdims=True), ops.add(x, ops.amin(x, axis=0)), ops.norm(x, axis=1), ops.count_nonzero(x, axis=1)]
    return Model([x, w], [*means, *passed, *ranges, *ops.moments(x, 1)])


def ordered():
    x = Input((4,))
    places = ops.argsort(x, axis=1)
    rows = [ops.sort(x, axis=1), places, ops.take_along_axis(x, places, axis=1), *ops.top_k(x, 2)]
    return Model(x, [*rows, ops.cumsum(x, axis=1), ops.cumprod(x, axis=1), ops.diff(x, axis=1)])


def masked_pool():
    x = Input((5,), dtype="int32", name="x")
    y = layers.Embedding(7, 4, mask_zero=True, name="embedding")(x)
    return Model(x, layers.GlobalAveragePooling1D(name="pool")(y))


def masked_chain():
    x = Input((5,), dtype="int32", name="x")
    y = layers.Embedding(7, 4, mask_zero=True, name="embedding")(x)
    y = layers.Dense(3, "tanh", name="dense")(layers.Dropout(0.5, name="dropout")(y))
    y = layers.BatchNormalization(name="norm")(layers.Reshape((5, 3), name="unmasked")(y))
    return Model(x, layers.GlobalAveragePooling1D(name="pool")(y))


def masked_to_the_end():
    x = Input((5,), dtype="int32", name="x")
    y = layers.Embedding(7, 4, mask_zero=True, name="embedding")(x)
    y = layers.GaussianNoise(0.5, name="noise")(layers.Dense(3, "tanh", name="dense")(y))
    y = layers.BatchNormalization(name="norm")(y)
    return Model(x, [layers.GlobalAveragePooling1D(name="pool")(y), layers.Flatten(name="flat")(y)])


def masked_steps():
    x = Input((5, 3), name="x")
    y = layers.Masking(0.5, name="masking")(x)
    return Model(x, layers.GlobalAveragePooling1D(name="pool")(layers.Dense(2, name="dense")(y)))


def masked_sum():
    a, b = Input((5,), dtype="int32", name="a"), Input((5,), dtype="int32", name="b")
    embedding = layers.Embedding(7, 4, mask_zero=True, name="embedding")
    y = layers.Add(name="add")([embedding(a), embedding(b)])
    return Model([a, b], layers.GlobalAveragePooling1D(name="pool")(y))


def masked_joined():
    a, b = Input((5,), dtype="int32", name="a"), Input((5,), dtype="int32", name="b")
    first = layers.Embedding(7, 4, mask_zero=True, name="first")(a)
    second = layers.Embedding(7, 3, mask_zero=True, name="second")(b)
    third = layers.Embedding(7, 2, name="third")(b)
    pair = layers.Concatenate(name="pair")([first, second])
    some = layers.Concatenate(name="some")([first, third])
    return Model([a, b], [layers.GlobalAveragePooling1D(name="pool")(pair), layers.GlobalAveragePooling1D(name="other")(some)])


def masked_nested():
    inner = Sequential([Input((5,), dtype="int32", name="ids"), layers.Embedding(7, 4, mask_zero=True, name="embedding")], name="inner")
    a = Input((5, 4), name="a")
    head = Model(a, layers.GlobalAveragePooling1D(name="pool")(a), name="head")
    x = Input((5,), dtype="int32", name="x")
    y = layers.Embedding(7, 4, mask_zero=True, name="outer")(x)
    return Model(x, [head(inner(x)), head(y)])


def trained_otherwise():
    x = Input((6, 6, 2), name="x")
    y = layers.CenterCrop(4, 4, name="crop")(layers.RandomFlip(name="flip")(x))
    y = layers.SpatialDropout2D(0.5, name="dropout")(layers.Conv2D(3, 2, name="conv")(y))
    y = layers.AlphaDropout(0.25, name="alpha")(layers.BatchNormalization(name="norm")(y))
    return Model(x, layers.Softmax(name="softmax")(layers.Flatten(name="flat")(y)))


def convolved():
    return Sequential(
        [
            Input((8, 8, 2)),
            layers.Conv2D(4, 3, activation="relu", kernel_regularizer="l2"),
            layers.BatchNormalization(),
            layers.MaxPooling2D(),
            layers.Conv2D(6, 2, strides=2, padding="same", use_bias=False),
            layers.BatchNormalization(scale=False, momentum=0.9),
            layers.Activation("silu"),
            layers.Flatten(),
            layers.Dense(3, "softmax"),
        ]
    )


def convolved_steps():
    return Sequential(
        [
            Input((12, 3)),
            layers.ZeroPadding1D((0, 2)),
            layers.Conv1D(4, 3, padding="causal", dilation_rate=2, activation="tanh"),
            layers.DepthwiseConv1D(3, depth_multiplier=2, activation="relu"),
            layers.MaxPooling1D(2, padding="same"),
            layers.SeparableConv1D(4, 2, padding="same"),
            layers.UpSampling1D(2),
            layers.Cropping1D((1, 0)),
            layers.Conv1DTranspose(2, 3, strides=2, padding="same"),
            layers.GlobalMaxPooling1D(),
        ]
    )


def convolved_volumes():
    return Sequential(
        [
            Input((4, 5, 4, 1)),
            layers.ZeroPadding3D((0, 1, 0)),
            layers.Conv3D(2, 2, activation="relu"),
            layers.AveragePooling3D((1, 2, 1), padding="same"),
            layers.Conv3DTranspose(2, 2, strides=2),
            layers.MaxPooling3D(2),
            layers.UpSampling3D((2, 1, 1)),
            layers.Cropping3D(((1, 1), (0, 0), (1, 0))),
            layers.GlobalAveragePooling3D(keepdims=True),
        ]
    )


def normalized():
    x = Input((4, 4, 6))
    y = layers.LayerNormalization(epsilon=1e-4)(x)
    y = layers.GroupNormalization(3)(y)
    y = layers.RMSNormalization()(y)
    y = layers.UnitNormalization(axis=[1, 2])(y)
    return Model(x, [y, layers.BatchNormalization(axis=1, center=False)(x), layers.GroupNormalization(-1)(x)])


def inverted_residual():
    x = Input((6, 6, 4))
    y = layers.Conv2D(8, 1, use_bias=False)(x)
    y = layers.ReLU(6.0)(layers.BatchNormalization()(y))
    y = layers.DepthwiseConv2D(3, padding="same", use_bias=False)(y)
    y = layers.ReLU(6.0)(layers.BatchNormalization()(y))
    scale = layers.GlobalAveragePooling2D(keepdims=True)(y)
    scale = layers.Conv2D(8, 1, activation="hard_sigmoid")(layers.Conv2D(2, 1, activation="relu")(scale))
    y = layers.Conv2D(4, 1, use_bias=False)(layers.Multiply()([y, scale]))
    return Model(x, layers.Add()([x, layers.BatchNormalization()(y)]))


def encoder_and_decoder():
    x = Input((8, 8, 1))
    one = layers.Conv2D(2, 3, padding="same", activation="relu")(x)
    two = layers.SeparableConv2D(4, 3, strides=2, padding="same", activation="relu")(one)
    up = layers.Conv2DTranspose(2, 3, strides=2, padding="same", activation="relu")(two)
    wide = layers.UpSampling2D(2, interpolation="bilinear")(two)
    return Model(x, layers.Conv2D(1, 1, activation="sigmoid")(layers.Concatenate()([one, up, wide])))


def grouped():
    x = Input((5, 5, 6))
    y = layers.Conv2D(6, 3, groups=3, padding="same")(x)
    return Model(x, [y, layers.GlobalMaxPooling2D()(layers.SpatialDropout2D(0.2)(y))])


def prepared():
    return Sequential(
        [
            Input((7, 9, 3)),
            layers.Resizing(8, 8, crop_to_aspect_ratio=True),
            layers.CenterCrop(6, 6),
            layers.Rescaling(1 / 8),
            layers.Normalization(mean=[0.25, 0.5, 0.125], variance=[1.0, 0.5, 0.25]),
            layers.RandomFlip("horizontal", seed=1),
            layers.RandomRotation(0.1, fill_mode="nearest"),
            layers.RandomZoom((-0.2, 0.2), width_factor=0.1),
            layers.RandomTranslation(0.1, (-0.1, 0.2), seed=2),
            layers.RandomContrast(0.2),
            layers.RandomBrightness(0.1, value_range=(0, 1)),
            layers.Conv2D(2, 3),
        ]
    )


def adapted():
    return Sequential([Input((3,)), layers.Normalization(), layers.Dense(2)])


MODELS = [
    mlp,
    mlp_compiled,
    initialized,
    activations,
    images,
    rows,
    words,
    masked,
    noisy,
    bytes_in,
    chain,
    two_inputs,
    two_outputs,
    named,
    shared,
    applied_thrice,
    shared_at_depths,
    residual,
    merges,
    nested_sequential,
    nested_functional,
    nested_in_sequential,
    nested_twice,
    nested_as_output,
    frozen,
    arithmetic,
    functions,
    conditions,
    arranged,
    operators,
    features,
    unused_input,
    output_twice,
    any_length,
    fixed_batch,
    scheduled,
    elementary,
    activating,
    made_like,
    compared,
    searched,
    labelled,
    turned,
    diagonals,
    summed,
    ordered,
    masked_pool,
    masked_chain,
    masked_to_the_end,
    masked_steps,
    masked_sum,
    masked_joined,
    masked_nested,
    trained_otherwise,
    convolved,
    convolved_steps,
    convolved_volumes,
    normalized,
    inverted_residual,
    encoder_and_decoder,
    grouped,
    prepared,
    adapted,
]

WRITER = Path(__file__).parents[2] / "models" / "write_models.ts"


def data_for(tensor, seed):
    shape = [extent or (2 if axis == 0 else 4) for axis, extent in enumerate(tensor.shape)]
    if tensor.dtype in ("int32", "uint8"):
        return drawn(shape, seed, 0, 6, dtype=tensor.dtype)
    return dyadic(shape, seed)


def set_weights(model, weights):
    model.set_weights(weights)
    for layer in model.layers:
        if isinstance(layer, layers.Normalization):
            layer.finalize_state()  # It computes with copies of its weights.


def weights_of(model, seed):
    """Variances are positive, and counts whole."""
    values = []
    for weight, value in zip(model.weights, weights_for(model, seed)):
        value = np.abs(value) + np.float32(0.25) if weight.name.endswith("variance") else value
        values.append(np.asarray(value, weight.dtype))
    return values


def predictions(model, inputs):
    x = keras.tree.pack_sequence_as(model._inputs_struct, inputs) if hasattr(model, "_inputs_struct") else inputs[0]
    return [np.asarray(y) for y in keras.tree.flatten(model.predict(x, verbose=0))]


def summary_of(model, **options):
    lines = []
    model.summary(print_fn=lines.append, line_length=80, **options)
    return lines[0].removesuffix("\n").split("\n")


def builds_of(value):
    """What is noted of the making of each object of a config, in order: our JSON has fewer notes than Keras's."""
    if isinstance(value, list):
        return [build for item in value for build in builds_of(item)]
    if not isinstance(value, dict):
        return []
    own = [value.get("build_config")] if "class_name" in value else []
    return own + [build for item in value.values() for build in builds_of(item)]


def check_written(cases):
    """Has Ceratops read and write each model, and Keras read what it wrote: it must be the same model."""
    given = json.dumps([{"json": case["json"]} for case in cases])
    command = ["deno", "run", "-A", str(WRITER)]
    done = subprocess.run(command, input=given, capture_output=True, text=True, check=True)
    for case, text in zip(cases, json.loads(done.stdout)):
        read = keras.models.model_from_json(text)
        set_weights(read, case["weights"])
        for ours, theirs in zip(predictions(read, case["inputs"]), case["outputs"], strict=True):
            np.testing.assert_array_equal(ours, theirs, case["name"])
        case["written_builds"] = builds_of(json.loads(text))


def table(models):
    """The content of a golden file of these models."""
    cases = []
    for i, build in enumerate(models):
        keras.backend.clear_session()
        model = build()
        weights = weights_of(model, 100 * i)
        set_weights(model, weights)
        inputs = [data_for(tensor, 100 * i + 50 + j) for j, tensor in enumerate(model.inputs)]
        case = {
            "name": build.__name__,
            "json": json.loads(model.to_json()),
            "weights": weights,
            "paths": [weight.path for weight in model.weights],
            "inputs": inputs,
            "outputs": predictions(model, inputs),
        }
        # On TensorFlow a Normalization counts in int64, elsewhere in int32.
        if build is not adapted:
            case["summary"] = summary_of(model)
            case["summary_all"] = summary_of(model, expand_nested=True, show_trainable=True)
        cases.append(case)
    check_written(cases)
    return {"models": cases}


def make():
    return table(MODELS)
