// Losses by name, class or function.
import { unknownIdentifier, ValueError } from "../errors.ts";
import type { Value } from "../ir/value.ts";
import { describe } from "../options.ts";
import { declareFunctions, functionName } from "../registry.ts";
import { Circle, circle } from "./circle.ts";
import {
  BinaryCrossentropy,
  binaryCrossentropy,
  CategoricalCrossentropy,
  categoricalCrossentropy,
  SparseCategoricalCrossentropy,
  sparseCategoricalCrossentropy,
} from "./crossentropy.ts";
import { CTC, ctc } from "./ctc.ts";
import { KLDivergence, klDivergence, Poisson, poisson } from "./divergence.ts";
import {
  BinaryFocalCrossentropy,
  binaryFocalCrossentropy,
  CategoricalFocalCrossentropy,
  categoricalFocalCrossentropy,
} from "./focal.ts";
import { CategoricalHinge, categoricalHinge, Hinge, hinge, SquaredHinge, squaredHinge } from "./hinge.ts";
import { FunctionLoss, Loss, type LossFunction } from "./loss.ts";
import {
  MeanAbsoluteError,
  meanAbsoluteError,
  MeanAbsolutePercentageError,
  meanAbsolutePercentageError,
  MeanSquaredError,
  meanSquaredError,
  MeanSquaredLogarithmicError,
  meanSquaredLogarithmicError,
} from "./regression.ts";
import { Huber, huber, LogCosh, logCosh } from "./robust.ts";
import { CosineSimilarity, cosineSimilarity, Dice, dice, Tversky, tversky } from "./similarity.ts";

/** Per-sample functions by Keras's name of the function. */
export const lossFunctions = {
  mean_squared_error: meanSquaredError,
  mean_absolute_error: meanAbsoluteError,
  binary_crossentropy: binaryCrossentropy,
  categorical_crossentropy: categoricalCrossentropy,
  sparse_categorical_crossentropy: sparseCategoricalCrossentropy,
  mean_absolute_percentage_error: meanAbsolutePercentageError,
  mean_squared_logarithmic_error: meanSquaredLogarithmicError,
  huber: huber,
  log_cosh: logCosh,
  hinge: hinge,
  squared_hinge: squaredHinge,
  categorical_hinge: categoricalHinge,
  kl_divergence: klDivergence,
  poisson: poisson,
  cosine_similarity: cosineSimilarity,
  dice: dice,
  tversky: tversky,
  binary_focal_crossentropy: binaryFocalCrossentropy,
  categorical_focal_crossentropy: categoricalFocalCrossentropy,
  circle: circle,
  ctc: ctc,
} as const;

declareFunctions(lossFunctions);

/** Keras's names of the functions. */
export type LossFunctionName =
  | "mean_squared_error"
  | "mean_absolute_error"
  | "binary_crossentropy"
  | "categorical_crossentropy"
  | "sparse_categorical_crossentropy"
  | "mean_absolute_percentage_error"
  | "mean_squared_logarithmic_error"
  | "huber"
  | "log_cosh"
  | "hinge"
  | "squared_hinge"
  | "categorical_hinge"
  | "kl_divergence"
  | "poisson"
  | "cosine_similarity"
  | "dice"
  | "tversky"
  | "binary_focal_crossentropy"
  | "categorical_focal_crossentropy"
  | "circle"
  | "ctc";

