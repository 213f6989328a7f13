// What Ceratops offers its users: only re-exports. Anything else is not public.

/**
 * Ceratops: Keras for Deno. Models are traced into programs that run on WebGPU, on native Eigen or on WebAssembly.
 * Names, defaults and numbers are those of Keras 3 (https://keras.io/api/), in camelCase.
 *
 * @example Train MNIST
 * ```ts
 * import { datasets, Input, layers, Sequential } from "./mod.ts";
 * const [[x, y]] = await datasets.mnist.loadData();
 * const model = new Sequential([
 *   Input({ shape: [28, 28], dtype: "uint8" }),
 *   new layers.Rescaling(1 / 255),
 *   new layers.Flatten(),
 *   new layers.Dense(10, { activation: "softmax" }),
 * ]);
 * model.compile({ optimizer: "adam", loss: "sparse_categorical_crossentropy", metrics: ["accuracy"] });
 * await model.fit(x, y, { epochs: 1 });
 * ```
 *
 * @module
 */

export { Sequential, type SequentialItem } from "./lib/models/sequential.ts";
export { Model } from "./lib/models/model.ts";
export type { FunctionalOptions, ModelOptions, Network } from "./lib/models/network.ts";
export type {
  AnyLossData,
  DataOf,
  InputData,
  LossData,
  NamedData,
  OutputNames,
  TargetData,
  TensorsOf,
  ValuesOf,
  WeightData,
} from "./lib/models/io_types.ts";
export { loadModel, type LoadModelOptions } from "./lib/models/load_model.ts";
export type { SaveWeightsOptions } from "./lib/models/keras_file.ts";
export type { ExportFormat, ExportOptions } from "./lib/export/formats.ts";
export type { ReadWeightsOptions } from "./lib/saving/weights_file.ts";
export type { FileSource, FilesSource } from "./lib/files/source.ts";
export type { FileTarget } from "./lib/files/target.ts";
export { cloneModel, modelFromConfig, modelFromJson } from "./lib/models/from_config.ts";
export type { HostStage, StartValues } from "./lib/layers/host_stage.ts";
export type { FunctionalGraph } from "./lib/models/graph.ts";
export type { SummaryOptions } from "./lib/models/summary.ts";
export { Input, type InputOptions } from "./lib/layers/input.ts";
export {
  type AddWeightOptions,
  type ArgumentShapes,
  type CallContext,
  type ContextOf,
  type InputOf,
  Layer,
  type LayerOptions,
  type OutputOf,
  type WithTensors,
} from "./lib/layers/layer.ts";
export type { InputSpec } from "./lib/layers/input_spec.ts";
export {
  type Argument,
  type CallArguments,
  type Node,
  type Operation,
  type Symbolic,
  SymbolicTensor,
  type TensorSpec,
} from "./lib/tensor/symbolic.ts";
export type { Mapped, Structure } from "./lib/structure.ts";
export { Weight, type WeightOptions } from "./lib/layers/weight.ts";
export type { WeightOwner } from "./lib/layers/weight_owner.ts";

export { version } from "./lib/version.ts";
/** The models: `Sequential`, `Model`, and what reads them. See https://keras.io/api/models/. */
export * as models from "./lib/models/models.ts";
/** The layers: `Dense`, `Dropout`, `Flatten` and others. See https://keras.io/api/layers/. */
export * as layers from "./lib/layers/layers.ts";
/** The activations as functions: `relu`, `softmax` and others. See https://keras.io/api/layers/activations/. */
export * as activations from "./lib/activations.ts";
/** The losses, as classes and as functions. See https://keras.io/api/losses/. */
export * as losses from "./lib/losses/losses.ts";
/** The metrics, as classes and as functions. See https://keras.io/api/metrics/. */
export * as metrics from "./lib/metrics/metrics.ts";
/** The optimizers: `SGD`, `RMSprop`, `Adam`, `AdamW` and others. See https://keras.io/api/optimizers/. */
export * as optimizers from "./lib/optimizers/optimizers.ts";
/** Learning rate schedules. See https://keras.io/api/optimizers/learning_rate_schedules/. */
export * as schedules from "./lib/optimizers/schedules.ts";
/** The initializers of weights. See https://keras.io/api/layers/initializers/. */
export * as initializers from "./lib/initializers/initializers.ts";
/** Penalties on weights and outputs. See https://keras.io/api/layers/regularizers/. */
export * as regularizers from "./lib/regularizers.ts";
/** Constraints on weights. See https://keras.io/api/layers/constraints/. */
export * as constraints from "./lib/constraints.ts";
/**
 * Hooks into training: `EarlyStopping`, `ModelCheckpoint` and others, and your own. See
 * https://keras.io/api/callbacks/.
 */
