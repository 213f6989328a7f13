// The shaders: what lowered elementwise programs call is there, and every file is imported.
import assert from "node:assert/strict";
import type { DType } from "../../lib/dtype.ts";
import type { ElementwiseProgram } from "../../lib/ir/attrs.ts";
import { type ElementwiseName, elementwiseNames, elementwiseRows } from "../../lib/ir/elementwise.ts";
import { UniformWords } from "../../lib/ops/webgpu/index_math.ts";
import { programLines } from "../../lib/ops/webgpu/program_code.ts";
import { elementwiseModule, shaders } from "../../lib/ops/webgpu/shaders.ts";

const dtypes: readonly DType[] = ["float32", "int32", "uint8", "bool"];

/** The programs that are a function alone: one for each dtype that it takes, and that it gives if that is free. */
function programsOf(fn: ElementwiseName): ElementwiseProgram[] {
  const { arity, takes, gives }: { arity: number; takes?: DType; gives?: DType } = elementwiseRows[fn];
  const args = Array.from({ length: arity }, (_, i) => i);
  return (takes ? [takes] : dtypes).flatMap((from) => {
    const operands = args.map((i): DType => arity === 3 && i === 0 ? "bool" : from);
    const results = fn === "cast" ? dtypes : [gives ?? from];
    return results.map((dtype) => ({ operands, steps: [{ fn, args, dtype }], results: [arity] }));
  });
}

Deno.test("elementwise.wgsl has every function that lowering calls, for every type of operands", () => {
  const declared = elementwiseModule();
  const called = elementwiseNames.flatMap((fn) => {
    const names = programsOf(fn).flatMap((program) => {
      const code = programLines(program, (i) => `x${i}`, new UniformWords()).join("\n");
      return [...code.matchAll(/(\w+)\(/g)].map(([, name]) => name);
    });
    assert.ok(names.length > 0 || elementwiseRows[fn].isIdentity, fn);
    return names;
  });
  assert.deepEqual([...new Set(called)].filter((name) => !declared.has(name)), []);
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
