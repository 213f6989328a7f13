// Metrics by name, class or function.
import { unknownIdentifier, ValueError } from "../errors.ts";
import { canonicalLoss, type LossAlias, type LossFunctionName, lossFunctions, lossNames } from "../losses/resolve.ts";
import { snakeCase } from "../layers/naming.ts";
import { describe } from "../options.ts";
import { declareFunctions, functionName } from "../registry.ts";
import {
  accuracy,
  BinaryAccuracy,
  binaryAccuracy,
  CategoricalAccuracy,
  categoricalAccuracy,
  ShapedAccuracy,
  SparseCategoricalAccuracy,
  sparseCategoricalAccuracy,
} from "./accuracy.ts";
import { AUC } from "./auc.ts";
import { FalseNegatives, FalsePositives, Precision, Recall, TrueNegatives, TruePositives } from "./confusion.ts";
import {
  ConcordanceCorrelation,
  concordanceCorrelation,
  PearsonCorrelation,
  pearsonCorrelation,
} from "./correlation.ts";
import { F1Score, FBetaScore } from "./f_score.ts";
import { BinaryIoU } from "./iou.ts";
import { Mean, MeanMetricWrapper, type MetricFunction, Sum } from "./mean.ts";
import { Metric, type MetricOptions } from "./metric.ts";
import { CosineSimilarity, LogCoshError } from "./loss_metrics.ts";
import { R2Score, RootMeanSquaredError } from "./regression.ts";
import {
  SparseTopKCategoricalAccuracy,
  sparseTopKCategoricalAccuracy,
  TopKCategoricalAccuracy,
  topKCategoricalAccuracy,
} from "./top_k.ts";

/** The classes that need no arguments: each is found by its name and by that in snake case. */
const classes: Record<MetricClassName, new (options: MetricOptions) => Metric> = {
  AUC,
  BinaryAccuracy,
  BinaryIoU,
  CategoricalAccuracy,
  ConcordanceCorrelation,
  // As a metric it rises with likeness, as a loss it falls.
  CosineSimilarity,
  F1Score,
  FBetaScore,
  FalseNegatives,
  FalsePositives,
  LogCoshError,
  Mean,
  PearsonCorrelation,
  Precision,
  R2Score,
  Recall,
  RootMeanSquaredError,
  SparseCategoricalAccuracy,
  SparseTopKCategoricalAccuracy,
  Sum,
  TopKCategoricalAccuracy,
  TrueNegatives,
  TruePositives,
};

declareFunctions({
  accuracy,
  binary_accuracy: binaryAccuracy,
  categorical_accuracy: categoricalAccuracy,
  sparse_categorical_accuracy: sparseCategoricalAccuracy,
  top_k_categorical_accuracy: topKCategoricalAccuracy,
  sparse_top_k_categorical_accuracy: sparseTopKCategoricalAccuracy,
  pearson_correlation: pearsonCorrelation,
  concordance_correlation: concordanceCorrelation,
});

const shaped = ["accuracy", "acc", "Accuracy"];

/** Every name of a class, or that means an accuracy by the shapes. */
const named = new Map<string, (name: string) => Metric>([
  ...shaped.map((name) => [name, (typed: string) => new ShapedAccuracy(typed)] as const),
  ...Object.entries(classes).flatMap(([name, Class]) =>
    [snakeCase(name), name].map((known) => [known, (typed: string) => new Class({ name: typed })] as const)
  ),
]);

/** The names of classes of metrics that are no losses. */
export type MetricClassName =
  | "AUC"
  | "BinaryAccuracy"
  | "BinaryIoU"
  | "CategoricalAccuracy"
  | "ConcordanceCorrelation"
  | "CosineSimilarity"
  | "F1Score"
  | "FBetaScore"
  | "FalseNegatives"
  | "FalsePositives"
  | "LogCoshError"
  | "Mean"
  | "PearsonCorrelation"
  | "Precision"
  | "R2Score"
  | "Recall"
  | "RootMeanSquaredError"
  | "SparseCategoricalAccuracy"
  | "SparseTopKCategoricalAccuracy"
  | "Sum"
  | "TopKCategoricalAccuracy"
  | "TrueNegatives"
  | "TruePositives";

/** The names of metrics that are no losses, as functions are named. */
export type AccuracyName =
  | "accuracy"
  | "acc"
  | "Accuracy"
  | "auc"
  | "binary_accuracy"
  | "binary_io_u"
  | "categorical_accuracy"
  | "concordance_correlation"
  | "cosine_similarity"
  | "f1_score"
  | "f_beta_score"
  | "false_negatives"
  | "false_positives"
  | "log_cosh_error"
  | "mean"
  | "pearson_correlation"
  | "precision"
  | "r2_score"
  | "recall"
  | "root_mean_squared_error"
  | "sparse_categorical_accuracy"
  | "sparse_top_k_categorical_accuracy"
  | "sum"
  | "top_k_categorical_accuracy"
  | "true_negatives"
  | "true_positives";

/** The names of metrics; a loss's name is the running mean of that loss. */
export type MetricName = AccuracyName | MetricClassName | LossFunctionName | LossAlias;
/** A metric by name, as an object, or as a function of targets and outputs. */
export type MetricIdentifier = MetricName | Metric | MetricFunction;

/** The metric that an identifier names, under that name; throws {@linkcode ValueError} with a suggestion. */
export function getMetric(identifier: MetricIdentifier, where?: string): Metric {
  if (identifier instanceof Metric) return identifier;
  if (typeof identifier === "function") {
    if (identifier.prototype instanceof Metric) {
      throw new ValueError({
        what: where ?? "Unknown metric",
        rule: "a metric must be a name, an object or a function",
        received: `the class ${identifier.name}`,
        hint: `write new metrics.${identifier.name}()`,
      });
    }
    // Keras's functions are known by Keras's names.
    const name = functionName(identifier);
    const isLoss = name !== undefined && Object.hasOwn(lossFunctions, name);
    return new MeanMetricWrapper(identifier, {
      name,
      direction: isLoss ? "down" : name === undefined ? undefined : "up",
    });
  }
  if (typeof identifier !== "string") {
    throw new ValueError({
      what: where ?? "Unknown metric",
      rule: "a metric must be a name, an object or a function",
      received: describe(identifier),
    });
  }
  const make = named.get(identifier);
  if (make) return make(identifier);
  const loss = canonicalLoss(identifier);
  if (loss) {
    const fn = lossFunctions[loss];
    return new MeanMetricWrapper((yTrue, yPred) => fn(yTrue, yPred), { name: identifier, direction: "down" });
  }
  const known = [...named.keys(), ...lossNames];
  throw unknownIdentifier("metric", identifier, known, where);
}