export * as callbacks from "./lib/callbacks/callbacks.ts";
/** Data sets to start with: `mnist`, `cifar10`, `imdb` and others. See https://keras.io/api/datasets/. */
export * as datasets from "./lib/datasets/datasets.ts";
/**
 * Networks for ImageNet: `ResNet50`, `MobileNetV2`, `EfficientNetB0` and others, with the weights of a file or Keras's
 * own. See https://keras.io/api/applications/.
 */
export * as applications from "./lib/applications/applications.ts";
/** Preparing and viewing data: `toCategorical`, `Progbar` and others. See https://keras.io/api/utils/. */
export * as utils from "./lib/utils/utils.ts";
/**
 * Searches for hyperparameters, in this process or in worker processes, and cross-validation. See
 * https://keras.io/keras_tuner/.
 */
export * as tuning from "./lib/tuning/tuning.ts";
/** Pictures of data and trainings. */
export * as plots from "./lib/plots/plots.ts";
/**
 * Operations: on tensors they compute at once, on symbolic values they are traced, and on symbolic tensors they become
 * nodes of a model. What follows the operands may be given by name in one object, with Keras's names in camelCase:
 * `ops.sum(x, { axis: 1, keepdims: true })`. See https://keras.io/api/ops/.
 *
 * @example In a model
 * ```ts
 * import { Input, Model, ops, tensor } from "./mod.ts";
 * const x = Input({ shape: [2] });
 * const model = new Model({ inputs: x, outputs: ops.multiply(ops.add(x, 1), 2) });
 * console.log((await model.predict(tensor([[1, 2]]), { verbose: 0 })).toArray()); // [ [ 4, 6 ] ]
 * ```
 */
export * as ops from "./lib/ops/ops.ts";
export { FunctionCall } from "./lib/layers/operation.ts";
/** Random numbers: `normal`, `uniform`, and generators for programs. See https://keras.io/api/random/. */
export * as random from "./lib/random/random.ts";
/** Models and weights in files, objects in configs, and custom classes in them. See https://keras.io/api/models/model_saving_apis/. */
export * as saving from "./lib/models/saving.ts";
/** Training on several processes and machines, by MPI. See https://keras.io/api/distribution/. */
export * as distribution from "./lib/distribution/distribution.ts";
/** Dtypes, symbolic tensors and settings, under Keras's older name. See https://keras.io/api/utils/. */
export * as backend from "./lib/utils/backend.ts";
/** Settings of the session: `epsilon`, `floatx`. See https://keras.io/api/utils/config_utils/. */
export * as config from "./lib/config.ts";
/** Mixed precision under Keras's older names. See https://keras.io/api/mixed_precision/. */
export * as mixedPrecision from "./lib/mixed_precision.ts";
/** The dtypes that layers compute in and keep their weights in. See https://keras.io/api/mixed_precision/policy/. */
export * as dtypePolicies from "./lib/dtype_policies.ts";
export { DTypePolicy, type PolicyIdentifier, type PolicyName } from "./lib/dtype_policy.ts";

