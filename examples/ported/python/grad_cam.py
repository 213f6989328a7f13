"""The twin of examples/ported/grad_cam.ts for Keras: `python grad_cam.py --seed 1`."""

import argparse
import os

os.environ.setdefault("KERAS_BACKEND", "tensorflow")

import digits
import keras
import numpy as np
import tensorflow as tf
from keras import layers

parser = argparse.ArgumentParser()
parser.add_argument("--epochs", type=int, default=4)
parser.add_argument("--steps", type=int, default=120)
parser.add_argument("--seed", type=int, default=1)
options = parser.parse_args()
keras.utils.set_random_seed(options.seed)

batch_size = 64
last_conv_layer_name = "last_conv"
classes = 5


def make_pairs(images, labels, count):
    low, high = np.flatnonzero(labels < classes)[:count], np.flatnonzero(labels >= classes)[:count]
    left, right = images[low], images[high]
    left[1::2], right[1::2] = images[high[1::2]], images[low[1::2]]
    return np.concatenate([left, right], axis=2), labels[low]


def make_model():
    inputs = keras.Input((28, 56), dtype="uint8")
    x = layers.Rescaling(1 / 255)(inputs)
    x = layers.Reshape((28, 56, 1))(x)
    x = layers.Conv2D(16, 3, padding="same", strides=2, activation="relu")(x)
    x = layers.Conv2D(32, 3, padding="same", strides=2, activation="relu")(x)
    x = layers.Conv2D(32, 3, padding="same", activation="relu", name=last_conv_layer_name)(x)
    x = layers.GlobalMaxPooling2D()(x)
    model = keras.Model(inputs, layers.Dense(classes)(x))
    model.compile(
        optimizer=keras.optimizers.Adam(0.003),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    return model


def make_gradcam_heatmap(images, model, name):
    grad_model = keras.Model(model.inputs, [model.get_layer(name).output, model.output])
    with tf.GradientTape() as tape:
        feature_map, scores = grad_model(images)
        class_channel = tf.reduce_max(scores, axis=-1)
    grads = tape.gradient(class_channel, feature_map)
    pooled_grads = tf.reduce_mean(grads, axis=(1, 2), keepdims=True)
    heatmap = tf.nn.relu(tf.reduce_sum(feature_map * pooled_grads, axis=-1))
    return (heatmap / (tf.reduce_max(heatmap, axis=(1, 2), keepdims=True) + 1e-9)).numpy()


(x_train, y_train), (x_test, y_test) = digits.load_data()
train_images, train_wanted = make_pairs(x_train, y_train, options.steps * batch_size)
test_images, test_wanted = make_pairs(x_test, y_test, 2000)
model = make_model()
model.fit(train_images, train_wanted, batch_size=batch_size, epochs=options.epochs, verbose=0)
accuracy = model.evaluate(test_images, test_wanted, batch_size=500, verbose=0)[1]

heatmaps = make_gradcam_heatmap(test_images, model, last_conv_layer_name)
balance = heatmaps[:, :, :7].sum((1, 2)) - heatmaps[:, :, 7:].sum((1, 2))
right = np.where(np.arange(len(balance)) % 2 == 0, balance > 0, balance < 0).mean()
print(f"  accuracy {accuracy:.4f}")
print(f"  heat on the digit that counts {right:.4f}")
