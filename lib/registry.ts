// The names of classes and functions in files, Keras's and custom ones, and the nodes that refer to them.
// https://keras.io/api/models/model_saving_apis/serialization_utils/
import type { Config, FunctionNode, ObjectNode } from "./json_config.ts";
import { checkMethodsOf } from "./checked_methods.ts";
import { describe, isClass, ValueError } from "./errors.ts";
import { ContextKey, withContext } from "./ir/context.ts";

/** A class whose objects can be written to files. */
export type SerializableClass = abstract new (...args: never[]) => object;
/** A function that is written to files by its name. */
export type SerializableFunction = (...args: never[]) => unknown;
/** A custom class or function. */
export type CustomObject = SerializableClass | SerializableFunction;

/** The module and name of a Keras class. */
interface BuiltIn {
  readonly module: string;
  readonly name: string;
  readonly registeredName: string | null;
}

const builtInClasses = new Map<unknown, BuiltIn>();
const builtInFunctions = new Map<string, SerializableFunction>();
const functionNames = new Map<unknown, string>();
const registered = new Map<string, CustomObject>();
const names = new WeakMap<CustomObject, string>();
/** The classes and functions known in the current scope, by name. */
const scopedObjects = new ContextKey<ReadonlyMap<string, CustomObject>>("scopedObjects");
/** The classes and functions written so far, with their names. */
const passedObjects = new ContextKey<Map<CustomObject, string>>("passedObjects");

/**
 * Registers a custom class or function as `package>Name`, so that configs with it can be read: objects are made by the
 * class's static `fromConfig(config)`, if it has one, else by `new` with the config as options. Call it on the class or
 * function, or use it as a class decorator.
 *
 * @param packageName the part before `>`; `Custom` by default
 * @param name the name; the class's or function's own by default
 * @throws {ValueError} for anything else, and for a function without a name
 *
 * @example A custom layer in a file
 * ```ts
 * import { Input, Layer, modelFromJson, ops, saving, Sequential, type Value } from "./mod.ts";
 * class Doubled extends Layer {
 *   override call(x: Value) {
 *     return ops.multiply(x, 2);
 *   }
 * }
 * saving.registerKerasSerializable("mine")(Doubled);
 * const json = new Sequential([Input({ shape: [1] }), new Doubled()]).toJson();
 * console.log(modelFromJson(json).layers[0] instanceof Doubled); // true
 * ```
 *
 * @example A custom activation
 * ```ts
 * import { layers, ops, saving, type Value } from "./mod.ts";
 * function cubed(x: Value) {
 *   return ops.power(x, 3);
 * }
 * saving.registerKerasSerializable("mine")(cubed);
 * console.log(saving.getRegisteredName(cubed), new layers.Dense(2, { activation: cubed }).units); // mine>cubed 2
 * ```
 */
export function registerKerasSerializable(
  packageName = "Custom",
  name?: string,
): <C extends CustomObject>(item: C, context?: unknown) => C {
  return (item) => {
    if (typeof item !== "function" || (name ?? item.name) === "") {
      throw new ValueError({
        what: "Cannot register an object for files",
        rule: "it must be a class or a function with a name",
        received: describe(item),
        hint: 'write saving.registerKerasSerializable("package")(MyLayer), or give the name as the second argument',
      });
    }
    const full = `${packageName}>${name ?? item.name}`;
    registered.set(full, item);
    names.set(item, full);
    return item;
  };
}

/** The name that a class or function was registered under, if it was. */
export function getRegisteredName(item: CustomObject): string | undefined {
  return names.get(item);
}

/**
 * The custom class or function that a name stands for: in `customObjects`, in the scopes around, or as it was registered.
 * Nothing if there is none. As `keras.saving.get_registered_object`. Throws {@linkcode ValueError} for what is no name.
 */
export function getRegisteredObject(name: string, customObjects: CustomObjects = {}): CustomObject | undefined {
  if (typeof name !== "string" || customObjects === null || typeof customObjects !== "object") {
    throw new ValueError({
      what: "Cannot look for a registered object",
      rule: "it takes a name, and an object of classes and functions by name",
      received: `${describe(name)} and ${describe(customObjects)}`,
      hint: 'write it as in getRegisteredObject("my_package>MyLayer")',
    });
  }
  return Object.hasOwn(customObjects, name) ? customObjects[name] : getCustomObjects().get(name);
}

/** The custom classes and functions by name: registered ones, and those of the current scope. */
export function getCustomObjects(): ReadonlyMap<string, CustomObject> {
  return new Map([...registered, ...scopedObjects.current ?? []]);
}

/** Runs `body`, in which the classes and functions `objects` are known by these names. */
export function customObjectScope<T>(objects: CustomObjects, body: () => T): T {
  if (typeof objects !== "object" || objects === null || typeof body !== "function" || isClass(body)) {
    throw new ValueError({
      what: "Cannot open a scope of custom objects",
      rule: "it takes an object of classes and functions by name, and a function to run",
      received: `${describe(objects)} and ${describe(body)}`,
      hint: "write saving.customObjectScope({ MyLayer }, () => ...)",
    });
  }
  const known = new Map([...scopedObjects.current ?? [], ...Object.entries(objects)]);
  return withContext([scopedObjects.of(known)], body);
}

/**
 * Returns `read(write())`; in between, each custom class and function refers to itself, registered or not, with a name
 * or without.
 */
