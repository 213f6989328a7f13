// Scales and shifts of channels: rows that all rows of a value share, of few elements and of many.
import { compile, ops, random, type Tensor } from "../../mod.ts";
import { testOnBackends } from "../backends.ts";
import { assertClose } from "../close.ts";

/** Numbers in [-1, 1). */
const numbers = (shape: readonly number[], seed: number) => random.uniform(shape, { minval: -1, maxval: 1, seed });

testOnBackends("functions of channels, for rows of any length", async () => {
  for (const width of [2, 3, 12, 24, 100, 127, 128, 300]) {
    const rows = Math.ceil(3000 / width) + 1;
    const x = numbers([rows, width], 1), z = numbers([rows, width], 2);
    const [a, b, c] = [3, 4, 5].map((seed) => numbers([width], seed));
    const run = compile((x, z, a, b, c) => [
      ops.subtract(ops.multiply(ops.subtract(x, a), b), ops.multiply(z, c)),
      ops.relu(ops.add(ops.multiply(x, b), c)),
      ops.subtract(a, ops.multiply(x, 0.5)),
      ops.minimum(ops.maximum(ops.add(ops.add(x, c), z), -0.25), 0.5),
      ops.silu(ops.add(ops.multiply(x, a), b)),
    ]);
    const found = await run(x, z, a, b, c) as Tensor[];
    const expected = [
      (x: number, z: number, a: number, b: number, c: number) => (x - a) * b - z * c,
      (x: number, _: number, __: number, b: number, c: number) => Math.max(0, x * b + c),
      (x: number, _: number, a: number) => a - x * 0.5,
      (x: number, z: number, _: number, __: number, c: number) => Math.min(Math.max(x + c + z, -0.25), 0.5),
      (x: number, _: number, a: number, b: number) => (x * a + b) / (1 + Math.exp(-x * a - b)),
    ];
    found.forEach(({ data }, i) => {
      const exact = Array.from(x.data, (value, at) => {
        const column = at % width;
        return expected[i](value, z.data[at], a.data[column], b.data[column], c.data[column]);
      });
      assertClose(data, exact, { absolute: 1e-6, relative: 1e-6 });
    });
  }
});
