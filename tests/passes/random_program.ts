// Random programs, the same for the same seed.
import { makeArray } from "../../lib/dtype.ts";
import { gradientsOf } from "../../lib/ir/grad.ts";
import type { Graph } from "../../lib/ir/graph.ts";
import { withContext } from "../../lib/ir/context.ts";
import { recording, Trace } from "../../lib/ir/trace.ts";
import type { Value } from "../../lib/ir/value.ts";
import * as ops from "../../lib/ops/primitives.ts";
import { sameShape, sizeOf } from "../../lib/shape.ts";
import { Tensor } from "../../lib/tensor/tensor.ts";
import { Variable } from "../../lib/tensor/variable.ts";

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
export function randomProgram(seed: number): { graph: Graph; variables: Variable[] } {
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
export function initialValue(variable: Variable, seed: number): Float64Array {
  const roll = dice(seed + 1000);
  return Float64Array.from({ length: sizeOf(variable.shape) }, () => roll(2000) / 1000 - 1);
}