export { compile, type Computed, type Fed, type FedAll, grad, type Traced, type Tree } from "./lib/exec/compile.ts";
export { gradients } from "./lib/tensor/gradients.ts";
export { type BackendChoice, type BackendOptions, clearSession, getBackend, setBackend } from "./lib/exec/select.ts";
export type { BackendName } from "./lib/exec/executor.ts";
export { type RandomStream, setRandomSeed } from "./lib/random_stream.ts";
export { type DataLike, type HostArray, type NestedStrings, type Strings, StringTensor } from "./lib/tensor/strings.ts";
export { type NestedArray, type NumbersByRank, Tensor, tensor, type TensorLike } from "./lib/tensor/tensor.ts";
export { Variable, type VariableDevice, type VariableOptions } from "./lib/tensor/variable.ts";
export { Value } from "./lib/ir/value.ts";
export type {
  AllWithOperands,
  BinaryOp,
  Lifted,
  Named,
  OpsFunction,
  ReductionNames,
  ReductionOp,
  UnaryOp,
  WithOperands,
} from "./lib/ops/lift.ts";
export type { Operand, ResultOf } from "./lib/tensor/apply.ts";
export type { DType, FloatDType, HalfDType, InputDType, StoredDType, TypedArray } from "./lib/dtype.ts";
export type { Axes, Shape, SymbolicShape } from "./lib/shape.ts";

export type {
  Activation,
  ActivationFunction,
  ActivationIdentifier,
  ActivationLayer,
  ActivationName,
} from "./lib/activations.ts";
export type {
  Initializer,
  InitializerFunction,
  InitializerIdentifier,
  InitializerName,
} from "./lib/initializers/initializers.ts";
export type {
  Loss,
  LossAlias,
  LossContext,
  LossFunction,
  LossFunctionName,
  LossIdentifier,
  LossName,
  LossOptions,
  Reduction,
  TargetKind,
} from "./lib/losses/losses.ts";
export type {
  AccuracyName,
  Direction,
  Metric,
  MetricClassName,
  MetricFunction,
  MetricIdentifier,
  MetricName,
  MetricOptions,
} from "./lib/metrics/metrics.ts";
export type {
  LearningRate,
  Optimizer,
  OptimizerIdentifier,
  OptimizerName,
  OptimizerOptions,
  RateOptions,
  ScalarMath,
  Scalars,
  Updated,
} from "./lib/optimizers/optimizers.ts";
export type { LearningRateSchedule } from "./lib/optimizers/schedules.ts";
export type {
  Callback,
  CallbackHooks,
  CallbackLike,
  CallbackModel,
  History,
  HookResult,
  Logs,
  RunParams,
  SavedTraining,
  TrainingRun,
} from "./lib/callbacks/callbacks.ts";
export { Profile, type ProfileOptions, type ProfileRow } from "./lib/profile/profile.ts";
export type { ProfileLike } from "./lib/profile/profiled.ts";
export type { ProfileMode } from "./lib/profile/recording.ts";
export type { ChromeTrace, ChromeTraceEvent } from "./lib/profile/chrome_trace.ts";
export type { OpRow, ProfilePhase } from "./lib/exec/op_times.ts";
export type { Configurable } from "./lib/configurable.ts";
export type { Regularizer, RegularizerIdentifier, RegularizerName } from "./lib/regularizers.ts";
export type { Constraint, ConstraintIdentifier, ConstraintName } from "./lib/constraints.ts";
export type { CompileOptions, MetricsByOutput, PerOutput } from "./lib/training/compile_options.ts";
export type {
  BatchOptions,
  EvaluateOptions,
  FitOptions,
  PredictOptions,
  SampleWeightOptions,
  Verbose,
} from "./lib/training/options.ts";
export type { Batch, Batches } from "./lib/training/batches.ts";
export type { Results } from "./lib/training/results.ts";
export type { AnyStepData, StepData, StepLogs } from "./lib/training/trainer.ts";
export type { Config, ConfigValue, FunctionNode, ObjectNode } from "./lib/json_config.ts";

export {
  BackendError,
  CeratopsError,
  DeviceLostError,
  DTypeError,
  type ErrorParts,
  FileError,
  ShapeError,
  StateError,
  ValueError,
} from "./lib/errors.ts";
export {
  type GenerateOptions,
  type NextTokenFunction,
  type NextTokens,
  TokenGenerator,
  type TokenGeneratorOptions,
} from "./lib/training/token_generator.ts";
export type { SeedGenerator } from "./lib/random/random.ts";
export { type SampleOptions, sampleTokens } from "./lib/training/sampling.ts";
export { InterruptedError } from "./lib/training/loop.ts";
export type { CustomObject, CustomObjects, SerializableClass, SerializableFunction } from "./lib/registry.ts";