/** The other names of each function. */
export const lossAliases = {
  mse: "mean_squared_error",
  MSE: "mean_squared_error",
  mae: "mean_absolute_error",
  MAE: "mean_absolute_error",
  mape: "mean_absolute_percentage_error",
  MAPE: "mean_absolute_percentage_error",
  msle: "mean_squared_logarithmic_error",
  MSLE: "mean_squared_logarithmic_error",
  bce: "binary_crossentropy",
  BCE: "binary_crossentropy",
  kld: "kl_divergence",
  KLD: "kl_divergence",
  kullback_leibler_divergence: "kl_divergence",
  logcosh: "log_cosh",
  MeanSquaredError: "mean_squared_error",
  MeanAbsoluteError: "mean_absolute_error",
  BinaryCrossentropy: "binary_crossentropy",
  CategoricalCrossentropy: "categorical_crossentropy",
  SparseCategoricalCrossentropy: "sparse_categorical_crossentropy",
  MeanAbsolutePercentageError: "mean_absolute_percentage_error",
  MeanSquaredLogarithmicError: "mean_squared_logarithmic_error",
  Huber: "huber",
  LogCosh: "log_cosh",
  Hinge: "hinge",
  SquaredHinge: "squared_hinge",
  CategoricalHinge: "categorical_hinge",
  KLDivergence: "kl_divergence",
  Poisson: "poisson",
  CosineSimilarity: "cosine_similarity",
  Dice: "dice",
  Tversky: "tversky",
  BinaryFocalCrossentropy: "binary_focal_crossentropy",
  CategoricalFocalCrossentropy: "categorical_focal_crossentropy",
  Circle: "circle",
  CTC: "ctc",
} as const;

/** The other names of losses: short ones, and those of classes. */
export type LossAlias =
  | "mse"
  | "MSE"
  | "mae"
  | "MAE"
  | "mape"
  | "MAPE"
  | "msle"
  | "MSLE"
  | "bce"
  | "BCE"
  | "kld"
  | "KLD"
  | "kullback_leibler_divergence"
  | "logcosh"
  | "MeanSquaredError"
  | "MeanAbsoluteError"
  | "BinaryCrossentropy"
  | "CategoricalCrossentropy"
  | "SparseCategoricalCrossentropy"
  | "MeanAbsolutePercentageError"
  | "MeanSquaredLogarithmicError"
  | "Huber"
  | "LogCosh"
  | "Hinge"
  | "SquaredHinge"
  | "CategoricalHinge"
  | "KLDivergence"
  | "Poisson"
  | "CosineSimilarity"
  | "Dice"
  | "Tversky"
  | "BinaryFocalCrossentropy"
  | "CategoricalFocalCrossentropy"
  | "Circle"
  | "CTC";

/** The names of losses; `crossentropy` (`ce`) is the binary, categorical or sparse one by the shapes. */
export type LossName = LossFunctionName | LossAlias | "crossentropy" | "ce";
/** A loss by name, as an object, or as a function of targets and outputs that gives per-sample values. */
export type LossIdentifier = LossName | Loss | LossFunction;

const classes: Record<LossFunctionName, new () => Loss> = {
  mean_squared_error: MeanSquaredError,
  mean_absolute_error: MeanAbsoluteError,
  binary_crossentropy: BinaryCrossentropy,
  categorical_crossentropy: CategoricalCrossentropy,
  sparse_categorical_crossentropy: SparseCategoricalCrossentropy,
  mean_absolute_percentage_error: MeanAbsolutePercentageError,
  mean_squared_logarithmic_error: MeanSquaredLogarithmicError,
  huber: Huber,
  log_cosh: LogCosh,
  hinge: Hinge,
  squared_hinge: SquaredHinge,
  categorical_hinge: CategoricalHinge,
  kl_divergence: KLDivergence,
  poisson: Poisson,
  cosine_similarity: CosineSimilarity,
  dice: Dice,
  tversky: Tversky,
  binary_focal_crossentropy: BinaryFocalCrossentropy,
  categorical_focal_crossentropy: CategoricalFocalCrossentropy,
  circle: Circle,
  ctc: CTC,
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
        hint: `write new losses.${identifier.name}()`,
      });
    }
    const known = functionName(identifier);
    return known !== undefined && Object.hasOwn(classes, known)
      ? new classes[known as LossFunctionName]()
      : new FunctionLoss(identifier);
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
