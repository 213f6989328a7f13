// Mixed precision under Keras's older names, exported as `mixedPrecision` by mod.ts.
// https://keras.io/api/mixed_precision/
export {
  DTypePolicy,
  DTypePolicy as Policy,
  dtypePolicy,
  dtypePolicy as globalPolicy,
  type PolicyIdentifier,
  type PolicyName,
  setDtypePolicy,
  setDtypePolicy as setGlobalPolicy,
} from "./dtype_policy.ts";
export { LossScaleOptimizer, type LossScaleOptimizerOptions } from "./optimizers/loss_scale.ts";
