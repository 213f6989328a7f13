// A slice of the comparison of random models with Keras (`deno task compare`): seeds of tests/keras/compare/generate.py.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { compareCase, type ComparedCase } from "./compare/compared.ts";

const { cases }: { cases: ComparedCase[] } = JSON.parse(
  readFileSync(new URL("compare/slice.json", import.meta.url), "utf8"),
);

Deno.test("the slice holds trained models beside others", () => {
  assert.ok(cases.filter(({ options }) => options).length >= 8);
  assert.ok(cases.filter(({ outputs }) => outputs).length >= 24);
});

for (const spec of cases) {
  Deno.test(`the random model ${spec.name} is Keras's: config, ${spec.outputs ? "outputs" : "training"} [eigen]`, async () => {
    assert.deepEqual(await compareCase(spec), { kind: "equal" });
  });
}
