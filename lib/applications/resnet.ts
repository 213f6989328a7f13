// ResNet. https://keras.io/api/applications/resnet/
import type { ApplicationModel, ApplicationOptions } from "./options.ts";
import { preprocessingIn, type PreprocessInput } from "./preprocessing.ts";
export { decodePredictions } from "./predictions.ts";

/**
 * Images for ResNet: channels in the order blue, green, red, from each of which its mean in ImageNet is subtracted.
 * As `keras.applications.resnet.preprocess_input`.
 *
 * @param x images from 0 to 255, `[height, width, 3]` or a batch of them: numbers, or symbols in a model
 * @param options where the channels are
 * @returns images of the same shape, in float32
 * @throws {ShapeError} for images without 3 channels
 *
 * @example
 * ```ts
 * import { applications } from "./mod.ts";
 * console.log(applications.resnet.preprocessInput([[[255, 0, 100]]]).item(0, 0, 0)); // -3.939 up to rounding
 * ```
 */
export const preprocessInput: PreprocessInput = preprocessingIn("caffe");

/**
 * ResNet50: 50 layers, in blocks beside which the input passes.
 * He et al., 2015, as `keras.applications.ResNet50`.
 *
 * @param options the weights, the top, and the shape of images, of 224 by 224 pixels by default, prepared by `applications.resnet.preprocessInput`
 * @returns the model
 * @throws {ValueError} or {@linkcode ShapeError} for options that do not suit each other
 * @throws {FileError} for a file of weights that cannot be had, or is of another model
 *
 * @example The likeliest classes of photos
 * ```ts ignore
 * const model = await applications.ResNet50({ weights: "imagenet" });
 * const preds = await model.predict(applications.resnet.preprocessInput(photos)); // photos: [images, 224, 224, 3]
 * console.log(await applications.resnet.decodePredictions(preds, { top: 3 }));
 * ```
 */
export async function ResNet50(options: ApplicationOptions = {}): Promise<ApplicationModel> {
  return await (await import("./architectures/resnet.ts")).ResNet50.make(options);
}

/**
 * ResNet101: 101 layers, in blocks beside which the input passes.
 * He et al., 2015, as `keras.applications.ResNet101`.
 *
 * @param options the weights, the top, and the shape of images, of 224 by 224 pixels by default, prepared by `applications.resnet.preprocessInput`
 * @returns the model
 * @throws {ValueError} or {@linkcode ShapeError} for options that do not suit each other
 * @throws {FileError} for a file of weights that cannot be had, or is of another model
 */
export async function ResNet101(options: ApplicationOptions = {}): Promise<ApplicationModel> {
  return await (await import("./architectures/resnet.ts")).ResNet101.make(options);
}

/**
 * ResNet152: 152 layers, in blocks beside which the input passes.
 * He et al., 2015, as `keras.applications.ResNet152`.
 *
 * @param options the weights, the top, and the shape of images, of 224 by 224 pixels by default, prepared by `applications.resnet.preprocessInput`
 * @returns the model
 * @throws {ValueError} or {@linkcode ShapeError} for options that do not suit each other
 * @throws {FileError} for a file of weights that cannot be had, or is of another model
 */
export async function ResNet152(options: ApplicationOptions = {}): Promise<ApplicationModel> {
  return await (await import("./architectures/resnet.ts")).ResNet152.make(options);
}
