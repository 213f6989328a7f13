// Compound dispatches: small calls that follow each other become stages of one workgroup, with barriers between.
//
// Each stage is the shader of its call as it stands, its module-scope names numbered so that stages can lie in one module.
import {
  accessorOf,
  type Binding,
  type BuiltKernel,
  type KernelCall,
  type Operand,
  packParams,
  type Param,
  paramsStruct,
} from "./header.ts";
import { shaders } from "./shaders.ts";
import { maxBuffers } from "./view.ts";

/** A call that one workgroup can do. */
export interface Stage {
  readonly call: KernelCall;
  readonly threads: number;
  /** The node it comes from. */
  readonly origin: string;
}

const maxStages = 32;
/** Threads of the workgroup: the most that WebGPU grants everywhere. */
const groupSize = 256;

/** Whether a call can join stages: within the limit of buffers, of which each is bound once. */
export function canJoin(stages: readonly Stage[], call: KernelCall): boolean {
  const buffers = new Set([...stages.map((stage) => stage.call), call].flatMap(buffersOf));
  return stages.length < maxStages && buffers.size <= maxBuffers;
}

const buffersOf = ({ operands }: KernelCall) => operands.map(({ view }) => view.buffer);

/** The kernel of several stages: one workgroup that does one after the other. */
export function buildCompound(stages: readonly Stage[]): BuiltKernel {
  const bindings = bindingsOf(stages);
  const indexOf = ({ view }: Operand) => bindings.findIndex(({ buffer }) => buffer === view.buffer);
  const written = new Set(
    stages.flatMap(({ call }) =>
      call.operands.filter(({ access }) => access !== "load").map(({ view }) => view.buffer)
    ),
  );
  const readOnly = bindings.map(({ buffer }) => !written.has(buffer));
  const threads = stages.map((stage) => stage.threads);
  while (threads.length % 4 !== 0) threads.push(0);
  const counts: Param = ["threads", "vec4s", threads];

  const modules: string[] = [];
  const fields: string[] = [];
  const params: number[] = [...packParams([counts])];
  const steps: string[] = [];
  const pending: Operand[] = [];
  stages.forEach(({ call }, at) => {
    // Where a value begins in its binding, in words (packed: in bytes).
    const bases = call.operands.map((operand): Param => {
      const { offset, packed } = operand.view;
      const bytes = offset - bindings[indexOf(operand)].offset;
      return [`${operand.name}_base`, "u32", packed ? bytes : bytes / 4];
    });
    const own: Param[] = [...bases, ...call.params];
    const accessors = call.operands.map((operand) =>
      accessorOf(operand, `buffer_${indexOf(operand) + 1}`, "u32", `params.${operand.name}_base + i`)
    );
    const { text, entry } = stageText(call, [
      paramsStruct(own),
      ...(call.constants ?? []),
      ...accessors,
      ...(call.functions ? [call.functions] : []),
    ], at);
    modules.push(text);
    fields.push(`  @align(16) stage_${at}: Params_stage_${at},`);
    params.push(...packParams(own));
    if (call.operands.some((operand) => pending.some((before) => collide(before, operand)))) {
      steps.push("  storageBarrier();");
      pending.length = 0;
    }
    pending.push(...call.operands);
    const count = `params.threads[${at >> 2}].${"xyzw"[at & 3]}`;
    steps.push(
      `  for (var i = thread; i < ${count}; i += ${groupSize}u) {\n    ${entry}(vec3(i, 0u, 0u), vec3(1u));\n  }`,
    );
  });
  const label = `compound of ${stages.map(({ call }) => call.entry).join(", ")}`;
  const code = [
    `// ${label}`,
    `struct Params {\n  threads: array<vec4<u32>, ${threads.length / 4}>,\n${fields.join("\n")}\n}`,
    "@group(0) @binding(0) var<uniform> params: Params;",
    ...bindings.map((_, i) => {
      const access = readOnly[i] ? "read" : "read_write";
      return `@group(0) @binding(${i + 1}) var<storage, ${access}> buffer_${i + 1}: array<u32>;`;
    }),
    ...modules,
    `@compute @workgroup_size(${groupSize})`,
    `fn compound(@builtin(local_invocation_index) thread: u32) {\n${steps.join("\n")}\n}`,
    ...(stages.some(({ call }) => call.usesElementwise) ? [shaders["elementwise.wgsl"]] : []),
  ].join("\n");
  return { code, entry: "compound", label, readOnly, bindings, params: Uint32Array.from(params) };
}

/** One binding for each buffer: the range from its first operand to the end of its last. */
function bindingsOf(stages: readonly Stage[]): Binding[] {
  const bindings: { buffer: GPUBuffer; offset: number; bytes: number }[] = [];
  for (const { call } of stages) {
    for (const { view: { buffer, offset, bytes } } of call.operands) {
      const known = bindings.find((binding) => binding.buffer === buffer);
      if (!known) {
        bindings.push({ buffer, offset, bytes });
        continue;
      }
      const end = Math.max(known.offset + known.bytes, offset + bytes);
      known.offset = Math.min(known.offset, offset);
      known.bytes = end - known.offset;
    }
  }
  return bindings;
}

/** Whether one writes what the other reads or writes. */
function collide(a: Operand, b: Operand): boolean {
  if (a.access === "load" && b.access === "load") return false;
  return a.view.buffer === b.view.buffer && a.view.offset < b.view.offset + b.view.bytes &&
    b.view.offset < a.view.offset + a.view.bytes;
}

/**
 * The text of a stage: header and shader with `_stage_3` after each of its own names, which no name in a shader ends in,
 * the entry a function of its thread.
 */
function stageText(call: KernelCall, header: readonly string[], at: number): { text: string; entry: string } {
  const file = entryAlone(shaders[call.file], call.entry);
  const text = [...header, file].join("\n");
  const declared = [...text.matchAll(/^(?:fn|const|alias|struct|override)\s+(\w+)/gm)].map((match) => match[1]);
  const names = new RegExp(`(?<![.\\w])(${declared.join("|")})\\b`, "g");
  return {
    text: text.replace(names, `$1_stage_${at}`).replace(/(?<![.\w])params\b/g, `params.stage_${at}`),
    entry: `${call.entry}_stage_${at}`,
  };
}

/** A shader without comments, workgroup memory and other entry points, and its entry without attributes. */
function entryAlone(source: string, entry: string): string {
  return source.replace(/^\s*\/\/.*\n/gm, "").replace(/^var<workgroup>.*\n/gm, "")
    .replace(
      /^@compute @workgroup_size\([^)]*\)\nfn (\w+)\(([^]*?)\) \{([^]*?)\n\}\n/gm,
      (_, name, args, body) =>
        name === entry ? `fn ${name}(${args.replace(/@builtin\(\w+\)\s*/g, "")}) {${body}\n}\n` : "",
    );
}
