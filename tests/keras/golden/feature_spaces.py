"""Tables of columns through keras.utils.FeatureSpace: configs, vectors of adapted spaces, and their files."""

import keras
import numpy as np
from keras.utils import FeatureSpace

from packed import packed
from text import plain

TABLE = {
    "age": np.linspace(-3, 12, 40).astype("float32"),
    "job": np.array(["cook", "nurse", "pilot", "cook"] * 10),
    "floor": np.array([1, 2, 3, 7, 2] * 8, "int32"),
    "note": np.array(["a good day", "bad day", "a day off", "night"] * 10),
}
ROWS = {
    "age": np.array([0.5, -9.0, 30.0], "float32"),
    "job": np.array(["pilot", "cook", "clown"]),
    "floor": np.array([7, 2, 99], "int32"),
    "note": np.array(["a night", "good bad day", "unknown"]),
}


def spaces():
    text = keras.layers.TextVectorization(output_mode="tf_idf", name="words")
    return {
        "kinds": dict(features={"age": "float", "job": "string_categorical", "floor": "integer_hashed"}),
        "learned": dict(
            features={"age": "float_normalized", "job": "string_hashed", "floor": "integer_categorical"},
            crosses=[("job", "floor")],
            crossing_dim=7,
            hashing_dim=5,
        ),
        "binned": dict(features={"age": "float_discretized", "job": "string_categorical"}, num_discretization_bins=6),
        "made": dict(
            features={
                "age": FeatureSpace.float_rescaled(2.0, 0.5),
                "job": FeatureSpace.string_categorical(max_tokens=3, num_oov_indices=1),
                "floor": FeatureSpace.integer_categorical(num_oov_indices=2),
            },
            crosses=[FeatureSpace.cross(("job", "floor"), 6)],
        ),
        "by_name": dict(
            features={
                "age": FeatureSpace.float_discretized(3, output_mode="int"),
                "job": FeatureSpace.string_hashed(6, output_mode="int"),
                "floor": FeatureSpace.integer_hashed(4),
                # Joined with others its shape would be wrong.
                "note": FeatureSpace.feature(dtype="string", preprocessor=text, output_mode="float"),
            },
            crosses=[FeatureSpace.cross(("age", "job"), 5, output_mode="int")],
            output_mode="dict",
        ),
    }


def columns(table, names):
    return {name: table[name] for name in names}


def results(name):
    keras.backend.clear_session()
    space = FeatureSpace(**spaces()[name])
    before = space.get_config()
    names = list(space.features)
    space.adapt({key: value.tolist() for key, value in columns(TABLE, names).items()})
    y = space({key: value.tolist() for key, value in columns(ROWS, names).items()})
    return {
        "name": name,
        "before": before,
        "config": space.get_config(),
        "y": keras.tree.map_structure(plain, y),
        "file": packed(space.save, ".keras"),
    }


def make():
    tables = [{key: plain(value) for key, value in table.items()} for table in (TABLE, ROWS)]
    return {"table": tables[0], "rows": tables[1], "spaces": [results(name) for name in spaces()]}
