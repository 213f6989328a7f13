// Each shader's line `// needs:` against the generated headers, in every variant that the ops' samples produce.
import assert from "node:assert/strict";
import { bindRanges } from "../../lib/exec/webgpu/bindings.ts";
import { Gpu, type Pipeline } from "../../lib/exec/webgpu/device.ts";
import { WebGpuExecutor } from "../../lib/exec/webgpu/executor.ts";
import { type BuiltKernel, headerOf } from "../../lib/exec/webgpu/kernel.ts";
import type { OpName } from "../../lib/ir/attrs.ts";
import type { KernelCall } from "../../lib/ops/webgpu/lowering.ts";
import { softwareTuning } from "../../lib/ops/webgpu/kernels/software.ts";
import { gpuTuning, type Tuning } from "../../lib/ops/webgpu/kernels/tuning.ts";
import { elementwiseModule, libraryFiles, moduleOf, type ShaderFile, shaders } from "../../lib/ops/webgpu/shaders.ts";
import { type Declaration, declarationsOf, type Module } from "../../lib/ops/webgpu/wgsl.ts";
import { emitting, table } from "../ops/op_table.ts";
import { checkPrograms } from "./program_checks.ts";
import { traceOn } from "../run_on.ts";

const files = Object.keys(shaders) as ShaderFile[];

/** A file's needs by name: the type or signature; uniform fields are under `params.name`. */
type Needs = ReadonlyMap<string, string>;

/** The items of a comma-separated list, ignoring commas in brackets. */
function itemsOf(list: string): string[] {
  const items = [""];
  let depth = 0;
  for (const char of list) {
    if (char === "(" || char === "{") depth++;
    if (char === ")" || char === "}") depth--;
    if (char === "," && depth === 0) items.push("");
    else items[items.length - 1] += char;
  }
  return items.map((item) => item.trim()).filter((item) => item !== "");
}

