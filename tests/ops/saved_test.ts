// What is derived from the rows of elementwise functions, and how functions of `ops` are written to files.
import assert from "node:assert/strict";
import { elementwiseNames, elementwiseRows } from "../../lib/ir/elementwise.ts";
import { functions } from "../../lib/layers/operation.ts";
import { argumentNames } from "../../lib/ops/lift.ts";
import { camelCase } from "../../lib/names.ts";
import { savedClassOf, savedForms } from "../../lib/ops/saved.ts";
import { type Tensor, tensor } from "../../lib/tensor/tensor.ts";
import { Input, Model, ops } from "../../mod.ts";

Deno.test("every saved form belongs to a function of ops", () => {
  assert.deepEqual(Object.keys(savedForms).filter((name) => !functions.has(name)), []);
});

Deno.test("every elementwise row but those of random bits and of halves has its function of ops, which computes it", () => {
  const arguments_ = [0.75, 0.5, 2];
  for (const name of elementwiseNames) {
    const { arity, inOps = name, scalar, takes, gives } = elementwiseRows[name];
    if (inOps === null || name === "cast") continue;
    const numbers = takes === "int32"
      ? [44, 2, 0]
      : takes === "bool" || arity === 3
      ? [1, ...arguments_.slice(1)]
      : arguments_;
    const call = functions.get(inOps) as (...operands: Tensor[]) => Tensor;
    assert.ok(call, `there is no ops.${inOps}`);
    const result = call(
      ...numbers.slice(0, arity).map((x) => tensor(x, undefined, takes === "int32" ? "int32" : "float32")),
    );
    const [a, b, c] = numbers.map((x) => (takes === "bool" ? Number(x !== 0) : x));
    const dtype = gives ?? takes ?? "float32";
    assert.equal(result.dtype, dtype, name);
    assert.equal(result.item(), Math.fround(scalar(a, b, c, dtype)), name);
  }
  assert.deepEqual(elementwiseNames.filter((name) => elementwiseRows[name].inOps === null), [
    "bitsToUnit",
    "roundToFloat16",
    "roundToBfloat16",
  ]);
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

Deno.test("arguments have the names that they have in Keras's files", () => {
  const wrong = Object.entries(savedForms).flatMap(([name, { keys, optionsFrom, inCall }]) => {
    const expected = optionsFrom === undefined ? Object.keys(keys ?? {}).map(camelCase) : [];
    // Files have some of the arguments among the inputs.
    const first = inCall?.findIndex((place, i) => place !== i) ?? 0;
    const own = argumentNames(functions.get(name)!).filter((_, i) => !inCall?.includes(first + i));
    const found = own.slice(expected.length === 0 ? Infinity : -expected.length);
    return found.join() === expected.join() ? [] : [`${name}: ${found.join()}, not ${expected.join()}`];
  });
  // Their arguments come before operands.
  assert.deepEqual(wrong.map((text) => text.split(":")[0]), ["einsum", "slice"]);
});

const x = tensor([[1, 2, 3], [4, 5, 6]]);

Deno.test("arguments by name do what they do by position", () => {
  const y = tensor([3, 1, 2]);
  const pairs: [Tensor | Tensor[], Tensor | Tensor[]][] = [
    [ops.sum(x, { axis: 1, keepdims: true }), ops.sum(x, 1, true)],
    [ops.mean(x, { axis: [0, 1] }), ops.mean(x, [0, 1])],
    [ops.max(x, { keepdims: true }), ops.max(x, null, true)],
    [ops.sum(x, 1, { keepdims: true } as unknown as boolean), ops.sum(x, 1, true)],
    [ops.oneHot(y, { numClasses: 4 }), ops.oneHot(y, 4)],
    [ops.oneHot(y, 4, { dtype: "int32" }), ops.oneHot(y, 4, -1, "int32")],
    [ops.concatenate([x, x], { axis: -1 }), ops.concatenate([x, x], -1)],
    [ops.split(x, 3, { axis: 1 }), ops.split(x, 3, 1)],
    [ops.split(x, { indicesOrSections: [1], axis: 1 }), ops.split(x, [1], 1)],
    [ops.cast(x, { dtype: "int32" }), ops.cast(x, "int32")],
    [ops.softmax(x, { axis: 0 }), ops.softmax(x, 0)],
    [ops.take(x, tensor([1], undefined, "int32"), { axis: 1 }), ops.take(x, tensor([1], undefined, "int32"), 1)],
    [ops.clip(x, { xMin: 2, xMax: 4 }), ops.clip(x, 2, 4)],
    [ops.expandDims(x, { axis: 1 }), ops.expandDims(x, 1)],
    [ops.linspace(0, 1, { num: 3, endpoint: false }), ops.linspace(0, 1, 3, false)],
    [ops.sum(x, {}), ops.sum(x)],
    [ops.pad(x, 1, { constantValues: 7 }), ops.pad(x, 1, "constant", 7)],
    [ops.zeros([2], { dtype: "int32" }), ops.zeros([2], "int32")],
    [ops.ones([2], { dtype: "bool" }), ops.ones([2], "bool")],
    [ops.full([2], 3, { dtype: "int32" }), ops.full([2], 3, "int32")],
    [ops.arange(3, { dtype: "float32" }), ops.arange(0, 3, 1, "float32")],
    [ops.arange(1, { stop: 6, step: 2 }), ops.arange(1, 6, 2)],
  ];
  for (const [actual, expected] of pairs) assert.deepEqual(actual, expected);
});

Deno.test("arguments by name are saved as those by position", () => {
  const input = Input({ shape: [2, 3] });
  const byName = new Model({ inputs: input, outputs: ops.sum(input, { axis: -1, keepdims: true }), name: "m" });
  const other = new Model({ inputs: input, outputs: ops.sum(input, -1, true), name: "m" });
  const functionsOf = (model: Model) => (model.getConfig().layers as { class_name: string; config: object }[]).at(-1)!;
  assert.deepEqual(functionsOf(byName).config, { name: "sum", axis: -1, keepdims: true });
  assert.deepEqual({ ...functionsOf(other).config, name: "sum" }, functionsOf(byName).config);
});
