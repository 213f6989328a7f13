// Preparing and viewing data, as mod.ts exports it under `utils`.
export { ProgressBar as Progbar, type ProgressBarOptions as ProgbarOptions } from "../terminal/progress_bar.ts";
export { providePackage } from "../packages.ts";
export type { Packages } from "../deps.ts";
export { loadNpy, loadNpz, saveNpy, saveNpz, type SaveNpzOptions } from "./numpy_files.ts";
export { compareWeights, type WeightComparison } from "../saving/compare_weights.ts";
export type { GraphOptions } from "./model_graph.ts";
export { modelToDot } from "./model_to_dot.ts";
export { normalize } from "./normalize.ts";
export { padSequences, type PadSequencesOptions, type SequenceEnd } from "./sequences.ts";
export { ModelPlot, plotModel, type PlotModelOptions } from "./plot_model.ts";
export { showImage, type ShowImageOptions } from "./show_image.ts";
export { toCategorical } from "./to_categorical.ts";
export {
  type CategoricalOptions,
  type Columns,
  type FeatureKind,
  FeatureSpace,
  type FeatureSpaceOptions,
} from "./feature_space.ts";
export { Cross, Feature, type FeatureMode } from "./features.ts";
