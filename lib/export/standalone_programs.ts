// The programs by which an exported module predicts, for fixed numbers of rows, with the weights that they read.
import { bytesPerElement, type DType, makeArray, storedDType } from "../dtype.ts";
import { ValueError } from "../errors.ts";
import type { NativeModule } from "../exec/native/module.ts";
import { variablesOf } from "../exec/executor.ts";
import { encodePlan, frozenLinks } from "../exec/native/encode.ts";
import type { Graph, StateLink } from "../ir/graph.ts";
import { isLoop } from "../ir/op_def.ts";
import { planGraph } from "../passes/pipeline.ts";
import { sizeOf, type SymbolicShape } from "../shape.ts";
import type { Structure } from "../structure.ts";
import { Tensor } from "../tensor/tensor.ts";
import type { Variable } from "../tensor/variable.ts";
import { DeviceDataset, zerosVariable } from "../training/dataset.ts";
import { StepState, traceStep } from "../training/step.ts";
import type { TrainableModel } from "../training/trainer.ts";
import { inputsOf } from "./inputs.ts";
import type { Layout, Part, Program } from "./standalone_runtime.ts";

/** A model as the data of a module. */
interface PackedModel {
  /** Its inputs, outputs and programs. */
  readonly layout: Layout;
  /** What the layout describes. */
  readonly data: Uint8Array<ArrayBuffer>;
}

/** Options of {@linkcode packModel}. */
export interface PackingOptions {
  /** The number of rows that are computed at once, while there are as many. */
  readonly batchSize: number;
  /** How weights of float32 are stored. */
  readonly dtype: "float32" | "float16";
  /** The shapes of the inputs, if the model was built for unknown axes besides the rows. */
  readonly inputShape: Structure<SymbolicShape> | null;
}

/** The alignment of values in the engine's memory, in bytes. */
const alignment = 64;

/** The most bytes that a program addresses. */
const mostBytes = 2 ** 31;

const aligned = (bytes: number) => Math.ceil(Math.max(1, bytes) / alignment) * alignment;

/**
 * Traces the prediction of a model for `batchSize` rows and for one, or for the rows that its inputs are fixed to.
 * Throws {@linkcode StateError} before it is built, and {@linkcode ValueError} or {@linkcode ShapeError} if no fixed
 * program predicts as it does.
 */
export async function packModel(
  model: TrainableModel,
  engine: NativeModule,
  { batchSize, dtype, inputShape }: PackingOptions,
  what: string,
): Promise<PackedModel> {
  const inputs: readonly Part[] = inputsOf(model, inputShape, what, "the module's program is for one");
  const fixed = inputs.map(({ shape }) => shape[0]).find((rows) => rows !== null) ?? null;
  const traced = [...new Set(fixed === null ? [batchSize, 1] : [fixed])].map((rows) => {
    return traceFor(model, inputs, rows, what);
  });
  const stored = new StoredData();
  const weights = new Set(traced.flatMap(({ graph, own }) => {
    return variablesOf(graph).filter((variable) => !own.has(variable));
  }));
  const [floats, others] = [[...weights].filter(isFloat32), [...weights].filter((weight) => !isFloat32(weight))];
  for (const weight of floats) await stored.addWeight(weight);
  const halves = dtype === "float16" ? stored.bytes / Float32Array.BYTES_PER_ELEMENT : 0;
  for (const weight of others) await stored.addWeight(weight);
  const encoded = traced.map((one) => {
    const plan = planGraph(one.graph, { bytesOf: bytesPerElement, reuseInputs: true });
    const program = encodePlan(plan, engine, frozenLinks(plan.graph, weights));
    return { ...one, state: plan.graph.state, program, constants: stored.add(program.constants) };
  });
  const { bytes } = stored;
  const programs = encoded.map(({ program, state, constants, own, ...one }): Program => {
    const memory = new Region(program.slotBytes);
    const places = new Map([...own].map((variable) => [variable, memory.add(bytesOf(variable))]));
    if (bytes + memory.bytes >= mostBytes) {
      throw new ValueError({
        what,
        rule: "weights and values must take less than 2 GiB",
        received: `${((bytes + memory.bytes) / 2 ** 30).toFixed(1)} GiB for ${one.rows} rows`,
        hint: "give a smaller batchSize",
      });
    }
    const segments = state.map(({ variable }) => ({
      address: stored.weightAt(variable) ?? bytes + places.get(variable as Variable)!,
      bytes: bytesOf(variable as Variable),
    }));
    const words = program.bind(
      { address: bytes, bytes: program.slotBytes },
      { address: constants, bytes: program.constants.length },
      segments,
    );
    const at = (variable: Variable) => places.get(variable)!;
    return {
      rows: one.rows,
      at: stored.add(new Uint8Array(words.buffer)),
      words: words.length,
      memory: memory.bytes,
      inputs: one.x.map(at),
      outputs: one.y.map(at),
      indices: one.indices.map(({ variable, size, table }) => {
        return { at: at(variable), count: sizeOf(variable.shape), size, table };
      }),
    };
  });
  return {
    layout: { model: model.name, inputs, outputs: outputsOf(model, traced[0].y, fixed), halves, bytes, programs },
    data: stored.join(halves, what),
  };
}

const isFloat32 = ({ dtype }: Variable) => storedDType(dtype) === "float32";

const bytesOf = ({ shape, dtype }: Variable) => sizeOf(shape) * bytesPerElement(dtype);

/** Memory that is given out from its start on. */
class Region {
  #bytes: number;

