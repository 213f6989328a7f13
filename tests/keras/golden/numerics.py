"""Smaller functions of NumPy: calls in Ceratops' terms, and what keras.ops gives for them. The cases are like those of ops.py."""

import json

from keras import ops

from operands import *
from ops import brief, pooled, stored

GAPS = f([1, NAN, 3, -2], [NAN, 0.5, NAN, 8])
PLACES = f(-2.5, 0, 1.5, 3, -0.75)

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
}


def make():
    cases = [{"op": op, "args": args, "result": stored(function(*args))} for op, (function, calls) in CALLS.items() for args in calls]
    pool = {}
    found = pooled([brief(each) for each in cases], pool)
    return {"arrays": [json.loads(text) for text in pool], "cases": found}
