// Programs that the op table does not cover, against the float64 reference; returns the faults. Also runs in browsers.
import type { Executor } from "../../lib/exec/executor.ts";
import { gradientsOf } from "../../lib/ir/grad.ts";
import { tracing } from "../../lib/ir/trace.ts";
import type { Value } from "../../lib/ir/value.ts";
import * as ops from "../../lib/ops/primitives.ts";
import { conv, type ConvOptions } from "../../lib/ops/convolve.ts";
import { scan } from "../../lib/ops/defs/scan.ts";
import type { Operand } from "../../lib/tensor/apply.ts";
import { Tensor } from "../../lib/tensor/tensor.ts";
import { difference } from "../ops/op_table.ts";
import { runOn, traceOn } from "../run_on.ts";
import { trainedLosses } from "./mlp.ts";

/** Compares an executor with the reference; returns the faults. */
type Check = (executor: Executor, reference: Executor) => Promise<string[]>;

/** Fixed numbers. */
export function fixed(shape: readonly number[], scale = 1): Tensor {
  const size = shape.reduce((a, b) => a * b, 1);
  return new Tensor(shape, "float32", Float32Array.from({ length: size }, (_, i) => scale * Math.sin(1 + i * 1.37)));
}

/** The faults of an executor's results for a function, against the reference. */
export async function compare(
  executor: Executor,
  reference: Executor,
  fn: (...args: Value[]) => readonly Value[],
  args: readonly Tensor[],
  bound = 4e-6,
): Promise<string[]> {
  const right = await runOn(reference, fn, args);
  const actual = await runOn(executor, fn, args);
  return right.flatMap(({ data, dtype }, i) => {
    const scale = Math.max(1, ...[...data.subarray(0, 10000)].filter(Number.isFinite).map(Math.abs));
    const fault = dtype === "float32"
      ? difference(actual[i].data, data, bound * scale, bound)
      : difference(actual[i].data, data, 0, 0);
    return fault ? [`output ${i}: ${fault}`] : [];
  });
}

/** A product with each kernel, some split along k, with the epilogue of a dense layer and without. */
const products: Check = async (executor, reference) => {
  const extents: [number, number, number, number[]][] = [
    [35, 150, 40, []],
    [20, 60, 33, []],
    [9, 70, 21, []],
    [3, 5, 4100, []],
    [1, 37, 2500, []],
    [2, 3, 7, [3]],
    [20, 130, 65, [2]],
    [64, 64, 64, []],
    [65, 66, 700, []],
    // Factors whose rows are whole quads, and the rest of a tile.
    [36, 132, 50, []],
    [5, 8, 12, []],
    [20, 136, 66, [2]],
  ];
  const faults: string[] = [];
  for (const [at, [m, n, k, batch]] of extents.entries()) {
    // Each kernel has several extents, which alternate between two pairs of flags.
    const flags = at % 2 === 0 ? [[false, false], [true, true]] : [[true, false], [false, true]];
    for (const [transposeA, transposeB] of flags) {
      const a = fixed([...batch, ...(transposeA ? [k, m] : [m, k])]);
      const b = fixed([...batch, ...(transposeB ? [n, k] : [k, n])]);
      const program = (x: Value, y: Value, bias: Value, column: Value) => {
        const product = ops.matmul(x, y, { transposeA, transposeB });
        const shifted = ops.add(product, bias);
        return [ops.relu(shifted), ops.greater(shifted, 0), ops.multiply(ops.matmul(y, x, flipped), column)];
      };
      const flipped = { transposeA: !transposeB, transposeB: !transposeA };
      // The second product is the transpose of the first: [..., n, m].
      const args = [a, b, fixed([n]), fixed([n, 1])];
      // Sums of thousands of terms have larger rounding errors.
      const found = await compare(executor, reference, program, args, k > 1000 ? 3e-5 : 8e-6);
      faults.push(...found.map((fault) => `${[batch, m, n, k]} ${transposeA} ${transposeB}: ${fault}`));
    }
  }
  const withItself = (x: Value) => [
    ops.matmul(x, x, { transposeA: true }),
    ops.add(ops.matmul(x, x, { transposeB: true }), 1),
    ops.multiply(ops.matmul(ops.matmul(x, x, { transposeB: true }), x), x),
  ];
  const found = await compare(executor, reference, withItself, [fixed([16, 128])], 2e-5);
  return [...faults, ...found.map((fault) => `with itself: ${fault}`)];
};

