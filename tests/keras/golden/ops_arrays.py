"""Ops on whole arrays that are composed of others: made, compared, counted, turned and summed. What Keras gives for them."""

import numpy as np
from keras import ops

from build import dyadic
from operands import *


def differs(why, ours, *args):
    return {"why": why, "ours": ours, "args": args}


def axes_of(axes):
    return tuple(axes) if isinstance(axes, list) else axes


def reduced(function):
    return lambda x, axes=None, keep=False: function(x, axis=axes_of(axes), keepdims=keep)


UNSIGNED = "Keras gives uint32, which Ceratops has not"

MADE = {
    "zerosLike": (ops.zeros_like, [(CUBE,), (INTS,), (BOOLS,), (BYTES,), (EMPTY,), (CUBE, "int32")]),
    "onesLike": (ops.ones_like, [(CUBE,), (INTS,), (BOOLS,), (BYTES,), (EMPTY,), (INTS, "float32")]),
    "fullLike": (ops.full_like, [(CUBE, 2.5), (INTS, 7), (INTS, 2.5), (BYTES, 200), (BOOLS, 1), (INTS, 2.5, "float32"), (EMPTY, 3)]),
    "identity": (lambda n, dtype=None: ops.identity(n, dtype=dtype), [(3,), (1,), (0,), (2, "int32"), (2, "bool")]),
    "linspace": (
        lambda start, stop, num=50, endpoint=True, dtype=None, axis=0: ops.linspace(start, stop, num, endpoint, False, dtype, axis),
        [
            (0, 1, 5),
            (0, 1),
            (-2, 3.5, 4, False),
            (5, 1, 3),
            (2, 7, 1),
            (0, 10, 4, True, "int32"),
            (f(0, 1), f(1, 3), 3),
            (f(0, -1), f(1, 3), 5, False, "float32", 1),
            (f(0, -1), f(1, 3), 5, True, "float32", -1),
            (MATRIX, 2, 3),
            (0, MATRIX, 3, True, "float32", 1),
            (i(0, 1), i(1, 3), 3),
        ],
    ),
    "logspace": (
        lambda start, stop, num=50, endpoint=True, base=10, dtype=None, axis=0: ops.logspace(start, stop, num, endpoint, base, dtype, axis),
        [(0, 2, 3), (-1, 1, 4, False), (0, 3, 4, True, 2), (f(0, 1), f(1, 2), 3), (f(0, 1), f(1, 2), 3, True, 2, "float32", 1)],
    ),
}

