// The losses, as mod.ts exports them under `losses`.
export {
  BinaryCrossentropy,
  binaryCrossentropy,
  CategoricalCrossentropy,
  categoricalCrossentropy,
  type CrossentropyOptions,
  SparseCategoricalCrossentropy,
  sparseCategoricalCrossentropy,
  type SparseCrossentropyOptions,
} from "./crossentropy.ts";
export { getLoss as get, type LossIdentifier, type LossName } from "./identify.ts";
export { Loss, type LossContext, type LossFunction, type LossOptions, type Reduction } from "./loss.ts";
export { MeanAbsoluteError, meanAbsoluteError, MeanSquaredError, meanSquaredError } from "./regression.ts";
