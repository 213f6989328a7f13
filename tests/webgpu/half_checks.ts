// Ops and programs on float16 against the reference, which rounds where they do; returns the faults. Also runs in browsers.
import { makeArray } from "../../lib/dtype.ts";
import type { Executor } from "../../lib/exec/executor.ts";
import { gradientsOf } from "../../lib/ir/grad.ts";
import { tracing } from "../../lib/ir/trace.ts";
import type { Value } from "../../lib/ir/value.ts";
import { conv, type ConvOptions } from "../../lib/ops/convolve.ts";
import { scan } from "../../lib/ops/defs/scan.ts";
import * as ops from "../../lib/ops/primitives.ts";
import { Tensor } from "../../lib/tensor/tensor.ts";
import { difference, emitting, table } from "../ops/op_table.ts";
import { runOn } from "../run_on.ts";
import { fixed } from "./program_checks.ts";

/** The distance of neighbouring float16 numbers near 1, and below 2^-14. */
const [unit, smallest] = [2 ** -10, 2 ** -24];

/** Floats as float16; other tensors as they are. */
export function half(x: Tensor): Tensor {
  return x.dtype === "float32" ? new Tensor(x.shape, "float16", makeArray("float16", x.data)) : x;
}

/**
 * The faults of results in float16: `bound` is what they may be apart by before they are rounded, for elements of about 1.
 * Numbers on two sides of a tie are rounded to neighbours, however near they are.
 */
async function compareHalves(
  executor: Executor,
  reference: Executor,
  fn: (...args: Value[]) => readonly Value[],
  args: readonly Tensor[],
  bound: number,
): Promise<string[]> {
  const right = await runOn(reference, fn, args);
  const actual = await runOn(executor, fn, args);
  return right.flatMap(({ data, dtype }, i) => {
    const scale = Math.max(1, ...[...data.subarray(0, 10000)].filter(Number.isFinite).map(Math.abs));
    const [absolute, relative] = dtype === "float16"
      ? [bound * scale + smallest, bound + unit]
      : dtype === "float32"
      ? [bound * scale, bound]
      : [0, 0];
    const fault = actual[i].dtype === dtype
      ? difference(actual[i].data, data, absolute, relative)
      : `${actual[i].dtype}, expected ${dtype}`;
    return fault ? [`output ${i}: ${fault}`] : [];
  });
}

/** Ops on samples of float16. */
async function checkOps(executor: Executor, reference: Executor, names?: readonly string[]): Promise<string[]> {
  const faults: string[] = [];
  for (const [op, samples] of table) {
    if (names && !names.includes(op)) continue;
    for (const { inputs, attrs, tolerance } of samples) {
      if (!inputs.some(({ dtype }) => dtype === "float32")) continue;
      const found = await compareHalves(
        executor,
        reference,
        emitting(op, attrs),
        inputs.map(half),
        tolerance?.bound ?? 2e-6,
      );
      faults.push(...found.map((fault) => `${op}(${inputs.map(({ shape }) => `[${shape}]`).join(", ")}): ${fault}`));
    }
  }
  return faults;
}

/** All patterns of bits of float16 in a variable, in products by one of which all but one term is 0, and in updates. */
async function checkPatterns(executor: Executor): Promise<string[]> {
  const bits = Uint16Array.from({ length: 2 ** 16 }, (_, i) => i);
  const numbers = Float32Array.from(new Float16Array(bits.buffer));
  const faults: string[] = [];
  // Small values share a dispatch with others, where it has words for memory.
  for (const size of [2 ** 16, 2 ** 11]) {
    for (let from = 0; from < 2 ** 16; from += size) {
      const data = numbers.slice(from, from + size);
      const results = await runOn(executor, (x, one) => {
        const wide = ops.cast(x, "float32");
        return [
          ops.cast(ops.reverse(x, [0]), "float32"),
          ops.cast(wide, "float16"),
          // A value within the program, read in quads by a product.
          ops.matmul(ops.cast(ops.select(ops.less(ops.abs(wide), Infinity), wide, 0), "float16"), one),
        ];
      }, [new Tensor([size, 1], "float16", data), half(new Tensor([1, 1], "float32", Float32Array.of(1)))]);
      const expected = [data.toReversed(), data, data.map((x) => Number.isFinite(x) ? x : 0)];
      expected.forEach((right, i) => {
        const at = right.findIndex((x, k) => !Object.is(x, results[i].data[k]) && x !== results[i].data[k]);
        if (at >= 0) faults.push(`result ${i} of ${size}: ${results[i].data[at]}, expected ${right[at]}`);
      });
    }
  }
  return faults;
}

