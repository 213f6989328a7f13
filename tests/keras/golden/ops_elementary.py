"""Elementwise ops that are composed of others: angles, logarithms, quotients, activations. What Keras gives for them."""

import math
from statistics import NormalDist

import numpy as np
from keras import ops

from operands import *


def differs(why, ours, *args):
    return {"why": why, "ours": ours, "args": args}


# Where gradients are compared: no ends, no kinks.
SMOOTH = f(0.5, -0.5, 1.25, -1.25, 1.5, 2.25, -2.5, 3.75, -3.75, 12, -12, 0.001)
# Within -1 and 1, close to both.
INSIDE = f(0.5, -0.5, 0.25, -0.875, 0.984375, -0.9990234375, 0.001, 0.0625)
ENDS = f(0, -0.0, 1, -1, 0.5, 1e-7, -1e-7, 1.5, -2, INF, -INF, NAN, 0.99999994, -0.99999994)
ABOVE = f(1, 1.0000001, 1.25, 3, 100, 1e6, 9.9e7, 1.01e8, 1e10, 3e38, INF, 0.5, -2, NAN)
SIZES = f(0, -0.0, 1e-7, -1e-7, 0.999, 1, -1, 1.001, -30, 30, 1e3, -1e6, 1e10, -1e18, 1e20, 3e38, INF, -INF, NAN)
EXPONENTS = f(0, -0.0, 1e-7, -1e-7, 0.999, 1, -1, 1.001, 10, -10, 40, -40, 88, -88, 89, -89, 90, -90, INF, -INF, NAN)
SHAPES = [(CUBE,), (EMPTY,), (f(0.5)[0, ...],)]
WHOLE_NUMBERS = [(INTS,), (BYTES,), (BOOLS,)]


def at(*points):
    return [*((x,) for x in points), *SHAPES, *WHOLE_NUMBERS]


REFUSES = "Keras refuses the dtype; here it is computed in float32"


def in_floats(function, *more):
    """Calls of a function with whole numbers, which Keras refuses and Ceratops computes in float32."""
    floats = lambda x, *rest: function(x.astype("float32"), *rest)
    return [differs(REFUSES, floats, x, *more) for x in (INTS, BYTES, BOOLS)]


ANGLES = {
    "tan": (ops.tan, at(TURNS, SMOOTH)),
    "arcsin": (ops.arcsin, at(ENDS, INSIDE)),
    "arccos": (ops.arccos, at(ENDS, INSIDE)),
    "arctan": (ops.arctan, at(POINTS, SMOOTH)),
    "sinh": (ops.sinh, at(EXPONENTS, SMOOTH)),
    "cosh": (ops.cosh, at(EXPONENTS, SMOOTH)),
    "arcsinh": (ops.arcsinh, at(SIZES, SMOOTH)),
    "arccosh": (ops.arccosh, at(ABOVE, f(1.0625, 1.5, 3, 20, 1e4))),
    "arctanh": (ops.arctanh, at(ENDS, INSIDE)),
    "sinc": (ops.sinc, [(f(0, -0.0, 0.5, -0.5, 1.25, 2.75, 1e-3, NAN),), (f(0.5, -0.25, 1.25, 2.625),), *SHAPES[:1], (EMPTY,)]),
    "deg2rad": (ops.deg2rad, at(POINTS, SMOOTH)),
    "rad2deg": (ops.rad2deg, at(TURNS, SMOOTH)),
    "arctan2": (
        ops.arctan2,
        [
            (f(0, -0.0, 0, -0.0, 1, -1, 1, -1, 2, -3), f(0, 0, -0.0, -0.0, 1, 1, -1, -1, 0, -0.0)),
            (f(INF, -INF, INF, 1, 1, NAN, 1, 1e20, 1e-30), f(INF, INF, -INF, INF, -INF, 1, NAN, 1e20, 1e-30)),
            (SMOOTH, f(1, 2, -1, -2, 0.5, 3, 0.25, -4, -0.5, 7, -9, 2)),
            (CUBE, f(1, -2, 0.5, 3)),
            (f([1], [-2]), f(0.5, -3, 4)),
            (FLOATS, 2),
            (i(3, -2), i(-1, 4)),
            (BOOLS, BYTES),
            (EMPTY, f(1, 2, 3)),
        ],
    ),
}

