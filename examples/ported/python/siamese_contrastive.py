"""The twin of examples/ported/siamese_contrastive.ts for Keras: `python siamese_contrastive.py --seed 1`."""

import argparse
import os

os.environ.setdefault("KERAS_BACKEND", "jax")

import digits
import keras
import numpy as np
from keras import layers, ops
from random_numbers import random_integer, random_numbers

parser = argparse.ArgumentParser()
parser.add_argument("--epochs", type=int, default=3)
parser.add_argument("--steps", type=int, default=200)
parser.add_argument("--seed", type=int, default=1)
options = parser.parse_args()
keras.utils.set_random_seed(options.seed)

batch_size = 32
margin = 1


def make_pairs(x, y, seed):
    random = random_numbers(seed)
    digit_indices = [np.flatnonzero(y == digit) for digit in range(10)]

    def one(rows):
        return rows[random_integer(random, len(rows))]

    left, right, labels = [], [], []
    for row, digit in enumerate(y.tolist()):
        same = one(digit_indices[digit])
        other = one(digit_indices[(digit + 1 + random_integer(random, 9)) % 10])
        left += [row, row]
        right += [same, other]
        labels += [0, 1]
    return (x[left], x[right]), np.array(labels, "float32")[:, None]


def euclidean_distance(vectors):
    x, y = vectors
    sum_square = ops.sum(ops.square(x - y), axis=1, keepdims=True)
    return ops.sqrt(ops.maximum(sum_square, 1e-7))


def contrastive_loss(y_true, y_pred):
    square_pred = ops.square(y_pred)
    margin_square = ops.square(ops.maximum(margin - y_pred, 0))
    return ops.mean((1 - y_true) * square_pred + y_true * margin_square, axis=-1)


def make_model():
    input = keras.Input((28, 28))
    x = layers.Reshape((28, 28, 1))(input)
    x = layers.BatchNormalization()(x)
    x = layers.Conv2D(4, 5, activation="tanh")(x)
    x = layers.AveragePooling2D(2)(x)
    x = layers.Conv2D(16, 5, activation="tanh")(x)
    x = layers.AveragePooling2D(2)(x)
    x = layers.Flatten()(x)
    x = layers.BatchNormalization()(x)
    x = layers.Dense(10, activation="tanh")(x)
    embedding_network = keras.Model(input, x, name="embedding")

    input_1, input_2 = keras.Input((28, 28)), keras.Input((28, 28))
    tower_1, tower_2 = embedding_network(input_1), embedding_network(input_2)
    merged = layers.Lambda(euclidean_distance, output_shape=(1,))([tower_1, tower_2])
    normalized = layers.BatchNormalization()(merged)
    outputs = layers.Dense(1, activation="sigmoid", kernel_initializer="ones")(normalized)
    return keras.Model([input_1, input_2], outputs, name="siamese")


(x_all, y_all), (x_test, y_test) = digits.load_data()
images = options.steps * batch_size // 2
train_pairs, train_labels = make_pairs(x_all[:images], y_all[:images], 1)
test_pairs, test_labels = make_pairs(x_test[:3000], y_test[:3000], 2)
siamese = make_model()
siamese.compile(loss=contrastive_loss, optimizer="rmsprop", metrics=["accuracy"])
siamese.fit(train_pairs, train_labels, batch_size=batch_size, epochs=options.epochs, verbose=0)
accuracy = siamese.evaluate(test_pairs, test_labels, batch_size=500, verbose=0)[1]
print(f"  accuracy {accuracy:.4f}")
