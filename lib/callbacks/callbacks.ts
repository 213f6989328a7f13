// The callbacks, as mod.ts exports them under `callbacks`.
export {
  Callback,
  type CallbackHooks,
  type CallbackModel,
  type HookResult,
  type Logs,
  type RunParams,
} from "./callback.ts";
export { EarlyStopping, type EarlyStoppingOptions } from "./early_stopping.ts";
export { History } from "./history.ts";
export { LambdaCallback } from "./lambda.ts";
export type { CallbackLike } from "./list.ts";
export { ProgbarLogger } from "./progbar_logger.ts";