export function passThrough<T, U>(write: () => T, read: (written: T) => U): U {
  const passed = new Map<CustomObject, string>();
  const written = withContext([passedObjects.of(passed)], write);
  return customObjectScope(Object.fromEntries([...passed].map(([item, name]) => [name, item])), () => read(written));
}

let readObject: ((node: ObjectNode) => unknown) | undefined;

/** Installs the reader of nodes; called once by `lib/saving/deserialize.ts`, so that layers do not import it. */
export function installReader(read: (node: ObjectNode) => unknown): void {
  readObject = read;
}

/** Custom classes and functions by the names that configs give them. */
export type CustomObjects = Readonly<Record<string, CustomObject>>;

/** The object that a node describes; `customObjects` are known by their names while it is read. */
export function objectOf(node: ObjectNode | FunctionNode, customObjects: CustomObjects = {}): unknown {
  const read = readObject;
  if (!read) throw new Error("the reader of configs is not loaded");
  return customObjectScope(customObjects, () => read(node as ObjectNode));
}

/** A new object of an object's class with its config, but for the keys of `changes`. */
export function remade<T extends { getConfig(): Config }>(object: T, changes: Config): T {
  return passThrough(
    () => objectNode(object),
    (node) => objectOf({ ...node, config: { ...node.config as Config, ...changes } }),
  ) as T;
}

/** Declares Keras's classes of a module; `registeredName` is what Keras writes for classes that it does not export. */
export function declareClasses(
  module: string,
  classes: Readonly<Record<string, unknown>>,
  registeredName: string | null = null,
): void {
  for (const [name, Class] of Object.entries(classes)) {
    checkMethodsOf(Class as SerializableClass);
    // Of several names of a class, its own is written.
    if (builtInClasses.has(Class) && (Class as SerializableClass).name !== name) continue;
    builtInClasses.set(Class, { module, name, registeredName });
  }
}

/** Declares Keras's functions by their names in Keras. */
export function declareFunctions(functions: Readonly<Record<string, SerializableFunction>>): void {
  for (const [name, fn] of Object.entries(functions)) {
    builtInFunctions.set(name, fn);
    if (!functionNames.has(fn)) functionNames.set(fn, name);
  }
}

/** Whether a class is one of Keras's, and no other that extends it. */
export function isBuiltIn(Class: unknown): boolean {
  return builtInClasses.has(Class);
}

/** The name of a class in summaries and files: Keras's name for a Keras class, its own for a custom one. */
export function nameOfClass(Class: SerializableClass): string {
  return builtInClasses.get(Class)?.name ?? Class.name;
}

/** The name under which a custom item is written. */
function nameOf(item: CustomObject): string {
  const passed = passedObjects.current;
  if (!passed) return names.get(item) ?? item.name;
  const name = passed.get(item) ?? `passed>${passed.size}`;
  passed.set(item, name);
  return name;
}

/** The node of an object in a config: a Keras class with its module, a custom class with its registered name. */
export function objectNode(object: { getConfig(): Config }): ObjectNode {
  const Class = object.constructor as SerializableClass;
  const config = object.getConfig();
  const builtIn = builtInClasses.get(Class);
  if (!builtIn) return { module: null, class_name: Class.name, config, registered_name: nameOf(Class) };
  const { module, name, registeredName } = builtIn;
  return { module, class_name: name, config, registered_name: registeredName };
}

/**
 * The node of a function in a config. Throws {@linkcode ValueError} for one that no reader could find: without a name,
 * or named like one of Keras's.
 */
export function functionNode(fn: SerializableFunction): FunctionNode {
  const known = functionNames.get(fn);
  const name = known ?? nameOf(fn);
  const fail = (rule: string, received: string) => {
    throw new ValueError({
      what: "Cannot write a config",
      rule,
      received,
      hint: 'write it as function myName(...) { ... }, and call saving.registerKerasSerializable("mine")(myName)',
    });
  };
  if (name === "") fail("files know a function by its name, as they hold no code", "a function without a name");
  if (known === undefined && builtInFunctions.has(name)) {
    fail("a custom function needs a name that Keras does not use", `one named "${name}"`);
  }
  return { module: "builtins", class_name: "function", config: name, registered_name: "function" };
}

/** The Keras name of a function, if it is one of Keras's. */
export function functionName(fn: unknown): string | undefined {
  return functionNames.get(fn);
}

/** The custom or Keras function that a node names. Throws {@linkcode ValueError} if there is none. */
export function namedFunction(name: string): SerializableFunction {
  const known = getCustomObjects();
  // Before Keras 3.6 the package was omitted.
  const own = known.get(name) ?? [...known].find(([full]) => full.endsWith(`>${name}`))?.[1];
  return (own ?? builtInFunctions.get(name) ?? customObject(name, "function")) as SerializableFunction;
}

/** The custom class or function that a node names. Throws {@linkcode ValueError} if there is none. */
export function customObject(name: string, kind: "class" | "function"): CustomObject {
  const found = getCustomObjects().get(name);
  if (found) return found;
  const short = name.slice(name.indexOf(">") + 1);
  const known = [...getCustomObjects().keys()].map(describe).join(", ");
  throw new ValueError({
    what: "Cannot read a config",
    rule: `the ${kind} "${name}" must be registered`,
    received: `only ${known || "none"}`,
    hint: `call saving.registerKerasSerializable(${
      name === short ? "" : describe(name.slice(0, name.indexOf(">")))
    })(${short}) first, or read it inside of saving.customObjectScope({ ${describe(name)}: ${short} }, ...)`,
  });
}
