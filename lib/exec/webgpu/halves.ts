// Finds the values that lie in memory as float16: those whose numbers all are of float16, as traced or by what makes them.
import { roundToFloat16 } from "../../rounding.ts";
import type { ElementwiseProgram, LoopName } from "../../ir/attrs.ts";
import { type Graph, type Node, resultsOf, type ValueId } from "../../ir/graph.ts";
import { isAlias, isConstant, isForeach, isLoop, isProgram, opDef, takesEpilogue } from "../../ir/op_def.ts";
import { operandsOf } from "../../ops/defs/gathered.ts";
import { elementsOf, listsOf } from "../../ops/defs/lists.ts";
import { webGpuFacts } from "../../ops/defs/table.ts";
import { aliasRoots, mapBodies, producersOf, readersOf } from "../../passes/rewrite.ts";

/**
 * The graph with values stored as halves, and with roundings as a part of storing where they can be. Kernels compute in
 * float32 whatever their operands are stored in, so no number changes. Bools and bytes are halves too, which take half a
 * word. A graph without float16 stays as it is.
 */
export function storeHalves(graph: Graph): Graph {
  if (!new Numbers(graph, []).hasHalves) return graph;
  const rounded = withRoundedOutputs(graph);
  return marked(rounded, new Numbers(rounded, []));
}

/** The graph with nodes that round their own results, where nothing else was made of these. */
function withRoundedOutputs(graph: Graph): Graph {
  const root = aliasRoots(graph.nodes);
  // What lies in words is not rounded as it is stored.
  const kept = new Set([...resultsOf(graph).map(root), ...besideWords(graph, root)]);
  const producers = producersOf(graph);
  const readers = readersOf(graph.nodes);
  const renamed = new Map<ValueId, ValueId>();
  for (const node of graph.nodes) {
    const [from, to] = [node.inputs[0], node.outputs[0]];
    if (!isRounding(node) || kept.has(from) || kept.has(to) || readers.get(from)!.length > 1) continue;
    const maker = producers.get(from);
    if (maker && webGpuFacts(maker.op)?.storesOnce) renamed.set(from, to);
  }
  const results = new Set(renamed.values());
  const result: Graph = {
    ...graph,
    types: graph.types.map((type, id) => results.has(id) ? { ...type, half: true } : type),
    nodes: graph.nodes.filter(({ outputs }) => !results.has(outputs[0]))
      .map((node) => ({ ...node, outputs: node.outputs.map((id) => renamed.get(id) ?? id) }) as Node),
  };
  mapBodies(result, withRoundedOutputs);
  return result;
}

/** Whether a node does nothing but round a value to float16. */
function isRounding(node: Node): boolean {
  if (!isProgram(node) || "each" in node.attrs || node.inputs.length > 1) return false;
  const { steps, results } = node.attrs.program;
  return steps.length === 1 && steps[0].fn === "roundToFloat16" && results.length === 1 && results[0] === 1;
}

function marked(graph: Graph, numbers: Numbers): Graph {
  const root = aliasRoots(graph.nodes);
  const apart = besideWords(graph, root);
  return {
    ...graph,
    types: graph.types.map((type, id) =>
      numbers.areHalves(id) && !apart.has(root(id)) ? { ...type, half: true } : type
    ),
    nodes: graph.nodes.map((node) => {
      const body = numbers.bodies.get(node);
      return body && isLoop(node) ? { ...node, attrs: { ...node.attrs, body: marked(node.attrs.body, body) } } : node;
    }),
  };
}

/**
 * What is listed beside variables of words, such as gradients: lists are one range of memory for a kernel only if all
 * elements of a range have their places in each.
 */
function besideWords({ nodes, state }: Graph, root: (id: ValueId) => ValueId): Set<ValueId> {
  const words = new Set(state.filter(({ variable }) => variable.dtype === "float32").map(({ input }) => input));
  const updates = nodes.filter(isForeach).filter(({ inputs }) => inputs.some((id) => words.has(root(id))));
  return new Set(updates.flatMap(({ inputs }) => inputs.map(root)));
}