NEAR = f(1, 1, 0, 0, NAN, NAN, 2, -3), f(1.000001, 1.1, 1e-9, 1e-7, NAN, 1, 2, 3)
ENDLESS = f(INF, -INF, INF, 1, -1), f(INF, -INF, -INF, INF, -INF)
INFINITE = "Keras finds infinities unlike each other, and numbers like infinity; here as in NumPy"
COMPARED = {
    "isclose": (
        ops.isclose,
        [
            NEAR,
            (*NEAR, 1e-5, 1e-8, True),
            (*NEAR, 0.2),
            (*NEAR, 0, 1),
            differs(INFINITE, np.isclose, *ENDLESS),
            (INTS, INTS + 1),
            (i(1000000, 5), i(1000001, 5)),
            (BYTES, u(1, 1, 255, 7)),
            (BOOLS, b(True, True, True, False)),
            (INTS, f(3, -2.00001, 0.1, 7)),
            (MATRIX, f([0.25], [3])),
            (FLOATS, 2),
            (EMPTY, EMPTY),
        ],
    ),
    "allclose": (
        ops.allclose,
        [(MATRIX, MATRIX), (MATRIX, MATRIX + 1e-7), (MATRIX, MATRIX + 1), (MATRIX, MATRIX + 1, 1), ENDLESS, (ENDLESS[0][:2], ENDLESS[1][:2]), (f(NAN), f(NAN)), (f(NAN), f(NAN), 1e-5, 1e-8, True), (INTS, INTS), (EMPTY, EMPTY)],
    ),
    "nanToNum": (
        ops.nan_to_num,
        [(f(NAN, INF, -INF, 1, -0.0),), (f(NAN, INF, -INF, 1), 2), (f(NAN, INF, -INF, 1), 0, 7, -8), (f(NAN, INF, -INF, 1), 0, None, -8), (CUBE,), (INTS,), (BOOLS,), (EMPTY,)],
    ),
    "isin": (
        lambda x, values, invert=False: ops.isin(x, values, invert=invert),
        [(INTS, i(7, 3)), (MATRIX, f(1, 3)), (MATRIX, f([1], [3]), True), (WHOLE, i(4, 9, -8)), (BYTES, u(255)), (INTS, i())],
    ),
    "searchsorted": (
        ops.searchsorted,
        [(f(1, 2, 2, 5), f(0, 1, 2, 3, 5, 9)), (f(1, 2, 2, 5), f(0, 1, 2, 3, 5, 9), "right"), (i(1, 4, 7), i(0, 4, 8)), (f(-INF, 0, INF), f(-1, 0, INF)), (f(), f(1, 2))],
    ),
    "digitize": (
        ops.digitize,
        [(f(0, 1, 1.5, 3, 9), f(1, 2, 3)), (CUBE, f(-2, 0, 1.5)), (INTS, f(0, 2.5)), (BYTES, f(1, 100)), (BOOLS, f(1))],
    ),
    "bincount": (
        lambda x, weights=None, minlength=0: ops.bincount(x, weights, minlength),
        [
            (i(1, 3, 1, 0), None, 4),
            (i(1, 3, 1, 0), None, 6),
            (i(1, 3, 1, 0), f(0.5, 2, 1, 4), 4),
            (i(1, 3, 1, 0), INTS, 4),
            (i(1, 3, 1, 0), BYTES, 4),
            (i(1, 3, 1, 0), BOOLS, 4),
            (i([0, 1, 1], [2, 0, 2]), None, 3),
            (i([0, 1, 1], [2, 0, 2]), MATRIX, 3),
            (u(2, 2), None, 3),
        ],
    ),
    "multiHot": (
        lambda x, classes, axis=-1, dtype="float32": ops.multi_hot(x, classes, axis=axis, dtype=dtype),
        [(i(0, 2, 2), 4), (i([0, 2], [1, 1]), 4), (i([[0, 2], [1, 1]]), 4), (i([0, -1], [1, 9]), 3), (i([0, 2], [1, 1]), 4, -1, "int32"), (i([0, 2], [1, 1]), 4, -1, "bool")],
    ),
    "select": (
        lambda conditions, choices, otherwise=0: ops.select(conditions, choices, otherwise),
        [
            ([MATRIX > 2, MATRIX > 0.5], [MATRIX, MATRIX * 2], -1),
            ([MATRIX > 2, MATRIX > 0.5], [MATRIX, MATRIX * 2]),
            ([b(True, False), b(True, True)], [i(1, 2), i(3, 4)], 0),
            ([b(True, False)], [f(1, 2)], f(5, 6)),
            ([b(True, False)], [f([1], [2])], 0),
        ],
    ),
}

def index_key(key):
    """A key of Ceratops's `getItem` as Python's."""
    if isinstance(key, (list, tuple)):
        return tuple(index_key(item) for item in key)
    if isinstance(key, dict):
        return slice(key.get("start"), key.get("stop"), key.get("step"))
    return Ellipsis if key == "..." else key


