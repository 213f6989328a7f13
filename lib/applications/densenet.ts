// DenseNet. https://keras.io/api/applications/densenet/
import type { ApplicationModel, ApplicationOptions } from "./options.ts";
import { preprocessingIn, type PreprocessInput } from "./preprocessing.ts";
export { decodePredictions } from "./predictions.ts";

/**
 * Images for DenseNet: from 0 to 1, then with the means and standard deviations of the channels in ImageNet.
 * As `keras.applications.densenet.preprocess_input`.
 *
 * @param x images from 0 to 255, `[height, width, 3]` or a batch of them: numbers, or symbols in a model
 * @param options where the channels are
 * @returns images of the same shape, in float32
 * @throws {ShapeError} for images without 3 channels
 *
 * @example
 * ```ts
 * import { applications } from "./mod.ts";
 * console.log(applications.densenet.preprocessInput([[[0, 127.5, 255]]]).toArray()); // [ [ [ -2.118, 0.196, 2.64 ] ] ] up to rounding
 * ```
 */
export const preprocessInput: PreprocessInput = preprocessingIn("torch");

/**
 * DenseNet121: 121 layers, each of which takes the outputs of all before it in its stack.
 * Huang et al., 2016, as `keras.applications.DenseNet121`.
 *
 * @param options the weights, the top, and the shape of images, of 224 by 224 pixels by default, prepared by `applications.densenet.preprocessInput`
 * @returns the model
 * @throws {ValueError} or {@linkcode ShapeError} for options that do not suit each other
 * @throws {FileError} for a file of weights that cannot be had, or is of another model
 */
export async function DenseNet121(options: ApplicationOptions = {}): Promise<ApplicationModel> {
  return await (await import("./architectures/densenet.ts")).DenseNet121.make(options);
}

/**
 * DenseNet169: 169 layers, each of which takes the outputs of all before it in its stack.
 * Huang et al., 2016, as `keras.applications.DenseNet169`.
 *
 * @param options the weights, the top, and the shape of images, of 224 by 224 pixels by default, prepared by `applications.densenet.preprocessInput`
 * @returns the model
 * @throws {ValueError} or {@linkcode ShapeError} for options that do not suit each other
 * @throws {FileError} for a file of weights that cannot be had, or is of another model
 */
export async function DenseNet169(options: ApplicationOptions = {}): Promise<ApplicationModel> {
  return await (await import("./architectures/densenet.ts")).DenseNet169.make(options);
}

/**
 * DenseNet201: 201 layers, each of which takes the outputs of all before it in its stack.
 * Huang et al., 2016, as `keras.applications.DenseNet201`.
 *
 * @param options the weights, the top, and the shape of images, of 224 by 224 pixels by default, prepared by `applications.densenet.preprocessInput`
 * @returns the model
 * @throws {ValueError} or {@linkcode ShapeError} for options that do not suit each other
 * @throws {FileError} for a file of weights that cannot be had, or is of another model
 */
export async function DenseNet201(options: ApplicationOptions = {}): Promise<ApplicationModel> {
  return await (await import("./architectures/densenet.ts")).DenseNet201.make(options);
}
