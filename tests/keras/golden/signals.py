"""Fourier transforms, windows, sequences, patches and tensors from data: calls in Ceratops' terms, and what keras.ops gives.

The cases are like those of ops.py.
"""

import json

import numpy as np
from keras import ops

from images import options, with_options
from operands import *
from ops import brief, drawn, pooled, slopes, stored

WAVE = drawn((2, 12), 80)
LONG = drawn((130,), 81)
PRIME = drawn((7,), 82)
PLANE = drawn((2, 4, 6), 83)
SIGNAL = drawn((2, 50), 84)
PHOTOS = drawn((2, 6, 5, 3), 85)
VOLUMES = drawn((1, 4, 5, 4, 2), 86)
WIDE = drawn((2, 9, 3), 87)
COLORS = np.abs(drawn((2, 3, 4, 3), 88)) / 4


def pair(x, seed):
    return [x, drawn(x.shape, seed)]


def complex_of(function):
    return lambda x, *rest: tuple(function(tuple(x), *rest))


def spectrum(x, *args):
    return [np.array(part) for part in ops.stft(x, *args)]


def unlike(*shape):
    """Numbers of which no two are equal, so that every maximum is one element."""
    return (np.arange(np.prod(shape)) * 37 % 181).astype("float32").reshape(shape) / 8


def adaptive(function):
    """TensorFlow pools to a size only its own tensors."""
    return lambda x, size, **given: function(ops.convert_to_tensor(x), tuple(size) if isinstance(size, list) else size, **given)


