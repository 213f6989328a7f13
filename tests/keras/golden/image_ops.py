"""Ops that resample, blur and compare images: calls in Ceratops' terms, and what keras.ops gives for them.

The cases are like those of ops.py. Keras on TensorFlow continues arrays by `reflect` and `mirror` as it does not
document, and mixes up the weights of a blur that is not square: for those its NumPy backend stands in.
"""

import importlib
import json

import numpy as np
from keras import ops
from keras.src import backend

from images import FIRST, PHOTO, SCENE, gradients_of, options, with_options
from ops import brief, drawn, f, i, pooled, stored, u

# The import of a backend takes the place of the functions of the other one that have its name.
functions = backend.numpy
numpy_image = importlib.import_module("keras.src.backend.numpy.image")
backend.numpy = functions

ROW = drawn((5,), 201)
GRID = drawn((3, 4), 202)
# Dyadic, so that float32 loses nothing and no coordinate lies where executors may see different sides.
PLACES = f([[-5.125, -0.75, -0.25, 0, 0.625, 1.875, 3.375, 4.25, 4.875, 7.75, 12.375]])
BOTH = np.stack([f([-1.25, 0.25, 1.125], [2.75, 3.375, -4.625]), f([0.375, 3.75, -0.625], [4.125, 1.25, 9.875])])
MODES = ["constant", "nearest", "reflect", "mirror", "wrap"]

SQUARE = f([0, 0], [8, 0], [0, 8], [8, 8])
BENT = f([1, 0], [7, 1], [0, 8], [8, 7])
POINTS = np.stack([SQUARE, BENT])
MOVED = np.stack([BENT, f([0, 1], [9, -1], [1, 7], [6, 8])])

BOARD = drawn((2, 8, 9, 2), 203)
LARGE = drawn((2, 14, 13, 3), 204)
OTHER = (LARGE + drawn((2, 14, 13, 3), 205) / 8).astype("float32")
WHOLE = i([3, 0, 7, 12], [9, 4, 1, 200], [5, 5, 8, 2])


def stands_in(op, args):
    """Whether the NumPy backend stands in for TensorFlow, whose clip also refuses whole numbers beside floats."""
    if op == "image.mapCoordinates":
        return len(args) > 3 and args[3] in ("reflect", "mirror")
    sizes = args[-1].get("kernelSize") if isinstance(args[-1], dict) else None
    return isinstance(sizes, list) and sizes[0] != sizes[1] or args[0].dtype != np.float32


def map_coordinates(*args):
    library = numpy_image if stands_in("image.mapCoordinates", args) else ops.image
    return library.map_coordinates(*args)


def gaussian_blur(images, kernel_size=3, sigma=1, data_format="channels_last"):
    sizes = [kernel_size] * 2 if isinstance(kernel_size, int) else kernel_size
    sigmas = [float(sigma)] * 2 if isinstance(sigma, (int, float)) else sigma
    library = numpy_image if sizes[0] != sizes[1] else ops.image
    return library.gaussian_blur(images, tuple(sizes), sigmas, data_format)


def scale_and_translate(images, *args):
    library = numpy_image if images.dtype != np.float32 else ops.image
    return library.scale_and_translate(images, *args)


CALLS = {
    "image.mapCoordinates": (
        map_coordinates,
        [
            *[(ROW, PLACES, order, mode) for order in (0, 1) for mode in MODES],
            *[(GRID, BOTH, order, mode) for order in (0, 1) for mode in MODES],
            (GRID, BOTH, 1, "constant", 1.5),
            (ROW, PLACES, 1),
            (WHOLE, BOTH, 1, "nearest"),
            (WHOLE.astype("uint8"), BOTH, 0, "wrap"),
            (drawn((2, 3, 2), 206), drawn((3, 4), 207), 1, "nearest"),
            (ROW[:1], PLACES, 1, "mirror"),
        ],
    ),
    "image.perspectiveTransform": (
        ops.image.perspective_transform,
        [
            (BOARD, SQUARE, SQUARE),
            (BOARD, SQUARE, BENT),
            (BOARD, BENT, SQUARE, options(fillValue=1.5)),
            (BOARD, POINTS, MOVED),
            (BOARD, POINTS[:1], MOVED[:1]),
            (BOARD[0], SQUARE, BENT, options(interpolation="nearest")),
            (np.moveaxis(BOARD, -1, 1).copy(), POINTS, MOVED, options(dataFormat="channels_first")),
        ],
    ),
    "image.gaussianBlur": (
        gaussian_blur,
        [
            (SCENE,),
            (SCENE, options(kernelSize=5, sigma=1.5)),
            (SCENE, options(kernelSize=[3, 3], sigma=[0.5, 2.0])),
            (SCENE, options(kernelSize=[5, 3], sigma=[0.75, 2.0])),
            (SCENE, options(kernelSize=4, sigma=2.0)),
            (SCENE[0], options(kernelSize=3, sigma=0.25)),
            (FIRST, options(dataFormat="channels_first", sigma=0.75)),
        ],
    ),
    "image.scaleAndTranslate": (
        scale_and_translate,
        [
            *[(GRID, [5, 7], f(2, 1.5), f(-0.5, 0.25), [0, 1], method) for method in ("linear", "cubic", "lanczos3", "lanczos5")],
            *[(GRID, [2, 3], f(0.5, 0.75), f(0.25, -0.125), [0, 1], method) for method in ("trilinear", "bicubic", "lanczos3")],
            (GRID, [2, 3], f(0.5, 0.75), f(0.25, -0.125), [0, 1], "bilinear", False),
            (SCENE, [2, 4, 9, 2], f(0.75, 1.5), f(1, -2), [1, 2], "trilinear"),
            (SCENE, [2, 5, 9, 2], f(1.5), f(1.25), [-2], "tricubic", True),
            (WHOLE, [5, 6], f(1.75, 1.5), f(0.25, 0), [0, 1], "cubic", True),
            (GRID, [3, 4], f(1, 1), f(2.5, -7), [0, 1], "linear"),
        ],
    ),
    "image.sobelEdges": (
        ops.image.sobel_edges,
        [(SCENE,), (FIRST, options(dataFormat="channels_first")), (SCENE[:, :2, :2],)],
    ),
    "image.ssim": (
        ops.image.ssim,
        [
            (LARGE, OTHER),
            (LARGE[0], OTHER[0]),
            (LARGE, LARGE),
            (LARGE, OTHER, options(maxVal=2.5, filterSize=5, filterSigma=0.75, k1=0.02, k2=0.05)),
            (np.moveaxis(LARGE, -1, 1).copy(), np.moveaxis(OTHER, -1, 1).copy(), options(dataFormat="channels_first")),
        ],
    ),
    "psnr": (ops.psnr, [(LARGE, OTHER, 1), (ROW, ROW + f(0.5), 255), (GRID[0], GRID[1], 2.5)]),
}

# TensorFlow's gradient of a perspective transform is an estimate: it transforms back. Those by a scale and a shift jump
# where samples lie on elements, and each library takes another side.
FLAT = {"image.perspectiveTransform", "image.scaleAndTranslate"}


def gradients(op, function, args):
    """By every float32 operand, where Keras on TensorFlow gives the result."""
    return {} if op in FLAT or stands_in(op, args) else gradients_of(function, args)


def make():
    cases = [
        {"op": op, "args": args, "result": stored(with_options(function)(*args)), **gradients(op, function, args)}
        for op, (function, calls) in CALLS.items()
        for args in calls
    ]
    pool = {}
    cases = [pooled(brief(item), pool) for item in cases]
    return {"cases": cases, "arrays": [json.loads(text) for text in pool]}
