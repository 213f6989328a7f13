"""Every op of the public namespace: calls in Ceratops' terms, and what keras.ops gives for them.

Where Keras has no such op, NumPy's float32 result stands in ("by": "numpy"). Where Ceratops means to give something
else than Keras, the case says what and why ("differs"); a null result is a call that Keras refuses. Cases name arrays
by their places in the list "arrays": "#0" is the first.
"""

import json

import numpy as np
from keras import ops

import ops_arrays
import ops_composed
import ops_elementary
from build import dyadic
from encode import dumps
from operands import *


def differs(why, ours, *args):
    """A call whose result is not Keras's: `ours` is another dtype for it, or a function of the arguments."""
    return {"why": why, "ours": ours, "args": args}


def as_floats(op):
    """The reference of `op` on its operands cast to float32, for dtypes that Keras refuses."""
    return lambda *args: reference(op, *(x.astype("float32") if isinstance(x, np.ndarray) else x for x in args))


UNARY = {
    "abs": ops.abs,
    "absolute": ops.absolute,
    "sign": ops.sign,
    "negative": ops.negative,
    "square": ops.square,
    "relu": ops.relu,
    "round": ops.round,
    "floor": ops.floor,
    "ceil": ops.ceil,
    "exp": ops.exp,
    "expm1": ops.expm1,
    "log": ops.log,
    "log1p": ops.log1p,
    "sqrt": ops.sqrt,
    "rsqrt": ops.rsqrt,
    "reciprocal": ops.reciprocal,
    "sin": ops.sin,
    "cos": ops.cos,
    "tanh": ops.tanh,
    "sigmoid": ops.sigmoid,
    "softplus": ops.softplus,
    "erf": ops.erf,
    "isnan": ops.isnan,
    "stopGradient": ops.stop_gradient,
    "logicalNot": ops.logical_not,
}
REFUSES = "Keras refuses the dtype; here it is computed in float32"
KEEPS = "Keras gives float32; here whole numbers keep their dtype"


def unary_calls(op):
    calls = [(TURNS,) if op in ("sin", "cos") else (POINTS,), (MATRIX,), (EMPTY,), (f(2)[0, ...],)]
    if op in ("erf", "rsqrt", "sigmoid", "softplus", "reciprocal"):
        return calls + [differs(REFUSES, as_floats(op), x) for x in (i(3, -2, 1, 7), BYTES[2:], BOOLS)]
    if op in ("floor", "ceil"):
        return calls + [differs(KEEPS, str(x.dtype), x) for x in (INTS, BYTES)]
    if op in ("negative",):
        return calls + [(INTS,)]
    if op in ("sign", "relu", "round"):
        return calls + [(INTS,), (BYTES,)] + ([(ROUNDED,)] if op == "round" else [])
    if op == "square":
        why = "Keras gives int32; here the square of a bool is a bool"
        return calls + [(INTS,), (BYTES,), differs(why, "bool", BOOLS)]
    return calls + [(INTS,), (BYTES,), (BOOLS,)]


ROUNDED = f(0.5, 1.5, 2.5, 3.5, -0.5, -1.5, -2.5, 0.49999997, 8388609, -8388607.5)

BINARY = {
    "add": ops.add,
    "subtract": ops.subtract,
    "multiply": ops.multiply,
    "divide": ops.divide,
    "maximum": ops.maximum,
    "minimum": ops.minimum,
    "power": ops.power,
    "mod": ops.mod,
    "equal": ops.equal,
    "notEqual": ops.not_equal,
    "less": ops.less,
    "lessEqual": ops.less_equal,
    "greater": ops.greater,
    "greaterEqual": ops.greater_equal,
    "logicalAnd": ops.logical_and,
    "logicalOr": ops.logical_or,
}
PAIRS = [
    (MATRIX, f(2, 0.5, 4)),
    (f([1], [2], [3]), f([4, 0.5])),
    (dyadic((2, 1, 3), 3, 1, 96), dyadic((4, 1), 4, 1, 96)),
    (f(2)[0, ...], MATRIX),
    (f(2), EMPTY),
    (EMPTY, f([1, 2, 3])),
    (dyadic((2, 1, 2, 1), 5, 1, 96), dyadic((3, 1, 2), 6, 1, 96)),
]
SPECIAL = (f(NAN, 1, INF, -INF, NAN, INF, 0, -0.0, 1), f(1, NAN, -INF, -INF, NAN, INF, -0.0, 0, 1))
WHOLE_PAIRS = [
    (i(5, -5, 5, -5, 6), i(3, 3, -3, -3, 3)),
    (i(5, -5, 5, 2), u(3, 3, 255, 2)),
    (u(250, 5, 255, 3), u(10, 5, 2, 7)),
    (i(5, -5, 0, 9), f(1.5, 1.5, 2, -2)),
    (u(5, 250, 0, 9), f(1.5, 1.5, 2, -2)),
]
BOOL_PAIRS = [(i(5, -5, 0, 1), BOOLS), (u(5, 255, 0, 1), BOOLS), (BOOLS, f(1.5, 1, 2, -2))]


