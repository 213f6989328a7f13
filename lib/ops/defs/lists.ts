// The lists of operands, or of results, of an op that is applied to several at once: one list after another.

/** What application `index` of `count` has in `lists`, which are `count` first elements, then `count` second ones ... */
export function elementsOf<T>(lists: readonly T[], count: number, index: number): T[] {
  return Array.from({ length: lists.length / count }, (_, list) => lists[list * count + index]);
}

/** The lists themselves: `count` first elements, `count` second ones ... */
export function listsOf<T>(lists: readonly T[], count: number): T[][] {
  return Array.from({ length: lists.length / count }, (_, i) => lists.slice(i * count, (i + 1) * count));
}
