"""The twin of examples/ported/image_classification_vit.ts for Keras: `python image_classification_vit.py --seed 1`."""

import argparse
import os

os.environ.setdefault("KERAS_BACKEND", "tensorflow")

import digits
import keras
from keras import layers, ops

parser = argparse.ArgumentParser()
parser.add_argument("--epochs", type=int, default=4)
parser.add_argument("--steps", type=int, default=100)
parser.add_argument("--seed", type=int, default=1)
options = parser.parse_args()
keras.utils.set_random_seed(options.seed)

batch_size = 64
learning_rate = 0.002
weight_decay = 0.0001
image_size, patch_size = 28, 7
num_patches = (image_size // patch_size) ** 2
projection_dim = 32
num_heads = 2
transformer_units = [2 * projection_dim, projection_dim]
transformer_layers = 2
mlp_head_units = [64]


def mlp(x, hidden_units, dropout_rate):
    for units in hidden_units:
        x = layers.Dense(units, activation=keras.activations.gelu)(x)
        x = layers.Dropout(dropout_rate)(x)
    return x


class Patches(layers.Layer):
    def __init__(self, patch_size):
        super().__init__()
        self.patch_size = patch_size

    def call(self, images):
        patches = ops.image.extract_patches(images, self.patch_size)
        batch, rows, columns, elements = ops.shape(patches)
        return ops.reshape(patches, (batch, rows * columns, elements))


class PatchEncoder(layers.Layer):
    def __init__(self, num_patches, projection_dim):
        super().__init__()
        self.num_patches = num_patches
        self.projection = layers.Dense(projection_dim)
        self.position_embedding = layers.Embedding(num_patches, projection_dim)

    def call(self, patch):
        positions = ops.expand_dims(ops.arange(self.num_patches), axis=0)
        return self.projection(patch) + self.position_embedding(positions)


def create_vit_classifier(images):
    normalization = layers.Normalization()
    normalization.adapt(images)
    data_augmentation = keras.Sequential(
        [normalization, layers.RandomRotation(0.02), layers.RandomZoom(0.1, 0.1)],
        name="data_augmentation",
    )

    inputs = keras.Input((image_size, image_size, 1))
    augmented = data_augmentation(inputs)
    patches = Patches(patch_size)(augmented)
    encoded_patches = PatchEncoder(num_patches, projection_dim)(patches)

    for _ in range(transformer_layers):
        x1 = layers.LayerNormalization(epsilon=1e-6)(encoded_patches)
        attention = layers.MultiHeadAttention(num_heads, projection_dim, dropout=0.1)
        x2 = layers.Add()([attention(x1, x1), encoded_patches])
        x3 = mlp(layers.LayerNormalization(epsilon=1e-6)(x2), transformer_units, 0.1)
        encoded_patches = layers.Add()([x3, x2])

    representation = layers.LayerNormalization(epsilon=1e-6)(encoded_patches)
    representation = layers.Flatten()(representation)
    representation = layers.Dropout(0.3)(representation)
    features = mlp(representation, mlp_head_units, 0.3)
    logits = layers.Dense(10)(features)
    return keras.Model(inputs, logits, name="vit")


(x_all, y_all), (x_test, y_test) = digits.load_data()
rows = options.steps * batch_size
x = x_all[:rows, :, :, None]
model = create_vit_classifier(x)
model.compile(
    optimizer=keras.optimizers.AdamW(learning_rate, weight_decay=weight_decay),
    loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    metrics=[
        keras.metrics.SparseCategoricalAccuracy(name="accuracy"),
        keras.metrics.SparseTopKCategoricalAccuracy(k=3, name="top_3_accuracy"),
    ],
)
model.fit(x, y_all[:rows], batch_size=batch_size, epochs=options.epochs, verbose=0)
found = model.evaluate(x_test[:, :, :, None], y_test, batch_size=500, verbose=0, return_dict=True)
print(f"  accuracy {found['accuracy']:.4f}")
print(f"  among the first three {found['top_3_accuracy']:.4f}")
