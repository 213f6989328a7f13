"""The twin of vq_vae.ts: python examples/ported/python/vq_vae.py [seed]"""

import os
import sys

os.environ["KERAS_BACKEND"] = "tensorflow"

import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops

seed = int(sys.argv[1]) if len(sys.argv) > 1 else 0
keras.utils.set_random_seed(seed)
data = np.load(os.path.join(os.path.dirname(__file__), "data", "vq_vae.npz"))
latent_dim, num_embeddings = 16, 64


class VectorQuantizer(layers.Layer):
    beta = 0.25

    def build(self, input_shape):
        self.embeddings = self.add_weight(
            shape=(latent_dim, num_embeddings), initializer="random_uniform", name="embeddings_vqvae"
        )

    def call(self, x):
        indices = self.get_code_indices(ops.reshape(x, (-1, latent_dim)))
        encodings = ops.one_hot(indices, num_embeddings)
        quantized = ops.reshape(ops.matmul(encodings, ops.transpose(self.embeddings)), ops.shape(x))
        commitment = ops.mean((ops.stop_gradient(quantized) - x) ** 2)
        codebook = ops.mean((quantized - ops.stop_gradient(x)) ** 2)
        self.add_loss(self.beta * commitment + codebook)
        return x + ops.stop_gradient(quantized - x)

    def get_code_indices(self, rows):
        similarity = ops.matmul(rows, self.embeddings)
        distances = (
            ops.sum(rows**2, axis=1, keepdims=True) + ops.sum(self.embeddings**2, axis=0) - 2 * similarity
        )
        return ops.argmin(distances, axis=1)


encoder = keras.Sequential(
    [
        keras.Input((28, 28, 1)),
        layers.Conv2D(16, 3, activation="relu", strides=2, padding="same"),
        layers.Conv2D(32, 3, activation="relu", strides=2, padding="same"),
        layers.Conv2D(latent_dim, 1, padding="same"),
    ]
)
decoder = keras.Sequential(
    [
        keras.Input((7, 7, latent_dim)),
        layers.Conv2DTranspose(32, 3, activation="relu", strides=2, padding="same"),
        layers.Conv2DTranspose(16, 3, activation="relu", strides=2, padding="same"),
        layers.Conv2DTranspose(1, 3, padding="same"),
    ]
)


class VQVAETrainer(keras.Model):
    def __init__(self, train_variance):
        super().__init__()
        self.train_variance = train_variance
        self.quantizer = VectorQuantizer()
        inputs = keras.Input((28, 28, 1))
        self.vqvae = keras.Model(inputs, decoder(self.quantizer(encoder(inputs))))
        self.total_loss_tracker = keras.metrics.Mean(name="total_loss")
        self.reconstruction_loss_tracker = keras.metrics.Mean(name="reconstruction_loss")
        self.vq_loss_tracker = keras.metrics.Mean(name="vqvae_loss")

    @property
    def metrics(self):
        return [self.total_loss_tracker, self.reconstruction_loss_tracker, self.vq_loss_tracker]

    def loss_of(self, x):
        reconstructions = self.vqvae(x)
        reconstruction_loss = ops.mean((x - reconstructions) ** 2) / self.train_variance
        vq_loss = sum(self.vqvae.losses)
        self.reconstruction_loss_tracker.update_state(reconstruction_loss)
        self.vq_loss_tracker.update_state(vq_loss)
        self.total_loss_tracker.update_state(reconstruction_loss + vq_loss)
        return reconstruction_loss + vq_loss

    def train_step(self, x):
        with tf.GradientTape() as tape:
            loss = self.loss_of(x)
        weights = self.vqvae.trainable_weights
        self.optimizer.apply(tape.gradient(loss, weights), weights)
        return {metric.name: metric.result() for metric in self.metrics}

    def test_step(self, x):
        x = x[0] if isinstance(x, tuple) else x
        self.loss_of(x)
        return {metric.name: metric.result() for metric in self.metrics}


model = VQVAETrainer(float(data["variance"]))
model.compile(optimizer=keras.optimizers.Adam(0.001))
model.fit(data["train"], epochs=8, batch_size=128, validation_data=(data["test"],), verbose=2)
results = model.evaluate(data["test"], verbose=0, return_dict=True)
encoded = encoder.predict(data["test"], verbose=0)
codes = model.quantizer.get_code_indices(ops.reshape(encoded, (-1, latent_dim)))
explained = 1 - results["reconstruction_loss"]
print(
    f"validation loss {results['total_loss']:.4f}, reconstruction loss {results['reconstruction_loss']:.4f}: "
    f"{100 * explained:.1f} % of the variance are explained, with {len(np.unique(codes))} of 64 codes."
)
