"""Models in the bytes of a file, for Keras 2 and 3 alike."""

import base64
import tempfile
import zlib
from pathlib import Path

import numpy as np


def packed(write, suffix):
    """The bytes that `write` leaves at a path, deflated, since HDF5 is mostly zeros."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"model{suffix}"
        write(str(path))
        return base64.b64encode(zlib.compress(path.read_bytes(), 9)).decode()


def draw(model):
    """Weights that are neither equal nor random; scales stay around 1."""
    model.set_weights(
        [
            np.cos(np.arange(w.size, dtype="float32") + i).reshape(w.shape) * 0.5 + (w.size > 0 and w.min() >= 1)
            for i, w in enumerate(model.get_weights())
        ]
    )
