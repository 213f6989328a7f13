"""Smaller functions of NumPy: calls in Ceratops' terms, and what keras.ops gives for them. The cases are like those of ops.py."""

import json

import numpy as np
from keras import ops

from operands import *
from ops import brief, differs, drawn, pooled, slopes, stored

GAPS = f([1, NAN, 3, -2], [NAN, 0.5, NAN, 8])
PLACES = f(-2.5, 0, 1.5, 3, -0.75)

MANY = i(0, 1, -1, 0x55555555, -0x55555556, 2**31 - 1, -(2**31), 12345)
NO_BOOLS = "TensorFlow refuses bools; here as in NumPy"
SHORTER = "TensorFlow takes the first for the longer; here as in NumPy"
EDGES = "Keras cuts the edges to whole numbers; here they are floats"
EMPTY_ROWS = f([1, NAN, 3, -2], [NAN, NAN, NAN, NAN], [0.5, 0.25, NAN, 8])
PAIRS_OF_BITS = {"bitwiseAnd": ops.bitwise_and, "bitwiseOr": ops.bitwise_or, "bitwiseXor": ops.bitwise_xor}
BITS = [(INTS, i(1, 6, -1, 3)), (BYTES, u(3, 255, 15, 1)), (INTS, BYTES), (MANY, MANY[:, None]), (INTS, 5)]
TURNED = {"bitwiseNot": ops.bitwise_not, "bitwiseInvert": ops.bitwise_invert}
SHIFTED = {"leftShift": ops.left_shift, "rightShift": ops.right_shift, "bitwiseLeftShift": ops.bitwise_left_shift, "bitwiseRightShift": ops.bitwise_right_shift}
SHIFTS = [(INTS, i(1, 2, 3, 4)), (BYTES, u(1, 2, 3, 7)), (MANY, i([0], [1], [7], [30], [31])), (INTS, BYTES % 8)]
ORDERED = "every order of the parts is right; here they are sorted"
FURTHEST = "TensorFlow gives the furthest finite number for a segment without rows; here an infinity, as on JAX"


def furthest(join, missing):
    return lambda x, ids, segments: np.array([join(x[ids == n], initial=missing) for n in range(segments)], x.dtype)


SEGMENTED = {
    "segmentMax": (ops.segment_max, [differs(FURTHEST, furthest(np.max, -INF), f(1, 3, 2), i(0, 2, 2), 4)]),
    "segmentMin": (ops.segment_min, [differs(FURTHEST, furthest(np.min, INF), f(1, 3, 2), i(0, 2, 2), 4)]),
    "segmentProd": (ops.segment_prod, [(f(1, 3, 2), i(0, 2, 2), 4)]),
}


def in_order(x, _kth, axis=-1):
    return np.argsort(x, axis=axis, kind="stable").astype("int32")


def counted(x, bins):
    counts, edges = np.histogram(x, bins)
    return counts.astype(x.dtype), edges.astype("float32")


