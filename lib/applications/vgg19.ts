// VGG19. https://keras.io/api/applications/vgg/
import type { ApplicationModel, ApplicationOptions } from "./options.ts";
import { preprocessingIn, type PreprocessInput } from "./preprocessing.ts";
export { decodePredictions } from "./predictions.ts";

/**
 * Images for VGG19: channels in the order blue, green, red, from each of which its mean in ImageNet is subtracted.
 * As `keras.applications.vgg19.preprocess_input`.
 *
 * @param x images from 0 to 255, `[height, width, 3]` or a batch of them: numbers, or symbols in a model
 * @param options where the channels are
 * @returns images of the same shape, in float32
 * @throws {ShapeError} for images without 3 channels
 *
 * @example
 * ```ts
 * import { applications } from "./mod.ts";
 * console.log(applications.vgg19.preprocessInput([[[255, 0, 100]]]).item(0, 0, 0)); // -3.939 up to rounding
 * ```
 */
export const preprocessInput: PreprocessInput = preprocessingIn("caffe");

/**
 * VGG19: sixteen convolutions with kernels of 3 by 3, and three dense layers.
 * Simonyan and Zisserman, 2014, as `keras.applications.VGG19`.
 *
 * @param options the weights, the top, and the shape of images, of 224 by 224 pixels by default, prepared by `applications.vgg19.preprocessInput`
 * @returns the model
 * @throws {ValueError} or {@linkcode ShapeError} for options that do not suit each other
 * @throws {FileError} for a file of weights that cannot be had, or is of another model
 */
export async function VGG19(options: ApplicationOptions = {}): Promise<ApplicationModel> {
  return await (await import("./architectures/vgg.ts")).VGG19.make(options);
}
