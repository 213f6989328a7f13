// Indices in data: which elements of the inputs look up rows of a table, such as an Embedding's, and whether they can.
import { ValueError } from "../errors.ts";
import type { Graph, Node, ValueId } from "../ir/graph.ts";
import { opDef, type RefArray } from "../ir/op_def.ts";
import { recording, Trace } from "../ir/trace.ts";
import { idOf, type Value } from "../ir/value.ts";
import { calling } from "../layers/call_state.ts";
import { Embedding } from "../layers/embedding.ts";
import type { Layer } from "../layers/layer.ts";
import { cast } from "../ops/primitives.ts";
import { RandomContext, withRandomContext } from "../random_stream.ts";
import { sizeOf } from "../shape.ts";
import { flatten, packLike, type Structure } from "../structure.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { labelOf } from "./arguments.ts";
import { Variable } from "../tensor/variable.ts";
import type { TrainableModel } from "./trainer.ts";

/** Elements of an input that look up rows of a table. */
interface Lookup {
  /** Which input, as structures are flattened. */
  readonly input: number;
  /** Which elements of each sample; undefined for all. */
  readonly elements: Int32Array | undefined;
  /** How many rows the table has. */
  readonly size: number;
  /** The layer that looks up. */
  readonly layer: string;
  /** The first index of a sample that the table does not have, by what lies between the input and the lookup. */
  readonly wrongIn: (sample: readonly ArrayLike<number>[]) => number | undefined;
}

/** The lookups of a model for inputs of some shapes. */
interface Lookups {
  readonly key: string;
  readonly found: readonly Lookup[];
}

const known = new WeakMap<TrainableModel, Lookups>();

/** Whether a model looks up anything that data may name wrongly. */
export function looksUp(model: TrainableModel): boolean {
  const anyIn = (layers: readonly Layer[]): boolean =>
    layers.some((layer) => layer instanceof Embedding || anyIn(layer.sublayers));
  return anyIn(model.sublayers);
}

/**
 * Throws {@linkcode ValueError} where inputs have an index that a table of the model does not have: on all backends it
 * would give NaN. `like` is built as the inputs are.
 */
export function checkIndices(
  model: TrainableModel,
  x: readonly Tensor[],
  like: Structure<unknown>,
  where: string,
): void {
  if (!looksUp(model)) return;
  for (const lookup of lookupsOf(model, x, like)) {
    const { data, shape } = x[lookup.input];
    const width = data.length / shape[0];
    for (let row = rowFrom(data, width, lookup, 0); row < shape[0]; row = rowFrom(data, width, lookup, row + 1)) {
      const sample = x.map((of) => of.data.subarray(row * of.size / of.shape[0], (row + 1) * of.size / of.shape[0]));
      const index = lookup.wrongIn(sample);
      if (index !== undefined) throw outOfRange(lookup, index, row, labelOfInput(model, x.length, lookup), where);
    }
  }
}

function labelOfInput({ inputNames }: TrainableModel, count: number, { input }: Lookup): string {
  const label = labelOf({ argument: "x", names: inputNames }, count, input);
  return count === 1 && inputNames.length === 1 ? `x ("${inputNames[0]}")` : label;
}

function outOfRange({ size, layer }: Lookup, index: number, row: number, label: string, where: string): ValueError {
  return new ValueError({
    what: `Cannot ${where}`,
    rule: `indices must be from 0 to ${size - 1}, as "${layer}" has an inputDim of ${size}`,
    received: `${index} in row ${row} of ${label}`,
    hint: index === size
      ? `give it an inputDim of ${size + 1}, or count from 0`
      : index < 0
      ? "map what is unknown or missing to an index of its own, such as 0"
      : `give it an inputDim larger than every index, or replace what is above`,
  });
}

/** The first row from `row` on that has an element out of range; the number of rows where none has. */
function rowFrom(data: ArrayLike<number>, width: number, { elements, size }: Lookup, row: number): number {
  // Fractions are cut off, as the cast to whole numbers does; NaN is no index, but is warned of by itself.
  if (!elements) {
    let i = row * width;
    while (i < data.length && !(data[i] >= size || data[i] <= -1)) i++;
    return Math.floor(i / width);
  }
  for (; row * width < data.length; row++) {
    for (const element of elements) {
      const value = data[row * width + element];
      if (value >= size || value <= -1) return row;
    }
  }
  return row;
}

function lookupsOf(model: TrainableModel, x: readonly Tensor[], like: Structure<unknown>): readonly Lookup[] {
  const weights = model.weights.map(({ name, shape }) => `${name}[${shape}]`);
  const key = [...x.map(({ shape }) => shape.slice(1)), ...weights].join(" ");
  const last = known.get(model);
  if (last?.key === key) return last.found;
  const found = findLookups(model, x, like);
  known.set(model, { key, found });
  return found;
}

