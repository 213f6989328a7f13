/**
 * Ceratops: Keras for Deno. Models are traced into programs that run on native Eigen or, for checking, in float64.
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
export { Model, type ModelOptions } from "./lib/models/model.ts";
export { Input } from "./lib/layers/input.ts";
export { Layer } from "./lib/layers/layer.ts";
export * as layers from "./lib/layers/layers.ts";
export * as activations from "./lib/activations.ts";
export * as losses from "./lib/losses/losses.ts";
export * as metrics from "./lib/metrics/metrics.ts";
export * as optimizers from "./lib/optimizers/optimizers.ts";
export * as schedules from "./lib/optimizers/schedules.ts";
export * as initializers from "./lib/initializers.ts";
export * as callbacks from "./lib/callbacks/callbacks.ts";
export * as datasets from "./lib/datasets/datasets.ts";
export * as utils from "./lib/datasets/preparation.ts";
export * as ops from "./lib/ops/ops.ts";
export { compile, type Computed, grad, gradients, type Traced } from "./lib/exec/compile.ts";
export { type BackendChoice, clearSession, getBackend, setBackend } from "./lib/exec/select.ts";
export type { BackendName } from "./lib/exec/executor.ts";
export { setRandomSeed } from "./lib/random.ts";
export { type NestedArray, Tensor, tensor, type TensorLike } from "./lib/tensor/tensor.ts";
export { Variable, type VariableHome, type VariableOptions } from "./lib/tensor/variable.ts";
export type { Applied, Operand } from "./lib/tensor/apply.ts";
export { Value } from "./lib/ir/value.ts";
export { Weight } from "./lib/layers/weight.ts";
export type { DType, TypedArray } from "./lib/dtype.ts";
export type { Shape, SymbolicShape } from "./lib/shape.ts";
export {
  BackendError,
  CeratopsError,
  DTypeError,
  FileError,
  ShapeError,
  StateError,
  ValueError,
} from "./lib/errors.ts";
