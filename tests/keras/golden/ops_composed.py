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

def reduced(function):
    return lambda x, axes=None, keep=False: function(x, axis=axes_of(axes), keepdims=keep)


ARRANGING = {
    "split": (
        lambda x, parts, axis=0: tuple(ops.split(x, parts, axis=axis)),
        [(REPEATED, 4), (CUBE, 3, 1), (CUBE, [1, 3], 2), (CUBE, [2], -2), (WHOLE, 2), (BYTES, [1, 1, 3]), (BOOLS, 1)],
    ),
    "repeat": (
        lambda x, repeats, axis=None: ops.repeat(x, repeats, axis=axis),
        [(MATRIX, 2), (MATRIX, 3, 0), (CUBE, 2, 1), (WHOLE, 2, -1), (BOOLS, 2, 0)],
    ),
    "tile": (ops.tile, [(MATRIX, 2), (MATRIX, [2, 3]), (CUBE, [2, 1]), (FLOATS, [2, 2, 3]), (WHOLE, [1, 2, 1]), (BYTES, 3)]),
    "roll": (
        lambda x, shift, axis=None: ops.roll(x, shift, axis=axis),
        [(REPEATED, 3), (CUBE, -1, 1), (CUBE, 5, 2), (MATRIX, 1), (WHOLE, 1, 0), (CUBE, 0, 0)],
    ),
    "moveaxis": (ops.moveaxis, [(CUBE, 0, -1), (CUBE, -1, 0), (BLOCK, [0, 1], [2, 0]), (WHOLE, 1, 0)]),
    "swapaxes": (ops.swapaxes, [(CUBE, 0, -1), (CUBE, 1, 1), (WHOLE, -1, -2)]),
    "ravel": (ops.ravel, [(CUBE,), (WHOLE,), (EMPTY,)]),
    "vstack": (ops.vstack, [differs("TensorFlow joins vectors end to end; here they are rows, as in NumPy", np.vstack, [FLOATS, FLOATS]), ([MATRIX, MATRIX[:1]],), ([INTS.reshape(1, 4), FLOATS.reshape(1, 4)],)]),
    "hstack": (ops.hstack, [([FLOATS, f(1)],), ([MATRIX, MATRIX[:, :1]],), ([CUBE, CUBE[:, :1]],)]),
    "meshgrid": (
        lambda vectors, indexing="xy": tuple(ops.meshgrid(*vectors, indexing=indexing)),
        [([f(1, 2, 3), f(4, 5)],), ([f(1, 2, 3), f(4, 5)], "ij"), ([f(1, 2), f(3), f(4, 5, 6)],), ([i(1, 2)],)],
    ),
    "segmentSum": (
        lambda data, ids, count: ops.segment_sum(data, ids, num_segments=count),
        [(FLOATS, i(0, 2, 0, 1), 3), (MATRIX, i(1, 1), 2), (INTS, i(0, 0, 1, 3), 4)],
    ),
}

SQUARE = dyadic((4, 4), 51, -64, 64, 1 / 16)
MATRICES = {
    "eye": (lambda rows, columns=None, k=0, dtype="float32": ops.eye(rows, columns, k, dtype=dtype), [(3,), differs("TensorFlow adds rows and columns; here as in NumPy", lambda *a: np.eye(*a, dtype="float32"), 2, 4, 1), differs("TensorFlow fills another diagonal; here as in NumPy", lambda *a: np.eye(*a, dtype="float32"), 4, 2, -1), (2, 2, 0, "int32"), (2, 3, 0, "bool")]),
    "tril": (ops.tril, [(SQUARE,), (SQUARE, 1), (CUBE, -1), (WHOLE,), (WHOLE, -2)]),
    "triu": (ops.triu, [(SQUARE,), (SQUARE, 1), (CUBE, -1), (WHOLE,)]),
    "outer": (ops.outer, [(f(1, 2, 3), f(4, 5)), (MATRIX, f(2, -1)), (i(1, 2), i(3, 4))]),
    "tensordot": (
        ops.tensordot,
        [(CUBE, dyadic((3, 4, 2), 52), 2), (MATRIX, dyadic((3, 2), 53), 1), (CUBE, CUBE, [[0, 2], [0, 2]]), (f(1, 2), f(3, 4), 0), (CUBE, MATRIX, [1, 1])],
    ),
    "einsum": (
        ops.einsum,
        [
            ("ij,jk->ik", MATRIX, dyadic((3, 2), 53)),
            ("ij,jk", MATRIX, dyadic((3, 2), 53)),
            ("ij->ji", MATRIX),
            ("ij->", MATRIX),
            differs("TensorFlow keeps the order; here labels are sorted, as in NumPy", np.einsum, "ba", MATRIX),
            ("bqhd,bkhd->bhqk", dyadic((2, 3, 2, 4), 54), dyadic((2, 5, 2, 4), 55)),
            ("...ij,...jk->...ik", CUBE, dyadic((4, 2), 56)),
            ("...ij,jk->...k", CUBE, dyadic((4, 2), 56)),
            ("abc,cd,d->ab", CUBE, dyadic((4, 2), 56), f(0.5, -2)),
            ("i,j->ij", f(1, 2), f(3, 4, 5)),
            ("ijk,ijk->k", CUBE, CUBE),
            ("ij,ij->ij", MATRIX, MATRIX),
            ("ij,jk->ik", i([1, 2], [3, 4]), i([5, 6], [7, 8])),
        ],
    ),
}



