"""The twin of super_resolution.ts: python examples/ported/python/super_resolution.py [seed]"""

import os
import sys

os.environ.setdefault("KERAS_BACKEND", "tensorflow")

import keras
import numpy as np
from keras import layers, ops

seed = int(sys.argv[1]) if len(sys.argv) > 1 else 0
keras.utils.set_random_seed(seed)
data = np.load(os.path.join(os.path.dirname(__file__), "data", "super_resolution.npz"))


class DepthToSpace(layers.Layer):
    def __init__(self, block_size):
        super().__init__()
        self.block_size = block_size

    def call(self, x):
        batch, height, width, depth = ops.shape(x)
        block, channels = self.block_size, depth // self.block_size**2
        x = ops.reshape(x, [batch, height, width, block, block, channels])
        x = ops.transpose(x, [0, 1, 3, 2, 4, 5])
        return ops.reshape(x, [batch, height * block, width * block, channels])


options = {"activation": "relu", "kernel_initializer": "orthogonal", "padding": "same"}
inputs = keras.Input((None, None, 1))
x = layers.Conv2D(64, 5, **options)(inputs)
x = layers.Conv2D(64, 3, **options)(x)
x = layers.Conv2D(32, 3, **options)(x)
x = layers.Conv2D(9, 3, **options)(x)
model = keras.Model(inputs, DepthToSpace(3)(x))
model.compile(optimizer=keras.optimizers.Adam(0.001), loss="mean_squared_error")


def psnr(pictures, others):
    error = np.mean((pictures - others) ** 2, axis=(1, 2, 3))
    return np.mean(-10 * np.log10(error))


low_val, high_val = data["low_val"], data["high_val"]
model.fit(
    data["low_train"],
    data["high_train"],
    epochs=12,
    batch_size=8,
    validation_data=(low_val, high_val),
    verbose=2,
    callbacks=[keras.callbacks.EarlyStopping(monitor="loss", patience=10)],
)
made = psnr(model.predict(low_val, verbose=0), high_val)
usual = psnr(np.array(ops.image.resize(low_val, (48, 48), interpolation="bicubic")), high_val)
print(f"mean peak signal-to-noise ratio {made:.2f} dB; by bicubic interpolation {usual:.2f} dB")
