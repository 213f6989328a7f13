// Tensors from data, and what is known of tensors and symbolic values.
import assert from "node:assert/strict";
import {
  compile,
  Input,
  Layer,
  Model,
  ops,
  StateError,
  SymbolicTensor,
  tensor,
  type Value,
  Variable,
} from "../../mod.ts";
import { testOnBackends } from "../backends.ts";

const grid = tensor([[1, 2, 3], [4, 5, 6]]);

Deno.test("shape, ndim, size and dtype of data, tensors, variables and symbolic tensors", () => {
  const variable = new Variable([1, 2, 3, 4]);
  const input = Input({ shape: [3, 5], dtype: "int32" });
  assert.deepEqual([grid, [[1], [2]], 7, variable, new Float32Array(3)].map((x) => ops.shape(x)), [
    [2, 3],
    [2, 1],
    [],
    [4],
    [3],
  ]);
  assert.deepEqual(ops.shape(input), [null, 3, 5]);
  assert.deepEqual([ops.ndim(grid), ops.ndim(3), ops.ndim(input), ops.ndim([[[1]]])], [2, 0, 3, 3]);
  assert.deepEqual([ops.size(grid), ops.size(3), ops.size(input)], [6, 1, null]);
  assert.deepEqual([ops.dtype(grid), ops.dtype(input), ops.dtype(new Uint8Array(2)), ops.dtype(1)], [
    "float32",
    "int32",
    "uint8",
    "float32",
  ]);
  assert.deepEqual([grid, input, variable, [1], null].map(ops.isTensor), [true, true, false, false, false]);
});

testOnBackends("shapes are numbers in programs, and in layers of a model", async () => {
  class Flattened extends Layer {
    override call(x: Value) {
      const [batch, ...rest] = ops.shape(x);
      return ops.reshape(x, [batch, rest.reduce((product, extent) => product * extent, 1)]);
    }
  }
  const input = Input({ shape: [2, 3] });
  const model = new Model({ inputs: input, outputs: new Flattened().apply(input) });
  assert.deepEqual(model.outputShape, [null, 6]);
  const out = await model.predict(ops.ones([4, 2, 3]), { verbose: 0 });
  assert.deepEqual(out.shape, [4, 6]);
});

testOnBackends("convertToTensor takes data, variables and symbolic values, and a dtype by name", async () => {
  assert.deepEqual(ops.convertToTensor([1.5, 2], { dtype: "int32" }), tensor([1, 2], undefined, "int32"));
  assert.equal(ops.convertToTensor(grid), grid);
  const variable = new Variable([1.5, 2]);
  const [same, whole, read] = await compile((x: Value) => [
    ops.convertToTensor(x),
    ops.convertToTensor(x, "int32"),
    ops.convertToTensor(variable),
  ])(grid);
  assert.deepEqual([same.toArray(), whole.dtype, read.toArray()], [grid.toArray(), "int32", [1.5, 2]]);
  const input = Input({ shape: [2] });
  assert.equal(ops.convertToTensor(input), input);
  assert.ok(ops.convertToTensor(input, "int32") instanceof SymbolicTensor);
});

Deno.test("convertToNumpy gives tensors, reads variables, and refuses what has no elements yet", async () => {
  assert.equal(ops.convertToNumpy(grid), grid);
  assert.deepEqual(ops.convertToNumpy([[1, 2]]), tensor([[1, 2]]));
  assert.deepEqual(await ops.convertToNumpy(new Variable([1, 2])), tensor([1, 2]));
  const symbolic = Input({ shape: [2] }) as unknown as number[];
  assert.throws(() => ops.convertToNumpy(symbolic), StateError);
  await assert.rejects(compile((x: Value) => ops.convertToNumpy(x as unknown as number[]))(grid), StateError);
});

Deno.test("saturateCast gives the ends of the integers beyond them", () => {
  const found = ops.saturateCast(tensor([3e9, -3e9, 2147483520, -7.9]), { dtype: "int32" });
  assert.deepEqual([...found.data], [2147483647, -2147483648, 2147483520, -7]);
});

Deno.test("a copy shares nothing", () => {
  const copied = ops.copy(grid);
  copied.data[0] = 9;
  assert.equal(grid.data[0], 1);
});
