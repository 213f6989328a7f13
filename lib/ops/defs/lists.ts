// The operand or result lists of an op that is applied several times: one list after another.

/** The elements of application `index` of `count` in `lists`: `count` first elements, then `count` second ones ... */
export function elementsOf<T>(lists: readonly T[], count: number, index: number): T[] {
  return Array.from({ length: lists.length / count }, (_, list) => lists[list * count + index]);
}

/** The separate lists: `count` first elements, `count` second ones ... */
export function listsOf<T>(lists: readonly T[], count: number): T[][] {
  return Array.from({ length: lists.length / count }, (_, i) => lists.slice(i * count, (i + 1) * count));
}
