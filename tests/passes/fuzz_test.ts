// Random programs: optimized and planned, they compute the same as the traced graph.
import { makeArray } from "../../lib/dtype.ts";
import { gradientsOf } from "../../lib/ir/grad.ts";
import type { Graph, ValueId } from "../../lib/ir/graph.ts";
import { interpret } from "../../lib/ir/interpret.ts";
import { printGraph } from "../../lib/ir/print.ts";
import { opDef, type RefArray } from "../../lib/ir/op_def.ts";
import { withContext } from "../../lib/ir/context.ts";
import { recording, Trace } from "../../lib/ir/trace.ts";
import type { Value } from "../../lib/ir/value.ts";
import * as ops from "../../lib/ops/primitives.ts";
import { alignment, planMemory } from "../../lib/passes/memory.ts";
import { optimize } from "../../lib/passes/pipeline.ts";
import type { Plan } from "../../lib/passes/plan.ts";
import { sameShape, sizeOf } from "../../lib/shape.ts";
import { Tensor } from "../../lib/tensor/tensor.ts";
import { Variable } from "../../lib/tensor/variable.ts";
import { assertClose } from "../close.ts";

/** Integers below `limit`, the same for the same seed. */
function dice(seed: number): (limit: number) => number {
  let state = seed * 2654435761 | 0;
  return (limit) => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return (state >>> 8) % limit;
  };
}

const shapes = [[4, 6], [6], [4, 1], [], [6, 6], [1, 6], [6, 4]];

/** A program of random ops on variables, some of which it assigns; every third one with gradients. */
function randomProgram(seed: number): { graph: Graph; variables: Variable[] } {
  const roll = dice(seed);
  const pick = <T>(list: readonly T[]): T => list[roll(list.length)];
  const variables = shapes.map((shape, i) => {
    return new Variable(new Tensor(shape, "float32", makeArray("float32", sizeOf(shape))), { name: `v${i}` });
  });
  const trace = new Trace();
  withContext(recording(trace), () => {
    const pool: Value[] = variables.map((variable) => trace.read(variable));
    const grow = (value: Value) => value.dtype === "float32" && pool.push(value);
    for (let step = 0; step < 20 + roll(80); step++) {
      const [a, b] = [pick(pool), pick(pool)];
      switch (roll(10)) {
        case 0:
          grow(pick([ops.tanh, ops.sigmoid, ops.square, ops.negate, ops.relu])(a));
          break;
        case 1:
        case 2:
        case 3: {
          const [m, n] = [a.shape, b.shape];
          const rank = Math.max(m.length, n.length);
          const fits = Array.from(
            { length: rank },
            (_, i) => [m[m.length - rank + i] ?? 1, n[n.length - rank + i] ?? 1],
          )
            .every(([x, y]) => x === y || x === 1 || y === 1);
          if (fits) grow(pick([ops.add, ops.subtract, ops.multiply, ops.maximum])(a, b));
          break;
        }
        case 4:
          if (a.shape.length === 2 && b.shape.length === 2 && a.shape[1] === b.shape[0]) {
            grow(ops.multiply(ops.matmul(a, b), 0.2));
          }
          break;
        case 5:
          if (a.shape.length > 0) grow(ops.multiply(ops.sum(a, roll(a.shape.length), roll(2) === 0), 0.3));
          break;
        case 6:
          if (a.shape.length === 2) grow(ops.transpose(a));
          break;
        case 7:
          if (a.shape.length > 0) grow(ops.reverse(a, 0));
          break;
        case 8: {
          const target = pick(variables);
          if (sameShape(a.shape, target.shape)) {
            target.assign(a);
            grow(trace.read(target));
          }
          break;
        }
        case 9: {
          // The same step for several variables, some using updated ones; in reverse order, so that nothing else fuses.
          const rate = pick(pool.filter(({ shape }) => shape.length === 0));
          for (const target of variables.filter(({ shape }) => shape.length > 0 && roll(2) === 0)) {
            const gradient = ops.reverse(pick(pool.filter(({ shape }) => sameShape(shape, target.shape))), 0);
            target.assign(ops.subtract(trace.read(target), ops.multiply(gradient, rate)));
            grow(ops.reverse(trace.read(target), 0));
          }
        }
      }
    }
    const last = pool[pool.length - 1];
    if (seed % 3 === 0) {
      const targets = [variables[0], variables[4]];
      const found = gradientsOf(trace, ops.sum(last), targets.map((variable) => trace.readInitial(variable)));
      targets.forEach((variable, i) => variable.assign(found[i]));
    }
    for (const variable of variables.slice(0, 3)) {
      const like = pool.filter(({ shape }) => sameShape(shape, variable.shape));
      variable.assign(pick(like));
    }
  });
  return { graph: trace.graph, variables };
}

/** Numbers between -1 and 1 as the first value of a variable. */
function initialValue(variable: Variable, seed: number): Float64Array {
  const roll = dice(seed + 1000);
  return Float64Array.from({ length: sizeOf(variable.shape) }, () => roll(2000) / 1000 - 1);
}

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