CALLS = {
    "cbrt": (ops.cbrt, [(f(0, 1, -8, 27, 0.001, -1e6),), (MATRIX,), (INTS,)]),
    "fabs": (ops.fabs, [(CUBE,), (FLOATS,)]),
    "fmax": (ops.fmax, [(f(1, NAN, 3, NAN), f(2, 5, NAN, NAN)), (MATRIX, f(1, 2, 0.5)), (INTS, i(1, 2, 3, 4))]),
    "fmin": (ops.fmin, [(f(1, NAN, 3, NAN), f(2, 5, NAN, NAN)), (MATRIX, f(1, 2, 0.5)), (INTS, i(1, 2, 3, 4))]),
    "fmod": (ops.fmod, [(PLACES, f(1, 2, -1, 2, 0.5)), (INTS, i(2, 3, 4, -4))]),
    "heaviside": (ops.heaviside, [(PLACES, f(0.5, 0.5, 0.5, 0.5, 0.5)), (f(0, -1), f(7, 7))]),
    "hypot": (ops.hypot, [(f(3, 0, -5, 1e20), f(4, 0, 12, 1e20)), (MATRIX, f(1, 2, 3))]),
    "isneginf": (ops.isneginf, [(f(INF, -INF, NAN, 1),), (MATRIX,)]),
    "isposinf": (ops.isposinf, [(f(INF, -INF, NAN, 1),), (MATRIX,)]),
    "ldexp": (ops.ldexp, [(f(1, 0.5, -3), i(3, -2, 4)), (MATRIX, i(1, 0, -1))]),
    "logaddexp2": (ops.logaddexp2, [(f(0, 1, 100), f(0, 3, 101)), (MATRIX, f(1, -2, 0))]),
    "empty": (lambda shape, dtype=None: ops.multiply(ops.empty(shape, dtype=dtype), 0), [([2, 3],), ([4], "int32")]),
    "tri": (lambda n, m=None, k=0, dtype=None: ops.tri(n, m, k, dtype=dtype), [(3,), (2, 4), (3, 3, 1), (4, 2, -1, "int32")]),
    "dstack": (ops.dstack, [([FLOATS, FLOATS + 1],), ([MATRIX, MATRIX * 2],), ([CUBE, CUBE],)]),
    "vsplit": (lambda x, n: tuple(ops.vsplit(x, n)), [(CUBE, 2), (MATRIX, [1])]),
    "hsplit": (lambda x, n: tuple(ops.hsplit(x, n)), [(CUBE, 3), (MATRIX, 3)]),
    "dsplit": (lambda x, n: tuple(ops.dsplit(x, n)), [(CUBE, 2), (CUBE, [1, 3])]),
    "kron": (ops.kron, [(f(1, 2), f(3, 4, 5)), (MATRIX, f([1, -1], [0, 2])), (i([1, 2]), i([3], [4]))]),
    "nancumsum": (lambda x, axis=None: ops.nancumsum(x, axis=axis), [(GAPS,), (GAPS, 1), (GAPS, 0), (MATRIX, -1)]),
    "nancumprod": (lambda x, axis=None: ops.nancumprod(x, axis=axis), [(GAPS,), (GAPS, 1), (GAPS, 0), (MATRIX, -1)]),
    "trapezoid": (
        lambda y, x=None, dx=1.0, axis=-1: ops.trapezoid(y, x, dx, axis),
        [(FLOATS,), (CUBE, None, 0.5), (CUBE, None, 1, 1), (MATRIX, f(0, 1, 4)), (CUBE, CUBE * 2, 1, 1)],
    ),
    "unravelIndex": (lambda x, shape: tuple(ops.unravel_index(x, tuple(shape))), [(i(0, 5, 23, 7), [2, 3, 4]), (i([1, 2], [3, 0]), [2, 2])]),
    "cdist": (ops.cdist, [(MATRIX, f([1, 2, 3], [0, 0, 0])), (CUBE, CUBE[:, :2] + 1)]),
    **{name: (function, BITS) for name, function in PAIRS_OF_BITS.items()},
    **{name: (function, [(INTS,), (BYTES,), (MANY,), differs(NO_BOOLS, np.bitwise_not, BOOLS)]) for name, function in TURNED.items()},
    **{name: (function, SHIFTS) for name, function in SHIFTED.items()},
    "erfc": (ops.erfc, [(f(0, -0.0, 0.5, -0.5, 1, -1, 2, 3, 4, -4, 6, INF, -INF, NAN),), (MATRIX,), (CUBE,)]),
    "i0": (ops.i0, [(f(0, -0.0, 0.5, -2, 3.75, 5, -20, 80, 100, NAN),), (MATRIX,), (INTS,)]),
    "signbit": (ops.signbit, [(f(0, -0.0, 1, -1, INF, -INF, 1e-45, -1e-45),), (INTS,), (BYTES,), (BOOLS,)]),
    "gcd": (ops.gcd, [(i(12, -8, 0, 0, 7, 1134903170), i(18, 12, 5, 0, 13, 701408733)), (BYTES, u(3, 0, 15, 14)), (INTS, i([2], [7]))]),
    "lcm": (ops.lcm, [(i(4, -6, 0, 0, 7), i(6, 4, 5, 0, 13)), (BYTES, u(3, 0, 1, 14)), (INTS, i([2], [7]))]),
    "corrcoef": (ops.corrcoef, [(drawn((3, 6), 120),), (WHOLE[0],), differs("TensorFlow refuses vectors; here as in NumPy", lambda x: f(1)[0, ...], FLOATS)]),
    "correlate": (
        ops.correlate,
        [
            *[(FLOATS, f(1, -2), mode) for mode in ("valid", "same", "full")],
            *[(f(1, 2, 3, 4, 5), f(0.5, 1, -1), mode) for mode in ("valid", "same", "full")],
            *[differs(SHORTER, np.correlate, f(1, 2, 3), drawn((6,), 121), mode) for mode in ("valid",)],
            *[differs(SHORTER, np.correlate, f(1, 2), drawn((5,), 122), mode) for mode in ("valid", "same")],
            (INTS, i(1, 2)),
            (f(2), f(3)),
        ],
    ),
    "geomspace": (
        lambda start, stop, num=50, endpoint=True, dtype=None, axis=0: ops.geomspace(start, stop, num, endpoint, dtype, axis),
        [(1, 1000, 4), (1, 256, 9, False), (-2, -32, 5), (f(1, 2), f(16, 54), 3), differs("TensorFlow stops for signs along another axis; here as in NumPy", lambda *a: np.geomspace(f(1, -2), f(16, -54), 4, False, axis=1).astype("float32"), f(1, -2), f(16, -54), 4, False, "float32", 1), (1, 8, 4, True, "float32")],
    ),
    "emptyLike": (lambda x, dtype=None: ops.multiply(ops.empty_like(x, dtype=dtype), 0), [(MATRIX,), (INTS,), (MATRIX, "int32")]),
    "histogram": (
        lambda x, bins=10, range=None: tuple(ops.histogram(x, bins, tuple(range) if range else None)),
        [(f(1, 2, 2, 4, 3.5, 0.25), 4), (drawn((40,), 123),), (f(1, 2, 2, 4, 9), 3, [1, 4]), (f(2, 2), 2, [2, 4]), (f(NAN, 1, 2), 2, [0, 2]), differs(EDGES, counted, INTS, 3)],
    ),
    "nanargmax": (ops.nanargmax, [(GAPS,), (EMPTY_ROWS, 1), (EMPTY_ROWS, 1, True), (MATRIX, 0), (INTS,)]),
    "nanargmin": (ops.nanargmin, [(GAPS,), (EMPTY_ROWS, 1), (EMPTY_ROWS, 1, True), (MATRIX, 0), (INTS,)]),
    "nanmedian": (lambda x, axis=None, keepdims=False: ops.nanmedian(x, axis, keepdims), [(GAPS,), (EMPTY_ROWS, 1), (GAPS, 0, False), (EMPTY_ROWS, 1, True), (CUBE, -1)]),
    "nanquantile": (lambda x, q, axis=None, keepdims=False: ops.nanquantile(x, q, axis, keepdims=keepdims), [(GAPS, 0.3), (EMPTY_ROWS, 0.9, 1), (EMPTY_ROWS, 0.25, 1, True), (MATRIX, 1, 0)]),
    "nanpercentile": (lambda x, q, axis=None, keepdims=False: ops.nanpercentile(x, q, axis, keepdims=keepdims), [(GAPS, 30), (EMPTY_ROWS, 90, 1)]),
    "vander": (ops.vander, [(FLOATS,), (FLOATS, 3), (FLOATS, 2, True), (INTS, 4), (INTS, 0), (f(0, 2), 3)]),
    "rearrange": (
        lambda x, pattern, lengths={}: ops.rearrange(x, pattern, **lengths),
        [
            (CUBE, "b h w -> b w h"),
            (CUBE, "b h w -> (b h) w"),
            (CUBE, "b h w -> h (b w)"),
            (CUBE, "b h (w1 w) -> (b w1) h w", {"w1": 2}),
            (BLOCK, "b c (h h1) (w w1) -> b (c h1 w1) h w", {"h1": 2, "w1": 1}),
            (INTS, "(a b) -> b a", {"a": 2}),
        ],
    ),
    **{
        name: (function, [(CUBE[0], i(0, 2, 1), 3), (drawn((7, 2), 124), i(1, 0, 1, 3, 2, 1, 0), 4), (INTS, i(1, 1, 0, 1), 3), (f(1, 2, 4, 8), i(0, -1, 1, 0), 2), *empty])
        for name, (function, empty) in SEGMENTED.items()
    },
    "argpartition": (
        lambda x, kth, axis=-1: ops.argpartition(x, kth, axis),
        [differs(ORDERED, in_order, *call) for call in [(f(7, 2.5, 9, -1, 3, 0.5), 2), (CUBE, 1, 1), (i(5, 1, 4, 1), -2)]],
    ),
    "scatterUpdate": (
        lambda inputs, indices, updates, reduction=None: ops.scatter_update(inputs, indices, updates, reduction),
        [
            (FLOATS, i([1], [3]), f(8, 9)),
            (CUBE, i([1, 0], [0, 2]), drawn((2, 4), 126)),
            (CUBE, i([1, 0, 3]), f(7)),
            (INTS, i([0], [2]), i(-5, 6)),
            *[(FLOATS, i([1], [3], [1]), f(8, -9, 0.5), reduction) for reduction in ("add", "max", "min", "mul")],
            *[(MATRIX, i([1], [1]), f([2, -1, 5], [4, 0.5, 1]), reduction) for reduction in ("add", "max", "min", "mul")],
            differs("TensorFlow stops; here what lies outside is dropped", lambda *a: f(1.5, 5, -0.5, 4), FLOATS, i([4], [1], [-1]), f(8, 5, 2)),
        ],
    ),
}
DIFFERENTIABLE = {"erfc", "i0", "corrcoef", "correlate", "vander", "rearrange", "nanmedian", "nanquantile", "scatterUpdate", *SEGMENTED}


def gradients_of(function, args):
    """The gradients where TensorFlow has them."""
    try:
        return slopes(function, args)
    except NotImplementedError:
        return None


def case(op, call, function, is_differentiable):
    if not isinstance(call, dict):
        found = {"op": op, "args": call, "result": stored(function(*call))}
        gradients = gradients_of(function, call) if is_differentiable else None
        return {**found, **({"gradients": gradients} if gradients else {})}
    try:
        result = stored(function(*call["args"]))
    except Exception:  # Backends refuse with errors of many classes.
        result = None
    return {"op": op, "args": call["args"], "result": result, "differs": {"why": call["why"], "result": stored(call["ours"](*call["args"]))}}


def made(calls, differentiable):
    """The content of a file of calls."""
    cases = [case(op, call, function, op in differentiable) for op, (function, list_) in calls.items() for call in list_]
    pool = {}
    found = pooled([brief(each) for each in cases], pool)
    return {"arrays": [json.loads(text) for text in pool], "cases": found}


def make():
    return made(CALLS, DIFFERENTIABLE)
