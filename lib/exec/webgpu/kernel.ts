// A kernel: a shader with the header that its call generates, and the entry point around its function.
import { type Binding, bindingLines, type Bindings, bindRanges } from "./bindings.ts";
import type { KernelCall } from "../../ops/webgpu/lowering.ts";
import { accessorsOf, type Operand } from "../../ops/webgpu/operand.ts";
import { elementwiseModule, libraries, moduleOf } from "../../ops/webgpu/shaders.ts";
import { packParams, type Param, paramsStruct } from "../../ops/webgpu/uniform.ts";
import { declarationsOf, Linker, type Scope } from "../../ops/webgpu/wgsl.ts";

/**
 * How often a kernel's function is called: `fn gather_at(i: u32)` by each of `count` threads, of which a workgroup has
 * `size`; or `fn sum_at(i: u32, thread: u32)` by the `size` threads of each of `count` workgroups.
 */
export interface Grid {
  readonly of: "threads" | "workgroups";
  readonly count: number;
  readonly size: number;
}

/** A shader module and what to bind to it. */
export interface BuiltKernel {
  /** What the code follows from: kernels with equal keys have equal code. */
  readonly key: string;
  readonly label: string;
  readonly entry: string;
  /** Whether each storage binding, from 1 on, is only read. */
  readonly readOnly: readonly boolean[];
  readonly bindings: readonly Binding[];
  /** The uniform's contents. */
  readonly params: Uint32Array<ArrayBuffer>;
  /** What it was built of: several where they are stages of one workgroup. */
  readonly calls: readonly KernelCall[];
  /** Puts the module's text together. */
  link(): string;
}

/** The header of a call: constants, functions that load and store operands, and functions that are the call's own. */
export function headerOf(call: KernelCall, bindings: Bindings, baseOf: (operand: Operand) => string): string {
  const accessors = call.operands.map((operand) => {
    const at = bindings.indexOf(operand);
    return accessorsOf(operand, `buffer_${at + 1}`, bindings.memory[at], baseOf(operand));
  });
  return [...(call.constants ?? []), ...accessors, ...(call.functions ? [call.functions] : [])].join("\n");
}

/** Where a call's names are looked up: in its header, its file, and the files of functions that any shader may call. */
export function scopeOf({ file }: KernelCall, header: string, suffix = "", params = "params"): Scope {
  return { modules: [declarationsOf(header), moduleOf(file), libraries()], suffix, params };
}

/** The kernel of a call by itself. */
export function buildKernel(call: KernelCall, grid: Grid): BuiltKernel {
  const bindings = bindRanges(call.operands);
  const params: Param[] = [[grid.of, "u32", grid.count], ...call.params];
  const label = `${call.file}:${call.entry}`;
  const header = headerOf(call, bindings, () => "");
  const top = [`// ${label}`, paramsStruct("Params", params), ...bindingLines(bindings)].join("\n");
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
