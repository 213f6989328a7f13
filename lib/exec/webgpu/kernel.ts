// A kernel: a shader with the header generated for its call, and an entry point that calls its function.
import { type Binding, bindingLines, type Bindings, bindRanges, extensionsOf } from "./bindings.ts";
import type { KernelCall } from "../../ops/webgpu/lowering.ts";
import { accessorsOf, type Operand } from "../../ops/webgpu/operand.ts";
import { elementwiseModule, libraries, moduleOf } from "../../ops/webgpu/shaders.ts";
import { packParams, type Param, paramsStruct } from "../../ops/webgpu/uniform.ts";
import { declarationsOf, Linker, type Scope } from "../../ops/webgpu/wgsl.ts";

/**
 * How often a kernel's function is called: `fn gather_at(i: u32)` by each of `count` threads, in workgroups of `size`;
 * or `fn sum_at(i: u32, thread: u32)` by the `size` threads of each of `count` workgroups.
 */
export interface Grid {
  readonly of: "threads" | "workgroups";
  readonly count: number;
  readonly size: number;
}

/** A shader module and what to bind to it. */
export interface BuiltKernel {
  /** Determines the code: kernels with equal keys have equal code. */
  readonly key: string;
  readonly label: string;
  readonly entry: string;
  /** Whether each storage binding, from 1 on, is read-only. */
  readonly readOnly: readonly boolean[];
  readonly bindings: readonly Binding[];
  /** The uniform's contents. */
  readonly params: Uint32Array<ArrayBuffer>;
  /** The calls it was built from; several if they are stages of one workgroup. */
  readonly calls: readonly KernelCall[];
  /** Builds the module's source. */
  link(): string;
}

/** The header of a call: constants, functions that load and store operands, and the call's own functions. */
export function headerOf(call: KernelCall, bindings: Bindings, baseOf: (operand: Operand) => string): string {
  const accessors = call.operands.map((operand) => {
    const at = bindings.indexOf(operand);
    return accessorsOf(operand, `buffer_${at + 1}`, bindings.memory[at], baseOf(operand));
  });
  return [...(call.constants ?? []), ...accessors, ...(call.functions ? [call.functions] : [])].join("\n");
}

/** Where a call's names are looked up: its header, its file, and the files of functions that any shader may call. */
export function scopeOf({ file }: KernelCall, header: string, suffix = "", params = "params"): Scope {
  return { modules: [declarationsOf(header), moduleOf(file), libraries()], suffix, params };
}

/** The kernel of a single call. */
export function buildKernel(call: KernelCall, grid: Grid): BuiltKernel {
  const bindings = bindRanges(call.operands);
  const params: Param[] = [[grid.of, "u32", grid.count], ...call.params];
  const label = `${call.file}:${call.entry}`;
  const header = headerOf(call, bindings, () => "");
  const top = [`// ${label}`, ...extensionsOf(bindings), paramsStruct("Params", params), ...bindingLines(bindings)]
    .join("\n");
  return {
    key: [grid.of, grid.size, top, header].join("\n"),
    label,
    entry: call.entry,
    readOnly: bindings.readOnly,
    bindings: bindings.list,
    params: packParams(params),
    calls: [call],
    link() {
      const linker = new Linker(elementwiseModule());
      linker.add(`${call.entry}_at`, scopeOf(call, header));
      return [top, linker.text, entryPoint(call.entry, grid)].join("\n\n");
    },
  };
}

/** The entry point of a kernel; workgroups are counted along x, then y. */
function entryPoint(entry: string, { of, size }: Grid): string {
  if (of === "threads") {
    return `@compute @workgroup_size(${size})
fn ${entry}(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let i = id.x + id.y * groups.x * ${size}u;
  if (i < params.threads) {
    ${entry}_at(i);
  }
}
`;
  }
  return `@compute @workgroup_size(${size})
fn ${entry}(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) thread: u32,
) {
  let i = group.x + group.y * groups.x;
  if (i < params.workgroups) {
    ${entry}_at(i, thread);
  }
}
`;
}
