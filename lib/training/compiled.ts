// The result of compile(): the optimizer, the losses and the metrics, with their names in the logs.
import type { DTypePolicy } from "../dtype_policy.ts";
import { didYouMean, ValueError } from "../errors.ts";
import { errorPlace, withContext } from "../ir/context.ts";
import { owned } from "../ir/trace.ts";
import type { Value } from "../ir/value.ts";
import { inFloat32, type Loss } from "../losses/loss.ts";
import { Mean } from "../metrics/mean.ts";
import type { Direction, Metric } from "../metrics/metric.ts";
import { withScaledLoss } from "../optimizers/loss_scale.ts";
import type { Optimizer } from "../optimizers/optimizer.ts";
import { add, equal, multiply, select } from "../ops/primitives.ts";
import { type KeptOptions, readMethodOptions } from "../options.ts";
import { flatten, isItem, isNamed, namesOf, type Structure } from "../structure.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { type CompileOptions, compileOptions, type Found, type PerOutput } from "./compile_options.ts";

/** A metric and its name in the logs. */
export type NamedMetric = readonly [name: string, metric: Metric];

/** A metric of an output, with its name in the logs. */
interface OutputMetric {
  readonly name: string;
  readonly metric: Metric;
  readonly output: number;
  readonly weighted: boolean;
}

/** The state of a compiled model. */
export class Compiled {
  /** The optimizer as it was given. */
  readonly givenOptimizer: Optimizer;
  /** The optimizer, with a scaled loss where the policy asks for that. */
  readonly optimizer: Optimizer;
  /** The number of batches between two calls of batch hooks. */
  readonly stepsPerExecution: number;
  /** The running mean of the loss. */
  readonly lossTracker: LossTracker = new LossTracker();
  readonly #model: string;
  readonly #asked: KeptOptions<typeof compileOptions>;
  #outputNames: readonly string[] = [];
  #losses: readonly (Loss | undefined)[] = [];
  #lossWeights: readonly number[] = [];
  #outputLosses: readonly (Mean | undefined)[] = [];
  #metrics: readonly OutputMetric[] = [];
  #bound = false;

  /**
   * Resolves every identifier, and assigns each item to its output if `outputNames` are known already; `policy` is the
   * model's. Throws {@linkcode ValueError} for an unknown identifier.
   */
  constructor(options: CompileOptions, model: string, outputNames: readonly string[], policy: DTypePolicy) {
    const asked = readMethodOptions("compile", compileOptions, options, `Cannot compile "${model}"`);
    this.#model = model;
    this.#asked = asked;
    this.stepsPerExecution = asked.stepsPerExecution;
    this.givenOptimizer = asked.optimizer;
    const isScaled = asked.autoScaleLoss && policy.name === "mixed_float16";
    this.optimizer = isScaled ? withScaledLoss(asked.optimizer) : asked.optimizer;
    if (outputNames.length > 0) this.bind(outputNames, outputNames.length);
  }

  /** The names of the outputs. */
  get outputNames(): readonly string[] {
    return this.#outputNames;
  }

  /** The loss of each output; undefined for outputs without one. */
  get losses(): readonly (Loss | undefined)[] {
    return this.#losses;
  }

  /** Assigns losses, weights and metrics to outputs, once. Throws {@linkcode ValueError} for an unknown output. */
  bind(outputNames: readonly string[], count: number): void {
    if (this.#bound) return;
    const names = outputNames.length === count ? outputNames : Array.from({ length: count }, (_, i) => `output_${i}`);
    const { loss, lossWeights, metrics, weightedMetrics } = this.#asked;
    const found = this.#perOutput(loss, names, "loss");
    const weights = this.#perOutput(lossWeights, names, "lossWeights");
    const several = found.filter((loss) => loss !== null).length > 1;
    this.#outputNames = names;
    this.#losses = found.map((loss) => loss ?? undefined);
    this.#lossWeights = weights.map((weight) => weight ?? 1);
    this.#outputLosses = found.map((loss, i) => (loss && several ? new LossTracker(`${names[i]}_loss`) : undefined));
    const taken = new Set(["loss"]);
    this.#metrics = [
      ...this.#named(metrics, names, "metrics", taken),
      ...this.#named(weightedMetrics, names, "weightedMetrics", taken),
    ];
    this.#bound = true;
  }

