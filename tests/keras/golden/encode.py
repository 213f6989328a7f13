"""Values to JSON: arrays as {shape, dtype, data}, non-finite numbers as strings, floats with all their digits."""

import json
import math

import numpy as np

WIDTH = 120


def plain(value):
    """The value as JSON types. An array becomes {"shape", "dtype", "data"}."""
    if isinstance(value, np.ndarray):
        return {
            "shape": list(value.shape),
            "dtype": str(value.dtype),
            "data": [plain(item) for item in value.reshape(-1).tolist()],
        }
    if isinstance(value, np.generic):
        return plain(value.item())
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    raise TypeError(f"No JSON form for {type(value).__name__}: {value!r}")


def array(value):
    """The inverse of `plain` for arrays."""
    return np.array([float(item) for item in value["data"]], dtype=value["dtype"]).reshape(value["shape"])


def dumps(value):
    return _lines(plain(value), "")


def _lines(value, indent):
    flat = json.dumps(value, ensure_ascii=False)
    if not isinstance(value, (dict, list)) or not value:
        return flat
    if len(indent) + len(flat) <= WIDTH or (isinstance(value, dict) and "data" in value and "shape" in value):
        return flat
    inner = indent + "  "
    if isinstance(value, dict):
        rows = [f"{inner}{json.dumps(key)}: {_lines(item, inner)}" for key, item in value.items()]
        return "{\n" + ",\n".join(rows) + "\n" + indent + "}"
    if all(isinstance(item, (int, float)) for item in value):
        return flat
    rows = [inner + _lines(item, inner) for item in value]
    return "[\n" + ",\n".join(rows) + "\n" + indent + "]"
