// The definition of an op: everything that is known about it, on every executor.
import type { OpName } from "../../ir/attrs.ts";
import type { OpDef, OpKind } from "../../ir/op_def.ts";
import type { WebGpuFacts } from "../webgpu/lowering.ts";

/**
 * Ops that never run as a node of their own: elementwise ops are merged before, aliases and constants are in memory.
 */
interface NotRun {
  readonly kind: Exclude<OpKind, "loop">;
  readonly lower?: undefined;
}

/** Ops that run as dispatches on WebGPU. */
interface Run<K extends OpName> extends WebGpuFacts<K> {
  readonly kind?: "loop";
}

/** The definition of an op: a missing fact is a type error. */
export type Definition<K extends OpName> = OpDef<K> & (NotRun | Run<K>);
