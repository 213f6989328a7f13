// Fuse: merges elementwise ops of one shape into one program, and such programs into the op they follow, where that
// takes an epilogue: a product, a convolution.
import type { ElementwiseProgram, ElementwiseStep, EpilogueName } from "../ir/attrs.ts";
import type { ElementwiseName } from "../ir/elementwise.ts";
import { type Graph, type Node, resultsOf, type ValueId } from "../ir/graph.ts";
import { isConstant, isElementwise, takesEpilogue } from "../ir/op_def.ts";
import { fusedNode } from "../ops/defs/fused.ts";
import { sameShape, sizeOf } from "../shape.ts";
import { mapBodies, removeDeadCode, sortNodes } from "./rewrite.ts";

/** A dispatch may bind this many buffers: WebGPU's default limit for storage buffers. */
const maxBuffers = 8;
/** Programs stay short enough for a GPU's registers. */
const maxSteps = 48;

/** Nodes that will be one node. */
interface Group {
  nodes: Node[];
  /** Undefined where all nodes are elementwise; else the group is this node and what follows it. */
  head?: Node<EpilogueName>;
}

/** The graph with every elementwise op in a `fused` node or in an epilogue. */
export function fuse(graph: Graph): Graph {
  const result: Graph = { ...graph, types: [...graph.types], nodes: [...graph.nodes] };
  mapBodies(result, fuse);
  const fusion = new Fusion(result);
  for (const node of result.nodes) fusion.place(node);
  for (const node of result.nodes) if (takesEpilogue(node) && !node.attrs.epilogue) fusion.attach(node);
  result.nodes = sortNodes(fusion.groups().map((group) => fusion.build(group)));
  // Constants that became literals are read no more.
  removeDeadCode(result);
  return result;
}

class Fusion {
  readonly #graph: Graph;
  readonly #groupOf = new Map<Node, Group>();
  readonly #producers = new Map<ValueId, Node>();
  readonly #readers = new Map<ValueId, Node[]>();
  readonly #results: Set<ValueId>;

  constructor(graph: Graph) {
    this.#graph = graph;
    this.#results = new Set(resultsOf(graph));
    for (const node of graph.nodes) {
      node.outputs.forEach((id) => this.#producers.set(id, node));
      for (const id of node.inputs) {
        if (!this.#readers.has(id)) this.#readers.set(id, []);
        this.#readers.get(id)!.push(node);
      }
    }
  }

  /** Puts a node into a group of its own, then joins the groups it reads from where that is allowed. */
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

  /** Makes the elementwise group that reads a node's result its epilogue. */
  attach(head: Node<EpilogueName>): void {
    const group = this.#groupOf.get(head)!;
    for (const reader of this.#readers.get(head.outputs[0]) ?? []) {
      const next = this.#groupOf.get(reader)!;
      if (next === group || next.head || !isElementwise(reader) || !this.#sameSize(head, reader)) continue;
      if (this.#join(group, next)) {
        group.head = head;
        return;
      }
    }
  }

  /** The groups in the order of their first nodes. */
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
    group.head ??= next.head;
    next.nodes.forEach((node) => this.#groupOf.set(node, group));
    return true;
  }

  #buffers(nodes: readonly Node[]): number {
    const head = nodes.find((node) => !isElementwise(node));
    const inputs = this.#operands(nodes.filter((node) => node !== head), head);
    return new Set([...inputs, ...head?.inputs ?? []]).size + this.#externalOutputs(nodes).length;
  }

  /** What elementwise nodes read from elsewhere, but for the result of a head. */
  #operands(nodes: readonly Node[], head: Node | undefined): ValueId[] {
    const { types } = this.#graph;
    const outside = this.#externalInputs(nodes);
    const inputs = outside.filter((id) => this.#literal(id) === undefined && id !== head?.outputs[0]);
    // The output's shape comes from the operands: where literals are needed for that, they stay operands.
    const { shape } = types[nodes[0].outputs[0]];
    const isWhole = (id: ValueId) =>
      sizeOf(types[id].shape) === sizeOf(shape) && types[id].shape.length === shape.length;
    return head || inputs.some(isWhole) ? inputs : outside;
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

  /** The number that a value always is, if it is a constant of one element that broadcasts as a literal. */
  #literal(id: ValueId): number | undefined {
    const node = this.#producers.get(id);
    return node && isConstant(node) && node.attrs.data.length === 1 ? node.attrs.data[0] : undefined;
  }

  /** The one node that a group becomes. */
  build({ nodes, head }: Group): Node {
    if (nodes.length === 1 && !isElementwise(nodes[0])) return nodes[0];
    const elementwise = sortNodes(nodes).filter(isElementwise);
    const outputs = this.#externalOutputs(nodes);
    const inputs = this.#operands(elementwise, head);
    const operands = head ? [head.outputs[0], ...inputs] : inputs;
    const program = this.#program(elementwise, operands, outputs);
    const { origin } = elementwise[elementwise.length - 1];
    if (!head) return fusedNode(operands, outputs, program, origin);
    return {
      ...head,
      inputs: [...head.inputs, ...inputs],
      outputs,
      attrs: { ...head.attrs, epilogue: program },
    } as Node;
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