/** Convolutions by im2col and directly, with bias and activation, and all their gradients. */
const convolutions: Check = async (executor, reference) => {
  const cases: [number[], number[], ConvOptions][] = [
    [[2, 9, 8, 20], [3, 3, 20, 66], { padding: "same" }],
    [[3, 7, 6, 65], [2, 3, 65, 17], {}],
    [[2, 9, 9, 4], [3, 3, 4, 9], { strides: 2, padding: "same" }],
    [[2, 6, 6, 36], [3, 3, 18, 24], { padding: "same" }],
    [[2, 8, 9, 16], [3, 3, 16, 3], { dilationRate: 2 }],
    [[8, 12, 12, 4], [3, 3, 4, 8], {}],
    [[2, 5, 6, 5, 8], [2, 2, 2, 8, 16], { padding: "same" }],
    [[2, 9, 8, 1], [3, 3, 1, 32], { padding: "same" }],
  ];
  const faults: string[] = [];
  for (const [x, kernel, options] of cases) {
    const program = (...args: Value[]) => {
      const y = ops.relu(ops.add(conv(args[0], args[1], options), args[2]));
      return [y, ...gradientsOf(tracing.current!, ops.sum(ops.square(y)), args)];
    };
    const args = [fixed(x), fixed(kernel, 0.2), fixed(kernel.slice(-1))];
    const found = await compare(executor, reference, program, args, 8e-6);
    faults.push(...found.map((fault) => `[${x}] [${kernel}]: ${fault}`));
  }
  return faults;
};

const reductions: Check = async (executor, reference) => {
  const program = (x: Value, y: Value, ties: Value, lows: Value, rows: Value) => [
    ops.sum(x),
    ops.max(x),
    ops.min(x, 0),
    ops.sum(y, 0),
    ops.argMax(y, 0),
    ops.sum(ops.cast(ops.greater(y, 0), "int32")),
    ops.argMax(ties, 1),
    ops.argMax(lows, 0),
    ops.argMax(rows, 1),
  ];
  // Ties everywhere, NaN among them, and nothing above the minimum.
  const ties = Float32Array.from({ length: 2100 }, (_, i) => i % 9 === 4 ? NaN : (i * 7) % 50);
  const args = [
    fixed([70001, 1]),
    fixed([3000, 5]),
    new Tensor([3, 700], "float32", ties),
    new Tensor([700], "float32", new Float32Array(700).fill(-Infinity)),
    fixed([2100, 65]),
  ];
  return await compare(executor, reference, program, args, 2e-5);
};

/** Few and many rows by index, some out of range, some never hit. */
const scatters: Check = async (executor, reference) => {
  const faults: string[] = [];
  const spread = (rows: number) => (i: number) => (i * i) % (rows + 2) - 1;
  const cases: [count: number, rows: number, width: number, at: (i: number) => number][] = [
    [40, 9, 5, spread(9)],
    [5000, 300, 3, spread(300)],
    [4099, 7, 1, spread(7)],
    // Sequences that are mostly padding.
    [4800, 50, 4, (i) => i % 120 < 100 ? 2 : i % 47],
    [4096, 3, 2, () => 1],
  ];
  for (const [count, rows, width, at] of cases) {
    const indices = new Tensor([count], "int32", Int32Array.from({ length: count }, (_, i) => at(i)));
    const whole = new Tensor([count, width], "int32", Int32Array.from({ length: count * width }, (_, i) => i % 100));
    const program = (at: Value, floats: Value, integers: Value) => [
      ops.scatterAdd(at, floats, rows),
      ops.scatterAdd(at, integers, rows),
    ];
    const found = await compare(executor, reference, program, [indices, fixed([count, width]), whole], 2e-5);
    faults.push(...found.map((fault) => `${count} into ${rows} x ${width}: ${fault}`));
  }
  return faults;
};

const fusion: Check = async (executor, reference) => {
  const program = (x: Value, row: Value, column: Value, middle: Value, scalar: Value) => {
    const y = ops.tanh(ops.add(ops.multiply(x, row), column));
    const z = ops.select(ops.less(y, middle), ops.exp(y), ops.multiply(scalar, 3));
    return [y, z, ops.greaterEqual(z, y), ops.maximum(z, NaN), ops.add(ops.cast(ops.multiply(y, 100), "int32"), 7)];
  };
  const args = [fixed([4, 3, 5]), fixed([5]), fixed([4, 1, 1]), fixed([3, 1]), fixed([])];
  return await compare(executor, reference, program, args);
};

