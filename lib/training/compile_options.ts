// What compile takes, each option declared once: the optimizer, losses and metrics, looked up but not yet given to outputs.
import { describe, ValueError } from "../errors.ts";
import { Value } from "../ir/value.ts";
import type { Loss, LossFunction } from "../losses/loss.ts";
import { getLoss, type LossIdentifier } from "../losses/resolve.ts";
import type { MetricFunction } from "../metrics/mean.ts";
import type { Metric } from "../metrics/metric.ts";
import { getMetric, type MetricIdentifier } from "../metrics/resolve.ts";
import { integerAtLeast } from "../option_kinds.ts";
import type { Optimizer } from "../optimizers/optimizer.ts";
import { getOptimizer, type OptimizerIdentifier } from "../optimizers/resolve.ts";
import { nullAsDefault, type Option, option, optionTable, unoffered } from "../options.ts";
import { functionName } from "../registry.ts";
import { isNamed } from "../structure.ts";

/** For each output: the item itself where there is one output, else a list or an object by output's name. */
export type PerOutput<T, Names extends string = string> =
  | T
  | readonly (T | null)[]
  | { readonly [Output in Names]?: T | null };
/** What is reported: one, or a list; for several outputs such an item or list for each, in a list or by name. */
export type MetricsByOutput<Names extends string = string> =
  | MetricIdentifier
  | readonly (MetricIdentifier | readonly MetricIdentifier[] | null)[]
  | { readonly [Output in Names]?: MetricIdentifier | readonly MetricIdentifier[] | null };

/** What `compile` takes; `Names` are those of the outputs, where these have names. */
export interface CompileOptions<Names extends string = string> {
  /** What changes the weights; `rmsprop` by default. */
  optimizer?: OptimizerIdentifier;
  /** What training lowers: one loss for every output, or one for each; null where layers add all there is. */
  loss: PerOutput<LossIdentifier, Names> | null;
  /** What the loss of each output is multiplied by in the sum of all; 1 by default. */
  lossWeights?: PerOutput<number, Names> | null;
  /** What is reported besides the loss. */
  metrics?: MetricsByOutput<Names> | null;
  /** What is reported with the samples' weights. */
  weightedMetrics?: MetricsByOutput<Names> | null;
  /** How many batches lie between two calls of callbacks' hooks of batches; 1 by default. */
  stepsPerExecution?: number;
}

/** Metrics that were looked up, in the lists and objects in which they were given. */
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
  // How Python Keras runs its steps: written, but not read.
  runEagerly: unoffered(false),
  stepsPerExecution: integerAtLeast(
    1,
    1,
    "leave it out: many steps are run at once anyway, unless a callback asks for every batch",
  ),
  jitCompile: unoffered(false),
});

/** The loss that an identifier names; a user's function is held to giving a symbolic value. */
function checkedLoss(identifier: LossIdentifier, where: string): Loss {
  const made = getLoss(identifier, where);
  return isOwn(identifier) ? getLoss(givingValue(identifier as LossFunction, "loss")) : made;
}

/** The metric that an identifier names; a user's function is held to giving a symbolic value. */
function checkedMetric(identifier: MetricIdentifier, where: string): Metric {
  const made = getMetric(identifier, where);
  return isOwn(identifier) ? getMetric(givingValue(identifier as MetricFunction, "metric")) : made;
}

/** Whether an identifier is a function of the user's. */
function isOwn(identifier: unknown): boolean {
  return typeof identifier === "function" && functionName(identifier) === undefined;
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
      hint: "return what ops make of yTrue and yPred, as in ops.mean(ops.square(ops.subtract(yTrue, yPred)), -1)",
    });
  };
  Object.defineProperty(checked, "name", { value: fn.name });
  return checked;
}

/** What was given for outputs with `fn` of each item in its place. */
function mapOutputs<T, U>(given: PerOutput<T> | null, fn: (item: T | null) => U): PerOutput<U> {
  if (Array.isArray(given)) return given.map(fn);
  if (!isNamed(given)) return fn(given as T | null);
  return Object.fromEntries(Object.entries(given).map(([name, item]) => [name, fn(item as T | null)])) as PerOutput<U>;
}
