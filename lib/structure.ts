// Structures: one item, a list of items, or items by name, as models take and give them.
import { describe, ValueError } from "./errors.ts";

/** One item, a list of them, or some by name. */
export type Structure<T> = T | readonly T[] | { readonly [name: string]: T };

/**
 * What a structure becomes where each item becomes a `To`: its lists keep their lengths, its names stay. Items are what
 * extends `From`.
 */
export type Mapped<S, From, To> = S extends From ? To
  : S extends undefined ? undefined
  : { [K in keyof S]: Mapped<S[K], From, To> };

// A list of extents is a shape, and so an item; what is no plain object is an item too.
function isList(structure: unknown): structure is readonly unknown[] {
  return Array.isArray(structure) && structure.length > 0 &&
    !structure.every((item) => item === null || typeof item === "number");
}

/** Whether a structure is an object of items by name: a plain one. */
export function isNamed(structure: unknown): structure is Readonly<Record<string, unknown>> {
  return typeof structure === "object" && structure !== null && !Array.isArray(structure) &&
    [Object.prototype, null].includes(Object.getPrototypeOf(structure));
}

/** Whether a structure is one item: neither a list of items nor an object of items by name. Shapes are items. */
export function isItem<T>(structure: Structure<T>): structure is T {
  return !isList(structure) && !isNamed(structure);
}

/** The names of a structure's items in the order of {@linkcode flatten}; undefined for what has no names. */
export function namesOf(structure: Structure<unknown>): string[] | undefined {
  // Keras sorts names, whatever order they were written in.
  return isNamed(structure) ? Object.keys(structure).sort() : undefined;
}

/** The items of a structure in order; those with names in the order of their names, as Keras flattens. */
export function flatten<T>(structure: Structure<T>): T[] {
  if (isList(structure)) return [...structure] as T[];
  const names = namesOf(structure);
  return names ? names.map((name) => (structure as Record<string, T>)[name]) : [structure as T];
}

/** The structure with `fn` of each item in its place; `index` counts as {@linkcode flatten} does. */
export function mapStructure<T, U>(structure: Structure<T>, fn: (item: T, index: number) => U): Structure<U> {
  return packLike(structure, flatten(structure).map(fn));
}

/** The structure with the items of a list, ordered as {@linkcode flatten} orders, in the places of its own. */
export function packLike<U>(structure: Structure<unknown>, items: readonly U[]): Structure<U> {
  if (isList(structure)) return [...items];
  const names = namesOf(structure);
  if (!names) return items[0];
  // The names keep the order in which they were written.
  return Object.fromEntries(Object.keys(structure as object).map((name) => [name, items[names.indexOf(name)]]));
}

/**
 * The items of two structures in pairs, in the order of {@linkcode flatten}. Throws {@linkcode ValueError} saying
 * `what` where they are not built alike.
 */
export function zipStructures<T, U>(a: Structure<T>, b: Structure<U>, what: string): [T, U][] {
  const [first, second] = [flatten(a), flatten(b)];
  const [names, others] = [namesOf(a), namesOf(b)];
  const alike = isItem(a) === isItem(b) && first.length === second.length && String(names) === String(others);
  if (!alike) {
    throw new ValueError({
      what,
      rule: `there must be ${formatStructure(a)}`,
      received: formatStructure(b),
      hint: "give what the model or layer was made with: one item, a list, or an object by name",
    });
  }
  return first.map((item, i) => [item, second[i]]);
}

/** A structure in words: `one item`, `a list of 2`, or `items named "a", "b"`. */
export function formatStructure(structure: Structure<unknown>): string {
  const names = namesOf(structure);
  if (names) return names.length === 0 ? "an empty object" : `items named ${names.map(describe).join(", ")}`;
  return isList(structure) ? `a list of ${structure.length}` : "one item";
}

/** The objects of a class in the properties of `owner`, in lists and objects by name too: each once, in order. */
export function heldBy<T extends object>(owner: object, Class: abstract new (...args: never[]) => T): T[] {
  const found = new Set<T>();
  const seen = new Set<unknown>();
  const visit = (value: unknown): void => {
    if (value instanceof Class) return void found.add(value);
    if (!(Array.isArray(value) || isNamed(value)) || seen.has(value)) return;
    seen.add(value);
    for (const item of Array.isArray(value) ? value : Object.values(value)) visit(item);
  };
  for (const value of Object.values(owner)) visit(value);
  return [...found];
}
