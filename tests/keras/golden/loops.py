"""Training loops of one's own, as keras.io's guides write them: what they give in Keras."""

import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops

from build import dyadic

X = dyadic((8, 3), 1, -16, 16, 1 / 8)
Y = np.array([0, 2, 1, 1, 0, 2, 2, 0], "int32")
REAL = dyadic((8, 2), 2, -16, 16, 1 / 8)
NOISE = dyadic((3, 8, 2), 3, -16, 16, 1 / 8)


def weighted(model, seed):
    """The model with drawn weights."""
    model.set_weights([dyadic(tuple(w.shape), seed + n, -8, 8, 1 / 16) + (1 if "variance" in w.path else 0) for n, w in enumerate(model.weights)])
    return model


def classifier(seed):
    return weighted(keras.Sequential([keras.Input((3,)), layers.Dense(4, activation="tanh"), layers.BatchNormalization(), layers.Dense(3)]), seed)


def tensors(values):
    return [np.array(value) for value in values]


def loop():
    """apply_gradients, a metric of targets and one of losses."""
    model, optimizer = classifier(10), keras.optimizers.Adam(0.05)
    loss_of = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    accuracy, mean = keras.metrics.SparseCategoricalAccuracy(), keras.metrics.Mean()
    losses, results = [], []
    start = tensors(model.get_weights())
    for _ in range(2):
        accuracy.reset_state()
        mean.reset_state()
        for at in (0, 4):
            with tf.GradientTape() as tape:
                logits = model(X[at : at + 4], training=True)
                loss = loss_of(Y[at : at + 4], logits)
            optimizer.apply_gradients(zip(tape.gradient(loss, model.trainable_weights), model.trainable_weights))
            accuracy.update_state(Y[at : at + 4], logits)
            mean.update_state(loss)
            losses.append(float(loss))
        results.append([float(accuracy.result()), float(mean.result())])
    return {"start": start, "losses": losses, "results": results, "weights": tensors(model.get_weights())}


def stateless():
    """All state after steps of SGD with momentum; Keras on TensorFlow has no stateless_apply, so these change variables."""
    model, optimizer = classifier(20), keras.optimizers.SGD(0.1, momentum=0.9)
    loss_of = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    accuracy = keras.metrics.SparseCategoricalAccuracy()
    optimizer.build(model.trainable_variables)
    start = tensors(model.get_weights())
    losses = []
    for _ in range(3):
        with tf.GradientTape() as tape:
            logits = model(X, training=True)
            loss = loss_of(Y, logits)
        optimizer.apply(tape.gradient(loss, model.trainable_variables), model.trainable_variables)
        accuracy.update_state(Y, logits)
        losses.append(float(loss))
    return {
        "start": start,
        "losses": losses,
        "trainable": tensors(v.value for v in model.trainable_variables),
        "others": tensors(v.value for v in model.non_trainable_variables),
        "optimizer": [np.array(v.value, "float32") for v in optimizer.variables],
        "accuracy": float(accuracy.result()),
    }


def gan():
    """Two models with an optimizer each, by turns in one step."""
    discriminator = weighted(keras.Sequential([keras.Input((2,)), layers.Dense(4), layers.LeakyReLU(negative_slope=0.25), layers.Dense(1)]), 30)
    generator = weighted(keras.Sequential([keras.Input((2,)), layers.Dense(3, activation="tanh"), layers.Dense(2)]), 40)
    ours, theirs = keras.optimizers.Adam(0.02), keras.optimizers.RMSprop(0.01)
    loss_of = keras.losses.BinaryCrossentropy(from_logits=True)
    start = tensors(discriminator.get_weights() + generator.get_weights())
    losses = []
    for noise in NOISE:
        made = generator(noise)
        both, labels = ops.concatenate([made, REAL], axis=0), ops.concatenate([ops.ones((8, 1)), ops.zeros((8, 1))], axis=0)
        with tf.GradientTape() as tape:
            d_loss = loss_of(labels, discriminator(both))
        ours.apply_gradients(zip(tape.gradient(d_loss, discriminator.trainable_weights), discriminator.trainable_weights))
        with tf.GradientTape() as tape:
            g_loss = loss_of(ops.zeros((8, 1)), discriminator(generator(noise)))
        theirs.apply(tape.gradient(g_loss, generator.trainable_weights), generator.trainable_weights)
        losses.append([float(d_loss), float(g_loss)])
    return {"start": start, "losses": losses, "weights": tensors(discriminator.get_weights() + generator.get_weights())}


def distillation():
    """A student that learns from labels and from a teacher's softened scores."""
    teacher = weighted(keras.Sequential([keras.Input((3,)), layers.Dense(5, activation="relu"), layers.Dense(3)]), 50)
    student = weighted(keras.Sequential([keras.Input((3,)), layers.Dense(3)]), 60)
    optimizer, heat, share = keras.optimizers.SGD(0.1), 3.0, 0.25
    own, distance = keras.losses.SparseCategoricalCrossentropy(from_logits=True), keras.losses.KLDivergence()
    start = tensors(teacher.get_weights() + student.get_weights())
    losses = []
    for _ in range(4):
        soft = ops.softmax(teacher(X) / heat, axis=1)
        with tf.GradientTape() as tape:
            logits = student(X, training=True)
            loss = share * own(Y, logits) + (1 - share) * distance(soft, ops.softmax(logits / heat, axis=1)) * heat**2
        optimizer.apply_gradients(zip(tape.gradient(loss, student.trainable_weights), student.trainable_weights))
        losses.append(float(loss))
    return {"start": start, "losses": losses, "weights": tensors(student.get_weights())}


def similarity():
    """Embeddings in which a sample is nearest to the other of its class."""
    model = weighted(keras.Sequential([keras.Input((3,)), layers.Dense(4), layers.UnitNormalization()]), 70)
    optimizer, loss_of = keras.optimizers.Adam(0.05), keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    start = tensors(model.get_weights())
    losses = []
    for _ in range(3):
        with tf.GradientTape() as tape:
            anchors, positives = model(X[:4]), model(X[4:])
            logits = ops.einsum("ae,pe->ap", anchors, positives) / 0.2
            loss = loss_of(ops.arange(4), logits)
        optimizer.apply_gradients(zip(tape.gradient(loss, model.trainable_weights), model.trainable_weights))
        losses.append(float(loss))
    return {"start": start, "losses": losses, "weights": tensors(model.get_weights())}


def make():
    return {
        "x": X,
        "y": Y,
        "real": REAL,
        "noise": NOISE,
        "loop": loop(),
        "stateless": stateless(),
        "gan": gan(),
        "distillation": distillation(),
        "similarity": similarity(),
    }
