// Model: a layer that can be trained. https://keras.io/api/models/model/
import type { History } from "../callbacks/history.ts";
import type { Logs } from "../callbacks/callback.ts";
import type { DType } from "../dtype.ts";
import { describe, didYouMean, StateError, ValueError } from "../errors.ts";
import { gradients } from "../exec/compile.ts";
import type { Value } from "../ir/value.ts";
import { currentCall } from "../layers/call_state.ts";
import { Layer, type LayerOptions } from "../layers/layer.ts";
import type { Metric } from "../metrics/metric.ts";
import { add } from "../ops/primitives.ts";
import type { Optimizer } from "../optimizers/optimizer.ts";
import type { SymbolicShape } from "../shape.ts";
import type { Tensor, TensorLike } from "../tensor/tensor.ts";
import { Compiled, type CompileOptions } from "../training/compiled.ts";
import { fit, type FitOptions } from "../training/fit.ts";
import type { StepData, StepLogs } from "../training/trainable.ts";
import { type BatchOptions, type EvaluateOptions, type PredictOptions, Trainer } from "../training/trainer.ts";
import { printSummary, type SummaryOptions } from "./summary.ts";

/** Options that every model takes. */
export interface ModelOptions {
  /** The name in messages and summaries; by class and number by default. */
  name?: string;
  /** Whether optimizers change the model's weights; true by default. */
  trainable?: boolean;
}

/** What {@linkcode Model.computeLoss} takes. */
export interface LossData extends StepData {
  /** The model's outputs. */
  readonly yPred: Value;
}

/**
 * The base of models: a layer with `compile`, `fit`, `evaluate` and `predict`. Extend it with your own `call`; layers in
 * properties are found by themselves.
 *
 * @example A model of one's own
 * ```ts
 * import { layers, Model, type Value } from "./mod.ts";
 * class Classifier extends Model {
 *   hidden = new layers.Dense(32, { activation: "relu" });
 *   head = new layers.Dense(10, { activation: "softmax" });
 *   override call(x: Value) {
 *     return this.head.apply(this.hidden.apply(x));
 *   }
 * }
 * const model = new Classifier();
 * model.compile({ optimizer: "adam", loss: "sparse_categorical_crossentropy", metrics: ["accuracy"] });
 * ```
 */
export abstract class Model extends Layer {
  /** Whether training ends after the current batch. */
  stopTraining = false;
  /** What the last `fit` resolved to. */
  history: History | undefined;
  #compiled: Compiled | undefined;
  #outputShape: SymbolicShape | undefined;
  readonly #trainer: Trainer = new Trainer(this);

  /** Takes name and trainability. */
  constructor(options: ModelOptions & LayerOptions = {}) {
    super(options, []);
  }

  /** The layers of the model. */
  get layers(): readonly Layer[] {
    return this.sublayers;
  }

  /** The dtype that inputs are cast to; undefined to leave them. */
  get inputDType(): DType | undefined {
    return undefined;
  }

  /** The shape of the output, batch axis first; undefined before the model is built. */
  get outputShape(): SymbolicShape | undefined {
    return this.#outputShape;
  }

  /** The shape of a layer's output in this model, where it is known. */
  outputShapeOf(_layer: Layer): SymbolicShape | undefined {
    return undefined;
  }

  /** Builds the model for inputs of this shape (batch axis first), and gives the shape of its output. */
  buildFor(inputShape: SymbolicShape): SymbolicShape {
    return this.#outputShape ??= this.computeOutputShape(inputShape);
  }

  /** Whether `compile` was called. */
  get compiled(): boolean {
    return this.#compiled !== undefined;
  }

  /** What changes the weights; undefined before `compile`. */
  get optimizer(): Optimizer | undefined {
    return this.#compiled?.optimizer;
  }

  /** The running numbers, the loss first; empty before `compile`. */
  get metrics(): readonly Metric[] {
    return [...this.metricsByName.values()];
  }

  /** The running numbers by their names in the logs. */
  get metricsByName(): ReadonlyMap<string, Metric> {
    return this.#compiled?.byName ?? new Map();
  }

  /** The names of the numbers in the logs. */
  get metricsNames(): string[] {
    return [...this.metricsByName.keys()];
  }

  /** Whether each number in the logs gets better by rising or by falling. */
  get metricDirections(): ReadonlyMap<string, "up" | "down" | undefined> {
    return new Map([...this.metricsByName].map(([name, metric]) => [name, metric.direction]));
  }

