"""Layers that pad, crop and enlarge, each alone: the same as in layers.py."""

from build import item
from layers import case, floats, table

STEPS_IN = floats(2, 5, 2, seed=51)
PIXELS_IN = floats(2, 4, 3, 2, seed=52)
VOXELS_IN = floats(1, 3, 4, 3, 2, seed=53)
FIRST = {"data_format": "channels_first"}

CASES = [
    case("zero_padding1d", item("ZeroPadding1D"), STEPS_IN),
    case("zero_padding1d_uneven", item("ZeroPadding1D", padding=[0, 2], **FIRST), STEPS_IN),
    case("zero_padding2d", item("ZeroPadding2D"), PIXELS_IN),
    case("zero_padding2d_pairs", item("ZeroPadding2D", padding=[[0, 2], [3, 1]]), PIXELS_IN),
    case("zero_padding2d_first", item("ZeroPadding2D", padding=[1, 2], **FIRST), PIXELS_IN),
    case("zero_padding3d", item("ZeroPadding3D"), VOXELS_IN),
    case("zero_padding3d_pairs", item("ZeroPadding3D", padding=[[0, 1], [2, 0], [1, 1]], **FIRST), VOXELS_IN),
    case("cropping1d", item("Cropping1D"), STEPS_IN),
    case("cropping1d_uneven", item("Cropping1D", cropping=[0, 3]), STEPS_IN),
    case("cropping2d", item("Cropping2D"), PIXELS_IN),
    case("cropping2d_pairs", item("Cropping2D", cropping=[[0, 2], [1, 1]]), PIXELS_IN),
    case("cropping2d_first", item("Cropping2D", cropping=[1, 0], **FIRST), PIXELS_IN),
    case("cropping3d", item("Cropping3D"), VOXELS_IN),
    case("cropping3d_pairs", item("Cropping3D", cropping=[[0, 1], [2, 0], [0, 1]], **FIRST), VOXELS_IN),
    case("up_sampling1d", item("UpSampling1D"), STEPS_IN),
    case("up_sampling1d_three", item("UpSampling1D", size=3), STEPS_IN),
    case("up_sampling2d", item("UpSampling2D"), PIXELS_IN),
    case("up_sampling2d_first", item("UpSampling2D", size=[1, 3], **FIRST), PIXELS_IN),
    case("up_sampling2d_bilinear", item("UpSampling2D", interpolation="bilinear"), PIXELS_IN),
    # TensorFlow rounds bicubic offsets to 1/1024; those of powers of 2 are exact.
    case("up_sampling2d_bicubic", item("UpSampling2D", size=[2, 4], interpolation="bicubic", **FIRST), PIXELS_IN),
    case("up_sampling2d_lanczos3", item("UpSampling2D", interpolation="lanczos3"), PIXELS_IN),
    case("up_sampling2d_lanczos5", item("UpSampling2D", interpolation="lanczos5"), PIXELS_IN),
    case("up_sampling3d", item("UpSampling3D"), VOXELS_IN),
    case("up_sampling3d_first", item("UpSampling3D", size=[2, 1, 3], **FIRST), VOXELS_IN),
]


def make():
    return table(CASES)
