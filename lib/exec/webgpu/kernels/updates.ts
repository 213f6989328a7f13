// The optimizers' updates of a variable, or of several that lie flat.
import type { Node } from "../../../ir/graph.ts";
import type { Operand, Param } from "../header.ts";
import type { Lowering } from "../lowering.ts";
import type { View } from "../view.ts";
import { withinBindings } from "./in_place.ts";

type UpdateNode = Node<"sgdUpdate" | "rmspropUpdate" | "adamUpdate">;

/** The shader's most slots; those that an optimizer lacks load 0. */
const maxSlots = 3;

/** Lowers an update. */
export function lowerUpdate(
  lowering: Lowering,
  node: UpdateNode,
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
  const { entry, numbers, flags } = settingsOf(node);
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
  // Four elements a thread: padded, every variable is a whole number of these.
  const size = w.bytes / 16;
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
      params: [["size", "u32", size], ...Object.entries(named).map(([name, value]): Param => [name, "f32", value])],
      constants: Object.entries(switches).map(([name, value]) => `const ${name} = ${value};`),
      functions: absent.join("\n"),
    },
    size,
    { loop: 4 },
  );
}

interface Settings {
  readonly entry: string;
  readonly numbers: Readonly<Record<string, number>>;
  readonly flags: Readonly<Record<string, boolean>>;
}

function settingsOf(node: UpdateNode): Settings {
  switch (node.op) {
    case "sgdUpdate": {
      const { momentum, nesterov } = node.attrs;
      return { entry: "sgd", numbers: { momentum }, flags: { HAS_MOMENTUM: momentum > 0, NESTEROV: nesterov } };
    }
    case "rmspropUpdate": {
      const { rho, momentum, epsilon, centered } = node.attrs;
      const numbers = { rho, one_minus_rho: 1 - rho, momentum, epsilon };
      return { entry: "rmsprop", numbers, flags: { HAS_MOMENTUM: momentum > 0, CENTERED: centered } };
    }
    case "adamUpdate": {
      const { beta1, beta2, epsilon, amsgrad } = node.attrs;
      const numbers = { one_minus_beta1: 1 - beta1, one_minus_beta2: 1 - beta2, epsilon };
      return { entry: "adam", numbers, flags: { AMSGRAD: amsgrad } };
    }
  }
}
