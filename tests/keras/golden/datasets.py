"""Data that comes batch by batch: trainings by a PyDataset, and the windows of timeseries."""

import keras
import numpy as np
import tensorflow as tf

ROWS = 10
FEATURES = 3
BATCH = 4
X = np.sin(np.arange(ROWS * FEATURES) * 1.7).astype("float32").reshape(ROWS, FEATURES)
Y = (np.arange(ROWS) % 2).astype("int32")
WEIGHTS = ((np.arange(ROWS) % 3) / 2 + 0.5).astype("float32")
KERNEL = (np.arange(FEATURES * 2, dtype="float32").reshape(FEATURES, 2) - 2) / 5


class Rows(keras.utils.PyDataset):
    def __init__(self, weighted=False, **options):
        super().__init__(**options)
        self.weighted = weighted

    def __len__(self):
        return -(-ROWS // BATCH)

    def __getitem__(self, index):
        rows = slice(index * BATCH, (index + 1) * BATCH)
        return (X[rows], Y[rows], WEIGHTS[rows]) if self.weighted else (X[rows], Y[rows])


def train(weighted=False, workers=1, **options):
    model = keras.Sequential([keras.Input((FEATURES,)), keras.layers.Dense(2, activation="softmax")])
    model.set_weights([KERNEL, np.zeros(2, "float32")])
    model.compile(optimizer=keras.optimizers.SGD(0.5), loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    data = Rows(weighted, workers=workers)
    fitted = model.fit(data, epochs=3, shuffle=False, verbose=0, validation_data=Rows(), **options)
    return {
        "weighted": weighted,
        "workers": workers,
        "options": options,
        "history": fitted.history,
        "evaluated": model.evaluate(data, verbose=0),
        "predicted": model.predict(data, verbose=0),
        "weights": model.get_weights(),
    }


def windows():
    data = np.arange(20, dtype="float32")
    table = np.arange(24, dtype="float32").reshape(12, 2)
    cases = [
        (data, None, dict(sequence_length=5)),
        (data, data * 10, dict(sequence_length=5, batch_size=4)),
        (data, data[:7], dict(sequence_length=3, batch_size=4)),
        (data, data * 10, dict(sequence_length=4, sequence_stride=3, batch_size=3)),
        (data, data * 10, dict(sequence_length=4, sampling_rate=3, batch_size=4)),
        (data, data * 10, dict(sequence_length=3, sequence_stride=2, sampling_rate=2, batch_size=2)),
        (data, data * 10, dict(sequence_length=3, start_index=5, batch_size=4)),
        (data, data * 10, dict(sequence_length=3, end_index=9, batch_size=4)),
        (data, data * 10, dict(sequence_length=3, start_index=4, end_index=15, sequence_stride=2, batch_size=4)),
        (data, None, dict(sequence_length=20, batch_size=2)),
        (data, None, dict(sequence_length=18, batch_size=None)),
        (data, data * 10, dict(sequence_length=18, batch_size=None)),
        (table, table[:, :1], dict(sequence_length=3, sequence_stride=4, batch_size=2)),
        (table.astype("int32"), (table[:, 0] > 8), dict(sequence_length=4, sampling_rate=2, batch_size=3)),
    ]
    made = []
    for data, targets, options in cases:
        batches = [
            [np.asarray(part) for part in (batch if isinstance(batch, tuple) else (batch,))]
            for batch in keras.utils.timeseries_dataset_from_array(data, targets, **options)
        ]
        made.append({"data": data, "targets": targets, "options": options, "batches": batches})
    return made


def splits():
    made = []
    for data, options in [
        (X, dict(left_size=0.8)),
        (X, dict(left_size=7)),
        (X, dict(right_size=0.25)),
        (X, dict(right_size=3)),
        (X, dict(left_size=0.25, right_size=0.5)),
        (X, dict(left_size=2, right_size=3)),
        (X, dict(left_size=0.6, shuffle=True, seed=0)),
        ([X, Y], dict(left_size=0.7)),
        ([X, Y], dict(left_size=4, shuffle=True, seed=12345)),
        ([X, Y], dict(right_size=0.3, shuffle=True, seed=2**32 - 1)),
    ]:
        parts = [
            [np.stack([np.asarray(part) for part in column]) for column in zip(*(s if isinstance(s, tuple) else (s,) for s in part))]
            for part in keras.utils.split_dataset(data, **options)
        ]
        made.append({"is_list": isinstance(data, list), "options": options, "parts": parts})
    return made


def split_batches():
    """Of batches of 4 samples, a split by samples."""
    batched = tf.data.Dataset.from_tensor_slices((X, Y)).batch(BATCH)
    parts = keras.utils.split_dataset(batched, left_size=0.6, shuffle=True, seed=3)
    return [[[np.asarray(part) for part in batch] for batch in dataset] for dataset in parts]


def make():
    return {
        "x": X,
        "y": Y,
        "sample_weights": WEIGHTS,
        "kernel": KERNEL,
        "batch": BATCH,
        "trainings": [
            train(),
            train(workers=3),
            train(weighted=True),
            train(class_weight={0: 1.0, 1: 3.0}),
            train(steps_per_epoch=2, validation_steps=1),
        ],
        "windows": windows(),
        "splits": splits(),
        "split_batches": split_batches(),
    }
