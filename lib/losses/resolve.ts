// Losses by name, class or function.
import type { Value } from "../ir/value.ts";
import type { FunctionNode, ObjectNode } from "../json_config.ts";
import { NamedSet } from "../named_set.ts";
import { type CustomObjects, declareFunctions, functionName } from "../registry.ts";
import type { SymbolicShape } from "../shape.ts";
import { circleLosses } from "./circle.ts";
import { crossentropyLosses } from "./crossentropy.ts";
import { ctcLosses } from "./ctc.ts";
import { divergenceLosses } from "./divergence.ts";
import { focalLosses } from "./focal.ts";
import { hingeLosses } from "./hinge.ts";
import { FunctionLoss, Loss, type LossFunction, type TargetKind } from "./loss.ts";
import { regressionLosses } from "./regression.ts";
import { robustLosses } from "./robust.ts";
import { similarityLosses } from "./similarity.ts";

/** The losses of all families by Keras's function names. */
const table = {
  ...regressionLosses,
  ...crossentropyLosses,
  ...robustLosses,
  ...hingeLosses,
  ...divergenceLosses,
  ...similarityLosses,
  ...focalLosses,
  ...circleLosses,
  ...ctcLosses,
};

/** Keras's names of the functions. */
export type LossFunctionName = keyof typeof table;

/** The other names of losses: those of classes, and short ones. */
export type LossAlias = (typeof table)[LossFunctionName]["aliases"][number];

/** The names of losses; `crossentropy` (`ce`) is the binary, categorical or sparse one, depending on the shapes. */
export type LossName = LossFunctionName | LossAlias | "crossentropy" | "ce";
/** A loss by name, as an object, or as a function of targets and outputs that returns per-sample values. */
export type LossIdentifier = LossName | Loss | LossFunction;

/** Per-sample functions by Keras's function names. */
export const lossFunctions = Object.fromEntries(
  Object.entries(table).map(([name, { fn }]) => [name, fn]),
) as { readonly [Name in LossFunctionName]: (typeof table)[Name]["fn"] };

declareFunctions(lossFunctions);

/** The function name for every name of a loss. */
export const canonicalLosses: ReadonlyMap<string, LossFunctionName> = new Map(
  Object.entries(table).flatMap(([name, { aliases }]) =>
    [name, ...aliases].map((known) => [known, name as LossFunctionName] as const)
  ),
);

const losses = new NamedSet<Loss, LossFunction, string>({
  kind: "loss",
  one: "loss",
  namespace: "losses",
  example: 'write it as in loss: "mse"',
  Base: Loss,
  fromFunction: (fn) => {
    const known = functionName(fn);
    return known !== undefined && Object.hasOwn(table, known)
      ? new table[known as LossFunctionName].Class()
      : new FunctionLoss(fn);
  },
}, {
  ...Object.fromEntries([...canonicalLosses].map(([known, name]) => [known, () => new table[name].Class()])),
  crossentropy: () => new Crossentropy(),
  ce: () => new Crossentropy(),
});

/** The loss for an identifier; throws {@linkcode ValueError} with a suggestion for an unknown one. */
export function getLoss(identifier: LossIdentifier | ObjectNode | FunctionNode, where?: string): Loss {
  return losses.get(identifier, where);
}

/**
 * A loss as a config has it: its class and options, or the name of a function.
 *
 * @example
 * ```ts
 * import { losses } from "./mod.ts";
 * const node = losses.serialize(new losses.CategoricalHinge());
 * console.log(losses.deserialize(node).name); // categorical_hinge
 * ```
 */
export const serialize = (loss: Loss | LossFunction): ObjectNode | FunctionNode => losses.serialize(loss);

/**
 * A loss from what {@linkcode serialize} gave, or from a name; custom classes and functions are found by the names
 * of `customObjects`, or as they were registered. Throws {@linkcode ValueError} for anything else.
 */
export const deserialize = (config: LossName | ObjectNode | FunctionNode, customObjects?: CustomObjects): Loss =>
  losses.deserialize(config, customObjects);

/** Binary, sparse or categorical cross-entropy, by the shapes of targets and outputs. */
class Crossentropy extends Loss {
  constructor() {
    super({ name: "crossentropy" });
  }
  override targetKind(targets: SymbolicShape, outputs: SymbolicShape): TargetKind {
    const kind = crossentropyKind(targets, outputs);
    return kind === "sparse_categorical" ? "sparse" : kind;
  }
  call(yTrue: Value, yPred: Value): Value {
    return lossFunctions[`${crossentropyKind(yTrue.shape, yPred.shape)}_crossentropy` as const](yTrue, yPred);
  }
}

/** The cross-entropy (and accuracy) that fits the shapes, by Keras's rule. */
export function crossentropyKind(
  yTrue: readonly (number | null)[],
  yPred: readonly (number | null)[],
): "binary" | "categorical" | "sparse_categorical" {
  const classes = yPred[yPred.length - 1];
  if (classes === 1) return "binary";
  const sparse = yTrue.length < yPred.length || (yTrue[yTrue.length - 1] === 1 && (classes ?? 2) > 1);
  return sparse ? "sparse_categorical" : "categorical";
}
