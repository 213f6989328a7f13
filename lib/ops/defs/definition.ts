// The definition of an op: everything that is known of it, on every executor.
import type { OpName } from "../../ir/attrs.ts";
import type { OpDef, OpKind } from "../../ir/op_def.ts";
import type { WebGpuFacts } from "../webgpu/lowering.ts";

/** What never runs as a node of its own: elementwise ops are merged before, aliases and constants lie in memory. */
interface NotRun {
  readonly kind: Exclude<OpKind, "loop">;
  readonly lower?: undefined;
}

/** What runs as dispatches on WebGPU. */
interface Run<K extends OpName> extends WebGpuFacts<K> {
  readonly kind?: "loop";
}

/** The definition of an op: one that lacks a fact does not compile. */
export type Definition<K extends OpName> = OpDef<K> & (NotRun | Run<K>);
