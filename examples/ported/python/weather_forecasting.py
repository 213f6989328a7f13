"""The twin of weather_forecasting.ts: python examples/ported/python/weather_forecasting.py [seed]"""

import os
import sys

os.environ.setdefault("KERAS_BACKEND", "tensorflow")

import keras
import numpy as np
from keras import layers

seed = int(sys.argv[1]) if len(sys.argv) > 1 else 0
keras.utils.set_random_seed(seed)
weather = np.load(os.path.join(os.path.dirname(__file__), "data", "weather.npy"))
step, past, future = 2, 240, 24
sequence_length = past // step
start = past + future

train_split = int(0.7 * len(weather))
mean, std = weather[:train_split].mean(axis=0), weather[:train_split].std(axis=0)
data = (weather - mean) / std
temperature = data[:, 1]
options = {"sequence_length": sequence_length, "sampling_rate": step, "batch_size": 128}
training = keras.utils.timeseries_dataset_from_array(
    data[:train_split], temperature[start : start + train_split], **options
)
validation = keras.utils.timeseries_dataset_from_array(
    data[train_split : len(data) - start], temperature[train_split + start :], **options
)

inputs = keras.Input((sequence_length, data.shape[1]))
outputs = layers.Dense(1)(layers.LSTM(32)(inputs))
model = keras.Model(inputs, outputs)
model.compile(optimizer=keras.optimizers.Adam(0.003), loss="mse")
model.fit(
    training,
    epochs=4,
    validation_data=validation,
    verbose=2,
    callbacks=[keras.callbacks.EarlyStopping(monitor="val_loss", patience=5, restore_best_weights=True)],
)
loss = model.evaluate(validation, verbose=0)
explained = 1 - loss / temperature[train_split + start :].var()
print(f"validation loss {loss:.4f}: {100 * explained:.1f} % of the variance are foretold.")
