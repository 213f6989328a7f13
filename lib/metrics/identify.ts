// Metrics by name, class or function.
import { unknownIdentifier, ValueError } from "../errors.ts";
import {
  canonicalLoss,
  type LossAlias,
  lossAliases,
  type LossFunctionName,
  lossFunctions,
} from "../losses/identify.ts";
import { cosine } from "../losses/similarity.ts";
import { describe } from "../options.ts";
import { BinaryAccuracy, CategoricalAccuracy, ShapedAccuracy, SparseCategoricalAccuracy } from "./accuracy.ts";
import { AUC } from "./auc.ts";
import { FalseNegatives, FalsePositives, Precision, Recall, TrueNegatives, TruePositives } from "./confusion.ts";
import { F1Score } from "./f_score.ts";
import { R2Score, RootMeanSquaredError } from "./regression.ts";
import { SparseTopKCategoricalAccuracy, TopKCategoricalAccuracy } from "./top_k.ts";
import { MeanMetricWrapper, type MetricFunction } from "./mean.ts";
import { Metric } from "./metric.ts";

const accuracies: Record<AccuracyName, (name: string) => Metric> = {
  accuracy: (name: string) => new ShapedAccuracy(name),
  acc: (name: string) => new ShapedAccuracy(name),
  binary_accuracy: (name: string) => new BinaryAccuracy({ name }),
  categorical_accuracy: (name: string) => new CategoricalAccuracy({ name }),
  sparse_categorical_accuracy: (name: string) => new SparseCategoricalAccuracy({ name }),
  auc: (name: string) => new AUC({ name }),
  AUC: (name: string) => new AUC({ name }),
  precision: (name: string) => new Precision({ name }),
  Precision: (name: string) => new Precision({ name }),
  recall: (name: string) => new Recall({ name }),
  Recall: (name: string) => new Recall({ name }),
  true_positives: (name: string) => new TruePositives({ name }),
  false_positives: (name: string) => new FalsePositives({ name }),
  true_negatives: (name: string) => new TrueNegatives({ name }),
  false_negatives: (name: string) => new FalseNegatives({ name }),
  f1_score: (name: string) => new F1Score({ name }),
  r2_score: (name: string) => new R2Score({ name }),
  root_mean_squared_error: (name: string) => new RootMeanSquaredError({ name }),
  top_k_categorical_accuracy: (name: string) => new TopKCategoricalAccuracy({ name }),
  sparse_top_k_categorical_accuracy: (name: string) => new SparseTopKCategoricalAccuracy({ name }),
  // As a metric it rises with likeness, as a loss it falls.
  cosine_similarity: (name: string) =>
    new MeanMetricWrapper((yTrue, yPred) => cosine(yTrue, yPred, -1), { name, direction: "up" }),
};

/** The names of metrics that are no losses. */
export type AccuracyName =
  | "accuracy"
  | "acc"
  | "binary_accuracy"
  | "categorical_accuracy"
  | "sparse_categorical_accuracy"
  | "auc"
  | "AUC"
  | "precision"
  | "Precision"
  | "recall"
  | "Recall"
  | "true_positives"
  | "false_positives"
  | "true_negatives"
  | "false_negatives"
  | "f1_score"
  | "r2_score"
  | "root_mean_squared_error"
  | "top_k_categorical_accuracy"
  | "sparse_top_k_categorical_accuracy"
  | "cosine_similarity";

/** The names of metrics; a loss's name is the running mean of that loss. */
export type MetricName = AccuracyName | LossFunctionName | LossAlias;
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
        mend: `write new metrics.${identifier.name}()`,
      });
    }
    return new MeanMetricWrapper(identifier);
  }
  if (typeof identifier !== "string") {
    throw new ValueError({
      what: where ?? "Unknown metric",
      rule: "a metric must be a name, an object or a function",
      received: describe(identifier),
    });
  }
  if (Object.hasOwn(accuracies, identifier)) return accuracies[identifier as AccuracyName](identifier);
  const loss = canonicalLoss(identifier);
  if (loss === "cosine_similarity") return accuracies[loss](identifier);
  if (loss) {
    const fn = lossFunctions[loss];
    return new MeanMetricWrapper((yTrue, yPred) => fn(yTrue, yPred), { name: identifier, direction: "down" });
  }
  const known = [...Object.keys(accuracies), ...Object.keys(lossFunctions), ...Object.keys(lossAliases)];
  throw unknownIdentifier("metric", identifier, known, where);
}
