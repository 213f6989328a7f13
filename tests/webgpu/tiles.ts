// Products by every kernel for real GPUs, whatever their shapes, against the float64 reference. Also runs in browsers.
import type { Executor } from "../../lib/exec/executor.ts";
import { workgroupOf } from "../../lib/ops/webgpu/kernels/matmul.ts";
import { matmulKernels } from "../../lib/ops/webgpu/kernels/matmul_table.ts";
import { gpuTuning } from "../../lib/ops/webgpu/kernels/tuning.ts";
import { openWebGpu } from "../../lib/exec/webgpu/open.ts";
import type { Value } from "../../lib/ir/value.ts";
import * as ops from "../../lib/ops/primitives.ts";
import { compare, fixed } from "./program_checks.ts";

/** Products `[batch, m, n, k]`, of which factors lie transposed, into how many sums k is cut. */
const cases = [
  // Whole quads everywhere: whole tiles, edges on both sides, a last round that is not whole.
  { shape: [1, 260, 196, 76], transposeA: false, transposeB: false, splits: 1 },
  { shape: [1, 132, 148, 52], transposeA: true, transposeB: true, splits: 2 },
  // No axis is.
  { shape: [2, 67, 70, 41], transposeA: false, transposeB: true, splits: 1 },
  { shape: [1, 33, 131, 205], transposeA: true, transposeB: false, splits: 3 },
] as const;

/** What is wrong with any kernel's products. */
export async function checkTiles(reference: Executor): Promise<string[]> {
  const faults: string[] = [];
  for (const [name, kernel] of Object.entries(matmulKernels)) {
    if (kernel.of === "workgroups") {
      const { threads, bytes } = workgroupOf(kernel);
      if (threads > 256 || bytes > 16384) faults.push(`${name}: ${threads} threads, ${bytes} bytes`);
    }
    for (const { shape: [batch, m, n, k], transposeA, transposeB, splits } of cases) {
      const executor = await openWebGpu({ tunedFor: { ...gpuTuning, matmul: () => ({ kernel, splits }) } });
      const program = (x: Value, y: Value, bias: Value) => {
        const product = ops.matmul(x, y, { transposeA, transposeB });
        return [
          product,
          ops.relu(ops.add(ops.matmul(y, x, { transposeA: !transposeB, transposeB: !transposeA }), bias)),
        ];
      };
      const a = fixed([batch, ...(transposeA ? [k, m] : [m, k])]);
      const b = fixed([batch, ...(transposeB ? [n, k] : [k, n])]);
      const found = await compare(executor, reference, program, [a, b, fixed([m])], 1e-5);
      faults.push(...found.map((fault) => `${name}, ${[batch, m, n, k]} ${transposeA} ${transposeB}: ${fault}`));
      await executor.dispose();
    }
  }
  return faults;
}
