// The settings of the whole session, exported as `config` by mod.ts. https://keras.io/api/utils/config_utils/
export { dtypePolicy, setDtypePolicy } from "./dtype_policy.ts";

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
 * The dtype of inputs, losses and metrics: `float32`, as `keras.config.floatx()`. What layers compute in is said by
 * {@linkcode dtypePolicy}.
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
