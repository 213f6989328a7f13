// The outputs of the optimizers' update ops, as variables and kinds of slots.
import type { Value } from "../ir/value.ts";
import type { Updated } from "./optimizer.ts";

/** The first `count` outputs are the variables, the rest slots, `count` of each kind. */
export function splitUpdate(outputs: readonly Value[], count: number): Updated {
  const slots: Value[][] = [];
  for (let at = count; at < outputs.length; at += count) slots.push(outputs.slice(at, at + count));
  return { variables: outputs.slice(0, count), slots };
}
