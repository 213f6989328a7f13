"""Writes the golden JSON files beside this script from Python Keras.

    python generate.py             all files
    python generate.py losses      only losses.json

A subject is a module with a `make()` that returns the content of its file.
"""

import importlib
import logging
import os
import sys
from pathlib import Path

# One thread and plain kernels, so that a rerun gives the same bytes.
os.environ.update(
    KERAS_BACKEND="tensorflow",
    CUDA_VISIBLE_DEVICES="-1",
    TF_CPP_MIN_LOG_LEVEL="3",
    TF_ENABLE_ONEDNN_OPTS="0",
    TF_NUM_INTRAOP_THREADS="1",
    TF_NUM_INTEROP_THREADS="1",
)

SUBJECTS = [
    "optimizers",
    "training",
    "trainings",
    "losses",
    "activations",
    "initializers",
    "prints",
    "callbacks",
    "fits",
    "configs",
    "custom",
    "metrics",
    "metric_states",
    "ops",
    "ctc_decode",
    "images",
    "image_ops",
    "convolutional",
    "convolutional_jax",
    "regularizers",
    "models",
    "operations",
    "layers",
    "merging",
    "preprocessing",
    "augmentation",
    "text",
    "feature_spaces",
    "applications",
    "architectures",
    "pooling",
    "spatial",
    "normalization",
    "spectrograms",
    "recurrent",
    "attention",
    "recurrent_trainings",
    "recurrent_files",
    "recurrent_models",
    "files",
    "own_state",
    "layer_files",
    "printed",
    "signatures",
    "public_names",
    "families",
    "loops",
    "signals",
    "numerics",
    "nn_ops",
    "linalg",
    "numpy_files",
    "dataset_files",
    "plots",
    "pictures",
    "sharded",
    "legacy_h5",
    "datasets",
    "directories",
    "loaded_images",
    "archives",
    "mixed_precision",
]


def main(names):
    import keras

    from encode import dumps

    logging.getLogger("tensorflow").setLevel("ERROR")  # ignore retracing warnings
    unknown = [name for name in names if name not in SUBJECTS]
    if unknown:
        sys.exit(f"Unknown subjects {unknown}: choose from {SUBJECTS}")
    for name in names or SUBJECTS:
        head = {"keras": keras.__version__, "backend": keras.backend.backend()}
        text = dumps({**head, **importlib.import_module(name).make()})
        path = Path(__file__).with_name(f"{name}.json")
        path.write_text(text + "\n", encoding="utf-8")
        print(f"{path.name}: {path.stat().st_size} bytes")


if __name__ == "__main__":
    main(sys.argv[1:])
