// Exporting the inference of a model as an ONNX file. https://onnx.ai
import "../ops/defs/table.ts";
import { bytesPerElement, makeArray, storedDType, type TypedArray } from "../dtype.ts";
import { ValueError } from "../errors.ts";
import type { ConstantName, OpName } from "../ir/attrs.ts";
import type { Graph, Node, ValueId } from "../ir/graph.ts";
import { isAlias, isConstant, opDef } from "../ir/op_def.ts";
import type { FileParts } from "../files/system.ts";
import { sizeOf } from "../shape.ts";
import type { Variable } from "../tensor/variable.ts";
import {
  dependsOnExtents,
  type ExportedModel,
  extentsOf,
  type Inference,
  type InferenceOptions,
  isFixed,
  type ProbedGraph,
  traceInference,
} from "./inference.ts";
import { Call, type Refused, type Result, type Translation } from "./onnx_call.ts";
import { checkFileSize, type OnnxHeader, OnnxModel } from "./onnx_model.ts";
import { onnxOps } from "./onnx_ops.ts";
import { Held, Scope } from "./onnx_scope.ts";

/** What an ONNX file is made with. */
interface OnnxOptions extends InferenceOptions {
  /** The version of ONNX's operators. */
  readonly opsetVersion: number;
}

/** What follows from constants alone is computed here, unless it is larger than they are and than this. */
const largestGrown = 1024;
/** Nothing larger is computed here, which takes several times its memory. */
const largestFolded = 2 ** 24;

/** The bytes of an ONNX file that computes what `predict` computes. */
export async function onnxFile(
  model: ExportedModel,
  options: OnnxOptions,
  what: string,
): Promise<FileParts> {
  const { opsetVersion } = options;
  return await writeOnnx(traceInference(model, options, what), { name: model.name, opsetVersion }, what);
}

/** The bytes of an ONNX file of an inference. Throws {@linkcode ValueError} for what ONNX cannot express or hold. */
export async function writeOnnx(
  inference: Inference,
  header: OnnxHeader,
  what: string,
): Promise<FileParts> {
  const [graph] = inference.graphs;
  refuseOps(graph, what);
  const weights = weightsOf(graph);
  const sizes = [...weights.values()].map(({ shape, dtype }) => sizeOf(shape) * bytesPerElement(dtype));
  checkFileSize(sizes.reduce((sum, size) => sum + size, 0), what);
  const onnx = new OnnxModel();
  const scope = new Scope(onnx, onnx.graph, what);
  // Inputs and outputs have their names before anything else takes them.
  inference.inputs.forEach(({ name, dtype, shape }, i) => {
    const id = graph.inputs[i];
    const input = onnx.unique(name);
    onnx.graph.inputs.push({ name: input, dtype, shape });
    scope.set(id, new Held(scope, input, extentsOf(inference, id), dtype).name("plain", input));
  });
  const outputNames = inference.outputNames.map((name) => onnx.unique(name));
  for (const [id, variable] of weights) {
    const { shape, dtype: kept, data } = await variable.read();
    const dtype = storedDType(kept);
    const extents = shape.map((extent) => inference.graphs.map(() => extent));
    scope.set(id, new Held(scope, variable.name, extents, dtype, { shape, dtype, data }));
  }
  writeGraph(scope, inference);
  writeOutputs(scope, inference, outputNames);
  return await onnx.encode(header, what);
}

/** Throws {@linkcode ValueError} for a node that ONNX has no operators for. */
function refuseOps(graph: Graph, what: string): void {
  for (const node of graph.nodes) {
    const translation: Translation<never> | Refused = onnxOps[node.op];
    if ("refused" in translation) {
      throw new ValueError({
        what,
        rule: `"${node.op}" cannot be written as ONNX, since ${translation.refused}`,
        received: `"${node.origin}"`,
        hint: "export a model without it",
      });
    }
    if ("body" in node.attrs) refuseOps(node.attrs.body, what);
  }
}

/** The variables that nodes or outputs read, by value. */
function weightsOf(graph: Graph): Map<ValueId, Variable> {
  const read = new Set([...graph.nodes.flatMap(({ inputs }) => inputs), ...graph.outputs]);
  return new Map(
    graph.state.filter(({ input }) => read.has(input)).map(({ input, variable }) => [input, variable as Variable]),
  );
}

