// Objects of JSON configs, as Python Keras writes them: its classes, the user's, and what stands beside them.
import type { Config, ConfigValue, ObjectNode } from "../json_config.ts";
import { describe, unknownIdentifier, ValueError, withErrorContext } from "../errors.ts";
import { makeArray } from "../dtype.ts";
import { Layer } from "../layers/layer.ts";
import { camelCase } from "../names.ts";
import { Tensor } from "../tensor/tensor.ts";
import { classNames, kerasClass } from "./classes.ts";
import { customObject, getCustomObjects, namedFunction, type SerializableClass } from "../registry.ts";

/** What makes an object of a whole node. */
type NodeReader = (node: ObjectNode, shared: SharedObjects) => unknown;

/** The objects that stand in a file more than once, by their number. */
export type SharedObjects = Map<number, unknown>;

const readers = new Map<string, NodeReader>();

/** Names what reads the nodes of a class whose config is more than the options of a constructor, such as models. */
export function readNodesOf(className: string, reader: NodeReader): void {
  readers.set(className, reader);
}

/** Keys of arguments that are not offered here: a file may have them only where they are unset. */
const unsetKeys = new Set([
  "quantization_config",
  "lora_rank",
  "lora_alpha",
  "sparse",
  "ragged",
  "optional",
  "autocast",
  "is_legacy_optimizer",
  "jit_compile",
  "renorm",
  "rms_scaling",
  "synchronized",
]);

/** Keys whose null says something else than that they are left out. */
const meaningfulNulls = new Set(["reduction", "axis", "class_aggregation"]);

/** Whether a value of a config is an object's node. */
export function isNode(value: unknown): value is ObjectNode {
  return value !== null && typeof value === "object" && !Array.isArray(value) &&
    typeof (value as ObjectNode).class_name === "string" && "config" in value;
}

/**
 * What a value of a config stands for: numbers and texts for themselves, nodes for the objects that they describe.
 * Throws {@linkcode ValueError} for an unknown class, and for code in a file.
 *
 * @param value the value, as JSON parsed
 * @param key the key that it stands under, which tells classes of one name apart
 */
export function deserializeObject(value: ConfigValue, key = "", shared: SharedObjects = new Map()): unknown {
  if (Array.isArray(value)) return value.map((item) => deserializeObject(item, key, shared));
  // Old files have functions of the user's as texts.
  if (typeof value === "string" && key.endsWith("activation")) return getCustomObjects().get(value) ?? value;
  if (value === null || typeof value !== "object") return value;
  if (!isNode(value)) {
    const entries = Object.entries(value as Config);
    return Object.fromEntries(entries.map(([name, item]) => [name, deserializeObject(item, name, shared)]));
  }
  const id = (value as { shared_object_id?: number }).shared_object_id;
  if (id !== undefined && shared.has(id)) return shared.get(id);
  const made = readNode(value, key, shared);
  if (id !== undefined) shared.set(id, made);
  return made;
}

function readNode(node: ObjectNode, key: string, shared: SharedObjects): unknown {
  const { class_name: className, registered_name: registeredName = null, module, config } = node;
  if (className === "__lambda__" || (className === "Lambda" && Array.isArray(config.function))) throw refusedCode(key);
  if (className === "__numpy__" || className === "__tensor__") return readArray(config);
  if (/^(DType)?Policy$|^DTypePolicy/.test(className)) return config.name;
  if (className === "function") return namedFunction(String(config));
  // Keras's own have a module and no name beside it; old files have neither.
  const name = registeredName ?? (module?.startsWith("keras") ? undefined : className);
  const own = name === undefined ? undefined : getCustomObjects().get(name);
  if (own) {
    return withErrorContext(`the config of "${className}"`, () => makeOwn(own as SerializableClass, config, shared));
  }
  if (name !== undefined && module !== undefined && !module?.startsWith("keras")) return customObject(name, "class");
  const reader = readers.get(className);
  if (reader) return reader(node, shared);
  const known = kerasClass(className, module ?? null, key);
  if (!known) {
    if (name?.includes(">")) return customObject(name, "class");
    throw unknownIdentifier("class_name", className, [...classNames(), ...readers.keys()], "Cannot read a config");
  }
  const options = optionsFor(known.Class, config, shared);
  const given = known.positional.map((name) => options[camelCase(name)]);
  for (const name of known.positional) delete options[camelCase(name)];
  while (given.length > 0 && given.at(-1) === undefined) given.pop();
  const Class = known.Class as new (...args: unknown[]) => object;
  const missing = Object.keys(options).length > 0 && given.length < known.positional.length;
  const args = missing
    ? [...given, ...Array(known.positional.length - given.length).fill(undefined), options]
    : [...given];
  if (!missing && (Object.keys(options).length > 0)) args.push(options);
  return withErrorContext(`the config of "${config?.name ?? className}"`, () => new Class(...args));
}

/** A config as options: keys in camelCase, what is null left out. */
export function optionsOf(config: Config, shared: SharedObjects, className: string): Record<string, unknown> {
  const options: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(config ?? {})) {
    if (unsetKeys.has(key)) {
      if (value === null || value === false) continue;
      throw new ValueError({
        what: `Cannot read the config of "${config.name ?? className}"`,
        rule: `${key} must be unset`,
        received: describe(value),
        hint: "save it from Keras without that",
      });
    }
    // Keras writes it also where renorm is unset, which is all that is read.
    if (key === "renorm_momentum") continue;
    if (value === null && !meaningfulNulls.has(key)) continue;
    options[camelCase(key)] = deserializeObject(value, key, shared);
  }
  return options;
}

function makeOwn(Class: SerializableClass, config: Config, shared: SharedObjects): unknown {
  const { fromConfig } = Class as { fromConfig?: (config: Config) => unknown };
  if (typeof fromConfig === "function") return fromConfig.call(Class, config);
  return new (Class as new (options: unknown) => object)(optionsFor(Class, config, shared));
}

function optionsFor(Class: SerializableClass, config: Config, shared: SharedObjects): Record<string, unknown> {
  const options = optionsOf(config, shared, Class.name);
  // Only layers choose what they compute in.
  if (!(Class.prototype instanceof Layer) && options.dtype === "float32") delete options.dtype;
  return options;
}

function readArray(config: Config): Tensor {
  const { value, dtype, shape } = config as { value: ConfigValue; dtype: "float32"; shape?: number[] };
  const flat = Array.isArray(value) ? value.flat(Infinity as 1) as number[] : [value as number];
  const extents: number[] = [];
  for (let item: ConfigValue = value; Array.isArray(item); item = item[0]) extents.push(item.length);
  return new Tensor(shape ?? extents, dtype, makeArray(dtype, flat));
}

function refusedCode(key: string): ValueError {
  return new ValueError({
    what: "Cannot read a config",
    rule: "it must hold no code: the code of a Lambda is Python's, and code in a file may do anything when it runs",
    received: key === "" ? "a lambda" : `a lambda as ${key}`,
    hint: "in Python give the Lambda a function with a name, and register one of that name here with " +
      "saving.registerKerasSerializable",
  });
}
