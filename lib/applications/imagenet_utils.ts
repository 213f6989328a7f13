// Images and predictions of any network for ImageNet. https://keras.io/api/applications/
import { type ImagenetPreprocessingOptions, preprocessingInAny, type PreprocessInput } from "./preprocessing.ts";
export { decodePredictions } from "./predictions.ts";

/**
 * Images in the range that networks of a mode take: see {@linkcode ImagenetPreprocessingOptions.mode}. As
 * `keras.applications.imagenet_utils.preprocess_input`.
 *
 * @param x images from 0 to 255, `[height, width, 3]` or a batch of them: numbers, or symbols in a model
 * @param options the mode, and where the channels are
 * @returns images of the same shape, in float32
 * @throws {ShapeError} for images without 3 channels
 *
 * @example
 * ```ts
 * import { applications } from "./mod.ts";
 * const images = applications.imagenet_utils.preprocessInput([[[0, 127.5, 255]]], { mode: "tf" });
 * console.log(images.toArray()); // [ [ [ -1, 0, 1 ] ] ]
 * ```
 */
export const preprocessInput: PreprocessInput<ImagenetPreprocessingOptions> = preprocessingInAny;
