// EfficientNet. https://keras.io/api/applications/efficientnet/
import type { ApplicationModel, ApplicationOptions } from "./options.ts";
import { passing, type PreprocessingOptions } from "./preprocessing.ts";
export { decodePredictions } from "./predictions.ts";

/**
 * Images for EfficientNet, as they are: its first layers do the rest. As `keras.applications.efficientnet.preprocess_input`.
 *
 * @param x images from 0 to 255
 * @returns the same images
 *
 * @example
 * ```ts
 * import { applications } from "./mod.ts";
 * console.log(applications.efficientnet.preprocessInput([[[0, 128, 255]]])); // [ [ [ 0, 128, 255 ] ] ]
 * ```
 */
export const preprocessInput: <X>(x: X, options?: PreprocessingOptions) => X = passing;

/**
 * EfficientNetB0: inverted residual blocks, fewer and narrower than in the others.
 * Tan and Le, 2019, as `keras.applications.EfficientNetB0`.
 *
 * @param options the weights, the top, and the shape of images, of 224 by 224 pixels by default, which its first layers prepare
 * @returns the model
 * @throws {ValueError} or {@linkcode ShapeError} for options that do not suit each other
 * @throws {FileError} for a file of weights that cannot be had, or is of another model
 */
export async function EfficientNetB0(options: ApplicationOptions = {}): Promise<ApplicationModel> {
  return await (await import("./architectures/efficientnet.ts")).EfficientNetB0.make(options);
}

/**
 * EfficientNetB1: inverted residual blocks, scaled in depth, width and size of images to step 1 of 7.
 * Tan and Le, 2019, as `keras.applications.EfficientNetB1`.
 *
 * @param options the weights, the top, and the shape of images, of 240 by 240 pixels by default, which its first layers prepare
 * @returns the model
 * @throws {ValueError} or {@linkcode ShapeError} for options that do not suit each other
 * @throws {FileError} for a file of weights that cannot be had, or is of another model
 */
export async function EfficientNetB1(options: ApplicationOptions = {}): Promise<ApplicationModel> {
  return await (await import("./architectures/efficientnet.ts")).EfficientNetB1.make(options);
}

/**
 * EfficientNetB2: inverted residual blocks, scaled in depth, width and size of images to step 2 of 7.
 * Tan and Le, 2019, as `keras.applications.EfficientNetB2`.
 *
 * @param options the weights, the top, and the shape of images, of 260 by 260 pixels by default, which its first layers prepare
 * @returns the model
 * @throws {ValueError} or {@linkcode ShapeError} for options that do not suit each other
 * @throws {FileError} for a file of weights that cannot be had, or is of another model
 */
export async function EfficientNetB2(options: ApplicationOptions = {}): Promise<ApplicationModel> {
  return await (await import("./architectures/efficientnet.ts")).EfficientNetB2.make(options);
}

/**
 * EfficientNetB3: inverted residual blocks, scaled in depth, width and size of images to step 3 of 7.
 * Tan and Le, 2019, as `keras.applications.EfficientNetB3`.
 *
 * @param options the weights, the top, and the shape of images, of 300 by 300 pixels by default, which its first layers prepare
 * @returns the model
 * @throws {ValueError} or {@linkcode ShapeError} for options that do not suit each other
 * @throws {FileError} for a file of weights that cannot be had, or is of another model
 */
export async function EfficientNetB3(options: ApplicationOptions = {}): Promise<ApplicationModel> {
  return await (await import("./architectures/efficientnet.ts")).EfficientNetB3.make(options);
}

/**
 * EfficientNetB4: inverted residual blocks, scaled in depth, width and size of images to step 4 of 7.
 * Tan and Le, 2019, as `keras.applications.EfficientNetB4`.
 *
 * @param options the weights, the top, and the shape of images, of 380 by 380 pixels by default, which its first layers prepare
 * @returns the model
 * @throws {ValueError} or {@linkcode ShapeError} for options that do not suit each other
 * @throws {FileError} for a file of weights that cannot be had, or is of another model
 */
export async function EfficientNetB4(options: ApplicationOptions = {}): Promise<ApplicationModel> {
  return await (await import("./architectures/efficientnet.ts")).EfficientNetB4.make(options);
}

/**
 * EfficientNetB5: inverted residual blocks, scaled in depth, width and size of images to step 5 of 7.
 * Tan and Le, 2019, as `keras.applications.EfficientNetB5`.
 *
 * @param options the weights, the top, and the shape of images, of 456 by 456 pixels by default, which its first layers prepare
 * @returns the model
 * @throws {ValueError} or {@linkcode ShapeError} for options that do not suit each other
 * @throws {FileError} for a file of weights that cannot be had, or is of another model
 */
export async function EfficientNetB5(options: ApplicationOptions = {}): Promise<ApplicationModel> {
  return await (await import("./architectures/efficientnet.ts")).EfficientNetB5.make(options);
}

/**
 * EfficientNetB6: inverted residual blocks, scaled in depth, width and size of images to step 6 of 7.
 * Tan and Le, 2019, as `keras.applications.EfficientNetB6`.
 *
 * @param options the weights, the top, and the shape of images, of 528 by 528 pixels by default, which its first layers prepare
 * @returns the model
 * @throws {ValueError} or {@linkcode ShapeError} for options that do not suit each other
 * @throws {FileError} for a file of weights that cannot be had, or is of another model
 */
export async function EfficientNetB6(options: ApplicationOptions = {}): Promise<ApplicationModel> {
  return await (await import("./architectures/efficientnet.ts")).EfficientNetB6.make(options);
}

/**
 * EfficientNetB7: inverted residual blocks, scaled in depth, width and size of images to step 7 of 7.
 * Tan and Le, 2019, as `keras.applications.EfficientNetB7`.
 *
 * @param options the weights, the top, and the shape of images, of 600 by 600 pixels by default, which its first layers prepare
 * @returns the model
 * @throws {ValueError} or {@linkcode ShapeError} for options that do not suit each other
 * @throws {FileError} for a file of weights that cannot be had, or is of another model
 */
export async function EfficientNetB7(options: ApplicationOptions = {}): Promise<ApplicationModel> {
  return await (await import("./architectures/efficientnet.ts")).EfficientNetB7.make(options);
}
