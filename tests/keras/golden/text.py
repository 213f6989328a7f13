"""Layers of texts and categories, each called alone: its config, its vocabulary or edges, and what it gives.

A case may have data for `adapt`. Keras's int64 is int32 here, and what it computes of texts is the same on all backends.
"""

import keras
import numpy as np
import tensorflow as tf

from build import create, item
from drawn import drawn

WORDS = np.array([["dog", "cat"], ["bird", "dog"], ["", "fish"], ["[UNK]", "cat"]])
COLUMN = np.array([["dog"], ["ant"], ["cat"], ["dog"]])
NUMBERS = np.array([[12, 36, 7], [-5, 12, 0], [36, 1138, 4]], "int32")
IDS = np.array([[1, 0, 3], [4, 2, 9]], "int32")
CLASSES = np.array([[0, 3, 3], [1, 5, 2]], "int32")
FLOATS = np.array([[-1.5, 0.0, 3.4], [0.2, 10.0, np.nan]], "float32")
TEXTS = np.array([["The quick, brown fox!"], ["the  LAZY dog\tand the fox."], [""], ["Été naïve: 100% ÜBER_cool"], ["日本 the 語"]])
FLAT = TEXTS[:, 0]
CORPUS = ["The fox and the dog", "the dog; a fox?", "été", "Zebra apple apple zebra 日本 語"]
LEARNED = ["b", "a", "c", "a", "d", "b", "a", "e", "é", "日", "", "", "[UNK]"]
SAMPLE = drawn((300, 2), 91, -1000, 1000, 1 / 64)
KINDS = ["cat", "dog", "fish"]
IDF = [0.25, 0.5, 1.5]


# What layers of the other files may have.
ALONE = {"masks": None, "names": None, "call": {}}


def case(name, layer, *inputs, adapt=None, batches=None):
    return {"name": name, "layer": layer, "inputs": list(inputs), "adapt": adapt, "batches": batches, **ALONE}


def lookup(name, *inputs, adapt=None, batches=None, **config):
    return case(f"string_lookup_{name}", item("StringLookup", **config), *inputs, adapt=adapt, batches=batches)


def integer(name, *inputs, adapt=None, batches=None, **config):
    return case(f"integer_lookup_{name}", item("IntegerLookup", **config), *inputs, adapt=adapt, batches=batches)


def text(name, x=TEXTS, adapt=CORPUS, batches=None, **config):
    return case(f"text_vectorization_{name}", item("TextVectorization", **config), x, adapt=adapt, batches=batches)


def discretization(name, x=FLOATS, adapt=None, batches=None, **config):
    return case(f"discretization_{name}", item("Discretization", **config), x, adapt=adapt, batches=batches)