def binary_calls(op):
    calls = list(PAIRS)
    numbers = [(FLOATS, 2), (2, FLOATS), (INTS, 2), (INTS, 0.5), (BYTES, 3), (BYTES, 0.5), (BOOLS, 2)]
    if op == "power":
        why = "Keras refuses whole powers below 0; here they are cut to whole numbers"
        whole = [(i(2, -3, 7, 0), i(3, 3, 1, 0)), (i(2, -3, 7), u(3, 2, 1)), (u(2, 3, 5), u(3, 2, 0)), (INTS, 2), (BOOLS, 2)]
        return [
            *calls,
            (f(-2, -2, 0, 0, 0, 2, INF, -INF, 0.5, -0.5), f(2, 3, 0, 2, -1, NAN, 0, 3, -INF, 0.5)),
            (i(2, 3), f(0.5, -1)),
            (FLOATS, 2),
            (2, FLOATS),
            (u(20, 3), u(2, 8)),
            *whole,
            differs(why, lambda x, y: i(0, -1, 1, 0), i(2, -1, -1, 0), i(-1, -3, -2, -1)),
        ]
    if op == "mod":
        why = "Keras stops; here a whole number by 0 leaves 0, as in NumPy"
        return [
            *calls,
            (f(5.5, -5.5, 5.5, -5.5, 0, 6, 1, INF, NAN), f(3, 3, -3, -3, 2, -3, 0, 2, 1)),
            *WHOLE_PAIRS,
            (i(5, -5), b(True, True)),
            (INTS, 4),
            (-7, i(2, -2, 3)),
            differs("Keras gives int32; here a whole number keeps the dtype", "uint8", BYTES, 4),
            differs(why, lambda x, y: i(0, 0), i(5, -5), i(0, 0)),
        ]
    calls += [SPECIAL, *WHOLE_PAIRS, *BOOL_PAIRS, *numbers]
    if op in ("add", "subtract", "multiply"):
        return [*calls, (i(2**31 - 1, -(2**31), 2**30), i(1, -1, 5))]
    if op in ("maximum", "minimum", "less", "lessEqual", "greater", "greaterEqual"):
        why = "Keras refuses two bools; here false is below true"
        return [*calls, differs(why, getattr(np, snake(op)), BOOLS, b(True, True, False, False))]
    if op in ("equal", "notEqual", "logicalAnd", "logicalOr", "divide"):
        return [*calls, (BOOLS, b(True, True, False, True))]
    return calls


def snake(name):
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in name)


def axes_of(axes):
    return tuple(axes) if isinstance(axes, list) else axes


def reduction(function):
    return lambda x, axes=None, keep=False: function(x, axis=axes_of(axes), keepdims=keep)


REDUCTIONS = {
    "sum": reduction(ops.sum),
    "max": reduction(ops.max),
    "min": reduction(ops.min),
    "mean": reduction(ops.mean),
    "var": reduction(ops.var),
    "std": reduction(ops.std),
    "logsumexp": reduction(ops.logsumexp),
}
SPANS = [
    (CUBE,),
    (CUBE, -1),
    (CUBE, 0, True),
    (CUBE, -2),
    (CUBE, [0, 2]),
    (CUBE, [-1, 0], True),
    (CUBE, [1, 2]),
    (BLOCK, [0, 2]),
    (BLOCK, [-1, 1, -4], True),
    (CUBE, None, True),
    (f(2.5)[0, ...],),
    (BROKEN, 1),
]


