// Model: a layer that can be trained. https://keras.io/api/models/model/
import { masks, objectOf, operand, operands } from "../argument_kinds.ts";
import { declareMethods } from "../checked_methods.ts";
import type { History } from "../callbacks/history.ts";
import type { Config, ObjectNode } from "../json_config.ts";
import { StateError, ValueError } from "../errors.ts";
import { gradients } from "../tensor/gradients.ts";
import { withContext } from "../ir/context.ts";
import { owned } from "../ir/trace.ts";
import type { Value } from "../ir/value.ts";
import { addedLosses } from "../layers/context.ts";
import type { InputOf, OutputOf } from "../layers/layer.ts";
import { penaltiesOn } from "../layers/weight.ts";
import type { SymbolicTensor } from "../tensor/symbolic.ts";
import type { Metric } from "../metrics/metric.ts";
import { add } from "../ops/primitives.ts";
import type { Optimizer } from "../optimizers/optimizer.ts";
import { declareClasses } from "../registry.ts";
import { ConfigPath } from "../saving/config_path.ts";
import { pythonJson } from "../saving/json.ts";
import type { SymbolicShape } from "../shape.ts";
import { flatten, type Structure } from "../structure.ts";
import type { TensorLike } from "../tensor/tensor.ts";
import type { CompileOptions } from "../training/compile_options.ts";
import { Compiled } from "../training/compiled.ts";
import { classesOf, evaluate, onBatch, predict } from "../training/evaluate.ts";
import { fit } from "../training/fit.ts";
import type { Batches } from "../training/batches.ts";
import type { BatchOptions, EvaluateOptions, FitOptions, PredictOptions } from "../training/options.ts";
import type { Results } from "../training/results.ts";
import { type AnyStepData, type StepLogs, Trainer } from "../training/trainer.ts";
import type { FilesSource } from "../files/source.ts";
import type { FileTarget } from "../files/target.ts";
import type { ExportOptions } from "../export/formats.ts";
import type { ReadWeightsOptions } from "../saving/weights_file.ts";
import { compileConfig, readCompileConfig } from "./compile_config.ts";
import type { SaveWeightsOptions } from "./keras_file.ts";
import { Network } from "./network.ts";
import type { AnyLossData, InputData, NamedData, OutputNames, TargetData, TensorsOf, WeightData } from "./io_types.ts";
import { warnOfConstantOutputs } from "./graph.ts";
import { printSummary, type SummaryOptions } from "./summary.ts";

