"""Models of what stands between layers: indexing, einsum, layers as activations; and what images a RandomCrop is of."""

import json

import keras
import numpy as np
from keras import Input, Model, Sequential, layers, ops

from build import dyadic
from models import data_for, predictions, set_weights, weights_of
from operands import f


def one_index():
    x = Input((5, 4), name="x")
    return Model(x, [x[:, 1], x[:, -1], x[:, 2, 3], x[..., 0]])


def new_axes():
    x = Input((5, 4), name="x")
    return Model(x, [x[..., None], x[:, None], x[:, None, 1], x[:, :, None, 2]])


def ranges():
    x = Input((5, 4), name="x")
    return Model(x, [x[:, 1:3], x[:, ::2], x[:, ::-1, 1:-1], x[:, -2:, ::-2], x[:, 4:0:-3], x[:, 1:, ..., :2]])


def between_layers():
    x = Input((3, 3, 2), name="x")
    y = layers.Conv2D(4, 2, name="conv")(x)
    return Model(x, layers.Dense(2, name="dense")(ops.concatenate([y[:, 0, 0], y[:, -1, ::-1][:, 0]], axis=-1)))


def einsums():
    x, y = Input((3, 4), name="x"), Input((2, 4), name="y")
    pairs = [ops.einsum("bij,bkj->bik", x, y), ops.einsum("...ij,...kj->...ki", x, y)]
    return Model([x, y], [*pairs, ops.einsum("bij->bji", x), ops.einsum("bij,bkj,bkj->b", x, y, y)])


def activated_by_layers():
    x = Input((4, 3), name="x")
    y = layers.Dense(4, activation=layers.LeakyReLU(0.125, name="leaky"), name="dense")(x)
    y = layers.Conv1D(3, 2, activation=layers.ReLU(max_value=1.0, name="capped"), name="conv")(y)
    return Model(x, layers.Activation(layers.Softmax(axis=1, name="over_steps"), name="last")(y))


def activated_in_sequence():
    return Sequential([Input((4,)), layers.Dense(3, activation=layers.ELU(0.5, name="elu"), name="first"), layers.Dense(2, name="last")])


def padded():
    x = Input((4, 3), name="x")
    mirrored = [ops.pad(x, [[0, 0], [2, 1], [1, 0]], mode=mode) for mode in ("reflect", "symmetric")]
    return Model(x, [ops.pad(x, ((0, 0), (1, 2), (0, 1)), constant_values=2.5), ops.pad(x, [[0, 0], [1, 1], [0, 0]]), *mirrored])


def largest():
    x = Input((4, 3), name="x")
    top = ops.argmax(x[:, 0], axis=-1)
    found = [ops.argmax(x, axis=1, keepdims=True), ops.argmin(x, axis=-1, keepdims=True), ops.argmin(x, axis=1)]
    return Model(x, [*found, ops.in_top_k(top, x[:, 1], 2), ops.bincount(ops.argmax(x, axis=-1), minlength=3)])


def grids():
    x, y = Input(batch_shape=(2,), name="x"), Input(batch_shape=(2,), name="y")
    return Model([x, y], [*ops.meshgrid(x, y), *ops.meshgrid(x, y, indexing="ij")])


def convolved():
    x = Input((6, 6, 2), name="x")
    kernel = dyadic((2, 2, 2, 3), 7, -8, 8, 1 / 8)
    deep, point = dyadic((2, 2, 2, 2), 8, -8, 8, 1 / 8), dyadic((1, 1, 4, 3), 9, -8, 8, 1 / 8)
    both = [ops.depthwise_conv(x, deep, dilation_rate=2), ops.separable_conv(x, deep, point)]
    return Model(x, [ops.conv(x, kernel, strides=2, padding="same"), *both])


def pooled():
    x = Input((6, 5, 2), name="x")
    return Model(x, [ops.max_pool(x, 2), ops.max_pool(x, (3, 2), strides=1, padding="same"), ops.average_pool(x, 2, strides=(2, 1))])


def images():
    x, transform = Input((6, 5, 3), name="x"), Input((8,), name="transform")
    framed = ops.image.pad_images(x, top_padding=1, left_padding=2, target_height=9, target_width=8)
    cropped = ops.image.crop_images(x, top_cropping=1, left_cropping=1, target_height=4, target_width=3)
    shifted = ops.image.affine_transform(x, f(1, 0, 0.5, 0, 1, 0.25, 0, 0), fill_mode="reflect")
    sized = [ops.image.resize(x, (3, 4)), ops.image.resize(x, [7, 8], interpolation="nearest", pad_to_aspect_ratio=True, fill_value=0.5)]
    grey = ops.image.rgb_to_grayscale(x)
    return Model([x, transform], [framed, cropped, shifted, ops.image.affine_transform(x, transform / 64 + f(1, 0, 0, 0, 1, 0, 0, 0)), *sized, grey])


