// Prints a graph as text, a line per node.
import { formatShape } from "../shape.ts";
import type { ElementwiseProgram, GatheredOperand } from "./attrs.ts";
import { elementwiseRows } from "./elementwise.ts";
import type { Graph, Node, ValueId } from "./graph.ts";
import { isConstant, isForeach, isLoop, isProgram, takesEpilogue } from "./op_def.ts";

/** The graph as text; values are numbered in order of appearance, so that equal graphs print equally. */
export function printGraph(graph: Graph, indent = ""): string {
  const names = new Map<ValueId, string>();
  const name = (id: ValueId) => {
    if (!names.has(id)) names.set(id, `%${names.size}`);
    return names.get(id)!;
  };
  const typed = (id: ValueId) => {
    const { dtype, shape, half } = graph.types[id];
    return `${name(id)}: ${dtype}${formatShape(shape)}${half ? " as float16" : ""}`;
  };
  const lines: string[] = [];
  for (const id of graph.inputs) lines.push(`input ${typed(id)}`);
  for (const { variable, input } of graph.state) lines.push(`state ${typed(input)} = ${variable.name}`);
  for (const node of graph.nodes) {
    const inputs = node.inputs.map(name).join(", ");
    lines.push(`${node.outputs.map(typed).join(", ")} = ${node.op}(${inputs})${printAttrs(node, indent)}`);
  }
  for (const { variable, input, output } of graph.state) {
    if (output !== input) lines.push(`${variable.name} := ${name(output)}`);
  }
  if (graph.outputs.length > 0) lines.push(`return ${graph.outputs.map(name).join(", ")}`);
  return lines.map((line) => indent + line).join("\n");
}

function printAttrs(node: Node, indent: string): string {
  if (isForeach(node)) {
    const { count, each } = node.attrs;
    return ` ${count} x ${each.op}${printAttrs({ ...node, ...each }, indent)}`;
  }
  if (isLoop(node)) {
    const { body, ...rest } = node.attrs;
    return ` ${JSON.stringify(rest)} {\n${printGraph(body, indent + "  ")}\n${indent}}`;
  }
  const gathered = "gathered" in node.attrs && node.attrs.gathered ? printGathered(node.attrs.gathered) : "";
  if (isProgram(node)) return `${gathered} { ${printProgram(node.attrs.program)} }`;
  if (takesEpilogue(node)) {
    const { epilogue, gathered: _, ...rest } = { gathered: undefined, ...node.attrs };
    const flags = Object.entries(rest).map(([key, value]) =>
      typeof value === "boolean" ? (value ? ` ${key}` : "") : ` ${key} ${JSON.stringify(value)}`
    );
    return flags.join("") + gathered + (epilogue ? ` { ${printProgram(epilogue)} }` : "");
  }
  if (isConstant(node)) {
    const { data } = node.attrs;
    return ` [${Array.from(data.subarray(0, 4)).join(", ")}${data.length > 4 ? ", ..." : ""}]`;
  }
  const text = JSON.stringify(node.attrs);
  return text === "{}" ? "" : ` ${text}`;
}

function printGathered({ at, shape, program }: GatheredOperand): string {
  return ` operand ${at}: ${program ? `${printProgram(program)} of ` : ""}rows as ${formatShape(shape)}`;
}

/** An elementwise program as nested calls; `a`, `b`, ... are its operands. */
function printProgram({ operands, steps, results }: ElementwiseProgram): string {
  const write = (register: number): string => {
    if (register < operands.length) return String.fromCharCode(97 + register);
    const step = steps[register - operands.length];
    if (step.fn === "literal") return String(step.value);
    const callee = elementwiseRows[step.fn].isIdentity ? step.dtype : step.fn;
    return `${callee}(${step.args.map(write).join(", ")})`;
  };
  return results.map(write).join(", ");
}