/** Products and convolutions of halves, their gradients, and loops that carry halves. */
async function checkPrograms(executor: Executor, reference: Executor): Promise<string[]> {
  const faults: string[] = [];
  const check = async (
    name: string,
    program: (...args: Value[]) => readonly Value[],
    args: readonly Tensor[],
    bound = 2e-5,
  ) => {
    const found = await compareHalves(executor, reference, program, args, bound);
    faults.push(...found.map((fault) => `${name}: ${fault}`));
  };
  for (const [m, n, k] of [[36, 132, 50], [67, 70, 41], [5, 8, 12], [1, 37, 2500], [64, 64, 64]]) {
    for (const transposed of [false, true]) {
      const program = (a: Value, b: Value, bias: Value) => {
        const flags = { transposeA: transposed, transposeB: transposed };
        const y = ops.relu(ops.add(ops.cast(ops.matmul(a, b, flags), "float32"), ops.cast(bias, "float32")));
        return [ops.cast(y, "float16"), ops.greater(y, 0), ops.matmul(a, b, flags)];
      };
      const a = fixed(transposed ? [k, m] : [m, k]);
      const b = fixed(transposed ? [n, k] : [k, n]);
      await check(`product ${[m, n, k]}`, program, [a, b, fixed([n])].map(half));
    }
  }
  const cases: [number[], number[], ConvOptions][] = [
    [[2, 9, 8, 20], [3, 3, 20, 66], { padding: "same" }],
    [[2, 9, 9, 4], [3, 3, 4, 9], { strides: 2, padding: "same" }],
    [[2, 6, 6, 36], [3, 3, 18, 24], { padding: "same" }],
    [[2, 7, 7, 8], [3, 3, 1, 8], { padding: "same" }],
  ];
  for (const [x, kernel, options] of cases) {
    const program = (...args: Value[]) => {
      const y = conv(args[0], args[1], options);
      const loss = ops.sum(ops.square(ops.cast(y, "float32")));
      return [y, ...gradientsOf(tracing.current!, loss, args)];
    };
    // Numbers that are rounded are apart by a unit, which the gradients double and add up.
    await check(`convolution [${x}] [${kernel}]`, program, [fixed(x), fixed(kernel, 0.2)].map(half), 4 * unit);
  }
  for (const [length, units] of [[4, 128], [3, 5]]) {
    const program = (x: Value, start: Value) => {
      const { carries, stacked } = scan(
        { length, carries: [start, ops.cast(start, "float32")], scanned: [x], reverse: false },
        ([last, wide], [row]) => ({
          carries: [ops.maximum(row, last), ops.add(wide, ops.cast(row, "float32"))],
          stacked: [ops.add(row, last), ops.greater(row, last)],
        }),
      );
      return [...carries, ...stacked];
    };
    await check(`loop of ${length}`, program, [fixed([length, 2, units]), fixed([2, units])].map(half));
  }
  // The largest number, what is rounded to it and what is not, and the smallest ones.
  const edges = Float32Array.of(
    65504,
    65519,
    65520,
    -65520,
    1e30,
    2 ** -24,
    2 ** -25,
    1.0001 * 2 ** -25,
    -(2 ** -14),
    NaN,
  );
  await check(
    "edges",
    (x: Value, y: Value) => [
      ops.cast(x, "float16"),
      ops.cast(ops.matmul(ops.reshape(x, [10, 1]), y), "float16"),
    ],
    [new Tensor([10], "float32", edges), new Tensor([1, 4], "float32", Float32Array.of(1, 1, 1, 1))],
    0,
  );
  return faults;
}

/** The faults of all ops, or of those of these names, and of programs. */
export async function checkHalves(
  executor: Executor,
  reference: Executor,
  names?: readonly string[],
): Promise<string[]> {
  return [
    ...await checkOps(executor, reference, names),
    ...await checkPatterns(executor),
    ...await checkPrograms(executor, reference),
  ];
}