/**
 * A model made from symbolic inputs and outputs, or the base of your own: a layer with `compile`, `fit`, `evaluate` and
 * `predict`. Extend it with your own `call`; layers in properties are found automatically.
 *
 * @example Two inputs, one output
 * ```ts
 * import { Input, layers, Model, ops } from "./mod.ts";
 * const [left, right] = [Input({ shape: [3] }), Input({ shape: [3] })];
 * const shared = new layers.Dense(4);
 * const outputs = new layers.Dense(1).apply(shared.apply(left));
 * const model = new Model({ inputs: left, outputs });
 * console.log(model.outputShape, right.shape, ops.ones([1]).shape); // [ null, 1 ] [ null, 3 ] [ 1 ]
 * ```
 *
 * @example A custom model
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
export class Model<
  const In extends Structure<SymbolicTensor> = Structure<SymbolicTensor>,
  const Out extends Structure<SymbolicTensor> = Structure<SymbolicTensor>,
> extends Network<In, Out> {
  static {
    const step = { data: objectOf({ x: operands }) };
    const batch = { data: objectOf({ y: masks, yPred: operands, sampleWeight: masks }) };
    declareMethods(this, {
      trainStep: { verb: "train", takes: step },
      testStep: { verb: "evaluate", takes: step },
      predictStep: { verb: "predict with", takes: step },
      computeLoss: { verb: "compute the loss of", takes: batch },
      computeMetrics: { verb: "compute the metrics of", takes: batch },
      trackLoss: { verb: "track the loss of", takes: { loss: operand, ...step } },
    });
  }

  /** Set it to true to end training after the current batch. */
  stopTraining = false;
  /** What the last `fit` resolved to. */
  history: History | undefined;
  #compileOptions: CompileOptions | undefined;
  readonly #trainer: Trainer = new Trainer(this);

  /** Builds the model for inputs of this shape (batch axis first), and returns the shape of its output. */
  override buildFor(inputShape: Structure<SymbolicShape>): Structure<SymbolicShape> {
    // A custom step may not use call: its use of a batch is unknown, and targets are accepted as they are.
    if (!this.connections && this.call === Model.prototype.call && this.trainStep !== Model.prototype.trainStep) {
      return [null];
    }
    return super.buildFor(inputShape);
  }

  /** Whether `compile` was called. */
  get compiled(): boolean {
    return this.#trainer.compiled !== undefined;
  }

  /** The optimizer; undefined before `compile`. */
  get optimizer(): Optimizer | undefined {
    return this.#trainer.compiled?.optimizer;
  }

  /** The metrics, the loss first, those in properties of the model last; empty before `compile`. */
  get metrics(): readonly Metric[] {
    return [...this.metricsByName.values()];
  }

  /** The metrics by their names in the logs. */
  get metricsByName(): ReadonlyMap<string, Metric> {
    return new Map(this.#trainer.metrics);
  }

  /** The names of the metrics in the logs. */
  get metricsNames(): string[] {
    return [...this.metricsByName.keys()];
  }

  /** Whether better values of each metric in the logs are higher or lower. */
  get metricDirections(): ReadonlyMap<string, "up" | "down" | undefined> {
    return new Map([...this.metricsByName].map(([name, metric]) => [name, metric.direction]));
  }

  /**
   * Sets optimizer, loss and metrics for training and evaluation, replacing those of an earlier call.
   *
   * @param options optimizer, loss and metrics, by name or as objects
   * @throws {ValueError} for an unknown name, with a suggestion
   *
   * @example By name
   * ```ts
   * import { Input, layers, Sequential } from "./mod.ts";
   * const model = new Sequential([Input({ shape: [4] }), new layers.Dense(3, { activation: "softmax" })]);
   * model.compile({ optimizer: "adam", loss: "sparse_categorical_crossentropy", metrics: ["accuracy"] });
   * ```
   */
  compile(options: CompileOptions<OutputNames<Out>>): void {
    const compiled = new Compiled(options, this.name, this.outputNames, this.dtypePolicy);
    const { trainStep, computeLoss } = Model.prototype;
    if (options?.loss === undefined && this.trainStep === trainStep && this.computeLoss === computeLoss) {
      throw new ValueError({
        what: `Cannot compile "${this.name}"`,
        rule: "there must be a loss",
        received: "none",
        hint: 'give one, as in loss: "mse", or loss: null if layers add all there is',
      });
    }
    warnOfConstantOutputs(this.graph);
    this.#trainer.use(compiled);
    this.#compileOptions = options;
  }

  /**
   * Trains on samples for a number of epochs.
   *
   * @param x inputs, `[rows, ...]`, for several inputs a list or an object by name; or an iterable of batches `[x, y,
   * sampleWeight]`, possibly asynchronous, or a function that starts one for each pass
   * @param y targets, `[rows, ...]`, for several outputs a list or an object by name; omitted with batches
   * @param options batch size, epochs, validation, callbacks and printing
   * @returns the logs of every epoch
   * @throws {StateError} before `compile`, and while another `fit` of this model runs
   * @throws {ValueError} or {@linkcode ShapeError} for data that does not fit the model, before the first step
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
   *
   * @example Batches of a generator
   * ```ts
   * import { Input, layers, Sequential, tensor } from "./mod.ts";
   * const model = new Sequential([Input({ shape: [1] }), new layers.Dense(1)]);
   * model.compile({ optimizer: "sgd", loss: "mse" });
   * function* batches() {
   *   for (let i = 0; i < 4; i++) yield [tensor([[i]]), tensor([[2 * i]])] as const;
   * }
   * await model.fit(batches, undefined, { epochs: 2, verbose: 0 });
   * console.log(model.optimizer!.iterations); // 8
   * ```
   */
  async fit(
    x: InputData<this> | NamedData<In> | Batches,
    y?: TargetData<this> | NamedData<Out> | null,
    options: FitOptions<InputData<this> | NamedData<In>, TargetData<this> | NamedData<Out>, WeightData<Out>> = {},
  ): Promise<History> {
    return this.history = await fit(this.#trainer, x as TensorLike, y as TensorLike, options as FitOptions);
  }

  /**
   * Computes loss and metrics of samples, without training.
   *
   * @param x inputs, `[rows, ...]`, as for `fit`, or an iterable of batches
   * @param y targets, `[rows, ...]`, as for `fit`; omitted with batches
   * @param options batch size, number of batches, and printing
   * @returns the loss and each metric by name, also as a list in Keras's order: `const [loss, accuracy] = ...`
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
  async evaluate(
    x: InputData<this> | NamedData<In> | Batches,
    y?: TargetData<this> | NamedData<Out> | null,
    options: EvaluateOptions<WeightData<Out>> = {},
  ): Promise<Results> {
    return await evaluate(this.#trainer, x as TensorLike, y as TensorLike, options as EvaluateOptions);
  }

  /**
   * Computes the outputs for samples, in order. The model need not be compiled.
   *
   * @param x inputs, `[rows, ...]`, as for `fit`, or an iterable of batches
   * @param options batch size, number of batches, and printing
   * @returns the outputs, `[rows, ...]`, structured like the model's
   *
   * @example One sample
   * ```ts
   * import { Input, layers, Sequential, tensor } from "./mod.ts";
   * const model = new Sequential([Input({ shape: [2] }), new layers.Dense(1, { kernelInitializer: "ones" })]);
   * console.log((await model.predict(tensor([[1, 2]]), { verbose: 0 })).toArray()); // [ [ 3 ] ]
   * ```
   */
  predict(
    x: InputData<this> | NamedData<In> | Batches,
    options: PredictOptions = {},
  ): Promise<TensorsOf<OutputOf<this>>> {
    return predict(this.#trainer, x as TensorLike, options) as Promise<TensorsOf<OutputOf<this>>>;
  }

  /**
   * Computes the classes of samples, in order: the index of the largest output of each, or for one sigmoid unit 1 if it
   * is above a half, else 0. As Keras 2's `predict_classes`.
   *
   * @param x inputs, as for `predict`
   * @param options as for `predict`
   * @returns the classes, int32: `[rows]` for outputs `[rows, classes]`, and `[rows, 1]` for `[rows, 1]`
   * @throws {DTypeError} for outputs that cannot be scores of classes
   *
   * @example The index of the larger output
   * ```ts
   * import { Input, layers, Sequential, tensor } from "./mod.ts";
   * const model = new Sequential([Input({ shape: [2] }), new layers.Softmax()]);
   * console.log((await model.predictClasses(tensor([[1, 2], [4, 3]]), { verbose: 0 })).toArray()); // [ 1, 0 ]
   * ```
   */
  async predictClasses(
    x: InputData<this> | NamedData<In> | Batches,
    options: PredictOptions = {},
  ): Promise<TensorsOf<OutputOf<this>>> {
    const outputs = await predict(this.#trainer, x as TensorLike, options);
    return classesOf(outputs, `predictClasses with "${this.name}"`) as TensorsOf<OutputOf<this>>;
  }

  /**
   * One training step on one batch. Resets the metrics first.
   *
   * @param x inputs, `[batch, ...]`, as for `fit`
   * @param y targets, `[batch, ...]`, as for `fit`
   * @param options weights of samples or classes
   * @returns the loss before the step, and each metric by name
   * @throws {StateError} before `compile`, and while `fit` of this model runs
   */
  async trainOnBatch(
    x: InputData<this> | NamedData<In>,
    y?: TargetData<this> | NamedData<Out> | null,
    options: BatchOptions<WeightData<Out>> = {},
  ): Promise<Results> {
    return await onBatch(this.#trainer, "train", x as TensorLike, y as TensorLike, options as BatchOptions);
  }

  /**
   * Loss and metrics of one batch, without training. Resets the metrics first.
   *
   * @param x inputs, `[batch, ...]`, as for `fit`
   * @param y targets, `[batch, ...]`, as for `fit`
   * @param options weights of samples
   * @returns the loss and each metric by name
   */
  async testOnBatch(
    x: InputData<this> | NamedData<In>,
    y?: TargetData<this> | NamedData<Out> | null,
    options: Pick<BatchOptions<WeightData<Out>>, "sampleWeight"> = {},
  ): Promise<Results> {
    return await onBatch(this.#trainer, "test", x as TensorLike, y as TensorLike, options as BatchOptions);
  }

  /**
   * The outputs for one batch.
   *
   * @param x inputs, `[batch, ...]`, as for `fit`
   * @returns the outputs, `[batch, ...]`
   */
  predictOnBatch(x: InputData<this> | NamedData<In>): Promise<TensorsOf<OutputOf<this>>> {
    return this.predict(x, { verbose: 0, batchSize: Number.MAX_SAFE_INTEGER });
  }

  /**
   * One training step, traced: override it for a custom training loop. The logs have what it returns, by name, from the
   * last step of an epoch; metrics in properties of the model are found automatically, reset with each epoch, and
   * reported by the programs that update them.
   *
   * @example A custom step, with a running mean
   * ```ts
   * import { gradients, layers, metrics, Model, ops, type StepData, type Value } from "./mod.ts";
   * class Regression extends Model {
   *   dense = new layers.Dense(1);
   *   distance = new metrics.Mean({ name: "distance" });
   *   override call(x: Value) {
   *     return this.dense.apply(x);
   *   }
   *   override trainStep({ x, y }: StepData) {
   *     const yPred: Value = this.apply(x, { training: true });
   *     const distance = ops.mean(ops.abs(ops.subtract(y!, yPred)));
   *     const weights = this.trainableWeights;
   *     this.optimizer!.apply(gradients(distance, weights), weights);
   *     this.distance.update(distance);
   *   }
   * }
   * const model = new Regression();
   * model.compile({ optimizer: "sgd", loss: null });
   * const { history } = await model.fit([[0], [1]], [[0], [2]], { epochs: 3, verbose: 0 });
   * console.log(history.distance.length); // 3
   * ```
   */
  trainStep(data: AnyStepData): StepLogs | void {
    const yPred = this.#outputsOf(data, true);
    const loss = this.computeLoss({ ...data, yPred });
    const weights = this.trainableWeights;
    this.trackLoss(loss, data);
    const { optimizer } = this.#trainer.compiled!;
    const scaled = withContext([owned("loss", "loss")], () => optimizer.scaleLoss(loss));
    const slopes = gradients(scaled, weights);
    withContext([owned("optimizer", optimizer.name)], () => optimizer.apply(slopes, weights));
    this.computeMetrics({ ...data, yPred });
  }

  /** One evaluation step, traced. */
  testStep(data: AnyStepData): StepLogs | void {
    const yPred = this.#outputsOf(data, false);
    this.trackLoss(this.computeLoss({ ...data, yPred }), data);
    this.computeMetrics({ ...data, yPred });
  }

  /** The outputs for a batch, traced. */
  predictStep(data: AnyStepData): Structure<Value> {
    return this.#outputsOf(data, false);
  }

  #outputsOf({ x }: AnyStepData, training: boolean): Structure<Value> {
    return this.apply(x as InputOf<this>, { training }) as Structure<Value>;
  }

  /** The loss of a batch, traced: the compiled loss, penalties on weights, and what layers added. */
  computeLoss(data: AnyLossData): Value {
    return withContext([owned("loss", "loss")], () => this.#lossOf(data));
  }

  #lossOf({ y, yPred, sampleWeight }: AnyLossData): Value {
    const parts: Value[] = [];
    const loss = this.#trainer.compiled?.computeLoss(y, yPred, sampleWeight);
    if (loss) parts.push(loss);
    parts.push(...penaltiesOn(this.trainableWeights));
    parts.push(...(addedLosses.current ?? []).map(({ value }) => value));
    if (parts.length === 0) {
      throw new StateError({
        what: `Cannot train or evaluate "${this.name}"`,
        rule: "there is no loss to compute",
        hint: "give compile a loss, or add one with addLoss in a layer",
      });
    }
    return parts.reduce((a, b) => add(a, b));
  }

  /** Adds the loss of a batch to the running loss, traced. */
  trackLoss(loss: Value, { x }: AnyStepData): void {
    const { lossTracker } = this.#trainer.compiled!;
    withContext([owned("metric", lossTracker.name)], () => lossTracker.update(loss, flatten(x)[0].shape[0]));
  }

  /** Adds targets and outputs of a batch to the metrics, traced. */
  computeMetrics({ y, yPred, sampleWeight }: AnyLossData): void {
    this.#trainer.compiled?.updateMetrics(y, yPred, sampleWeight);
  }

  /**
   * Prints the layers with their output shapes and parameters.
   *
   * @param options width, columns, and a function that receives the text instead
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

  /**
   * The model as JSON for Python Keras's `keras.models.model_from_json`; it includes the arguments of `compile`, but no
   * weights.
   *
   * @throws {ValueError} for anything that a config cannot have, such as a function as the loss
   *
   * @example
   * ```ts
   * import { Input, layers, Sequential } from "./mod.ts";
   * const json = new Sequential([Input({ shape: [4] }), new layers.Dense(3)]).toJson();
   * console.log(JSON.parse(json).class_name); // Sequential
   * ```
   */
  toJson(): string {
    return pythonJson(this.serialize());
  }

  /**
   * Saves the model as a `.keras` file, which Python Keras 3 and {@linkcode loadModel} open: its config, its weights, what
   * `compile` was given, and the state of the optimizer. A file of that path stays whole until the new one is written.
   *
   * A path that ends in `.h5` or `.hdf5` gives a file of Keras 2, which `tf.keras` and the converter of TensorFlow.js open
   * too. It has no place for functions of `ops` in a model, a `Lambda`, and classes that came with Keras 3. Keras 3 opens
   * it as it opens those of Keras 2: without the state of the optimizer, and not if a functional model has models inside.
   *
   * @param target a path that ends in `.keras` or `.h5`, its `file:` URL, or a stream for the former; in a browser the
   *   name of a download
   * @throws {StateError} before the model is built
   * @throws {ValueError} for another ending, and for what such a file cannot hold
   * @throws {FileError} where the file cannot be written
   *
   * @example
   * ```ts
   * import { Input, layers, loadModel, Sequential } from "./mod.ts";
   * const path = `${await Deno.makeTempDir()}/model.keras`;
   * await new Sequential([Input({ shape: [4] }), new layers.Dense(3)]).save(path);
   * console.log((await loadModel(path)).countParams()); // 15
   * ```
   */
  async save(target: FileTarget): Promise<void> {
    const { saveModel } = await import("./keras_file.ts");
    await saveModel(this, target);
  }

  /**
   * Saves the weights, and the state of the optimizer, as a `.weights.h5` file of Keras 3, or divided among several that
   * a `.weights.json` file names; or the weights alone, by their names, as a `.safetensors` file, or as an `.h5` file of
   * Keras 2.
   *
   * @param target a path that ends in `.weights.h5`, `.weights.json`, `.safetensors` or `.h5`, its `file:` URL, or a
   *   stream for the first; in a browser the name of a download
   * @param options `maxShardSize`: how many GiB one file holds, for `.weights.json`
   * @throws {StateError} before the model is built
   * @throws {ValueError} for another ending, and for a size that does not hold the largest array
   * @throws {FileError} where the file cannot be written
   *
   * @example
   * ```ts
   * import { Input, layers, Sequential } from "./mod.ts";
   * const model = new Sequential([Input({ shape: [4] }), new layers.Dense(3)]);
   * const path = `${await Deno.makeTempDir()}/model.weights.h5`;
   * await model.saveWeights(path);
   * await model.loadWeights(path);
   * ```
   */
  async saveWeights(target: FileTarget, options: SaveWeightsOptions = {}): Promise<void> {
    const { saveWeights } = await import("./keras_file.ts");
    await saveWeights(this, target, options);
  }

  /**
   * Sets the weights to those of a file of a model of the same layers: `.weights.h5`, `.weights.json`, `.keras`,
   * `.safetensors`, an `.h5` of Keras 2, or a `model.json` of TensorFlow.js.
   *
   * @param source a path, a URL, bytes, a `Blob` or a stream; for several files that the user picked, a list of them
   * @param options `skipMismatch`: whether arrays of other shapes are left out
   * @throws {StateError} before the model is built
   * @throws {FileError} for a file that is missing, damaged or of another format; with a table of all weights that are
   *   missing, left over or of another shape; then nothing is changed
   */
  async loadWeights(source: FilesSource, options: ReadWeightsOptions = {}): Promise<void> {
    const { loadWeights } = await import("./keras_file.ts");
    await loadWeights(this, source, options);
  }

  /**
   * Writes a file that predicts without Ceratops: by its ending, or by the option `format`,
   *
   * - `.onnx`: an ONNX file, which ONNX Runtime and others run in browsers, on servers and on phones. Inputs and outputs
   *   have the model's names; the batch size is free, and so are other extents that are `null`, unless the model's graph
   *   depends on them.
   * - `.ts`, `.js`, `.mjs`: one module of TypeScript or JavaScript with the weights, the program and the engine that runs
   *   it. It exports the function `predict`, imports nothing, and runs in Deno, Node, Bun and, as JavaScript, in browsers,
   *   without permissions.
   *
   * It prints the size. As `keras.Model.export`.
   *
   * @param target a path that ends in one of these, its `file:` URL, or a stream; in a browser the name of a download
   * @param options the format, the batch size, what is for one format alone, and whether to print
   * @throws {StateError} before the model is built
   * @throws {ShapeError} for a module with an input that has an unknown axis besides the rows, unless `inputShape` fixes it
   * @throws {ValueError} for another ending; for a model that draws random numbers or keeps a state as it predicts; for an
   *   ONNX file whose graph would depend on the batch size, or of more than 2 GiB
   * @throws {FileError} where the file cannot be written
   *
   * @example
   * ```ts
   * import { Input, layers, Sequential } from "./mod.ts";
   * const model = new Sequential([Input({ shape: [2] }), new layers.Dense(1, { kernelInitializer: "ones" })]);
   * const folder = await Deno.makeTempDir();
   * await model.export(`${folder}/model.onnx`, { verbose: false });
   * await model.export(`${folder}/model.ts`, { verbose: false });
   * const { predict } = await import(`file://${folder}/model.ts`);
   * console.log((await predict([[1, 2], [3, 4]])).toArray()); // [ [ 3 ], [ 7 ] ]
   * ```
   */
  async export(target: FileTarget, options: ExportOptions = {}): Promise<void> {
    const { exportModel } = await import("../export/formats.ts");
    await exportModel(this, target, options);
  }

  /** The model as written in a config: its class, its config, and the arguments of `compile`. */
  override serialize(): ObjectNode {
    const node = super.serialize();
    const built = this.className === "Functional" && { build_config: { input_shape: null } };
    return { ...node, ...built, ...{ compile_config: this.getCompileConfig() ?? {} } };
  }

  /** The arguments of `compile` as Keras's config; undefined before. */
  getCompileConfig(): Config | undefined {
    const options = this.#compileOptions;
    return options && compileConfig(options, this.#trainer.compiled!.givenOptimizer);
  }

  /** Compiles the model from a config of {@linkcode Model.getCompileConfig} or of Python Keras. */
  compileFromConfig(config: Config): void {
    this.compile(readCompileConfig(ConfigPath.root.object(config)));
  }

  /** Discards the model's programs, since its layers changed. */
  protected forgetPrograms(): void {
    this.#trainer.clear();
    this.forgetOutputShape();
  }
}

declareClasses("keras.src.models.functional", { Functional: Model }, "Functional");
