// What compile() made: the optimizer, the loss and the metrics, with their names in the logs.
import { describe, ValueError } from "../errors.ts";
import { Value } from "../ir/value.ts";
import { getLoss, type LossIdentifier } from "../losses/identify.ts";
import type { Loss, LossFunction } from "../losses/loss.ts";
import { getMetric, type MetricIdentifier } from "../metrics/identify.ts";
import { Mean, type MetricFunction } from "../metrics/mean.ts";
import type { Direction, Metric } from "../metrics/metric.ts";
import { getOptimizer, type OptimizerIdentifier } from "../optimizers/identify.ts";
import type { Optimizer } from "../optimizers/optimizer.ts";
import { checkOptions } from "../options.ts";

/** What `compile` takes. */
export interface CompileOptions {
  /** What changes the weights; `rmsprop` by default. */
  optimizer?: OptimizerIdentifier;
  /** What training lowers; null where layers add all there is. */
  loss: LossIdentifier | null;
  /** What is reported besides the loss. */
  metrics?: MetricIdentifier | readonly MetricIdentifier[] | null;
  /** What is reported with the samples' weights. */
  weightedMetrics?: MetricIdentifier | readonly MetricIdentifier[] | null;
}

/** A metric under its name in the logs. */
interface NamedMetric {
  readonly name: string;
  readonly metric: Metric;
  readonly weighted: boolean;
}

/** The state of a compiled model. */
export class Compiled {
  /** What changes the weights. */
  readonly optimizer: Optimizer;
  /** What training lowers; undefined where layers add all there is. */
  readonly loss: Loss | undefined;
  /** The running mean of the loss. */
  readonly lossTracker: Mean = new LossTracker();
  readonly #metrics: readonly NamedMetric[];

  /** Looks up every identifier. Throws {@linkcode ValueError} for one that is unknown. */
  constructor(options: CompileOptions, model: string) {
    const where = `Cannot compile "${model}"`;
    checkOptions("compile", options, ["optimizer", "loss", "metrics", "weightedMetrics"]);
    this.optimizer = getOptimizer(options.optimizer ?? "rmsprop", where);
    this.loss = options.loss === null || options.loss === undefined ? undefined : checkedLoss(options.loss, where);
    const plain = listOf(options.metrics).map((identifier) => checkedMetric(identifier, where));
    const weighted = listOf(options.weightedMetrics).map((identifier) => checkedMetric(identifier, where));
    const names = new Set(["loss"]);
    const named: NamedMetric[] = [];
    for (const metric of [...plain, ...weighted]) {
      const isWeighted = weighted.includes(metric);
      const base = isWeighted && names.has(metric.name) ? `weighted_${metric.name}` : metric.name;
      let name = base;
      for (let i = 1; names.has(name); i++) name = `${base}_${i}`;
      names.add(name);
      named.push({ name, metric, weighted: isWeighted });
    }
    this.#metrics = named;
  }

  /** Every metric by its name in the logs, the loss first. */
  get byName(): Map<string, Metric> {
    return new Map([
      ["loss", this.lossTracker as Metric],
      ...this.#metrics.map(({ name, metric }) => [name, metric] as const),
    ]);
  }

  /** Takes targets and outputs into the metrics; inside a traced function. */
  updateMetrics(yTrue: Value, yPred: Value, sampleWeight?: Value): void {
    for (const { metric, weighted } of this.#metrics) {
      metric.updateState(yTrue, yPred, weighted ? sampleWeight : undefined);
    }
  }
}

class LossTracker extends Mean {
  override readonly direction: Direction = "down";
  constructor() {
    super({ name: "loss" });
  }
}

/** The loss that an identifier names; a user's function is held to giving a symbolic value. */
function checkedLoss(identifier: LossIdentifier, where: string): Loss {
  const made = getLoss(identifier, where);
  return typeof identifier === "function" ? getLoss(givingValue(identifier as LossFunction, "loss")) : made;
}

/** The metric that an identifier names; a user's function is held to giving a symbolic value. */
function checkedMetric(identifier: MetricIdentifier, where: string): Metric {
  const made = getMetric(identifier, where);
  return typeof identifier === "function" ? getMetric(givingValue(identifier as MetricFunction, "metric")) : made;
}

/** The function itself, under its name, but for an error where it gives no symbolic value. */
function givingValue(fn: LossFunction, kind: string): LossFunction {
  const checked: LossFunction = (yTrue, yPred) => {
    const given = fn(yTrue, yPred);
    if (given instanceof Value) return given;
    throw new ValueError({
      what: `Cannot compute the ${kind} ${describe(fn)}`,
      rule: "it must return a symbolic value for targets and outputs",
      received: describe(given),
      mend: "return what ops make of yTrue and yPred, as in ops.mean(ops.square(ops.subtract(yTrue, yPred)), -1)",
    });
  };
  Object.defineProperty(checked, "name", { value: fn.name });
  return checked;
}

function listOf<T>(value: T | readonly T[] | null | undefined): readonly T[] {
  if (value === null || value === undefined) return [];
  return Array.isArray(value) ? value as readonly T[] : [value as T];
}
