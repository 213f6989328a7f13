// FunctionalGraph: the nodes between symbolic inputs and outputs, ordered and replayed on values.
import { describe, StateError, ValueError } from "../errors.ts";
import type { Value } from "../ir/value.ts";
import type { Activation } from "../activations.ts";
import { Softmax } from "../layers/activations.ts";
import { HostStage, type StartValues } from "../layers/host_stage.ts";
import { InputLayer } from "../layers/input.ts";
import { Layer } from "../layers/layer.ts";
import { PreparingLayer } from "../layers/preparing.ts";
import { type Node, type Operation, replaceSymbolic, SymbolicTensor } from "../tensor/symbolic.ts";
import { reshape } from "../ops/primitives.ts";
import {
  flatten,
  formatStructure,
  mapStructure,
  namesOf,
  packLike,
  type Structure,
  zipStructures,
} from "../structure.ts";

/** The nodes between symbolic inputs and outputs. */
export class FunctionalGraph {
  /** The inputs; named ones are sorted by name. */
  readonly inputs: readonly SymbolicTensor[];
  /** The outputs; named ones are sorted by name. */
  readonly outputs: readonly SymbolicTensor[];
  /** The applications in topological order. */
  readonly nodes: readonly Node[];
  /** The operations in Keras's order: farthest from the outputs first, otherwise in the order of the traversal. */
  readonly operations: readonly Operation[];
  /** What runs on the host before the program, where there is such a part. */
  readonly stage: HostStage | undefined;

  /**
   * Finds the nodes between `input` and `output`. Throws {@linkcode ValueError} if they are not symbolic tensors, if an
   * output does not depend on the inputs, and for two layers with the same name.
   */
  constructor(
    /** The inputs as given to the model. */
    readonly input: Structure<SymbolicTensor>,
    /** The outputs as given to the model. */
    readonly output: Structure<SymbolicTensor>,
    what: string,
  ) {
    this.inputs = checkedTensors("inputs", input, what);
    this.outputs = checkedTensors("outputs", output, what);
    const twice = this.inputs.find((tensor, i) => this.inputs.indexOf(tensor) !== i);
    if (twice) {
      throw new ValueError({
        what,
        rule: "inputs must differ",
        received: `"${twice.name}" twice`,
        hint: "give each Input once",
      });
    }
    const order = new TraversalOrder(this.inputs, what);
    for (const tensor of this.outputs) order.visit(tensor, tensor.name);
    [this.nodes, this.operations] = order.byDepth();
    this.stage = HostStage.of(this.inputs, this.outputs, this.nodes, what);
    const names = this.operations.map(({ name }) => name);
    const clash = names.find((name, i) => names.indexOf(name) !== i);
    if (clash !== undefined) {
      throw new ValueError({
        what,
        rule: "names of layers must differ",
        received: `${names.filter((name) => name === clash).length} named "${clash}"`,
        hint: "give one of them another name",
      });
    }
  }

  /** The layers among the operations, including inputs. */
  get layers(): Layer[] {
    return this.operations.filter((operation) => operation instanceof Layer);
  }

  /** Computes the outputs for input values, inside a trace. */
  run(x: Structure<Value>, what: string): Structure<Value> {
    const { inputs, prepared } = this.stage?.assign(flatten(x)) ?? this.#inputsFrom(x, what);
    const values = new Map([...inputs].map(([tensor, value]) => [tensor, fitRank(value, tensor)]));
    for (const node of this.nodes) {
      if (node.inputs.length === 0) continue;
      const ofHost = prepared.get(node);
      const result = ofHost
        ? startFrom(node.operation, ofHost)
        : node.operation.replay(replaceSymbolic(node.args, (tensor) => values.get(tensor)!));
      flatten(result).forEach((value, i) => values.set(node.outputs[i], value));
    }
    return mapStructure(this.output, (tensor) => values.get(tensor)!);
  }

  #inputsFrom(x: Structure<Value>, what: string): StartValues<Value> {
    return { inputs: new Map(zipStructures(this.input, this.#named(x), what)), prepared: new Map() };
  }

  /** Values in the structure of the inputs; a list of inputs may be given by name. */
  #named(x: Structure<Value>): Structure<Value> {
    const names = namesOf(x);
    if (!names) return this.inputs.length === 1 && !namesOf(this.input) ? packLike(this.input, flatten(x)) : x;
    if (namesOf(this.input)) return x;
    const byName = x as { readonly [name: string]: Value };
    return this.inputs.every(({ name }) => names.includes(name))
      ? packLike(this.input, this.inputs.map(({ name }) => byName[name]))
      : x;
  }
}

/** Applies what runs on the host first, to what the host made. */
function startFrom(operation: Operation, prepared: readonly Value[]): Structure<Value> {
  if (operation instanceof PreparingLayer) return operation.applyPrepared(prepared[0]);
  return operation.replay<Value>({ positional: [prepared.length === 1 ? prepared[0] : prepared], named: {} });
}

/** A value with the rank of its input: appends or drops an axis of extent 1, as Keras does. */
function fitRank(value: Value, { shape: expected }: SymbolicTensor): Value {
  const { shape } = value;
  let fitted = value;
  if (shape.length === expected.length - 1 && expected.at(-1) === 1) fitted = reshape(value, [...shape, 1]);
  else if (shape.length === expected.length + 1 && shape.at(-1) === 1) fitted = reshape(value, shape.slice(0, -1));
  if (fitted !== value) fitted.mask = value.mask;
  return fitted;
}

function checkedTensors(kind: string, structure: Structure<SymbolicTensor>, what: string): SymbolicTensor[] {
  const items = flatten(structure);
  if (items.length > 0 && items.every((item) => item instanceof SymbolicTensor)) return items;
  const wrong: unknown = items.find((item) => !(item instanceof SymbolicTensor));
  throw new ValueError({
    what,
    rule: `${kind} must be symbolic tensors: one, a list, or an object of them by name`,
    received: items.length === 0 ? formatStructure(structure) : describe(wrong),
    hint: wrong instanceof Layer
      ? "give what layer.apply(x) returns, not the layer"
      : "give what Input and layer.apply(x) return",
  });
}

/** The traversal from outputs to inputs, which orders nodes and operations as Keras does. */
class TraversalOrder {
  readonly #inputs: ReadonlySet<SymbolicTensor>;
  /** Nodes in postorder: inputs before their readers. */
  readonly #nodes: Node[] = [];
  readonly #seen = new Set<Node>();
  readonly #operations = new Set<Operation>();

