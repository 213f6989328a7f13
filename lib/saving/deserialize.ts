// Objects from JSON configs as Python Keras writes them: Keras's classes, custom ones, and plain values.
import { dtypes, makeArray } from "../dtype.ts";
import { describe, unknownIdentifier, ValueError } from "../errors.ts";
import { type Config, type ConfigValue, isNode, type ObjectNode } from "../json_config.ts";
import { Layer } from "../layers/layer.ts";
import { camelCase } from "../names.ts";
import { isMisplaced, keysOf, leavesOptionsOpen, optionsOfClass, type OptionTable, positionalOf } from "../options.ts";
import { customObject, getCustomObjects, installReader, namedFunction, type SerializableClass } from "../registry.ts";
import { sizeOf } from "../shape.ts";
import { isNamed } from "../structure.ts";
import { Tensor } from "../tensor/tensor.ts";
import { classNames, kerasClass } from "./classes.ts";
import { ConfigPath } from "./config_path.ts";

/** Makes an object from a whole node. */
type NodeReader = (node: ObjectNode, path: ConfigPath, shared: SharedObjects) => unknown;

/** The objects that occur more than once in a file, by their number. */
export type SharedObjects = Map<number, unknown>;

const readers = new Map<string, NodeReader>();

/** Registers a reader for nodes of a class whose config is more than constructor options, such as a model. */
export function readNodesOf(className: string, reader: NodeReader): void {
  readers.set(className, reader);
}

/**
 * The object that a config value describes: numbers and strings are themselves, nodes become objects. Throws {@linkcode
 * ValueError} for an unknown class, for an invalid value, and for code in a file; each error names the position in the
 * config, such as `config.layers[2].config.kernel_size`.
 *
 * @param value the parsed JSON value
 * @param key its key, which distinguishes classes with the same name
 */
export function deserializeKerasObject(value: ConfigValue, key = ""): unknown {
  if (typeof key !== "string") {
    throw new ValueError({
      what: "Cannot read a config",
      rule: "key must be a text",
      received: describe(key),
      hint: "leave it out, or give the key that the value stands under",
    });
  }
  return deserializeObject(value, key);
}

/** The most items of a list in a config. */
const maxItems = 2 ** 24;

/** {@linkcode deserializeKerasObject}, inside of a config with objects that are shared. */
export function deserializeObject(
  value: ConfigValue,
  key = "",
  shared: SharedObjects = new Map(),
  path: ConfigPath = ConfigPath.root,
): unknown {
  if (Array.isArray(value) && value.length > maxItems) {
    path.refuse(`must be a list of at most ${maxItems} items`, `a list of ${value.length}`);
  }
  if (Array.isArray(value)) return value.map((item, i) => deserializeObject(item, key, shared, path.at(i)));
  // Old files have custom functions as strings.
  if (typeof value === "string" && key.endsWith("activation")) return getCustomObjects().get(value) ?? value;
  if (value === null || typeof value !== "object") return value;
  if (!isNamed(value)) path.refuse("must be a value of JSON", describe(value));
  if (!isNode(value)) {
    const entries = Object.entries(value as Config);
    return Object.fromEntries(
      entries.map(([name, item]) => [name, deserializeObject(item, name, shared, path.at(name))]),
    );
  }
  const id = (value as { shared_object_id?: number }).shared_object_id;
  if (id !== undefined && shared.has(id)) return shared.get(id);
  const made = readNode(path.node(value), key, shared, path);
  if (id !== undefined) shared.set(id, made);
  return made;
}

installReader((node) => deserializeObject(node));

