"""The twin of image_classification.ts: python examples/ported/python/image_classification.py [seed]"""

import os
import sys

os.environ.setdefault("KERAS_BACKEND", "tensorflow")

import keras
from keras import layers

seed = int(sys.argv[1]) if len(sys.argv) > 1 else 0
keras.utils.set_random_seed(seed)
image_size = (32, 32)

train_ds, val_ds = keras.utils.image_dataset_from_directory(
    os.path.join(os.path.dirname(__file__), "data", "pets"),
    validation_split=0.2,
    subset="both",
    seed=1337,
    image_size=image_size,
    batch_size=32,
)


def normalized(x):
    return layers.BatchNormalization(momentum=0.9)(x)


def relu(x):
    return layers.Activation("relu")(x)


inputs = keras.Input(image_size + (3,))
augmentation = keras.Sequential([layers.RandomFlip("horizontal"), layers.RandomRotation(0.1)])
x = layers.Rescaling(1 / 255)(augmentation(inputs))
x = layers.Conv2D(16, 3, strides=2, padding="same")(x)
x = relu(normalized(x))
previous = x
for size in [24, 32, 48]:
    x = layers.SeparableConv2D(size, 3, padding="same")(relu(x))
    x = normalized(x)
    x = layers.SeparableConv2D(size, 3, padding="same")(relu(x))
    x = normalized(x)
    x = layers.MaxPooling2D(3, strides=2, padding="same")(x)
    residual = layers.Conv2D(size, 1, strides=2, padding="same")(previous)
    x = layers.add([x, residual])
    previous = x
x = layers.SeparableConv2D(64, 3, padding="same")(x)
x = relu(normalized(x))
x = layers.GlobalAveragePooling2D()(x)
x = layers.Dropout(0.25)(x)
outputs = layers.Dense(1)(x)

model = keras.Model(inputs, outputs)
model.compile(
    optimizer=keras.optimizers.Adam(0.003),
    loss=keras.losses.BinaryCrossentropy(from_logits=True),
    metrics=[keras.metrics.BinaryAccuracy(name="acc", threshold=0)],
)
model.fit(train_ds, epochs=10, validation_data=val_ds, verbose=2)
results = model.evaluate(val_ds, verbose=0, return_dict=True)
print(f"validation accuracy {results['acc']:.4f}")