def reduction_calls(op):
    calls = list(SPANS)
    if op == "logsumexp":
        empty = "Keras gives minus infinity for no elements, which have no maximum here: refused, so not called"
        assert np.isneginf(np.array(ops.logsumexp(f()))), empty
        return [
            *calls,
            (HUGE, 1),
            (HUGE, -1, True),
            (f(-INF),),
            differs(REFUSES, as_floats(op), i(1, 2, 3)),
        ]
    whole = [(WHOLE,), (WHOLE, [0, -1], True), (BOOLS,), (BOOLS.reshape(2, 2), 0)]
    if op == "sum":
        why = "Keras gives uint32, which Ceratops has not"
        narrow = [differs(why, "int32", BYTES), differs(why, "int32", BYTES.reshape(2, 2), 1, True)]
        return [*calls, *whole, *narrow, (EMPTY, 0), (EMPTY, 1), (EMPTY,), (i(2**31 - 1, 1),)]
    whole += [(BYTES,), (BYTES.reshape(2, 2), 1, True)]
    if op in ("max", "min"):
        why = "Keras refuses an empty operand; here only an empty axis is refused, as in NumPy"
        numpy = {"max": np.max, "min": np.min}[op]
        return [*calls, *whole, differs(why, lambda x, axis: numpy(x, axis), EMPTY, 1)]
    return [*calls, *whole, (EMPTY, 0)]


def softened(function):
    return lambda x, axes=-1: function(x, axis=axes_of(axes))


SOFT_CALLS = [(CUBE,), (CUBE, 0), (CUBE, -2), (CUBE, [0, 2]), (HUGE,), (HUGE, 0), (BROKEN,), (EMPTY,), (MATRIX, [0, 1])]


def argmax(x, axis=None, keepdims=False):
    return ops.argmax(x, axis=axis, keepdims=keepdims)


def take(x, indices, axis=None):
    return ops.take(x, indices, axis=axis)


def rows_or_nan(table, indices, _axis):
    found = np.full(indices.shape + table.shape[1:], NAN if table.dtype == "float32" else 0, table.dtype)
    inside = (indices >= 0) & (indices < table.shape[0])
    found[inside] = table[indices[inside]]
    return found


def scatter_add(indices, updates, rows):
    flat = ops.reshape(updates, (-1, *updates.shape[indices.ndim :]))
    return ops.segment_sum(flat, indices.reshape(-1), num_segments=rows)


def scatter_inside(indices, updates, rows):
    total = np.zeros((rows, *updates.shape[indices.ndim :]), updates.dtype)
    inside = (indices >= 0) & (indices < rows)
    np.add.at(total, indices[inside], updates[inside])
    return total


def matmul(x, y, options={}):
    x = ops.swapaxes(x, -1, -2) if options.get("transposeA") else x
    y = ops.swapaxes(y, -1, -2) if options.get("transposeB") else y
    return ops.matmul(x, y)


def pad(x, widths, mode="constant", value=None):
    # TensorFlow takes no one pair for all axes, as other backends do.
    pairs = np.broadcast_to(widths, (x.ndim, 2)).tolist()
    return ops.pad(x, pairs, mode=mode, constant_values=value)


def slice_(x, starts, sizes, strides=None):
    if strides is None:
        return ops.slice(x, starts, sizes)
    return x[tuple(slice(at, at + n * step, step) for at, n, step in zip(starts, sizes, strides))].copy()


def arange(start, stop=None, step=1, dtype=None):
    return ops.arange(start, stop, step, dtype=dtype)


def drawn(shape, seed):
    return dyadic(shape, seed, -32, 32, 1 / 8)


VECTORS = [f(1, 2), f(3), f(4, 5, 6)]

