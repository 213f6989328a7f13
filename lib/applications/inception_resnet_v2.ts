// InceptionResNetV2. https://keras.io/api/applications/inceptionresnetv2/
import type { ApplicationModel, ApplicationOptions } from "./options.ts";
import { preprocessingIn, type PreprocessInput } from "./preprocessing.ts";
export { decodePredictions } from "./predictions.ts";

/**
 * Images for InceptionResNetV2: from -1 to 1.
 * As `keras.applications.inception_resnet_v2.preprocess_input`.
 *
 * @param x images from 0 to 255, `[height, width, 3]` or a batch of them: numbers, or symbols in a model
 * @param options where the channels are
 * @returns images of the same shape, in float32
 * @throws {ShapeError} for images without 3 channels
 *
 * @example
 * ```ts
 * import { applications } from "./mod.ts";
 * console.log(applications.inception_resnet_v2.preprocessInput([[[0, 127.5, 255]]]).toArray()); // [ [ [ -1, 0, 1 ] ] ]
 * ```
 */
export const preprocessInput: PreprocessInput = preprocessingIn("tf");

/**
 * InceptionResNetV2: the branches of Inception, beside which the input passes.
 * Szegedy et al., 2016, as `keras.applications.InceptionResNetV2`.
 *
 * @param options the weights, the top, and the shape of images, of 299 by 299 pixels by default, prepared by `applications.inception_resnet_v2.preprocessInput`
 * @returns the model
 * @throws {ValueError} or {@linkcode ShapeError} for options that do not suit each other
 * @throws {FileError} for a file of weights that cannot be had, or is of another model
 */
export async function InceptionResNetV2(options: ApplicationOptions = {}): Promise<ApplicationModel> {
  return await (await import("./architectures/inception.ts")).InceptionResNetV2.make(options);
}
