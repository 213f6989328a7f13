// The names that files know classes and functions by, Keras's and the user's own, and the nodes written of them.
// https://keras.io/api/models/model_saving_apis/serialization_utils/
import type { Config, FunctionNode, ObjectNode } from "./json_config.ts";
import { checkMethodsOf } from "./checked_methods.ts";
import { describe, ValueError } from "./errors.ts";
import { ContextKey, withContext } from "./ir/context.ts";

/** A class whose objects stand in files. */
export type SerializableClass = abstract new (...args: never[]) => object;
/** A function that stands in files by its name. */
export type SerializableFunction = (...args: never[]) => unknown;
/** A class or function of the user's. */
export type CustomObject = SerializableClass | SerializableFunction;

/** Where a class of Keras's stands. */
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
/** The classes and functions that a scope makes known, by name. */
const scopedObjects = new ContextKey<ReadonlyMap<string, CustomObject>>("scopedObjects");
/** The classes and functions written so far, each under a name of its own. */
const passedObjects = new ContextKey<Map<CustomObject, string>>("passedObjects");

/**
 * Makes a class or function of the user's known under `package>Name`, so that configs with it can be read: objects are
 * made by the class's static `fromConfig(config)` where there is one, else by `new` with the config as options. To be
 * called on the class or function, or written before a class as a decorator.
 *
 * @param packageName what stands before `>`; `Custom` by default
 * @param name the name; that of the class or function by default
 * @throws {ValueError} for what is neither, and for a function without a name
 *
 * @example A layer of one's own in a file
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
 * @example An activation of one's own
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

/** The user's classes and functions by name: those registered, and those of the scope that runs. */
export function getCustomObjects(): ReadonlyMap<string, CustomObject> {
  return new Map([...registered, ...scopedObjects.current ?? []]);
}

/** Runs `body`, in which `objects`, classes and functions, are known by their names. */
export function customObjectScope<T>(objects: Readonly<Record<string, CustomObject>>, body: () => T): T {
  const known = new Map([...scopedObjects.current ?? [], ...Object.entries(objects)]);
  return withContext([scopedObjects.of(known)], body);
}

/**
 * What `read` makes of what `write` wrote: between them each class and function of the user's stands for itself, whether
 * it is registered or has a name, or not.
 */
export function passThrough<T, U>(write: () => T, read: (written: T) => U): U {
  const passed = new Map<CustomObject, string>();
  const written = withContext([passedObjects.of(passed)], write);
  return customObjectScope(Object.fromEntries([...passed].map(([item, name]) => [name, item])), () => read(written));
}

/** Makes Keras's classes of a module known; `registeredName` is what Keras writes for classes that it does not export. */
export function declareClasses(
  module: string,
  classes: Readonly<Record<string, unknown>>,
  registeredName: string | null = null,
): void {
  for (const [name, Class] of Object.entries(classes)) {
    checkMethodsOf(Class as SerializableClass);
    // Of several names of a class its own is the one to write.
    if (builtInClasses.has(Class) && (Class as SerializableClass).name !== name) continue;
    builtInClasses.set(Class, { module, name, registeredName });
  }
}

/** Makes Keras's functions known by their names in Keras. */
export function declareFunctions(functions: Readonly<Record<string, SerializableFunction>>): void {
  for (const [name, fn] of Object.entries(functions)) {
    builtInFunctions.set(name, fn);
    if (!functionNames.has(fn)) functionNames.set(fn, name);
  }
}

/** The name of a class as summaries and files show it: Keras's for one of Keras's, the user's own is its name. */
export function nameOfClass(Class: SerializableClass): string {
  return builtInClasses.get(Class)?.name ?? Class.name;
}

/** The name under which an item of the user's is written. */
function nameOf(item: CustomObject): string {
  const passed = passedObjects.current;
  if (!passed) return names.get(item) ?? item.name;
  const name = passed.get(item) ?? `passed>${passed.size}`;
  passed.set(item, name);
  return name;
}

/** The node of an object in a config: Keras's in its module, the user's own under the name that it is registered by. */
export function objectNode(object: { getConfig(): Config }): ObjectNode {
  const Class = object.constructor as SerializableClass;
  const config = object.getConfig();
  const builtIn = builtInClasses.get(Class);
  if (!builtIn) return { module: null, class_name: Class.name, config, registered_name: nameOf(Class) };
  const { module, name, registeredName } = builtIn;
  return { module, class_name: name, config, registered_name: registeredName };
}

/**
 * The node of a function in a config. Throws {@linkcode ValueError} for one that no reader could find: without a name, or
 * with that of one of Keras's.
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
    fail("a function of one's own needs a name that is none of Keras's", `one named "${name}"`);
  }
  return { module: "builtins", class_name: "function", config: name, registered_name: "function" };
}

/** Keras's name of one of its functions, if it is one. */
export function functionName(fn: unknown): string | undefined {
  return functionNames.get(fn);
}

/** The function that a node names: the user's, or Keras's. Throws {@linkcode ValueError} where there is none. */
export function namedFunction(name: string): SerializableFunction {
  const known = getCustomObjects();
  // Until Keras 3.6 the package was left out.
  const own = known.get(name) ?? [...known].find(([full]) => full.endsWith(`>${name}`))?.[1];
  return (own ?? builtInFunctions.get(name) ?? customObject(name, "function")) as SerializableFunction;
}

/** The user's class or function that a node names. Throws {@linkcode ValueError} where there is none. */
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