OTHERS = {
    "softmax": (softened(ops.softmax), [*SOFT_CALLS, differs(REFUSES, as_floats("softmax"), i([1, 2, 3]))]),
    "logSoftmax": (softened(ops.log_softmax), [*SOFT_CALLS, differs(REFUSES, as_floats("logSoftmax"), i([1, 2, 3]))]),
    "argmax": (
        argmax,
        [
            (CUBE, -1),
            (CUBE, 0),
            (CUBE, -2),
            (CUBE, 1, True),
            (CUBE, None, True),
            (f(1, 3, 3, 2), 0),
            (f([2, 2], [2, 2]), 0),
            (f(-INF, -INF), 0),
            (f(1, NAN, 3), 0),
            (f(NAN, NAN), 0),
            (f(NAN, 1, 3), 0),
            (f([NAN, 5], [1, 2]), 0),
            (WHOLE, 1),
            (u(3, 255, 255), 0),
            (b(False, True, True), -1),
            (np.zeros((2, 0), "float32"), 0),
            (FLOATS,),
            (CUBE,),
        ],
    ),
    "matmul": (
        matmul,
        [
            (drawn((2, 3), 11), drawn((3, 4), 12)),
            (drawn((1, 3), 13), drawn((3, 1), 14)),
            (drawn((3, 2), 15), drawn((3, 4), 16), {"transposeA": True}),
            (drawn((2, 3), 17), drawn((4, 3), 18), {"transposeB": True}),
            (drawn((3, 2), 19), drawn((4, 3), 20), {"transposeA": True, "transposeB": True}),
            (drawn((2, 2, 3), 21), drawn((3, 2), 22)),
            (drawn((2, 3, 2), 23), drawn((3, 2), 24), {"transposeA": True}),
            (drawn((2, 2, 3), 25), drawn((2, 3), 26), {"transposeB": True}),
            (drawn((2, 3), 27), drawn((2, 3, 2), 28)),
            (drawn((2, 2, 3), 29), drawn((2, 3, 2), 30)),
            (drawn((2, 1, 2, 3), 31), drawn((3, 3, 2), 32)),
            (drawn((2, 1, 2, 2), 33), drawn((1, 2, 2, 2), 34), {"transposeB": True}),
            (drawn((2, 2, 1, 2), 35), drawn((2, 3), 36)),
            (np.zeros((2, 0), "float32"), EMPTY),
            (EMPTY, drawn((3, 2), 37)),
            (np.zeros((2, 0, 3), "float32"), drawn((3, 2), 37)),
            (f([INF, 1]), f([1], [NAN])),
            (i([1, 2, 3]), f([1.5], [2], [-1])),
            (i([1, 2], [3, -4]), i([5, 6], [7, 8])),
            (i([1, 2], [3, -4]), i([5, 6], [7, 8]), {"transposeA": True, "transposeB": True}),
            (WHOLE, i([1, 2], [-3, 4], [5, 6])),
            (WHOLE, u([1], [2], [3])),
            (u([200, 2]), u([5], [6])),
            (b([True, False], [False, False]), b([True], [True])),
            (f(1, 2, 3), f(4, 5, 6)),
            (MATRIX, f(4, 5, 6)),
            (f(4, 5), MATRIX),
            (CUBE, f(1, -1, 0.5, 2)),
            (f(1, -1, 0.5), CUBE),
            (i(1, 2), i([1, 2], [3, 4])),
        ],
    ),
    "where": (
        ops.where,
        [
            (BOOLS, FLOATS, 0),
            (BOOLS, INTS, 0),
            (BOOLS, BYTES, 0),
            (BOOLS, BOOLS, 0),
            (BOOLS, INTS, 0.5),
            (BOOLS, INTS, FLOATS),
            (BOOLS, BYTES, INTS),
            (b([True], [False]), f(1, 2, 3), f([4], [5])),
            (b(True, False), 1.5, -2),
            (INTS, f(1, 2, 3, 4), f(5, 6, 7, 8)),
            (FLOATS, 1.5, f(NAN, INF, 0, -INF)),
            (b(), f(1), f(2)),
            (BOOLS, 1, 0),
            (BOOLS, 1, 0.5),
            (INTS, -7, 300),
        ],
    ),
    "cast": (
        ops.cast,
        [
            (f(1.75, -1.75, 0, -0.5, 300), "int32"),
            (f(1.75, 255.5, 0), "uint8"),
            (f(NAN, 0, -0.0, 0.125, -INF), "bool"),
            (i(256, 300, -1, 7), "uint8"),
            (i(0, -2, 16777217), "bool"),
            (i(0, -2, 16777217), "float32"),
            (BYTES, "int32"),
            (BYTES, "float32"),
            (BYTES, "bool"),
            (BOOLS, "float32"),
            (BOOLS, "int32"),
            (BOOLS, "uint8"),
            (FLOATS, "float32"),
            (EMPTY, "int32"),
        ],
    ),
    "broadcastTo": (
        ops.broadcast_to,
        [
            (f(1, 2, 3), [2, 3]),
            (f([1], [2]), [2, 3]),
            (i([1], [2]), [2, 2, 3]),
            (f(5)[0, ...], [2, 2]),
            (BOOLS, [2, 4]),
            (u([[1], [2]]), [3, 2, 2]),
            (MATRIX, [2, 3]),
            (f([1, 2, 3]), [0, 3]),
        ],
    ),
    "reshape": (
        ops.reshape,
        [
            (CUBE, [4, 6]),
            (CUBE, [-1]),
            (CUBE, [3, -1, 2]),
            (f(5), []),
            (i(1, 2, 3, 4), [2, -1]),
            (BOOLS, [2, 2]),
            (EMPTY, [3, 0]),
            (EMPTY, [-1, 1]),
            (MATRIX, [2, 3]),
        ],
    ),
    "transpose": (
        lambda x, order=None: ops.transpose(x, axes=order),
        [
            (MATRIX,),
            (CUBE,),
            (CUBE, [0, 2, 1]),
            (CUBE, [2, 0, 1]),
            (WHOLE, [1, 0, 2]),
            (BYTES.reshape(2, 2),),
            (EMPTY,),
            (FLOATS,),
            (BLOCK[:1], [3, 0, 2, 1]),
        ],
    ),
    "slice": (
        slice_,
        [
            (FLOATS, [1], [2]),
            (CUBE, [0, 1, 2], [2, 2, 1]),
            (WHOLE, [1, 0, 0], [1, 2, 3]),
            (BOOLS, [2], [2]),
            (FLOATS, [1], [0]),
            (FLOATS, [0], [2], [2]),
            (CUBE, [1, 0, 1], [1, 2, 2], [1, 2, 2]),
            (BYTES, [0], [2], [3]),
        ],
    ),
    "pad": (
        pad,
        [
            (MATRIX, [[1, 0], [0, 2]]),
            (MATRIX, 2),
            (MATRIX, [1, 2]),
            (MATRIX, [[0, 1]]),
            (FLOATS, [2, 1], "constant", -1.5),
            (INTS, [1, 1], "constant", 9),
            (BYTES, [1, 0]),
            (CUBE[:1], [[0, 1], [1, 0], [0, 1]]),
            (FLOATS, [0, 0]),
            (EMPTY, [[1, 1], [0, 0]], "constant", 0.5),
            (MATRIX, [[1, 1], [2, 1]], "reflect"),
            (MATRIX, [[2, 1], [3, 2]], "symmetric"),
            (INTS, [3, 2], "reflect"),
            (CUBE, [[0, 0], [1, 2], [0, 0]], "symmetric"),
        ],
    ),
    "concatenate": (
        lambda operands, axis=0: ops.concatenate(operands, axis=axis),
        [
            (VECTORS,),
            (VECTORS, -1),
            ([MATRIX, MATRIX + 1], 0),
            ([MATRIX, MATRIX[:, :1]], 1),
            ([CUBE, CUBE[:, :1]], -2),
            ([CUBE[:, :, :1], CUBE[:, :, :2]], -1),
            ([EMPTY, MATRIX],),
            ([INTS, FLOATS],),
            ([BYTES, INTS],),
            ([BOOLS, BYTES],),
            ([BOOLS, BOOLS],),
            ([FLOATS],),
        ],
    ),
    "stack": (
        lambda operands, axis=0: ops.stack(operands, axis=axis),
        [
            ([FLOATS, FLOATS + 1],),
            ([FLOATS, FLOATS + 1, FLOATS], 1),
            ([FLOATS, FLOATS + 1], -1),
            ([MATRIX, MATRIX + 1], -2),
            ([BOOLS, INTS],),
            ([BYTES, FLOATS], -1),
            ([EMPTY, EMPTY], 1),
            ([f(1)[0, ...], f(2)[0, ...]],),
        ],
    ),
    "flip": (
        lambda x, axes=None: ops.flip(x, axis=axes_of(axes)),
        [
            (FLOATS,),
            (CUBE,),
            (CUBE, 0),
            (CUBE, -1),
            (CUBE, [0, 2]),
            (CUBE, [-2, -1]),
            (WHOLE, 1),
            (BOOLS, 0),
            (BYTES, -1),
            (EMPTY, 0),
        ],
    ),
    "take": (
        take,
        [
            (FLOATS, i(3, 0, 0), 0),
            (MATRIX, i(1, 0, 1), 0),
            (MATRIX, i([1, 0], [0, 0]), 0),
            (MATRIX, i([1, 0], [0, 2]), 1),
            (MATRIX, i([1, 0], [0, 2]), -1),
            (CUBE, i(1)[0, ...], 0),
            (CUBE, i(1, 0, 1), 1),
            (CUBE, i([1, 0], [0, 1]), 1),
            (CUBE, i(0, 1)),
            (MATRIX, i([1, 0], [-1, 2])),
            (WHOLE, i(1, 1), 0),
            (BYTES, i(2, 2), 0),
            (BOOLS, i(1, 0), 0),
            (MATRIX, i(), 0),
            (FLOATS, i(0, -1), 0),
            (MATRIX, i(-1, -2), 0),
            differs("Keras refuses uint8 indices", rows_or_nan, MATRIX, u(1, 0), 0),
            differs("Keras stops; here a row outside is NaN", rows_or_nan, MATRIX, i(2, 0), 0),
            differs("Keras stops; here a row outside of whole numbers is 0", rows_or_nan, INTS, i(1, 4), 0),
        ],
    ),
    "scatterAdd": (
        scatter_add,
        [
            (i(0, 2, 0), f(1, 2, 4), 3),
            (i(1, 1), f([1, 2], [3, 4]), 3),
            (i(-1, 0, 1), f(1, 2, 4), 2),
            (i([0, 1], [1, 3]), f([1, 2], [4, 8]), 4),
            (i([2, 0]), f([[1, 2], [3, 4]]), 3),
            (i(0, 0), i(5, -7), 2),
            (i(), EMPTY, 2),
            differs("Keras stops; here an update outside is dropped", scatter_inside, i(0, 3, 1), f(1, 2, 4), 3),
        ],
    ),
    "expandDims": (
        ops.expand_dims,
        [(FLOATS, 0), (FLOATS, -1), (MATRIX, 1), (MATRIX, -2), (f(5)[0, ...], 0), (BOOLS, 1), (EMPTY, -1)],
    ),
    "squeeze": (
        lambda x, axes=None: ops.squeeze(x, axis=axes_of(axes)),
        [
            (CUBE[:1, :, :1],),
            (CUBE[:1, :, :1], 0),
            (CUBE[:1, :, :1], -1),
            (CUBE[:1, :, :1], [0, -1]),
            (f([[5]]),),
            (FLOATS,),
            (WHOLE[:, :1], 1),
            (EMPTY[:, :1], -1),
        ],
    ),
    "clip": (
        ops.clip,
        [
            (POINTS, -1, 2.5),
            (MATRIX, 0.5, 2),
            (INTS, -1, 5),
            (BYTES, 1, 9),
            (BOOLS, 0, 1),
            (EMPTY, 0, 1),
            differs("Keras refuses a fraction; here the result is float32", as_floats("clip"), INTS, -0.5, 2.5),
            differs("Keras gives the lower bound; here the upper, as in NumPy", lambda x, lo, hi: f(2, 2), f(1, 5), 3, 2),
        ],
    ),
    "oneHot": (
        lambda x, classes, axis=-1, dtype="float32": ops.one_hot(x, classes, axis=axis, dtype=dtype),
        [
            (i(0, 2, 1), 3),
            (i(-1, 3, 2, 100), 3),
            (i([0, 1], [2, 0]), 3),
            (i(1)[0, ...], 2),
            (u(0, 2), 3),
            (f(1.75, 0), 2),
            (i(1, 0), 2, -1, "int32"),
            (i(1, 0), 2, -1, "bool"),
            (i(1, 0), 3, 0),
            (i([0, 1], [2, 0]), 3, 1),
            (i([0, 1], [2, 0]), 3, 0, "int32"),
            (i(0, 1), 1),
            (i(), 4),
        ],
    ),
    "zeros": (
        lambda shape, dtype=None: ops.zeros(shape, dtype=dtype),
        [([2, 3],), ([],), ([0, 2],), ([2], "int32"), ([2], "bool"), ([3], "uint8")],
    ),
    "ones": (
        lambda shape, dtype=None: ops.ones(shape, dtype=dtype),
        [([2, 3],), ([],), ([0, 2],), ([2], "int32"), ([2], "bool"), ([3], "uint8")],
    ),
    "full": (
        lambda shape, value, dtype=None: ops.full(shape, value, dtype=dtype),
        [
            ([2, 3], 1.5),
            ([], 3),
            ([0, 2], 3),
            ([2], -7, "int32"),
            ([2], 200, "uint8"),
            ([2], 1, "bool"),
            ([2], INF),
            ([1], NAN),
        ],
    ),
    "arange": (
        arange,
        [
            (5,),
            (2, 6),
            (2, 9, 3),
            (5, 0, -2),
            (3, 3),
            (0,),
            (0, 1, 0.25),
            (2.5,),
            (-0.5, 2),
            (16777216, 16777220),
            (0, 5, 2, "float32"),
            (1, 0, -0.1),
        ],
    ),
}


