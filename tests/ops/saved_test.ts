// How functions of ops stand in files: each form is that of a function, and what an elementwise row says is there.
import assert from "node:assert/strict";
import { elementwiseNames } from "../../lib/ir/elementwise.ts";
import { functions, savedClassOf, savedForms } from "../../lib/ops/functions.ts";
import { elementwise } from "../../lib/ops/elementwise.ts";

Deno.test("every saved form belongs to a function of ops", () => {
  assert.deepEqual(Object.keys(savedForms).filter((name) => !(name in functions)), []);
});

Deno.test("every elementwise function but that of random bits is a function of ops and has a saved form", () => {
  const saved = new Set<unknown>(Object.keys(savedForms).map((name) => functions[name as keyof typeof functions]));
  assert.deepEqual(elementwiseNames.filter((name) => !saved.has(elementwise[name])), ["bitsToUnit"]);
});

Deno.test("forms are Keras's: classes, modules, and what stands in the config", () => {
  assert.deepEqual(
    ["abs", "absolute", "negative", "isnan", "where", "trueDivide", "swish", "isin", "image"].map(savedClassOf),
    ["Absolute", "Absolute", "Negative", "Isnan", "Where", "TrueDivide", "Silu", "IsIn", undefined],
  );
  assert.deepEqual(savedForms.round, { inputs: 1, fixed: { decimals: 0 } });
  assert.deepEqual(savedForms.cast, { inputs: 1, module: "core", keys: { dtype: null } });
  assert.deepEqual(savedForms.where, { inputs: 3 });
});
