// Fuse: merges elementwise ops of one shape into one program.
import type { ElementwiseProgram, ElementwiseStep } from "../ir/attrs.ts";
import type { ElementwiseName } from "../ir/elementwise.ts";
import { type Graph, type Node, resultsOf, type ValueId } from "../ir/graph.ts";
import { isConstant, isElementwise } from "../ir/op_def.ts";
import { Origin } from "../ir/origin.ts";
import { fusedNode } from "../ops/defs/fused.ts";
import { sameShape, sizeOf } from "../shape.ts";
import { mapBodies, producersOf, readersOf, removeDeadCode, sortNodes } from "./rewrite.ts";

/** The most buffers a dispatch may bind: WebGPU's default limit for storage buffers. */
export const maxBuffers = 8;
/** The most steps of a program, so that it fits a GPU's registers. */
export const maxSteps = 48;

/** Nodes that will become one node. */
interface Group {
  nodes: Node[];
}

/** The graph with every elementwise op in a program. */
export function fuse(graph: Graph): Graph {
  const result: Graph = { ...graph, types: [...graph.types], nodes: [...graph.nodes] };
  mapBodies(result, fuse);
  const fusion = new Fusion(result);
  for (const node of result.nodes) fusion.place(node);
  fusion.joinUpdates();
  result.nodes = sortNodes(fusion.groups().map((group) => fusion.build(group)));
  // Constants that became literals have no readers left.
  removeDeadCode(result);
  return result;
}

class Fusion {
  readonly #graph: Graph;
  readonly #groupOf = new Map<Node, Group>();
  readonly #producers: ReadonlyMap<ValueId, Node>;
  readonly #readers: ReadonlyMap<ValueId, readonly Node[]>;
  readonly #results: Set<ValueId>;
  /** By new value of a variable: its old value. */
  readonly #oldValues: Map<ValueId, ValueId>;

