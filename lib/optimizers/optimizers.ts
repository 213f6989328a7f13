// The optimizers, as mod.ts exports them under `optimizers`.
export { Adafactor, type AdafactorOptions } from "./adafactor.ts";
export { Adadelta, type AdadeltaOptions, Adagrad, type AdagradOptions } from "./adagrad.ts";
export { Adam, type AdamOptions, AdamW } from "./adam.ts";
export { Adamax } from "./adamax.ts";
export { Ftrl, type FtrlOptions } from "./ftrl.ts";
export { getOptimizer as get, type OptimizerIdentifier, type OptimizerName } from "./resolve.ts";
export { Lamb } from "./lamb.ts";
export { Lion, type LionOptions } from "./lion.ts";
export { MomentsOptimizer, type MomentsOptions } from "./moments.ts";
export { Nadam } from "./nadam.ts";
export { Optimizer, type Updated } from "./optimizer.ts";
export type { OptimizerOptions } from "./options.ts";
export type { LearningRate, RateOptions } from "./rate.ts";
export { RMSprop, type RMSpropOptions } from "./rmsprop.ts";
export { SGD, type SGDOptions } from "./sgd.ts";