LOSES = "TensorFlow loses digits near 0; here none"


def inverse_error(x):
    """erfinv by the quantiles of the normal distribution, in float64."""
    quantile = NormalDist().inv_cdf
    # Near 0 by the series, where half of x + 1 has no digits for it.
    root = math.sqrt(math.pi) / 2
    small = lambda v: root * (v + math.pi / 12 * v**3 + 7 * math.pi**2 / 480 * v**5)
    return np.array([small(v) if abs(v) < 1e-3 else quantile((v + 1) / 2) / math.sqrt(2) for v in x.tolist()], "float32")


LOGARITHMS = {
    "log2": (ops.log2, at(POINTS, f(0.5, 1.25, 3, 20, 1e4))),
    "log10": (ops.log10, at(POINTS, f(0.5, 1.25, 3, 20, 1e4))),
    "exp2": (ops.exp2, at(f(0, -0.0, 0.5, -0.5, 1, -1, 3.75, 20, -20, 127, -126, 130, 1e-7, INF, -INF, NAN), SMOOTH)),
    "erfinv": (
        ops.erfinv,
        [
            (ENDS[np.abs(ENDS) != np.float32(1e-7)],),
            (INSIDE[np.abs(INSIDE) > 0.01],),
            (CUBE / 8,),
            (EMPTY,),
            differs(LOSES, inverse_error, f(1e-7, -1e-7, 1e-3, -2e-3, 1e-20, 0.99999994, 0.9999)),
            *in_floats(ops.erfinv),
        ],
    ),
    "logaddexp": (
        ops.logaddexp,
        [
            (f(0, 1, -1, 1000, -1000, 1e10, 0.5), f(0, -1, -30, 999, -1000, 1, -80)),
            (f(INF, -INF, INF, 1, NAN, 2), f(INF, -INF, -INF, -INF, 1, NAN)),
            (CUBE, f(1, -2, 0.5, 3)),
            (SMOOTH, 2),
            (i(3, -2), i(-1, 4)),
            (BOOLS, BYTES),
            (EMPTY, f(1, 2, 3)),
        ],
    ),
}

STOPS = "Keras stops; here a whole number by 0 gives 0, as in NumPy"
LARGE = 2**31 - 1
DIVIDING = {
    "trunc": (ops.trunc, [(f(0, 0.5, -0.5, 1.75, -1.75, 2.5, -2.5, 1e10, INF, -INF, NAN),), (CUBE,), *WHOLE_NUMBERS]),
    "trueDivide": (ops.true_divide, [(MATRIX, f(2, 0.5, 4)), (INTS, 2), (u(5, 9), u(2, 3)), (CUBE, f([1], [2], [4]))]),
    "floorDivide": (
        ops.floor_divide,
        [
            (f(7, -7, 7, -7, 0, 6.5, -0.5), f(2, 2, -2, -2, 3, 0.5, 1)),
            (f(1, -1, 0, INF, NAN), f(0, 0, 0, 2, 2)),
            (i(7, -7, 7, -7, 6, -6, 0, 1), i(2, 2, -2, -2, 3, 3, 5, -9)),
            (i(LARGE, -LARGE - 1, LARGE, LARGE - 1, -LARGE - 1, 123456789, LARGE), i(1, 1, 2, 3, 7, 10, LARGE)),
            (i(LARGE, -LARGE - 1, 16777217, -16777217), i(-1, LARGE, 1, -1)),
            (u(250, 7, 3, 9, 255), u(7, 2, 9, 3, 1)),
            (i(7, -7), u(2, 200)),
            (b(True, False), i(3, 2)),
            (INTS, 2),
            (BYTES, 3),
            (INTS, 0.5),
            (CUBE, f([1], [2], [0.25])),
            (WHOLE, i([[3], [-2]])),
            differs(STOPS, np.floor_divide, i(5, -5, 0), i(0, 0, 0)),
            differs("Keras refuses two bools; here they are whole numbers", lambda x, y: i(1, 0, 0), b(True, False, True), b(True, True, False)),
        ],
    ),
    "divideNoNan": (
        ops.divide_no_nan,
        [
            (f(1, -1, 0, INF, NAN, NAN, 5), f(0, 0, 0, 2, 2, 0, 2)),
            (CUBE, f(1, 0, 0.5, 4)),
            (CUBE, f([1], [2], [4])),
            (INTS, i(2, 0, 4, -2)),
            (u(5, 9), u(0, 2)),
            (BOOLS, b(True, False, False, True)),
            (FLOATS, 2),
        ],
    ),
}


