// Linear algebra: what has no defined signs, gradients against central differences, and hard matrices.
import assert from "node:assert/strict";
import { compile } from "../../lib/exec/compile.ts";
import type { Value } from "../../lib/ir/value.ts";
import * as ops from "../../lib/ops/ops.ts";
import type { Operand } from "../../lib/tensor/apply.ts";
import { gradients } from "../../lib/tensor/gradients.ts";
import { Tensor, tensor } from "../../lib/tensor/tensor.ts";
import { testOnBackends } from "../backends.ts";
import { assertClose } from "../close.ts";
import { golden } from "../golden.ts";
import { numbers } from "./samples.ts";
import { gradientsInFloat64, type Program, score, worstSlope } from "./slopes.ts";

interface Stored {
  readonly shape: number[];
  readonly data: number[];
}

const spectra = golden("linalg").spectra as { op: "eigh" | "svd"; x: Stored; values: Stored }[];
const revive = ({ shape, data }: Stored) => new Tensor(shape, "float32", Float32Array.from(data));
const swapped = (x: Operand): Operand => ops.swapaxes(x as Value, -1, -2);
const near = { absolute: 1e-5, relative: 1e-5 };

/** The values, the product of the factors, and the products of the factors with themselves. */
function checked(op: "eigh" | "svd", x: Value): Value[] {
  const product = (a: Operand, b: Operand) => ops.matmul(a as Value, b as Value);
  const scaled = (vectors: Operand, values: Operand) =>
    ops.multiply(vectors as Value, ops.expandDims(values as Value, -2));
  if (op === "eigh") {
    const [values, vectors] = ops.eigh(x);
    return [values, product(scaled(vectors, values), swapped(vectors)), product(swapped(vectors), vectors)];
  }
  const [u, values, vt] = ops.svd(x);
  const [thin, , thinV] = ops.svd(x, { fullMatrices: false });
  return [values, product(scaled(thin, values), thinV), product(swapped(u), u), product(vt, swapped(vt))];
}

function checkSpectrum(x: Tensor, values: Tensor, found: readonly Tensor[], what: string): void {
  const size = Math.max(1, ...Array.from(x.data, Math.abs));
  assert.deepEqual(found[0].shape, values.shape, what);
  assertClose(found[0].data, values.data, { absolute: 1e-5 * size, relative: 1e-5 }, what);
  assertClose(found[1].data, x.data, { absolute: 1e-5 * size, relative: 1e-5 }, `${what}: the product of the factors`);
  for (const units of found.slice(2)) {
    const n = units.shape[units.shape.length - 1];
    const expected = Float32Array.from(units.data, (_, i) => Number(Math.floor(i / n) % n === i % n));
    assertClose(units.data, expected, near, `${what}: columns that are orthonormal`);
  }
}

Deno.test("eigh and svd on tensors give the values of Keras, and orthonormal factors", () => {
  for (const { op, x, values } of spectra) {
    const found = checked(op, revive(x) as unknown as Value) as unknown as Tensor[];
    checkSpectrum(revive(x), revive(values), found, `${op} of [${x.shape}]`);
  }
});

testOnBackends("eigh and svd compiled give the values of Keras, and orthonormal factors", async () => {
  for (const { op, x, values } of spectra) {
    const found = await compile((value: Value) => checked(op, value))(revive(x));
    checkSpectrum(revive(x), revive(values), found as Tensor[], `${op} of [${x.shape}]`);
  }
});

const square = tensor([[2, 0.5, -1], [0.25, 1.5, 0.75], [1, -0.5, 3]]);
const pair = ops.stack([square, ops.add(square, ops.eye(3))]);
const positive = (x: Value) => ops.add(ops.matmul(x, x, { transposeB: true }), ops.eye(x.shape[x.shape.length - 2]));

/** Functions whose gradients are compared with slopes; what has no defined signs is part of a product that has. */
const differentiated: Readonly<Record<string, readonly [(...args: Value[]) => Value | readonly Value[], Tensor[]]>> = {
  cholesky: [(x) => ops.cholesky(positive(x)), [pair]],
  "cholesky of what is not symmetric": [(x) => ops.cholesky(ops.add(x, ops.multiply(ops.eye(3), 4))), [square]],
  choleskyInverse: [(x) => ops.choleskyInverse(x), [square]],
  qr: [(x) => [...ops.qr(x)], [pair]],
  "qr of more rows": [(x) => [...ops.qr(x)], [numbers([4, 2])]],
  "complete qr of more rows": [(x) => [...ops.qr(x, "complete")], [numbers([4, 2])]],
  "qr of more columns": [(x) => [...ops.qr(x)], [numbers([2, 4])]],
  luFactor: [(x) => ops.luFactor(x)[0], [pair]],
  "luFactor of more rows": [(x) => ops.luFactor(x)[0], [numbers([4, 2])]],
  "luFactor of more columns": [(x) => ops.luFactor(x)[0], [numbers([2, 4])]],
  solve: [(a, b) => ops.solve(a, b), [pair, numbers([2, 3, 2])]],
  "solveTriangular, upper": [(a, b) => ops.solveTriangular(a, b), [square, numbers([3])]],
  "solveTriangular, lower": [(a, b) => ops.solveTriangular(a, b, { lower: true }), [square, numbers([3, 2])]],
  inv: [(x) => ops.inv(x), [pair]],
  det: [(x) => ops.det(x), [pair]],
  "det of a singular matrix": [(x) => ops.det(x), [tensor([[1, 2], [2, 4]])]],
  slogdet: [(x) => ops.slogdet(x)[1], [pair]],
  pinv: [(x) => ops.pinv(x), [numbers([4, 2])]],
  "pinv of more columns": [(x) => ops.pinv(x), [numbers([2, 2, 3])]],
  lstsq: [(a, b) => ops.lstsq(a, b), [numbers([5, 2]), numbers([5])]],
  "eigh: values": [(x) => ops.eigh(x)[0], [pair]],
  "eigh: vectors": [(x) => {
    const [values, vectors] = ops.eigh(x);
    return ops.matmul(ops.multiply(vectors, ops.expandDims(ops.exp(values), -2)), swapped(vectors) as Value);
  }, [pair]],
  "svd: values": [(x) => ops.svd(x, true, false), [numbers([2, 3, 4])]],
  "svd: vectors": [(x) => {
    const [u, values, vt] = ops.svd(x, { fullMatrices: false });
    return ops.matmul(ops.multiply(u, ops.expandDims(ops.square(values), -2)), vt);
  }, [numbers([4, 3])]],
  "svd: the vectors of no value": [(x) => {
    const [u] = ops.svd(x);
    const rest = ops.slice(u, [0, 2], [4, 2]);
    return ops.matmul(rest, ops.transpose(rest));
  }, [numbers([4, 2])]],
  "norm by singular values": [(x) => [ops.norm(x, "nuc"), ops.norm(x, 2), ops.norm(x, -2)], [numbers([3, 2])]],
  "a gradient of a gradient": [(a, b) => {
    const [slope] = ops.jvp((x: Operand) => ops.solve(x as Value, b), [a], [a]).slice(1) as Value[];
    return slope;
  }, [square, numbers([3])]],
};

