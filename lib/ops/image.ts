// The public `ops.image` namespace: Keras's names, in camelCase.
export { affineTransform, type AffineTransformOptions, type FillMode } from "./affine_transform.ts";
export { cropImages, type Cropping, type Padded, padImages } from "./image_frame.ts";
export { extractPatches, extractPatches3d, type PatchOptions } from "./patches.ts";
export { hsvToRgb, rgbToGrayscale, rgbToHsv } from "./image_color.ts";
export { type Interpolation, resize, type ResizeOptions } from "./resize.ts";
