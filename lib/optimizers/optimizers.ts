// The optimizers, as mod.ts exports them under `optimizers`.
export * from "./named.ts";
export {
  deserialize,
  getOptimizer as get,
  type OptimizerIdentifier,
  type OptimizerName,
  serialize,
} from "./resolve.ts";
/** Learning rate schedules, as at the top. */
export * as schedules from "./schedules.ts";
export { LossScaleOptimizer, type LossScaleOptimizerOptions } from "./loss_scale.ts";
export { MultiOptimizer, type MultiOptimizerOptions, OptimizerMap, type OptimizersByName } from "./multi_optimizer.ts";
export { MomentsOptimizer, type MomentsOptions } from "./moments.ts";
export { Optimizer, type Updated } from "./optimizer.ts";
export type { OptimizerArguments, OptimizerOptions } from "./options.ts";
export type { LearningRate, RateOptions } from "./rate.ts";
export type { ScalarMath, Scalars } from "./scalars.ts";