  /**
   * Sets optimizer, loss and metrics for training and evaluation. What an earlier call set is forgotten.
   *
   * @param options optimizer, loss and metrics, by name or as objects
   * @throws {ValueError} for a name that is unknown, with a suggestion
   *
   * @example By name
   * ```ts
   * import { Input, layers, Sequential } from "./mod.ts";
   * const model = new Sequential([Input({ shape: [4] }), new layers.Dense(3, { activation: "softmax" })]);
   * model.compile({ optimizer: "adam", loss: "sparse_categorical_crossentropy", metrics: ["accuracy"] });
   * ```
   */
  compile(options: CompileOptions): void {
    const compiled = new Compiled(options ?? {}, this.name);
    if (options?.loss === undefined && this.trainStep === Model.prototype.trainStep) {
      throw new ValueError({
        what: `Cannot compile "${this.name}"`,
        rule: "there must be a loss",
        received: "none",
        mend: 'give one, as in loss: "mse", or loss: null if layers add all there is',
      });
    }
    this.#trainer.use(compiled);
    this.#compiled = compiled;
  }

  /**
   * Trains on samples for a number of epochs.
   *
   * @param x inputs, `[rows, ...]`
   * @param y targets, `[rows, ...]`
   * @param options batch size, epochs, validation, callbacks and what is printed
   * @returns the logs of every epoch
   * @throws {StateError} before `compile`
   * @throws {ValueError} or {@linkcode ShapeError} for data that does not suit the model, before the first step
   * @throws {RangeError} for a `validationSplit` outside of [0, 1)
   *
   * @example A line through three points
   * ```ts
   * import { Input, layers, Sequential } from "./mod.ts";
   * const model = new Sequential([Input({ shape: [1] }), new layers.Dense(1)]);
   * model.compile({ optimizer: "sgd", loss: "mse" });
   * const { history } = await model.fit([[0], [1], [2]], [[1], [3], [5]], { epochs: 50, verbose: 0 });
   * console.log(history.loss.length); // 50
   * ```
   */
  async fit(x: TensorLike, y?: TensorLike, options: FitOptions = {}): Promise<History> {
    return this.history = await fit(this.#trainer, x, y, options);
  }

  /**
   * Computes loss and metrics of samples, without training.
   *
   * @param x inputs, `[rows, ...]`
   * @param y targets, `[rows, ...]`
   * @param options batch size and what is printed
   * @returns the loss and each metric by name
   * @throws {StateError} before `compile`
   *
   * @example The loss of two samples
   * ```ts
   * import { Input, layers, Sequential } from "./mod.ts";
   * const model = new Sequential([Input({ shape: [1] }), new layers.Dense(1, { kernelInitializer: "ones" })]);
   * model.compile({ loss: "mse" });
   * console.log(await model.evaluate([[1], [2]], [[1], [3]], { verbose: 0 })); // { loss: 0.5 }
   * ```
   */
  evaluate(x: TensorLike, y?: TensorLike, options: EvaluateOptions = {}): Promise<Logs> {
    return this.#trainer.evaluate(x, y, options);
  }

  /**
   * Computes the outputs for samples, in order. The model need not be compiled.
   *
   * @param x inputs, `[rows, ...]`
   * @param options batch size and what is printed
   * @returns the outputs, `[rows, ...]`
   *
   * @example One sample
   * ```ts
   * import { Input, layers, Sequential, tensor } from "./mod.ts";
   * const model = new Sequential([Input({ shape: [2] }), new layers.Dense(1, { kernelInitializer: "ones" })]);
   * console.log((await model.predict(tensor([[1, 2]]), { verbose: 0 })).toArray()); // [ [ 3 ] ]
   * ```
   */
  predict(x: TensorLike, options: PredictOptions = {}): Promise<Tensor> {
    return this.#trainer.predict(x, options);
  }

  /**
   * One step of training on one batch. The metrics begin anew.
   *
   * @param x inputs, `[batch, ...]`
   * @param y targets, `[batch, ...]`
   * @param options weights of samples or classes
   * @returns the loss before the step, and each metric by name
   */
  trainOnBatch(x: TensorLike, y?: TensorLike, options: BatchOptions = {}): Promise<Logs> {
    return this.#trainer.onBatch("train", x, y, options);
  }

  /**
   * Loss and metrics of one batch, without training. The metrics begin anew.
   *
   * @param x inputs, `[batch, ...]`
   * @param y targets, `[batch, ...]`
   * @param options weights of samples
   * @returns the loss and each metric by name
   */
  testOnBatch(x: TensorLike, y?: TensorLike, options: Pick<BatchOptions, "sampleWeight"> = {}): Promise<Logs> {
    return this.#trainer.onBatch("test", x, y, options);
  }

  /**
   * The outputs for one batch.
   *
   * @param x inputs, `[batch, ...]`
   * @returns the outputs, `[batch, ...]`
   */
  predictOnBatch(x: TensorLike): Promise<Tensor> {
    return this.#trainer.predict(x, { verbose: 0, batchSize: Number.MAX_SAFE_INTEGER });
  }

  /**
   * One step of training, traced: override it for a loop of your own. What it returns is reported by name, as it was in
   * the last step of an epoch.
   */
  trainStep(data: StepData): StepLogs | void {
    const yPred = this.apply(data.x, { training: true });
    const loss = this.computeLoss({ ...data, yPred });
    const weights = this.trainableWeights;
    this.trackLoss(loss, data);
    this.#compiled!.optimizer.apply(gradients(loss, weights), weights);
    this.computeMetrics({ ...data, yPred });
  }

  /** One step of an evaluation, traced. */
  testStep(data: StepData): StepLogs | void {
    const yPred = this.apply(data.x, { training: false });
    this.trackLoss(this.computeLoss({ ...data, yPred }), data);
    this.computeMetrics({ ...data, yPred });
  }

  /** The outputs for a batch, traced. */
  predictStep({ x }: StepData): Value {
    return this.apply(x, { training: false });
  }

  /** The loss of a batch, traced: the compiled loss, penalties on weights, and what layers added. */
  computeLoss({ y, yPred, sampleWeight }: LossData): Value {
    const parts: Value[] = [];
    const loss = this.#compiled?.loss;
    if (loss && y) parts.push(loss.apply(y, yPred, { sampleWeight, mask: yPred.mask }));
    for (const weight of this.trainableWeights) {
      if (weight.regularizer) parts.push(weight.regularizer.call(weight.value()));
    }
    parts.push(...currentCall()?.losses ?? []);
    if (parts.length === 0) {
      throw new StateError({
        what: `Cannot train or evaluate "${this.name}"`,
        rule: "there is no loss to compute",
        mend: "give compile a loss, or add one with addLoss in a layer",
      });
    }
    return parts.reduce((a, b) => add(a, b));
  }

  /** Takes the loss of a batch into the running loss, traced. */
  trackLoss(loss: Value, { x }: StepData): void {
    this.#compiled!.lossTracker.update(loss, x.shape[0]);
  }

  /** Takes targets and outputs of a batch into the metrics, traced. */
  computeMetrics({ y, yPred, sampleWeight }: LossData): void {
    if (y) this.#compiled?.updateMetrics(y, yPred, sampleWeight);
  }

  /** The layer of a name, or at a place counted from 0. Throws {@linkcode ValueError} where there is none. */
  getLayer(nameOrIndex: string | number): Layer {
    const { layers } = this;
    const found = typeof nameOrIndex === "number"
      ? layers.at(nameOrIndex)
      : layers.find((layer) => layer.name === nameOrIndex);
    if (found) return found;
    const near = typeof nameOrIndex === "string"
      ? didYouMean(nameOrIndex, layers.map((layer) => layer.name))
      : undefined;
    throw new ValueError({
      what: `Cannot get a layer of "${this.name}"`,
      rule: `its layers are ${layers.map((layer) => `"${layer.name}"`).join(", ") || "none yet"}`,
      received: describe(nameOrIndex),
      mend: near ? `did you mean "${near}"?` : "give one of these names, or a place counted from 0",
    });
  }

  /**
   * Prints the layers with their output shapes and parameters.
   *
   * @param options width, columns, and a function to call with the text instead
   *
   * @example
   * ```ts
   * import { Input, layers, Sequential } from "./mod.ts";
   * new Sequential([Input({ shape: [4] }), new layers.Dense(3)]).summary();
   * ```
   */
  summary(options: SummaryOptions = {}): void {
    printSummary(this, options);
  }

  /** Throws the model's programs away, since its layers changed. */
  protected forgetPrograms(): void {
    this.#trainer.clear();
    this.#outputShape = undefined;
  }
}
