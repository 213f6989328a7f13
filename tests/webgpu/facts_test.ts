// The shaders: every elementwise function is there, and every file is imported.
import assert from "node:assert/strict";
import type { DType } from "../../lib/dtype.ts";
import { elementType } from "../../lib/ops/webgpu/operand.ts";
import { shaders } from "../../lib/ops/webgpu/shaders.ts";
import { elementwiseNames, elementwiseRows } from "../../lib/ir/elementwise.ts";
import { snakeCase } from "../../lib/names.ts";

Deno.test("elementwise.wgsl has every function, for every type of operands", () => {
  const text = shaders["elementwise.wgsl"];
  const missing = elementwiseNames.filter((name) => !elementwiseRows[name].isIdentity).flatMap((name) => {
    const { takes, hasBools }: { takes?: DType; hasBools?: boolean } = elementwiseRows[name];
    const types = takes ? [elementType(takes)] : ["f32", "i32", ...(hasBools ? ["bool"] : [])];
    return types.map((type) => `${snakeCase(name)}_${type}`).filter((fn) => !text.includes(`\nfn ${fn}(`));
  });
  assert.deepEqual(missing, []);
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
