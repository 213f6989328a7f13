// EfficientNetV2. https://keras.io/api/applications/efficientnet_v2/
import type { ApplicationModel, PreprocessingApplicationOptions } from "./options.ts";
import { passing, type PreprocessingOptions } from "./preprocessing.ts";
export { decodePredictions } from "./predictions.ts";

/**
 * Images for EfficientNetV2, as they are: its first layers do the rest. As `keras.applications.efficientnet_v2.preprocess_input`.
 *
 * @param x images from 0 to 255
 * @returns the same images
 *
 * @example
 * ```ts
 * import { applications } from "./mod.ts";
 * console.log(applications.efficientnet_v2.preprocessInput([[[0, 128, 255]]])); // [ [ [ 0, 128, 255 ] ] ]
 * ```
 */
export const preprocessInput: <X>(x: X, options?: PreprocessingOptions) => X = passing;

/**
 * EfficientNetV2B0: inverted residual blocks, of which the first are fused; the smallest.
 * Tan and Le, 2021, as `keras.applications.EfficientNetV2B0`.
 *
 * @param options the weights, the top, and the shape of images, of 224 by 224 pixels by default, which its first layers prepare
 * @returns the model
 * @throws {ValueError} or {@linkcode ShapeError} for options that do not suit each other
 * @throws {FileError} for a file of weights that cannot be had, or is of another model
 */
export async function EfficientNetV2B0(options: PreprocessingApplicationOptions = {}): Promise<ApplicationModel> {
  return await (await import("./architectures/efficientnet_v2.ts")).EfficientNetV2B0.make(options);
}

/**
 * EfficientNetV2B1: inverted residual blocks, of which the first are fused; step 1 of 3.
 * Tan and Le, 2021, as `keras.applications.EfficientNetV2B1`.
 *
 * @param options the weights, the top, and the shape of images, of 240 by 240 pixels by default, which its first layers prepare
 * @returns the model
 * @throws {ValueError} or {@linkcode ShapeError} for options that do not suit each other
 * @throws {FileError} for a file of weights that cannot be had, or is of another model
 */
export async function EfficientNetV2B1(options: PreprocessingApplicationOptions = {}): Promise<ApplicationModel> {
  return await (await import("./architectures/efficientnet_v2.ts")).EfficientNetV2B1.make(options);
}

/**
 * EfficientNetV2B2: inverted residual blocks, of which the first are fused; step 2 of 3.
 * Tan and Le, 2021, as `keras.applications.EfficientNetV2B2`.
 *
 * @param options the weights, the top, and the shape of images, of 260 by 260 pixels by default, which its first layers prepare
 * @returns the model
 * @throws {ValueError} or {@linkcode ShapeError} for options that do not suit each other
 * @throws {FileError} for a file of weights that cannot be had, or is of another model
 */
export async function EfficientNetV2B2(options: PreprocessingApplicationOptions = {}): Promise<ApplicationModel> {
  return await (await import("./architectures/efficientnet_v2.ts")).EfficientNetV2B2.make(options);
}

/**
 * EfficientNetV2B3: inverted residual blocks, of which the first are fused; step 3 of 3.
 * Tan and Le, 2021, as `keras.applications.EfficientNetV2B3`.
 *
 * @param options the weights, the top, and the shape of images, of 300 by 300 pixels by default, which its first layers prepare
 * @returns the model
 * @throws {ValueError} or {@linkcode ShapeError} for options that do not suit each other
 * @throws {FileError} for a file of weights that cannot be had, or is of another model
 */
export async function EfficientNetV2B3(options: PreprocessingApplicationOptions = {}): Promise<ApplicationModel> {
  return await (await import("./architectures/efficientnet_v2.ts")).EfficientNetV2B3.make(options);
}

/**
 * EfficientNetV2S: inverted residual blocks, of which the first are fused; small.
 * Tan and Le, 2021, as `keras.applications.EfficientNetV2S`.
 *
 * @param options the weights, the top, and the shape of images, of 384 by 384 pixels by default, which its first layers prepare
 * @returns the model
 * @throws {ValueError} or {@linkcode ShapeError} for options that do not suit each other
 * @throws {FileError} for a file of weights that cannot be had, or is of another model
 */
export async function EfficientNetV2S(options: PreprocessingApplicationOptions = {}): Promise<ApplicationModel> {
  return await (await import("./architectures/efficientnet_v2.ts")).EfficientNetV2S.make(options);
}

/**
 * EfficientNetV2M: inverted residual blocks, of which the first are fused; medium.
 * Tan and Le, 2021, as `keras.applications.EfficientNetV2M`.
 *
 * @param options the weights, the top, and the shape of images, of 480 by 480 pixels by default, which its first layers prepare
 * @returns the model
 * @throws {ValueError} or {@linkcode ShapeError} for options that do not suit each other
 * @throws {FileError} for a file of weights that cannot be had, or is of another model
 */
export async function EfficientNetV2M(options: PreprocessingApplicationOptions = {}): Promise<ApplicationModel> {
  return await (await import("./architectures/efficientnet_v2.ts")).EfficientNetV2M.make(options);
}

/**
 * EfficientNetV2L: inverted residual blocks, of which the first are fused; large.
 * Tan and Le, 2021, as `keras.applications.EfficientNetV2L`.
 *
 * @param options the weights, the top, and the shape of images, of 480 by 480 pixels by default, which its first layers prepare
 * @returns the model
 * @throws {ValueError} or {@linkcode ShapeError} for options that do not suit each other
 * @throws {FileError} for a file of weights that cannot be had, or is of another model
 */
export async function EfficientNetV2L(options: PreprocessingApplicationOptions = {}): Promise<ApplicationModel> {
  return await (await import("./architectures/efficientnet_v2.ts")).EfficientNetV2L.make(options);
}
