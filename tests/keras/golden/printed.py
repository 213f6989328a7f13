"""Arrays as NumPy prints them."""

import numpy as np

NAN, INFINITY = float("nan"), float("inf")


def case(data, dtype="float32"):
    array = np.asarray(data, dtype)
    return {"array": array, "text": str(array)}


def steps(shape, factor, offset=0, dtype="float32"):
    """The numbers 0, 1, 2, ... times a factor, plus an offset."""
    array = (np.arange(np.prod(shape), dtype="float64") * factor + offset).astype(dtype).reshape(shape)
    return {"shape": list(shape), "dtype": dtype, "factor": factor, "offset": offset, "text": str(array)}


def make():
    floats = [
        [[1, 2], [3, 4.5]], [0.1, 0.2, 1 / 3], 3.25, [1e-5, 1.25], [1e8, 1], [1, 1000], [1, 2000], [1, 1001.5],
        [NAN, 1, INFINITY], [-INFINITY, 0.5, -0.0], [NAN], [-1.5, 22.25, 0], [[0, 0], [0, 0]], [16777216, 1],
        [123456.79, 99999.5], [], [[], []], [1e-45, 3.4e38], [-1e-9, 5], [2 / 3 * 1e5], [INFINITY, -INFINITY],
        [1e10, NAN, -2], [0.5**i for i in range(9)], [[[[-0.7, 0.00025], [1.6, 12.5]]]],
    ]
    others = [
        case([[True, False], [False, True]], "bool"), case(True, "bool"), case(7, "uint8"), case([-128, 5], "int32"),
    ]
    ranges = [
        steps((3, 4), 1, -5, "int32"), steps((2, 3, 5), 1, 0, "uint8"), steps((40,), 1 / 7, -3), steps((60, 40), 0.01),
        steps((2000,), 1, 0, "int32"), steps((1000,), 1, 0, "int32"), steps((3, 1200), 1e-9, -1e-6),
        steps((7, 11, 13), 0.25, 0, "uint8"), steps((4, 25), 1 / 3), steps((1, 5, 4, 3), 0.3, -9), steps((100,), 0, 0, "bool"),
    ]
    return {"arrays": [case(data) for data in floats] + others, "ranges": ranges}