  constructor(inputs: readonly SymbolicTensor[], readonly what: string) {
    this.#inputs = new Set(inputs);
  }

  /** Visits the node of `tensor`, which the output named `output` depends on. */
  visit(tensor: SymbolicTensor, output: string): void {
    const { node } = tensor;
    if (this.#seen.has(node)) return;
    this.#seen.add(node);
    if (node.inputs.length === 0 && !this.#inputs.has(tensor)) {
      const known = [...this.#inputs].map(({ name }) => `"${name}"`).join(", ");
      throw new ValueError({
        what: this.what,
        rule: "each output must follow from the inputs alone",
        received: `"${output}", which needs the Input "${tensor.name}" too, beside ${known}`,
        hint: `add "${tensor.name}" to inputs`,
      });
    }
    this.#operations.add(node.operation);
    node.inputs.forEach((input) => this.visit(input, output));
    this.#nodes.push(node);
  }

  byDepth(): [nodes: Node[], operations: Operation[]] {
    const depthOf = new Map<Node, number>();
    const operationDepth = new Map<Operation, number>();
    for (const node of this.#nodes.toReversed()) {
      // A shared layer is placed at its deepest application.
      const depth = Math.max(depthOf.get(node) ?? 0, operationDepth.get(node.operation) ?? 0);
      depthOf.set(node, depth);
      operationDepth.set(node.operation, depth);
      for (const { node: parent } of node.inputs) {
        depthOf.set(parent, Math.max(depthOf.get(parent) ?? 0, depth + 1));
      }
    }
    const first = new Map([...this.#operations].map((operation, i) => [operation, i]));
    for (const { node } of this.#inputs) {
      if (depthOf.has(node)) continue;
      // An input that no output depends on.
      depthOf.set(node, 0);
      operationDepth.set(node.operation, 0);
      first.set(node.operation, -1);
    }
    const operations = [...operationDepth.keys()].sort((a, b) =>
      operationDepth.get(b)! - operationDepth.get(a)! || first.get(a)! - first.get(b)!
    );
    return [[...depthOf.keys()].sort((a, b) => depthOf.get(b)! - depthOf.get(a)!), operations];
  }
}

/**
 * Inputs and outputs of a model whose inputs all come from `Input`. If some do not, the nodes in between are applied
 * again to new inputs, as in Keras: layers are shared, and the model is self-contained.
 */
export function graphBetween(
  input: Structure<SymbolicTensor>,
  output: Structure<SymbolicTensor>,
  what: string,
): FunctionalGraph {
  const items = checkedTensors("inputs", input, what);
  if (items.every(({ operation }) => operation instanceof InputLayer)) return new FunctionalGraph(input, output, what);
  const fresh = new Map<SymbolicTensor, SymbolicTensor>();
  const inputs = mapStructure(input, (tensor) => {
    const { shape: [batchSize, ...shape], dtype, operation, name } = tensor;
    const made = operation instanceof InputLayer
      ? tensor
      : new InputLayer({ shape, batchSize, dtype, name: `${name}_input` }).output;
    fresh.set(tensor, made);
    return made;
  });
  const renew = (tensor: SymbolicTensor): SymbolicTensor => {
    const known = fresh.get(tensor);
    if (known) return known;
    const { node } = tensor;
    if (node.inputs.length === 0) return tensor;
    const results = node.operation.replay(replaceSymbolic(node.args, renew));
    flatten(results).forEach((result, i) => fresh.set(node.outputs[i], result as SymbolicTensor));
    return fresh.get(tensor)!;
  };
  checkedTensors("outputs", output, what);
  return new FunctionalGraph(inputs, mapStructure(output, renew), what);
}

/** The graph, if there is one; else throws {@linkcode StateError}. */
export function requireGraph(graph: FunctionalGraph | undefined, name: string, wanted: string): FunctionalGraph {
  if (graph) return graph;
  throw new StateError({
    what: `Cannot get the ${wanted} of "${name}"`,
    rule: "it has symbolic inputs and outputs only if it is made of inputs and outputs, or is a built Sequential",
    hint: "make it with new Model({ inputs, outputs }), or give the Sequential an Input",
  });
}

/** Warns about outputs that are always 1: a softmax over a single unit. */
export function warnOfConstantOutputs(graph: FunctionalGraph | undefined): void {
  for (const { operation, shape } of graph?.outputs ?? []) {
    const { activation } = operation as { activation?: Activation };
    const isSoftmax = operation instanceof Softmax || activation?.name === "softmax";
    if (!isSoftmax || shape.at(-1) !== 1) continue;
    console.warn(
      `"${operation.name}" takes the softmax of one unit, which is always 1: use "sigmoid", or give it a unit for each class`,
    );
  }
}
