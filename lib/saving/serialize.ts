// Objects, functions and plain values as JSON config values, as Python Keras writes them.
import type { ConfigValue } from "../json_config.ts";
import { describe, isClass, ValueError } from "../errors.ts";
import { functionNode, type SerializableFunction } from "../registry.ts";
import { limits } from "./json.ts";
import { Tensor } from "../tensor/tensor.ts";

/**
 * A value as written in a config: numbers and strings as they are, lists and objects item by item, layers, losses and
 * the like as nodes, functions by name. {@linkcode deserializeObject} reads the result.
 *
 * @param value the value to write
 * @returns the config value
 * @throws {ValueError} for anything that a config cannot have, such as a function without a name
 *
 * @example A function in the config of a custom layer
 * ```ts
 * import { ops, saving, type Value } from "./mod.ts";
 * function doubled(x: Value) {
 *   return ops.multiply(x, 2);
 * }
 * saving.registerKerasSerializable("mine")(doubled);
 * const node = saving.serializeKerasObject(doubled);
 * console.log(saving.deserializeKerasObject(node) === doubled); // true
 * ```
 */
export function serializeObject(value: unknown): ConfigValue {
  return serialized(value, 0);
}

function serialized(value: unknown, depth: number): ConfigValue {
  if (value === undefined || value === null) return null;
  if (["number", "string", "boolean"].includes(typeof value)) return value as ConfigValue;
  if (typeof value === "function" && !isClass(value)) return functionNode(value as SerializableFunction);
  const isList = Array.isArray(value);
  if (depth > limits.depth || (isList && value.length > limits.items)) {
    throw new ValueError({
      what: "Cannot write a config",
      rule: `it may be nested ${limits.depth} levels deep, with lists of at most ${limits.items}`,
      received: depth > limits.depth ? "more levels" : `a list of ${(value as readonly unknown[]).length}`,
      hint: "check whether it holds itself",
    });
  }
  if (isList) return Array.from(value, (item) => serialized(item, depth + 1));
  if (value instanceof Tensor) {
    return { class_name: "__numpy__", config: { value: value.toArray() as ConfigValue, dtype: value.dtype } };
  }
  if (typeof value === "object" && "serialize" in value && typeof value.serialize === "function") {
    return value.serialize();
  }
  if (typeof value === "object" && Object.getPrototypeOf(value) === Object.prototype) {
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, serialized(item, depth + 1)]));
  }
  throw new ValueError({
    what: "Cannot write a config",
    rule: "it holds numbers, texts, tensors, functions, objects of Keras's or custom classes, and lists of these",
    received: describe(value),
    hint: "give it a method serialize(), or put it into a Layer of your own",
  });
}
