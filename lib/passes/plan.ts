// A plan: a graph in its final order, and the place in memory of every value.
import type { Graph, ValueId } from "../ir/graph.ts";

/** Where a value lives: in a reused slot, in the memory of the variable of `graph.state[link]`, or with a constant. */
export type Place =
  | { readonly kind: "slot"; readonly slot: number }
  | { readonly kind: "state"; readonly link: number }
  | { readonly kind: "constant"; readonly id: ValueId };

/** A graph whose values all have a place; nodes run in order, and write nowhere but into their outputs' places. */
export interface Plan {
  readonly graph: Graph;
  /** The place of each value, by id. */
  readonly places: readonly (Place | undefined)[];
  /** The bytes of each slot, each a multiple of 256. */
  readonly slots: readonly number[];
  /** The plans of loop bodies, by index of the scan node; their slots are numbered in the same list. */
  readonly bodies: ReadonlyMap<number, Plan>;
}