CASES = [
    case("category_encoding", item("CategoryEncoding", num_tokens=5), CLASSES),
    case("category_encoding_count", item("CategoryEncoding", num_tokens=4, output_mode="count"), CLASSES),
    case("category_encoding_one_hot", item("CategoryEncoding", num_tokens=4, output_mode="one_hot"), CLASSES),
    case("category_encoding_one_hot_column", item("CategoryEncoding", num_tokens=4, output_mode="one_hot"), CLASSES[:, :1]),
    case("category_encoding_one_hot_vector", item("CategoryEncoding", num_tokens=4, output_mode="one_hot"), CLASSES[0]),
    case("category_encoding_of_one", item("CategoryEncoding", num_tokens=4), CLASSES[0]),
    case("category_encoding_deep", item("CategoryEncoding", num_tokens=6), CLASSES.reshape(1, 2, 3)),
    case("category_encoding_deep_count", item("CategoryEncoding", num_tokens=6, output_mode="count"), CLASSES.reshape(1, 2, 3)),
    discretization("edges", bin_boundaries=[0.0, 0.5, 3.0]),
    discretization("edges_one_hot", bin_boundaries=[0.0, 0.5, 3.0], output_mode="one_hot"),
    discretization("edges_one_hot_column", FLOATS[:, :1], bin_boundaries=[0.0, 0.5], output_mode="one_hot"),
    discretization("edges_multi_hot", bin_boundaries=[0.0, 0.5, 3.0], output_mode="multi_hot"),
    discretization("edges_count", bin_boundaries=[0.0, 0.5, 3.0], output_mode="count"),
    discretization("learned", num_bins=3, adapt=np.arange(1, 8, dtype="float32")),
    discretization("learned_few", num_bins=4, adapt=np.array([2.0, -1.0], "float32")),
    discretization("learned_many", num_bins=7, adapt=SAMPLE),
    discretization("learned_coarse", num_bins=4, epsilon=0.1, adapt=SAMPLE),
    discretization("learned_in_batches", num_bins=6, epsilon=0.05, batches=[SAMPLE[:100], SAMPLE[100:137], SAMPLE[137:]]),
    lookup("given", WORDS, vocabulary=KINDS),
    lookup("special", WORDS, vocabulary=["[UNK]", "cat", "dog"]),
    lookup("masked", WORDS, vocabulary=KINDS, mask_token=""),
    lookup("masked_special", WORDS, vocabulary=["", "<?>", "cat"], mask_token="", oov_token="<?>"),
    lookup("unknown", WORDS, vocabulary=["cat"], num_oov_indices=3, mask_token="dog"),
    lookup("unknown_salted", WORDS, vocabulary=["cat"], num_oov_indices=3, salt=[7, -9]),
    lookup("complete", COLUMN[:1], vocabulary=KINDS, num_oov_indices=0),
    lookup("one_hot", WORDS, vocabulary=KINDS, output_mode="one_hot"),
    lookup("one_hot_column", COLUMN, vocabulary=KINDS, output_mode="one_hot"),
    lookup("multi_hot", WORDS, vocabulary=KINDS[:2], output_mode="multi_hot", mask_token="fish"),
    lookup("count", WORDS, vocabulary=KINDS, output_mode="count", num_oov_indices=2),
    lookup("padded", WORDS, vocabulary=KINDS, output_mode="count", max_tokens=7, pad_to_max_tokens=True),
    lookup("tf_idf", WORDS, vocabulary=KINDS, idf_weights=IDF, output_mode="tf_idf"),
    lookup("tf_idf_special", WORDS, vocabulary=["[UNK]", "cat", "dog"], idf_weights=IDF, output_mode="tf_idf"),
    lookup("tf_idf_padded", WORDS, vocabulary=KINDS, idf_weights=IDF, output_mode="tf_idf", max_tokens=6, pad_to_max_tokens=True),
    lookup("inverse", IDS, vocabulary=KINDS, invert=True),
    lookup("inverse_masked", IDS, vocabulary=KINDS, invert=True, mask_token="", num_oov_indices=2),
    lookup("learned", WORDS, adapt=LEARNED),
    lookup("learned_masked", WORDS, adapt=LEARNED, mask_token=""),
    lookup("learned_limited", WORDS, adapt=LEARNED, max_tokens=3),
    lookup("learned_tf_idf", np.array([["a", "b", "b"], ["q", "e", "a"]]), adapt=[["a", "b"], ["a", "a"], ["c", "b"]], output_mode="tf_idf"),
    lookup("learned_in_batches", COLUMN, batches=[["dog", "cat"], ["dog"]], output_mode="count"),
    integer("given", NUMBERS, vocabulary=[36, 12]),
    integer("masked", NUMBERS, vocabulary=[36, 12], mask_token=0),
    integer("special", NUMBERS, vocabulary=[0, -1, 36, 12], mask_token=0),
    integer("unknown", NUMBERS, vocabulary=[36], num_oov_indices=3),
    integer("unknown_hashed", NUMBERS, vocabulary=[36], num_oov_indices=3, oov_method="farmhash"),
    integer("unknown_salted", NUMBERS, vocabulary=[36], num_oov_indices=3, oov_method="farmhash", salt=5),
    integer("multi_hot", NUMBERS, vocabulary=[36, 12], output_mode="multi_hot", mask_token=0),
    integer("one_hot", NUMBERS, vocabulary=[36, 12], output_mode="one_hot"),
    integer("count", NUMBERS, vocabulary=[36, 12], output_mode="count"),
    integer("inverse", IDS, vocabulary=[36, 12, 1138], invert=True),
    integer("inverse_masked", IDS, vocabulary=[36, 12, 1138], invert=True, mask_token=5, oov_token=-7),
    integer("learned", NUMBERS, adapt=[[12, 12], [36, 7], [36, 12], [-1, 40]]),
    integer("learned_limited", NUMBERS, adapt=[3, 12, 12, 36], max_tokens=3),
    text("default"),
    text("flat", FLAT),
    text("given", adapt=None, vocabulary=["the", "fox"]),
    text("cut", output_sequence_length=2),
    text("padded", output_sequence_length=9),
    text("lower", standardize="lower"),
    text("stripped", standardize="strip_punctuation"),
    text("as_it_is", standardize=None),
    text("characters", split="character", output_sequence_length=6),
    text("unsplit", split=None),
    text("unsplit_words", np.array([["The", "fox!"], ["a", "dog"]]), split=None, adapt=None, vocabulary=["fox", "the"]),
    text("pairs", ngrams=2, output_sequence_length=12),
    text("triples_alone", ngrams=[3, 1], output_mode="count"),
    text("limited", max_tokens=4),
    text("multi_hot", output_mode="multi_hot"),
    text("count", output_mode="count", max_tokens=30, pad_to_max_tokens=True),
    text("tf_idf", output_mode="tf_idf"),
    text("tf_idf_limited", FLAT, output_mode="tf_idf", max_tokens=5),
    text("tf_idf_padded", output_mode="tf_idf", max_tokens=30, pad_to_max_tokens=True),
    text("tf_idf_given", adapt=None, vocabulary=["the", "fox"], idf_weights=[0.5, 2.0], output_mode="tf_idf"),
    text("in_batches", adapt=None, batches=[CORPUS[:2], CORPUS[2:]], output_mode="tf_idf"),
    case("hashing", item("Hashing", num_bins=7), WORDS),
    case("hashing_salted", item("Hashing", num_bins=1000, salt=[133, 137]), WORDS),
    case("hashing_salted_once", item("Hashing", num_bins=1000, salt=133), WORDS),
    case("hashing_masked", item("Hashing", num_bins=7, mask_value=""), WORDS),
    case("hashing_integers", item("Hashing", num_bins=7), NUMBERS),
    case("hashing_integers_masked", item("Hashing", num_bins=7, mask_value=12, salt=3), NUMBERS),
    case("hashing_one_hot", item("Hashing", num_bins=5, output_mode="one_hot"), COLUMN),
    case("hashing_multi_hot", item("Hashing", num_bins=5, output_mode="multi_hot"), WORDS),
    case("hashing_count", item("Hashing", num_bins=5, output_mode="count"), NUMBERS),
    case("hashing_long", item("Hashing", num_bins=2**31 - 1), np.array([["x" * n + "yé" * (n // 3)] for n in range(0, 150, 7)])),
    case("hashed_crossing", item("HashedCrossing", num_bins=20), COLUMN, NUMBERS[[0, 1, 2, 0], :1]),
    case("hashed_crossing_flat", item("HashedCrossing", num_bins=2**31 - 1), FLAT, FLAT[::-1], NUMBERS.ravel()[:5]),
    case("hashed_crossing_one_hot", item("HashedCrossing", num_bins=6, output_mode="one_hot"), COLUMN, COLUMN[::-1]),
]


def given(array):
    """An array for the layer."""
    return tf.constant(array.tolist()) if array.dtype.kind == "U" else tf.constant(array)


def dtype_of(array):
    """The dtype of an input."""
    return "string" if array.dtype.kind == "U" else str(array.dtype)


def plain(array):
    """An array for the file: texts as a list, int64 as int32."""
    array = np.asarray(array)
    if array.dtype.kind in "OSU":
        texts = [x.decode() if isinstance(x, bytes) else str(x) for x in array.reshape(-1)]
        return {"shape": list(array.shape), "dtype": "string", "data": texts}
    return array.astype("int32") if array.dtype == np.int64 else array


def made(spec):
    """The layer of a case, adapted to its data."""
    layer = create(keras.layers, spec["layer"])
    batches, data = spec["batches"], spec["adapt"]
    if batches is not None:
        layer.adapt(given(np.array(batch)) for batch in batches)
    elif data is not None:
        layer.adapt(given(np.array(data)))
    return layer


def results(spec):
    keras.backend.clear_session()
    layer = made(spec)
    inputs = [given(x) for x in spec["inputs"]]
    y = np.asarray(layer(inputs[0] if len(inputs) == 1 else inputs))
    # What the layer says of its output: of some vectors it gives whole numbers all the same.
    symbols = [keras.Input(x.shape[1:], dtype=dtype_of(x)) for x in spec["inputs"]]
    if y.dtype == np.int64 and layer.get_config()["output_mode"] != "int":
        y = y.astype(layer(symbols[0] if len(symbols) == 1 else symbols).dtype)
    found = {
        "name": spec["name"],
        **spec["layer"],
        "inputs": [plain(x) for x in spec["inputs"]],
        "adapt": None if spec["adapt"] is None else plain(np.array(spec["adapt"])),
        "batches": spec["batches"] and [plain(np.array(batch)) for batch in spec["batches"]],
        "serialized": layer.get_config(),
        "read_again": type(layer).from_config(layer.get_config()).get_config(),
        "y": plain(y),
    }
    if hasattr(layer, "get_vocabulary"):
        entries = {True: layer.get_vocabulary(), False: layer.get_vocabulary(include_special_tokens=False)}
        found["vocabulary"] = [x if isinstance(x, str) else int(x) for x in entries[True]]
        found["own_vocabulary"] = [x if isinstance(x, str) else int(x) for x in entries[False]]
    return found


def make():
    return {"cases": [results(spec) for spec in CASES]}
