// Losses by name, class or function.
import { unknownIdentifier, ValueError } from "../errors.ts";
import type { Value } from "../ir/value.ts";
import { describe } from "../options.ts";
import {
  BinaryCrossentropy,
  binaryCrossentropy,
  CategoricalCrossentropy,
  categoricalCrossentropy,
  SparseCategoricalCrossentropy,
  sparseCategoricalCrossentropy,
} from "./crossentropy.ts";
import { FunctionLoss, Loss, type LossFunction } from "./loss.ts";
import { MeanAbsoluteError, meanAbsoluteError, MeanSquaredError, meanSquaredError } from "./regression.ts";

/** Per-sample functions by Keras's name of the function. */
export const lossFunctions = {
  mean_squared_error: meanSquaredError,
  mean_absolute_error: meanAbsoluteError,
  binary_crossentropy: binaryCrossentropy,
  categorical_crossentropy: categoricalCrossentropy,
  sparse_categorical_crossentropy: sparseCategoricalCrossentropy,
} as const;

/** Keras's names of the functions. */
export type LossFunctionName = keyof typeof lossFunctions;

/** The other names of each function. */
export const lossAliases = {
  mse: "mean_squared_error",
  MSE: "mean_squared_error",
  mae: "mean_absolute_error",
  MAE: "mean_absolute_error",
  bce: "binary_crossentropy",
  BCE: "binary_crossentropy",
  MeanSquaredError: "mean_squared_error",
  MeanAbsoluteError: "mean_absolute_error",
  BinaryCrossentropy: "binary_crossentropy",
  CategoricalCrossentropy: "categorical_crossentropy",
  SparseCategoricalCrossentropy: "sparse_categorical_crossentropy",
} as const;

/** The names of losses; `crossentropy` (`ce`) is the binary, categorical or sparse one by the shapes. */
export type LossName = LossFunctionName | keyof typeof lossAliases | "crossentropy" | "ce";
/** A loss by name, as an object, or as a function of targets and outputs that gives per-sample values. */
export type LossIdentifier = LossName | Loss | LossFunction;

const classes: Record<LossFunctionName, new () => Loss> = {
  mean_squared_error: MeanSquaredError,
  mean_absolute_error: MeanAbsoluteError,
  binary_crossentropy: BinaryCrossentropy,
  categorical_crossentropy: CategoricalCrossentropy,
  sparse_categorical_crossentropy: SparseCategoricalCrossentropy,
};

/** The function name that a name or alias stands for, if any. */
export function canonicalLoss(name: string): LossFunctionName | undefined {
  if (Object.hasOwn(lossFunctions, name)) return name as LossFunctionName;
  return Object.hasOwn(lossAliases, name) ? lossAliases[name as keyof typeof lossAliases] : undefined;
}

/** The loss that an identifier names; throws {@linkcode ValueError} with a suggestion for an unknown one. */
export function getLoss(identifier: LossIdentifier, where?: string): Loss {
  if (identifier instanceof Loss) return identifier;
  if (typeof identifier === "function") {
    if (identifier.prototype instanceof Loss) {
      throw new ValueError({
        what: where ?? "Unknown loss",
        rule: "loss must be a name, an object or a function",
        received: `the class ${identifier.name}`,
        mend: `write new losses.${identifier.name}()`,
      });
    }
    return new FunctionLoss(identifier);
  }
  if (typeof identifier !== "string") {
    throw new ValueError({
      what: where ?? "Unknown loss",
      rule: "loss must be a name, an object or a function",
      received: describe(identifier),
    });
  }
  if (identifier === "crossentropy" || identifier === "ce") return new Crossentropy();
  const name = canonicalLoss(identifier);
  if (!name) {
    const known = [...Object.keys(lossFunctions), ...Object.keys(lossAliases), "crossentropy", "ce"];
    throw unknownIdentifier("loss", identifier, known, where);
  }
  return new classes[name]();
}

/** Binary, sparse or categorical cross-entropy, by the shapes of targets and outputs. */
class Crossentropy extends Loss {
  constructor() {
    super({ name: "crossentropy" });
  }
  call(yTrue: Value, yPred: Value): Value {
    return lossFunctions[`${crossentropyKind(yTrue.shape, yPred.shape)}_crossentropy` as const](yTrue, yPred);
  }
}

/** Which cross-entropy (and which accuracy) shapes call for, by Keras's rule. */
export function crossentropyKind(
  yTrue: readonly (number | null)[],
  yPred: readonly (number | null)[],
): "binary" | "categorical" | "sparse_categorical" {
  const classes = yPred[yPred.length - 1];
  if (classes === 1) return "binary";
  const sparse = yTrue.length < yPred.length || (yTrue[yTrue.length - 1] === 1 && (classes ?? 2) > 1);
  return sparse ? "sparse_categorical" : "categorical";
}
