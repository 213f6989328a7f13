// Structures: one item, a list of items, or items by name, as models take and return them.
import { describe, ValueError } from "./errors.ts";

/** One item, a list of items, or items by name. */
export type Structure<T> = T | readonly T[] | { readonly [name: string]: T };

/**
 * A structure with each item replaced by a `To`: lists keep their lengths, objects their names. Items extend `From`.
 */
export type Mapped<S, From, To> = S extends From ? To
  : S extends undefined ? undefined
  : { [K in keyof S]: Mapped<S[K], From, To> };

/** The most items of a structure: a longer list, perhaps without elements, is an item that nothing takes. */
const maxItems = 2 ** 20;

// A list of extents is a shape and so an item; an object that is not plain is an item too.
function isList(structure: unknown): structure is readonly unknown[] {
  return Array.isArray(structure) && structure.length > 0 && structure.length <= maxItems &&
    !structure.every((item) => item === null || typeof item === "number");
}

/** Whether a structure is a plain object of items by name. */
export function isNamed(structure: unknown): structure is Readonly<Record<string, unknown>> {
  return typeof structure === "object" && structure !== null && !Array.isArray(structure) &&
    [Object.prototype, null].includes(Object.getPrototypeOf(structure));
}

/** Whether a structure is one item: neither a list of items nor an object of items by name. Shapes are items. */
export function isItem<T>(structure: Structure<T>): structure is T {
  return !isList(structure) && !isNamed(structure);
}

/** The names of a structure's items in the order of {@linkcode flatten}; undefined if it has no names. */
export function namesOf(structure: Structure<unknown>): string[] | undefined {
  // Keras sorts names, in whatever order they were written.
  return isNamed(structure) ? Object.keys(structure).sort() : undefined;
}

/** The items of a structure in order; named ones sorted by name, as Keras flattens. */
export function flatten<T>(structure: Structure<T>): T[] {
  if (isList(structure)) return [...structure] as T[];
  const names = namesOf(structure);
  return names ? names.map((name) => (structure as Record<string, T>)[name]) : [structure as T];
}

/** The structure with `fn` applied to each item; `index` counts as in {@linkcode flatten}. */
export function mapStructure<T, U>(structure: Structure<T>, fn: (item: T, index: number) => U): Structure<U> {
  return packLike(structure, flatten(structure).map(fn));
}

/** A structure of the same form with the items of a list, ordered as in {@linkcode flatten}. */
export function packLike<U>(structure: Structure<unknown>, items: readonly U[]): Structure<U> {
  if (isList(structure)) return [...items];
  const names = namesOf(structure);
  if (!names) return items[0];
  // The names keep their written order.
  return Object.fromEntries(Object.keys(structure as object).map((name) => [name, items[names.indexOf(name)]]));
}

/**
 * The pairs of items of two structures, in the order of {@linkcode flatten}. Throws {@linkcode ValueError} saying
 * `what` if the structures differ.
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

/** The objects of a class in the properties of `owner`, also in lists and objects there: each once, in order. */
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
