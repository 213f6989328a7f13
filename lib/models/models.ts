// The models, as mod.ts exports them under `models`.
export { cloneModel, modelFromConfig, modelFromJson } from "./from_config.ts";
export { loadModel } from "./load_model.ts";
export { Model } from "./model.ts";
export { saveModel } from "./saving.ts";
export { Sequential } from "./sequential.ts";
