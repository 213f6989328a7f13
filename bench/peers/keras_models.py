"""The Keras peer's models. Import it when the backend is set."""

import keras
from keras import layers


def mlp(hidden):
    return keras.Sequential([
        keras.Input((784,)),
        layers.Dense(hidden, activation="relu"),
        layers.Dense(10, activation="softmax"),
    ])


def convnet():
    return keras.Sequential([
        keras.Input((28, 28, 1)),
        layers.Conv2D(32, 3, activation="relu"),
        layers.MaxPooling2D(2),
        layers.Conv2D(64, 3, activation="relu"),
        layers.MaxPooling2D(2),
        layers.Flatten(),
        layers.Dropout(0.5),
        layers.Dense(10, activation="softmax"),
    ])


def lstm():
    return keras.Sequential([keras.Input((28, 28)), layers.LSTM(128), layers.Dense(10, activation="softmax")])


def encoder(blocks, width, heads, length, hidden, **_):
    x = inputs = keras.Input((length, width))
    for _ in range(blocks):
        x = layers.LayerNormalization(epsilon=1e-5)(x + layers.MultiHeadAttention(heads, width // heads)(x, x))
        hidden_units = layers.Dense(hidden, activation="relu")(x)
        x = layers.LayerNormalization(epsilon=1e-5)(x + layers.Dense(width)(hidden_units))
    outputs = layers.Dense(10, activation="softmax")(layers.GlobalAveragePooling1D()(x))
    return keras.Model(inputs, outputs)


def character_model(characters=67, length=64, width=96, heads=4):
    tokens = keras.Input((length,), dtype="int32")
    positions = layers.Embedding(length, width)(keras.ops.arange(length))
    x = layers.Embedding(characters, width)(tokens) + positions
    for _ in range(2):
        now = layers.LayerNormalization()(x)
        x = x + layers.MultiHeadAttention(heads, width // heads)(now, now, use_causal_mask=True)
        now = layers.Dense(4 * width, activation="gelu")(layers.LayerNormalization()(x))
        x = x + layers.Dense(width)(now)
    return keras.Model(tokens, layers.Dense(characters)(layers.LayerNormalization()(x)))


def unet(size=48, filters=(12, 24, 48), classes=4):
    def block(x, width):
        for _ in range(2):
            x = layers.Conv2D(width, 3, padding="same", use_bias=False)(x)
            x = layers.ReLU()(layers.BatchNormalization(momentum=0.9)(x))
        return x

    x = inputs = keras.Input((size, size, 1))
    seen = []
    for width in filters[:-1]:
        seen.append(block(x, width))
        x = layers.MaxPooling2D(2)(seen[-1])
    x = block(x, filters[-1])
    for width in reversed(filters[:-1]):
        x = layers.Conv2DTranspose(width, 2, strides=2)(x)
        x = block(layers.Concatenate()([seen.pop(), x]), width)
    return keras.Model(inputs, layers.Conv2D(classes, 1, activation="softmax")(x))


def autoencoder(size=32):
    return keras.Sequential([
        keras.Input((28, 28, 1)),
        layers.Conv2D(16, 3, strides=2, padding="same", activation="relu"),
        layers.Conv2D(32, 3, strides=2, padding="same", activation="relu"),
        layers.Flatten(),
        layers.Dense(size),
        layers.Dense(7 * 7 * 32, activation="relu"),
        layers.Reshape((7, 7, 32)),
        layers.Conv2DTranspose(32, 3, strides=2, padding="same", activation="relu"),
        layers.Conv2DTranspose(16, 3, strides=2, padding="same", activation="relu"),
        layers.Conv2D(1, 3, padding="same", activation="sigmoid"),
    ])


def generator(latent):
    how = {"strides": 2, "padding": "same"}
    return keras.Sequential([
        keras.Input((latent,)),
        layers.Dense(7 * 7 * 64, use_bias=False),
        layers.BatchNormalization(momentum=0.9),
        layers.ReLU(),
        layers.Reshape((7, 7, 64)),
        layers.Conv2DTranspose(32, 4, use_bias=False, **how),
        layers.BatchNormalization(momentum=0.9),
        layers.ReLU(),
        layers.Conv2DTranspose(1, 4, activation="sigmoid", **how),
    ])


def discriminator():
    how = {"strides": 2, "padding": "same"}
    return keras.Sequential([
        keras.Input((28, 28, 1)),
        layers.Conv2D(32, 4, **how),
        layers.LeakyReLU(negative_slope=0.2),
        layers.Conv2D(64, 4, use_bias=False, **how),
        layers.BatchNormalization(),
        layers.LeakyReLU(negative_slope=0.2),
        layers.Flatten(),
        layers.Dense(1),
    ])


class Dcgan(keras.Model):
    """A generator and a discriminator, trained on TensorFlow."""

    def __init__(self, latent=64):
        super().__init__()
        self.latent = latent
        self.generator, self.discriminator = generator(latent), discriminator()
        self.generator_loss = keras.metrics.Mean(name="generator_loss")
        self.discriminator_loss = keras.metrics.Mean(name="discriminator_loss")
        self.crossentropy = keras.losses.BinaryCrossentropy(from_logits=True)

    def compile(self):
        super().compile(optimizer=keras.optimizers.Adam(1e-3, beta_1=0.5))
        self.generator_optimizer = keras.optimizers.Adam(1e-3, beta_1=0.5)

    def train_step(self, digits):
        import tensorflow as tf

        noise = keras.random.normal((keras.ops.shape(digits)[0], self.latent))

        def judged(images, target):
            logits = self.discriminator(images, training=True)
            return self.crossentropy(keras.ops.full_like(logits, target), logits)

        # The fakes are made once for both networks, as the other programs do.
        with tf.GradientTape() as of_generator:
            fakes = self.generator(noise, training=True)
            with tf.GradientTape() as of_discriminator:
                loss = judged(digits, 0.9) + judged(tf.stop_gradient(fakes), 0.0)
            weights = self.discriminator.trainable_variables
            with of_generator.stop_recording():
                self.optimizer.apply_gradients(zip(of_discriminator.gradient(loss, weights), weights))
            generator_loss = judged(fakes, 1.0)
        weights = self.generator.trainable_variables
        self.generator_optimizer.apply_gradients(zip(of_generator.gradient(generator_loss, weights), weights))
        self.discriminator_loss.update_state(loss)
        self.generator_loss.update_state(generator_loss)
        return {"loss": loss, "generator_loss": self.generator_loss.result()}