CALLS = {
    "fft": (complex_of(ops.fft), [(pair(WAVE, 90),), (pair(LONG, 91),), (pair(PRIME, 92),), (pair(f(3), 93),)]),
    # TensorFlow's ifft2 of one row is an ifft.
    "ifft": (
        lambda x: tuple(y[..., 0, :] for y in ops.ifft2(tuple(part[..., None, :] for part in x))),
        [(pair(WAVE, 90),), (pair(LONG, 91),), (pair(PRIME, 92),)],
    ),
    "fft2": (complex_of(ops.fft2), [(pair(PLANE, 94),), (pair(PLANE[0], 95),)]),
    "ifft2": (complex_of(ops.ifft2), [(pair(PLANE, 94),), (pair(PLANE[0], 95),)]),
    "rfft": (
        lambda x, n=None: tuple(ops.rfft(x, n)),
        [(WAVE,), (PRIME,), (LONG,), (WAVE, 8), (WAVE, 15), (PLANE,)],
    ),
    "irfft": (
        lambda x, n=None: ops.irfft(tuple(x), n),
        [(pair(WAVE, 96),), (pair(PRIME, 97), 12), (pair(PRIME, 97), 11), (pair(PRIME, 97), 6), (pair(PRIME, 97), 20)],
    ),
    "stft": (
        lambda x, *args: tuple(ops.stft(x, *args)),
        [(SIGNAL, 8, 4, 8), (SIGNAL, 8, 3, 16, "hamming"), (SIGNAL[0], 8, 4, 8, "hann", False), (SIGNAL, 4, 2, 4, [0.5, 1, 1, 0.25])],
    ),
    "istft": (
        lambda x, *args: ops.istft(tuple(x), *args),
        [
            (spectrum(SIGNAL, 8, 4, 8), 8, 4, 8),
            (spectrum(SIGNAL, 8, 4, 8), 8, 4, 8, 40),
            (spectrum(LONG, 10, 5, 10), 10, 5, 10),
        ],
    ),
    "einsum": (
        ops.einsum,
        [
            ("ii->i", drawn((3, 3), 101)),
            ("ii", drawn((3, 3), 101)),
            ("iji->j", drawn((3, 2, 3), 102)),
            ("bii->bi", drawn((2, 3, 3), 103)),
            ("ij,jj->i", drawn((2, 3), 104), drawn((3, 3), 101)),
        ],
    ),
    "extractSequences": (
        ops.extract_sequences,
        [(WAVE, 4, 2), (WAVE, 12, 1), (PRIME, 3, 3), (PLANE, 2, 1), (i(1, 2, 3, 4), 2, 1)],
    ),
    "bartlett": (ops.bartlett, [(5,), (8,), (1,)]),
    "blackman": (ops.blackman, [(5,), (8,), (1,)]),
    "hamming": (ops.hamming, [(5,), (8,), (1,)]),
    "hanning": (ops.hanning, [(5,), (8,), (1,)]),
    "kaiser": (ops.kaiser, [(5, 14), (8, 2.5), (1, 3), (6, 0)]),
    "image.extractPatches": (
        with_options(ops.image.extract_patches),
        [
            (PHOTOS, 2),
            (PHOTOS, [3, 2]),
            (PHOTOS, [2, 2], options(strides=1)),
            (PHOTOS, 2, options(strides=[1, 2], padding="same")),
            (PHOTOS, 2, options(strides=1, dilationRate=2)),
            (PHOTOS[0], 3),
            (VOLUMES, [2, 2, 2]),
        ],
    ),
    "image.extractPatches3d": (
        with_options(ops.image.extract_patches_3d),
        [(VOLUMES, 2), (VOLUMES, [2, 3, 2], options(strides=1)), (VOLUMES[0], 2, options(padding="same"))],
    ),
    "image.rgbToHsv": (
        with_options(ops.image.rgb_to_hsv),
        [(COLORS,), (COLORS[0],), (np.moveaxis(COLORS, -1, 1), options(dataFormat="channels_first"))],
    ),
    "image.hsvToRgb": (
        with_options(ops.image.hsv_to_rgb),
        [(COLORS,), (COLORS[0],), (np.moveaxis(COLORS, -1, 1), options(dataFormat="channels_first"))],
    ),
    "adaptiveAveragePool": (
        with_options(adaptive(ops.adaptive_average_pool)),
        [(WIDE, 4), (WIDE, 9), (PHOTOS, [4, 2]), (PHOTOS, 3), (VOLUMES, [3, 2, 3]), (np.moveaxis(PHOTOS, -1, 1), 3, options(dataFormat="channels_first"))],
    ),
    "adaptiveMaxPool": (
        with_options(adaptive(ops.adaptive_max_pool)),
        [(unlike(2, 9, 3), 4), (unlike(2, 9, 3), 9), (unlike(2, 6, 5, 3), [4, 2]), (unlike(2, 6, 5, 3), 3), (unlike(1, 4, 5, 4, 2), [3, 2, 3]), (unlike(2, 3, 6, 5), 3, options(dataFormat="channels_first"))],
    ),
    "array": (
        lambda x, dtype=None: ops.array(x, dtype),
        [([[1.5, 2], [3, 4]],), (MATRIX,), (INTS, "float32"), ([1, 2], "int32"), (FLOATS, "bool")],
    ),
    "convertToTensor": (
        lambda x, dtype=None: ops.convert_to_tensor(x, dtype),
        [([[1.5, 2], [3, 4]],), (MATRIX,), (INTS, "float32"), (FLOATS, "int32"), (2.5,)],
    ),
    "copy": (ops.copy, [(CUBE,), (INTS,), (BYTES,)]),
    "saturateCast": (
        lambda x, dtype: ops.saturate_cast(x, dtype),
        [(f(-3.5, 0.25, 255.5, 300, 1e20), "uint8"), (f(-3e9, 7.75), "int32"), (i(-7, 200, 300), "uint8"), (BYTES, "float32")],
    ),
}
DIFFERENTIABLE = {"einsum", "fft", "ifft2", "rfft", "irfft", "stft", "istft", "extractSequences", "image.extractPatches", "adaptiveAveragePool", "adaptiveMaxPool"}


def gradients(op, args):
    """By every float32 operand, where TensorFlow has them."""
    if op not in DIFFERENTIABLE:
        return {}
    try:
        found = slopes(CALLS[op][0], args)
    except Exception:  # It has none for transforms that cut or fill.
        return {}
    return {"gradients": found} if found else {}


def case(op, args):
    return {"op": op, "args": args, "result": stored(CALLS[op][0](*args)), **gradients(op, args)}


def make():
    cases = [case(op, args) for op, (_, calls) in CALLS.items() for args in calls]
    pool = {}
    found = pooled([brief(each) for each in cases], pool)
    return {"arrays": [json.loads(text) for text in pool], "cases": found}
