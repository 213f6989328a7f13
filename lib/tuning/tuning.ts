// The searches for hyperparameters, as mod.ts exports them under `tuning`.
export { BayesianOptimization, type BayesianOptimizationOptions } from "./bayesian_optimization.ts";
export { crossValidate, type CrossValidateOptions, type CrossValidation } from "./cross_validate.ts";
export { type Fold, kFold, type KFoldOptions, stratifiedKFold } from "./folds.ts";
export { Hyperband, type HyperbandOptions } from "./hyperband.ts";
export type { HyperModel, HyperModelSource, TrialFitOptions, TrialResult } from "./hyper_model.ts";
export {
  type HyperParameter,
  HyperParameters,
  type HyperValue,
  type ListedOptions,
  type ListedParameter,
  type NumericOptions,
  type NumericParameter,
  type Sampling,
} from "./hyper_parameters.ts";
export { RandomSearch, type RandomSearchOptions } from "./random_search.ts";
export type { CompletedTrial, Objective, ObjectiveDirection, Outcome, Proposal, Trial } from "./trial.ts";
export { Tuner, type TunerOptions } from "./tuner.ts";