/** Packed uint8 and bool variables: read, computed, assigned, sliced. */
const bytes: Check = async (executor, reference) => {
  const pixels = new Tensor([7, 5], "uint8", Uint8Array.from({ length: 35 }, (_, i) => (i * 53) & 255));
  const flags = new Tensor([5], "bool", Uint8Array.of(1, 0, 0, 1, 1));
  const program = (x: Value, on: Value) => [
    ops.add(x, x),
    ops.logicalNot(on),
    ops.transpose(x, [1, 0]),
    ops.concat([x, x], 1),
    ops.cast(x, "float32"),
    x,
    on,
    ops.sum(x, 0),
    ops.select(on, x, ops.cast(new Tensor([], "int32", Int32Array.of(9)), "uint8")),
  ];
  return await compare(executor, reference, program, [pixels, flags]);
};

/** Gathers that are fused into their readers, and gathers that are not. */
const gathers: Check = async (executor, reference) => {
  const program = (table: Value, indices: Value, pixels: Value) => {
    const rows = ops.gather(table, indices);
    const few = ops.gather(pixels, indices);
    return [
      ops.multiply(ops.cast(few, "float32"), 1 / 255),
      ops.add(ops.gather(table, ops.add(indices, 1)), 1),
      rows,
      ops.reshape(ops.square(ops.gather(ops.exp(table), indices)), [-1]),
      ops.add(ops.gather(ops.reshape(table, [24]), indices), table),
    ];
  };
  const pixels = new Tensor([6, 5], "uint8", Uint8Array.from({ length: 30 }, (_, i) => (i * 53) & 255));
  const indices = new Tensor([4], "int32", Int32Array.of(5, 0, -1, 6));
  return await compare(executor, reference, program, [fixed([6, 4]), indices, pixels]);
};

/** Products of gathered rows, scaled or not: fused if the kind of adapter prefers it. */
const gatheredFactors: Check = async (executor, reference) => {
  const faults: string[] = [];
  for (const [batch, units] of [[20, 33], [5, 7], [1, 12], [70, 17]]) {
    const program = (pixels: Value, table: Value, indices: Value, kernel: Value, bias: Value) => {
      const flat = ops.reshape(ops.gather(pixels, indices), [batch, 30]);
      const x = ops.subtract(ops.multiply(ops.cast(flat, "float32"), 1 / 127), 1);
      const rows = ops.gather(table, ops.add(indices, 1));
      const y = ops.relu(ops.add(ops.matmul(x, kernel), bias));
      const z = ops.matmul(kernel, rows, { transposeA: true, transposeB: true });
      const loss = ops.add(ops.sum(ops.square(y)), ops.sum(ops.multiply(z, 0.1)));
      // A value that is also an output, or on both sides of a product, is still stored.
      const twice = ops.gather(table, indices);
      const kept = ops.multiply(ops.gather(table, ops.subtract(4, indices)), 2);
      return [
        y,
        z,
        ...gradientsOf(tracing.current!, loss, [kernel, bias]),
        ops.matmul(twice, twice, { transposeB: true }),
        kept,
        ops.matmul(kept, kernel),
      ];
    };
    const pixels = new Tensor([9, 5, 6], "uint8", Uint8Array.from({ length: 270 }, (_, i) => (i * 53) & 255));
    const indices = new Tensor([batch], "int32", Int32Array.from({ length: batch }, (_, i) => (i * 2) % 5));
    const args = [pixels, fixed([9, 30]), indices, fixed([30, units], 0.2), fixed([units])];
    const found = await compare(executor, reference, program, args, 2e-5);
    faults.push(...found.map((fault) => `${batch} x ${units}: ${fault}`));
    // Rows out of range are NaN, or 0 for integers.
    const outside = new Tensor([batch], "int32", Int32Array.from({ length: batch }, (_, i) => (i % 3) * 5 - 1));
    const wild = (pixels: Value, table: Value, indices: Value, kernel: Value) => [
      ops.matmul(ops.cast(ops.reshape(ops.gather(pixels, indices), [batch, 30]), "float32"), kernel),
      ops.matmul(ops.gather(table, indices), kernel),
    ];
    const strange = await compare(executor, reference, wild, [pixels, args[1], outside, args[3]], 2e-5);
    faults.push(...strange.map((fault) => `${batch} x ${units}, outside: ${fault}`));
  }
  return faults;
};

