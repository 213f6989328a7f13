// Random programs: optimized and planned, they compute the same as the traced graph.
import type { Graph, ValueId } from "../../lib/ir/graph.ts";
import { interpret } from "../../lib/ir/interpret.ts";
import { printGraph } from "../../lib/ir/print.ts";
import { opDef, type RefArray } from "../../lib/ir/op_def.ts";
import { alignment, planMemory } from "../../lib/passes/memory.ts";
import { optimize } from "../../lib/passes/pipeline.ts";
import type { Plan } from "../../lib/passes/plan.ts";
import { sizeOf } from "../../lib/shape.ts";
import type { Variable } from "../../lib/tensor/variable.ts";
import { assertClose } from "../close.ts";
import { initialValue, randomProgram } from "./random_program.ts";

/** The values of all variables after a step of the graph, interpreted. */
function interpreted(graph: Graph, initial: ReadonlyMap<object, Float64Array>): Map<object, Float64Array> {
  const values = new Map<ValueId, RefArray>();
  for (const { variable, input } of graph.state) {
    values.set(input, { ...graph.types[input], data: initial.get(variable)! });
  }
  interpret(graph, values);
  return new Map(graph.state.map(({ variable, output }) => [variable, values.get(output)!.data]));
}

/** The same, but with each value stored where the plan puts it, so that memory reused too early is detected. */
function executed(
  { graph, places, slots }: Plan,
  initial: ReadonlyMap<object, Float64Array>,
): Map<object, Float64Array> {
  const memory = slots.map((bytes) => new Float64Array(bytes / 4).fill(NaN));
  const state = graph.state.map(({ variable }) => initial.get(variable)!.slice());
  const constants = new Map(
    graph.nodes.flatMap((
      node,
    ) => (node.op === "constant" ? [[node.outputs[0], Float64Array.from(node.attrs.data)]] : [])),
  );
  const at = (id: ValueId): Float64Array => {
    const place = places[id]!;
    if (place.kind === "state") return state[place.link];
    if (place.kind === "constant") return constants.get(place.id)!;
    if (place.offset % alignment !== 0) throw new Error(`offset ${place.offset}`);
    return memory[place.slot].subarray(place.offset / 4, place.offset / 4 + sizeOf(graph.types[id].shape));
  };
  for (const node of graph.nodes) {
    if (node.op === "reshape" || node.op === "constant") continue;
    const inputs = node.inputs.map((id) => ({ ...graph.types[id], data: at(id).slice() }));
    const results = opDef(node.op).reference(inputs, node.attrs as never, node.outputs.map((id) => graph.types[id]));
    node.outputs.forEach((id, i) => at(id).set(results[i]));
  }
  return new Map(graph.state.map(({ variable }, link) => [variable, state[link]]));
}

const near = { absolute: 1e-9, relative: 1e-9 };

for (const reuseInputs of [false, true]) {
  Deno.test(`300 random programs compute the same after the passes, ${reuseInputs ? "writing over inputs" : "in separate slots"}`, () => {
    for (let seed = 1; seed <= 300; seed++) {
      const { graph, variables } = randomProgram(seed);
      const initial = new Map<object, Float64Array>(
        variables.map((variable, i) => [variable, initialValue(variable, seed + i)]),
      );
      const expected = interpreted(graph, initial);
      const improved = optimize(graph, { verify: true });
      const plan = planMemory(improved, { bytesOf: () => 4, reuseInputs });
      for (const actual of [interpreted(improved, initial), executed(plan, initial)]) {
        for (const [variable, data] of expected) {
          const found = actual.get(variable);
          try {
            assertClose(found!, data, near, `seed ${seed}, ${(variable as Variable).name}`);
          } catch (error) {
            throw new Error(`${(error as Error).message}\n${printGraph(plan.graph)}`);
          }
        }
      }
    }
  });
}
