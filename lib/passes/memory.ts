// Memory: assigns every value a location by liveness, and updates variables in place.
import type { DType } from "../dtype.ts";
import { type Graph, type Node, resultsOf, type ValueId } from "../ir/graph.ts";
import { isAlias, isConstant, isLoop, opDef } from "../ir/op_def.ts";
import { sizeOf } from "../shape.ts";
import { packsOf } from "./pack.ts";
import type { Place, Plan } from "./plan.ts";
import { blocksOf } from "./blocks.ts";
import { aliasRoots, copyNode } from "./rewrite.ts";

/** Every location is aligned to this many bytes: WebGPU's offset alignment. */
export const alignment = 256;

/** Bytes of one element in device memory. */
type BytesOf = (dtype: DType) => number;

/** Options of {@linkcode planMemory}. */
export interface MemoryOptions {
  /** Bytes of an element that is no half. */
  readonly bytesOf: BytesOf;
  /** Whether a node may overwrite an input that nobody reads later; false if a buffer cannot be bound twice. */
  readonly reuseInputs: boolean;
  /** The most bytes of values that may be contiguous in one slot; unlimited by default. */
  readonly flatBytes?: number;
}

/**
 * The plan of `graph`, with its nodes in the same order; adds a copy for each variable that cannot be updated in place.
 */
export function planMemory(graph: Graph, options: MemoryOptions): Plan {
  return new Planner(graph, options, []).plan();
}

class Planner {
  readonly #graph: Graph;
  readonly #options: MemoryOptions;
  readonly #slots: number[];
  readonly #places: (Place | undefined)[] = [];
  readonly #root: (id: ValueId) => ValueId;
  readonly #bodies = new Map<number, Plan>();
  #free: number[] = [];

