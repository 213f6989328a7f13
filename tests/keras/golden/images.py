"""Convolutions, pools and resizing: calls in Ceratops' terms, and what keras.ops gives for them.

The cases are like those of ops.py.
"""

import json
import re

import numpy as np
from keras import ops

from ops import brief, drawn, f, pooled, slopes, stored, u



def snake_case(name):
    return re.sub("[A-Z]", lambda letter: "_" + letter[0].lower(), name)


def with_options(function):
    """`function` with its last argument, if that is a dict, as keyword arguments."""

    def call(*args):
        if not isinstance(args[-1], dict):
            return function(*args)
        return function(*args[:-1], **{snake_case(name): value for name, value in args[-1].items()})

    return call


def conv(x, kernel, **options):
    # Keras pads before a causal convolution.
    if options.get("padding") == "causal":
        left = (kernel.shape[0] - 1) * options.get("dilation_rate", 1)
        return ops.conv(ops.pad(x, [[0, 0], [left, 0], [0, 0]]), kernel, **{**options, "padding": "valid"})
    # TensorFlow has no kernel for channels first on the CPU.
    if options.get("data_format") == "channels_first":
        moved = conv(ops.moveaxis(x, 1, -1), kernel, **{**options, "data_format": "channels_last"})
        return ops.moveaxis(moved, -1, 1)
    return ops.conv(x, kernel, **options)


ROW = drawn((2, 9, 3), 50)
GRID = drawn((2, 6, 7, 3), 51)
BLOCK = drawn((1, 4, 5, 3, 2), 52)
CHANNELS = drawn((1, 7, 5, 4), 53)
FIRST = drawn((2, 3, 6, 5), 54)
SMALL = drawn((1, 3, 4, 2), 55)
PHOTO = u([[[1, 200], [7, 3]], [[90, 255], [0, 12]]])
SCENE = drawn((2, 5, 6, 2), 56)
RGB = drawn((2, 3, 4, 3), 57)
# Dyadic, so that float32 loses nothing and every executor sees the same side of a jump.
NONE = f(1, 0, 0, 0, 1, 0, 0, 0)
SHIFTED = f(1, 0, 2, 0, 1, -1, 0, 0)
BETWEEN = f(1, 0, -1.375, 0, 1, 2.25, 0, 0)
TURNED = f(0.5, -0.75, 1.125, 0.625, 0.875, -1.25, 0, 0)
FAR = f(2, 0.5, -9.125, 0.25, -3, 8.375, 0, 0)
TILTED = f(1, 0.25, 0.125, -0.125, 1, 0.375, 0.125, 0.0625)
VANISHING = f(1, 0, 0, 0, 1, 0, -0.5, 0)
BOTH = np.stack([TURNED, FAR])
MODES = ["constant", "nearest", "reflect", "wrap"]



def options(**given):
    return given