function readNode(node: ObjectNode, key: string, shared: SharedObjects, path: ConfigPath): unknown {
  const { class_name: className, registered_name: registeredName = null, module } = node;
  const inside = path.at("config");
  if (className === "function") return inside.within(() => namedFunction(inside.text(node.config)));
  if (className === "__lambda__") throw refusedCode(key);
  // Old files of a Sequential have only a list of layers.
  const config = inside.object(node.config);
  if (className === "Lambda" && Array.isArray(config.function)) throw refusedCode(key);
  if (className === "__numpy__" || className === "__tensor__") return readArray(config, inside);
  if (/^(DType)?Policy$|^DTypePolicy/.test(className)) return config.name;
  // Keras's own classes have a module and no registered name; old files have neither.
  const name = registeredName ?? (module?.startsWith("keras") ? undefined : className);
  const own = name === undefined ? undefined : getCustomObjects().get(name);
  if (own) return inside.within(() => makeOwn(own as SerializableClass, config, shared, inside));
  if (name !== undefined && module !== undefined && !module?.startsWith("keras")) return customObject(name, "class");
  const reader = readers.get(className);
  if (reader) return reader(node, path, shared);
  const Class = kerasClass(className, module ?? null, key);
  if (!Class) {
    if (name?.includes(">")) return customObject(name, "class");
    return path.at("class_name").within(() => {
      throw unknownIdentifier("class_name", className, [...classNames(), ...readers.keys()], "Cannot read a config");
    });
  }
  const options = optionsOf(Class, config, shared, inside);
  const keys = new Map([...keysOf(optionsOfClass(Class))].map(([key, { name }]) => [name, key]));
  return inside.within(() => madeWith(Class, options, positionalOf(Class)), (option) => keys.get(option) ?? option);
}

/** An object of a class, of whose options some are arguments that come first. */
function madeWith(Class: SerializableClass, options: Record<string, unknown>, first: readonly string[]): object {
  const given = first.map((name) => {
    const value = options[name];
    delete options[name];
    return value;
  });
  return new (Class as new (...args: unknown[]) => object)(...given, options);
}

/**
 * A config as the options of a class: by its table, else with keys in camelCase. A null says that something is left out,
 * unless the option has one of its own, or the class is the user's own, which alone knows its further options.
 */
export function optionsOf(
  Class: SerializableClass,
  config: Config,
  shared: SharedObjects,
  path: ConfigPath,
  isOwn = false,
): Record<string, unknown> {
  const table: OptionTable = optionsOfClass(Class);
  const byKey = keysOf(table);
  const options: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(config)) {
    const known = byKey.get(key);
    if (known && !known.of.offered) {
      const place = { option: key, what: "Cannot read a config", whatNamed: "Cannot read a config" };
      path.at(key).within(() => known.of.read(value, place));
      continue;
    }
    const limits = known?.of.inConfigs;
    if (limits && !limits.suits(value)) path.at(key).refuse(limits.rule, describe(value), limits.hint);
    if (value === null && !(known ? known.of.nullable : isOwn)) continue;
    options[known?.name ?? camelCase(key)] = deserializeObject(value, key, shared, path.at(key));
  }
  // Only layers have a choice of dtype.
  if (!(Class.prototype instanceof Layer) && options.dtype === "float32") delete options.dtype;
  return options;
}

function makeOwn(Class: SerializableClass, config: Config, shared: SharedObjects, path: ConfigPath): unknown {
  const { fromConfig } = Class as { fromConfig?: (config: Config) => unknown };
  if (typeof fromConfig === "function") return fromConfig.call(Class, config);
  const options = optionsOf(Class, config, shared, path, true);
  const first = positionalOf(Class);
  // A custom class takes first what its base does, as a Wrapper does its layer, if that is made to be extended.
  if (leavesOptionsOpen(Class)) return madeWith(Class, options, first);
  try {
    return madeWith(Class, { ...options }, []);
  } catch (error) {
    // Only the class knows whether it takes all in one object, or has the constructor of its base, such as Dense.
    if (!isMisplaced(error)) throw error;
    return madeWith(Class, options, first);
  }
}

function readArray(config: Config, path: ConfigPath): Tensor {
  const dtype = dtypes.find((known) => known === config.dtype) ??
    path.at("dtype").refuse(`must be one of ${dtypes.join(", ")}`, describe(config.dtype));
  const flat: number[] = [];
  const extents: number[] = [];
  const add = (item: ConfigValue, depth: number, at: ConfigPath): void => {
    if (!Array.isArray(item)) {
      if (typeof item !== "number" && typeof item !== "boolean") at.refuse("must be a number", describe(item));
      flat.push(Number(item));
      return;
    }
    if (depth === extents.length) extents.push(item.length);
    item.forEach((each, i) => add(each, depth + 1, at.at(i)));
  };
  add(config.value, 0, path.at("value"));
  const shape = config.shape === undefined ? extents : path.at("shape").shape(config.shape) as number[];
  if (sizeOf(shape) !== flat.length) {
    path.at("value").refuse(`must have as many numbers as the shape [${shape.join(", ")}]`, `${flat.length}`);
  }
  return new Tensor(shape, dtype, makeArray(dtype, flat));
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
