// ResNetV2. https://keras.io/api/applications/resnet/
import type { ApplicationModel, ApplicationOptions } from "./options.ts";
import { preprocessingIn, type PreprocessInput } from "./preprocessing.ts";
export { decodePredictions } from "./predictions.ts";

/**
 * Images for ResNetV2: from -1 to 1.
 * As `keras.applications.resnet_v2.preprocess_input`.
 *
 * @param x images from 0 to 255, `[height, width, 3]` or a batch of them: numbers, or symbols in a model
 * @param options where the channels are
 * @returns images of the same shape, in float32
 * @throws {ShapeError} for images without 3 channels
 *
 * @example
 * ```ts
 * import { applications } from "./mod.ts";
 * console.log(applications.resnet_v2.preprocessInput([[[0, 127.5, 255]]]).toArray()); // [ [ [ -1, 0, 1 ] ] ]
 * ```
 */
export const preprocessInput: PreprocessInput = preprocessingIn("tf");

/**
 * ResNet50V2: 50 layers, in blocks that normalize before they convolve.
 * He et al., 2016, as `keras.applications.ResNet50V2`.
 *
 * @param options the weights, the top, and the shape of images, of 224 by 224 pixels by default, prepared by `applications.resnet_v2.preprocessInput`
 * @returns the model
 * @throws {ValueError} or {@linkcode ShapeError} for options that do not suit each other
 * @throws {FileError} for a file of weights that cannot be had, or is of another model
 */
export async function ResNet50V2(options: ApplicationOptions = {}): Promise<ApplicationModel> {
  return await (await import("./architectures/resnet.ts")).ResNet50V2.make(options);
}

/**
 * ResNet101V2: 101 layers, in blocks that normalize before they convolve.
 * He et al., 2016, as `keras.applications.ResNet101V2`.
 *
 * @param options the weights, the top, and the shape of images, of 224 by 224 pixels by default, prepared by `applications.resnet_v2.preprocessInput`
 * @returns the model
 * @throws {ValueError} or {@linkcode ShapeError} for options that do not suit each other
 * @throws {FileError} for a file of weights that cannot be had, or is of another model
 */
export async function ResNet101V2(options: ApplicationOptions = {}): Promise<ApplicationModel> {
  return await (await import("./architectures/resnet.ts")).ResNet101V2.make(options);
}

/**
 * ResNet152V2: 152 layers, in blocks that normalize before they convolve.
 * He et al., 2016, as `keras.applications.ResNet152V2`.
 *
 * @param options the weights, the top, and the shape of images, of 224 by 224 pixels by default, prepared by `applications.resnet_v2.preprocessInput`
 * @returns the model
 * @throws {ValueError} or {@linkcode ShapeError} for options that do not suit each other
 * @throws {FileError} for a file of weights that cannot be had, or is of another model
 */
export async function ResNet152V2(options: ApplicationOptions = {}): Promise<ApplicationModel> {
  return await (await import("./architectures/resnet.ts")).ResNet152V2.make(options);
}