def factored():
    x, b = Input((3, 3), name="x"), Input((3, 2), name="b")
    known = ops.matmul(x, ops.transpose(x, (0, 2, 1))) + 8 * np.eye(3, dtype="float32")
    q, r = ops.qr(x + 8 * np.eye(3, dtype="float32"))
    values = ops.svd(x, compute_uv=False)
    solved = [ops.solve(known, b), ops.solve_triangular(ops.cholesky(known), b, lower=True), ops.inv(known)]
    return Model([x, b], [ops.cholesky(known, upper=True), q, r, values, *solved, ops.logdet(known), ops.norm(x, ord="fro", axis=(1, 2))])


def normalized():
    x, gamma, beta = Input(batch_shape=(3, 4, 3), name="x"), Input(batch_shape=(3,), name="gamma"), Input(batch_shape=(3,), name="beta")
    batch = ops.batch_normalization(x, beta, ops.square(gamma) + 1, -1, scale=gamma, epsilon=0.25)
    others = [ops.layer_normalization(x, gamma, beta, epsilon=0.5), ops.rms_normalization(x, scale=gamma), ops.rms_normalization(x)]
    chances = ops.softmax(x)
    losses = [ops.binary_crossentropy(chances, ops.sigmoid(x)), ops.categorical_crossentropy(chances, x, from_logits=True)]
    return Model([x, gamma, beta], [batch, *others, *losses])


def blocked():
    x = Input(batch_shape=(2, 4, 4, 8), name="x")
    deep = ops.space_to_depth(x, 2)
    columns = ops.unfold(ops.transpose(x, (0, 3, 1, 2)), 2, stride=2)
    pieces = ops.rearrange(x, "b (h h1) (w w1) c -> b (h w) (h1 w1 c)", h1=2, w1=2)
    return Model(x, [deep, ops.depth_to_space(x, 2), columns, ops.fold(columns, 4, 2, stride=2), pieces])


def transformed():
    x, y = Input((12,), name="x"), Input((12,), name="y")
    pairs = [*ops.fft((x, y)), *ops.rfft(x), *ops.stft(x, 4, 2, 4)]
    return Model([x, y], [*pairs, ops.irfft(ops.rfft(x)), ops.extract_sequences(x, 4, 2), ops.erfc(x), ops.nanargmax(x, axis=-1)])


def resampled():
    x, points = Input((6, 6, 3), name="x"), Input((4, 2), name="points")
    corners = f([0, 0], [5, 0], [0, 5], [5, 5])
    tilted = ops.image.perspective_transform(x, points / 64 + corners, points / 16 + corners, fill_value=0.5)
    blurred = [ops.image.gaussian_blur(x), ops.image.gaussian_blur(x, kernel_size=(5, 5), sigma=(0.5, 2.0))]
    alike = ops.image.ssim(x, blurred[0], filter_size=5, max_val=2.0) * ops.psnr(x, blurred[1], 3.0)
    edges = ops.image.sobel_edges(x)
    return Model([x, points], [*blurred, edges, alike, tilted])


MODELS = [
    *[one_index, new_axes, ranges, between_layers, einsums, activated_by_layers, activated_in_sequence],
    *[padded, largest, grids, convolved, pooled, images, resampled],
    *[factored, normalized, blocked, transformed],
]


def exchanged(i, build):
    keras.backend.clear_session()
    model = build()
    weights = weights_of(model, 100 * i)
    set_weights(model, weights)
    inputs = [data_for(tensor, 100 * i + 50 + j) for j, tensor in enumerate(model.inputs)]
    return {
        "name": build.__name__,
        "json": json.loads(model.to_json()),
        "weights": weights,
        "inputs": inputs,
        "outputs": predictions(model, inputs),
    }


SIZES = [(3, 6, 2, 3), (2, 6, 1, 1), (5, 6, 5, 3), (5, 6, 4, 6), (3, 3, 6, 4), (2, 3, 5, 2), (4, 4, 4, 4)]


def cropped(height, width, to_height, to_width):
    """Without training: the shape that Keras says, and what its documentation says, which Resizing does as well."""
    x = dyadic((2, height, width, 1), height * width)
    layer = layers.RandomCrop(to_height, to_width)
    return {
        "size": [to_height, to_width],
        "x": x,
        "shape": list(layer.compute_output_shape(x.shape)),
        "documented": np.asarray(layers.Resizing(to_height, to_width, crop_to_aspect_ratio=True)(x)),
        "kept": np.array_equal(layer(x, training=False), x),
    }


def make():
    return {
        "models": [exchanged(i, build) for i, build in enumerate(MODELS)],
        "cropped": [cropped(*size) for size in SIZES],
    }
