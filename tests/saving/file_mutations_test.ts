// Damaged files of every format: a slice of the mutations; `deno task fuzz:files` opens 2,000 of each.
import assert from "node:assert/strict";
import { useBackend } from "../backends.ts";
import { mutateFiles } from "./file_mutations.ts";

const slice = 40;

Deno.test(`${slice} damaged files of each format are opened or refused [slow] [wasm]`, async () => {
  await useBackend("wasm");
  const results = Object.entries(await mutateFiles(slice));
  assert.equal(results.length, 12);
  for (const [format, outcomes] of results) {
    const { opened = 0, refused = 0, ...others } = outcomes;
    assert.deepEqual(others, {}, format);
    assert.equal(opened + refused, slice, format);
    assert.ok(refused > 2, `${format}: ${JSON.stringify(outcomes)}`);
  }
});
