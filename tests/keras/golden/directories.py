"""Datasets of the files in a directory: their order, their splits, and what is in their batches."""

import base64
import io
import os
import struct
import tempfile
from contextlib import contextmanager, redirect_stdout
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from keras.src.utils import dataset_utils
from PIL import Image

RANDOM = np.random.RandomState(0)


def png(*shape, mode=None):
    image = Image.fromarray(RANDOM.randint(0, 256, shape, dtype=np.uint8), mode)
    file = io.BytesIO()
    image.save(file, format="PNG")
    return file.getvalue()


def wav(samples, channels=1, rate=8000):
    data = RANDOM.randint(-32768, 32768, samples * channels).astype("<i2").tobytes()
    header = struct.pack("<HHIIHH", 1, channels, rate, rate * channels * 2, channels * 2, 16)
    # A part that is none of the two comes between.
    parts = [(b"fmt ", header), (b"LIST", b"even"), (b"data", data)]
    body = b"".join(name + struct.pack("<I", len(part)) + part + b"\0" * (len(part) % 2) for name, part in parts)
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WAVE" + body


TEXTS = {f"{name}/{file}": f"{name} {file}\n".encode() for name in ("neg", "pos", "Zero") for file in ("b.txt", "a.txt")}
TEXTS |= {
    "pos/inner/c.TXT": b"inner c",
    "pos/inner-2/d.txt": b"inner 2 d",
    "pos/inner/deep/e.txt": b"deep e",
    "neg/\u00e9.txt": "\u00e9\u00e8".encode(),
    "neg/skipped.md": b"no text",
    "neg/.dot.txt": b"with a dot",
    ".hidden/f.txt": b"of a hidden folder",
    "top.txt": b"at the top",
}
IMAGES = {
    "a/1.png": png(5, 7, 3),
    "a/2.png": png(9, 4, 3),
    "a/3.png": png(6, 6),
    "b/4.png": png(7, 7, 4),
    "b/5.PNG": png(4, 12, 2, mode="LA"),
    "c/6.png": png(12, 16, 3),
}
SOUNDS = {"a/1.wav": wav(6), "a/2.wav": wav(9), "b/3.wav": wav(4), "b/4.wav": wav(7)}
STEREO = {"a/1.wav": wav(5, channels=2), "b/2.wav": wav(3, channels=2)}


@contextmanager
def folder(files):
    with tempfile.TemporaryDirectory() as path:
        for name, content in files.items():
            file = Path(path, name)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
        yield path


def listing(files, endings, **options):
    """The files and labels of each part, without reading them."""
    split, subset = options.pop("validation_split", None), options.pop("subset", None)
    with folder(files) as path, redirect_stdout(io.StringIO()) as printed:
        # Keras shuffles a list of labels in place.
        given = {"labels": "inferred", "class_names": None, "shuffle": True, "seed": None, "follow_links": False, **options}
        if isinstance(given["labels"], list):
            given["labels"] = list(given["labels"])
        paths, labels, names = dataset_utils.index_directory(path, formats=endings, **given)
        subsets = ["training", "validation"] if subset == "both" else [subset]
        parts = [dataset_utils.get_training_or_validation_split(paths, labels, split, part) for part in subsets]
        return {
            "options": {**options, **({"validation_split": split, "subset": subset} if split else {})},
            "class_names": names,
            "parts": [
                {"paths": [os.path.relpath(file, path) for file in part], "labels": None if of is None else list(map(int, of))}
                for part, of in parts
            ],
            "printed": printed.getvalue(),
        }


def plain(part):
    if part.dtype.kind in "OS":
        items = np.atleast_1d(part)
        texts = [text.decode() for text in items.tolist()]
        return texts if part.ndim else texts[0]
    return part


def batches(function, files, **options):
    with folder(files) as path, redirect_stdout(io.StringIO()):
        dataset = function(path, shuffle=False, **options)
        made = []
        for batch in dataset:
            parts = batch if isinstance(batch, tuple) else (batch,)
            made.append([plain(np.asarray(part.numpy())) for part in parts])
        return {"options": options, "class_names": dataset.class_names, "batches": made}


def encoded(files):
    return {name: base64.b64encode(content).decode() for name, content in files.items()}


def make():
    text, image = keras.utils.text_dataset_from_directory, keras.utils.image_dataset_from_directory
    audio = keras.utils.audio_dataset_from_directory
    endings = (".txt",)
    listings = [
        dict(shuffle=False),
        dict(shuffle=False, class_names=["pos", "neg"]),
        dict(shuffle=False, class_names=["pos", "Zero", "neg"]),
        dict(shuffle=False, labels=None),
        dict(shuffle=False, labels=[3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8, 9]),
        *[dict(seed=seed) for seed in (0, 1, 1337, 2**32 - 1)],
        dict(seed=1, labels=[3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8, 9]),
        *[dict(seed=7, validation_split=0.3, subset=subset) for subset in ("training", "validation", "both")],
        dict(shuffle=False, validation_split=0.2, subset="both"),
        dict(seed=5, labels=None, validation_split=0.5, subset="both"),
    ]
    two = {name: content for name, content in TEXTS.items() if name[:3] in ("neg", "pos")}
    interpolations = ["bilinear", "nearest", "bicubic", "area", "lanczos3", "lanczos5", "gaussian", "mitchellcubic"]
    sizes = dict(image_size=(6, 8), batch_size=6, label_mode=None)
    return {
        "texts": encoded(TEXTS),
        "images": encoded(IMAGES),
        "sounds": encoded(SOUNDS),
        "stereo": encoded(STEREO),
        "two": sorted(two),
        "listings": [listing(TEXTS, endings, **options) for options in listings],
        "text_batches": [
            batches(text, TEXTS, batch_size=5),
            batches(text, TEXTS, batch_size=5, label_mode="categorical"),
            batches(text, TEXTS, batch_size=20, max_length=4, labels=None),
            batches(text, TEXTS, batch_size=None),
            batches(text, TEXTS, batch_size=None, label_mode=None),
        ],
        "binary_batches": batches(text, two, batch_size=8, label_mode="binary"),
        "image_batches": [
            batches(image, IMAGES, batch_size=4, image_size=(3, 3)),
            batches(image, IMAGES, batch_size=6, image_size=5, color_mode="grayscale"),
            batches(image, IMAGES, batch_size=6, image_size=(4, 5), color_mode="rgba", label_mode="categorical"),
            batches(image, IMAGES, batch_size=None, image_size=(4, 5), data_format="channels_first"),
            *[batches(image, IMAGES, interpolation=name, **sizes) for name in interpolations],
            *[batches(image, IMAGES, interpolation=name, crop_to_aspect_ratio=True, **sizes) for name in interpolations[:3]],
            *[batches(image, IMAGES, interpolation=name, pad_to_aspect_ratio=True, **sizes) for name in interpolations[:3]],
        ],
        "audio_batches": [
            batches(audio, SOUNDS, batch_size=3),
            batches(audio, SOUNDS, batch_size=4, output_sequence_length=6, label_mode="binary"),
            batches(audio, SOUNDS, batch_size=None, label_mode=None),
        ],
        "stereo_batches": batches(audio, STEREO),
    }
