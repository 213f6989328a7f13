// Pack: makes the values that one node runs over contiguous, so that it is one pass over memory.
import type { Graph, ValueId } from "../ir/graph.ts";
import { isConstant, isForeach } from "../ir/op_def.ts";
import { listsOf } from "../ops/defs/lists.ts";
import { aliasRoots, copyNode, producersOf } from "./rewrite.ts";

/**
 * The graph with everything that `foreach` nodes read packable; adds copies of values that would have to be in two
 * packs.
 */
export function pack(graph: Graph): Graph {
  const result: Graph = { ...graph, types: [...graph.types], nodes: [] };
  const producers = producersOf(graph);
  const root = aliasRoots(graph.nodes);
  const packs = new Packs(result, root);
  const movable = (id: ValueId): ValueId => {
    const maker = producers.get(root(id));
    if (maker && !isConstant(maker) && packs.take(id)) return id;
    let copy = id;
    result.nodes.push(copyNode(result, id, (made) => copy = made));
    return copy;
  };
  for (const node of graph.nodes) {
    if (!isForeach(node)) {
      result.nodes.push(node);
      continue;
    }
    const inputs = listsOf(node.inputs, node.attrs.count).flatMap((list) => {
      if (packs.areFlat(list)) return list;
      const own = list.map(movable);
      packs.add(own);
      return own;
    });
    result.nodes.push({ ...node, inputs });
  }
  return result;
}

/** The values to store contiguously for nodes that run over them; `root` follows aliases. */
export function packsOf(graph: Graph, root: (id: ValueId) => ValueId): readonly (readonly ValueId[])[] {
  const packs = new Packs(graph, root);
  const nodes = graph.nodes.filter(isForeach);
  for (const side of ["inputs", "outputs"] as const) {
    for (const node of nodes) {
      for (const list of listsOf(node[side], node.attrs.count)) {
        if (!packs.areFlat(list)) packs.add(list.filter((id) => packs.take(id)));
      }
    }
  }
  return packs.lists;
}

class Packs {
  /** The values of each pack, without aliases. */
  readonly lists: (readonly ValueId[])[] = [];
  readonly #types: Graph["types"];
  readonly #root: (id: ValueId) => ValueId;
  readonly #variables: ReadonlySet<ValueId>;
  readonly #taken = new Set<ValueId>();
  /** The value before each one in its pack. */
  readonly #before = new Map<ValueId, ValueId>();

  constructor({ state, types }: Graph, root: (id: ValueId) => ValueId) {
    this.#types = types;
    this.#root = root;
    this.#variables = new Set(state.flatMap(({ input, output }) => [input, root(output)]));
  }

  /**
   * Whether values are one number for all, or are contiguous as read: as variables, which executors place, or in a
   * pack.
   */
  areFlat(list: readonly ValueId[]): boolean {
    const roots = list.map(this.#root);
    return this.#types[list[0]].shape.length === 0 && list.every((id) => id === list[0]) ||
      roots.every((id) => this.#variables.has(id)) ||
      roots.every((id, i) => (i === 0 ? this.#taken.has(id) : this.#before.get(id) === roots[i - 1]));
  }

  /** Claims a value; false if it has a location already. */
  take(id: ValueId): boolean {
    const root = this.#root(id);
    if (this.#variables.has(root) || this.#taken.has(root)) return false;
    this.#taken.add(root);
    return true;
  }

  /** Adds claimed values as one pack. */
  add(list: readonly ValueId[]): void {
    const roots = list.map(this.#root);
    if (roots.length > 0) this.lists.push(roots);
    roots.forEach((id, i) => i > 0 && this.#before.set(id, roots[i - 1]));
  }
}
