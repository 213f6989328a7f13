// Branches and loops: on tensors and in programs, with numbers worked out by hand.
import assert from "node:assert/strict";
import {
  compile,
  gradients,
  ops,
  ShapeError,
  type Tensor,
  tensor,
  type Value,
  ValueError,
  Variable,
} from "../../mod.ts";
import { testOnBackends } from "../backends.ts";
import { assertRefused } from "../refusal.ts";

const whole = (...values: number[]) => tensor(values, undefined, "int32");

Deno.test("on tensors only the branch that is taken runs", () => {
  const never = () => assert.fail("the other branch ran");
  assert.equal(ops.cond(ops.greater(tensor(2), 1), () => 5, never), 5);
  assert.equal(ops.cond(false, never, () => 6), 6);
  const branches = [(x: Tensor) => ops.add(x, 1), (x: Tensor) => ops.multiply(x, 10)];
  assert.deepEqual([-3, 0, 1, 7].map((index) => ops.switch(index, branches, tensor(2)).item()), [3, 3, 20, 20]);
});

testOnBackends("in a program cond chooses values, lists and objects, and has their gradients", async () => {
  const program = compile((x: Value, flag: Value) => {
    const [y, z] = ops.cond(flag, () => [ops.square(x), ops.sum(x)], () => [ops.negative(x), ops.add(0, 7)]);
    const { named } = ops.cond(flag, () => ({ named: ops.multiply(x, 3) }), () => ({ named: x }));
    const loss = ops.add(ops.add(ops.sum(y), z), ops.sum(named));
    return [y, z, named, ...gradients(loss, [x])];
  });
  const x = tensor([1, 2]);
  assert.deepEqual((await program(x, tensor(1))).map((y) => y.toArray()), [[1, 4], 3, [3, 6], [6, 8]]);
  assert.deepEqual((await program(x, tensor([0]))).map((y) => y.toArray()), [[-1, -2], 7, [1, 2], [0, 0]]);
});

testOnBackends("in a program the branches' assignments are chosen with them", async () => {
  const [count, other] = [new Variable([1]), new Variable([10])];
  const step = compile((flag: Value) => {
    ops.cond(flag, () => count.assign(ops.add(count, 1)), () => other.assign(ops.multiply(other, count)));
    // What follows sees what was chosen.
    return ops.add(count, other);
  });
  assert.deepEqual((await step(tensor(1))).toArray(), [12]);
  assert.deepEqual((await step(tensor(0))).toArray(), [22]);
  assert.deepEqual([(await count.read()).toArray(), (await other.read()).toArray()], [[2], [20]]);
});

testOnBackends("in a program switch takes the branch of an index, the nearest for one beyond", async () => {
  const program = compile((index: Value, x: Value) =>
    ops.switch(index, [(y: Value) => y, (y: Value) => ops.square(y), (y: Value) => ops.negative(y)], x)
  );
  const found: unknown[] = [];
  for (const index of [-1, 0, 1, 2, 9]) found.push((await program(whole(index), tensor([3]))).toArray());
  assert.deepEqual(found, [[3], [3], [9], [-3], [-3]]);
});

testOnBackends("whileLoop ends with its condition, at once and in a program", async () => {
  const doubled = (start: Tensor | Value, most?: number) =>
    ops.whileLoop(
      (x: Tensor | Value) => ops.less(ops.sum(x), 50),
      (x: Tensor | Value) => ops.multiply(x, 2),
      start,
      most,
    );
  assert.deepEqual((doubled(tensor([1, 2])) as Tensor).toArray(), [32, 64]);
  assert.deepEqual((doubled(tensor([1, 2]), 3) as Tensor).toArray(), [8, 16]);
  const program = compile((x: Value) => doubled(x, 20) as Value);
  assert.deepEqual((await program(tensor([1, 2]))).toArray(), [32, 64]);
  assert.deepEqual((await program(tensor([40, 20]))).toArray(), [40, 20]);
  await assert.rejects(compile((x: Value) => doubled(x) as Value)(tensor([1])), /^StateError: Cannot loop here/);
});

testOnBackends("foriLoop counts, at once and in a program", async () => {
  const powers = (x: Tensor | Value) =>
    ops.foriLoop(
      1,
      4,
      (i: Tensor | Value, sum: Tensor | Value) => ops.add(ops.multiply(sum, 2), ops.cast(i, "float32")),
      x,
    );
  // ((x * 2 + 1) * 2 + 2) * 2 + 3
  assert.equal((powers(tensor(1)) as Tensor).item(), 19);
  const program = compile((x: Value) => {
    const y = powers(x) as Value;
    return [y, ...gradients(y, [x])];
  });
  assert.deepEqual((await program(tensor(1))).map((y) => y.item()), [19, 8]);
  assert.equal(ops.foriLoop(3, 3, () => assert.fail("there is no step"), tensor(5)).item(), 5);
});

