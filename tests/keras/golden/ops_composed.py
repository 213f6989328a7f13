"""The ops that are composed of others: what Keras gives for them, and which are held to its gradients too."""

import numpy as np
from keras import ops

from operands import *

DIFFERENTIABLE = {"sort", "topK", "takeAlongAxis", "median", "quantile", "cumsum", "cumprod", "diff"}


def axes_of(axes):
    return tuple(axes) if isinstance(axes, list) else axes


def differs(why, ours, *args):
    return {"why": why, "ours": ours, "args": args}


def top_k(x, k):
    return tuple(ops.top_k(x, k))


REPEATED = f(2, -1, 2, 0, 5, -1, 2, 7)
NAN_SORTS = "TensorFlow leaves a NaN anywhere; here it is the largest"

ORDERING = {
    "sort": (
        lambda x, axis=-1: ops.sort(x, axis=axis),
        [(REPEATED,), (CUBE,), (CUBE, 0), (CUBE, 1), (WHOLE, 1), (BYTES,), (BOOLS,), differs(NAN_SORTS, np.sort, f(3, NAN, 1, -INF, INF)), (EMPTY, 0), (MATRIX, -2)],
    ),
    "argsort": (
        lambda x, axis=-1: ops.argsort(x, axis=axis),
        [
            (REPEATED,),
            (CUBE,),
            (CUBE, 0),
            (CUBE, 1),
            (WHOLE, 1),
            (BYTES,),
            (f(0, -0.0, 0, -1),),
            (b(True, False, True, True),),
            differs(NAN_SORTS, lambda x: i(2, 0, 3, 1, 4), f(3, NAN, 1, 3, NAN)),
        ],
    ),
    "topK": (
        top_k,
        [(REPEATED, 3), (REPEATED, 8), (CUBE, 2), (WHOLE, 1), (BYTES, 2), (f(-0.0, 0, -0.0), 2), (MATRIX, 1)],
    ),
    "inTopK": (
        ops.in_top_k,
        [
            (i(1, 0, 2), f([0.1, 0.9, 0.8], [0.1, 0.9, 0.8], [0.5, 0.5, 0.5]), 1),
            (i(0, 1, 2), f([1, 2, 3], [1, 2, 3], [1, 2, 3]), 2),
            (i(5, -1), f([1, 2, 3], [1, 2, 3]), 3),
            (i(0, 1, 2, 1), f([NAN, 1, 2], [1, INF, 2], [5, 5, 5], [1, 2, -INF]), 2),
            (i(3, 0), MATRIX, 4),
        ],
    ),
    "takeAlongAxis": (
        lambda x, indices, axis=None: ops.take_along_axis(x, indices, axis=axis),
        [
            (MATRIX, i([2], [0]), 1),
            (MATRIX, i([1, 0, 1]), 0),
            (CUBE, i([[0], [2], [1]], [[3], [-1], [0]]), 2),
            (CUBE, i([[2, 0, 1, 0]]), 1),
            (WHOLE, i([[1], [0]], [[0], [1]]), -2),
            (BYTES, i(3, 0, 0, -1), 0),
            (MATRIX, i(5, 0, -1)),
        ],
    ),
    "median": (
        lambda x, axes=None, keep=False: ops.median(x, axis=axes_of(axes), keepdims=keep),
        [(REPEATED,), (CUBE,), (CUBE, 1), (CUBE, [0, 2]), (CUBE, -1, True), (MATRIX, 0), (WHOLE, 2), (BROKEN[:1],)],
    ),
    "quantile": (
        lambda x, q, axes=None, keep=False: ops.quantile(x, q, axis=axes_of(axes), keepdims=keep),
        [(REPEATED, 0.25), (REPEATED, 0), (REPEATED, 1), (CUBE, 0.9, 1), (CUBE, 0.3, [0, 2], True), (MATRIX, 0.5, 0), (WHOLE, 0.75, -1)],
    ),
}

CUMULATIVE = {
    "cumsum": (
        lambda x, axis=None: ops.cumsum(x, axis=axis),
        [(REPEATED, 0), (CUBE, 0), (CUBE, 1), (CUBE, -1), (CUBE,), (WHOLE, 2), (BOOLS, 0), (EMPTY, 0), (EMPTY, 1), (f(1, INF, -INF, NAN), 0), (BYTES, 0)],
    ),
    "cumprod": (
        lambda x, axis=None: ops.cumprod(x, axis=axis),
        [(REPEATED, 0), (f(2, -1, 0.5, 3, -2), 0), (CUBE[:, :, :1], 1), (CUBE, -1), (MATRIX,), (WHOLE, 1), (BOOLS, 0), (EMPTY, 1)],
    ),
    "diff": (
        lambda x, n=1, axis=-1: ops.diff(x, n=n, axis=axis),
        [(REPEATED,), (CUBE,), (CUBE, 2), (CUBE, 1, 0), (CUBE, 3, 1), (WHOLE, 1, 1), (BOOLS,), (MATRIX, 0)],
    ),
}

CALLS = {**ORDERING, **CUMULATIVE}