COMPOSED = (ops_composed, ops_elementary, ops_arrays)
DIFFERENTIABLE = set().union(*(module.DIFFERENTIABLE for module in COMPOSED))
for module in COMPOSED:
    OTHERS.update(module.CALLS)


def reference(op, *args):
    function = UNARY.get(op) or BINARY.get(op) or REDUCTIONS.get(op) or OTHERS[op][0]
    return function(*args)


def stored(value):
    """A result as an array; a tuple or list of results as a list."""
    return [np.array(item) for item in value] if isinstance(value, (tuple, list)) else np.array(value)


def case(op, call):
    """One call: what Keras gives, and where Ceratops differs, what it gives and why."""
    special = call if isinstance(call, dict) else {}
    args = special.get("args", call)
    try:
        value = reference(op, *args)
        found, extra = stored(value), {"by": "numpy"} if isinstance(value, np.ndarray) else {}
    except Exception:  # Backends refuse with errors of many classes.
        if not special:
            raise
        found, extra = None, {}
    if special:
        ours = special["ours"]
        given = found.astype(ours) if isinstance(ours, str) else stored(ours(*args))
        extra["differs"] = {"why": special["why"], "result": given}
    # TensorFlow's gradient of a running product divides by its elements.
    divides = op == "cumprod" and (args[0] == 0).any()
    if op in DIFFERENTIABLE and not special and not divides:
        gradients = slopes(OTHERS[op][0], args)
        extra.update({"gradients": gradients} if gradients else {})
    return {"op": op, "args": args, "result": found, **extra}


