// The examples that follow keras.io: each has a twin in Python and a row in the table of results.
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";

const folder = new URL("../../examples/ported/", import.meta.url);
const read = (file: string) => readFileSync(new URL(file, folder), "utf8");

Deno.test("each ported example has a twin in Python and a row in the table", () => {
  const follows = (file: string) => read(file).split("\nimport")[0].includes("keras.io/examples/");
  const examples = readdirSync(folder).filter((file) => file.endsWith(".ts") && follows(file)).sort();
  assert.ok(examples.length > 0);
  const rows = [...read("README.md").matchAll(/^\| \[(\w+\.ts)\]\((\w+\.ts)\)/gm)];
  assert.deepEqual(rows.map(([, name]) => name), examples);
  assert.deepEqual(rows.map(([, , file]) => file), examples);
  for (const file of examples) {
    assert.ok(existsSync(new URL(`python/${file.replace(".ts", ".py")}`, folder)), `${file} has no twin`);
  }
});
