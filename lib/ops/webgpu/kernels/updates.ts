// The optimizers' updates: one dispatch for all variables that lie flat, each kind in the same order.
import type { Node } from "../../../ir/graph.ts";
import type { Lowering } from "../lowering.ts";
import type { Operand } from "../operand.ts";
import type { Param } from "../uniform.ts";
import type { View } from "../view.ts";
import { copyElements } from "./moves.ts";
import { sizeOf } from "../../../shape.ts";

type UpdateNode = Node<"sgdUpdate" | "rmspropUpdate" | "adamUpdate">;

/** The shader's most slots; those that an optimizer lacks load 0. */
const maxSlots = 3;

/** Lowers an update. What the plan does not place over its input is copied there first. */
export function lowerUpdate(
  lowering: Lowering,
  node: UpdateNode,
  inputs: readonly View[],
  outputs: readonly View[],
): void {
  const { count } = node.attrs;
  // After all kinds comes the rate.
  const kinds = (inputs.length - 1) / count;
  const rate = inputs[kinds * count];
  const gradients = inputs.slice(count, 2 * count);
  const stateInputs = inputs.filter((_, i) => i < kinds * count && (i < count || i >= 2 * count));
  stateInputs.forEach((x, i) => {
    const y = outputs[i];
    if (x.buffer !== y.buffer || x.offset !== y.offset) copyElements(lowering, x, y, sizeOf(x.shape));
  });
  const state = Array.from({ length: kinds - 1 }, (_, kind) => outputs.slice(kind * count, (kind + 1) * count));
  for (const [from, to] of flatRuns([gradients, ...state], lowering.maxBindingBytes)) {
    const range = (views: readonly View[]): View => {
      const last = views[to - 1];
      return { ...views[from], bytes: last.offset + last.bytes - views[from].offset };
    };
    emitUpdate(lowering, node, range(gradients), state.map(range), rate);
  }
}

/** Runs `[from, to)` of variables that lie one after another in every kind. */
function flatRuns(kinds: readonly (readonly View[])[], maxBytes: number): [number, number][] {
  const runs: [number, number][] = [];
  const { length } = kinds[0];
  for (let at = 0; at < length; at++) {
    const run = runs[runs.length - 1];
    const follows = run &&
      kinds.every((views) =>
        views[at].buffer === views[at - 1].buffer && views[at].offset === views[at - 1].offset + views[at - 1].bytes &&
        views[at].offset + views[at].bytes - views[run[0]].offset <= maxBytes
      );
    if (follows) run[1] = at + 1;
    else runs.push([at, at + 1]);
  }
  return runs;
}

function emitUpdate(lowering: Lowering, node: UpdateNode, g: View, [w, ...slots]: readonly View[], rate: View): void {
  // Four elements a thread: every variable is a whole number of these.
  const size = w.bytes / 16;
  const operands: Operand[] = [
    { name: "w", view: w, access: "both", type: "vec4<f32>" },
    { name: "g", view: g, access: "load", type: "vec4<f32>" },
    { name: "rate", view: rate, access: "load", type: "f32" },
    ...slots.map((view, i): Operand => ({ name: `slot_${i}`, view, access: "both", type: "vec4<f32>" })),
  ];
  const absent = Array.from({ length: maxSlots - slots.length }, (_, i) => {
    const name = `slot_${i + slots.length}`;
    return `fn load_${name}(i: u32) -> vec4<f32> {\n  return vec4<f32>();\n}\nfn store_${name}(i: u32, value: vec4<f32>) {}`;
  });
  const { entry, numbers, flags } = settingsOf(node);
  const named = { momentum: 0, rho: 0, rho_rest: 0, beta1_rest: 0, beta2_rest: 0, epsilon: 0, ...numbers };
  const switches = { HAS_MOMENTUM: false, NESTEROV: false, CENTERED: false, AMSGRAD: false, ...flags };
  lowering.emitThreads(
    {
      file: "optimizers.wgsl",
      entry,
      operands,
      params: Object.entries(named).map(([name, value]): Param => [name, "f32", value]),
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
      const numbers = { rho, rho_rest: 1 - rho, momentum, epsilon };
      return { entry: "rmsprop", numbers, flags: { HAS_MOMENTUM: momentum > 0, CENTERED: centered } };
    }
    case "adamUpdate": {
      const { beta1, beta2, epsilon, amsgrad } = node.attrs;
      const numbers = { beta1_rest: 1 - beta1, beta2_rest: 1 - beta2, epsilon };
      return { entry: "adam", numbers, flags: { AMSGRAD: amsgrad } };
    }
  }
}
