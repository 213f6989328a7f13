// The settings of the whole session, exported as `config` by mod.ts. https://keras.io/api/utils/config_utils/

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
