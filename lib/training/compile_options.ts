// The options of compile, each declared once: the optimizer, losses and metrics, resolved but not yet assigned to outputs.
import { describe, ValueError } from "../errors.ts";
import { Value } from "../ir/value.ts";
import type { Loss, LossFunction } from "../losses/loss.ts";
import { getLoss, type LossIdentifier } from "../losses/resolve.ts";
import type { MetricFunction } from "../metrics/mean.ts";
import type { Metric } from "../metrics/metric.ts";
import { getMetric, type MetricIdentifier } from "../metrics/resolve.ts";
import { boolean, integerAtLeast } from "../option_kinds.ts";
import type { Optimizer } from "../optimizers/optimizer.ts";
import { getOptimizer, type OptimizerIdentifier } from "../optimizers/resolve.ts";
import { nullAsDefault, type Option, option, optionTable, unoffered, withFacts } from "../options.ts";
import { functionName } from "../registry.ts";
import { isNamed } from "../structure.ts";

/** The item itself for a single output, else a list of items or an object by output name. */
export type PerOutput<T, Names extends string = string> =
  | T
  | readonly (T | null)[]
  | { readonly [Output in Names]?: T | null };
/** Metrics: one, or a list; for several outputs, one such item per output, in a list or by name. */
export type MetricsByOutput<Names extends string = string> =
  | MetricIdentifier
  | readonly (MetricIdentifier | readonly MetricIdentifier[] | null)[]
  | { readonly [Output in Names]?: MetricIdentifier | readonly MetricIdentifier[] | null };

/** What `compile` takes; `Names` are the names of the outputs, if they have any. */
export interface CompileOptions<Names extends string = string> {
  /** The optimizer; `rmsprop` by default. */
  optimizer?: OptimizerIdentifier;
  /**
   * The loss to minimize: one for all outputs, or one per output; null if only losses added by layers count. Only a
   * model with a `trainStep` or `computeLoss` of its own may leave it out.
   */
  loss?: PerOutput<LossIdentifier, Names> | null;
  /** The factor of each output's loss in the sum; 1 by default. */
  lossWeights?: PerOutput<number, Names> | null;
  /** The metrics to report besides the loss. */
  metrics?: MetricsByOutput<Names> | null;
  /** The metrics to report with sample weights. */
  weightedMetrics?: MetricsByOutput<Names> | null;
  /**
   * Whether the optimizer is wrapped in one that scales the loss where the model's policy is `mixed_float16`; true by
   * default.
   */
  autoScaleLoss?: boolean;
  /** The number of batches between two calls of callbacks' batch hooks; 1 by default. */
  stepsPerExecution?: number;
}

/** Resolved metrics, in the structure in which they were given. */
export type Found = Metric | null | readonly Found[] | { readonly [output: string]: Found };

const metricsOption: Option<Found> = option<Found>({
  fallback: null,
  read: (given, { what }) => {
    const find = (item: unknown): Found => {
      if (item === null || item === undefined) return null;
      if (Array.isArray(item)) return item.map(find);
      if (isNamed(item)) return Object.fromEntries(Object.entries(item).map(([name, inner]) => [name, find(inner)]));
      return checkedMetric(item as MetricIdentifier, what);
    };
    return find(given);
  },
});

/** The options of `compile`. */
export const compileOptions = optionTable<CompileOptions>()({
  optimizer: nullAsDefault(option<Optimizer>({
    fallback: "rmsprop",
    read: (given, { what }) => getOptimizer(given as OptimizerIdentifier, what),
  })),
  loss: option<PerOutput<Loss | null>>({
    fallback: null,
    read: (given, { what }) =>
      mapOutputs(
        given as CompileOptions["loss"],
        (loss) => loss === null || loss === undefined ? null : checkedLoss(loss, what),
      ),
  }),
  lossWeights: option<PerOutput<number> | null>({
    fallback: null,
    read: (given, { what }) =>
      mapOutputs(given as PerOutput<number> | null, (weight) => {
        if (weight === null || (typeof weight === "number" && Number.isFinite(weight))) return weight;
        throw new ValueError({
          what,
          rule: "lossWeights must be numbers",
          received: describe(weight),
          hint: "give one for each output, as in lossWeights: [1, 0.5]",
        });
      }),
  }),
  metrics: metricsOption,
  weightedMetrics: metricsOption,
  // How Python Keras executes its steps: written, but not read.
  runEagerly: unoffered(
    false,
    'leave it out: every step is compiled; to look into one, print in traced functions, or use setBackend("reference")',
  ),
  stepsPerExecution: integerAtLeast(
    1,
    1,
    "leave it out: many steps are run at once anyway, unless a callback asks for every batch",
  ),
  jitCompile: unoffered(false, "leave it out: every step is compiled anyway"),
  autoScaleLoss: withFacts(boolean(true), { written: "never" }),
});

/** The loss for an identifier; a custom function must return a symbolic value. */
function checkedLoss(identifier: LossIdentifier, where: string): Loss {
  const made = getLoss(identifier, where);
  return isOwn(identifier) ? getLoss(givingValue(identifier as LossFunction, "loss")) : made;
}

/** The metric for an identifier; a custom function must return a symbolic value. */
function checkedMetric(identifier: MetricIdentifier, where: string): Metric {
  const made = getMetric(identifier, where);
  return isOwn(identifier) ? getMetric(givingValue(identifier as MetricFunction, "metric")) : made;
}

/** Whether an identifier is a custom function. */
function isOwn(identifier: unknown): boolean {
  return typeof identifier === "function" && functionName(identifier) === undefined;
}

/** The function, with its name, but with an error if it does not return a symbolic value. */
function givingValue(fn: LossFunction, kind: string): LossFunction {
  const checked: LossFunction = (yTrue, yPred) => {
    const given = fn(yTrue, yPred);
    if (given instanceof Value) return given;
    throw new ValueError({
      what: `Cannot compute the ${kind} ${describe(fn)}`,
      rule: "it must return a symbolic value for targets and outputs",
      received: describe(given),
      hint: "return what ops make of yTrue and yPred, as in ops.mean(ops.square(ops.subtract(yTrue, yPred)), -1)",
    });
  };
  Object.defineProperty(checked, "name", { value: fn.name });
  return checked;
}

/** The values given for outputs, with `fn` applied to each. */
function mapOutputs<T, U>(given: PerOutput<T> | null, fn: (item: T | null) => U): PerOutput<U> {
  if (Array.isArray(given)) return given.map(fn);
  if (!isNamed(given)) return fn(given as T | null);
  return Object.fromEntries(Object.entries(given).map(([name, item]) => [name, fn(item as T | null)])) as PerOutput<U>;
}
