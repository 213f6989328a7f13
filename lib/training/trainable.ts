// What training needs of a model.
import type { CallbackModel } from "../callbacks/callback.ts";
import type { DType } from "../dtype.ts";
import type { Value } from "../ir/value.ts";
import type { Layer } from "../layers/layer.ts";
import type { Weight } from "../layers/weight.ts";
import type { SymbolicShape } from "../shape.ts";
import type { Structure } from "../structure.ts";

/** A batch inside of a step: symbolic values, one for each input and target. */
export interface StepData<X = Value, Y = Value> {
  /** Inputs, `[batch, ...]`. */
  readonly x: X;
  /** Targets, `[batch, ...]`, if there are any. */
  readonly y?: Y;
  /** Weights, `[batch]`, if there are any; built as the targets are, or one for all. */
  readonly sampleWeight?: Y;
}

/** A batch of a model of any inputs and outputs. */
export type AnyStepData = StepData<Structure<Value>, Structure<Value>>;

/** Scalars of a step by name, which are reported as they were in the last step. */
export type StepLogs = Record<string, Value>;

/** What training needs of a model. */
export interface TrainableModel extends CallbackModel {
  /** The names of the inputs, in the order in which structures are flattened. */
  readonly inputNames: readonly string[];
  /** The names of the outputs, in the order in which structures are flattened. */
  readonly outputNames: readonly string[];
  /** The dtypes that inputs are cast to, built as the input is; undefined to leave them. */
  readonly inputDType: Structure<DType> | undefined;
  /** The shape that the model was built for, built as the input is, if it is built. */
  readonly inputShape: Structure<SymbolicShape> | undefined;
  /** The layers inside. */
  readonly sublayers: readonly Layer[];
  /** All weights. */
  readonly weights: Weight[];
  /** The weights that optimizers change. */
  readonly trainableWeights: Weight[];
  /** Builds the model for inputs of this shape, and gives the shape of its output. */
  buildFor(inputShape: Structure<SymbolicShape>): Structure<SymbolicShape>;
  /** One step of training, traced. */
  trainStep(data: AnyStepData): StepLogs | void;
  /** One step of an evaluation, traced. */
  testStep(data: AnyStepData): StepLogs | void;
  /** The outputs for a batch, traced. */
  predictStep(data: AnyStepData): Structure<Value>;
}
