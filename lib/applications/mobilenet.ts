// MobileNet. https://keras.io/api/applications/mobilenet/
import type { ApplicationModel, MobileNetOptions } from "./options.ts";
import { preprocessingIn, type PreprocessInput } from "./preprocessing.ts";
export { decodePredictions } from "./predictions.ts";

/**
 * Images for MobileNet: from -1 to 1.
 * As `keras.applications.mobilenet.preprocess_input`.
 *
 * @param x images from 0 to 255, `[height, width, 3]` or a batch of them: numbers, or symbols in a model
 * @param options where the channels are
 * @returns images of the same shape, in float32
 * @throws {ShapeError} for images without 3 channels
 *
 * @example
 * ```ts
 * import { applications } from "./mod.ts";
 * console.log(applications.mobilenet.preprocessInput([[[0, 127.5, 255]]]).toArray()); // [ [ [ -1, 0, 1 ] ] ]
 * ```
 */
export const preprocessInput: PreprocessInput = preprocessingIn("tf");

/**
 * MobileNet: convolutions of each channel by itself, then across channels, for small devices.
 * Howard et al., 2017, as `keras.applications.MobileNet`.
 *
 * @param options the weights, the top, and the shape of images, of 224 by 224 pixels by default, prepared by `applications.mobilenet.preprocessInput`
 * @returns the model
 * @throws {ValueError} or {@linkcode ShapeError} for options that do not suit each other
 * @throws {FileError} for a file of weights that cannot be had, or is of another model
 *
 * @example A fourth of the filters
 * ```ts
 * import { applications } from "./mod.ts";
 * const model = await applications.MobileNet({ alpha: 0.25, inputShape: [128, 128, 3] });
 * console.log(model.name, model.countParams()); // mobilenet_0.25_128 475544
 * ```
 */
export async function MobileNet(options: MobileNetOptions = {}): Promise<ApplicationModel> {
  return await (await import("./architectures/mobilenet.ts")).MobileNet.make(options);
}
