// What tensors look like: as NumPy prints arrays, as nested lists in JSON, and element by element.
import assert from "node:assert/strict";
import { makeArray } from "../../lib/dtype.ts";
import { DTypeError, ShapeError } from "../../lib/errors.ts";
import { sizeOf } from "../../lib/shape.ts";
import { arrayText } from "../../lib/tensor/print.ts";
import { Tensor, tensor } from "../../lib/tensor/tensor.ts";
import { golden, type Table } from "../golden.ts";

const { arrays, ranges } = golden("printed");

Deno.test("arrays are printed as NumPy prints them", () => {
  for (const { array, text } of arrays as readonly Table[]) {
    assert.equal(arrayText(array.shape, array.dtype, makeArray(array.dtype, array.data)), text);
  }
  for (const { shape, dtype, factor, offset, text } of ranges as readonly Table[]) {
    const numbers = Array.from({ length: sizeOf(shape) }, (_, i) => i * factor + offset);
    assert.equal(arrayText(shape, dtype, makeArray(dtype, numbers)), text);
  }
});

Deno.test("console.log of a tensor shows dtype, shape and elements", () => {
  assert.equal(Deno.inspect(tensor([[1, 2], [3, 4.5]])), "Tensor float32 [2, 2]\n[[1.  2. ]\n [3.  4.5]]");
  assert.equal(Deno.inspect(tensor([1, 2], undefined, "int32")), "Tensor int32 [2] [1 2]");
  assert.equal(Deno.inspect(tensor(true)), "Tensor bool [] True");
  const gone = tensor([1, 2]);
  structuredClone(gone.data.buffer, { transfer: [gone.data.buffer] });
  assert.equal(Deno.inspect(gone), "Tensor float32 [2] (its buffer was given away)");
});

Deno.test("a tensor as text shows what console.log does, and its kind alone in a template", () => {
  const x = tensor([[1, 2], [3, 4.5]]);
  assert.equal(x.toString(), "Tensor float32 [2, 2]\n[[1.  2. ]\n [3.  4.5]]");
  assert.equal(`${x}`, "Tensor float32 [2, 2]");
});

Deno.test("JSON of a tensor has nested lists", () => {
  assert.equal(JSON.stringify({ x: tensor([[1, 2], [3, 4.5]]) }), '{"x":[[1,2],[3,4.5]]}');
  assert.equal(JSON.stringify(tensor([true, false])), "[true,false]");
  assert.equal(JSON.stringify(tensor([NaN, 1])), "[null,1]");
});

Deno.test("an element is read by its indices", () => {
  const x = new Tensor([2, 3], "int32", Int32Array.of(1, 2, 3, 4, 5, 6));
  assert.equal(x.item(0, 2), 3);
  assert.equal(x.item(-1, -3), 4);
  for (const indices of [[0], [2, 0], [0, 3], [0, -4], [0.5, 0], [0, 0, 0]]) {
    assert.throws(() => x.item(...indices), ShapeError, `${indices}`);
  }
});

Deno.test("lists have the depth that their rank says", () => {
  const matrix = new Tensor([2, 2], "float32", Float32Array.of(1, 2, 3, 4));
  const sum: number = matrix.toArray(2)[1][0] + tensor(7).toArray(0) + matrix.reshape([1, 1, 4]).toArray(3)[0][0][3];
  assert.equal(sum, 14);
  assert.throws(() => matrix.toArray(1), ShapeError);
  assert.throws(() => tensor([true]).toArray(1), DTypeError);
});
