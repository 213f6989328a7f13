// HostStage: the part of a model that runs on the host before the program: the layers that make numbers of texts.
import type { DType, InputDType } from "../dtype.ts";
import { StateError, ValueError } from "../errors.ts";
import { flatten, mapStructure, type Structure } from "../structure.ts";
import type { HostArray } from "../tensor/strings.ts";
import type { Node, Operation, SymbolicTensor } from "../tensor/symbolic.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { dtypeOfNumbers } from "./inference.ts";
import { PreparingLayer } from "./preparing.ts";

/** What the host does for a layer, or for a model inside that begins with such layers. */
interface Preparation {
  /** The dtypes of what it gives. */
  readonly dtypes: readonly DType[];
  prepare(x: Structure<HostArray>): readonly Tensor[];
}

/** A node whose operation runs on the host first, in whole or in part. */
interface PreparedNode {
  readonly node: Node;
  readonly preparation: Preparation;
}

/** What a program starts from, by what it stands for: inputs, and nodes that the host prepared. */
export interface StartValues<T> {
  /** Inputs that the program reads itself. */
  readonly inputs: ReadonlyMap<SymbolicTensor, T>;
  /** What the host made of others. */
  readonly prepared: ReadonlyMap<Node, readonly T[]>;
}

/** What runs on the host before a model's program, and what the program starts from instead of the inputs. */
export class HostStage {
  /** The inputs of the model, in the order of `flatten`. */
  readonly inputs: readonly SymbolicTensor[];
  /** The inputs that the program reads itself. */
  readonly #read: readonly SymbolicTensor[];
  readonly #prepared: readonly PreparedNode[];

  private constructor(
    inputs: readonly SymbolicTensor[],
    read: readonly SymbolicTensor[],
    prepared: readonly PreparedNode[],
  ) {
    this.inputs = inputs;
    this.#read = read;
    this.#prepared = prepared;
  }

  /**
   * The host's part of the nodes between inputs and outputs; undefined if there is none. Throws {@linkcode StateError}
   * for a layer that needs the host after one that needs the program.
   */
  static of(
    inputs: readonly SymbolicTensor[],
    outputs: readonly SymbolicTensor[],
    nodes: readonly Node[],
    what: string,
  ): HostStage | undefined {
    const known = new Set<SymbolicTensor>(inputs);
    const prepared: PreparedNode[] = [];
    for (const node of nodes) {
      const { operation } = node;
      const preparation = preparationOf(operation);
      const isLayer = operation instanceof PreparingLayer;
      const isFirst = node.inputs.length > 0 && node.inputs.every((input) => known.has(input));
      if (isFirst && isLayer) { for (const output of node.outputs) known.add(output); }
      if (isFirst && preparation) prepared.push({ node, preparation });
      else if (preparation && !(isLayer && operation.runsInPrograms)) throw notFirst(operation, what);
    }
    if (prepared.length === 0) return undefined;
    const own = new Set(prepared.map(({ node }) => node));
    const isRead = (input: SymbolicTensor) =>
      outputs.includes(input) || nodes.some((node) => !own.has(node) && node.inputs.includes(input));
    return new HostStage(inputs, inputs.filter(isRead), prepared);
  }

  /** The dtypes of what the program starts from. */
  get dtypes(): readonly DType[] {
    return [...this.#read.map(dtypeOfNumbers), ...this.#prepared.flatMap(({ preparation }) => preparation.dtypes)];
  }

  /** Throws {@linkcode ValueError} unless these are inputs that the host can prepare: texts where texts belong. */
  checkDTypes(given: readonly { readonly dtype: InputDType }[], what: string): void {
    this.inputs.forEach(({ name, dtype }, i) => {
      if (given[i] && (given[i].dtype === "string") === (dtype === "string")) return;
      throw new ValueError({
        what,
        rule: `its input "${name}" must be ${dtype === "string" ? "texts" : "numbers"}`,
        received: given[i] ? given[i].dtype === "string" ? "texts" : `${given[i].dtype} numbers` : "none",
        hint: "apply it to an Input of the same shape and dtype",
      });
    });
  }

  /** What the program starts from: inputs, and what the host made of others. */
  prepare(given: readonly HostArray[]): readonly Tensor[] {
    const values = new Map(this.inputs.map((input, i) => [input, given[i]]));
    const argument = (node: Node): Structure<HostArray> =>
      mapStructure(node.args.positional[0] as Structure<SymbolicTensor>, valueOf);
    const valueOf = (tensor: SymbolicTensor): HostArray => {
      let value = values.get(tensor);
      if (!value) values.set(tensor, value = (tensor.operation as PreparingLayer).ofArrays(argument(tensor.node)));
      return value;
    };
    const prepared = this.#prepared.flatMap(({ node, preparation }) => preparation.prepare(argument(node)));
    return [...this.#read.map((input) => values.get(input) as Tensor), ...prepared];
  }

  /** Values of what the program starts from, by what they stand for. Throws {@linkcode StateError} for others. */
  assign<T>(given: readonly T[]): StartValues<T> {
    if (given.length !== this.dtypes.length) {
      throw new StateError({
        what: "Cannot call a model of texts",
        rule: "its first layers run on the host, which a traced function cannot do",
        received: "a symbolic value",
        hint: "use predict, fit and evaluate; or apply these layers alone, and give what they return",
      });
    }
    let next = this.#read.length;
    return {
      inputs: new Map(this.#read.map((input, i) => [input, given[i]])),
      prepared: new Map(this.#prepared.map(({ node, preparation: { dtypes } }) => {
        return [node, given.slice(next, next += dtypes.length)];
      })),
    };
  }
}

/** What the host does for an operation; undefined for one that runs in programs alone. */
function preparationOf(operation: Operation): Preparation | undefined {
  if (operation instanceof PreparingLayer) {
    return operation.prepare && { dtypes: ["int32"], prepare: (x) => [operation.prepare!(x)] };
  }
  const stage = "stage" in operation && operation.stage instanceof HostStage ? operation.stage : undefined;
  return stage && { dtypes: stage.dtypes, prepare: (x) => stage.prepare(flatten(x)) };
}

function notFirst({ name }: Operation, what: string): StateError {
  return new StateError({
    what,
    rule: `"${name}" runs on the host, before the program`,
    received: "it after a layer of the program",
    hint: "apply it to an Input, or to what such layers make of one",
  });
}
