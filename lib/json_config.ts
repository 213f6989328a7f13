// The nodes of Keras's JSON configs.

/** A value of a JSON config. */
export type ConfigValue = string | number | boolean | null | readonly ConfigValue[] | {
  readonly [key: string]: ConfigValue;
};

/** Deeper nesting is an error. */
const maxDepth = 32;

/** Whether a value may be part of a config; `inside` lists its ancestors, which it must not contain again. */
export function isConfigValue(value: unknown, inside: readonly unknown[] = []): value is ConfigValue {
  if (value === null || ["string", "number", "boolean"].includes(typeof value)) return true;
  if (typeof value !== "object" || inside.length === maxDepth || inside.includes(value)) return false;
  const prototype = Object.getPrototypeOf(value);
  const isPlain = Array.isArray(value) || prototype === Object.prototype || prototype === null;
  return isPlain && Object.values(value).every((item) => isConfigValue(item, [...inside, value]));
}

/** A JSON config: Keras's keys, in snake_case and in Keras's order. */
export type Config = { [key: string]: ConfigValue };

/** An object in a JSON config, as `keras.saving.serialize_keras_object` writes it. */
export type ObjectNode = {
  readonly module: string | null;
  readonly class_name: string;
  readonly config: Config;
  readonly registered_name: string | null;
};

/** A function in a JSON config: only its name is written, so the reader must know the function. */
export type FunctionNode = {
  readonly module: "builtins";
  readonly class_name: "function";
  readonly config: string;
  readonly registered_name: "function";
};

/** Whether a value of a config is a node: of an object, or of a function, whose config is its name. */
export function isNode(value: unknown): value is ObjectNode {
  return value !== null && typeof value === "object" && !Array.isArray(value) && "class_name" in value &&
    "config" in value;
}
