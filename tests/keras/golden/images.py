"""Convolutions, pools and resizing: calls in Ceratops' terms, and what keras.ops gives for them.

The cases are like those of ops.py.
"""

import json

from keras import ops

from ops import brief, drawn, pooled, slopes, stored, u

OPTIONS = {"dataFormat": "data_format", "dilationRate": "dilation_rate", "outputPadding": "output_padding"}


def with_options(function):
    """`function` with its last argument, if that is a dict, as keyword arguments."""

    def call(*args):
        if not isinstance(args[-1], dict):
            return function(*args)
        return function(*args[:-1], **{OPTIONS.get(name, name): value for name, value in args[-1].items()})

    return call


def conv(x, kernel, **options):
    # Keras pads before the convolution where it is causal.
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
        ],
    ),
}


def gradients(op, args):
    """By every float32 operand, where TensorFlow has a kernel for it on the CPU."""
    if op == "image.resize":
        return {}
    try:
        found = slopes(with_options(CALLS[op][0]), args)
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