/** The needs of a file: the last paragraph of its first comment. */
function readNeeds(file: ShaderFile): Needs {
  const head = shaders[file].split(/^(?!\/\/)/m)[0];
  const [, text] = /\n\/\/ needs: ([^]*)$/.exec(head) ?? assert.fail(`${file} does not say what it needs`);
  const needs = new Map<string, string>();
  const lines = text.trim().replaceAll("\n//", " ").replaceAll(/\s+/g, " ");
  for (const item of lines === "nothing" ? [] : itemsOf(lines)) {
    const [, params] = /^params \{(.*)\}$/.exec(item) ?? [];
    const [, name, signature] = /^fn (\w+)(\(.*)$/.exec(item) ?? [];
    if (params) {
      for (const field of itemsOf(params)) {
        const [fieldName, type = "u32"] = field.split(": ");
        needs.set(`params.${fieldName}`, type);
      }
    } else if (name) needs.set(name, signature);
    else if (item.startsWith("alias ")) needs.set(item.slice(6), "alias");
    else if (item.startsWith("const ")) {
      const [constant, type = "bool"] = item.slice(6).split(" ");
      needs.set(constant, type);
    } else needs.set(item.slice(0, item.indexOf(" ")), item.slice(item.indexOf(" ") + 1));
  }
  return needs;
}

const needsOfFiles = new Map(files.map((file) => [file, readNeeds(file)]));
const needsOf = (file: ShaderFile): Needs => needsOfFiles.get(file)!;

/** The type of a header's declaration in the form of needs, with aliases resolved. */
function typeOf({ name, pieces }: Declaration, aliases: ReadonlyMap<string, string>): string {
  const text = pieces.join("");
  const named = (type: string) => aliases.get(type) ?? type;
  if (text.startsWith("alias")) return "alias";
  if (text.startsWith("const")) return /= (true|false);/.test(text) ? "bool" : "u32";
  const [, list, result] = /^fn \w+\(([^)]*)\)(?: -> ([^{]*))? \{/.exec(text)!;
  const types = itemsOf(list).map((parameter) => named(parameter.split(": ")[1]));
  if (name.startsWith("load_")) return named(result);
  if (name.startsWith("store_")) return types[1];
  return `(${types.join(", ")})${result ? ` -> ${named(result)}` : ""}`;
}

/** The contents of a call's header, by name, the header itself, and a function that resolves aliases in a type. */
function givenBy(call: KernelCall): { header: Module; given: Needs; resolve: (type: string) => string } {
  const header = declarationsOf(headerOf(call, bindRanges(call.operands), () => ""));
  const aliases = new Map<string, string>();
  for (const { pieces } of header.values()) {
    const [, name, type] = /^alias (\w+) = (\w+);$/.exec(pieces.join("")) ?? [];
    if (name) aliases.set(name, type);
  }
  const given = new Map([...header].map(([name, declaration]) => [name, typeOf(declaration, aliases)]));
  for (const [name, type] of call.params) given.set(`params.${name}`, type);
  const resolve = (type: string) => type.replaceAll(/\w+/g, (word) => aliases.get(word) ?? word);
  return { header, given, resolve };
}

/** For each file, the parts of the header that functions reached by a kernel use. */
function usedBy({ file, entry }: KernelCall, header: Module): Map<ShaderFile, Set<string>> {
  const places: [ShaderFile | undefined, Module][] = [
    [undefined, header],
    ...[file, ...libraryFiles, "elementwise.wgsl" as const].map((each): [ShaderFile, Module] => [each, moduleOf(each)]),
  ];
  const used = new Map<ShaderFile, Set<string>>();
  const seen = new Set<Declaration>();
  const visit = (name: string) => {
    const [at, module] = places.find(([, module]) => module.has(name)) ?? [];
    const declaration = module?.get(name);
    if (!declaration || seen.has(declaration)) return;
    seen.add(declaration);
    declaration.pieces.forEach((piece, i) => {
      if (i % 2 === 0) return;
      visit(piece);
      if (!at) return;
      if (!used.has(at)) used.set(at, new Set());
      const field = piece === "params" ? /^\.(\w+)/.exec(declaration.pieces[i + 1])?.[1] : undefined;
      if (field) used.get(at)!.add(`params.${field}`);
      else if (header.has(piece) || needsOf(at).has(piece)) used.get(at)!.add(piece);
    });
  };
  visit(`${entry}_at`);
  return used;
}

/** A device that records kernels instead of compiling and running them. */
class Recorder extends Gpu {
  readonly calls = new Map<string, KernelCall>();
  readonly #idle = this.device.createComputePipeline({
    layout: "auto",
    compute: { module: this.device.createShaderModule({ code: "@compute @workgroup_size(1) fn idle() {}" }) },
  });

  override pipeline({ key, calls, readOnly }: BuiltKernel): Pipeline {
    calls.forEach((call, i) => this.calls.set(`${i} ${key}`, call));
    return { gpu: this.#idle, layout: this.layout(readOnly) };
  }

  override submit(): void {}
}

/** Every call of ops and programs with a given tuning, or those of one op. */
async function callsWith(tuning: Tuning, only?: OpName): Promise<KernelCall[]> {
  const adapter = await navigator.gpu.requestAdapter();
  const gpu = new Recorder(await adapter!.requestDevice(), tuning, "recorder");
  const executor = new WebGpuExecutor(gpu);
  for (const [op, samples] of table) {
    if (only && op !== only) continue;
    for (const { inputs, attrs } of samples) await traceOn(executor, emitting(op, attrs), inputs);
  }
  if (!only) {
    // Small ones are constants.
    await traceOn(executor, emitting("iota", { shape: [300, 300], axis: 0, dtype: "int32" }), []);
    // Nothing is computed, so the results of the checks do not matter.
    await checkPrograms(executor, executor);
  }
  gpu.device.destroy();
  return [...gpu.calls.values()];
}

Deno.test("functions that any shader may call have names of their own", () => {
  const names = [...libraryFiles.map(moduleOf), elementwiseModule()].flatMap((module) => [...module.keys()]);
  assert.deepEqual(names.filter((name, i) => names.indexOf(name) !== i), []);
});

Deno.test("every shader needs what it says, and every header gives it [webgpu]", async () => {
  const calls = [
    ...await callsWith(softwareTuning),
    ...await callsWith(gpuTuning),
    ...await callsWith({ ...gpuTuning, sortedScatter: 3 }, "scatterAdd"),
  ];
  const faults = new Set<string>();
  const all = new Map(files.map((file) => [file, new Set<string>()]));
  for (const call of calls) {
    const { header, given, resolve } = givenBy(call);
    for (const [file, names] of usedBy(call, header)) {
      const needs = needsOf(file);
      for (const name of names) {
        all.get(file)!.add(name);
        const [needed, found] = [needs.get(name), given.get(name)];
        if (needed === undefined || resolve(needed) !== found) {
          faults.add(`${call.file}:${call.entry}: ${file} needs ${name} ${needed}, its header gives ${found}`);
        }
      }
    }
  }
  for (const file of files) {
    const stale = [...needsOf(file).keys()].filter((name) => !all.get(file)!.has(name));
    if (stale.length > 0) faults.add(`${file} needs ${stale.join(", ")}, but no kernel that was built uses it`);
  }
  assert.deepEqual([...faults], []);
  assert.ok(calls.length > 500, `${calls.length} calls`);
});