/** Which values of a graph have numbers of float16 alone. */
class Numbers {
  /** Those of the bodies of loops. */
  readonly bodies = new Map<Node, Numbers>();
  /** Whether a variable is float16, or anything is rounded to it. */
  hasHalves: boolean;
  readonly #types: Graph["types"];
  readonly #halves = new Set<ValueId>();

  /** Follows the nodes of a graph; `inputs` says which inputs have numbers of float16. */
  constructor({ types, inputs: ids, state, nodes }: Graph, inputs: readonly boolean[]) {
    this.#types = types;
    for (const { variable, input } of state) if (variable.dtype === "float16") this.#halves.add(input);
    this.hasHalves = this.#halves.size > 0;
    ids.forEach((id, i) => inputs[i] && this.#halves.add(id));
    for (const node of nodes) {
      this.#outputsOf(node).forEach((isHalf, i) => isHalf && this.#halves.add(node.outputs[i]));
    }
  }

  /** Whether all elements of a value are numbers of float16. */
  areHalves(id: ValueId): boolean {
    const { dtype, half = false } = this.#types[id];
    return dtype === "bool" || dtype === "uint8" || (dtype === "float32" && (half || this.#halves.has(id)));
  }

  #outputsOf(node: Node): readonly boolean[] {
    const { op, inputs, outputs } = node;
    const given = inputs.map((id) => this.areHalves(id));
    if (isConstant(node)) return [node.attrs.data.every((value) => isHalf(value))];
    if (isAlias(node)) return [given[0]];
    if (isLoop(node)) return this.#outputsOfLoop(node, given);
    if (isForeach(node)) {
      const { count, each } = node.attrs;
      const made = Array.from({ length: count }, (_, at) => {
        const [own, results] = [inputs, outputs].map((ids) => elementsOf(ids, count, at));
        return this.#outputsOf({ ...each, inputs: own, outputs: results, origin: node.origin } as Node);
      });
      return listsOf(outputs, count).flatMap((_, list) => made.map((results) => results[list]));
    }
    const gathered = "gathered" in node.attrs ? node.attrs.gathered : undefined;
    const operands = operandsOf(
      given,
      gathered,
      (table, _indices, { program }) => program ? this.#resultsOf(program, [table])[0] : table,
    );
    if (isProgram(node)) return this.#resultsOf(node.attrs.program, operands);
    if (takesEpilogue(node) && node.attrs.epilogue) {
      const others = operands.slice(operands.length + 1 - node.attrs.epilogue.operands.length);
      return this.#resultsOf(node.attrs.epilogue, [false, ...others]);
    }
    const moved = opDef(op).moves?.(inputs.length) ?? [];
    return [moved.length > 0 && moved.every((input) => given[input])];
  }

  /** Which results of a program are halves, given which operands are. */
  #resultsOf({ steps, results }: ElementwiseProgram, operands: readonly boolean[]): boolean[] {
    const registers = [...operands];
    for (const step of steps) {
      if (step.fn === "literal") {
        registers.push(isHalf(step.value));
        continue;
      }
      const rounds = step.fn === "roundToFloat16";
      this.hasHalves ||= rounds;
      const moved = opDef(step.fn).moves?.(step.args.length) ?? [];
      const isMoved = moved.length > 0 && moved.every((arg) => registers[step.args[arg]]);
      registers.push(rounds || isMoved || step.dtype === "bool" || step.dtype === "uint8");
    }
    return results.map((register) => registers[register]);
  }

  /** A carried value has them if the first one does, and the next one whenever the last one did. */
  #outputsOfLoop(node: Node<LoopName>, given: readonly boolean[]): boolean[] {
    const { body, carries } = node.attrs;
    const inputs = [...given];
    for (;;) {
      const inside = new Numbers(body, inputs);
      const outputs = body.outputs.map((id) => inside.areHalves(id));
      const lost = outputs.findIndex((isHalf, i) => i < carries && inputs[i] && !isHalf);
      if (lost < 0) {
        this.bodies.set(node, inside);
        this.hasHalves ||= inside.hasHalves;
        return outputs.map((isHalf, i) => isHalf && (i >= carries || inputs[i]));
      }
      inputs[lost] = false;
    }
  }
}

function isHalf(value: number): boolean {
  return Object.is(roundToFloat16(value), value);
}
