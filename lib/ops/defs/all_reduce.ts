// allReduce: the sum over the processes that run a program together, put there by the pass that divides a program.
import { DTypeError } from "../../errors.ts";
import { lowerFused } from "../webgpu/kernels/fused.ts";
import type { Definition } from "./definition.ts";
import { fusedNode } from "./fused.ts";

/**
 * The definition of `allReduce`. Only the native library adds up within a program; for other executors programs are cut
 * before and behind it (lib/exec/parts.ts), and what is here is that of a process alone.
 */
export const allReduceDef: Definition<"allReduce"> = {
  shape: ([x]) => [x.shape],
  dtype: ([x]) => {
    if (x.dtype === "float32" || x.dtype === "int32") return [x.dtype];
    throw new DTypeError({
      what: "Cannot add up over processes",
      rule: "it must be float32 or int32",
      received: x.dtype,
      hint: "cast it with ops.cast",
    });
  },
  vjp: { none: "programs are divided among processes after differentiation" },
  lower: (lowering, { inputs: [x], outputs: [y], origin }, views, results) => {
    const program = { operands: [views[0].dtype], steps: [], results: [0] };
    lowerFused(lowering, fusedNode([x], [y], program, origin), views, results);
  },
  nativeAttrs: {},
  reference: ([x]) => [x.data.slice()],
  inPlace: () => [[0, 0]],
};
