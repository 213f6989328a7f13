// The shader texts: the only file that imports them.
import { declarationsOf, type Module } from "./wgsl.ts";
import argMax from "../../../shaders/arg_max.wgsl" with { type: "text" };
import attention from "../../../shaders/attention.wgsl" with { type: "text" };
import blocks from "../../../shaders/blocks.wgsl" with { type: "text" };
import convolution from "../../../shaders/convolution.wgsl" with { type: "text" };
import depthwise from "../../../shaders/depthwise.wgsl" with { type: "text" };
import dynamicSlice from "../../../shaders/dynamic_slice.wgsl" with { type: "text" };
import dynamicUpdateSlice from "../../../shaders/dynamic_update_slice.wgsl" with { type: "text" };
import elementwise from "../../../shaders/elementwise.wgsl" with { type: "text" };
import epilogue from "../../../shaders/epilogue.wgsl" with { type: "text" };
import fused from "../../../shaders/fused.wgsl" with { type: "text" };
import gather from "../../../shaders/gather.wgsl" with { type: "text" };
import im2col from "../../../shaders/im2col.wgsl" with { type: "text" };
import iota from "../../../shaders/iota.wgsl" with { type: "text" };
import layerNormalization from "../../../shaders/layer_normalization.wgsl" with { type: "text" };
import layerNormalizationGradient from "../../../shaders/layer_normalization_gradient.wgsl" with { type: "text" };
import layerNormalizationWeights from "../../../shaders/layer_normalization_weights.wgsl" with { type: "text" };
import matmul from "../../../shaders/matmul.wgsl" with { type: "text" };
import matmulSplits from "../../../shaders/matmul_splits.wgsl" with { type: "text" };
import matmulTiles from "../../../shaders/matmul_tiles.wgsl" with { type: "text" };
import maxPool from "../../../shaders/max_pool.wgsl" with { type: "text" };
import maxPoolGradient from "../../../shaders/max_pool_gradient.wgsl" with { type: "text" };
import moves from "../../../shaders/moves.wgsl" with { type: "text" };
import optimizers from "../../../shaders/optimizers.wgsl" with { type: "text" };
import pack from "../../../shaders/pack.wgsl" with { type: "text" };
import pad from "../../../shaders/pad.wgsl" with { type: "text" };
import philox from "../../../shaders/philox.wgsl" with { type: "text" };
import products from "../../../shaders/products.wgsl" with { type: "text" };
import random from "../../../shaders/random.wgsl" with { type: "text" };
import recurrence from "../../../shaders/recurrence.wgsl" with { type: "text" };
import reductions from "../../../shaders/reductions.wgsl" with { type: "text" };
import resample from "../../../shaders/resample.wgsl" with { type: "text" };
import scatterAdd from "../../../shaders/scatter_add.wgsl" with { type: "text" };
import softmaxCrossEntropy from "../../../shaders/softmax_cross_entropy.wgsl" with { type: "text" };
import softwareConvolution from "../../../shaders/software/convolution.wgsl" with { type: "text" };
import softwareMatmul from "../../../shaders/software/matmul.wgsl" with { type: "text" };
import sortBlocks from "../../../shaders/sort_blocks.wgsl" with { type: "text" };
import sortMerge from "../../../shaders/sort_merge.wgsl" with { type: "text" };
import windows from "../../../shaders/windows.wgsl" with { type: "text" };

/** The text of each file in `shaders/`. */
export const shaders = {
  "arg_max.wgsl": argMax,
  "attention.wgsl": attention,
  "blocks.wgsl": blocks,
  "convolution.wgsl": convolution,
  "depthwise.wgsl": depthwise,
  "dynamic_slice.wgsl": dynamicSlice,
  "dynamic_update_slice.wgsl": dynamicUpdateSlice,
  "elementwise.wgsl": elementwise,
  "epilogue.wgsl": epilogue,
  "fused.wgsl": fused,
  "gather.wgsl": gather,
  "im2col.wgsl": im2col,
  "iota.wgsl": iota,
  "layer_normalization.wgsl": layerNormalization,
  "layer_normalization_gradient.wgsl": layerNormalizationGradient,
  "layer_normalization_weights.wgsl": layerNormalizationWeights,
  "matmul.wgsl": matmul,
  "matmul_splits.wgsl": matmulSplits,
  "matmul_tiles.wgsl": matmulTiles,
  "max_pool.wgsl": maxPool,
  "max_pool_gradient.wgsl": maxPoolGradient,
  "moves.wgsl": moves,
  "optimizers.wgsl": optimizers,
  "pack.wgsl": pack,
  "pad.wgsl": pad,
  "philox.wgsl": philox,
  "products.wgsl": products,
  "random.wgsl": random,
  "recurrence.wgsl": recurrence,
  "reductions.wgsl": reductions,
  "resample.wgsl": resample,
  "scatter_add.wgsl": scatterAdd,
  "softmax_cross_entropy.wgsl": softmaxCrossEntropy,
  "software/convolution.wgsl": softwareConvolution,
  "software/matmul.wgsl": softwareMatmul,
  "sort_blocks.wgsl": sortBlocks,
  "sort_merge.wgsl": sortMerge,
  "windows.wgsl": windows,
} as const;

/** The name of a file in `shaders/`. */
export type ShaderFile = keyof typeof shaders;

/** The files of functions that any shader may call and that may need parts of its header. */
export const libraryFiles: readonly ShaderFile[] = [
  "blocks.wgsl",
  "epilogue.wgsl",
  "im2col.wgsl",
  "philox.wgsl",
  "products.wgsl",
  "windows.wgsl",
];

const modules = new Map<ShaderFile, Module>();

/** The declarations of a file. */
export function moduleOf(file: ShaderFile): Module {
  let module = modules.get(file);
  if (!module) modules.set(file, module = declarationsOf(shaders[file]));
  return module;
}

let merged: Module | undefined;

/** The functions of all library files. */
export function libraries(): Module {
  return merged ??= new Map(libraryFiles.flatMap((file) => [...moduleOf(file)]));
}

/** Functions that any shader and header may call, and that need no header. */
export function elementwiseModule(): Module {
  return moduleOf("elementwise.wgsl");
}
