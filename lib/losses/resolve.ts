// Losses by name, class or function.
import type { Value } from "../ir/value.ts";
import { NamedSet } from "../named_set.ts";
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

/** The losses by Keras's function names: the function, the class, and further names. */
const table = {
  mean_squared_error: { fn: meanSquaredError, Class: MeanSquaredError, aliases: ["MeanSquaredError", "mse", "MSE"] },
  mean_absolute_error: {
    fn: meanAbsoluteError,
    Class: MeanAbsoluteError,
    aliases: ["MeanAbsoluteError", "mae", "MAE"],
  },
  binary_crossentropy: {
    fn: binaryCrossentropy,
    Class: BinaryCrossentropy,
    aliases: ["BinaryCrossentropy", "bce", "BCE"],
  },
  categorical_crossentropy: {
    fn: categoricalCrossentropy,
    Class: CategoricalCrossentropy,
    aliases: ["CategoricalCrossentropy"],
  },
  sparse_categorical_crossentropy: {
    fn: sparseCategoricalCrossentropy,
    Class: SparseCategoricalCrossentropy,
    aliases: ["SparseCategoricalCrossentropy"],
  },
  mean_absolute_percentage_error: {
    fn: meanAbsolutePercentageError,
    Class: MeanAbsolutePercentageError,
    aliases: ["MeanAbsolutePercentageError", "mape", "MAPE"],
  },
  mean_squared_logarithmic_error: {
    fn: meanSquaredLogarithmicError,
    Class: MeanSquaredLogarithmicError,
    aliases: ["MeanSquaredLogarithmicError", "msle", "MSLE"],
  },
  huber: { fn: huber, Class: Huber, aliases: ["Huber"] },
  log_cosh: { fn: logCosh, Class: LogCosh, aliases: ["LogCosh", "logcosh"] },
  hinge: { fn: hinge, Class: Hinge, aliases: ["Hinge"] },
  squared_hinge: { fn: squaredHinge, Class: SquaredHinge, aliases: ["SquaredHinge"] },
  categorical_hinge: { fn: categoricalHinge, Class: CategoricalHinge, aliases: ["CategoricalHinge"] },
  kl_divergence: {
    fn: klDivergence,
    Class: KLDivergence,
    aliases: ["KLDivergence", "kld", "KLD", "kullback_leibler_divergence"],
  },
  poisson: { fn: poisson, Class: Poisson, aliases: ["Poisson"] },
  cosine_similarity: { fn: cosineSimilarity, Class: CosineSimilarity, aliases: ["CosineSimilarity"] },
  dice: { fn: dice, Class: Dice, aliases: ["Dice"] },
  tversky: { fn: tversky, Class: Tversky, aliases: ["Tversky"] },
  binary_focal_crossentropy: {
    fn: binaryFocalCrossentropy,
    Class: BinaryFocalCrossentropy,
    aliases: ["BinaryFocalCrossentropy"],
  },
  categorical_focal_crossentropy: {
    fn: categoricalFocalCrossentropy,
    Class: CategoricalFocalCrossentropy,
    aliases: ["CategoricalFocalCrossentropy"],
  },
  circle: { fn: circle, Class: Circle, aliases: ["Circle"] },
  ctc: { fn: ctc, Class: CTC, aliases: ["CTC"] },
} as const;

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
export function getLoss(identifier: LossIdentifier, where?: string): Loss {
  return losses.get(identifier, where);
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
