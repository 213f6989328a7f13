// Epilogues: fuses elementwise programs into the matmul or convolution whose result they read.
import type { ElementwiseProgram, EpilogueName, ProgramName } from "../ir/attrs.ts";
import { type Graph, type Node, resultsOf, type ValueId } from "../ir/graph.ts";
import { isProgram, takesEpilogue } from "../ir/op_def.ts";
import { Origin } from "../ir/origin.ts";
import { sameShape } from "../shape.ts";
import { maxBuffers, maxSteps } from "./fuse.ts";
import { leadsTo, mapBodies, readersOf, sortNodes } from "./rewrite.ts";

/** The graph with programs fused as epilogues wherever they are the only reader of an op that takes one. */
export function attachEpilogues(graph: Graph): Graph {
  const result: Graph = { ...graph, nodes: [...graph.nodes] };
  mapBodies(result, attachEpilogues);
  const results = new Set(resultsOf(result));
  for (const head of result.nodes.filter(takesEpilogue)) {
    if (head.attrs.epilogue) continue;
    const [product] = head.outputs;
    const readers = readersOf(result.nodes);
    const own = readers.get(product) ?? [];
    for (const program of own) {
      const others = own.filter((reader) => reader !== program);
      if (!isProgram(program) || !isOfShape(result, program, product)) continue;
      if (others.some((reader) => leadsTo(reader, readers, (node) => node === program))) continue;
      const one = attached(head, program, results.has(product) || others.length > 0);
      if (!one) continue;
      result.nodes = result.nodes.flatMap((node) => (node === head ? [one] : node === program ? [] : [node]));
      break;
    }
  }
  result.nodes = sortNodes(result.nodes);
  return result;
}

function isOfShape({ types }: Graph, { outputs }: Node, id: ValueId): boolean {
  return sameShape(types[outputs[0]].shape, types[id].shape);
}

/**
 * A node with a program as its epilogue, unless the program got too large; `isRead` says whether anything else reads
 * the node's own result.
 */
function attached(
  head: Node<EpilogueName>,
  { inputs, outputs, attrs: { program }, origin }: Node<ProgramName>,
  isRead: boolean,
): Node | undefined {
  const [product] = head.outputs;
  const operands: ValueId[] = [product, ...inputs.filter((id) => id !== product)];
  const moved = (register: number) => (register < inputs.length ? operands.indexOf(inputs[register]) : register);
  const epilogue: ElementwiseProgram = {
    operands: operands.map((id) => program.operands[inputs.indexOf(id)]),
    steps: program.steps.map((step) => (step.fn === "literal" ? step : { ...step, args: step.args.map(moved) })),
    results: [...(isRead ? [0] : []), ...program.results.map(moved)],
  };
  const one = {
    ...head,
    inputs: [...head.inputs, ...operands.slice(1)],
    outputs: [...(isRead ? [product] : []), ...outputs],
    attrs: { ...head.attrs, epilogue },
    origin: Origin.merged([head.origin, origin]),
  } as Node;
  const calls = program.steps.filter(({ fn }) => fn !== "literal").length;
  const fits = calls < maxSteps && new Set(one.inputs).size + one.outputs.length <= maxBuffers;
  return fits ? one : undefined;
}
