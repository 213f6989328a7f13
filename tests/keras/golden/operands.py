"""The arrays that calls of ops are made with."""

import numpy as np

from build import dyadic


def f(*values):
    return np.array(values, "float32")


def i(*values):
    return np.array(values, "int32")


def u(*values):
    return np.array(values, "uint8")


def b(*values):
    return np.array(values, "bool")


NAN, INF = float("nan"), float("inf")
POINTS = f(0, -0.0, 0.5, -0.5, 1, -1, 1.5, 2.5, -2.5, 3.75, -3.75, 20, -20, 88, -88, 1e-7, 1e10, INF, -INF, NAN)
TURNS = f(0, 0.5, -0.5, 1, -1, 1.5, 2.5, -2.5, 3.75, -3.75, 20, -20, 88, 1e-7, INF, NAN)
MATRIX = f([0.25, 1, 1.75], [2.5, 0.125, 3])
CUBE = dyadic((2, 3, 4), 1, -64, 64, 1 / 16)
BLOCK = dyadic((2, 3, 2, 2), 2, -64, 64, 1 / 16)
INTS = i(3, -2, 0, 7)
BYTES = u(1, 0, 255, 7)
BOOLS = b(True, False, True, True)
FLOATS = f(1.5, 2, -0.5, 4)
EMPTY = np.zeros((0, 3), "float32")
WHOLE = i([[5, -3, 2], [0, 7, -1]], [[4, 4, 1], [9, -8, 6]])
BROKEN = f([1, NAN, 3], [INF, -INF, 2], [INF, 1, 1], [-INF, -INF, -INF])
HUGE = f([1000, 1000.5, 999], [-10000, 0, 10000], [-1000, -1000, -1000], [3e38, -3e38, 0])
