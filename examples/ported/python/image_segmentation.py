"""The twin of image_segmentation.ts: python examples/ported/python/image_segmentation.py [seed]"""

import os
import sys

os.environ.setdefault("KERAS_BACKEND", "tensorflow")

import keras
import numpy as np
from keras import layers

seed = int(sys.argv[1]) if len(sys.argv) > 1 else 0
keras.utils.set_random_seed(seed)
data = np.load(os.path.join(os.path.dirname(__file__), "data", "image_segmentation.npz"))
num_classes = 3


def normalized(x):
    return layers.BatchNormalization(momentum=0.9)(x)


def relu(x):
    return layers.Activation("relu")(x)


inputs = keras.Input((48, 48, 3))
x = layers.Rescaling(1 / 255)(inputs)
x = layers.Conv2D(16, 3, strides=2, padding="same")(x)
x = relu(normalized(x))
previous = x
for filters in [32, 64]:
    for _ in range(2):
        x = layers.SeparableConv2D(filters, 3, padding="same")(relu(x))
        x = normalized(x)
    x = layers.MaxPooling2D(3, strides=2, padding="same")(x)
    residual = layers.Conv2D(filters, 1, strides=2, padding="same")(previous)
    x = layers.add([x, residual])
    previous = x
for filters in [64, 32, 16]:
    for _ in range(2):
        x = layers.Conv2DTranspose(filters, 3, padding="same")(relu(x))
        x = normalized(x)
    x = layers.UpSampling2D(2)(x)
    residual = layers.Conv2D(filters, 1, padding="same")(layers.UpSampling2D(2)(previous))
    x = layers.add([x, residual])
    previous = x
outputs = layers.Conv2D(num_classes, 3, activation="softmax", padding="same")(x)

model = keras.Model(inputs, outputs)
model.compile(
    optimizer=keras.optimizers.Adam(0.002),
    loss="sparse_categorical_crossentropy",
    metrics=["accuracy", keras.metrics.MeanIoU(num_classes, sparse_y_pred=False, name="iou")],
)
validation_data = (data["x_val"], data["y_val"])
model.fit(
    data["x_train"], data["y_train"], epochs=8, batch_size=32, validation_data=validation_data, verbose=2
)
results = model.evaluate(*validation_data, verbose=0, return_dict=True)
print(f"mean intersection over union {results['iou']:.4f}, accuracy of pixels {results['accuracy']:.4f}")
