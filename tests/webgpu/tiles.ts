// Products with every kernel for real GPUs, whatever their shapes, against the float64 reference. Also runs in
// browsers.
import type { Executor } from "../../lib/exec/executor.ts";
import {
  type MatmulChoice,
  type MatmulKernel,
  type ProductForm,
  workgroupOf,
} from "../../lib/ops/webgpu/kernels/matmul.ts";
import { matmulKernels } from "../../lib/ops/webgpu/kernels/matmul_table.ts";
import { gpuTuning } from "../../lib/ops/webgpu/kernels/tuning.ts";
import { openWebGpu } from "../../lib/exec/webgpu/open.ts";
import { gradientsOf } from "../../lib/ir/grad.ts";
import { tracing } from "../../lib/ir/trace.ts";
import type { Value } from "../../lib/ir/value.ts";
import { conv } from "../../lib/ops/convolve.ts";
import * as ops from "../../lib/ops/primitives.ts";
import { compare, fixed } from "./program_checks.ts";

/** Products `[batch, m, n, k]`, with transposed factors or not, and the number of parts that k is split into. */
const cases = [
  // Multiples of four everywhere: whole tiles, edges on both sides, an incomplete last round.
  { shape: [1, 260, 196, 76], transposeA: false, transposeB: false, splits: 1 },
  { shape: [1, 132, 148, 52], transposeA: true, transposeB: true, splits: 2 },
  // No axis is a multiple of four.
  { shape: [2, 67, 70, 41], transposeA: false, transposeB: true, splits: 1 },
  { shape: [1, 33, 131, 205], transposeA: true, transposeB: false, splits: 3 },
] as const;

/** A convolution with padding and both its gradients, whose factors are read from windows. */
function convolution(x: Value, kernel: Value): Value[] {
  const y = conv(x, kernel, { padding: "same" });
  return [y, ...gradientsOf(tracing.current!, ops.sum(ops.square(y)), [x, kernel])];
}

/** Their operands, of which one axis is not a multiple of four. */
const images = [fixed([2, 9, 7, 12]), fixed([3, 3, 12, 10])];

/** The faults of convolutions that are computed directly where they are usually products. */
export async function directFaults(reference: Executor): Promise<string[]> {
  const executor = await openWebGpu({ tunedFor: { ...gpuTuning, isDirect: () => true } });
  const found = await compare(executor, reference, convolution, images, 1e-5);
  await executor.dispose();
  return found.map((fault) => `direct convolution: ${fault}`);
}

/** Products by given kernels. */
interface Tiles {
  readonly executor: Executor;
  /** The faults of a kernel's products: in all cases and as a convolution, or only in one case. */
  faultsOf(name: string, kernel: MatmulKernel, only?: number): Promise<string[]>;
}

/** Opens WebGPU for products by given kernels. */
export async function openTiles(reference: Executor): Promise<Tiles> {
  let choice: MatmulChoice | undefined;
  const tunedFor = { ...gpuTuning, matmul: (form: ProductForm) => choice ?? gpuTuning.matmul(form) };
  const executor = await openWebGpu({ tunedFor });
  return {
    executor,
    async faultsOf(name, kernel, only) {
      const faults: string[] = [];
      if (kernel.of === "workgroups") {
        const { threads, bytes } = workgroupOf(kernel);
        if (threads > 256 || bytes > 16384) faults.push(`${name}: ${threads} threads, ${bytes} bytes`);
      }
      for (const { shape, transposeA, transposeB, splits } of only === undefined ? cases : [cases[only]]) {
        choice = { kernel, splits };
        const [batch, m, n, k] = shape;
        const program = (x: Value, y: Value, bias: Value) => {
          const product = ops.matmul(x, y, { transposeA, transposeB });
          const turned = { transposeA: !transposeB, transposeB: !transposeA };
          if (only !== undefined) return [product];
          return [product, ops.relu(ops.add(ops.matmul(y, x, turned), bias))];
        };
        const a = fixed([batch, ...(transposeA ? [k, m] : [m, k])]);
        const b = fixed([batch, ...(transposeB ? [n, k] : [k, n])]);
        const found = await compare(executor, reference, program, [a, b, fixed([m])], 1e-5);
        faults.push(...found.map((fault) => `${name}, ${shape} ${transposeA} ${transposeB}: ${fault}`));
      }
      if (only !== undefined) return faults;
      choice = { kernel, splits: 2 };
      const found = await compare(executor, reference, convolution, images, 1e-5);
      return [...faults, ...found.map((fault) => `${name}, convolution: ${fault}`)];
    },
  };
}

/**
 * The faults of all kernels' products: all cases on llvmpipe; one case of each kernel on SwiftShader, except that in
 * Chromium, where it takes eight minutes to compile them, blocks of workgroups have at most 16 sums per thread.
 */
export async function checkTiles(reference: Executor): Promise<string[]> {
  const { executor, faultsOf } = await openTiles(reference);
  const isWhole = executor.description.includes("llvmpipe");
  const faults: string[] = [];
  for (const [at, [name, kernel]] of Object.entries<MatmulKernel>(matmulKernels).entries()) {
    const isLarge = kernel.of === "workgroups" && kernel.blockRows * kernel.blockColumns > 16;
    if (isLarge && typeof Deno === "undefined") continue;
    faults.push(...await faultsOf(name, kernel, isWhole ? undefined : at % cases.length));
  }
  await executor.dispose();
  return [...faults, ...await directFaults(reference)];
}
