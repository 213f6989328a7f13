// Saving and loading, as mod.ts exports them under `saving`.
import { describe, ValueError } from "../errors.ts";
import type { FilesSource } from "../files/source.ts";
import type { FileTarget } from "../files/target.ts";
import type { ReadWeightsOptions } from "../saving/weights_file.ts";
import type { SaveWeightsOptions } from "./keras_file.ts";
import { Model } from "./model.ts";

export { deserializeKerasObject } from "../saving/deserialize.ts";
export { serializeObject as serializeKerasObject } from "../saving/serialize.ts";
export {
  type CustomObject,
  customObjectScope,
  getCustomObjects,
  getRegisteredName,
  getRegisteredObject,
  registerKerasSerializable,
  type SerializableClass,
  type SerializableFunction,
} from "../registry.ts";
export { loadModel } from "./load_model.ts";

/**
 * Saves a model: as {@linkcode Model.save}, under Keras's name.
 *
 * @param model the model
 * @param target where to; see {@linkcode Model.save}, which also tells what is thrown
 *
 * @example
 * ```ts
 * import { Input, layers, saving, Sequential } from "./mod.ts";
 * const path = `${await Deno.makeTempDir()}/model.keras`;
 * await saving.saveModel(new Sequential([Input({ shape: [4] }), new layers.Dense(3)]), path);
 * console.log((await saving.loadModel(path)).countParams()); // 15
 * ```
 */
export async function saveModel(model: Model, target: FileTarget): Promise<void> {
  await checked(model, "save a model").save(target);
}

/**
 * Saves the weights of a model: as {@linkcode Model.saveWeights}, under Keras's name.
 *
 * @param model the model
 * @param target where to
 * @param options how large a file may be
 */
export async function saveWeights(model: Model, target: FileTarget, options?: SaveWeightsOptions): Promise<void> {
  await checked(model, "save weights").saveWeights(target, options);
}

/**
 * Sets the weights of a model to those of a file: as {@linkcode Model.loadWeights}, under Keras's name.
 *
 * @param model the model
 * @param source where from
 * @param options whether arrays of other shapes are left out
 */
export async function loadWeights(model: Model, source: FilesSource, options?: ReadWeightsOptions): Promise<void> {
  await checked(model, "load weights").loadWeights(source, options);
}

function checked(model: unknown, verb: string): Model {
  if (model instanceof Model) return model;
  throw new ValueError({
    what: `Cannot ${verb}`,
    rule: "there must be a model",
    received: describe(model),
    hint: "give the model first, then the file",
  });
}
