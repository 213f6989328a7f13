"""Values to JSON: arrays as {shape, dtype, data}, non-finite numbers as strings, floats with all their digits.

Elements of float32 arrays have as many digits as tell them apart, and drawn arrays are the recipe that they follow.
"""

import json
import math

import numpy as np

from drawn import draw, recipe_of

WIDTH = 120


def plain(value):
    """The value as JSON types. An array becomes {"shape", "dtype", "data"}, or "drawn" in place of "data"."""
    if isinstance(value, np.ndarray):
        head = {"shape": list(value.shape), "dtype": str(value.dtype)}
        items = value.reshape(-1)
        short = (float(str(item)) for item in items) if value.dtype == np.float32 else items.tolist()
        data = [plain(item) for item in short]
        recipe = recipe_of(value)
        if recipe and len(json.dumps(recipe)) < len(json.dumps(data)):
            return {**head, "drawn": recipe}
        return {**head, "data": data}
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
    if "drawn" in value:
        return draw(value["shape"], value["dtype"], value["drawn"])
    return np.array([float(item) for item in value["data"]], dtype=value["dtype"]).reshape(value["shape"])


def dumps(value):
    return _lines(plain(value), "")


def _lines(value, indent):
    flat = json.dumps(value, ensure_ascii=False)
    if not isinstance(value, (dict, list)) or not value:
        return flat
    if len(indent) + len(flat) <= WIDTH or (isinstance(value, dict) and _is_one_line(value)):
        return flat
    inner = indent + "  "
    if isinstance(value, dict):
        rows = [f"{inner}{json.dumps(key)}: {_lines(item, inner)}" for key, item in value.items()]
        return "{\n" + ",\n".join(rows) + "\n" + indent + "}"
    if all(isinstance(item, (int, float)) for item in value):
        return flat
    rows = [inner + _lines(item, inner) for item in value]
    return "[\n" + ",\n".join(rows) + "\n" + indent + "]"


def _is_one_line(table):
    """Arrays, and what Keras writes of a layer."""
    if {"module", "class_name", "config"} <= table.keys():
        return "layers" not in (table["config"] or {})
    return "shape" in table and ("data" in table or "drawn" in table)
