"""The twin of structured_data.ts: python examples/ported/python/structured_data.py [seed]"""

import csv
import os
import sys

os.environ.setdefault("KERAS_BACKEND", "tensorflow")

import keras
import numpy as np
import tensorflow as tf
from keras import layers
from keras.utils import FeatureSpace

seed = int(sys.argv[1]) if len(sys.argv) > 1 else 0
keras.utils.set_random_seed(seed)


def read(part):
    path = os.path.join(os.path.dirname(__file__), "data", f"patients_{part}.csv")
    with open(path) as file:
        rows = list(csv.DictReader(file))
    kinds = {"thal": str, "oldpeak": float}
    columns = {name: np.array([kinds.get(name, int)(row[name]) for row in rows]) for name in rows[0]}
    target = columns.pop("target")
    return tf.data.Dataset.from_tensor_slices((columns, target)), len(rows)


feature_space = FeatureSpace(
    features={
        "sex": FeatureSpace.integer_categorical(num_oov_indices=0),
        "cp": FeatureSpace.integer_categorical(num_oov_indices=0),
        "fbs": FeatureSpace.integer_categorical(num_oov_indices=0),
        "restecg": FeatureSpace.integer_categorical(num_oov_indices=0),
        "exang": FeatureSpace.integer_categorical(num_oov_indices=0),
        "ca": FeatureSpace.integer_categorical(num_oov_indices=0),
        "thal": FeatureSpace.string_categorical(num_oov_indices=0),
        "age": FeatureSpace.float_discretized(num_bins=30),
        "trestbps": FeatureSpace.float_normalized(),
        "chol": FeatureSpace.float_normalized(),
        "thalach": FeatureSpace.float_normalized(),
        "oldpeak": FeatureSpace.float_normalized(),
        "slope": FeatureSpace.float_normalized(),
    },
    crosses=[
        FeatureSpace.cross(("sex", "age"), crossing_dim=64),
        FeatureSpace.cross(("thal", "ca"), crossing_dim=16),
    ],
    output_mode="concat",
)
train_ds, count = read("train")
val_ds, _ = read("val")
feature_space.adapt(train_ds.batch(32).map(lambda x, _: x))
prepared_train = train_ds.shuffle(count).batch(32).map(lambda x, y: (feature_space(x), y))
prepared_val = val_ds.batch(32).map(lambda x, y: (feature_space(x), y))

encoded = feature_space.get_encoded_features()
x = layers.Dense(32, activation="relu")(encoded)
x = layers.Dropout(0.5)(x)
outputs = layers.Dense(1, activation="sigmoid")(x)
model = keras.Model(encoded, outputs)
model.compile(optimizer="adam", loss="binary_crossentropy", metrics=["accuracy"])
model.fit(prepared_train, epochs=20, validation_data=prepared_val, verbose=2)
results = model.evaluate(prepared_val, verbose=0, return_dict=True)
print(f"validation accuracy {results['accuracy']:.4f}, loss {results['loss']:.4f}")