CALLS = {
    "conv": (
        conv,
        [
            (ROW, drawn((3, 3, 2), 60)),
            (ROW, drawn((2, 3, 2), 61), options(padding="same")),
            (ROW, drawn((4, 3, 2), 62), options(padding="same", strides=2)),
            (ROW, drawn((3, 3, 2), 63), options(padding="causal")),
            (ROW, drawn((3, 3, 2), 63), options(padding="causal", dilationRate=2)),
            (ROW, drawn((2, 3, 2), 64), options(dilationRate=3, padding="same")),
            (GRID, drawn((3, 3, 3, 4), 65)),
            (GRID, drawn((3, 2, 3, 4), 66), options(padding="same")),
            (GRID, drawn((3, 3, 3, 2), 67), options(strides=2)),
            (GRID, drawn((3, 3, 3, 2), 67), options(strides=[2, 3], padding="same")),
            (GRID, drawn((1, 1, 3, 5), 68)),
            (GRID, drawn((1, 1, 3, 5), 68), options(strides=2, padding="same")),
            (GRID, drawn((2, 3, 3, 2), 69), options(dilationRate=[3, 2])),
            (GRID, drawn((2, 3, 3, 2), 69), options(dilationRate=2, padding="same")),
            (CHANNELS, drawn((3, 3, 2, 6), 70), options(padding="same")),
            (CHANNELS, drawn((2, 2, 1, 8), 71)),
            (FIRST, drawn((3, 2, 3, 2), 72), options(dataFormat="channels_first", padding="same")),
            (BLOCK, drawn((2, 3, 2, 2, 3), 73)),
            (BLOCK, drawn((2, 3, 2, 2, 3), 73), options(padding="same", strides=[2, 1, 2])),
        ],
    ),
    "convTranspose": (
        ops.conv_transpose,
        [
            (ROW, drawn((3, 2, 3), 80)),
            (ROW, drawn((2, 2, 3), 81), options(strides=3)),
            (ROW, drawn((3, 2, 3), 82), options(strides=2, padding="same")),
            (GRID, drawn((3, 3, 4, 3), 83)),
            (GRID, drawn((3, 3, 4, 3), 83), options(padding="same")),
            (GRID, drawn((3, 2, 4, 3), 84), options(strides=2)),
            (GRID, drawn((3, 2, 4, 3), 84), options(strides=[2, 3], padding="same")),
            (GRID, drawn((4, 4, 1, 3), 85), options(strides=2, padding="same")),
            (GRID, drawn((3, 3, 2, 3), 86), options(strides=2, outputPadding=1)),
            (GRID, drawn((3, 3, 2, 3), 86), options(strides=2, padding="same", outputPadding=1)),
            (GRID, drawn((3, 3, 2, 3), 86), options(strides=2, padding="same", outputPadding=0)),
            (BLOCK, drawn((2, 2, 3, 3, 2), 87), options(strides=2, padding="same")),
        ],
    ),
    "depthwiseConv": (
        ops.depthwise_conv,
        [
            (ROW, drawn((3, 3, 1), 90)),
            (ROW, drawn((3, 3, 2), 91), options(padding="same", strides=2)),
            (GRID, drawn((3, 3, 3, 1), 92)),
            (GRID, drawn((3, 3, 3, 2), 93), options(padding="same")),
            (GRID, drawn((2, 2, 3, 1), 94), options(strides=2, padding="same")),
            (GRID, drawn((2, 3, 3, 1), 95), options(dilationRate=2, padding="same")),
            (FIRST, drawn((3, 2, 3, 2), 96), options(dataFormat="channels_first")),
        ],
    ),
    "separableConv": (
        ops.separable_conv,
        [
            (ROW, drawn((3, 3, 2), 100), drawn((1, 6, 4), 101)),
            (GRID, drawn((3, 3, 3, 1), 102), drawn((1, 1, 3, 5), 103)),
            (GRID, drawn((3, 2, 3, 2), 104), drawn((1, 1, 6, 2), 105), options(strides=2, padding="same")),
            (FIRST, drawn((2, 2, 3, 1), 106), drawn((1, 1, 3, 2), 107), options(dataFormat="channels_first", padding="same")),
        ],
    ),
    "maxPool": (
        ops.max_pool,
        [
            (ROW, 2),
            (ROW, 4, options(padding="same")),
            (GRID, 2),
            (GRID, 3, options(strides=1, padding="same")),
            (GRID, [2, 3], options(strides=[1, 2])),
            (GRID, 2, options(padding="same")),
            (FIRST, 2, options(dataFormat="channels_first")),
            (BLOCK, 2, options(padding="same")),
            (-abs(GRID), 3, options(padding="same")),
        ],
    ),
    "averagePool": (
        ops.average_pool,
        [
            (ROW, 2),
            (ROW, 4, options(padding="same")),
            (GRID, 2),
            (GRID, 3, options(strides=1, padding="same")),
            (GRID, [2, 3], options(strides=[1, 2])),
            (GRID, 2, options(padding="same")),
            (FIRST, 2, options(dataFormat="channels_first")),
            (BLOCK, [2, 2, 3], options(strides=1, padding="same")),
        ],
    ),
    "image.resize": (
        ops.image.resize,
        [
            (SMALL, [6, 8]),
            (SMALL, [5, 3]),
            (SMALL, [2, 7]),
            (SMALL, [6, 8], options(interpolation="nearest")),
            (SMALL, [5, 3], options(interpolation="nearest")),
            (PHOTO, [3, 5], options(interpolation="nearest")),
            (PHOTO, [3, 4]),
            (SMALL, [6, 8], options(interpolation="bicubic")),
            (SMALL, [12, 2], options(interpolation="bicubic")),
            (SMALL, [6, 8], options(interpolation="lanczos3")),
            (SMALL, [5, 3], options(interpolation="lanczos5")),
            (GRID, [3, 2], options(antialias=True)),
            (GRID, [2, 3], options(interpolation="bicubic", antialias=True)),
            (GRID, [3, 2], options(interpolation="lanczos3", antialias=True)),
            (FIRST, [3, 7], options(dataFormat="channels_first")),
            (SMALL[0], [4, 4]),
            (SCENE, [4, 4], options(cropToAspectRatio=True)),
            (SCENE, [2, 7], options(cropToAspectRatio=True, interpolation="nearest")),
            (SCENE, [4, 4], options(padToAspectRatio=True)),
            (SCENE, [3, 9], options(padToAspectRatio=True, fillValue=1.5)),
            (FIRST, [3, 7], options(dataFormat="channels_first", padToAspectRatio=True)),
            (SCENE[0], [6, 2], options(cropToAspectRatio=True)),
            (PHOTO, [4, 8], options(padToAspectRatio=True, fillValue=9)),
        ],
    ),
    "image.affineTransform": (
        ops.image.affine_transform,
        [
            (SCENE, NONE),
            (SCENE, SHIFTED),
            (SCENE, BETWEEN, options(fillValue=1.5)),
            *[
                (SCENE, transform, options(fillMode=mode, interpolation=interpolation))
                for transform in (BETWEEN, TURNED, FAR)
                for mode in MODES
                for interpolation in ("bilinear", "nearest")
            ],
            *[(SCENE, BOTH, options(fillMode=mode)) for mode in MODES],
            (SCENE, TILTED),
            (SCENE, TILTED, options(fillMode="reflect")),
            (SCENE, VANISHING, options(fillValue=7)),
            (SCENE[0], TURNED, options(fillMode="wrap")),
            (FIRST, BETWEEN, options(dataFormat="channels_first", fillMode="nearest")),
            (PHOTO, f(1, 0, 0.375, 0, 1, 0.25, 0, 0), options(fillMode="nearest")),
            (PHOTO, f(1, 0, 0.75, 0, 1, 0, 0, 0), options(interpolation="nearest", fillValue=9)),
            (SCENE[:, :1, :1], BETWEEN, options(fillMode="reflect")),
        ],
    ),
    "image.padImages": (
        ops.image.pad_images,
        [
            (SCENE, options(topPadding=1, leftPadding=2, targetHeight=8, targetWidth=9)),
            (SCENE, options(topPadding=1, leftPadding=2, bottomPadding=0, rightPadding=3)),
            (SCENE[0], options(bottomPadding=1, rightPadding=0, targetHeight=6, targetWidth=8)),
            (FIRST, options(topPadding=1, leftPadding=2, bottomPadding=0, rightPadding=3, dataFormat="channels_first")),
            (PHOTO, options(topPadding=1, leftPadding=1, bottomPadding=1, rightPadding=1)),
        ],
    ),
    "image.cropImages": (
        ops.image.crop_images,
        [
            (SCENE, options(topCropping=1, leftCropping=2, targetHeight=3, targetWidth=2)),
            (SCENE, options(topCropping=1, leftCropping=2, bottomCropping=0, rightCropping=3)),
            (SCENE[0], options(bottomCropping=1, rightCropping=0, targetHeight=2, targetWidth=4)),
            (FIRST, options(topCropping=1, leftCropping=2, bottomCropping=0, rightCropping=1, dataFormat="channels_first")),
            (PHOTO, options(topCropping=1, leftCropping=0, bottomCropping=0, rightCropping=1)),
        ],
    ),
    "image.rgbToGrayscale": (
        ops.image.rgb_to_grayscale,
        [
            (RGB,),
            (RGB[0],),
            (RGB[..., :1],),
            (FIRST, options(dataFormat="channels_first")),
            (u([[[255, 255, 255], [200, 13, 90]], [[0, 1, 2], [3, 250, 17]]]),),
        ],
    ),
}


def gradients(op, args):
    """By every float32 operand, where TensorFlow has a kernel for it on the CPU."""
    # TensorFlow's gradient of the affine transform is an estimate: it transforms back.
    return {} if op in ("image.resize", "image.affineTransform") else gradients_of(CALLS[op][0], args)


def gradients_of(function, args):
    try:
        found = slopes(with_options(function), args)
    except Exception:  # Some have none for dilation, some for strides that differ.
        return {}
    return {"gradients": found} if found else {}


def make():
    cases = [
        {"op": op, "args": args, "result": stored(with_options(function)(*args)), **gradients(op, args)}
        for op, (function, calls) in CALLS.items()
        for args in calls
    ]
    pool = {}
    cases = [pooled(brief(item), pool) for item in cases]
    return {"cases": cases, "arrays": [json.loads(text) for text in pool]}