def attention(query, key, value, options={}):
    given = {"bias": None, "mask": None, "scale": None, "isCausal": False, **options}
    return ops.dot_product_attention(
        query, key, value, bias=given["bias"], mask=given["mask"], scale=given["scale"], is_causal=given["isCausal"]
    )


QUERIES, KEYS, VALUES = (dyadic((2, n, 2, 3), seed, -48, 48, 1 / 32) for n, seed in ((4, 61), (5, 62), (5, 63)))
SEEN = dyadic((2, 1, 4, 5), 64, -3, 4, 1) > 0
ATTENTION = {
    "dotProductAttention": (
        attention,
        [
            (QUERIES, KEYS, VALUES),
            (QUERIES, KEYS, VALUES, {"isCausal": True}),
            (QUERIES, KEYS, VALUES, {"mask": SEEN, "scale": 2}),
            (QUERIES, KEYS, VALUES, {"mask": SEEN[:1], "isCausal": True}),
            (np.concatenate([QUERIES, -QUERIES], 2), KEYS, VALUES),
            (QUERIES, KEYS, VALUES, {"bias": dyadic((2, 4, 5), 65), "isCausal": True}),
        ],
    ),
}

def ctc_decode(inputs, lengths, options={}):
    given = {"strategy": "greedy", "mergeRepeated": True, "maskIndex": 0, **options}
    return ops.ctc_decode(
        inputs, lengths, given["strategy"], merge_repeated=given["mergeRepeated"], mask_index=given["maskIndex"]
    )


# Of few different values, so that classes stay the likeliest for several steps. Beam searches: ctc_decode.py.
SPOKEN = dyadic((3, 8, 3), 66, -3, 4, 0.5) + f([[0.25, 0.5, 0]])
DECODING = {
    "ctcDecode": (
        ctc_decode,
        [
            (SPOKEN, i(8, 5, 0)),
            (SPOKEN, i(8, 5, 1), {"mergeRepeated": False}),
            (SPOKEN, i(8, 8, 8), {"maskIndex": 2}),
            (SPOKEN, i(3, 7, 8), {"maskIndex": -1}),
            (WHOLE, i(2, 1), {"maskIndex": 1, "mergeRepeated": False}),
        ],
    ),
}

BITS = b([True, False], [True, True])
STATISTICS = {
    "argmin": (
        lambda x, axis=None, keepdims=False: ops.argmin(x, axis=axis, keepdims=keepdims),
        [(REPEATED,), (CUBE, 1), (CUBE, 1, True), (CUBE, None, True), (CUBE,), (WHOLE, -1), (BYTES, 0), (f(1, NAN, 0), 0), (i(-(2**31), 5), 0)],
    ),
    "any": (reduced(ops.any), [(BITS,), (BITS, 0), (BITS, 1, True), (MATRIX, 0), (INTS,), (EMPTY, 0), (EMPTY, 1)]),
    "all": (reduced(ops.all), [(BITS,), (BITS, 0), (BITS, 1, True), (MATRIX, 0), (INTS,), (EMPTY, 0), (EMPTY, 1)]),
    "countNonzero": (lambda x, axes=None: ops.count_nonzero(x, axis=axes_of(axes)), [(INTS,), (WHOLE, 1), (BITS, 0), (f(0, -0.0, NAN, 1),)]),
    "isfinite": (ops.isfinite, [(POINTS,), (INTS,)]),
    "isinf": (ops.isinf, [(POINTS,), (INTS,)]),
    "logicalXor": (ops.logical_xor, [(BOOLS, b(True, True, False, False)), (INTS, BOOLS), (BITS, b(True, False))]),
    "prod": (reduced(ops.prod), [(f(2, -1, 0.5, 3, -2),), (CUBE[:, :, :2], 1), (MATRIX, 0, True), (MATRIX,), (WHOLE[:, :, :1], 0), (EMPTY, 0), (EMPTY, 1)]),
    "moments": (lambda x, axes, keep=False: tuple(ops.moments(x, axes_of(axes), keepdims=keep)), [(CUBE, [0, 2]), (CUBE, [-1], True), (MATRIX, [0, 1])]),
    "norm": (
        lambda x, order=None, axes=None, keep=False: ops.norm(x, order, axis=axes_of(axes), keepdims=keep),
        [(MATRIX,), (CUBE, None, 1), (CUBE, None, [0, 2], True), (MATRIX, 1, 0), (MATRIX, 2, -1), (MATRIX, 3, 1), (REPEATED, 0, 0), (MATRIX, INF, 1), (MATRIX, -INF, 0, True), (INTS,)],
    ),
}

DIFFERENTIABLE |= {*ARRANGING, *MATRICES, *ATTENTION, "prod", "moments", "norm"}
CALLS = {**ORDERING, **CUMULATIVE, **ARRANGING, **MATRICES, **ATTENTION, **STATISTICS, **DECODING}
