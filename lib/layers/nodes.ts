// How regularizers and constraints stand in the configs of layers.
import { type ObjectNode, objectNode } from "../config.ts";
import type { Constraint, Regularizer } from "./weight.ts";

/** A regularizer in a config; null for none. */
export function regularizerNode(regularizer: Regularizer | null | undefined): ObjectNode | null {
  return nodeOf("keras.regularizers", regularizer);
}

/** A constraint in a config; null for none. */
export function constraintNode(constraint: Constraint | null | undefined): ObjectNode | null {
  return nodeOf("keras.constraints", constraint);
}

function nodeOf(module: string, object: Regularizer | Constraint | null | undefined): ObjectNode | null {
  return object ? objectNode(module, object.constructor.name, object.getConfig?.() ?? {}) : null;
}
