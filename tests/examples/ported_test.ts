// The examples that follow keras.io: each has a twin in Python and a row in the table of results.
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";

const folder = new URL("../../examples/ported/", import.meta.url);
const read = (file: string) => readFileSync(new URL(file, folder), "utf8");

Deno.test("each ported example says which page it follows, has a twin in Python, and a row in the table", () => {
  const programs = readdirSync(folder).filter((file) =>
    file.endsWith(".ts") && read(file).includes("import.meta.main")
  );
  assert.ok(programs.length > 0);
  const rows = [...read("README.md").matchAll(/^\| \[(\w+\.ts)\]\((\w+\.ts)\)/gm)].map((
    [, name, file],
  ) => [name, file]);
  const expected = programs.map((file) => [file, file]).sort();
  assert.deepEqual(rows, expected);
  for (const file of programs) {
    assert.match(read(file).split("\nimport")[0], /keras\.io\/examples\//, `${file} names no page`);
    assert.ok(existsSync(new URL(`python/${file.replace(".ts", ".py")}`, folder)), `${file} has no twin`);
  }
});
