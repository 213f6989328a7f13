// The optimizers' updates of all variables at once: SGD, RMSprop, Adam, as Keras computes them.
import { ShapeError } from "../../errors.ts";
import type { ValueType } from "../../ir/graph.ts";
import type { NativeAttrs, RefArray } from "../../ir/op_def.ts";
import { sameShape } from "../../shape.ts";
import { lowerUpdate } from "../webgpu/kernels/updates.ts";
import type { Definition } from "./definition.ts";

type UpdateName = "sgdUpdate" | "rmspropUpdate" | "adamUpdate";

/** One variable's new value and slots from its value, gradient, slots and the step's scalars, element by element. */
type Rule<Attrs> = (w: number, g: number, slots: number[], scalars: readonly number[], attrs: Attrs) => number;

/** A row whose `rule` returns the variable's new value and changes `slots` in place. */
function updateDef<K extends UpdateName, Attrs extends { readonly count: number }>(
  op: K,
  slotKinds: (attrs: Attrs) => number,
  scalars: number,
  rule: Rule<Attrs>,
  nativeAttrs: NativeAttrs<K>,
): Definition<K> {
  const check = (inputs: readonly ValueType[], attrs: Attrs) => {
    const { count } = attrs;
    const kinds = 2 + slotKinds(attrs);
    if (inputs.length !== kinds * count + scalars) {
      throw new ShapeError({
        what: `Cannot apply ${op}`,
        rule: `there must be ${kinds * count + scalars} inputs`,
        received: `${inputs.length}`,
      });
    }
    for (let i = 0; i < kinds * count; i++) {
      if (!sameShape(inputs[i].shape, inputs[i % count].shape)) {
        throw new ShapeError({
          what: `Cannot apply ${op}`,
          rule: "a variable, its gradient and its slots must have one shape",
          received: `input ${i}`,
        });
      }
    }
  };
  const row = {
    shape: (inputs: readonly ValueType[], attrs: Attrs) => {
      check(inputs, attrs);
      return outputsOf(inputs, attrs).map((input) => inputs[input].shape);
    },
    dtype: (inputs: readonly ValueType[], attrs: Attrs) => outputsOf(inputs, attrs).map(() => "float32" as const),
    lower: lowerUpdate,
    workgroupWork: () => Infinity,
    vjp: { none: "an optimizer's update is not differentiable here: write it with ops to differentiate it" },
    nativeAttrs,
    reference: (inputs: readonly RefArray[], attrs: Attrs) => {
      const { count } = attrs;
      const kinds = slotKinds(attrs);
      const results = outputsOf(inputs, attrs).map((input) => inputs[input].data.slice());
      const step = inputs.slice((2 + kinds) * count).map(({ data }) => data[0]);
      const slots = new Array<number>(kinds);
      for (let v = 0; v < count; v++) {
        const gradient = inputs[count + v].data;
        for (let i = 0; i < gradient.length; i++) {
          for (let kind = 0; kind < kinds; kind++) slots[kind] = results[(1 + kind) * count + v][i];
          results[v][i] = rule(results[v][i], gradient[i], slots, step, attrs);
          for (let kind = 0; kind < kinds; kind++) results[(1 + kind) * count + v][i] = slots[kind];
        }
      }
      return results;
    },
    inPlace: (inputs: readonly ValueType[], _outputs: readonly ValueType[], attrs: Attrs) =>
      outputsOf(inputs, attrs).map((input, output) => [output, input]),
  };
  /** The input that each output is the new value of: the variables and the slots, not the gradients. */
  function outputsOf(inputs: readonly ValueType[], { count }: Attrs): number[] {
    return inputs.map((_, i) => i).filter((i) => i < inputs.length - scalars && (i < count || i >= 2 * count));
  }
  return row as unknown as Definition<K>;
}

interface Sgd {
  readonly count: number;
  readonly momentum: number;
  readonly nesterov: boolean;
}
interface Rmsprop {
  readonly count: number;
  readonly rho: number;
  readonly momentum: number;
  readonly epsilon: number;
  readonly centered: boolean;
}
interface Adam {
  readonly count: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly amsgrad: boolean;
}

/** The definitions of the updates. */
export const updateDefs = {
  sgdUpdate: updateDef<"sgdUpdate", Sgd>(
    "sgdUpdate",
    ({ momentum }) => (momentum > 0 ? 1 : 0),
    1,
    (w, g, slots, [rate], { momentum, nesterov }) => {
      if (momentum === 0) return w - rate * g;
      slots[0] = momentum * slots[0] - rate * g;
      return nesterov ? w + momentum * slots[0] - rate * g : w + slots[0];
    },
    { count: "int", momentum: "float", nesterov: "flag" },
  ),
  rmspropUpdate: updateDef<"rmspropUpdate", Rmsprop>(
    "rmspropUpdate",
    ({ momentum, centered }) => 1 + (momentum > 0 ? 1 : 0) + (centered ? 1 : 0),
    1,
    (w, g, slots, [rate], { rho, momentum, epsilon, centered }) => {
      slots[0] = rho * slots[0] + (1 - rho) * g * g;
      let spread = slots[0] + epsilon;
      if (centered) {
        const last = slots.length - 1;
        slots[last] = rho * slots[last] + (1 - rho) * g;
        spread -= slots[last] * slots[last];
      }
      const increment = (rate * g) / Math.sqrt(spread);
      if (momentum === 0) return w - increment;
      slots[1] = momentum * slots[1] + increment;
      return w - slots[1];
    },
    { count: "int", rho: "float", momentum: "float", epsilon: "float", centered: "flag" },
  ),
  adamUpdate: updateDef<"adamUpdate", Adam>(
    "adamUpdate",
    ({ amsgrad }) => (amsgrad ? 3 : 2),
    1,
    (w, g, slots, [alpha], { beta1, beta2, epsilon, amsgrad }) => {
      slots[0] += (g - slots[0]) * (1 - beta1);
      slots[1] += (g * g - slots[1]) * (1 - beta2);
      if (!amsgrad) return w - (alpha * slots[0]) / (Math.sqrt(slots[1]) + epsilon);
      slots[2] = Math.max(slots[2], slots[1]);
      return w - (alpha * slots[0]) / (Math.sqrt(slots[2]) + epsilon);
    },
    { count: "int", beta1: "float", beta2: "float", epsilon: "float", amsgrad: "flag" },
  ),
};
