// The named optimizers: each line exports a class and makes it known by its name.
export { Adafactor, type AdafactorOptions } from "./adafactor.ts";
export { Adadelta, type AdadeltaOptions, Adagrad, type AdagradOptions } from "./adagrad.ts";
export { Adam, type AdamOptions, AdamW } from "./adam.ts";
export { Adamax } from "./adamax.ts";
export { Ftrl, type FtrlOptions } from "./ftrl.ts";
export { Lamb } from "./lamb.ts";
export { Lion, type LionOptions } from "./lion.ts";
export { Muon, type MuonOptions } from "./muon.ts";
export { Nadam } from "./nadam.ts";
export { RMSprop, type RMSpropOptions } from "./rmsprop.ts";
export { ScheduleFreeAdamW, type ScheduleFreeAdamWOptions } from "./schedule_free_adamw.ts";
export { SGD, type SGDOptions } from "./sgd.ts";
