// NASNet. https://keras.io/api/applications/nasnet/
import type { ApplicationModel, ApplicationOptions } from "./options.ts";
import { preprocessingIn, type PreprocessInput } from "./preprocessing.ts";
export { decodePredictions } from "./predictions.ts";

/**
 * Images for NASNet: from -1 to 1.
 * As `keras.applications.nasnet.preprocess_input`.
 *
 * @param x images from 0 to 255, `[height, width, 3]` or a batch of them: numbers, or symbols in a model
 * @param options where the channels are
 * @returns images of the same shape, in float32
 * @throws {ShapeError} for images without 3 channels
 *
 * @example
 * ```ts
 * import { applications } from "./mod.ts";
 * console.log(applications.nasnet.preprocessInput([[[0, 127.5, 255]]]).toArray()); // [ [ [ -1, 0, 1 ] ] ]
 * ```
 */
export const preprocessInput: PreprocessInput = preprocessingIn("tf");

/**
 * NASNetMobile: cells that a search found, for small devices.
 * Zoph et al., 2017, as `keras.applications.NASNetMobile`.
 *
 * @param options the weights, the top, and the shape of images, of 224 by 224 pixels by default, prepared by `applications.nasnet.preprocessInput`
 * @returns the model
 * @throws {ValueError} or {@linkcode ShapeError} for options that do not suit each other
 * @throws {FileError} for a file of weights that cannot be had, or is of another model
 */
export async function NASNetMobile(options: ApplicationOptions = {}): Promise<ApplicationModel> {
  return await (await import("./architectures/nasnet.ts")).NASNetMobile.make(options);
}

/**
 * NASNetLarge: cells that a search found.
 * Zoph et al., 2017, as `keras.applications.NASNetLarge`.
 *
 * @param options the weights, the top, and the shape of images, of 331 by 331 pixels by default, prepared by `applications.nasnet.preprocessInput`
 * @returns the model
 * @throws {ValueError} or {@linkcode ShapeError} for options that do not suit each other
 * @throws {FileError} for a file of weights that cannot be had, or is of another model
 */
export async function NASNetLarge(options: ApplicationOptions = {}): Promise<ApplicationModel> {
  return await (await import("./architectures/nasnet.ts")).NASNetLarge.make(options);
}
