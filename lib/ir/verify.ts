// The verifier: every invariant of a graph, checked after each pass in tests.
import { storedDType } from "../dtype.ts";
import { formatShape, sameShape } from "../shape.ts";
import { type Graph, type Node, resultsOf, type ValueId } from "./graph.ts";
import { isLoop, opDef } from "./op_def.ts";

/** Throws an Error that names the first broken invariant of `graph`, if any. */
export function verifyGraph(graph: Graph, where = "graph"): void {
  const fail = (message: string): never => {
    throw new Error(`${where}: ${message}`);
  };
  const defined = new Set<ValueId>();
  const define = (id: ValueId, by: string) => {
    if (!graph.types[id]) fail(`${by} defines value ${id}, which has no type`);
    if (defined.has(id)) fail(`${by} defines value ${id} again`);
    defined.add(id);
  };
  graph.inputs.forEach((id) => define(id, "input"));
  const variables = new Set<unknown>();
  for (const { variable, input } of graph.state) {
    if (variables.has(variable)) fail(`variable "${variable.name}" is linked twice`);
    variables.add(variable);
    define(input, `variable "${variable.name}"`);
  }
  for (const node of graph.nodes) {
    for (const id of node.inputs) if (!defined.has(id)) fail(`"${node.origin}" reads value ${id} before it is defined`);
    verifyTypes(graph, node, fail);
    if (isLoop(node)) {
      verifyGraph(node.attrs.body, `${where} > ${node.origin}`);
      if (node.attrs.body.state.length > 0) fail(`the body of "${node.origin}" has state`);
    }
    node.outputs.forEach((id) => define(id, `"${node.origin}"`));
  }
  for (const id of resultsOf(graph)) if (!defined.has(id)) fail(`result ${id} is never defined`);
  for (const { variable, output } of graph.state) {
    const type = graph.types[output];
    const fits = type.dtype === variable.dtype || type.dtype === storedDType(variable.dtype);
    if (!fits || !sameShape(type.shape, variable.shape)) {
      fail(`variable "${variable.name}" is assigned ${type.dtype}${formatShape(type.shape)}`);
    }
  }
}

function verifyTypes(graph: Graph, node: Node, fail: (message: string) => never): void {
  const row = opDef(node.op);
  const types = node.inputs.map((id) => graph.types[id]);
  const shapes = row.shape(types, node.attrs);
  const dtypes = row.dtype(types, node.attrs);
  if (shapes.length !== node.outputs.length) fail(`"${node.origin}" has ${node.outputs.length} outputs`);
  node.outputs.forEach((id, i) => {
    const type = graph.types[id];
    if (type.dtype !== dtypes[i] || !sameShape(type.shape, shapes[i])) {
      fail(
        `"${node.origin}" output ${i} is ${type.dtype}${formatShape(type.shape)}, its row says ${dtypes[i]}${
          formatShape(shapes[i])
        }`,
      );
    }
  });
}