/** Loops whose rows are bound in place, and whose rows are too short for that; with gradients. */
const loops: Check = async (executor, reference) => {
  const faults: string[] = [];
  for (const [length, batch, units] of [[4, 2, 32], [3, 2, 5], [1, 2, 3]]) {
    for (const reverse of [false, true]) {
      const program = (x: Value, h0: Value, u: Value, pixels: Value) => {
        const { carries, stacked } = scan(
          { length, carries: [h0, ops.sum(h0)], scanned: [x, pixels], reverse },
          ([h, count], [row, pixel]) => {
            const next = ops.tanh(ops.add(ops.add(row, ops.matmul(h, u)), ops.cast(pixel, "float32")));
            return { carries: [next, ops.add(count, 1)], stacked: [ops.square(next), ops.greater(next, h)] };
          },
        );
        const loss = ops.add(ops.sum(stacked[0]), ops.sum(ops.multiply(carries[0], 0.3)));
        return [...carries, ...stacked, ...gradientsOf(tracing.current!, loss, [x, h0, u])];
      };
      const few = new Tensor([length, units], "uint8", Uint8Array.from({ length: length * units }, (_, i) => i % 3));
      const args = [fixed([length, batch, units]), fixed([batch, units]), fixed([units, units], 0.3), few];
      const found = await compare(executor, reference, program, args, 2e-5);
      faults.push(...found.map((fault) => `${length} steps of ${units}${reverse ? " reversed" : ""}: ${fault}`));
    }
  }
  return faults;
};

/** Variables updated in place, swapped, and read after they were assigned. */
const assignments: Check = async (executor, reference) => {
  const results: Tensor[][] = [];
  for (const each of [executor, reference]) {
    const made = await traceOn(each, (a, b, table, at) => {
      const trace = tracing.current!;
      const [va, vb, vt, vc] = trace.graph.state.map((link) => link.variable);
      trace.assign(va, ops.multiply(b, 2));
      trace.assign(vb, ops.add(a, trace.read(va)));
      trace.assign(vt, ops.dynamicUpdateSlice(table, ops.reshape(a, [1, 6]), at, 0));
      trace.assign(vc, ops.add(at, 1));
      return [ops.subtract(a, b)];
    }, [fixed([6]), fixed([6], 2), fixed([4, 6]), new Tensor([1], "int32", Int32Array.of(0))]);
    await made.executable.run(3);
    results.push(await Promise.all([...made.inputs, ...made.outputs].map((variable) => variable.read())));
    made.executable.dispose();
    for (const variable of [...made.inputs, ...made.outputs]) each.release(variable);
  }
  return results[0].flatMap(({ data }, i) => {
    const fault = difference(data, results[1][i].data, 1e-5, 1e-5);
    return fault ? [`variable ${i}: ${fault}`] : [];
  });
};

const softmax: Check = async (executor, reference) => {
  const program = (x: Value) => {
    const shifted: Operand = ops.exp(ops.subtract(x, ops.max(x, 1, true)));
    const probabilities = ops.divide(shifted, ops.sum(shifted, 1, true));
    return [ops.argMax(probabilities, 1), ops.argMax(x, 0), probabilities];
  };
  return await compare(executor, reference, program, [fixed([9, 10], 4)]);
};

const training: Check = async (executor, reference) => {
  const fault = difference(await trainedLosses(executor, 5), await trainedLosses(reference, 5), 1e-5, 1e-5);
  return fault ? [fault] : [];
};

/** The checks by name. */
export const checks: Readonly<Record<string, Check>> = {
  "convolutions of each kernel": convolutions,
  products,
  reductions,
  scatters,
  fusion,
  bytes,
  gathers,
  "factors that are gathered": gatheredFactors,
  loops,
  assignments,
  softmax,
  training,
};

/** The faults of all checks, or of the named ones. */
export async function checkPrograms(
  executor: Executor,
  reference: Executor,
  names: readonly string[] = Object.keys(checks),
): Promise<string[]> {
  const faults: string[] = [];
  for (const name of names) {
    const check = checks[name];
    try {
      faults.push(...(await check(executor, reference)).map((fault) => `${name}: ${fault}`));
    } catch (error) {
      faults.push(`${name}: ${(error as Error).message}`);
    }
  }
  return faults;
}
