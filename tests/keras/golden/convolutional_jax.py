"""Convolution layers without TensorFlow kernels on the CPU, by Keras on JAX: the same data for each as in layers.py."""

import json
import os
import subprocess
import sys

from build import item
from convolutional import BLOCK, FIRST, GRID, ROW, conv
from encode import dumps
from layers import case, floats, table

STEPS_FIRST = floats(2, 3, 7, seed=65)
BLOCK_FIRST = floats(1, 2, 3, 4, 3, seed=66)
LAST_IN = {"data_format": "channels_first"}
WIDE = floats(2, 6, 4, seed=67)
PIXELS = floats(2, 4, 5, 6, seed=68)

CASES = [
    conv("conv1d_first", "Conv1D", STEPS_FIRST, filters=2, kernel_size=3, strides=2, **LAST_IN),
    conv("conv1d_groups", "Conv1D", WIDE, filters=4, kernel_size=2, groups=2, padding="causal", dilation_rate=2),
    conv("conv2d_first", "Conv2D", FIRST, filters=2, kernel_size=[2, 3], padding="same", activation="relu", **LAST_IN),
    conv("conv2d_groups", "Conv2D", PIXELS, filters=4, kernel_size=[3, 2], groups=2, strides=[1, 2], padding="same"),
    conv("conv2d_groups_of_one", "Conv2D", PIXELS, filters=12, kernel_size=2, groups=6, use_bias=False),
    conv("conv2d_groups_first", "Conv2D", FIRST, filters=6, kernel_size=2, groups=3, dilation_rate=[1, 2], **LAST_IN),
    conv("conv3d_first", "Conv3D", BLOCK_FIRST, filters=2, kernel_size=2, padding="same", strides=[1, 2, 1], **LAST_IN),
    conv("conv3d_groups", "Conv3D", BLOCK, filters=4, kernel_size=[1, 2, 2], groups=2, activation="tanh"),
    # TensorFlow ignores strides here.
    conv("conv3d_pointwise", "Conv3D", BLOCK, filters=3, kernel_size=1, strides=[2, 3, 1], padding="same"),
    conv("conv1d_transpose_first", "Conv1DTranspose", STEPS_FIRST, filters=2, kernel_size=2, strides=3, **LAST_IN),
    conv("conv1d_transpose_dilated", "Conv1DTranspose", ROW, filters=2, kernel_size=3, dilation_rate=2, padding="same"),
    conv(
        "conv2d_transpose_first",
        "Conv2DTranspose",
        FIRST,
        filters=2,
        kernel_size=3,
        strides=[3, 2],
        padding="same",
        output_padding=[2, 0],
        activation="relu",
        **LAST_IN,
    ),
    conv("conv2d_transpose_dilated", "Conv2DTranspose", GRID, filters=2, kernel_size=[3, 2], dilation_rate=[1, 3]),
    conv("conv3d_transpose_first", "Conv3DTranspose", BLOCK_FIRST, filters=2, kernel_size=2, padding="same", **LAST_IN),
    conv("conv3d_transpose_dilated", "Conv3DTranspose", BLOCK, filters=2, kernel_size=2, dilation_rate=[2, 1, 2]),
    # TensorFlow adds the bias along the wrong axis if there are as many steps as channels.
    conv("depthwise_conv1d_first", "DepthwiseConv1D", STEPS_FIRST, kernel_size=2, depth_multiplier=2, **LAST_IN),
    conv("depthwise_conv1d_apart", "DepthwiseConv1D", ROW, kernel_size=2, strides=2, dilation_rate=3, padding="same"),
    conv("depthwise_conv2d_first", "DepthwiseConv2D", FIRST, kernel_size=2, dilation_rate=2, padding="same", **LAST_IN),
    conv("depthwise_conv2d_apart", "DepthwiseConv2D", GRID, kernel_size=2, strides=2, dilation_rate=[2, 3]),
    conv("separable_conv1d_first", "SeparableConv1D", STEPS_FIRST, filters=2, kernel_size=3, dilation_rate=2, **LAST_IN),
    conv("separable_conv1d_apart", "SeparableConv1D", ROW, filters=2, kernel_size=2, strides=3, dilation_rate=2),
    conv("separable_conv2d_apart", "SeparableConv2D", GRID, filters=2, kernel_size=2, strides=2, dilation_rate=2),
]


def make():
    environment = {**os.environ, "KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu"}
    done = subprocess.run([sys.executable, __file__], env=environment, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{__file__} failed:\n{done.stderr}")
    return {**json.loads(done.stdout), "backend": "jax"}


if __name__ == "__main__":
    print(dumps(table(CASES)))
