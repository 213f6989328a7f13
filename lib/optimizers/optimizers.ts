// The optimizers, as mod.ts exports them under `optimizers`.
export { Adam, type AdamOptions, AdamW } from "./adam.ts";
export { getOptimizer as get, type OptimizerIdentifier, type OptimizerName } from "./identify.ts";
export { type LearningRate, Optimizer, type OptimizerOptions, type Updated } from "./optimizer.ts";
export { RMSprop, type RMSpropOptions } from "./rmsprop.ts";
export { SGD, type SGDOptions } from "./sgd.ts";
