// The callbacks, as mod.ts exports them under `callbacks`.
export { BackupAndRestore, type BackupAndRestoreOptions } from "./backup_and_restore.ts";
export {
  Callback,
  type CallbackHooks,
  type CallbackModel,
  type HookResult,
  type Logs,
  type RunParams,
  type SavedTraining,
  type TrainingRun,
} from "./callback.ts";
export { type CheckpointStore, MemoryCheckpoints } from "./checkpoint_store.ts";
export { CSVLogger, type CSVLoggerOptions } from "./csv_logger.ts";
export { Dashboard, type DashboardOptions } from "./dashboard.ts";
export { EarlyStopping, type EarlyStoppingOptions } from "./early_stopping.ts";
export type { SaveFrequency } from "./batch_counter.ts";
export { History } from "./history.ts";
export { LambdaCallback } from "./lambda.ts";
export {
  type EpochSchedule,
  LearningRateScheduler,
  type LearningRateSchedulerOptions,
} from "./learning_rate_scheduler.ts";
export type { CallbackLike } from "./list.ts";
export { ModelCheckpoint, type ModelCheckpointOptions } from "./model_checkpoint.ts";
export { MonitorCallback, type MonitorOptions } from "./monitor.ts";
export { ProgbarLogger } from "./progbar_logger.ts";
export type { RunDisplay } from "./run_display.ts";
export { ReduceLROnPlateau, type ReduceLROnPlateauOptions } from "./reduce_lr_on_plateau.ts";
export { SwapEMAWeights, type SwapEMAWeightsOptions } from "./swap_ema_weights.ts";
export { TensorBoard, type TensorBoardOptions } from "./tensorboard.ts";
export { TerminateOnNaN, type TerminateOnNaNOptions } from "./terminate_on_nan.ts";
