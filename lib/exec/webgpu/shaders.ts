// The shader texts: the one file that imports them.
import argMax from "../../../shaders/arg_max.wgsl" with { type: "text" };
import convolution from "../../../shaders/convolution.wgsl" with { type: "text" };
import convolutionTiles from "../../../shaders/convolution_tiles.wgsl" with { type: "text" };
import dynamicSlice from "../../../shaders/dynamic_slice.wgsl" with { type: "text" };
import dynamicUpdateSlice from "../../../shaders/dynamic_update_slice.wgsl" with { type: "text" };
import elementwise from "../../../shaders/elementwise.wgsl" with { type: "text" };
import finish from "../../../shaders/finish.wgsl" with { type: "text" };
import fused from "../../../shaders/fused.wgsl" with { type: "text" };
import gather from "../../../shaders/gather.wgsl" with { type: "text" };
import iota from "../../../shaders/iota.wgsl" with { type: "text" };
import matmul from "../../../shaders/matmul.wgsl" with { type: "text" };
import matmulSplits from "../../../shaders/matmul_splits.wgsl" with { type: "text" };
import matmulWorkgroup from "../../../shaders/matmul_workgroup.wgsl" with { type: "text" };
import maxPool from "../../../shaders/max_pool.wgsl" with { type: "text" };
import maxPoolGradient from "../../../shaders/max_pool_gradient.wgsl" with { type: "text" };
import moves from "../../../shaders/moves.wgsl" with { type: "text" };
import optimizers from "../../../shaders/optimizers.wgsl" with { type: "text" };
import pack from "../../../shaders/pack.wgsl" with { type: "text" };
import pad from "../../../shaders/pad.wgsl" with { type: "text" };
import patchesOfX from "../../../shaders/patches_of_x.wgsl" with { type: "text" };
import patchesOfY from "../../../shaders/patches_of_y.wgsl" with { type: "text" };
import random from "../../../shaders/random.wgsl" with { type: "text" };
import reductions from "../../../shaders/reductions.wgsl" with { type: "text" };
import resample from "../../../shaders/resample.wgsl" with { type: "text" };
import scatterAdd from "../../../shaders/scatter_add.wgsl" with { type: "text" };
import softmaxCrossEntropy from "../../../shaders/softmax_cross_entropy.wgsl" with { type: "text" };
import sortBlocks from "../../../shaders/sort_blocks.wgsl" with { type: "text" };
import sortMerge from "../../../shaders/sort_merge.wgsl" with { type: "text" };
import tileSums from "../../../shaders/tile_sums.wgsl" with { type: "text" };
import windows from "../../../shaders/windows.wgsl" with { type: "text" };

/** The text of each file in `shaders/`. */
export const shaders = {
  "arg_max.wgsl": argMax,
  "convolution.wgsl": convolution,
  "convolution_tiles.wgsl": convolutionTiles,
  "dynamic_slice.wgsl": dynamicSlice,
  "dynamic_update_slice.wgsl": dynamicUpdateSlice,
  "elementwise.wgsl": elementwise,
  "finish.wgsl": finish,
  "fused.wgsl": fused,
  "gather.wgsl": gather,
  "iota.wgsl": iota,
  "matmul.wgsl": matmul,
  "matmul_splits.wgsl": matmulSplits,
  "matmul_workgroup.wgsl": matmulWorkgroup,
  "max_pool.wgsl": maxPool,
  "max_pool_gradient.wgsl": maxPoolGradient,
  "moves.wgsl": moves,
  "optimizers.wgsl": optimizers,
  "pack.wgsl": pack,
  "pad.wgsl": pad,
  "patches_of_x.wgsl": patchesOfX,
  "patches_of_y.wgsl": patchesOfY,
  "random.wgsl": random,
  "reductions.wgsl": reductions,
  "resample.wgsl": resample,
  "scatter_add.wgsl": scatterAdd,
  "softmax_cross_entropy.wgsl": softmaxCrossEntropy,
  "sort_blocks.wgsl": sortBlocks,
  "sort_merge.wgsl": sortMerge,
  "tile_sums.wgsl": tileSums,
  "windows.wgsl": windows,
} as const;

/** The name of a file in `shaders/`. */
export type ShaderFile = keyof typeof shaders;
