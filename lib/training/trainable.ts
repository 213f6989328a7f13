// What training needs of a model.
import type { CallbackModel } from "../callbacks/callback.ts";
import type { DType } from "../dtype.ts";
import type { Value } from "../ir/value.ts";
import type { Weight } from "../layers/weight.ts";
import type { Metric } from "../metrics/metric.ts";
import type { SymbolicShape } from "../shape.ts";

/** A batch inside of a step: symbolic values. */
export interface StepData {
  /** Inputs, `[batch, ...]`. */
  readonly x: Value;
  /** Targets, `[batch, ...]`, if there are any. */
  readonly y?: Value;
  /** Weights, `[batch]`, if there are any. */
  readonly sampleWeight?: Value;
}

/** Scalars of a step by name, which are reported as they were in the last step. */
export type StepLogs = Record<string, Value>;

/** What training needs of a model. */
export interface TrainableModel extends CallbackModel {
  /** The dtype that inputs are cast to; undefined to leave them. */
  readonly inputDType: DType | undefined;
  /** The shape that the model was built for, if it is built. */
  readonly inputShape: SymbolicShape | undefined;
  /** All weights. */
  readonly weights: Weight[];
  /** The weights that optimizers change. */
  readonly trainableWeights: Weight[];
  /** The running numbers by their names in the logs. */
  readonly metricsByName: ReadonlyMap<string, Metric>;
  /** Builds the model for inputs of this shape, and gives the shape of its output. */
  buildFor(inputShape: SymbolicShape): SymbolicShape;
  /** One step of training, traced. */
  trainStep(data: StepData): StepLogs | void;
  /** One step of an evaluation, traced. */
  testStep(data: StepData): StepLogs | void;
  /** The outputs for a batch, traced. */
  predictStep(data: StepData): Value;
}
