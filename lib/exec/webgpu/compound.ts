// Compound dispatches: consecutive small calls become stages of one workgroup, with barriers in between.
import { bindBuffers, bindingLines } from "./bindings.ts";
import { type BuiltKernel, headerOf, scopeOf } from "./kernel.ts";
import type { KernelCall } from "../../ops/webgpu/lowering.ts";
import type { Operand } from "../../ops/webgpu/operand.ts";
import type { Origin } from "../../ir/origin.ts";
import { elementwiseModule } from "../../ops/webgpu/shaders.ts";
import { packParams, type Param, paramsStruct } from "../../ops/webgpu/uniform.ts";
import { elementBytes, maxBuffers } from "../../ops/webgpu/view.ts";
import { Linker } from "../../ops/webgpu/wgsl.ts";

/** A call that one workgroup can do. */
export interface Stage {
  readonly call: KernelCall;
  readonly threads: number;
  /** Threads per workgroup, if it gets its own dispatch. */
  readonly groupSize: number;
  /** The origin of its node. */
  readonly origin: Origin;
  /** Counts the floating-point operations of its node. */
  readonly flops: () => number;
}

const maxStages = 32;
/** Threads of the workgroup: the most that every WebGPU device allows. */
const groupSize = 256;

/** Whether a call can join stages without exceeding the limit of buffers, each bound once. */
export function canJoin(stages: readonly Stage[], call: KernelCall): boolean {
  const buffers = new Set([...stages.map((stage) => stage.call), call].flatMap(buffersOf));
  return stages.length < maxStages && buffers.size <= maxBuffers;
}

const buffersOf = ({ operands }: KernelCall) => operands.map(({ view }) => view.buffer);

/** The kernel of several stages: one workgroup runs them in order. */
export function buildCompound(stages: readonly Stage[]): BuiltKernel {
  const bindings = bindBuffers(stages.flatMap(({ call }) => call.operands));
  const structs: string[] = [];
  const params: number[] = [];
  const pending: Operand[] = [];
  const parts = stages.map(({ call, threads }, at) => {
    // The start of a value in its binding, in elements.
    const bases = call.operands.map((operand): Param => {
      const bytes = operand.view.offset - bindings.list[bindings.indexOf(operand)].offset;
      return [`${operand.name}_base`, "u32", bytes / elementBytes(operand.view)];
    });
    const own: Param[] = [["threads", "u32", threads], ...bases, ...call.params];
    structs.push(paramsStruct(`Params_stage_${at}`, own));
    params.push(...packParams(own));
    const needsBarrier = call.operands.some((operand) => pending.some((before) => collide(before, operand)));
    if (needsBarrier) pending.length = 0;
    pending.push(...call.operands);
    return { call, header: headerOf(call, bindings, ({ name }) => `params.${name}_base`), needsBarrier };
  });
  const label = `compound of ${stages.map(({ call }) => call.entry).join(", ")}`;
  const fields = stages.map((_, at) => `  @align(16) stage_${at}: Params_stage_${at},`);
  const top = [
    `// ${label}`,
    ...structs,
    `struct Params {\n${fields.join("\n")}\n}`,
    ...bindingLines(bindings),
  ].join("\n");
  return {
    key: [top, ...parts.flatMap(({ call, header, needsBarrier }) => [call.file, header, needsBarrier])].join("\n"),
    label,
    entry: "compound",
    readOnly: bindings.readOnly,
    bindings: bindings.list,
    params: Uint32Array.from(params),
    calls: stages.map(({ call }) => call),
    link() {
      const linker = new Linker(elementwiseModule());
      const steps = parts.map(({ call, header, needsBarrier }, at) => {
        const scope = scopeOf(call, header, `_stage_${at}`, `params.stage_${at}`);
        const run = linker.add(`${call.entry}_at`, scope);
        const loop = `for (var i = thread; i < ${scope.params}.threads; i += ${groupSize}u) {\n    ${run}(i);\n  }`;
        return `${needsBarrier ? "  storageBarrier();\n" : ""}  ${loop}`;
      });
      const entry =
        `@compute @workgroup_size(${groupSize})\nfn compound(@builtin(local_invocation_index) thread: u32) {`;
      return [top, linker.text, `${entry}\n${steps.join("\n")}\n}\n`].join("\n\n");
    },
  };
}

/** Whether one writes what the other reads or writes. */
function collide(a: Operand, b: Operand): boolean {
  if (a.access === "load" && b.access === "load") return false;
  return a.view.buffer === b.view.buffer && a.view.offset < b.view.offset + b.view.bytes &&
    b.view.offset < a.view.offset + a.view.bytes;
}
