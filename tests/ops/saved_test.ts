// What is derived from the rows of elementwise functions, and how functions of `ops` are written to files.
import assert from "node:assert/strict";
import { elementwiseNames, elementwiseRows } from "../../lib/ir/elementwise.ts";
import { functions } from "../../lib/layers/operation.ts";
import { savedClassOf, savedForms } from "../../lib/ops/saved.ts";
import { type Tensor, tensor } from "../../lib/tensor/tensor.ts";

Deno.test("every saved form belongs to a function of ops", () => {
  assert.deepEqual(Object.keys(savedForms).filter((name) => !functions.has(name)), []);
});

Deno.test("every elementwise row but that of random bits has its function of ops, which computes it", () => {
  const arguments_ = [0.75, 0.5, 2];
  for (const name of elementwiseNames) {
    const { arity, inOps = name, scalar, takes, gives } = elementwiseRows[name];
    if (inOps === null || name === "cast") continue;
    const numbers = takes === "bool" || arity === 3 ? [1, ...arguments_.slice(1)] : arguments_;
    const call = functions.get(inOps) as (...operands: Tensor[]) => Tensor;
    assert.ok(call, `there is no ops.${inOps}`);
    const result = call(...numbers.slice(0, arity).map((x) => tensor(x)));
    const [a, b, c] = numbers.map((x) => (takes === "bool" ? Number(x !== 0) : x));
    const dtype = gives ?? takes ?? "float32";
    assert.equal(result.dtype, dtype, name);
    assert.equal(result.item(), Math.fround(scalar(a, b, c, dtype)), name);
  }
  assert.deepEqual(elementwiseNames.filter((name) => elementwiseRows[name].inOps === null), ["bitsToUnit"]);
});

Deno.test("forms are Keras's: classes, modules, and what stands in the config", () => {
  assert.deepEqual(
    ["abs", "negative", "isnan", "where", "trueDivide", "swish", "isin", "image"].map(savedClassOf),
    ["Absolute", "Negative", "Isnan", "Where", "TrueDivide", "Silu", "IsIn", undefined],
  );
  assert.deepEqual(savedForms.round, { inputs: 1, fixed: { decimals: 0 } });
  assert.deepEqual(savedForms.cast, { inputs: 1, module: "core", keys: { dtype: null } });
  assert.deepEqual(savedForms.where, { inputs: 3 });
});
