// Derivatives of one's own, and derivatives along a direction.
import assert from "node:assert/strict";
import { compile, grad } from "../../lib/exec/compile.ts";
import type { Value } from "../../lib/ir/value.ts";
import * as ops from "../../lib/ops/ops.ts";
import type { Operand } from "../../lib/tensor/apply.ts";
import { gradients } from "../../lib/tensor/gradients.ts";
import { type Tensor, tensor } from "../../lib/tensor/tensor.ts";
import { testOnBackends } from "../backends.ts";
import { assertClose } from "../close.ts";
import { numbers } from "./samples.ts";
import { worstSlope } from "./slopes.ts";

const x = tensor([1, 2, 3]);

/** The square, with three times the gradient of a cube, so that it shows. */
const odd = ops.customGradient((x: Value) => [
  ops.square(x),
  (g: Value) => ops.multiply(g, ops.multiply(9, ops.square(x))),
]);

testOnBackends("a gradient of one's own is taken in place of that of the function", async () => {
  const slope = grad((x) => ops.sum(ops.multiply(odd(x), tensor([1, 10, 100]))));
  assert.deepEqual((await slope(x))[0].toArray(), [9, 360, 8100]);
  assert.deepEqual(((await compile((x: Value) => odd(x))(x)) as Tensor).toArray(), [1, 4, 9]);
});

Deno.test("on tensors only the result counts", () => {
  assert.deepEqual((odd as unknown as (x: Tensor) => Tensor)(x).toArray(), [1, 4, 9]);
});

testOnBackends("a gradient of one's own is differentiated again", async () => {
  const second = compile((x: Value) => gradients(ops.sum(gradients(ops.sum(odd(x)), [x])[0]), [x]));
  // 9 x^2 has the derivative 18 x.
  assert.deepEqual((await second(x))[0].toArray(), [18, 36, 54]);
});

testOnBackends("a gradient of one's own holds inside of loops", async () => {
  const program = compile((x: Value, factor: Value) => {
    const body = ops.customGradient((y: Value) => [ops.multiply(y, factor), (g: Value) => ops.multiply(g, 10)]);
    const { carries: [last] } = ops.scan({ length: 3, carries: [x], scanned: [] }, ([y]) => ({
      carries: [body(y)],
      stacked: [],
    }));
    return [last, ...gradients(ops.sum(last), [x])];
  });
  const [last, slope] = await program(x, tensor(2));
  assert.deepEqual(last.toArray(), [8, 16, 24]);
  assert.deepEqual(slope.toArray(), [1000, 1000, 1000]);
});

testOnBackends("several arguments and results have gradients of their own", async () => {
  const both = ops.customGradient((a: Value, b: Value) => [
    [ops.add(a, b), ops.multiply(a, b)] as Value[],
    (bySum: Value, byProduct: Value) => [ops.multiply(bySum, 2), ops.multiply(byProduct, 3)],
  ]);
  const program = compile((a: Value, b: Value) => {
    const [sum, product] = both(a, b);
    return gradients(ops.add(ops.sum(sum), ops.multiply(ops.sum(product), 10)), [a, b]);
  });
  const found = await program(x, x);
  assert.deepEqual(found.map((value) => value.toArray()), [[2, 2, 2], [30, 30, 30]]);
});

Deno.test("what is no gradient is refused", async () => {
  const wrong = ops.customGradient((x: Value) => [ops.square(x), (g: Value) => ops.sum(g)]);
  await assert.rejects(
    compile((x: Value) => wrong(x))(x),
    /^ShapeError: Cannot give a gradient: gradients must have the shapes of the arguments, \[3\], received \[\]/,
  );
  assert.throws(
    () => ops.customGradient(((x: Value) => ops.square(x)) as never)(x as never),
    /^ValueError: Cannot give a gradient: the function must return its result and a function for the gradient/,
  );
});

const tangent = tensor([1, 10, -2]);

testOnBackends("jvp gives the derivative along a direction", async () => {
  const fn = (x: Operand) => ops.exp(ops.multiply(x as Value, 0.5));
  const expected = [1, 2, 3].map((value, i) => 0.5 * Math.exp(value / 2) * [1, 10, -2][i]);
  const [eager, slope] = ops.jvp(fn, [x], [tangent]);
  assertClose(eager.data, Float32Array.from([1, 2, 3], (value) => Math.exp(value / 2)), {
    absolute: 0,
    relative: 1e-6,
  });
  assertClose(slope.data, Float32Array.from(expected), { absolute: 0, relative: 1e-6 });
  const found = await compile((x: Value, t: Value) => ops.jvp(fn, [x], [t]))(x, tangent);
  assertClose((found[1] as Tensor).data, Float32Array.from(expected), { absolute: 0, relative: 4e-6 });
});

Deno.test("jvp takes several primals, lists of results, and something beside them", () => {
  const both = (a: Operand, b: Operand): [Operand[], string] => [
    [ops.multiply(a as Value, b as Value), ops.add(a as Value, b as Value)],
    "aside",
  ];
  const [results, slopes, aside] = ops.jvp(both, [x, tangent], [tangent, x], true);
  assert.equal(aside, "aside");
  assert.deepEqual(results.map((value) => value.toArray()), [[1, 20, -6], [2, 12, 1]]);
  assert.deepEqual(slopes.map((value) => value.toArray()), [[2, 104, 13], [2, 12, 1]]);
  assert.throws(
    () => ops.jvp((x: Operand) => x, [x], [tensor(1)]),
    /^ShapeError: Cannot take jvp: there must be a tangent/,
  );
});

Deno.test("jvp is what differences say, through products, loops and linear algebra", () => {
  const direction = numbers([3, 3]);
  const program = (x: Value): Value => {
    const fn = (y: Operand) => {
      const z = ops.cumsum(ops.tanh(ops.matmul(y as Value, y as Value)), 0);
      return ops.add(z, ops.inv(ops.add(y as Value, ops.multiply(ops.eye(3), 5))));
    };
    return ops.jvp(fn, [x], [direction])[1];
  };
  // Its gradient holds, and so does it: it is one itself.
  assert.ok(worstSlope(program, [numbers([3, 3])]) < 1e-4);
});
