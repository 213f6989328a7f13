// The public `ops.image` namespace: Keras's names, in camelCase.
export { affineTransform, type AffineTransformOptions, type FillMode } from "./affine_transform.ts";
export { elasticTransform, type ElasticTransformOptions } from "./elastic_transform.ts";
export { gaussianBlur, type GaussianBlurOptions } from "./gaussian_blur.ts";
export { cropImages, type Cropping, type Padded, padImages } from "./image_frame.ts";
export { extractPatches, extractPatches3d, type PatchOptions } from "./patches.ts";
export { hsvToRgb, rgbToGrayscale, rgbToHsv } from "./image_color.ts";
export { ssim, type SsimOptions } from "./image_quality.ts";
export { type CoordinateFillMode, mapCoordinates, type MapCoordinatesNames } from "./map_coordinates.ts";
export { perspectiveTransform, type PerspectiveTransformOptions } from "./perspective_transform.ts";
export { type Interpolation, resize, type ResizeOptions } from "./resize.ts";
export { scaleAndTranslate, type ScaleAndTranslateNames, type ScaleMethod } from "./scale_and_translate.ts";
export { sobelEdges } from "./sobel_edges.ts";
