// Calls of layers as functions of their weights.
import { withContext } from "../ir/context.ts";
import type { Value } from "../ir/value.ts";
import { StateError } from "../errors.ts";
import { withValues } from "../tensor/stateless.ts";
import type { Operand } from "../tensor/apply.ts";
import { type AddedLoss, addedLosses } from "./context.ts";
import type { WeightOwner } from "./weight_owner.ts";

/** Runs `call` of a layer with values in place of its weights; see `Layer.statelessCall`. */
export function statelessCall<T>(
  layer: WeightOwner,
  trainable: readonly Operand[],
  nonTrainable: readonly Operand[],
  call: () => T,
): { output: T; nonTrainable: Value[]; losses: Value[] } {
  const what = `Cannot call "${layer.name}"`;
  if (!layer.built) {
    throw new StateError({
      what,
      rule: "it is not built yet, so it has no variables to give values for",
      received: "a stateless call",
      hint: "put it into a model with an Input, or call build(inputShape) first",
    });
  }
  const groups = [
    { name: "trainableVariables", variables: layer.trainableWeights, values: trainable },
    { name: "nonTrainableVariables", variables: layer.nonTrainableWeights, values: nonTrainable },
  ];
  const losses: AddedLoss[] = [];
  const { result, values } = withValues(what, groups, () => withContext([addedLosses.of(losses)], call));
  return { output: result, nonTrainable: values[1], losses: losses.map(({ value }) => value) };
}
