"""Layers that normalize, each alone: the same as in layers.py. The step of training is in training mode."""

import numpy as np

from build import item
from layers import IMAGES, ROWS, SEQUENCE, STEPS, TOKENS, case, floats, table

WIDE = floats(2, 3, 4, seed=62)
BATCH = "BatchNormalization"
L2 = item("L2", l2=0.25)



def spectral(layer, **config):
    return item("SpectralNormalization", layer=layer, **config)


CASES = [
    case("batch_normalization", item(BATCH), floats(6, 4, seed=61)),
    case("batch_normalization_images", item(BATCH, momentum=0.75, epsilon=0.01), IMAGES),
    case("batch_normalization_axis", item(BATCH, axis=1), SEQUENCE),
    case("batch_normalization_bare", item(BATCH, center=False, scale=False), ROWS),
    case("batch_normalization_frozen", item(BATCH, trainable=False), ROWS),
    case("batch_normalization_masked", item(BATCH), SEQUENCE, masks=[STEPS]),
    case(
        "batch_normalization_all",
        item(
            BATCH,
            beta_initializer="ones",
            gamma_initializer="zeros",
            moving_mean_initializer="ones",
            moving_variance_initializer="zeros",
            beta_regularizer=L2,
            gamma_regularizer=L2,
            beta_constraint=item("NonNeg"),
            gamma_constraint=item("NonNeg"),
            name="norm",
        ),
        ROWS,
    ),
    case("layer_normalization", item("LayerNormalization"), ROWS),
    case("layer_normalization_masked", item("LayerNormalization", epsilon=0.01), SEQUENCE, masks=[STEPS]),
    case("layer_normalization_axes", item("LayerNormalization", axis=[2, 1]), WIDE),
    case("layer_normalization_axis", item("LayerNormalization", axis=1, center=False), WIDE),
    case("layer_normalization_bare", item("LayerNormalization", center=False, scale=False), WIDE),
    case("group_normalization", item("GroupNormalization", groups=2), WIDE),
    case("group_normalization_images", item("GroupNormalization", groups=1, scale=False), IMAGES),
    case("group_normalization_each", item("GroupNormalization", groups=-1, epsilon=0.01), IMAGES),
    case("group_normalization_axis", item("GroupNormalization", groups=3, axis=1, gamma_regularizer=L2), WIDE),
    case("rms_normalization", item("RMSNormalization"), ROWS),
    case("rms_normalization_axes", item("RMSNormalization", axis=[1, 2], epsilon=0.01), WIDE),
    case("unit_normalization", item("UnitNormalization"), SEQUENCE, masks=[STEPS]),
    case("unit_normalization_axes", item("UnitNormalization", axis=[1, 2]), WIDE),
    case("spectral_normalization", spectral(item("Dense", units=4)), ROWS),
    case("spectral_normalization_images", spectral(item("Conv2D", filters=3, kernel_size=2, kernel_regularizer=L2), power_iterations=3), IMAGES),
    # Keras turns the vectors of integers to integers.
    case("spectral_normalization_table", spectral(item("Embedding", input_dim=6, output_dim=3)), TOKENS.astype("float32") + np.float32(0.5)),
    case("spectral_normalization_sequences", spectral(item("Dense", units=2, activation="tanh"), name="norm"), SEQUENCE),
]


def make():
    return table(CASES)
