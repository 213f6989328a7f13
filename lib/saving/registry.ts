// The user's own classes by the names that files know them by. https://keras.io/api/models/model_saving_apis/serialization_utils/
import { describe, ValueError } from "../errors.ts";

/** A class whose objects stand in files. */
export type SerializableClass = abstract new (...args: never[]) => object;

const registered = new Map<string, SerializableClass>();
const names = new WeakMap<SerializableClass, string>();
let scope: ReadonlyMap<string, SerializableClass> = new Map();

/**
 * Makes a class of the user's known under `package>Name`, so that configs with it can be read: objects are made by its
 * static `fromConfig(config)` where there is one, else by `new` with the config as options. To be called on the class,
 * or written before it as a decorator.
 *
 * @param packageName what stands before `>`; `Custom` by default
 * @param name the name; that of the class by default
 * @throws {ValueError} for what is no class
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
 */
export function registerKerasSerializable(
  packageName = "Custom",
  name?: string,
): <C extends SerializableClass>(Class: C, context?: unknown) => C {
  return (Class) => {
    if (typeof Class !== "function") {
      throw new ValueError({
        what: "Cannot register an object for files",
        rule: "it must be a class",
        received: describe(Class),
        mend: 'write saving.registerKerasSerializable("package")(MyLayer)',
      });
    }
    const full = `${packageName}>${name ?? Class.name}`;
    registered.set(full, Class);
    names.set(Class, full);
    return Class;
  };
}

/** The name that a class was registered under, if it was. */
export function getRegisteredName(Class: SerializableClass): string | undefined {
  return names.get(Class);
}

/** The user's classes by name: those registered, and those of the scope that runs. */
export function getCustomObjects(): ReadonlyMap<string, SerializableClass> {
  return new Map([...registered, ...scope]);
}

/** Runs `body`, in which `objects` are known by their names. */
export function customObjectScope<T>(objects: Readonly<Record<string, SerializableClass>>, body: () => T): T {
  const outer = scope;
  scope = new Map([...outer, ...Object.entries(objects)]);
  try {
    return body();
  } finally {
    scope = outer;
  }
}

/** The user's class of a name: the full one, or that of the class alone. */
export function customClass(registeredName: string | null, className: string): SerializableClass | undefined {
  const known = getCustomObjects();
  if (registeredName !== null && known.has(registeredName)) return known.get(registeredName);
  if (known.has(className)) return known.get(className);
  return [...known].find(([name]) => name.endsWith(`>${className}`))?.[1];
}
