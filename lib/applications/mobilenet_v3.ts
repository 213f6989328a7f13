// MobileNetV3. https://keras.io/api/applications/mobilenet/
import type { ApplicationModel, MobileNetV3Options } from "./options.ts";
import { passing, type PreprocessingOptions } from "./preprocessing.ts";
export { decodePredictions } from "./predictions.ts";

/**
 * Images for MobileNetV3, as they are: its first layers do the rest. As `keras.applications.mobilenet_v3.preprocess_input`.
 *
 * @param x images from 0 to 255
 * @returns the same images
 *
 * @example
 * ```ts
 * import { applications } from "./mod.ts";
 * console.log(applications.mobilenet_v3.preprocessInput([[[0, 128, 255]]])); // [ [ [ 0, 128, 255 ] ] ]
 * ```
 */
export const preprocessInput: <X>(x: X, options?: PreprocessingOptions) => X = passing;

/**
 * MobileNetV3Small: inverted residual blocks that excite channels, for the smallest devices.
 * Howard et al., 2019, as `keras.applications.MobileNetV3Small`.
 *
 * @param options the weights, the top, and the shape of images, of 224 by 224 pixels by default, which its first layers prepare
 * @returns the model
 * @throws {ValueError} or {@linkcode ShapeError} for options that do not suit each other
 * @throws {FileError} for a file of weights that cannot be had, or is of another model
 */
export async function MobileNetV3Small(options: MobileNetV3Options = {}): Promise<ApplicationModel> {
  return await (await import("./architectures/mobilenet_v3.ts")).MobileNetV3Small.make(options);
}

/**
 * MobileNetV3Large: inverted residual blocks that excite channels, for small devices.
 * Howard et al., 2019, as `keras.applications.MobileNetV3Large`.
 *
 * @param options the weights, the top, and the shape of images, of 224 by 224 pixels by default, which its first layers prepare
 * @returns the model
 * @throws {ValueError} or {@linkcode ShapeError} for options that do not suit each other
 * @throws {FileError} for a file of weights that cannot be had, or is of another model
 */
export async function MobileNetV3Large(options: MobileNetV3Options = {}): Promise<ApplicationModel> {
  return await (await import("./architectures/mobilenet_v3.ts")).MobileNetV3Large.make(options);
}
