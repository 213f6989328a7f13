// Checked methods: what the classes of a family take as arguments of a method, declared once at their base. Users call such
// methods by hand too, and then what does not suit is told before the body of any class comes upon it.

import { StateError } from "./errors.ts";

/** Where an argument is checked, for error messages. */
export interface ArgumentPlace {
  /** What fails: `Cannot build "dense_1"`. */
  readonly what: string;
  /** The argument's name, such as `inputShape`. */
  readonly argument: string;
  /** The object whose method is called. */
  readonly owner: object;
}

/** Gives the argument, completed where it was left out; throws a {@linkcode CeratopsError} where it does not suit. */
export type Argument = (given: unknown, place: ArgumentPlace) => unknown;

/** A method and its arguments in order. */
export interface CheckedMethod {
  /** What the method does, as in `Cannot build "dense_1"`. */
  readonly verb: string;
  /** Its arguments by name. */
  readonly takes: Readonly<Record<string, Argument>>;
  /** What it returns, for a method that every class which extends the base must have: `the loss of each sample`. */
  readonly returns?: string;
}

type Method = (this: object, ...args: unknown[]) => unknown;

/** The methods of a class, and of those that extend it. */
interface Declared {
  readonly own: Readonly<Record<string, CheckedMethod>>;
  readonly overriding: Readonly<Record<string, CheckedMethod>>;
}

const declared = new WeakMap<object, Declared>();
/** The prototypes whose own methods check; what these extend do too. */
const done = new WeakSet<object>();

/**
 * Declares the arguments of methods of a class and of those classes of the library that extend it; with `overriding`, some
 * methods take less where these override them.
 */
export function declareMethods(
  Base: { readonly prototype: object },
  own: Readonly<Record<string, CheckedMethod>>,
  overriding: Readonly<Record<string, CheckedMethod>> = {},
): void {
  declared.set(Base.prototype, { own, overriding: { ...own, ...overriding } });
  for (const [name, method] of Object.entries(own)) {
    if (method.returns === undefined || name in Base.prototype) continue;
    const value = function (this: object): never {
      throw new StateError({
        what: `Cannot ${method.verb} ${nameOf(this)}`,
        rule: `${this.constructor.name || "its class"} has no method ${name}`,
        received: "none",
        hint: `define ${name}(${Object.keys(method.takes).join(", ")}), which returns ${method.returns}`,
      });
    };
    Object.defineProperty(Base.prototype, name, { value, writable: true, configurable: true });
  }
}

/** Makes the methods of a class, and of those that it extends, check their arguments as the nearest base declares them. */
export function checkMethodsOf(Class: { readonly prototype: object }): void {
  for (let of: object | null = Class.prototype; of !== null && !done.has(of); of = Object.getPrototypeOf(of)) {
    done.add(of);
    checkOwnMethodsOf(of);
  }
}

function checkOwnMethodsOf(prototype: object): void {
  const names = new Set<string>();
  for (let of: object | null = prototype; of !== null; of = Object.getPrototypeOf(of)) {
    const methods = of === prototype ? declared.get(of)?.own : declared.get(of)?.overriding;
    for (const [name, method] of Object.entries(methods ?? {})) {
      if (!names.has(name)) checkMethod(prototype, name, method);
      names.add(name);
    }
  }
}

function checkMethod(prototype: object, name: string, { verb, takes }: CheckedMethod): void {
  const descriptor = Object.getOwnPropertyDescriptor(prototype, name);
  const method: Method | undefined = descriptor?.value;
  if (!descriptor || !method) return;
  const checks = Object.entries(takes);
  const checked: Method = function (...args) {
    const what = `Cannot ${verb} ${nameOf(this)}`;
    checks.forEach(([argument, check], i) => {
      args[i] = check(args[i], { what, argument, owner: this });
    });
    return method.apply(this, args);
  };
  Object.defineProperty(checked, "name", { value: name });
  Object.defineProperty(prototype, name, { ...descriptor, value: checked });
}

/** The name of an object in quotes, or that of its class. */
function nameOf(object: object): string {
  const { name } = object as { readonly name?: unknown };
  return typeof name === "string" ? `"${name}"` : object.constructor.name;
}
