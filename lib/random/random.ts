// Random numbers as tensors and in programs, as mod.ts exports them under `random`. https://keras.io/api/random/
export {
  beta,
  gamma,
  normal,
  type NormalOptions,
  truncatedNormal,
  uniform,
  type UniformOptions,
} from "./continuous.ts";
export {
  binomial,
  categorical,
  dropout,
  type DropoutOptions,
  type IntegerOptions,
  randint,
  shuffle,
  type ShuffleOptions,
} from "./discrete.ts";
export { SeedGenerator, type SeedGeneratorOptions, type SeedOptions } from "./seed_generator.ts";