def slopes(function, args):
    """The gradient of the results, each element times a weight, by every float32 operand (also in lists)."""
    import tensorflow as tf

    flat = tf.nest.flatten(list(args))
    chosen = [n for n, x in enumerate(flat) if isinstance(x, np.ndarray) and x.dtype == "float32"]
    if any(flat[n].size == 0 or not np.isfinite(flat[n]).all() for n in chosen):
        return None
    operands = [tf.constant(x) if isinstance(x, np.ndarray) else x for x in flat]
    with tf.GradientTape() as tape:
        for n in chosen:
            tape.watch(operands[n])
        results = tf.nest.flatten(function(*tf.nest.pack_sequence_as(list(args), operands)))
        results = [ops.reshape(y, [-1]) for y in results if y.dtype == "float32"]
        total = sum(ops.sum(y * f(*[i * 7 % 11 / 5 - 1 for i in range(y.shape[0])])) for y in results)
    if not chosen or not results:
        return None
    found = tape.gradient(total, [operands[n] for n in chosen], unconnected_gradients="zero")
    found = [np.array(tf.convert_to_tensor(g)) for g in found]
    return found if all(np.isfinite(g).all() for g in found) else None


def running(carries, rows, _fixed):
    return (carries[0] + rows[0],), (carries[0] * rows[0],)


