// Products whose first operand is mostly zero, which the native library skips: by integers, of which sums are exact.
import assert from "node:assert/strict";
import { compile, ops, type Tensor, tensor } from "../../mod.ts";
import { testOnBackends } from "../backends.ts";

/** Rows, columns, depth, and whether each operand is transposed. */
const cases: readonly (readonly [number, number, number, boolean, boolean])[] = [
  // As the layer of an image, and as the gradient of its kernel.
  [50, 130, 400, false, false],
  [50, 130, 400, false, true],
  [401, 96, 70, true, false],
  // Rows behind one another in many tasks with packed columns, and with a last column and row of fewer.
  [650, 70, 390, false, false],
  [517, 64, 100, false, true],
  // Deep enough that k is divided.
  [30, 64, 5000, false, false],
  [40, 72, 4100, true, true],
  // A transposed first operand with rows a page apart.
  [1100, 64, 80, true, false],
];

/** A number in [0, 1) that seems random. */
const hash = (i: number) => (Math.imul(i + 1, 0x9e3779b1) >>> 0) / 2 ** 32;

/** Zeros where most columns and some rows of a matrix are; small integers, of both signs, and -0 elsewhere. */
function sparse(rows: number, depth: number): Float32Array<ArrayBuffer> {
  return Float32Array.from({ length: rows * depth }, (_, i) => {
    const row = Math.floor(i / depth), k = i % depth;
    if (hash(k) < 0.7 && hash(1000 + row) < 0.98) return hash(i) < 0.1 ? -0 : 0;
    return Math.floor(hash(i) * 9) - 4;
  });
}

function transposed(x: ArrayLike<number>, rows: number, columns: number): Float32Array<ArrayBuffer> {
  return Float32Array.from({ length: rows * columns }, (_, i) => x[(i % rows) * columns + Math.floor(i / rows)]);
}

function product(a: Float32Array, b: Float32Array, m: number, n: number, k: number): Float32Array {
  const c = new Float32Array(m * n);
  for (let i = 0; i < m; i++) {
    for (let t = 0; t < k; t++) {
      const factor = a[i * k + t];
      for (let j = 0; j < n; j++) c[i * n + j] += factor * b[t * n + j];
    }
  }
  return c;
}

for (const [m, n, k, transposeA, transposeB] of cases) {
  const title = `${m}x${k} by ${k}x${n}${transposeA ? ", a transposed" : ""}${transposeB ? ", b transposed" : ""}`;
  testOnBackends(`products of sparse rows, ${title}`, async () => {
    const matmul = compile((a: Tensor, b: Tensor) =>
      ops.relu(ops.add(ops.matmul(a, b, { transposeA, transposeB }), 1))
    );
    const values = sparse(m, k);
    const a = transposeA ? tensor(transposed(values, m, k), [k, m]) : tensor(values, [m, k]);
    const factors = Float32Array.from({ length: k * n }, (_, i) => Math.floor(hash(7 * i) * 9) - 4);
    const expect = async (rule: string) => {
      const b = transposeB ? tensor(transposed(factors, k, n), [n, k]) : tensor(factors, [k, n]);
      const wanted = product(values, factors, m, n, k).map((x) => Number.isNaN(x) ? x : Math.max(0, x + 1));
      const { data } = await matmul(a, b);
      const wrong = wanted.findIndex((value, i) =>
        !(value === data[i] || Number.isNaN(value) && Number.isNaN(data[i]))
      );
      assert.equal(wrong, -1, `${rule}: element ${wrong} must be ${wanted[wrong]}, is ${data[wrong]}`);
    };
    await expect("sums of integers must be exact");
    // A zero times these is NaN.
    factors[3 * n + 1] = Infinity;
    factors[k * n - n + 40] = -Infinity;
    factors[Math.floor(k / 2) * n + 63] = NaN;
    await expect("what is not finite must make NaN of zero");
  });
}
