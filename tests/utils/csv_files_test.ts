// loadCsv: columns of numbers as tensors, and the others as texts.
import assert from "node:assert/strict";
import { FileError } from "../../lib/errors.ts";
import { loadCsv } from "../../lib/utils/csv_files.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

Deno.test("columns of numbers are tensors, the others texts", async () => {
  const { numbers, texts } = await loadCsv(bytes('a,b,c,d,e\n1,1.5,x,,7\n-2, ,"y, z",NA,3000000000\n+3,1e-2,4,,0\n'));
  assert.deepEqual(Object.keys(numbers), ["a", "b", "e"]);
  assert.deepEqual([numbers.a.dtype, numbers.a.toArray()], ["int32", [1, -2, 3]]);
  assert.deepEqual([numbers.b.dtype, numbers.b.toArray()], ["float32", [1.5, NaN, Math.fround(0.01)]]);
  // What int32 cannot hold.
  assert.deepEqual([numbers.e.dtype, numbers.e.toArray()], ["float32", [7, 3e9, 0]]);
  assert.deepEqual(texts, { c: ["x", "y, z", "4"], d: ["", "NA", ""] });
});

Deno.test("columns without names have their numbers", async () => {
  const { numbers, texts } = await loadCsv(bytes("1;a\n2;b\n"));
  assert.deepEqual([numbers["0"].toArray(), texts], [[1, 2], { "1": ["a", "b"] }]);
});

Deno.test("files that are no tables are refused", async () => {
  const refused = (text: string, pattern: RegExp) =>
    assert.rejects(loadCsv(bytes(text)), (error: Error) => error instanceof FileError && pattern.test(error.message));
  await refused("a,b\n1,2\n3\n", /1 cells in row 3 and 2 in the first/);
  await refused("a,b,a\n1,2,3\n", /names of their own, received "a" twice/);
  await refused("", /received none/);
  await assert.rejects(loadCsv("nowhere.csv"), FileError);
});
