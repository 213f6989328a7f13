// Preparing and viewing data, as mod.ts exports it under `utils`.
export { ProgressBar as Progbar, type ProgressBarOptions as ProgbarOptions } from "../terminal/progress_bar.ts";
export { providePackage } from "../packages.ts";
export type { Packages } from "../deps.ts";
export { loadNpy, loadNpz, saveNpy, saveNpz, type SaveNpzOptions } from "./numpy_files.ts";
export { audioDatasetFromDirectory, type AudioDatasetOptions } from "./audio_directory.ts";
export { type BucketBatch, bucketByLength, type BucketOptions } from "./bucketing.ts";
export { compareWeights, type WeightComparison } from "../saving/compare_weights.ts";
export { type CsvColumns, loadCsv } from "./csv_files.ts";
export type { DirectoryDataset, FileBatch, FileDatasets } from "./directory_dataset.ts";
export type { DirectoryOptions, LabelMode } from "./directory_files.ts";
export { getFile, type GetFileOptions } from "./get_file.ts";
export type { ArchiveFormat } from "../files/archive.ts";
export type { GraphOptions } from "./model_graph.ts";
export type { ColorMode } from "./image_channels.ts";
export { imageDatasetFromDirectory, type ImageDatasetOptions } from "./image_directory.ts";
export {
  arrayToImg,
  type ArrayToImgOptions,
  imgToArray,
  type ImgToArrayOptions,
  loadImg,
  type LoadImgOptions,
  saveImg,
  type SaveImgOptions,
} from "./image_files.ts";
export type { ImageFormat } from "../files/images.ts";
export type { ImageInterpolation, PillowInterpolation } from "./image_resampling.ts";
export { modelToDot } from "./model_to_dot.ts";
export { normalize } from "./normalize.ts";
export { PyDataset, PyDataset as Sequence, type PyDatasetOptions } from "../training/py_dataset.ts";
export type { Batch } from "../training/batches.ts";
export { padSequences, type PadSequencesOptions, type SequenceEnd } from "./sequences.ts";
export { plotModel, type PlotModelOptions } from "./plot_model.ts";
export { showImage, type ShowImageOptions } from "./show_image.ts";
export { smartResize, type SmartResizeOptions } from "./smart_resize.ts";
/** Bounding boxes of images. */
export * as boundingBoxes from "./bounding_boxes.ts";
export { splitDataset, type SplitDatasetOptions } from "./split_dataset.ts";
export { textDatasetFromDirectory, type TextDatasetOptions } from "./text_directory.ts";
export { type TimeseriesBatch, timeseriesDatasetFromArray, type TimeseriesOptions } from "./timeseries.ts";
export { toCategorical } from "./to_categorical.ts";
export type { Columns } from "./feature_columns.ts";
export { type CategoricalOptions, type FeatureKind, FeatureSpace, type FeatureSpaceOptions } from "./feature_space.ts";
export { Cross, Feature, type FeatureMode } from "./features.ts";
export { isKerasTensor, standardizeDtype } from "./backend.ts";
export { packXYSampleWeight, unpackXYSampleWeight } from "./packs.ts";
export { setRandomSeed } from "../random_stream.ts";
export {
  customObjectScope,
  deserializeKerasObject,
  getCustomObjects,
  getRegisteredName,
  getRegisteredObject,
  registerKerasSerializable,
  serializeKerasObject,
} from "../models/saving.ts";
