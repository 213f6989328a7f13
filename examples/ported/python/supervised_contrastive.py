"""The twin of examples/ported/supervised_contrastive.ts for Keras: `python supervised_contrastive.py --seed 1`."""

import argparse
import os

os.environ.setdefault("KERAS_BACKEND", "jax")

import digits
import keras
from keras import layers, ops

parser = argparse.ArgumentParser()
parser.add_argument("--epochs", type=int, default=15)
parser.add_argument("--steps", type=int, default=20)
parser.add_argument("--seed", type=int, default=1)
options = parser.parse_args()
keras.utils.set_random_seed(options.seed)

batch_size = 100
learning_rate = 0.002
temperature = 0.1

(x_all, y_all), (x_test, y_test) = digits.load_data()
x_train, y_train = x_all[: options.steps * batch_size], y_all[: options.steps * batch_size]


def create_encoder():
    return keras.Sequential(
        [
            keras.Input((28, 28), dtype="uint8"),
            layers.Rescaling(1 / 255),
            layers.Reshape((28, 28, 1)),
            layers.Conv2D(16, 3, strides=2, activation="relu"),
            layers.Conv2D(32, 3, strides=2, activation="relu"),
            layers.Flatten(),
            layers.Dense(64, activation="relu"),
        ],
        name="encoder",
    )


def create_classifier(encoder, trainable=True):
    encoder.trainable = trainable
    inputs = keras.Input((28, 28), dtype="uint8")
    features = encoder(inputs)
    features = layers.Dropout(0.3)(features)
    features = layers.Dense(64, activation="relu")(features)
    outputs = layers.Dense(10, activation="softmax")(features)
    model = keras.Model(inputs, outputs, name="classifier")
    model.compile(
        optimizer=keras.optimizers.Adam(learning_rate),
        loss=keras.losses.SparseCategoricalCrossentropy(),
        metrics=["accuracy"],
    )
    return model


class SupervisedContrastiveLoss(keras.losses.Loss):
    def call(self, labels, vectors):
        unit = ops.normalize(vectors, axis=-1)
        logits = ops.matmul(unit, ops.transpose(unit)) / temperature
        column = ops.reshape(labels, (-1, 1))
        same = ops.cast(ops.equal(column, ops.transpose(column)), "float32")
        targets = same / ops.sum(same, axis=1, keepdims=True)
        return ops.categorical_crossentropy(targets, logits, from_logits=True)


def add_projection_head(encoder):
    inputs = keras.Input((28, 28), dtype="uint8")
    outputs = layers.Dense(32, activation="relu")(encoder(inputs))
    return keras.Model(inputs, outputs, name="encoder_with_projection_head")


def fitted(model):
    model.fit(x_train, y_train, batch_size=batch_size, epochs=options.epochs, verbose=2)
    return model.evaluate(x_test, y_test, batch_size=500, verbose=0)[1]


baseline = fitted(create_classifier(create_encoder()))

encoder = create_encoder()
encoder_with_head = add_projection_head(encoder)
encoder_with_head.compile(optimizer=keras.optimizers.Adam(learning_rate), loss=SupervisedContrastiveLoss())
encoder_with_head.fit(x_train, y_train, batch_size=batch_size, epochs=options.epochs, verbose=2)

contrastive = fitted(create_classifier(encoder, trainable=False))
print(f"  baseline {baseline:.4f}")
print(f"  contrastive {contrastive:.4f}")