TURNED = {
    "rot90": (
        lambda x, k=1, axes=(0, 1): ops.rot90(x, k, tuple(axes)),
        [(MATRIX,), differs("TensorFlow turns half of the way otherwise; here as in NumPy", np.rot90, MATRIX, 2), (MATRIX, 3), (MATRIX, -1), (MATRIX, 4), (CUBE, 1, [1, 2]), (CUBE, 3, [2, 0]), (CUBE, 1, [-1, 0]), (WHOLE,), (BYTES.reshape(2, 2), 1)],
    ),
    "fliplr": (ops.fliplr, [(MATRIX,), (CUBE,), (WHOLE,), (BOOLS.reshape(2, 2),)]),
    "flipud": (ops.flipud, [(MATRIX,), (CUBE,), (FLOATS,), (BYTES,)]),
    "append": (
        lambda x, y, axis=None: ops.append(x, y, axis=axis),
        [(MATRIX, FLOATS), (MATRIX, MATRIX[:1], 0), (CUBE, CUBE[:, :, :1], -1), (INTS, FLOATS), (BOOLS, BYTES), (EMPTY, MATRIX, 0)],
    ),
    "arraySplit": (
        lambda x, parts, axis=0: tuple(ops.array_split(x, parts, axis=axis)),
        [(f(1, 2, 3, 4, 5, 6, 7), 3), (f(1, 2), 3), (CUBE, 3, 2), (CUBE, 3, -1), (WHOLE, 2)],
    ),
    "unstack": (
        lambda x, num=None, axis=0: tuple(ops.unstack(x, num, axis)),
        [(MATRIX,), (CUBE, 3, 1), (CUBE, None, -1), (BOOLS,), (WHOLE, 2)],
    ),
    "sliceUpdate": (
        lambda x, starts, update: ops.slice_update(x, starts, update),
        [
            (FLOATS, [1], f(8, 9)),
            (MATRIX, [0, 1], f([7], [8])),
            (CUBE, [1, 0, 2], CUBE[:1, :2, :1] * 2),
            (CUBE, [0, 1, 0], CUBE[:, :1] * 2),
            (MATRIX, [0, 0], MATRIX * 2),
            (INTS, [3], i(-9)),
            (BOOLS, [0], b(False)),
            (MATRIX, [1, 1], np.zeros((0, 2), "float32")),
        ],
    ),
    "getItem": (
        lambda x, key: ops.get_item(x, index_key(key)),
        [
            (MATRIX, 1),
            (MATRIX, [{}, -1]),
            (CUBE, ["...", 1]),
            (CUBE, [0, None, {"start": 1}]),
            (CUBE, [{"step": -1}, "...", {"stop": -1}]),
            (CUBE, [{}, {"start": -1, "step": -2}, None, 0]),
            (INTS, [{"start": 1, "step": 2}]),
            (BOOLS, [{"step": -1}]),
        ],
    ),
    "scatter": (
        lambda indices, values, shape: ops.scatter(indices, values, tuple(shape)),
        [
            (i([0], [2], [0]), f(1, 2, 4), [3]),
            (i([1], [0]), MATRIX, [4, 3]),
            (i([1, 2], [0, 0]), f(5, 6), [2, 3]),
            (i([[1, 2]], [[0, 0]]), f([5], [6]), [2, 3]),
            (i([1], [0]), i(5, -6), [3]),
            differs("Keras stops; here what lies outside is dropped", lambda *a: f([0, 0, 0], [1, 0, 0]), i([1, 0], [0, 3], [-1, 1], [2, 0]), f(1, 2, 3, 4), [2, 3]),
        ],
    ),
}

SQUARE = dyadic((3, 3), 61, -64, 64, 1 / 16)
DIAGONALS = {
    "diagonal": (
        ops.diagonal,
        [(MATRIX,), (MATRIX, 1), (MATRIX, -1), (MATRIX, 2), differs("Keras stops; here a diagonal outside is empty, as in NumPy", np.diagonal, MATRIX, 5), (CUBE, 0, 1, 2), (CUBE, -1, 2, 0), (CUBE, 1, -2, -1), (WHOLE,), (BOOLS.reshape(2, 2),), (BLOCK, 0, 1, 3)],
    ),
    "diag": (ops.diag, [(FLOATS,), (FLOATS, 1), (FLOATS, -2), (SQUARE,), (SQUARE, -1), (INTS,), (BOOLS, 1), (BYTES, -1)]),
    "diagflat": (ops.diagflat, [(FLOATS,), (MATRIX, 1), (CUBE[:1, :2, :2], -1), (INTS,)]),
    "trace": (
        ops.trace,
        [(SQUARE,), (MATRIX, 1), (CUBE, 0, 1, 2), differs("Keras stops; here as in NumPy", np.trace, CUBE, -1, 2, 0), (CUBE, -1, 0, 1), (WHOLE,), (BOOLS.reshape(2, 2),), differs(UNSIGNED, "int32", BYTES.reshape(2, 2))],
    ),
}

