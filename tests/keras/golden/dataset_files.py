"""Small files of the forms of Keras's data sets, and what Keras's own loaders make of them."""

import base64
import io
import pickle
import tempfile
from pathlib import Path
from unittest import mock

import numpy as np
from keras.datasets import boston_housing, california_housing, imdb, reuters
from keras.src.datasets import boston_housing as boston_module
from keras.src.datasets import california_housing as california_module
from keras.src.datasets import imdb as imdb_module
from keras.src.datasets import reuters as reuters_module
from keras.src.datasets.cifar import load_batch


def text(data):
    return base64.b64encode(data).decode()


def archive(**arrays):
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


def ragged(lists):
    array = np.empty(len(lists), dtype=object)
    array[:] = lists
    return array


def texts(rows, seed):
    rng = np.random.RandomState(seed)
    return ragged([rng.randint(1, 30, rng.randint(1, 9)).tolist() for _ in range(rows)])


def loaded(module, load, file, cases):
    """What the loader of a module gives for each case, with a file in place of the one that it fetches."""
    results = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "data.npz"
        path.write_bytes(file)
        with mock.patch.object(module, "get_file", lambda *args, **kwargs: str(path)):
            for options in cases:
                train, test = load(**options)
                parts = [[plain(x), plain(y)] for x, y in (train, test)]
                results.append({"options": options, "parts": parts})
    return {"file": text(file), "cases": results}


def plain(array):
    if array.dtype == object:
        return [[int(i) for i in row] for row in array]
    return array.astype("float32") if array.dtype.kind == "f" else array.tolist()


def python2_batch(rows, labels, data):
    """A batch as Python 2 pickled those of CIFAR: its texts, and the bytes of its array, are texts of Python 2."""

    def short(value):
        return b"U" + bytes([len(value)]) + value

    def number(value):
        return b"K" + bytes([value])

    array = (
        b"cnumpy.core.multiarray\n_reconstruct\nq\x01cnumpy\nndarray\nq\x02K\x00\x85"
        + short(b"b")
        + b"\x87Rq\x03(K\x01"
        + number(rows)
        + b"M"
        + (3072).to_bytes(2, "little")
        + b"\x86cnumpy\ndtype\nq\x04"
        + short(b"u1")
        + b"K\x00K\x01\x87Rq\x05(K\x03"
        + short(b"|")
        + b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb\x89T"
        + len(data).to_bytes(4, "little")
        + data
        + b"tb"
    )
    return (
        b"\x80\x02}q\x00("
        + short(b"batch_label")
        + short(b"one of two")
        + short(b"labels")
        + b"](" + b"".join(number(label) for label in labels) + b"e"
        + short(b"data")
        + array
        + b"u."
    )


def cifar():
    # Bytes that say where they are: row, channel, height and width.
    row, channel, y, x = np.meshgrid(range(3), range(3), range(32), range(32), indexing="ij")
    data = ((row * 71 + channel * 37 + y * 5 + x) % 256).astype("uint8").reshape(3, 3072)
    file = python2_batch(3, [7, 0, 9], data.tobytes())
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "batch"
        path.write_bytes(file)
        images, labels = load_batch(str(path))
    return {"file": text(file), "images": images.transpose(0, 2, 3, 1), "labels": labels}


class Danger:
    def __reduce__(self):
        return (print, ("this must never be printed",))


def pickles():
    values = {
        "numbers": [0, 1, -1, 255, 256, 65536, -70000, 2**40, 1.5, -2.25e-30, True, False, None],
        "texts": ["", "a", "späť", "long " * 80],
        "lists": [[], [1], [[2, 3], [4]], [[[]]]],
        "dict": {"a": [1, 2], "b": {"c": 0.5}},
        "shared": [[1, 2]] * 3,
    }
    arrays = {
        "array": np.arange(6, dtype="int16").reshape(2, 3),
        "floats": np.array([0.5, -1.25]),
        "big endian": np.array([1, -2], ">i4"),
        "lists": texts(5, 3),
        "tables": ragged([np.arange(3), np.arange(2)]),
    }
    lists = arrays["lists"].tolist()
    protocols = range(0, 6)
    return {
        "values": [
            {"name": f"{name}, protocol {p}", "file": text(pickle.dumps(value, p)), "value": value}
            for name, value in values.items()
            # Texts of older protocols are in an encoding of their own, which no data set has.
            for p in protocols
            if p > 0
        ],
        "arrays": [
            {
                "name": f"{name}, protocol {p}",
                "file": text(pickle.dumps(arrays[name], p)),
                "value": arrays[name].astype("float32" if name == "floats" else "int32"),
            }
            for name in ("array", "floats", "big endian")
            # Newer ones name a function that only NumPy 2 has.
            for p in protocols
            if 1 < p < 5
        ],
        "lists": [{"file": text(pickle.dumps(arrays["lists"], p)), "value": lists} for p in protocols if p > 1],
        "refused": {
            "a function": text(pickle.dumps(Danger(), 2)),
            "a function, by its name on the stack": text(pickle.dumps(Danger(), 4)),
            "a class": text(pickle.dumps(Path, 2)),
            "a set": text(pickle.dumps({1, 2}, 4)),
            "a complex number": text(pickle.dumps(1j, 4)),
        },
        "orders": [
            {"length": n, "seed": seed, "order": shuffled(n, seed)} for n, seed in ((1, 0), (2, 5), (9, 113), (65, 1), (700, 2**32 - 1))
        ],
    }


def shuffled(length, seed):
    order = np.arange(length)
    np.random.RandomState(seed).shuffle(order)
    return order.tolist()


def make():
    rng = np.random.RandomState(5)
    sequences = [{}, {"num_words": 20}, {"num_words": 12, "skip_top": 6, "oov_char": None}]
    sequences += [{"maxlen": 6, "seed": 4}, {"start_char": None, "index_from": 0}, {"start_char": None, "num_words": 15}]
    table = {"x": rng.uniform(0, 50, (13, 4)), "y": rng.uniform(0, 50, 13)}
    splits = [{}, {"test_split": 0.5, "seed": 7}, {"test_split": 0}]
    return {
        "imdb": loaded(
            imdb_module,
            imdb.load_data,
            archive(x_train=texts(8, 1), y_train=np.arange(8) % 2, x_test=texts(6, 2), y_test=np.arange(6) // 3),
            sequences,
        ),
        "reuters": loaded(
            reuters_module,
            reuters.load_data,
            archive(x=texts(15, 3), y=np.arange(15)),
            [*sequences, {"test_split": 0.4}],
        ),
        "boston_housing": loaded(boston_module, boston_housing.load_data, archive(**table), splits),
        "california_housing": loaded(
            california_module,
            california_housing.load_data,
            archive(x=rng.uniform(0, 9, (610, 2)), y=np.arange(610.0)),
            [{"version": "small"}, {"test_split": 0.9}],
        ),
        "cifar": cifar(),
        "pickles": pickles(),
    }