/** Writes the nodes of a graph, or of a loop's body. */
function writeGraph(scope: Scope, graph: ProbedGraph): void {
  const { graphs } = graph;
  graphs[0].nodes.forEach((node, i) => {
    const nodes = graphs.map((other) => other.nodes[i]);
    const varying = varyingAttrs(nodes);
    const outputs = node.outputs.map((id) => ({ shape: extentsOf(graph, id), dtype: graphs[0].types[id].dtype }));
    const folded = varying.length === 0 && outputs.every(({ shape }) => shape.every(isFixed))
      ? constantOf(scope, graphs[0], node)
      : undefined;
    if (folded) {
      const [{ shape, dtype }] = outputs;
      const constant = { shape: shape.map(([extent]) => extent), dtype, data: folded };
      scope.set(node.outputs[0], new Held(scope, String(node.origin), shape, dtype, constant));
      return;
    }
    const results = writeNode(scope, graph, nodes, varying);
    node.outputs.forEach((id, k) => {
      const result = results[k];
      if (result === undefined) return;
      const { name, layout } = typeof result === "string" ? { name: result, layout: "plain" as const } : result;
      const { shape, dtype } = outputs[k];
      scope.set(id, new Held(scope, String(node.origin), shape, dtype).name(layout, name));
    });
  });
}

/** The names of attributes that differ for other extents; those of loops' bodies are compared node by node. */
function varyingAttrs([first, ...others]: readonly Node[]): string[] {
  return Object.entries(first.attrs).filter(([name, value]) =>
    others.some(({ attrs }) => !isEqual(value, (attrs as Readonly<Record<string, unknown>>)[name]))
  ).map(([name]) => name);
}

type Numbers = ArrayLike<number>;

function isEqual(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  const areNumbers = [a, b].every((value) => Array.isArray(value) || ArrayBuffer.isView(value));
  if (!areNumbers) return false;
  const [list, other] = [a as Numbers, b as Numbers];
  return list.length === other.length && Array.prototype.every.call(list, (value, i) => Object.is(value, other[i]));
}

/** The elements of a node that follows from constants alone; undefined for another, and for what would be too large. */
function constantOf(scope: Scope, graph: Graph, node: Node): TypedArray | undefined {
  if (isConstant(node)) return (node as Node<ConstantName>).attrs.data;
  const { foldable, reference } = opDef(node.op);
  const inputs = node.inputs.flatMap((id) => scope.get(id).constant ?? []);
  if (!foldable || inputs.length < node.inputs.length) return undefined;
  if (isAlias(node)) return inputs[0].data;
  const output = graph.types[node.outputs[0]];
  const given = inputs.reduce((sum, { data }) => sum + data.length, 0);
  if (sizeOf(output.shape) > Math.max(given, largestGrown) || given > largestFolded) return undefined;
  const arrays = inputs.map(({ shape, dtype, data }) => ({ shape, dtype, data: Float64Array.from(data) }));
  const [data] = reference(arrays, node.attrs, [output]);
  return makeArray(output.dtype, data);
}

/** Writes a node; returns the names of its results. */
function writeNode<K extends OpName>(
  scope: Scope,
  graph: ProbedGraph,
  nodes: readonly Node<K>[],
  varying: readonly string[],
): readonly (Result | undefined)[] {
  const { op, origin } = nodes[0];
  const translation = onnxOps[op] as Translation<K>;
  const sizes: readonly PropertyKey[] = translation.sizes ?? [];
  const other = varying.find((name) => !sizes.includes(name));
  if (other !== undefined) {
    throw dependsOnExtents(scope.what, `"${other}" of "${origin}", which differs for other extents of the input`);
  }
  const results = translation.emit(new Call(scope, graph, nodes, writeGraph));
  return results instanceof Array ? results : [results];
}

/** Gives the outputs their names and types. */
function writeOutputs(scope: Scope, inference: Inference, names: readonly string[]): void {
  const { graph } = scope;
  const unknown = new Map(
    inference.inputs.flatMap(({ shape }, i) =>
      extentsOf(inference, inference.graphs[0].inputs[i]).map((extent, axis) => [String(extent), shape[axis]] as const)
    ),
  );
  inference.graphs[0].outputs.forEach((id, i) => {
    const held = scope.get(id);
    graph.nodes.push({
      opType: "Identity",
      name: `${names[i]}/Identity`,
      inputs: [held.in("plain")],
      outputs: [names[i]],
      attributes: {},
    });
    const shape = held.shape.map((extent) => isFixed(extent) ? extent[0] : unknown.get(String(extent)) ?? null);
    graph.outputs.push({ name: names[i], dtype: held.dtype, shape });
  });
}
