"""Functions of networks: calls in Ceratops' terms, and what keras.ops gives for them. The cases are like those of ops.py."""

import numpy as np
from keras import ops

from build import dyadic
from numerics import made
from operands import *
from ops import differs, drawn

ROWS = drawn((4, 3), 130)
STATISTICS = drawn((3,), 131), np.abs(drawn((3,), 132)) + 0.25
FACTORS = drawn((3,), 133), drawn((3,), 134)
DEEP = drawn((2, 3, 4), 135)
CHANCES = np.abs(drawn((4, 3), 136)) / 8 + 0.0625
ONE_HOT = np.eye(3, dtype="float32")[[2, 0, 1, 1]]
PLANE = dyadic((2, 4, 6, 8), 137, -64, 64, 1 / 16)
MAPS = dyadic((2, 2, 5, 6), 138, -64, 64, 1 / 16)


def tensor(x):
    return None if x is None else ops.convert_to_tensor(x)


def fold(x, size, *args):
    return ops.fold(tensor(x), size, *args)


CALLS = {
    "batchNormalization": (
        lambda x, mean, variance, axis, offset=None, scale=None, epsilon=1e-3: ops.batch_normalization(
            tensor(x), tensor(mean), tensor(variance), axis, tensor(offset), tensor(scale), epsilon
        ),
        [(ROWS, *STATISTICS, -1), (ROWS, *STATISTICS, 1, *FACTORS, 0.5), (DEEP, *STATISTICS, 1, *FACTORS), (DEEP, *STATISTICS, -2, FACTORS[0])],
    ),
    "layerNormalization": (
        lambda x, gamma=None, beta=None, axis=-1, epsilon=None: ops.layer_normalization(x, gamma, beta, tuple(axis) if isinstance(axis, list) else axis, epsilon),
        [(ROWS,), (ROWS, *FACTORS), (DEEP, drawn((3,), 139), drawn((3,), 140), 1, 0.25), (DEEP, drawn((3, 4), 141), None, [1, 2])],
    ),
    "rmsNormalization": (
        lambda x, scale=None, axis=-1, epsilon=None: ops.rms_normalization(x, scale, tuple(axis) if isinstance(axis, list) else axis, epsilon),
        [(ROWS,), (ROWS, FACTORS[0]), (DEEP, None, 1, 0.25), (DEEP, drawn((3, 4), 142), [1, 2])],
    ),
    "binaryCrossentropy": (
        ops.binary_crossentropy,
        [(f(0, 1, 1, 0.25), f(0.25, 0.75, 1, 0)), (f([0, 1], [1, 0]), f([-3, 2], [0.5, 40]), True), (ONE_HOT, CHANCES)],
    ),
    "categoricalCrossentropy": (
        ops.categorical_crossentropy,
        [(ONE_HOT, CHANCES), (ONE_HOT, ROWS, True), (ONE_HOT, CHANCES, False, 0), (ONE_HOT.T, ROWS.T, True, 0)],
    ),
    "sparseCategoricalCrossentropy": (
        ops.sparse_categorical_crossentropy,
        [(i(2, 0, 1, 1), CHANCES), (i([2], [0], [1], [1]), ROWS, True), (i([1, 0, 3], [2, 2, 0]), DEEP, True)],
    ),
    "ctcLoss": (
        ops.ctc_loss,
        [
            (i([1, 2, 2], [3, 0, 0]), drawn((2, 8, 4), 143), i(3, 1), i(8, 8)),
            (i([1, 2, 0], [3, 1, 2]), drawn((2, 8, 4), 143), i(2, 3), i(5, 8)),
            (i([0, 1], [1, 1]), drawn((2, 5, 3), 144), i(2, 2), i(5, 4), 2),
        ],
    ),
    "depthToSpace": (ops.depth_to_space, [(PLANE, 2), (np.moveaxis(PLANE, -1, 1), 2, "channels_first"), (PLANE[:, :1, :2].astype("int32"), 2)]),
    "spaceToDepth": (ops.space_to_depth, [(PLANE, 2), (np.moveaxis(PLANE, -1, 1), 2, "channels_first"), (PLANE[:1, :, :4], 4)]),
    "unfold": (ops.unfold, [(MAPS, 2), (MAPS, [3, 2], 1, 1), (MAPS, 2, [1, 2], [1, 0], [2, 1]), (MAPS.astype("int32"), 2, 1, 0, 2)]),
    "fold": (
        fold,
        [(dyadic((2, 8, 20), 145, -64, 64, 1 / 16), [5, 6], 2), (dyadic((1, 12, 42), 146, -64, 64, 1 / 16), [5, 6], [2, 2], 1, 1), (dyadic((2, 4, 12), 147, -64, 64, 1 / 16), [5, 6], 2, [1, 2], [1, 0], [2, 1])],
    ),
}


def make():
    return made(CALLS, CALLS)
