"""Linear algebra: calls in Ceratops' terms, and what keras.ops gives for them. The cases are like those of ops.py.

The vectors of `eigh` and `svd` have no defined signs: "spectra" has matrices with their values alone.
"""

import numpy as np
import scipy.linalg
from keras import ops

from numerics import made
from operands import *
from ops import brief, differs, drawn, stored


def positive(shape, seed):
    """Symmetric, positive definite matrices."""
    x = drawn(shape, seed)
    return (x @ np.swapaxes(x, -1, -2) / shape[-1] + np.eye(shape[-1])).astype("float32")


SQUARE, SQUARES = drawn((3, 3), 150) + np.eye(3, dtype="float32"), drawn((2, 3, 3), 151) + 2 * np.eye(3, dtype="float32")
TALL, FLAT = drawn((4, 2), 152), drawn((2, 3, 5), 153)
ONE = f([-2.5])
ROWS, COLUMNS = drawn((3,), 154), drawn((3, 2), 155)
FACTOR = np.linalg.cholesky(positive((3, 3), 156)).astype("float32")
POSITIVE = [(positive((3, 3), 156),), (positive((2, 4, 4), 157),), (-ONE,)]
PIVOTS = "TensorFlow gives the inverse of the permutation; here the exchanges of LAPACK, as on JAX"
NO_BATCH = "TensorFlow permutes only one matrix; here as on JAX"


def lu(x):
    flat = x.reshape(-1, *x.shape[-2:])
    found = [scipy.linalg.lu_factor(each) for each in flat]
    parts = [np.stack(part).reshape(*x.shape[:-2], *part[0].shape) for part in zip(*found)]
    return parts[0].astype("float32"), parts[1].astype("int32")


def t(x):
    return ops.convert_to_tensor(x)


CALLS = {
    "cholesky": (lambda x, upper=False: ops.cholesky(t(x), upper), [*POSITIVE, (*POSITIVE[0], True)]),
    "choleskyInverse": (lambda x, upper=False: ops.cholesky_inverse(t(x), upper), [(FACTOR,), (FACTOR.T.copy(), True), (f([2]),)]),
    "qr": (lambda x, mode="reduced": tuple(ops.qr(t(x), mode)), [(SQUARE,), (SQUARES,), (TALL,), (TALL, "complete"), (FLAT,), (ONE,), (np.diag(f(2, -3, 0.5)),)]),
    "luFactor": (lambda x: tuple(ops.lu_factor(t(x))), [*[differs(PIVOTS, lu, x) for x in (f([1, 2, 3], [4, 5, 6], [7, 8, 10]), drawn((4, 4), 168))], differs(NO_BATCH, lu, SQUARES)]),
    "solve": (lambda a, b: ops.solve(t(a), t(b)), [(SQUARE, ROWS), (SQUARE, COLUMNS), (SQUARES, drawn((2, 3, 2), 158)), (SQUARES, drawn((2, 3), 159)), (ONE, f(5))]),
    "solveTriangular": (
        lambda a, b, lower=False: ops.solve_triangular(t(a), t(b), lower),
        [(SQUARES, drawn((2, 3, 2), 158)), (SQUARES, drawn((2, 3, 2), 158), True), (SQUARES[0], ROWS, True), (ONE, f(5))],
    ),
    "inv": (lambda x: ops.inv(t(x)), [(SQUARE,), (SQUARES,), (ONE,)]),
    "det": (lambda x: ops.det(t(x)), [(SQUARE,), (SQUARES,), (ONE,), (f([0, 1], [1, 0]),)]),
    "slogdet": (lambda x: tuple(ops.slogdet(t(x))), [(SQUARE,), (SQUARES,), (ONE,)]),
    "logdet": (lambda x: ops.logdet(t(x)), POSITIVE),
    "svd": (lambda x, full=True, uv=True: ops.svd(t(x), full, uv), [(x, True, False) for x in (SQUARE, SQUARES, TALL, FLAT, ONE)]),
    "pinv": (lambda x, rcond=None: ops.pinv(t(x), rcond), [(SQUARE,), (TALL,), (FLAT,), (f([1, 2], [2, 4]),), (np.diag(f(1, 0.25)), 0.5)]),
    "lstsq": (
        lambda a, b, rcond=None: ops.lstsq(t(a), t(b), rcond),
        [(TALL, drawn((4,), 160)), (TALL, drawn((4, 3), 161)), (FLAT[0], ROWS), (np.diag(f(1, 0.25)), f(3, 4), 0.5)],
    ),
    "matrixRank": (lambda x, tol=None: ops.matrix_rank(t(x), tol), [(SQUARES,), (TALL,), (f([1, 2], [2, 4]),), (np.diag(f(1, 0.25)), 0.5), (np.zeros((2, 2), "float32"),)]),
}
# Of what is cut off by rcond, TensorFlow has another gradient; see linalg_test.ts for those of pinv and lstsq.
DIFFERENTIABLE = {*CALLS} - {"svd", "luFactor", "matrixRank", "pinv", "lstsq"}
SPECTRA = {
    "eigh": (lambda x: ops.eigh(t(x))[0], [positive((3, 3), 156), positive((2, 5, 5), 162) * f([[1]], [[-1]]), np.diag(f(3, 1, 1, 2)), ONE, drawn((1, 6, 6), 169) + np.swapaxes(drawn((1, 6, 6), 169), 1, 2), np.zeros((2, 2), "float32")]),
    "svd": (lambda x: ops.svd(t(x), compute_uv=False), [SQUARE, SQUARES, TALL, FLAT, ONE, drawn((3, 7), 163), drawn((7, 3), 164), f([1, 2], [2, 4], [3, 6]), np.eye(4, dtype="float32"), drawn((9, 9), 165), np.zeros((3, 2), "float32")]),
}


def make():
    spectra = [{"op": op, "x": brief(x), "values": brief(stored(function(x)))} for op, (function, list_) in SPECTRA.items() for x in list_]
    return {**made(CALLS, DIFFERENTIABLE), "spectra": spectra}
