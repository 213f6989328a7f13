// How Keras's files write functions of images.
import type { SavedForms } from "../ir/saved_form.ts";

/** The forms by name in `ops`. */
export const savedImages: SavedForms = {
  "image.affineTransform": {
    module: "image",
    inputs: 2,
    keys: { interpolation: "bilinear", fill_mode: "constant", fill_value: 0, data_format: null },
    optionsFrom: 0,
  },
  "image.elasticTransform": {
    module: "image",
    keys: {
      alpha: 20,
      sigma: 5,
      interpolation: "bilinear",
      fill_mode: "reflect",
      fill_value: 0,
      seed: null,
      data_format: null,
    },
    optionsFrom: 0,
  },
  "image.gaussianBlur": {
    module: "image",
    keys: { kernel_size: [3, 3], sigma: [1, 1], data_format: null },
    optionsFrom: 0,
  },
  "image.mapCoordinates": {
    module: "image",
    inputs: 2,
    keys: { order: null, fill_mode: "constant", fill_value: 0 },
  },
  "image.perspectiveTransform": {
    module: "image",
    inputs: 3,
    keys: { interpolation: "bilinear", fill_value: 0, data_format: null },
    optionsFrom: 0,
  },
  "image.scaleAndTranslate": {
    module: "image",
    inputs: 4,
    keys: { spatial_dims: null, method: null, antialias: true },
  },
  "image.sobelEdges": { module: "image", keys: { data_format: null }, optionsFrom: 0 },
  "image.ssim": {
    module: "image",
    className: "SSIM",
    inputs: 2,
    keys: { max_val: 1, filter_size: 11, filter_sigma: 1.5, k1: 0.01, k2: 0.03, data_format: null },
    optionsFrom: 0,
  },
  psnr: { module: "nn", className: "PSNR", inputs: 2, keys: { max_val: null } },
  "image.cropImages": {
    module: "image",
    keys: {
      top_cropping: null,
      left_cropping: null,
      bottom_cropping: null,
      right_cropping: null,
      target_height: null,
      target_width: null,
      data_format: null,
    },
    optionsFrom: 0,
  },
  "image.padImages": {
    module: "image",
    keys: {
      top_padding: null,
      left_padding: null,
      bottom_padding: null,
      right_padding: null,
      target_height: null,
      target_width: null,
      data_format: null,
    },
    optionsFrom: 0,
  },
  "image.resize": {
    module: "image",
    keys: {
      size: null,
      interpolation: "bilinear",
      antialias: false,
      crop_to_aspect_ratio: false,
      pad_to_aspect_ratio: false,
      fill_value: 0,
      data_format: null,
    },
    optionsFrom: 1,
    fixed: { fill_mode: "constant" },
  },
  "image.hsvToRgb": { module: "image", className: "HSVToRGB", keys: { data_format: null }, optionsFrom: 0 },
  "image.rgbToHsv": { module: "image", className: "RGBToHSV", keys: { data_format: null }, optionsFrom: 0 },
  "image.rgbToGrayscale": {
    module: "image",
    className: "RGBToGrayscale",
    keys: { data_format: null },
    optionsFrom: 0,
  },
};
