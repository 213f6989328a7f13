// A plan: a graph in its final order, and the memory location of every value.
import type { Graph, ValueId } from "../ir/graph.ts";

/** Where a value lives: in a reused slot, in the memory of the variable of `graph.state[link]`, or with a constant. */
export type Place =
  | { readonly kind: "slot"; readonly slot: number; readonly offset: number }
  | { readonly kind: "state"; readonly link: number }
  | { readonly kind: "constant"; readonly id: ValueId };

/**
 * A graph whose values all have a location; nodes run in order and write only to their outputs. `reshape` and
 * `constant` nodes do not run: their outputs are in memory already.
 *
 * The inputs of a loop's body have no location: the executor binds them. A carried input is the memory of the loop's
 * output of the same index, which starts as a copy of the loop's input; after each step the body's carried outputs are
 * copied there. A scanned input is a row of the loop's input; a fixed one is the loop's input itself.
 */
export interface Plan {
  readonly graph: Graph;
  /** The location of each value, by id. */
  readonly places: readonly (Place | undefined)[];
  /** The bytes of each slot, each a multiple of 256. */
  readonly slots: readonly number[];
  /** The plans of loop bodies, by index of the scan node; their slots are numbered in the same list. */
  readonly bodies: ReadonlyMap<number, Plan>;
}
