// The optimizers' updates of a variable: SGD, RMSprop, Adam, as Keras computes them.
import { ShapeError } from "../../errors.ts";
import type { OpAttrs, ValueType } from "../../ir/graph.ts";
import type { NativeAttrs } from "../../ir/op_def.ts";
import { formatShape, sameShape } from "../../shape.ts";
import { lowerUpdate, type UpdateKernel } from "../webgpu/kernels/updates.ts";
import type { Definition } from "./definition.ts";

type UpdateName = "sgdUpdate" | "rmspropUpdate" | "adamUpdate";

/** What distinguishes the updates. */
interface Update<K extends UpdateName> {
  slotCount(attrs: OpAttrs[K]): number;
  /** The new value of an element, from its value, gradient, slots and the learning rate; changes `slots` in place. */
  rule(w: number, g: number, slots: number[], rate: number, attrs: OpAttrs[K]): number;
  kernel(attrs: OpAttrs[K]): UpdateKernel;
  readonly nativeAttrs: NativeAttrs<K>;
}

function updateDef<K extends UpdateName>(op: K, { slotCount, rule, kernel, nativeAttrs }: Update<K>): Definition<K> {
  const check = (inputs: readonly ValueType[], attrs: OpAttrs[K]) => {
    const count = 3 + slotCount(attrs);
    if (inputs.length !== count) {
      throw new ShapeError({
        what: `Cannot apply ${op}`,
        rule: `there must be ${count} inputs`,
        received: `${inputs.length}`,
      });
    }
    inputs.forEach(({ shape }, i) => {
      const expected = i < count - 1 ? inputs[0].shape : [];
      if (sameShape(shape, expected)) return;
      throw new ShapeError({
        what: `Cannot apply ${op}`,
        rule: "a variable, its gradient and its slots must have one shape, and the rate none",
        received: `${formatShape(shape)} as input ${i}, where ${formatShape(expected)} belongs`,
      });
    });
  };
  /** The input that each output updates: the variable and the slots, not the gradient. */
  const targets = (attrs: OpAttrs[K]) => [0, ...Array.from({ length: slotCount(attrs) }, (_, i) => 2 + i)];
  return {
    shape: (inputs, attrs) => {
      check(inputs, attrs);
      return targets(attrs).map((input) => inputs[input].shape);
    },
    dtype: (_inputs, attrs) => targets(attrs).map(() => "float32"),
    vjp: { none: "an optimizer's update is not differentiable here: write it with ops to differentiate it" },
    lower: (lowering, { attrs }, inputs, outputs) => lowerUpdate(lowering, kernel(attrs), inputs, outputs),
    nativeAttrs,
    reference: (inputs, attrs) => {
      const results = targets(attrs).map((input) => inputs[input].data.slice());
      const [[values, ...slots], gradient, [rate]] = [results, inputs[1].data, inputs[inputs.length - 1].data];
      values.forEach((w, i) => {
        const own = slots.map((slot) => slot[i]);
        values[i] = rule(w, gradient[i], own, rate, attrs);
        slots.forEach((slot, k) => slot[i] = own[k]);
      });
      return results;
    },
    pointwise: true,
    inPlace: (_inputs, _outputs, attrs) => targets(attrs).map((input, output) => [output, input]),
  };
}

/** The definitions of the updates. */
export const updateDefs = {
  sgdUpdate: updateDef("sgdUpdate", {
    slotCount: ({ momentum }) => (momentum > 0 ? 1 : 0),
    rule: (w, g, slots, rate, { momentum, nesterov }) => {
      if (momentum === 0) return w - rate * g;
      slots[0] = momentum * slots[0] - rate * g;
      return nesterov ? w + momentum * slots[0] - rate * g : w + slots[0];
    },
    kernel: ({ momentum, nesterov }) => ({
      entry: "sgd",
      numbers: { momentum },
      flags: { HAS_MOMENTUM: momentum > 0, NESTEROV: nesterov },
    }),
    nativeAttrs: { momentum: "float", nesterov: "flag" },
  }),
  rmspropUpdate: updateDef("rmspropUpdate", {
    slotCount: ({ momentum, centered }) => 1 + (momentum > 0 ? 1 : 0) + (centered ? 1 : 0),
    rule: (w, g, slots, rate, { rho, momentum, epsilon, centered }) => {
      slots[0] = rho * slots[0] + (1 - rho) * g * g;
      let variance = slots[0] + epsilon;
      if (centered) {
        const last = slots.length - 1;
        slots[last] = rho * slots[last] + (1 - rho) * g;
        variance -= slots[last] * slots[last];
      }
      const increment = (rate * g) / Math.sqrt(variance);
      if (momentum === 0) return w - increment;
      slots[1] = momentum * slots[1] + increment;
      return w - slots[1];
    },
    kernel: ({ rho, momentum, epsilon, centered }) => ({
      entry: "rmsprop",
      numbers: { rho, one_minus_rho: 1 - rho, momentum, epsilon },
      flags: { HAS_MOMENTUM: momentum > 0, CENTERED: centered },
    }),
    nativeAttrs: { rho: "float", momentum: "float", epsilon: "float", centered: "flag" },
  }),
  adamUpdate: updateDef("adamUpdate", {
    slotCount: ({ amsgrad }) => (amsgrad ? 3 : 2),
    rule: (w, g, slots, rate, { beta1, beta2, epsilon, amsgrad }) => {
      slots[0] += (g - slots[0]) * (1 - beta1);
      slots[1] += (g * g - slots[1]) * (1 - beta2);
      if (!amsgrad) return w - (rate * slots[0]) / (Math.sqrt(slots[1]) + epsilon);
      slots[2] = Math.max(slots[2], slots[1]);
      return w - (rate * slots[0]) / (Math.sqrt(slots[2]) + epsilon);
    },
    kernel: ({ beta1, beta2, epsilon, amsgrad }) => ({
      entry: "adam",
      numbers: { one_minus_beta1: 1 - beta1, one_minus_beta2: 1 - beta2, epsilon },
      flags: { AMSGRAD: amsgrad },
    }),
    nativeAttrs: { beta1: "float", beta2: "float", epsilon: "float", amsgrad: "flag" },
  }),
};
