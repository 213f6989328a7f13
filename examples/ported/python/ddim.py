"""The twin of ddim.ts: python examples/ported/python/ddim.py [seed]"""

import math
import os
import sys

os.environ["KERAS_BACKEND"] = "tensorflow"

import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops

seed = int(sys.argv[1]) if len(sys.argv) > 1 else 0
keras.utils.set_random_seed(seed)
data = np.load(os.path.join(os.path.dirname(__file__), "data", "ddim.npz"))
image_size, batch_size = 16, 64
min_signal_rate, max_signal_rate, diffusion_steps = 0.02, 0.95, 20
embedding_dims, embedding_max_frequency = 16, 1000.0
widths, block_depth = [16, 32, 48], 1
ema, learning_rate, weight_decay = 0.98, 2e-3, 1e-4


@keras.saving.register_keras_serializable()
def sinusoidal_embedding(x):
    exponents = ops.linspace(0.0, math.log(embedding_max_frequency), embedding_dims // 2)
    angles = x * (2 * math.pi * ops.exp(exponents))
    return ops.concatenate([ops.sin(angles), ops.cos(angles)], axis=3)


def residual_block(x, width):
    residual = x if x.shape[3] == width else layers.Conv2D(width, 1)(x)
    x = layers.BatchNormalization(center=False, scale=False)(x)
    x = layers.Conv2D(width, 3, padding="same", activation="swish")(x)
    x = layers.Conv2D(width, 3, padding="same")(x)
    return layers.add([x, residual])


def get_network():
    noisy_images = keras.Input((image_size, image_size, 1))
    noise_variances = keras.Input((1, 1, 1))
    embedding = layers.Lambda(sinusoidal_embedding, output_shape=(1, 1, embedding_dims))(noise_variances)
    embedding = layers.UpSampling2D(image_size, interpolation="nearest")(embedding)
    x = layers.Conv2D(widths[0], 1)(noisy_images)
    x = layers.concatenate([x, embedding])
    skips = []
    for width in widths[:-1]:
        for _ in range(block_depth):
            x = residual_block(x, width)
            skips.append(x)
        x = layers.AveragePooling2D(2)(x)
    for _ in range(block_depth):
        x = residual_block(x, widths[-1])
    for width in reversed(widths[:-1]):
        x = layers.UpSampling2D(2, interpolation="bilinear")(x)
        for _ in range(block_depth):
            x = residual_block(layers.concatenate([x, skips.pop()]), width)
    x = layers.Conv2D(1, 1, kernel_initializer="zeros")(x)
    return keras.Model([noisy_images, noise_variances], x)


class DiffusionModel(keras.Model):
    def __init__(self):
        super().__init__()
        self.normalizer = layers.Normalization()
        self.network = get_network()
        self.ema_network = keras.models.clone_model(self.network)
        self.noise_loss_tracker = keras.metrics.Mean(name="n_loss")
        self.image_loss_tracker = keras.metrics.Mean(name="i_loss")

    @property
    def metrics(self):
        return [self.noise_loss_tracker, self.image_loss_tracker]

    def diffusion_schedule(self, times):
        start_angle, end_angle = math.acos(max_signal_rate), math.acos(min_signal_rate)
        angles = start_angle + times * (end_angle - start_angle)
        return ops.sin(angles), ops.cos(angles)

    def denoise(self, noisy_images, noise_rates, signal_rates, training):
        network = self.network if training else self.ema_network
        pred_noises = network([noisy_images, noise_rates**2], training=training)
        return pred_noises, (noisy_images - noise_rates * pred_noises) / signal_rates

    def losses_of(self, images, training):
        images = self.normalizer(images)
        noises = keras.random.normal(ops.shape(images))
        times = keras.random.uniform((ops.shape(images)[0], 1, 1, 1))
        noise_rates, signal_rates = self.diffusion_schedule(times)
        noisy_images = signal_rates * images + noise_rates * noises
        pred_noises, pred_images = self.denoise(noisy_images, noise_rates, signal_rates, training)
        noise_loss = ops.mean(keras.losses.mean_absolute_error(noises, pred_noises))
        self.noise_loss_tracker.update_state(noise_loss)
        self.image_loss_tracker.update_state(ops.mean(keras.losses.mean_absolute_error(images, pred_images)))
        return noise_loss

    def train_step(self, images):
        with tf.GradientTape() as tape:
            noise_loss = self.losses_of(images, training=True)
        weights = self.network.trainable_weights
        self.optimizer.apply(tape.gradient(noise_loss, weights), weights)
        for weight, ema_weight in zip(self.network.weights, self.ema_network.weights):
            ema_weight.assign(ema * ema_weight + (1 - ema) * weight)
        return {metric.name: metric.result() for metric in self.metrics}

    def test_step(self, images):
        images = images[0] if isinstance(images, tuple) else images
        self.losses_of(images, training=False)
        return {metric.name: metric.result() for metric in self.metrics}


model = DiffusionModel()
model.normalizer.adapt(data["train"])
model.compile(optimizer=keras.optimizers.AdamW(learning_rate=learning_rate, weight_decay=weight_decay))
model.fit(data["train"], epochs=8, batch_size=batch_size, validation_data=(data["val"],), verbose=2)
results = model.evaluate(data["val"], verbose=0, return_dict=True)
told = 1 - results["n_loss"] / math.sqrt(2 / math.pi)
print(
    f"validation n_loss {results['n_loss']:.4f}, i_loss {results['i_loss']:.4f}: "
    f"{100 * told:.1f} % of the noise are told."
)