def activation(function, *more):
    return (function, [*((x, *more) for x in (POINTS[:-3], SMOOTH, CUBE, EMPTY, f(NAN))), *in_floats(function, *more)])


ACTIVATIONS = {
    "silu": activation(ops.silu),
    "swish": activation(ops.swish),
    "gelu": (ops.gelu, [*activation(ops.gelu)[1], (SMOOTH, False), (CUBE, False)]),
    "elu": (ops.elu, [*activation(ops.elu)[1], (SMOOTH, 0.5), (CUBE, 2)]),
    "selu": activation(ops.selu),
    "leakyRelu": (ops.leaky_relu, [*((x,) for x in (POINTS, SMOOTH, CUBE, EMPTY)), (SMOOTH, 0.5), (INTS,), (BYTES,)]),
    "softsign": activation(ops.softsign),
    "logSigmoid": activation(ops.log_sigmoid),
    "celu": (ops.celu, [*activation(ops.celu)[1], (SMOOTH, 0.5), (CUBE, 2)]),
    "glu": (ops.glu, [(CUBE,), (MATRIX, 0), (CUBE[:, :2], 1), (EMPTY, 0)]),
    "hardTanh": (ops.hard_tanh, [(POINTS,), (SMOOTH,), (CUBE,), (EMPTY,)]),
    "hardSigmoid": activation(ops.hard_sigmoid),
    "hardSilu": activation(ops.hard_silu),
    "hardSwish": activation(ops.hard_swish),
    "hardShrink": (ops.hard_shrink, [(POINTS,), (SMOOTH,), (CUBE, 1.25), (EMPTY,)]),
    "softShrink": (ops.soft_shrink, [(POINTS[:-1],), (SMOOTH,), (CUBE, 1.25), (EMPTY,)]),
    "tanhShrink": activation(ops.tanh_shrink),
    "relu6": (ops.relu6, [(POINTS,), (SMOOTH,), (CUBE,), (INTS,), (BYTES,), (EMPTY,)]),
    "squareplus": (ops.squareplus, [(f(0, 0.5, -0.5, 1, -2.5, 3.75, 20, 1e10),), (SMOOTH,), (CUBE,), (EMPTY,), (SMOOTH, 1), *in_floats(ops.squareplus)]),
    "sparsePlus": activation(ops.sparse_plus),
    "sparseSigmoid": activation(ops.sparse_sigmoid),
    "sparsemax": (ops.sparsemax, [(CUBE,), (MATRIX, 0), (SMOOTH,), (CUBE, 1)]),
    "threshold": (ops.threshold, [(POINTS, 0.5, -1), (CUBE, 0, 0), (SMOOTH, 1, 2.5)]),
}

CALLS = {**ANGLES, **LOGARITHMS, **DIVIDING, **ACTIVATIONS}
DIFFERENTIABLE = {*CALLS} - {"trunc"}
