// Encodes a plan as the flat list of integers that the native interpreter runs: see ffi/program.h.
import { bytesPerElement, type DType, type StoredDType, storedDType } from "../../dtype.ts";
import { BackendError } from "../../errors.ts";
import type { ElementwiseProgram, OpName } from "../../ir/attrs.ts";
import type { Graph, Node, OpAttrs, OpCall, ValueId } from "../../ir/graph.ts";
import { isAlias, isConstant, isElementwise, type NativeType, opDef } from "../../ir/op_def.ts";
import type { Origin } from "../../ir/origin.ts";
import { asProgram } from "../../ops/defs/fused.ts";
import type { Place, Plan } from "../../passes/plan.ts";
import { formatShape, type Shape, sizeOf } from "../../shape.ts";

/** The index of each op and of each elementwise function in the library. */
interface InstructionSet {
  readonly ops: ReadonlyMap<string, number>;
  readonly functions: ReadonlyMap<string, number>;
}

/** A range of memory that a program uses. */
export interface Segment {
  readonly address: number;
  readonly bytes: number;
}

/** An encoded program without the addresses of its memory. */
export interface EncodedProgram {
  /** Bytes for the values within a step. */
  readonly slotBytes: number;
  /** The constants, to be copied to memory of the same size. */
  readonly constants: Uint8Array<ArrayBuffer>;
  /** The nodes that run, in order. */
  readonly nodes: readonly Node[];
  /** A rough estimate of a step's time in nanoseconds on one thread, for choosing how to call it. */
  readonly nanoseconds: number;
  /** The integers, given the memory of the slots, the constants, and each linked variable in order. */
  bind(slots: Segment, constants: Segment, state: readonly Segment[]): Int32Array<ArrayBuffer>;
}

const magic = 0x43455241;
const formatVersion = 4;
const headLength = 4;
const segmentLength = 4;
const line = 64;
const boundByLoop = -1;
const aliasOf = -2;

const dtypeCodes: Readonly<Record<StoredDType, number>> = { float32: 0, int32: 1, uint8: 2, bool: 3 };
/** Added to the dtype of a frozen value. */
const frozenValue = 4;
const codeOf = (dtype: DType): number => dtypeCodes[storedDType(dtype)];

/**
 * Encodes `plan`; throws {@linkcode BackendError} naming an op or function that the library lacks.
 *
 * @param frozen the links whose variables change only between refreshes of the program
 */
export function encodePlan(
  plan: Plan,
  instructions: InstructionSet,
  frozen: ReadonlySet<number> = new Set(),
): EncodedProgram {
  const shared = new SharedMemory(plan.slots);
  const encoder = new GraphEncoder(plan, instructions, shared, frozen);
  const graph = encoder.encode();
  return {
    slotBytes: shared.slotBytes,
    constants: shared.constants(),
    nodes: encoder.running,
    nanoseconds: encoder.nanoseconds,
    bind(slots, constants, state) {
      const segments = [slots, constants, ...state];
      const length = headLength + segments.length * segmentLength + graph.length;
      const words = new Int32Array(length);
      words.set([magic, formatVersion, length, segments.length]);
      segments.forEach(({ address, bytes }, i) => {
        words.set([...wide(address), ...wide(bytes)], headLength + i * segmentLength);
      });
      words.set(graph, length - graph.length);
      return words;
    },
  };
}

/** The links of those variables that a program reads and does not assign. */
export function frozenLinks({ state }: Graph, variables: Iterable<unknown>): ReadonlySet<number> {
  const frozen = new Set(variables);
  return new Set(
    state.flatMap(({ variable, input, output }, link) => input === output && frozen.has(variable) ? [link] : []),
  );
}

/** An attribute passed to a native kernel. */
type AttrValue = number | boolean | readonly number[] | ElementwiseProgram | null;

/** The bits of `value` rounded to float32, as a signed 32-bit integer. */
function floatBits(value: number): number {
  return new Int32Array(Float32Array.of(value).buffer)[0];
}

/** The bits of a float64: the low 32, then the high 32. */
function floatWords(value: number): [number, number] {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  return [view.getInt32(4), view.getInt32(0)];
}

/** The low and the high 32 bits of an integer below 2^53. */
function wide(value: number): [number, number] {
  return [value | 0, Math.floor(value / 2 ** 32) | 0];
}

