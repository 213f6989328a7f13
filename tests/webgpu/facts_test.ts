// The WGSL facts of the op table: each names a shader that is there, and a function in it.
import assert from "node:assert/strict";
import { shaders } from "../../lib/exec/webgpu/shaders.ts";
import { opDef } from "../../lib/ir/op_def.ts";
import { opNames } from "../../lib/ops/defs/table.ts";

Deno.test("every op names a shader and an entry that exist", () => {
  for (const op of opNames) {
    const { wgsl } = opDef(op);
    assert.ok("file" in wgsl, `${op} has no shader`);
    const text = (shaders as Record<string, string>)[wgsl.file];
    assert.ok(text, `${op}: there is no ${wgsl.file}`);
    const name = `${wgsl.entry}_(${wgsl.file === "elementwise.wgsl" ? "(f32|i32|bool)\\w*" : "at"})`;
    assert.match(text, new RegExp(`^fn ${name}\\(`, "m"), `${op}: ${wgsl.file} has no ${wgsl.entry}`);
  }
});

Deno.test("all shader files are imported, and say what they are for", async () => {
  const folder = new URL("../../shaders/", import.meta.url);
  const files = await Promise.all(["", "software/"].map(async (part) => {
    const names = await Array.fromAsync(Deno.readDir(new URL(part, folder)), ({ name }) => part + name);
    return names.filter((name) => name.endsWith(".wgsl"));
  }));
  assert.deepEqual(files.flat().sort(), Object.keys(shaders).sort());
  for (const [name, text] of Object.entries(shaders)) assert.match(text, /^\/\/ \w/, name);
});