  constructor(graph: Graph) {
    this.#graph = graph;
    this.#results = new Set(resultsOf(graph));
    this.#oldValues = new Map(
      graph.state.filter(({ input, output }) => input !== output).map(({ input, output }) => [output, input]),
    );
    this.#producers = producersOf(graph);
    this.#readers = readersOf(graph.nodes);
  }

  /** Puts a node into its own group, then joins it with the groups it reads from, if allowed. */
  place(node: Node): void {
    this.#groupOf.set(node, { nodes: [node] });
    if (!isElementwise(node)) return;
    for (const id of [...node.inputs].reverse()) {
      const producer = this.#producers.get(id);
      if (producer && isElementwise(producer) && this.#sameSize(producer, node)) {
        this.#join(this.#groupOf.get(producer)!, this.#groupOf.get(node)!);
      }
    }
  }

  /** Joins groups that update variables and read the same variable: then it is read once and updated in place. */
  joinUpdates(): void {
    for (const old of this.#oldValues.values()) {
      const readers = (this.#readers.get(old) ?? []).filter((reader) =>
        isElementwise(reader) && this.#isUpdate(this.#groupOf.get(reader)!)
      );
      const [first, ...others] = readers;
      for (const other of others) {
        if (this.#sameSize(first, other)) this.#join(this.#groupOf.get(first)!, this.#groupOf.get(other)!);
      }
    }
  }

  /** Whether a group computes the new value of a variable from the old one. */
  #isUpdate({ nodes }: Group): boolean {
    const reads = new Set(nodes.flatMap(({ inputs }) => inputs));
    return nodes.some(({ outputs }) => outputs.some((id) => reads.has(this.#oldValues.get(id) ?? -1)));
  }

  /** The groups, ordered by their first nodes. */
  groups(): Group[] {
    return [...new Set(this.#graph.nodes.map((node) => this.#groupOf.get(node)!))];
  }

  #sameSize(a: Node, b: Node): boolean {
    return sameShape(this.#graph.types[a.outputs[0]].shape, this.#graph.types[b.outputs[0]].shape);
  }

  /** Merges `next` into `group` unless that makes a cycle or too large a program. */
  #join(group: Group, next: Group): boolean {
    if (group === next) return false;
    const nodes = [...group.nodes, ...next.nodes];
    if (nodes.length > maxSteps || this.#buffers(nodes) > maxBuffers) return false;
    if (this.#leadsOutsideTo(group, next) || this.#leadsOutsideTo(next, group)) return false;
    group.nodes = nodes;
    next.nodes.forEach((node) => this.#groupOf.set(node, group));
    return true;
  }

  #buffers(nodes: readonly Node[]): number {
    const inputs = new Set(this.#operands(nodes));
    // A variable that is read here is updated in place and needs no further buffer.
    const outputs = this.#externalOutputs(nodes).filter((id) => !inputs.has(this.#oldValues.get(id) ?? -1));
    return inputs.size + outputs.length;
  }

  /** What nodes read from elsewhere. */
  #operands(nodes: readonly Node[]): ValueId[] {
    const { types } = this.#graph;
    const outside = this.#externalInputs(nodes);
    const inputs = outside.filter((id) => this.#literal(id) === undefined);
    // The output's shape comes from the operands: literals that determine it stay operands.
    const { shape } = types[nodes[0].outputs[0]];
    const isWhole = (id: ValueId) =>
      sizeOf(types[id].shape) === sizeOf(shape) && types[id].shape.length === shape.length;
    return inputs.some(isWhole) ? inputs : outside;
  }

  /** Whether a path leads from `from` to `to` through other groups. */
  #leadsOutsideTo(from: Group, to: Group): boolean {
    const seen = new Set<Group>([from, to]);
    const stack: Group[] = [];
    const visit = (group: Group) => {
      for (const node of group.nodes) {
        for (const id of node.outputs) {
          for (const reader of this.#readers.get(id) ?? []) {
            const next = this.#groupOf.get(reader) ?? { nodes: [] };
            if (next === to && group !== from) return true;
            if (!seen.has(next)) {
              seen.add(next);
              stack.push(next);
            }
          }
        }
      }
      return false;
    };
    if (visit(from)) return true;
    while (stack.length > 0) if (visit(stack.pop()!)) return true;
    return false;
  }

  #externalInputs(nodes: readonly Node[]): ValueId[] {
    const made = new Set(nodes.flatMap((node) => node.outputs));
    return [...new Set(nodes.flatMap((node) => node.inputs).filter((id) => !made.has(id)))];
  }

  #externalOutputs(nodes: readonly Node[]): ValueId[] {
    const inside = new Set(nodes);
    return nodes.flatMap((node) => node.outputs).filter((id) =>
      this.#results.has(id) || (this.#readers.get(id) ?? []).some((reader) => !inside.has(reader))
    );
  }

  /** The number that a value always is, if it is a one-element constant that broadcasts as a literal. */
  #literal(id: ValueId): number | undefined {
    const node = this.#producers.get(id);
    return node && isConstant(node) && node.attrs.data.length === 1 ? node.attrs.data[0] : undefined;
  }

  /** The one node that a group becomes. */
  build({ nodes }: Group): Node {
    const elementwise = sortNodes(nodes).filter(isElementwise);
    if (elementwise.length === 0) return nodes[0];
    const outputs = this.#externalOutputs(nodes);
    const inputs = this.#operands(elementwise);
    const program = this.#program(elementwise, inputs, outputs);
    const origins = elementwise.map(({ origin }) => origin);
    return fusedNode(inputs, outputs, program, Origin.merged(origins, origins[origins.length - 1]));
  }

  #program(
    nodes: readonly Node<ElementwiseName>[],
    operands: readonly ValueId[],
    outputs: readonly ValueId[],
  ): ElementwiseProgram {
    const { types } = this.#graph;
    const registers = new Map<ValueId, number>(operands.map((id, i) => [id, i]));
    const steps: ElementwiseStep[] = [];
    const add = (id: ValueId, step: ElementwiseStep) => {
      registers.set(id, operands.length + steps.length);
      steps.push(step);
    };
    for (const node of nodes) {
      for (const id of node.inputs) {
        if (!registers.has(id)) add(id, { fn: "literal", value: this.#literal(id)!, dtype: types[id].dtype });
      }
      const args = node.inputs.map((id) => registers.get(id)!);
      add(node.outputs[0], { fn: node.op, args, dtype: types[node.outputs[0]].dtype });
    }
    return {
      operands: operands.map((id) => types[id].dtype),
      steps,
      results: outputs.map((id) => registers.get(id)!),
    };
  }
}
