// The choice of product kernels by the class of an adapter, from a table of what was measured.
import assert from "node:assert/strict";
import {
  adapterClasses,
  chooseMatmul,
  choosingFrom,
  matmulKernels,
  measuredOn,
  type MeasuredProduct,
} from "../../lib/ops/webgpu/kernels/matmul_table.ts";
import type { ProductForm } from "../../lib/ops/webgpu/kernels/matmul.ts";

const form = (m: number, n: number, k: number, rest: Partial<ProductForm> = {}): ProductForm => ({
  ...{ batch: 1, m, n, k, transposeA: false, transposeB: false, isConvolution: false },
  ...rest,
});

const windows = { isConvolution: true };
const measured: MeasuredProduct[] = [
  { ...form(128, 512, 784), kernel: "8x8 in patches", splits: 2 },
  { ...form(128, 512, 784, { transposeB: true }), kernel: "32x32x8", splits: 4 },
  { ...form(1024, 1024, 1024), kernel: "128x64x8", splits: 1 },
  { ...form(86528, 32, 9, windows), kernel: "direct", splits: 1 },
  { ...form(15488, 64, 288, windows), kernel: "8x8", splits: 1 },
];
const { matmul: choose, isDirect } = choosingFrom(measured);

Deno.test("an adapter's classes are its vendor and architecture, then its vendor", () => {
  assert.deepEqual(adapterClasses({ vendor: "nvidia", architecture: "Ampere" }), ["nvidia/ampere", "nvidia"]);
  assert.deepEqual(adapterClasses({ vendor: "4318", architecture: "" }), ["nvidia"]);
  assert.deepEqual(adapterClasses({ vendor: "12345" }), ["12345"]);
  assert.deepEqual(adapterClasses({}), []);
});

Deno.test("what was measured on the narrowest class counts", () => {
  const [first, second, third] = measured;
  const table = { "nvidia/ampere": [first], nvidia: [second], amd: [third] };
  assert.deepEqual(measuredOn(["nvidia/ampere", "nvidia"], table), [first]);
  assert.deepEqual(measuredOn(["nvidia/turing", "nvidia"], table), [second]);
  assert.deepEqual(measuredOn(["intel"], table), []);
  assert.deepEqual(measuredOn([], table), []);
});

Deno.test("a product takes the kernel of the nearest measured one with its layout", () => {
  assert.deepEqual(choose(form(128, 512, 784)), { kernel: matmulKernels["8x8 in patches"], splits: 2 });
  assert.deepEqual(choose(form(96, 512, 1000)), { kernel: matmulKernels["8x8 in patches"], splits: 2 });
  assert.deepEqual(choose(form(128, 512, 784, { transposeB: true })), { kernel: matmulKernels["32x32x8"], splits: 4 });
  assert.deepEqual(choose(form(600, 700, 900)), { kernel: matmulKernels["128x64x8"], splits: 1 });
});

Deno.test("a product unlike every measured one takes the general table's kernel", () => {
  for (
    const other of [
      form(128, 512, 784, { transposeA: true }),
      form(128, 512, 784, { isConvolution: true }),
      form(128, 512, 784, { batch: 4 }),
      form(32, 512, 784),
      form(128, 512, 0),
      form(0, 512, 784),
    ]
  ) assert.deepEqual(choose(other), chooseMatmul(other));
});

Deno.test("a convolution is direct if the nearest measured one is, and as usual if none is near", () => {
  assert.equal(isDirect(form(80000, 32, 9, windows)), true);
  assert.equal(isDirect(form(15000, 64, 200, windows)), false);
  assert.deepEqual(choose(form(15000, 64, 200, windows)), { kernel: matmulKernels["8x8"], splits: 1 });
  assert.equal(isDirect(form(100, 64, 288, windows)), undefined);
});