/** Traces a prediction of one sample, and follows what each lookup takes back to the inputs. */
function findLookups(model: TrainableModel, x: readonly Tensor[], like: Structure<unknown>): Lookup[] {
  const trace = new Trace();
  const dtypes = model.inputDType === undefined ? [] : flatten(model.inputDType);
  const batches = model.inputShape === undefined ? [] : flatten(model.inputShape).map(([batch]) => batch);
  const inputs: ValueId[] = [];
  const run = () => {
    const values = x.map(({ shape, dtype }, i) => trace.input({ shape: [batches[i] ?? 1, ...shape.slice(1)], dtype }));
    inputs.push(...values.map(idOf));
    const given = values.map((value, i) => (dtypes[i] ? cast(value, dtypes[i]) : value));
    const random = new RandomContext(Variable.zeros([2], { dtype: "int32" }));
    withRandomContext(random, () =>
      calling({ training: false, losses: [] }, () => {
        model.predictStep({ x: packLike(like, given) as Structure<Value> });
      }));
  };
  try {
    recording(trace, run);
  } catch {
    // A model that trains by a step of its own may have no call; whatever else is wrong is said where it runs.
    return [];
  }
  const { graph } = trace;
  const origins = new Origins(graph, inputs);
  const found: Lookup[] = [];
  for (const node of graph.nodes) {
    if (node.op !== "gather") continue;
    const [table, indices] = node.inputs;
    const elements = origins.elementsOf(indices);
    const [size] = graph.types[table].shape;
    inputs.forEach((id, input) => {
      const all = sizeOf(graph.types[id].shape.slice(1));
      const own = Int32Array.from(new Set(elements[input].map((element) => element % all))).sort();
      if (own.length === 0) return;
      const wrongIn = (sample: readonly ArrayLike<number>[]) =>
        origins.valuesOf(indices, sample)?.find((index) => index >= size || index < 0);
      const layer = node.origin.split("/").at(-2) ?? node.origin;
      found.push({ input, elements: own.length === all ? undefined : own, size, layer, wrongIn });
    });
  }
  return found;
}

/** Where the elements of values come from. */
class Origins {
  readonly #makers: ReadonlyMap<ValueId, Node>;
  readonly #sources = new Map<ValueId, Float64Array>();

  constructor(readonly graph: Graph, readonly inputs: readonly ValueId[]) {
    this.#makers = new Map(graph.nodes.flatMap((node) => node.outputs.map((id) => [id, node] as const)));
  }

  /** For each input the elements that become elements of a value, wherever they are moved. */
  elementsOf(id: ValueId): number[][] {
    const sources = this.#sourcesOf(id);
    return this.inputs.map((_, input) => [...sources].filter((at) => inputOf(at) === input).map(elementOf));
  }

  /** The elements of a value for one sample, or for none; undefined where they depend on more than that. */
  valuesOf(id: ValueId, sample?: readonly ArrayLike<number>[]): Float64Array | undefined {
    const values = new Map<ValueId, Float64Array | undefined>();
    const compute = (value: ValueId): Float64Array | undefined => {
      if (values.has(value)) return values.get(value);
      const input = this.inputs.indexOf(value);
      let made: Float64Array | undefined;
      if (input >= 0) {
        const own = sample?.[input];
        const size = sizeOf(this.graph.types[value].shape);
        made = own && Float64Array.from({ length: size }, (_, i) => own[i % own.length]);
      } else {
        const node = this.#makers.get(value);
        const taken = node?.inputs.map(compute);
        made = node && taken!.every((item) => item !== undefined)
          ? this.#apply(node, taken as Float64Array[])[node.outputs.indexOf(value)]
          : undefined;
      }
      values.set(value, made);
      return made;
    };
    return compute(id);
  }

  #apply(node: Node, taken: readonly Float64Array[]): Float64Array[] {
    const { types } = this.graph;
    const inputs = node.inputs.map((id, i): RefArray => ({ ...types[id], data: taken[i] }));
    return opDef(node.op).reference(inputs, node.attrs as never, node.outputs.map((id) => types[id]));
  }

  /** For each element of a value the input's element that it is, `nowhere` for what is computed. */
  #sourcesOf(id: ValueId): Float64Array {
    let sources = this.#sources.get(id);
    if (!sources) this.#sources.set(id, sources = this.#found(id));
    return sources;
  }

  #found(id: ValueId): Float64Array {
    const size = sizeOf(this.graph.types[id].shape);
    const input = this.inputs.indexOf(id);
    if (input >= 0) return Float64Array.from({ length: size }, (_, i) => input * perInput + i);
    const node = this.#makers.get(id);
    const unknown = () => new Float64Array(size).fill(nowhere);
    switch (node?.op) {
      case "cast":
      case "stopGradient":
        return this.#sourcesOf(node.inputs[0]);
      case "select": {
        // Which of both it is depends on the numbers: see `valuesOf`.
        const [yes, no] = node.inputs.slice(1).map((branch) => this.#spread(branch, id));
        return yes.map((source, i) => (source === nowhere ? no[i] : no[i] === nowhere ? source : nowhere));
      }
      case "reshape":
      case "transpose":
      case "slice":
      case "reverse":
      case "concat":
      case "broadcastTo":
        return this.#apply(node, node.inputs.map((value) => this.#sourcesOf(value)))[0];
      case "pad": {
        const { attrs } = node;
        return this.#apply({ ...node, attrs: { ...attrs, value: nowhere } }, [this.#sourcesOf(node.inputs[0])])[0];
      }
      case "gather": {
        // What is taken from fixed places is moved too.
        const [table, indices] = node.inputs;
        const fixed = this.valuesOf(indices);
        return fixed ? this.#apply(node, [this.#sourcesOf(table), fixed])[0] : unknown();
      }
      default:
        return unknown();
    }
  }

  /** The sources of an operand of an elementwise op, in the shape of what that gives. */
  #spread(operand: ValueId, id: ValueId): Float64Array {
    const { types } = this.graph;
    const x: RefArray = { ...types[operand], data: this.#sourcesOf(operand) };
    return opDef("broadcastTo").reference([x], { shape: types[id].shape }, [types[id]])[0];
  }
}

/** An element's source is the number of the input times this, plus the element's place. */
const perInput = 2 ** 32;
/** The source of what no input holds. */
const nowhere = -1;

const inputOf = (source: number): number => Math.floor(source / perInput);
const elementOf = (source: number): number => source % perInput;
