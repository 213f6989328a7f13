// Metrics by name, class or function.
import { canonicalLosses, type LossAlias, type LossFunctionName, lossFunctions } from "../losses/resolve.ts";
import type { FunctionNode, ObjectNode } from "../json_config.ts";
import { NamedSet } from "../named_set.ts";
import { type CustomObjects, declareFunctions, functionName } from "../registry.ts";
import {
  accuracy,
  accuracyMetrics,
  binaryAccuracy,
  categoricalAccuracy,
  ShapedAccuracy,
  sparseCategoricalAccuracy,
} from "./accuracy.ts";
import { aucMetrics } from "./auc.ts";
import { confusionMetrics } from "./confusion.ts";
import { concordanceCorrelation, correlationMetrics, pearsonCorrelation } from "./correlation.ts";
import { fScoreMetrics } from "./f_score.ts";
import { iouMetrics } from "./iou.ts";
import { lossMetrics } from "./loss_metrics.ts";
import { meanMetrics, MeanMetricWrapper, type MetricFunction } from "./mean.ts";
import { Metric } from "./metric.ts";
import { regressionMetrics } from "./regression.ts";
import { sparseTopKCategoricalAccuracy, topKCategoricalAccuracy, topKMetrics } from "./top_k.ts";

/** The named classes of all families by their names in snake case. */
const classes = {
  ...aucMetrics,
  ...accuracyMetrics,
  ...iouMetrics,
  ...correlationMetrics,
  ...lossMetrics,
  ...fScoreMetrics,
  ...confusionMetrics,
  ...meanMetrics,
  ...regressionMetrics,
  ...topKMetrics,
};

/** The names of the accuracy that depends on the shapes. */
const shaped = ["accuracy", "acc", "Accuracy"] as const;

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

/** The class names of metrics that are not losses. */
export type MetricClassName = { [Name in keyof typeof classes]: keyof (typeof classes)[Name] }[keyof typeof classes];

/** The function names of metrics that are not losses. */
export type AccuracyName = keyof typeof classes | (typeof shaped)[number];

/** The names of metrics; a loss's name gives the running mean of that loss. */
export type MetricName = AccuracyName | MetricClassName | LossFunctionName | LossAlias;
/** A metric by name, as an object, or as a function of targets and outputs. */
export type MetricIdentifier = MetricName | Metric | MetricFunction;

/** Makes the metric of each name; a metric's name takes precedence over a loss's. */
const made: Record<string, () => Metric> = {};
for (const name of shaped) made[name] = () => new ShapedAccuracy({ name });
for (const [snake, named] of Object.entries(classes)) {
  for (const [own, Class] of Object.entries(named)) {
    for (const name of [snake, own]) made[name] = () => new Class({ name });
  }
}
for (const [name, loss] of canonicalLosses) {
  const fn = lossFunctions[loss];
  made[name] ??= () => new MeanMetricWrapper((yTrue, yPred) => fn(yTrue, yPred), { name, direction: "down" });
}

const metrics = new NamedSet<Metric, MetricFunction, string>({
  kind: "metric",
  one: "a metric",
  namespace: "metrics",
  example: 'write it as in metrics: ["accuracy"]',
  Base: Metric,
  fromFunction: (fn) => {
    // Keras's functions get Keras's names.
    const name = functionName(fn);
    const isLoss = name !== undefined && Object.hasOwn(lossFunctions, name);
    return new MeanMetricWrapper(fn, { name, direction: isLoss ? "down" : name === undefined ? undefined : "up" });
  },
}, made);

/** The metric for an identifier, under that name; throws {@linkcode ValueError} with a suggestion. */
export function getMetric(identifier: MetricIdentifier | ObjectNode | FunctionNode, where?: string): Metric {
  return metrics.get(identifier, where);
}

/**
 * A metric as a config has it: its class and options, or the name of a function.
 *
 * @example
 * ```ts
 * import { metrics } from "./mod.ts";
 * const node = metrics.serialize(new metrics.AUC({ curve: "PR" }));
 * console.log(metrics.deserialize(node).getConfig().curve); // PR
 * ```
 */
export const serialize = (metric: Metric | MetricFunction): ObjectNode | FunctionNode => metrics.serialize(metric);

/**
 * A metric from what {@linkcode serialize} gave, or from a name; custom classes and functions are found by the names
 * of `customObjects`, or as they were registered. Throws {@linkcode ValueError} for anything else.
 */
export const deserialize = (config: MetricName | ObjectNode | FunctionNode, customObjects?: CustomObjects): Metric =>
  metrics.deserialize(config, customObjects);
