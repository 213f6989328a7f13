// The settings of the whole session, exported as `config` by mod.ts. https://keras.io/api/utils/config_utils/
import { describe, ValueError } from "./errors.ts";

const defaultEpsilon = 1e-7;

/**
 * The small number that guards divisions and logarithms against zero: 1e-7, as `keras.config.epsilon()`.
 *
 * @example
 * ```ts
 * import { config } from "./mod.ts";
 * console.log(config.epsilon()); // 1e-7
 * ```
 */
export function epsilon(): number {
  return defaultEpsilon;
}

/**
 * The dtype of weights and computations: `float32`, as `keras.config.floatx()`.
 *
 * @example
 * ```ts
 * import { config } from "./mod.ts";
 * console.log(config.floatx()); // float32
 * ```
 */
export function floatx(): "float32" {
  return "float32";
}

/**
 * Where the channels of images are by default: `channels_last`, as `keras.config.image_data_format()`. Layers of images
 * take `dataFormat` for the other.
 */
export function imageDataFormat(): "channels_last" {
  return "channels_last";
}

/** The dtype policy of layers: `float32`, as `keras.config.dtype_policy()`. */
export function dtypePolicy(): "float32" {
  return "float32";
}

/**
 * Checks that layers compute in the dtype that a program asks for, as `keras.config.set_dtype_policy()`.
 *
 * @throws {ValueError} for another policy than `float32`, such as `mixed_float16`: there is no other yet
 */
export function setDtypePolicy(policy: "float32"): void {
  if ((policy as unknown) === "float32") return;
  throw new ValueError({
    what: "Cannot set the dtype policy",
    rule: 'layers compute in "float32"',
    received: describe(policy),
    hint: "leave the line out: what other policies save is memory, results are those of float32",
  });
}
