// Legalize: values of half types become float32 values, which hold all of their numbers, and casts to them roundings.
//
// As traced, only casts and moves have halves: what computes takes them as float32 (see Trace.emit). So all that executors
// need is one elementwise function for each half type, which fuses with what is around it.
import { type HalfDType, isHalf, storedDType } from "../dtype.ts";
import type { Graph, Node, ValueId, ValueType } from "../ir/graph.ts";
import { isConstant, opDef } from "../ir/op_def.ts";
import { mapBodies } from "./rewrite.ts";

const roundings = { float16: "roundToFloat16", bfloat16: "roundToBfloat16" } as const;

/** The graph without half types; the same graph if it has none. */
export function legalize(graph: Graph): Graph {
  const isPlain = graph.types.every(({ dtype }) => !isHalf(dtype));
  if (isPlain && !graph.nodes.some(({ attrs }) => "body" in attrs)) return graph;
  const types = graph.types.map((type): ValueType => ({ ...type, dtype: storedDType(type.dtype) }));
  const result: Graph = { ...graph, types, nodes: [] };
  const rounded = new Roundness(graph);
  for (const node of graph.nodes) {
    rounded.follow(node);
    const [output] = node.outputs;
    const { dtype } = graph.types[output] ?? {};
    if (node.op !== "cast" || dtype === undefined || !isHalf(dtype)) {
      result.nodes.push(stored(node));
      continue;
    }
    const [input] = node.inputs;
    const isFloat = types[input].dtype === "float32";
    const wide = isFloat ? input : types.push({ ...types[output] }) - 1;
    if (!isFloat) result.nodes.push({ ...node, outputs: [wide], attrs: { dtype: "float32" } });
    // A cast of what is float32 already is dropped by `simplify`.
    result.nodes.push(
      rounded.has(input, dtype)
        ? { ...node, inputs: [wide], attrs: { dtype: "float32" } }
        : { ...node, op: roundings[dtype], inputs: [wide], attrs: {} },
    );
  }
  mapBodies(result, legalize);
  return result;
}

/** The node with the dtype that values of its own are stored in. */
function stored(node: Node): Node {
  if (isConstant(node)) return { ...node, attrs: { ...node.attrs, dtype: storedDType(node.attrs.dtype) } };
  return node;
}

/** Which values are known to be numbers of a half type, though they may be float32. */
class Roundness {
  readonly #types: readonly ValueType[];
  readonly #known = new Map<ValueId, HalfDType>();

  constructor({ types }: Graph) {
    this.#types = types;
  }

  /** Whether all elements of a value are numbers of `dtype`. */
  has(id: ValueId, dtype: HalfDType): boolean {
    return this.#of(id) === dtype;
  }

  #of(id: ValueId): HalfDType | undefined {
    const { dtype } = this.#types[id];
    return isHalf(dtype) ? dtype : this.#known.get(id);
  }

  /** Takes note of the outputs of a node that only moves or casts what it is given. */
  follow({ op, inputs, outputs }: Node): void {
    const moved = opDef(op).kind === "alias" ? [0] : opDef(op).moves?.(inputs.length) ?? [];
    const [first, ...others] = moved.map((input) => this.#of(inputs[input]));
    const [output] = outputs;
    if (first === undefined || others.some((other) => other !== first)) return;
    if (this.#types[output].dtype === "float32") this.#known.set(output, first);
  }
}
