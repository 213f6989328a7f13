// Max pools: computes in the small shape of a pool's result what is computed in that of its operand.
import { type Graph, type Node, resultsOf, type ValueId } from "../ir/graph.ts";
import { isConstant } from "../ir/op_def.ts";
import { mapBodies, producersOf, readersOf, removeDeadCode, sortNodes } from "./rewrite.ts";

/**
 * The graph with a ReLU behind the max pool that reads its result, since both orders give the same; with its gradient,
 * which is 0 where the pooled result is, before that of the pool; and with the sum of a pool's gradient over all
 * positions taken of what the pool spreads.
 */
export function simplifyMaxPools(graph: Graph): Graph {
  const result: Graph = { ...graph, types: [...graph.types], nodes: [...graph.nodes] };
  mapBodies(result, simplifyMaxPools);
  sinkRelus(result);
  result.nodes = result.nodes.map(sumsBefore(result));
  removeDeadCode(result);
  return result;
}

/** A ReLU's gradient behind that of a max pool: a choice of it where the ReLU's result is more than 0. */
interface MaskedGradient {
  readonly compare: Node<"greater">;
  readonly spread: Node<"maxPoolGradient">;
  readonly select: Node<"select">;
}

function sinkRelus(graph: Graph): void {
  const producers = producersOf(graph);
  const readers = readersOf(graph.nodes);
  const results = new Set(resultsOf(graph));
  const isZero = (id: ValueId) => {
    const node = producers.get(id);
    return node !== undefined && isConstant(node) && node.attrs.data.length === 1 && node.attrs.data[0] === 0;
  };
  /** The nodes that read a value; undefined if it is a result. */
  const readersWithin = (id: ValueId) => results.has(id) ? undefined : readers.get(id) ?? [];

  /** How a comparison of a ReLU's result is used, if only for its gradient behind that of a pool. */
  const maskedGradient = (compare: Node, taps: ValueId): MaskedGradient | undefined => {
    if (compare.op !== "greater" || !isZero(compare.inputs[1])) return undefined;
    const selects = readersWithin(compare.outputs[0]);
    const [select] = selects ?? [];
    if (selects?.length !== 1 || select.op !== "select" || select.inputs[0] !== compare.outputs[0]) return undefined;
    const [, value, otherwise] = select.inputs;
    const spread = producers.get(value);
    const fits = spread?.op === "maxPoolGradient" && spread.inputs[1] === taps && !spread.attrs.epilogue;
    return fits && isZero(otherwise) && readersWithin(value)?.length === 1 ? { compare, spread, select } : undefined;
  };

  const replaced = new Map<Node, Node[]>();
  for (const pool of graph.nodes) {
    if (pool.op !== "maxPool") continue;
    const [largest, taps] = pool.outputs;
    const relu = producers.get(pool.inputs[0]);
    const others = relu?.op === "relu" ? readersWithin(relu.outputs[0])?.filter((node) => node !== pool) : undefined;
    const masked = others?.flatMap((node) => maskedGradient(node, taps) ?? []);
    if (!relu || !others || !masked || masked.length < others.length) continue;
    // Where nothing is more than 0 the taps are others, which only these gradients do not notice.
    const spreads = new Set<Node>(masked.map(({ spread }) => spread));
    if (!readersWithin(taps)?.every((node) => spreads.has(node))) continue;
    const newValue = (id: ValueId, like: ValueId) => {
      return graph.types.push({ ...graph.types[like], dtype: graph.types[id].dtype }) - 1;
    };
    const before = newValue(largest, largest);
    replaced.set(relu, []);
    replaced.set(pool, [
      { ...pool, inputs: [relu.inputs[0]], outputs: [before, taps] },
      { ...relu, inputs: [before], outputs: [largest] },
    ]);
    for (const { compare, spread, select } of masked) {
      const [holds, chosen] = [newValue(compare.outputs[0], largest), newValue(select.outputs[0], largest)];
      replaced.set(compare, [{ ...compare, inputs: [largest, compare.inputs[1]], outputs: [holds] }]);
      replaced.set(spread, []);
      replaced.set(select, [
        { ...select, inputs: [holds, spread.inputs[0], select.inputs[2]], outputs: [chosen] },
        { ...spread, inputs: [chosen, taps], outputs: select.outputs },
      ]);
    }
  }
  graph.nodes = sortNodes(graph.nodes.flatMap((node) => replaced.get(node) ?? [node]));
}

/** Replaces the sum of a pool's gradient over all positions by that of what it spreads, of which each part is once there. */
function sumsBefore(graph: Graph): (node: Node) => Node {
  const producers = producersOf(graph);
  return (node) => {
    const spread = producers.get(node.inputs[0]);
    if (node.op !== "sum" || spread?.op !== "maxPoolGradient" || spread.attrs.epilogue) return node;
    const { sizes, dilation, low, high } = spread.attrs;
    const rank = graph.types[spread.outputs[0]].shape.length;
    const isOverAll = node.attrs.axes.length >= rank - 1 &&
      !node.attrs.axes.slice(0, rank - 1).some((axis, i) => axis !== i);
    // A window that sees only padding spreads nothing.
    const seesAll = sizes.every((size, i) => dilation[i] === 1 && low[i] < size && high[i] < size);
    return isOverAll && seesAll ? { ...node, inputs: [spread.inputs[0]] } : node;
  };
}
