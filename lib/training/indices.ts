// Indices in data: which inputs a step uses to look up rows of Embeddings, from its graph, and whether they are in
// range.
import { ValueError } from "../errors.ts";
import type { Graph, Node, ValueId } from "../ir/graph.ts";
import { interpret } from "../ir/interpret.ts";
import { opDef, type RefArray } from "../ir/op_def.ts";
import { Embedding } from "../layers/embedding.ts";
import type { Layer } from "../layers/layer.ts";
import { sizeOf } from "../shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { labelOf } from "./arguments.ts";
import type { Dataset } from "./dataset.ts";
import type { TrainableModel } from "./trainer.ts";

/** Indices that a step computes from its batch, and the table that it looks them up in. */
export interface Lookup {
  /** The name of the layer with the table. */
  readonly layer: string;
  /** The number of rows in its table. */
  readonly size: number;
  /** The inputs whose elements become indices, with their names in messages. */
  readonly inputs: ReadonlyMap<number, string>;
  /** Computes the indices of a batch from its inputs. */
  readonly graph: Graph;
}

/** Whether a model has a layer that looks up indices from data. */
export function looksUp({ sublayers }: TrainableModel): boolean {
  return embeddingsIn(sublayers).length > 0;
}

function embeddingsIn(layers: readonly Layer[]): Embedding[] {
  return layers.flatMap((layer) => (layer instanceof Embedding ? [layer] : embeddingsIn(layer.sublayers)));
}

/**
 * The lookups of a traced step, where `x` are the inputs of its batch. Only indices whose elements are moved, cast or
 * selected from inputs count; indices computed in another way are the model's responsibility.
 */
export function lookupsOf(model: TrainableModel, graph: Graph, x: readonly ValueId[]): Lookup[] {
  const tables = new Map<ValueId, Embedding>();
  for (const layer of embeddingsIn(model.sublayers)) {
    const link = graph.state.find(({ variable }) => variable === layer.embeddings);
    if (link) tables.set(link.input, layer);
  }
  if (tables.size === 0) return [];
  const producers = new Map(graph.nodes.flatMap((node) => node.outputs.map((id) => [id, node] as const)));
  return graph.nodes.flatMap((node): Lookup[] => {
    const rows = opDef(node.op).gatheredRows?.(node);
    const layer = rows && tables.get(rows.table);
    if (!layer) return [];
    const { indices } = rows;
    const sources = sourcesOf(indices, x, producers);
    const nodes = sources.size > 0 ? nodesBefore(indices, x, producers) : undefined;
    if (!nodes) return [];
    const { name, inputDim } = layer;
    const inputs = new Map([...sources].sort((a, b) => a - b).map((input) => [input, inputLabel(model, x, input)]));
    const part: Graph = { types: graph.types, inputs: [...x], nodes, outputs: [indices], state: [] };
    return [{ layer: name, size: inputDim, inputs, graph: part }];
  });
}

function inputLabel({ inputNames }: TrainableModel, x: readonly ValueId[], input: number): string {
  const label = labelOf({ argument: "x", names: inputNames }, x.length, input);
  return x.length === 1 && inputNames.length === 1 ? `x ("${inputNames[0]}")` : label;
}

type Producers = ReadonlyMap<ValueId, Node>;

/** The inputs whose elements may be elements of a value. */
function sourcesOf(id: ValueId, x: readonly ValueId[], producers: Producers): Set<number> {
  const sources = new Set<number>();
  const seen = new Set<ValueId>();
  const visit = (value: ValueId): void => {
    if (seen.has(value)) return;
    seen.add(value);
    const input = x.indexOf(value);
    if (input >= 0) sources.add(input);
    else moved(producers.get(value)).forEach(visit);
  };
  visit(id);
  return sources;
}

/** The operands of a node whose elements become elements of its outputs. */
function moved(node: Node | undefined): readonly ValueId[] {
  if (!node) return [];
  return opDef(node.op).moves?.(node.inputs.length).map((input) => node.inputs[input]) ?? [];
}

/** The nodes that compute a value from the inputs alone; undefined if it also depends on a variable. */
function nodesBefore(id: ValueId, x: readonly ValueId[], producers: Producers): Node[] | undefined {
  const found = new Set<Node>();
  const visit = (value: ValueId): boolean => {
    if (x.includes(value)) return true;
    const node = producers.get(value);
    if (!node || found.has(node)) return node !== undefined;
    if (!node.inputs.every(visit)) return false;
    found.add(node);
    return true;
  };
  return visit(id) ? [...found] : undefined;
}

/**
 * Throws {@linkcode ValueError} if data has an index out of a table's range, which would give NaN on all backends. The
 * message names the row, so this must run before a step uses the data.
 */
export function checkIndices(
  lookups: readonly Lookup[],
  { x, rows, where }: Pick<Dataset, "x" | "rows" | "where">,
): void {
  for (const lookup of lookups) {
    const [batch] = lookup.graph.types[lookup.graph.inputs[0]].shape;
    for (let first = 0; first < rows; first += batch) {
      let last = Math.min(first + batch, rows);
      if (!mayBeWrong(lookup, x, first, last) || wrongIn(lookup, x, first, last) === undefined) continue;
      while (last - first > 1) {
        const middle = first + last >> 1;
        if (wrongIn(lookup, x, first, middle) === undefined) first = middle;
        else last = middle;
      }
      throw outOfRange(lookup, wrongIn(lookup, x, first, last)!, x, first, where);
    }
  }
}

/** Whether rows have an element that cannot be an index. A quick test that is false for valid data. */
function mayBeWrong({ inputs, size }: Lookup, x: readonly Tensor[], first: number, last: number): boolean {
  for (const input of inputs.keys()) {
    const rows = rowsOf(x[input], first, last);
    // Fractions are truncated, as by the cast to int32; NaN has its own warning.
    for (let i = 0; i < rows.length; i++) if (rows[i] >= size || rows[i] <= -1) return true;
  }
  return false;
}

/** The first index out of the table's range in some rows. A batch is padded by repeating its rows. */
function wrongIn({ graph, size }: Lookup, x: readonly Tensor[], first: number, last: number): number | undefined {
  const values = new Map<ValueId, RefArray>();
  graph.inputs.forEach((id, input) => {
    const type = graph.types[id];
    const rows = rowsOf(x[input], first, last);
    values.set(id, {
      ...type,
      data: Float64Array.from({ length: sizeOf(type.shape) }, (_, i) => rows[i % rows.length]),
    });
  });
  interpret(graph, values);
  return values.get(graph.outputs[0])!.data.find((index) => index >= size || index < 0);
}

function rowsOf({ data, shape, size }: Tensor, first: number, last: number): ArrayLike<number> {
  const width = size / shape[0];
  return data.subarray(first * width, last * width);
}

function outOfRange(
  { layer, size, inputs }: Lookup,
  index: number,
  x: readonly Tensor[],
  row: number,
  where: string,
): ValueError {
  const holds = (input: number) =>
    Array.from(rowsOf(x[input], row, row + 1)).some((value) => Math.trunc(value) === index);
  const input = [...inputs.keys()].find(holds) ?? [...inputs.keys()][0];
  return new ValueError({
    what: `Cannot ${where}`,
    rule: `indices must be from 0 to ${size - 1}, as "${layer}" has an inputDim of ${size}`,
    received: `${index} in row ${row} of ${inputs.get(input)}`,
    hint: index === size
      ? `give it an inputDim of ${size + 1}, or count from 0`
      : index < 0
      ? "map what is unknown or missing to an index of its own, such as 0"
      : `give it an inputDim larger than every index, or replace what is above`,
  });
}
