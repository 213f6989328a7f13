// The optimizers' updates of a variable, or of several contiguous ones.
import type { Lowering } from "../lowering.ts";
import type { Operand } from "../operand.ts";
import type { Param } from "../uniform.ts";
import { elementBytes, type View } from "../view.ts";
import { withinBindings } from "./in_place.ts";

/** A kernel of the shader, with its settings for an optimizer; omitted ones are 0 or false. */
export interface UpdateKernel {
  readonly entry: string;
  readonly numbers: Readonly<Record<string, number>>;
  readonly flags: Readonly<Record<string, boolean>>;
}

/** The most slots of the shader; missing ones load 0. */
const maxSlots = 3;

/** Adds the dispatch of an update. */
export function lowerUpdate(
  lowering: Lowering,
  { entry, numbers, flags }: UpdateKernel,
  inputs: readonly View[],
  outputs: readonly View[],
): void {
  const [w, g, ...others] = withinBindings(lowering, inputs, outputs);
  const slots = others.slice(0, -1);
  const rate = others[slots.length];
  const fours = (name: string, view: View, access: Operand["access"]): Operand => ({
    name,
    view,
    access,
    type: "vec4<f32>",
  });
  const absent = Array.from({ length: maxSlots - slots.length }, (_, i) => {
    const name = `slot_${i + slots.length}`;
    return `fn load_${name}(i: u32) -> vec4<f32> {\n  return vec4<f32>();\n}\nfn store_next_${name}(i: u32, value: vec4<f32>) {}`;
  });
  const named = {
    momentum: 0,
    rho: 0,
    one_minus_rho: 0,
    one_minus_beta1: 0,
    one_minus_beta2: 0,
    epsilon: 0,
    ...numbers,
  };
  const switches = { HAS_MOMENTUM: false, NESTEROV: false, CENTERED: false, AMSGRAD: false, ...flags };
  // Four elements per thread: with its padding, every variable is a whole number of quads.
  const size = Math.min(...[w, g, ...slots, ...outputs].map((view) => view.bytes / (4 * elementBytes(view))));
  lowering.emitThreads(
    {
      file: "optimizers.wgsl",
      entry,
      operands: [
        fours("w", w, "load"),
        fours("g", g, "load"),
        { name: "rate", view: rate, access: "load", type: "f32" },
        ...slots.map((view, i) => fours(`slot_${i}`, view, "load")),
        ...outputs.map((view, i) => fours(i === 0 ? "next_w" : `next_slot_${i - 1}`, view, "store")),
      ],
      params: Object.entries(named).map(([name, value]): Param => [name, "f32", value]),
      constants: Object.entries(switches).map(([name, value]) => `const ${name} = ${value};`),
      functions: absent.join("\n"),
    },
    size,
    { loop: 4 },
  );
}