  constructor(taken: number) {
    this.#bytes = aligned(taken);
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Where so many bytes are. */
  add(bytes: number): number {
    const at = this.#bytes;
    this.#bytes += aligned(bytes);
    return at;
  }
}

/** What a module stores, from its first byte on: each part is aligned. */
class StoredData {
  readonly #parts: { readonly at: number; readonly bytes: Uint8Array }[] = [];
  readonly #weights = new Map<unknown, number>();
  #bytes = 0;

  get bytes(): number {
    return this.#bytes;
  }

  /** Adds bytes; returns where they are. */
  add(bytes: Uint8Array): number {
    const at = this.#bytes;
    this.#parts.push({ at, bytes });
    this.#bytes += aligned(bytes.length);
    return at;
  }

  /** Adds the value of a weight, once. */
  async addWeight(weight: Variable): Promise<void> {
    if (this.#weights.has(weight)) return;
    const { data } = await weight.read();
    this.#weights.set(weight, this.add(new Uint8Array(data.buffer, data.byteOffset, data.byteLength)));
  }

  /** Where a weight is; undefined for anything else. */
  weightAt(variable: unknown): number | undefined {
    return this.#weights.get(variable);
  }

  /** Everything in one array, in which the first `halves` numbers are float16. */
  join(halves: number, what: string): Uint8Array<ArrayBuffer> {
    const all = new Uint8Array(this.#bytes);
    for (const { at, bytes } of this.#parts) all.set(bytes, at);
    if (halves === 0) return all;
    const numbers = new Float32Array(all.buffer, 0, halves);
    const tooLarge = numbers.find((number) => !Number.isFinite(Math.f16round(number)));
    if (tooLarge !== undefined) {
      throw new ValueError({
        what,
        rule: "weights must be finite, and at most 65504, to be float16",
        received: String(tooLarge),
        hint: "leave out dtype, so that they stay float32",
      });
    }
    const half = new Uint8Array(Float16Array.from(numbers).buffer);
    const rest = all.subarray(numbers.byteLength);
    const joined = new Uint8Array(half.length + rest.length);
    joined.set(half);
    joined.set(rest, half.length);
    return joined;
  }
}

function outputsOf(model: TrainableModel, variables: readonly Variable[], rows: number | null): Part[] {
  const taken = new Set<string>();
  return variables.map(({ shape, dtype }, i) => {
    // Several outputs of one layer have its name.
    const own = model.outputNames[i] ?? "output";
    let name = own;
    for (let count = 1; taken.has(name); count++) name = `${own}_${count}`;
    taken.add(name);
    return { name, dtype, shape: [rows, ...shape.slice(1)] };
  });
}

/** The prediction of some rows. */
interface TracedRows {
  readonly rows: number;
  readonly graph: Graph;
  readonly x: readonly Variable[];
  readonly y: readonly Variable[];
  /** Indices that the program computes from its inputs, and the tables that they must be in. */
  readonly indices: readonly { readonly variable: Variable; readonly size: number; readonly table: string }[];
  /** Everything above that is no weight. */
  readonly own: ReadonlySet<Variable>;
}

function traceFor(model: TrainableModel, inputs: readonly Part[], rows: number, what: string): TracedRows {
  const x = inputs.map(({ dtype, shape }) => {
    const full = [rows, ...shape.slice(1).map(Number)];
    return new Tensor(full, dtype as DType, makeArray(dtype as DType, sizeOf(full)));
  });
  const dataset = { where: what, rows, x, y: [], weights: [], xLike: model.inputShape!, yLike: undefined };
  const data = new DeviceDataset(dataset, "export");
  const state = new StepState();
  const { graph, lookups, output } = traceStep(model, "predict", { kind: "whole" }, data, state);
  const y = output!.variables;
  refuseState(graph, state, new Set(y), what);
  // The program hands the indices out, so that the module can look at them.
  const types = [...graph.types];
  const indices = lookups.map(({ graph: { outputs: [id] }, size, layer }) => {
    const { shape, dtype } = types[id];
    const variable = zerosVariable(shape, dtype, `indices of ${layer}`);
    const link: StateLink = { variable, input: types.push({ shape, dtype }) - 1, output: id };
    return { variable, size, table: layer, link };
  });
  return {
    rows,
    graph: { ...graph, types, state: [...graph.state, ...indices.map(({ link }) => link)] },
    x: data.x,
    y,
    indices,
    own: new Set([...data.x, ...y, ...indices.map(({ variable }) => variable)]),
  };
}

/** Throws {@linkcode ValueError} for a prediction that draws random numbers, or that changes more than its outputs. */
function refuseState(graph: Graph, state: StepState, outputs: ReadonlySet<unknown>, what: string): void {
  if (graph.state.some(({ variable }) => variable === state.random)) {
    throw new ValueError({
      what,
      rule: "a prediction must depend on its inputs alone",
      received: `random numbers, drawn by "${drawingNode(graph) ?? "a layer"}"`,
      hint: "leave that layer out of the model that is exported",
    });
  }
  const changed = graph.state.find(({ variable, input, output }) => input !== output && !outputs.has(variable));
  if (!changed) return;
  throw new ValueError({
    what,
    rule: "a prediction must depend on its inputs alone",
    received: `"${changed.variable.name}", which every prediction changes`,
    hint: "leave out what keeps a state from one call to the next",
  });
}

/** The origin of the first node that draws random numbers. */
function drawingNode({ nodes }: Graph): string | undefined {
  for (const node of nodes) {
    if (node.op === "randomBits") return String(node.origin);
    const within = isLoop(node) ? drawingNode(node.attrs.body) : undefined;
    if (within) return within;
  }
  return undefined;
}