  constructor(graph: Graph, options: MemoryOptions, slots: number[]) {
    this.#graph = {
      ...graph,
      types: [...graph.types],
      nodes: [...graph.nodes],
      state: graph.state.map((link) => ({ ...link })),
    };
    this.#root = aliasRoots(graph.nodes);
    this.#options = options;
    this.#slots = slots;
  }

  plan(): Plan {
    this.#settleState();
    this.#settleOutputs();
    this.#placeSlots();
    for (const { outputs: [id] } of this.#graph.nodes.filter(isAlias)) this.#places[id] = this.#places[this.#root(id)];
    return { graph: this.#graph, places: this.#places, slots: this.#slots, bodies: this.#bodies };
  }

  #bytes(id: ValueId): number {
    const { shape, dtype, half } = this.#graph.types[id];
    const bytes = Math.max(1, sizeOf(shape)) * (half ? 2 : this.#options.bytesOf(dtype));
    return Math.ceil(bytes / alignment) * alignment;
  }

  /** Places the final values of variables: in place of the first value if nobody reads that later, else by a copy. */
  #settleState(): void {
    const { state, nodes } = this.#graph;
    state.forEach(({ input }, link) => this.#places[input] = { kind: "state", link });
    const isState = new Set(state.map(({ input }) => input));
    const sources = state.map(({ input, output }) => (output === input ? undefined : this.#root(output)));
    const late: number[] = [];
    sources.forEach((source, link) => {
      if (source === undefined) return;
      const shared = sources.indexOf(source) !== link;
      if (shared || isState.has(source) || !this.#writableInPlace(source, state[link].input)) late.push(link);
      else this.#places[source] = { kind: "state", link };
    });
    // Swapped variables would overwrite each other, so a value that comes from another variable is copied first.
    for (const link of late) {
      if (isState.has(sources[link]!)) {
        nodes.push(copyNode(this.#graph, state[link].output, (id) => state[link].output = id));
      }
    }
    for (const link of late) {
      nodes.push(copyNode(this.#graph, state[link].output, (id) => state[link].output = id));
      this.#places[state[link].output] = { kind: "state", link };
    }
  }

  /** Copies body outputs that are unchanged inputs: their memory may be overwritten before it is read. */
  #settleOutputs(): void {
    const { inputs, outputs, nodes } = this.#graph;
    this.#graph.outputs = outputs.map((output) => {
      if (!inputs.includes(this.#root(output))) return output;
      let copy = output;
      nodes.push(copyNode(this.#graph, output, (id) => copy = id));
      return copy;
    });
  }

  /** Whether the node that makes `source` may write it over the variable's first value `old`. */
  #writableInPlace(source: ValueId, old: ValueId): boolean {
    const { nodes, types } = this.#graph;
    const at = nodes.findIndex((node) => node.outputs.includes(source));
    if (at < 0 || isConstant(nodes[at]) || isLoop(nodes[at])) return false;
    const readsOld = (node: Node) => !isAlias(node) && node.inputs.some((id) => this.#root(id) === old);
    if (nodes.slice(at + 1).some(readsOld)) return false;
    const node = nodes[at];
    if (!readsOld(node)) return true;
    const output = node.outputs.indexOf(source);
    const pairs = opDef(node.op).inPlace?.(
      node.inputs.map((id) => types[id]),
      node.outputs.map((id) => types[id]),
      node.attrs,
    ) ?? [];
    return node.inputs.every((id, input) =>
      this.#root(id) !== old || pairs.some(([o, i]) => o === output && i === input)
    );
  }

  #placeSlots(): void {
    const { nodes } = this.#graph;
    const lastUse = new Map<ValueId, number>();
    nodes.forEach((node, at) => !isAlias(node) && node.inputs.forEach((id) => lastUse.set(this.#root(id), at)));
    for (const { reads, last } of blocksOf(this.#graph)) {
      reads.forEach((id) => lastUse.set(this.#root(id), Math.max(last, lastUse.get(this.#root(id))!)));
    }
    resultsOf(this.#graph).forEach((id) => lastUse.set(this.#root(id), nodes.length));
    // Reads through an alias that is itself a result count for its root.
    const packs = packsOf(this.#graph, this.#root).flatMap((pack) => this.#cut(pack));
    const packOf = new Map(packs.flatMap((pack) => pack.map((id): [ValueId, readonly ValueId[]] => [id, pack])));
    const expiring = new Map<number, number[]>();
    const expire = (slot: number, at: number) => expiring.set(at, [...(expiring.get(at) ?? []), slot]);
    nodes.forEach((node, at) => {
      if (isAlias(node)) return;
      if (isConstant(node)) {
        this.#places[node.outputs[0]] = { kind: "constant", id: node.outputs[0] };
        return;
      }
      if (isLoop(node)) {
        this.#bodies.set(at, new Planner(node.attrs.body, this.#options, this.#slots).plan());
      }
      for (const [output, id] of node.outputs.entries()) {
        if (this.#places[id]) continue;
        const pack = packOf.get(id);
        if (pack) {
          const slot = this.#take(pack.reduce((total, member) => total + this.#bytes(member), 0));
          let offset = 0;
          for (const member of pack) {
            this.#places[member] = { kind: "slot", slot, offset };
            offset += this.#bytes(member);
          }
          expire(slot, pack.reduce((last, member) => Math.max(last, lastUse.get(member) ?? at), at));
          continue;
        }
        const over = this.#dyingInput(node, output, at, lastUse, packOf);
        if (over !== undefined) {
          const slots = expiring.get(at)!;
          slots.splice(slots.indexOf(over), 1);
        }
        const slot = over ?? this.#take(this.#bytes(id));
        this.#places[id] = { kind: "slot", slot, offset: 0 };
        expire(slot, lastUse.get(id) ?? at);
      }
      this.#free.push(...(expiring.get(at) ?? []));
    });
  }

  /** The values as lists of at most `flatBytes`. */
  #cut(pack: readonly ValueId[]): ValueId[][] {
    const { flatBytes = Infinity } = this.#options;
    const lists: ValueId[][] = [];
    let room = 0;
    for (const id of pack) {
      room -= this.#bytes(id);
      if (lists.length > 0 && room >= 0) {
        lists[lists.length - 1].push(id);
      } else {
        lists.push([id]);
        room = flatBytes - this.#bytes(id);
      }
    }
    return lists;
  }

  /** The slot of an input whose last reader is `node` and that its output may overwrite. */
  #dyingInput(
    node: Node,
    output: number,
    at: number,
    lastUse: ReadonlyMap<ValueId, number>,
    packOf: ReadonlyMap<ValueId, unknown>,
  ): number | undefined {
    if (!this.#options.reuseInputs) return undefined;
    const { types } = this.#graph;
    const pairs = opDef(node.op).inPlace?.(
      node.inputs.map((id) => types[id]),
      node.outputs.map((id) => types[id]),
      node.attrs,
    ) ?? [];
    for (const [o, i] of pairs) {
      const root = this.#root(node.inputs[i]);
      const place = this.#places[root];
      if (o !== output || place?.kind !== "slot" || lastUse.get(root) !== at || packOf.has(root)) continue;
      const taken = node.outputs.some((id) => {
        const other = this.#places[id];
        return other?.kind === "slot" && other.slot === place.slot;
      });
      const readTwice = node.inputs.some((id, j) =>
        j !== i && this.#root(id) === root && !pairs.some(([p, q]) => p === o && q === j)
      );
      if (!taken && !readTwice) return place.slot;
    }
    return undefined;
  }

  /** A free slot: the smallest that is large enough, else the largest one, grown, else a new one. */
  #take(bytes: number): number {
    const bySize = [...this.#free].sort((a, b) => this.#slots[a] - this.#slots[b]);
    const slot = bySize.find((candidate) => this.#slots[candidate] >= bytes) ?? bySize[bySize.length - 1] ??
      this.#slots.push(0) - 1;
    this.#slots[slot] = Math.max(this.#slots[slot], bytes);
    this.#free = this.#free.filter((candidate) => candidate !== slot);
    return slot;
  }
}
