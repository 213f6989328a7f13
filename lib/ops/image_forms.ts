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