  #perOutput<T>(given: PerOutput<T> | null, names: readonly string[], option: string): (T | null)[] {
    const count = names.length;
    if (given === null || given === undefined) return names.map(() => null);
    if (isNamed(given)) {
      const named = given as { readonly [output: string]: T | null };
      this.#checkNames(Object.keys(named), names, option);
      return names.map((name) => named[name] ?? null);
    }
    if (!Array.isArray(given)) return names.map(() => given as T);
    if (given.length === count) return given.map((item) => item ?? null);
    throw new ValueError({
      what: `Cannot compile "${this.#model}"`,
      rule: `${option} must be one, or a list of as many as there are outputs, ${count}`,
      received: `a list of ${given.length}`,
      hint: count === 1 ? `give the ${option} itself` : `give one for each of ${quoted(names)}`,
    });
  }

  #checkNames(given: readonly string[], names: readonly string[], option: string): void {
    const wrong = given.find((name) => !names.includes(name));
    if (wrong === undefined) return;
    const near = didYouMean(wrong, names);
    throw new ValueError({
      what: `Cannot compile "${this.#model}"`,
      rule: `the names in ${option} must be those of outputs, ${quoted(names)}`,
      received: `"${wrong}"`,
      hint: near ? `did you mean "${near}"?` : "use these names",
    });
  }

  /** The metrics of each output with Keras's names: numbered if a name occurred before. */
  #named(given: Found, names: readonly string[], option: string, taken: Set<string>): OutputMetric[] {
    const weighted = option === "weightedMetrics";
    return this.#metricsByOutput(given, names, option).flatMap((metrics, output) => {
      const prefix = names.length > 1 ? `${names[output]}_` : "";
      return metrics.map((metric): OutputMetric => {
        let base = prefix + metric.name;
        if (weighted && taken.has(base)) base = `${prefix}weighted_${metric.name}`;
        let name = base;
        for (let i = 1; taken.has(name); i++) name = `${base}_${i}`;
        taken.add(name);
        return { name, metric, output, weighted };
      });
    });
  }

  #metricsByOutput(given: Found, names: readonly string[], option: string): Metric[][] {
    if (given === null) return names.map(() => []);
    if (isNamed(given)) {
      const named = given as { readonly [output: string]: Found };
      this.#checkNames(Object.keys(named), names, option);
      return names.map((name) => metricsIn(named[name] ?? null));
    }
    if (names.length === 1) return [metricsIn(given)];
    if (Array.isArray(given) && given.length === names.length) return given.map(metricsIn);
    throw new ValueError({
      what: `Cannot compile "${this.#model}"`,
      rule: `${option} must say which output each belongs to: ${quoted(names)}`,
      received: Array.isArray(given) ? `a list of ${given.length}` : "one for all",
      hint: `give them by name, as in { ${names[0]}: ["mae"] }, or a list of ${names.length} lists`,
    });
  }

  /** Every metric with its name in the logs, the loss first. */
  get metrics(): readonly NamedMetric[] {
    return [
      ["loss", this.lossTracker],
      ...this.#outputLosses.flatMap((tracker): NamedMetric[] => (tracker ? [[tracker.name, tracker]] : [])),
      ...this.#metrics.map(({ name, metric }): NamedMetric => [name, metric]),
    ];
  }

  /**
   * The weighted sum of the outputs' losses, traced; undefined if no output has one. With several outputs, each loss
   * also updates its own running mean.
   */
  computeLoss(
    y: Structure<Value> | undefined,
    yPred: Structure<Value>,
    sampleWeight?: Structure<Value>,
  ): Value | undefined {
    const parts: Value[] = [];
    this.#eachOutput(y, yPred, sampleWeight, (target, output, weight, i) => {
      const loss = this.#losses[i];
      if (!loss || !target) return;
      const value = withContext(
        [owned("loss", loss.name)],
        () => loss.apply(target, output, { sampleWeight: weight, mask: output.mask }),
      );
      const tracker = this.#outputLosses[i];
      if (tracker) withContext([owned("metric", tracker.name)], () => tracker.update(value, output.shape[0]));
      parts.push(this.#lossWeights[i] === 1 ? value : multiply(value, this.#lossWeights[i]));
    });
    return parts.length === 0 ? undefined : parts.reduce((a, b) => add(a, b));
  }

  /** Updates the metrics from targets and outputs; in a traced function. */
  updateMetrics(y: Structure<Value> | undefined, yPred: Structure<Value>, sampleWeight?: Structure<Value>): void {
    this.#eachOutput(y, yPred, sampleWeight, (target, output, weight, i) => {
      if (!target) return;
      for (const { name, metric, weighted, output: of } of this.#metrics) {
        if (of !== i) continue;
        withContext(
          [errorPlace.of(`the metric "${name}"`), owned("metric", name)],
          () => metric.updateState(target, output, weighted ? weight : undefined),
        );
      }
    });
  }

  #eachOutput(
    y: Structure<Value> | undefined,
    yPred: Structure<Value>,
    sampleWeight: Structure<Value> | undefined,
    visit: (target: Value | undefined, output: Value, weight: Value | undefined, index: number) => void,
  ): void {
    const outputs = flatten(yPred).map((output) => inFloat32(output) as Value);
    this.bind(namesOf(yPred) ?? [], outputs.length);
    const targets = y === undefined ? [] : flatten(y);
    const weights = sampleWeight === undefined ? [] : flatten(sampleWeight);
    const shared = weights.length === 1 && sampleWeight !== undefined && isItem(sampleWeight);
    outputs.forEach((output, i) => visit(targets[i], output, shared ? weights[0] : weights[i], i));
  }
}

/** The running mean of a loss. Once it is NaN the count stops, so that it tells where that began. */
class LossTracker extends Mean {
  /** Lower is better. */
  override readonly direction: Direction = "down";

  /** Takes the name in logs. */
  constructor(name = "loss") {
    super({ name });
  }

  /** Adds the loss of a batch of `samples` samples. */
  override update(loss: Value, samples?: Value | number): void {
    const before = this.count.value();
    super.update(loss, samples);
    const total = this.total.value();
    this.count.assign(select(equal(total, total), this.count.value(), before));
  }

  /** The mean; NaN even if the first batch gave NaN. */
  override compute([total, count]: readonly Tensor[]): number {
    return Number.isNaN(total.item()) ? NaN : super.compute([total, count]);
  }

  /** Whether no batch was added. */
  async isEmpty(): Promise<boolean> {
    const [total, count] = await Promise.all([this.total.read(), this.count.read()]);
    return total.item() === 0 && count.item() === 0;
  }
}

function metricsIn(found: Found): Metric[] {
  if (found === null) return [];
  return Array.isArray(found) ? found.flatMap(metricsIn) : [found as Metric];
}

function quoted(names: readonly string[]): string {
  return names.map((name) => `"${name}"`).join(", ");
}