/** Slots and constants, shared by a program and its loop bodies. */
class SharedMemory {
  readonly slotBytes: number;
  readonly #slotOffsets: number[] = [];
  readonly #constants: { readonly bytes: Uint8Array; readonly offset: number }[] = [];
  #constantBytes = 0;

  constructor(slots: readonly number[]) {
    let offset = 0;
    for (const bytes of slots) {
      this.#slotOffsets.push(offset);
      offset += Math.ceil(bytes / line) * line;
    }
    this.slotBytes = offset;
  }

  slot({ slot, offset }: Place & { kind: "slot" }): number {
    return this.#slotOffsets[slot] + offset;
  }

  /** The offset of a constant in the segment of constants. */
  constant({ data }: { readonly data: ArrayBufferView<ArrayBuffer> }): number {
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    const offset = this.#constantBytes;
    this.#constants.push({ bytes, offset });
    this.#constantBytes += Math.ceil(Math.max(1, bytes.length) / line) * line;
    return offset;
  }

  constants(): Uint8Array<ArrayBuffer> {
    const all = new Uint8Array(this.#constantBytes);
    for (const { bytes, offset } of this.#constants) all.set(bytes, offset);
    return all;
  }
}

/** The order of segments: slots, constants, then the variables. */
const slotSegment = 0;
const constantSegment = 1;
const firstStateSegment = 2;

class GraphEncoder {
  /** The nodes that run. */
  readonly running: Node[] = [];
  nanoseconds = 0;
  readonly #graph: Graph;
  readonly #values: number[] = [];
  readonly #nodes: number[] = [];
  readonly #index = new Map<ValueId, number>();
  readonly #constants = new Map<ValueId, number>();
  readonly #aliases = new Map<ValueId, ValueId>();

  constructor(
    readonly plan: Plan,
    readonly instructions: InstructionSet,
    readonly shared: SharedMemory,
    readonly frozen: ReadonlySet<number>,
  ) {
    this.#graph = plan.graph;
  }

  /** The counts of values, nodes, inputs and outputs, followed by their encodings. */
  encode(): number[] {
    const { graph, bodies } = this.plan;
    for (const node of graph.nodes) {
      if (isConstant(node)) this.#constants.set(node.outputs[0], this.shared.constant(node.attrs));
      if (isAlias(node) && samePlace(this.plan.places[node.inputs[0]], this.plan.places[node.outputs[0]])) {
        this.#aliases.set(node.outputs[0], node.inputs[0]);
      }
    }
    graph.nodes.forEach((node, at) => {
      if (isConstant(node) || this.#aliases.has(node.outputs[0])) return;
      this.#node(isElementwise(node) ? asProgram(node, graph.types) : node, bodies.get(at));
    });
    const [inputs, outputs] = [graph.inputs, graph.outputs].map((ids) => ids.map((id) => this.#value(id)));
    const counts = [this.#index.size, this.running.length, inputs.length, outputs.length];
    const words: number[] = [];
    for (const list of [counts, this.#values, inputs, outputs, this.#nodes]) for (const word of list) words.push(word);
    return words;
  }

  #value(id: ValueId): number {
    const known = this.#index.get(id);
    if (known !== undefined) return known;
    const root = this.#aliases.get(id);
    const where = root === undefined ? this.#where(id) : [aliasOf, this.#value(root)];
    const index = this.#index.size;
    const { shape, dtype } = this.#graph.types[id];
    requireEncodable(shape);
    this.#index.set(id, index);
    this.#values.push(...where, codeOf(dtype) + (this.#isFrozen(id) ? frozenValue : 0), shape.length, ...shape);
    return index;
  }

  #isFrozen(id: ValueId): boolean {
    const place = this.plan.places[id];
    return place?.kind === "state" && this.frozen.has(place.link);
  }

  /** The segment of a value, and its offset there in cache lines. */
  #where(id: ValueId): [number, number] {
    const place = this.plan.places[id];
    if (!place) return [boundByLoop, 0];
    switch (place.kind) {
      case "slot":
        return [slotSegment, this.shared.slot(place) / line];
      case "state":
        return [firstStateSegment + place.link, 0];
      case "constant":
        return [constantSegment, this.#constants.get(place.id)! / line];
    }
  }

  #node(node: Node, bodyPlan: Plan | undefined): void {
    const call = opDef(node.op).nativeCall?.(node.attrs) ?? node;
    const op = this.instructions.ops.get(call.op);
    if (op === undefined) throw missing(`op "${call.op}"`, node.origin);
    const inputs = node.inputs.map((id) => this.#value(id));
    const outputs = node.outputs.map((id) => this.#value(id));
    const attrs = this.#attrs(call, node.origin);
    const body = bodyPlan && new GraphEncoder(bodyPlan, this.instructions, this.shared, new Set());
    const bodyWords = body?.encode() ?? [];
    this.nanoseconds += this.#nanosecondsOf(node, body?.nanoseconds ?? 0);
    this.running.push(node);
    const head = [op, inputs.length, outputs.length, attrs.length, body ? 1 : 0];
    // Not spread into one push: a body may have more integers than a call can have arguments.
    for (const list of [head, inputs, outputs, attrs, bodyWords]) for (const word of list) this.#nodes.push(word);
  }

  /** The attributes that the kernel reads, in order: see ffi/attrs.h. */
  #attrs(call: OpCall, origin: Origin): number[] {
    const values = call.attrs as Readonly<Record<string, AttrValue>>;
    const types: Readonly<Record<string, NativeType | undefined>> = opDef(call.op).nativeAttrs;
    return Object.entries(types).flatMap(([name, type]) => this.#attr(type, values[name], origin));
  }

  #attr(type: NativeType | undefined, value: AttrValue, origin: Origin): number[] {
    if (typeof value === "boolean") return [Number(value)];
    if (typeof value === "number") return type === "float" ? floatWords(value) : [value];
    const words = value === null ? [] : "steps" in value ? this.#program(value, origin) : value;
    return [words.length, ...words];
  }

  #program({ operands, steps, results }: ElementwiseProgram, origin: Origin): number[] {
    const dtypes = [...operands];
    const words = [operands.length, steps.length, results.length, ...operands.map(codeOf)];
    for (const step of steps) {
      if (step.fn === "literal") {
        const bits = step.dtype === "float32" ? floatBits(step.value) : step.value | 0;
        words.push(-1, codeOf(step.dtype), bits, 0, 0, 0);
      } else {
        const fn = this.instructions.functions.get(step.fn);
        if (fn === undefined) throw missing(`elementwise function "${step.fn}"`, origin);
        const [a, b = a, c = a] = step.args;
        words.push(fn, codeOf(dtypes[a]), codeOf(step.dtype), a, b, c);
      }
      dtypes.push(step.dtype);
    }
    words.push(...results);
    return words;
  }

  /** An estimate of the nanoseconds that a node takes on one thread. */
  #nanosecondsOf<K extends OpName>(
    node: { readonly op: K; readonly attrs: OpAttrs[K] } & Pick<Node, "inputs" | "outputs">,
    bodyNanoseconds: number,
  ): number {
    const [inputs, outputs] = [node.inputs, node.outputs].map((ids) => ids.map((id) => this.#graph.types[id]));
    const all = [...inputs, ...outputs].reduce(
      (sum, type) => sum + sizeOf(type.shape) * bytesPerElement(type.dtype),
      0,
    );
    const { bytes = all, flops = 0, bodyRuns = 0 } = opDef(node.op).cost?.(inputs, node.attrs, outputs) ?? {};
    return 500 + bytes / 20 + flops / 60 + bodyRuns * bodyNanoseconds;
  }
}

/** Throws {@linkcode BackendError} for an extent that no word of a program holds. */
function requireEncodable(shape: Shape): void {
  if (shape.every((extent) => extent < 2 ** 31)) return;
  throw new BackendError({
    what: "Cannot encode a program",
    rule: "an axis may have fewer than 2^31 elements",
    received: formatShape(shape),
    hint: "make it smaller, or reshape it to several axes",
  });
}

function samePlace(a: Place | undefined, b: Place | undefined): boolean {
  if (!a || !b) return a === b;
  if (a.kind === "slot") return b.kind === "slot" && a.slot === b.slot && a.offset === b.offset;
  if (a.kind === "state") return b.kind === "state" && a.link === b.link;
  return b.kind === "constant" && a.id === b.id;
}

function missing(what: string, origin: Origin): BackendError {
  return new BackendError({
    what: `Cannot encode "${origin}"`,
    rule: `the native library must have the ${what}`,
    hint: "it is of another version: delete its cache folder so that it is built again",
  });
}