for (const [name, [program, inputs]] of Object.entries(differentiated)) {
  Deno.test(`${name}: the gradient is the slope`, () => {
    const worst = worstSlope(program, inputs);
    assert.ok(worst < 1e-4, `it differs by ${worst}`);
  });
}

testOnBackends("gradients of factors are those in float64", async () => {
  const program = (x: Value, b: Value) => {
    const [, values, vt] = ops.svd(x, false);
    const [spread, vectors] = ops.eigh(positive(x));
    const root = ops.matmul(ops.multiply(vectors, ops.sqrt(spread)), ops.transpose(vectors));
    const squares = ops.square(ops.matmul(vt, b));
    return [ops.cholesky(positive(x)), ops.solve(x, b), ops.qr(x)[1], ops.det(x), values, squares, root];
  };
  const inputs = [square, tensor([1, 2, 3])];
  const found = await compile((...args: Value[]) => gradients(score(program as Program, args), args))(...inputs);
  gradientsInFloat64(program as Program, inputs).forEach((expected, i) => {
    assertClose(found[i].data, Float32Array.from(expected), { absolute: 1e-4, relative: 1e-4 }, `gradient ${i}`);
  });
});

Deno.test("hard matrices: not positive definite, singular, nearly singular", () => {
  assert.ok(ops.cholesky(tensor([[1, 2], [2, 1]])).data.every(Number.isNaN));
  const mixed = ops.cholesky(tensor([[[1, 2], [2, 1]], [[4, 2], [2, 5]]]));
  assert.deepEqual([...mixed.data.slice(4)], [2, 0, 1, 2], "the others of a batch are there");
  assert.equal(Math.abs(ops.det(tensor([[1, 2], [2, 4]])).item()), 0);
  assert.deepEqual(ops.slogdet(tensor([[1, 2], [2, 4]])).map((x) => Math.abs(x.item())), [0, Infinity]);
  assert.ok(ops.solve(tensor([[1, 2], [2, 4]]), tensor([1, 1])).data.every((x) => !Number.isFinite(x)));
  // The Hilbert matrix of 5 rows has a condition of 5e5: the residual stays small, whatever the error.
  const hilbert = ops.array(Array.from({ length: 5 }, (_, i) => Array.from({ length: 5 }, (_, j) => 1 / (i + j + 1))));
  const x = ops.solve(hilbert, tensor([1, 2, 3, 4, 5]));
  const residual = ops.subtract(ops.matmul(hilbert, x), tensor([1, 2, 3, 4, 5]));
  const size = Math.max(...Array.from(x.data, Math.abs));
  assert.ok(Array.from(residual.data, Math.abs).every((rest) => rest < 1e-6 * size));
  assert.equal(ops.matrixRank(hilbert).item(), 5);
  const tiny = ops.multiply(square, 1e-30);
  assertClose(ops.svd(tiny)[1].data, ops.multiply(ops.svd(square)[1], 1e-30).data, { absolute: 0, relative: 1e-5 });
});

Deno.test("empty matrices have empty factors", () => {
  const none = ops.zeros([0, 0]);
  assert.equal(ops.det(none).item(), 1);
  assert.deepEqual([ops.cholesky(none), ops.inv(none), ops.pinv(ops.zeros([0, 3]))].map(({ shape }) => shape), [
    [0, 0],
    [0, 0],
    [3, 0],
  ]);
  assert.deepEqual(ops.qr(ops.zeros([3, 0]), "complete").map(({ shape }) => shape), [[3, 3], [3, 0]]);
  assert.deepEqual(ops.svd(ops.zeros([2, 0])).map(({ shape }) => shape), [[2, 2], [0], [0, 0]]);
  assert.deepEqual(ops.solve(ops.zeros([0, 2, 2]), ops.zeros([0, 2])).shape, [0, 2]);
  assert.equal(ops.matrixRank(ops.zeros([0, 3])).item(), 0);
});

Deno.test("linalg has the functions that ops has", () => {
  for (const [name, fn] of Object.entries(ops.linalg)) {
    assert.equal(fn, (ops as unknown as Record<string, unknown>)[name], name);
  }
});
