"""NumPy's own files, .npy and .npz, with the arrays in them."""

import base64
import io

import numpy as np
from numpy.lib import format as npy

GRID = np.arange(-12, 12).reshape(2, 3, 4)

ARRAYS = {
    "float64": GRID / 7,
    "float32": (GRID / 8).astype("float32"),
    "float16": (GRID / 8).astype("float16"),
    "float32 not finite": np.array([np.inf, -np.inf, np.nan, -0.0], "float32"),
    "int64": GRID * 100_000_000,
    "int64 at its ends": np.array([-(2**31), 2**31 - 1]),
    "uint64": np.array([0, 2**31 - 1], "uint64"),
    "int32": GRID.astype("int32"),
    "uint32": np.array([[0, 2**31 - 1]], "uint32"),
    "int16": (GRID * 1000).astype("int16"),
    "uint16": np.array([0, 65535], "uint16"),
    "int8": GRID.astype("int8"),
    "uint8": np.array([[0], [255]], "uint8"),
    "bool": np.array([[True, False, True]]),
    "scalar": np.array(2.5, "float32"),
    "scalar of int64": np.array(-3),
    "empty": np.zeros((0, 3), "float32"),
    "empty inside": np.zeros((2, 0, 3), "int32"),
    "a row": np.arange(5, dtype="int32"),
    "Fortran": np.asfortranarray(GRID.astype("float32")),
    "Fortran, float64": np.asfortranarray(GRID[0] / 3),
    "Fortran, a row": np.asfortranarray(np.arange(3, dtype="float32")),
    "Fortran, empty": np.asfortranarray(np.zeros((3, 0, 2))),
    "big endian float32": GRID.astype(">f4"),
    "big endian float64": (GRID / 9).astype(">f8"),
    "big endian float16": (GRID / 4).astype(">f2"),
    "big endian int64": GRID.astype(">i8"),
    "big endian uint16": np.array([1, 258], ">u2"),
    "big endian, Fortran": np.asfortranarray(GRID.astype(">i4")),
}

# Elements that no tensor has.
REFUSED = {
    "pickle": np.array([{"a": 1}, None], dtype=object),
    "complex64": np.array([1 + 2j], "complex64"),
    "text": np.array(["a", "bc"]),
    "bytes": np.array([b"a"]),
    "date": np.array(["2026-01-01"], "datetime64[D]"),
    "fields": np.zeros(2, [("a", "f4"), ("b", "i4")]),
    "int64": np.array([1, 2**31]),
    "uint32": np.array([2**32 - 1], "uint32"),
    "uint64": np.array([2**64 - 1], "uint64"),
}


def text(write):
    file = io.BytesIO()
    write(file)
    return base64.b64encode(file.getvalue()).decode()


def as_tensor(array):
    """The array in the dtype that a tensor has, in C's order."""
    kind = array.dtype.kind
    dtype = "float32" if kind == "f" else "bool" if kind == "b" else "uint8" if array.dtype == "uint8" else "int32"
    return np.ascontiguousarray(array.astype(dtype)).reshape(array.shape)


def make():
    x, y = ARRAYS["float32"], ARRAYS["bool"]
    versions = [(version, text(lambda file: npy.write_array(file, x, version))) for version in [(1, 0), (2, 0), (3, 0)]]
    return {
        "arrays": [
            {"name": name, "file": text(lambda file: np.save(file, array)), "value": as_tensor(array)}
            for name, array in ARRAYS.items()
        ],
        "versions": [{"version": version[0], "file": file, "value": x} for version, file in versions],
        "refused": {name: text(lambda file: np.save(file, array)) for name, array in REFUSED.items()},
        "archives": [
            {"name": "named", "file": text(lambda file: np.savez(file, x=x, y=y)), "values": {"x": x, "y": y}},
            {
                "name": "listed",
                "file": text(lambda file: np.savez(file, x, y)),
                "values": {"arr_0": x, "arr_1": y},
            },
            {
                "name": "compressed",
                "file": text(lambda file: np.savez_compressed(file, x=x, zeros=np.zeros((40, 50)))),
                "values": {"x": x, "zeros": np.zeros((40, 50), "float32")},
            },
            {"name": "empty", "file": text(lambda file: np.savez(file)), "values": {}},
        ],
    }
