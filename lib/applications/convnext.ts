// ConvNeXt. https://keras.io/api/applications/convnext/
import type { ApplicationModel, PreprocessingApplicationOptions } from "./options.ts";
import { passing, type PreprocessingOptions } from "./preprocessing.ts";
export { decodePredictions } from "./predictions.ts";

/**
 * Images for ConvNeXt, as they are: its first layers do the rest. As `keras.applications.convnext.preprocess_input`.
 *
 * @param x images from 0 to 255
 * @returns the same images
 *
 * @example
 * ```ts
 * import { applications } from "./mod.ts";
 * console.log(applications.convnext.preprocessInput([[[0, 128, 255]]])); // [ [ [ 0, 128, 255 ] ] ]
 * ```
 */
export const preprocessInput: <X>(x: X, options?: PreprocessingOptions) => X = passing;

/**
 * ConvNeXtTiny: convolutions arranged as Transformers are; 28 million weights.
 * Liu et al., 2022, as `keras.applications.ConvNeXtTiny`.
 *
 * @param options the weights, the top, and the shape of images, of 224 by 224 pixels by default, which its first layers prepare
 * @returns the model
 * @throws {ValueError} or {@linkcode ShapeError} for options that do not suit each other
 * @throws {FileError} for a file of weights that cannot be had, or is of another model
 */
export async function ConvNeXtTiny(options: PreprocessingApplicationOptions = {}): Promise<ApplicationModel> {
  return await (await import("./architectures/convnext.ts")).ConvNeXtTiny.make(options);
}

/**
 * ConvNeXtSmall: convolutions arranged as Transformers are; 50 million weights.
 * Liu et al., 2022, as `keras.applications.ConvNeXtSmall`.
 *
 * @param options the weights, the top, and the shape of images, of 224 by 224 pixels by default, which its first layers prepare
 * @returns the model
 * @throws {ValueError} or {@linkcode ShapeError} for options that do not suit each other
 * @throws {FileError} for a file of weights that cannot be had, or is of another model
 */
export async function ConvNeXtSmall(options: PreprocessingApplicationOptions = {}): Promise<ApplicationModel> {
  return await (await import("./architectures/convnext.ts")).ConvNeXtSmall.make(options);
}

/**
 * ConvNeXtBase: convolutions arranged as Transformers are; 89 million weights.
 * Liu et al., 2022, as `keras.applications.ConvNeXtBase`.
 *
 * @param options the weights, the top, and the shape of images, of 224 by 224 pixels by default, which its first layers prepare
 * @returns the model
 * @throws {ValueError} or {@linkcode ShapeError} for options that do not suit each other
 * @throws {FileError} for a file of weights that cannot be had, or is of another model
 */
export async function ConvNeXtBase(options: PreprocessingApplicationOptions = {}): Promise<ApplicationModel> {
  return await (await import("./architectures/convnext.ts")).ConvNeXtBase.make(options);
}

/**
 * ConvNeXtLarge: convolutions arranged as Transformers are; 198 million weights.
 * Liu et al., 2022, as `keras.applications.ConvNeXtLarge`.
 *
 * @param options the weights, the top, and the shape of images, of 224 by 224 pixels by default, which its first layers prepare
 * @returns the model
 * @throws {ValueError} or {@linkcode ShapeError} for options that do not suit each other
 * @throws {FileError} for a file of weights that cannot be had, or is of another model
 */
export async function ConvNeXtLarge(options: PreprocessingApplicationOptions = {}): Promise<ApplicationModel> {
  return await (await import("./architectures/convnext.ts")).ConvNeXtLarge.make(options);
}

/**
 * ConvNeXtXLarge: convolutions arranged as Transformers are; 350 million weights.
 * Liu et al., 2022, as `keras.applications.ConvNeXtXLarge`.
 *
 * @param options the weights, the top, and the shape of images, of 224 by 224 pixels by default, which its first layers prepare
 * @returns the model
 * @throws {ValueError} or {@linkcode ShapeError} for options that do not suit each other
 * @throws {FileError} for a file of weights that cannot be had, or is of another model
 */
export async function ConvNeXtXLarge(options: PreprocessingApplicationOptions = {}): Promise<ApplicationModel> {
  return await (await import("./architectures/convnext.ts")).ConvNeXtXLarge.make(options);
}
