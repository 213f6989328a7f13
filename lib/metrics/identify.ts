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
import { MeanMetricWrapper, type MetricFunction } from "./mean.ts";
import { Metric } from "./metric.ts";

const accuracies: Record<AccuracyName, (name: string) => Metric> = {
  accuracy: (name: string) => new ShapedAccuracy(name),
  acc: (name: string) => new ShapedAccuracy(name),
  binary_accuracy: (name: string) => new BinaryAccuracy({ name }),
  categorical_accuracy: (name: string) => new CategoricalAccuracy({ name }),
  sparse_categorical_accuracy: (name: string) => new SparseCategoricalAccuracy({ name }),
  // As a metric it rises with likeness, as a loss it falls.
  cosine_similarity: (name: string) =>
    new MeanMetricWrapper((yTrue, yPred) => cosine(yTrue, yPred, -1), { name, direction: "up" }),
};

/** The names of what rises. */
export type AccuracyName =
  | "accuracy"
  | "acc"
  | "binary_accuracy"
  | "categorical_accuracy"
  | "sparse_categorical_accuracy"
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
