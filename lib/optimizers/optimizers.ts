// The optimizers, as mod.ts exports them under `optimizers`.
export * from "./named.ts";
export { getOptimizer as get, type OptimizerIdentifier, type OptimizerName } from "./resolve.ts";
export { MomentsOptimizer, type MomentsOptions } from "./moments.ts";
export { Optimizer, type Updated } from "./optimizer.ts";
export type { OptimizerOptions } from "./options.ts";
export type { LearningRate, RateOptions } from "./rate.ts";
export type { ScalarMath, Scalars } from "./scalars.ts";