THREES = dyadic((2, 3), 62, -32, 32, 1 / 8)
PRODUCTS = {
    "dot": (
        ops.dot,
        [(f(1, 2, 3), f(4, 5, 6)), (MATRIX, f(4, 5, 6)), (MATRIX, SQUARE), (CUBE, dyadic((2, 4, 3), 63, -32, 32, 1 / 8)), (MATRIX, 2), (3, MATRIX), (i(1, 2), i(3, 4)), (i([1, 2]), i([3], [4])), (BOOLS, BOOLS)],
    ),
    "vdot": (ops.vdot, [(f(1, 2, 3), f(4, 5, 6)), (MATRIX, MATRIX * 2), (INTS, INTS), (BYTES, u(1, 2, 0, 3)), (BOOLS, BOOLS)]),
    "inner": (
        ops.inner,
        [(f(1, 2, 3), f(4, 5, 6)), (MATRIX, f(4, 5, 6)), (MATRIX, SQUARE), (CUBE, dyadic((2, 4), 64, -32, 32, 1 / 8)), (INTS, INTS)],
    ),
    "cross": (
        lambda x, y, axisa=-1, axisb=-1, axisc=-1, axis=None: ops.cross(x, y, axisa, axisb, axisc, axis),
        [
            (THREES, f(1, -2, 0.5)),
            (THREES, dyadic((2, 3), 65, -32, 32, 1 / 8)),
            (CUBE, CUBE[::-1] * 2, 1, 1, 1),
            (CUBE, CUBE[::-1] * 2, -1, -1, -1, 1),
            (CUBE, CUBE[::-1] * 2, 1, 1, 0),
            (f([1, 2], [3, 4]), f([5, 6], [7, 8.5])),
            (f([1, 2, 3]), f([5, 6])),
            (f([1, 2]), f([5, 6, 7])),
            (i([1, 2, 3]), i([4, 5, 6])),
            (u([1, 2, 3]), u([4, 5, 6])),
        ],
    ),
}

GAPS = f([1, NAN, 3, -2], [NAN, NAN, NAN, NAN], [0.5, 0.25, NAN, 8])
NANS = [(GAPS,), (GAPS, 1), (GAPS, 0, True), (CUBE, [0, 2]), (MATRIX,), (WHOLE, 1)]
SUMMED = {
    "average": (
        lambda x, axis=None, weights=None: ops.average(x, axis=axis, weights=weights),
        [(CUBE,), (CUBE, 1), (CUBE, 1, f(1, 2, 5)), (MATRIX, None, f([1, 2, 3], [4, 5, 6])), (MATRIX, 0, f([1, 2, 3], [4, 5, 6])), (MATRIX, -1, f(1, 0, 3)), (INTS,), (INTS, 0, INTS), (BYTES,), (BOOLS, 0, f(1, 2, 3, 4))],
    ),
    "ptp": (reduced(ops.ptp), [(CUBE,), (CUBE, 1), (CUBE, -1, True), (WHOLE, 2), (BYTES,)]),
    "amax": (reduced(ops.amax), [(CUBE,), (CUBE, [0, 2]), (CUBE, -1, True), (WHOLE, 2), (BOOLS,)]),
    "amin": (reduced(ops.amin), [(CUBE,), (CUBE, [0, 2]), (CUBE, -1, True), (WHOLE, 2), (BYTES,)]),
    "percentile": (
        lambda x, q, axes=None, keep=False: ops.percentile(x, q, axis=axes_of(axes), keepdims=keep),
        [(FLOATS, 25), (CUBE, 90, 1), (CUBE, 30, [0, 2], True), (MATRIX, 50, 0), (WHOLE, 75, -1)],
    ),
    "normalize": (
        lambda x, axis=-1, order=2, epsilon=None: ops.normalize(x, axes_of(axis), order, epsilon),
        [(CUBE,), (CUBE, 1), (CUBE, [0, 2]), (MATRIX, 0, 1), (MATRIX, -1, 3), (f([0, 0], [1e-9, 0]),), (MATRIX, -1, 1, 10), (MATRIX, -1, 2, 10)],
    ),
    "nansum": (reduced(ops.nansum), [*NANS, (BOOLS,), differs(UNSIGNED, "int32", BYTES)]),
    "nanprod": (reduced(ops.nanprod), [(GAPS,), (GAPS, 1), (GAPS, 0, True), (MATRIX,), (WHOLE[:, :, :1], 0)]),
    "nanmean": (reduced(ops.nanmean), [*NANS, (BYTES,), (BOOLS,)]),
    "nanvar": (reduced(ops.nanvar), [*NANS, (BYTES,)]),
    "nanstd": (reduced(ops.nanstd), [*NANS, (BYTES,)]),
    "nanmax": (reduced(ops.nanmax), [*NANS, (BYTES,), (BOOLS,)]),
    "nanmin": (reduced(ops.nanmin), [*NANS, (BYTES,), (BOOLS,)]),
}


CALLS = {**MADE, **COMPARED, **TURNED, **DIAGONALS, **PRODUCTS, **SUMMED}
DIFFERENTIABLE = {"linspace", "logspace", "nanToNum", "select", *({*TURNED} - {"sliceUpdate"}), *DIAGONALS, *PRODUCTS, *SUMMED}