testOnBackends("map and vectorizedMap stack what rows give, at once and in a program", async () => {
  const rows = tensor([[1, 2], [3, 4], [5, 6]]);
  const sums = (x: Tensor | Value) => ops.map((row: Tensor | Value) => ops.sum(row), x);
  assert.deepEqual((sums(rows) as unknown as Tensor).toArray(), [3, 7, 11]);
  const program = compile((x: Value) => {
    const squares = ops.vectorizedMap((row: Value) => ops.sum(ops.square(row)), x);
    const [added, scaled] = ops.map(([a, b]: readonly Value[]) => [ops.add(a, b), ops.multiply(b, 2)], [x, x]);
    return [sums(x) as Value, squares, added, scaled, ...gradients(ops.sum(squares), [x])];
  });
  assert.deepEqual((await program(rows)).map((y) => y.toArray()), [
    [3, 7, 11],
    [5, 25, 61],
    [[2, 4], [6, 8], [10, 12]],
    [[2, 4], [6, 8], [10, 12]],
    [[2, 4], [6, 8], [10, 12]],
  ]);
});

testOnBackends("scan with Keras's arguments, at once and in a program", async () => {
  type Item = Tensor | Value;
  const add = (sum: Item, x: Item): [Item, Item] => [ops.add(sum, x), ops.multiply(sum, x)];
  const [last, ys] = ops.scan(add, tensor(1), tensor([2, 3, 4])) as Tensor[];
  assert.deepEqual([last.item(), ys.toArray()], [10, [2, 9, 24]]);
  const [first, reversed] = ops.scan(add, tensor(1), tensor([2, 3, 4]), null, true) as Tensor[];
  assert.deepEqual([first.item(), reversed.toArray()], [10, [16, 15, 4]]);
  const program = compile((x: Value) => {
    const [sum, products] = ops.scan(add, tensor(1) as Item, x as Item);
    const [power] = ops.scan((y: Item): [Item, null] => [ops.multiply(y, 2), null], tensor(3) as Item, null, 4);
    return [sum as Value, products as Value, power as Value];
  });
  assert.deepEqual((await program(tensor([2, 3, 4]))).map((y) => y.toArray()), [10, [2, 9, 24], 48]);
});

testOnBackends("associativeScan gives what a loop gives, from either end and along any axis", async () => {
  const x = tensor([[1, 2, 3, 4, 5], [2, 2, 2, 2, 2]]);
  const products = (y: Value | Tensor) =>
    ops.associativeScan((a: Value | Tensor, b: Value | Tensor) => ops.multiply(a, b), y, { axis: 1 });
  const expected = [[1, 2, 6, 24, 120], [2, 4, 8, 16, 32]];
  assert.deepEqual((products(x) as Tensor).toArray(), expected);
  assert.deepEqual((await compile((y: Value) => products(y) as Value)(x)).toArray(), expected);
  const sums = ops.associativeScan((a: Tensor, b: Tensor) => ops.add(a, b), tensor([1, 2, 3]), true);
  assert.deepEqual(sums.toArray(), [6, 5, 3]);
  // A recurrence h = a h + b as a scan of pairs: 1, then 2 + 3, then 3 * 5 + 1.
  const [, h] = ops.associativeScan(
    ([a, b]: readonly Tensor[], [c, d]: readonly Tensor[]) => [ops.multiply(a, c), ops.add(ops.multiply(c, b), d)],
    [tensor([0, 2, 3]), tensor([1, 3, 1])] as readonly Tensor[],
  );
  assert.deepEqual(h.toArray(), [1, 5, 16]);
});

Deno.test("mistakes are told", () => {
  const none = undefined as unknown as () => number;
  assertRefused(() => ops.cond(true, none, none), ValueError, /branches and bodies must be functions/);
  assertRefused(() => ops.cond(tensor([1, 2]), () => 1, () => 2), ShapeError, /a condition must be one number/);
  assertRefused(() => ops.switch(0, []), ValueError, /a list of 1 to 1024 branches/);
  assertRefused(() => ops.foriLoop(0, 1.5, (_, x) => x, tensor(1)), ValueError, /the bounds must be integers/);
  assertRefused(
    () => ops.whileLoop(() => true, () => [], [tensor(1)], 3),
    ValueError,
    /the 1 operands that it carries on/,
  );
  assertRefused(() => ops.map((x: Tensor) => x, tensor(1)), ShapeError, /one number of rows/);
  assertRefused(
    () => ops.scan((x: Tensor): [Tensor, null] => [x, null], tensor(1), null),
    ShapeError,
    /nothing to loop over/,
  );
  assertRefused(() => ops.scan(((x: Tensor) => x) as never, tensor(1), tensor([1])), ValueError, /in a list of two/);
  const two = [tensor([1, 2]), tensor([1])];
  assertRefused(() => ops.associativeScan((a: Tensor[]) => a, two), ShapeError, /one extent along the axis/);
});

testOnBackends("branches of other shapes are refused", async () => {
  const program = compile((x: Value) => ops.cond(ops.sum(x), () => x, () => ops.sum(x)));
  await assert.rejects(program(tensor([1, 2])), /both branches must give the same shapes, received \[2\] and \[\]/);
});