def recurrent(carries, rows, fixed):
    state = ops.tanh(ops.matmul(rows[0], fixed[0]) + ops.matmul(carries[0], fixed[1]))
    return (state,), (state,)


def fibonacci(carries, _rows, _fixed):
    return (carries[1], carries[0] + carries[1]), (carries[0], carries[0] * carries[1])


def pairwise(carries, rows, _fixed):
    top = ops.maximum(carries[0], rows[0])
    return (top, carries[1] + rows[1]), (rows[0] - rows[1], top)


SCANS = [
    (running, 3, False, [f(0.5)[0, ...]], [f(1, 2, 3)], []),
    (running, 3, True, [f(0.5)[0, ...]], [f(1, 2, 3)], []),
    (running, 1, False, [FLOATS], [FLOATS[None]], []),
    (recurrent, 4, False, [drawn((2, 2), 41)], [drawn((4, 2, 3), 42)], [drawn((3, 2), 43), drawn((2, 2), 44)]),
    (recurrent, 4, True, [drawn((2, 2), 41)], [drawn((4, 2, 3), 42)], [drawn((3, 2), 43), drawn((2, 2), 44)]),
    (fibonacci, 6, False, [i(0)[0, ...], i(1)[0, ...]], [], []),
    (pairwise, 3, True, [f(-1, 0), f(0, 0)], [drawn((3, 2), 45), drawn((3, 2), 46)], []),
]


