"""Convolution layers: with the same data for each as in layers.py.

What TensorFlow cannot do on the CPU is in convolutional_jax.py.
"""

from build import item
from layers import case, floats, table

ROW = floats(2, 7, 3, seed=61)
GRID = floats(2, 5, 6, 3, seed=62)
FIRST = floats(2, 3, 5, 4, seed=63)
BLOCK = floats(1, 3, 4, 3, 2, seed=64)

ON_KERNEL = {
    "kernel_regularizer": item("L2", l2=0.25),
    "kernel_constraint": item("MaxNorm", max_value=0.5, axis=0),
}
ON_BIAS = {
    "bias_regularizer": item("L1", l1=0.125),
    "bias_constraint": item("NonNeg"),
    "activity_regularizer": item("L2", l2=0.125),
}


def conv(name, kind, x, **config):
    return case(name, item(kind, **config), x)


CASES = [
    conv("conv1d", "Conv1D", ROW, filters=2, kernel_size=3),
    conv("conv1d_causal", "Conv1D", ROW, filters=2, kernel_size=2, padding="causal", dilation_rate=2, activation="tanh"),
    conv("conv1d_strided", "Conv1D", ROW, filters=2, kernel_size=3, strides=2, padding="same", use_bias=False),
    conv("conv1d_dilated", "Conv1D", ROW, filters=2, kernel_size=3, padding="same", dilation_rate=2),
    conv("conv2d", "Conv2D", GRID, filters=4, kernel_size=3),
    conv("conv2d_same_relu", "Conv2D", GRID, filters=2, kernel_size=[2, 3], padding="same", activation="relu"),
    conv("conv2d_strided", "Conv2D", GRID, filters=3, kernel_size=3, strides=[2, 1], padding="same"),
    conv("conv2d_dilated", "Conv2D", GRID, filters=2, kernel_size=2, dilation_rate=[2, 3]),
    conv(
        "conv2d_regularized",
        "Conv2D",
        GRID,
        filters=2,
        kernel_size=2,
        kernel_initializer="he_normal",
        bias_initializer="ones",
        **ON_KERNEL,
        **ON_BIAS,
    ),
    conv("conv3d", "Conv3D", BLOCK, filters=2, kernel_size=2),
    conv("conv3d_strided", "Conv3D", BLOCK, filters=2, kernel_size=[2, 3, 1], strides=2, padding="same"),
    conv("conv3d_dilated", "Conv3D", BLOCK, filters=2, kernel_size=2, dilation_rate=[2, 1, 2], activation="sigmoid"),
    conv("conv1d_transpose", "Conv1DTranspose", ROW, filters=2, kernel_size=3, strides=2),
    conv("conv2d_transpose", "Conv2DTranspose", GRID, filters=2, kernel_size=3, strides=2, padding="same"),
    conv("conv2d_transpose_valid", "Conv2DTranspose", GRID, filters=2, kernel_size=[2, 3], activation="tanh"),
    conv("conv2d_transpose_wider", "Conv2DTranspose", GRID, filters=1, kernel_size=3, strides=2, output_padding=1),
    conv(
        "conv2d_transpose_regularized",
        "Conv2DTranspose",
        GRID,
        filters=2,
        kernel_size=2,
        strides=[1, 2],
        kernel_initializer="lecun_uniform",
        bias_initializer="ones",
        **ON_KERNEL,
        **ON_BIAS,
    ),
    conv("conv1d_transpose_wider", "Conv1DTranspose", ROW, filters=2, kernel_size=2, strides=3, output_padding=2),
    conv("conv1d_transpose_narrow", "Conv1DTranspose", ROW, filters=2, kernel_size=3, strides=2, padding="same", output_padding=0),
    conv("conv3d_transpose", "Conv3DTranspose", BLOCK, filters=2, kernel_size=2, strides=2, use_bias=False),
    conv("conv3d_transpose_wider", "Conv3DTranspose", BLOCK, filters=1, kernel_size=3, strides=2, padding="same", output_padding=1),
    conv("depthwise_conv1d", "DepthwiseConv1D", ROW, kernel_size=3, depth_multiplier=2),
    conv("depthwise_conv2d", "DepthwiseConv2D", GRID, kernel_size=3, padding="same", activation="relu"),
    conv("depthwise_conv2d_multiplied", "DepthwiseConv2D", GRID, kernel_size=2, depth_multiplier=2, strides=2),
    conv("depthwise_conv2d_dilated", "DepthwiseConv2D", GRID, kernel_size=2, dilation_rate=[1, 2], use_bias=False),
    conv(
        "depthwise_conv2d_regularized",
        "DepthwiseConv2D",
        GRID,
        kernel_size=2,
        depthwise_initializer="he_uniform",
        depthwise_regularizer=item("L2", l2=0.25),
        depthwise_constraint=item("UnitNorm", axis=0),
        **ON_BIAS,
    ),
    conv("separable_conv1d", "SeparableConv1D", ROW, filters=4, kernel_size=3, depth_multiplier=2),
    conv("separable_conv2d", "SeparableConv2D", GRID, filters=4, kernel_size=3, padding="same", activation="tanh"),
    conv(
        "separable_conv2d_regularized",
        "SeparableConv2D",
        GRID,
        filters=2,
        kernel_size=2,
        strides=2,
        depthwise_initializer="ones",
        depthwise_regularizer=item("L1", l1=0.25),
        depthwise_constraint=item("NonNeg"),
        pointwise_initializer="lecun_normal",
        pointwise_regularizer=item("L2", l2=0.25),
        pointwise_constraint=item("MaxNorm", max_value=0.5, axis=2),
        **ON_BIAS,
    ),
    conv("separable_conv2d_first", "SeparableConv2D", FIRST, filters=2, kernel_size=2, data_format="channels_first"),
]


def make():
    return table(CASES)
