// A plan: a graph in its final order, and the place in memory of every value.
import type { Graph, ValueId } from "../ir/graph.ts";

/** Where a value lives: in a reused slot, in the memory of the variable of `graph.state[link]`, or with a constant. */
export type Place =
  | { readonly kind: "slot"; readonly slot: number; readonly offset: number }
  | { readonly kind: "state"; readonly link: number }
  | { readonly kind: "constant"; readonly id: ValueId };

/**
 * A graph whose values all have a place; nodes run in order and write nowhere but into their outputs' places.
 * `reshape` and `constant` nodes do not run: their outputs' places hold the value already.
 *
 * The inputs of a loop's body have no place: the executor binds them. A carried input is the memory of the loop's own
 * output of the same index, which starts as a copy of the loop's input; after each step the body's carried outputs are
 * copied there. A scanned input is a row of the loop's input; a fixed one is the loop's input itself.
 */
export interface Plan {
  readonly graph: Graph;
  /** The place of each value, by id. */
  readonly places: readonly (Place | undefined)[];
  /** The bytes of each slot, each a multiple of 256. */
  readonly slots: readonly number[];
  /** The plans of loop bodies, by index of the scan node; their slots are numbered in the same list. */
  readonly bodies: ReadonlyMap<number, Plan>;
}