def scan_case(body, length, reverse, carries, scanned, fixed):
    """A loop: the last carried values, then the stacked results. The test holds the same body under the same name.

    Keras under TensorFlow wants as many stacked results as there are carried values.
    """
    last, stacked = ops.scan(
        lambda held, rows: body(held, rows, fixed),
        tuple(ops.convert_to_tensor(carry) for carry in carries),
        tuple(ops.convert_to_tensor(rows) for rows in scanned) or None,
        length=length,
        reverse=reverse,
    )
    return {
        "op": "scan",
        "args": [body.__name__, {"length": length, "reverse": reverse}, carries, scanned, fixed],
        "result": [*stored(last), *stored(stacked)],
    }


DTYPES = ("float32", "int32", "uint8", "bool")


def brief(value):
    """Floats with only the digits that tell float32 apart."""
    if isinstance(value, np.ndarray):
        data = [float(str(x)) if value.dtype == "float32" else x.item() for x in value.reshape(-1)]
        return {"shape": list(value.shape), "dtype": str(value.dtype), "data": data}
    if isinstance(value, dict):
        return {key: brief(item) for key, item in value.items()}
    return [brief(item) for item in value] if isinstance(value, (list, tuple)) else value


def pooled(value, pool):
    """`value` with each array replaced by "#" and its place in `pool`, where equal arrays are one."""
    if isinstance(value, dict) and "data" in value:
        return f"#{pool.setdefault(dumps(value), len(pool))}"
    if isinstance(value, dict):
        return {key: pooled(item, pool) for key, item in value.items()}
    return [pooled(item, pool) for item in value] if isinstance(value, list) else value


def make():
    with np.errstate(all="ignore"):
        cases = [case(op, call) for op in UNARY for call in unary_calls(op)]
        cases += [case(op, call) for op in BINARY for call in binary_calls(op)]
        cases += [case(op, call) for op in REDUCTIONS for call in reduction_calls(op)]
        cases += [case(op, call) for op, (_, calls) in OTHERS.items() for call in calls]
    cases += [scan_case(*call) for call in SCANS]
    for item in cases:
        expected = item["differs"]["result"] if "differs" in item else item["result"]
        for result in expected if isinstance(expected, list) else [expected]:
            assert result.dtype in DTYPES, f"{item['op']}: {result.dtype} is no dtype of Ceratops; say how it differs"
    pool = {}
    cases = [pooled(brief(item), pool) for item in cases]
    return {"cases": cases, "arrays": [json.loads(text) for text in pool]}
