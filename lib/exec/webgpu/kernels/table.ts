// Which function lowers each op: exhaustive, so that an op without a kernel does not compile.
import type { OpName } from "../../../ir/attrs.ts";
import type { ElementwiseName } from "../../../ir/elementwise.ts";
import type { Node } from "../../../ir/graph.ts";
import type { Lower } from "../lowering.ts";
import { lowerCrossEntropy } from "./cross_entropy.ts";
import { lowerFused } from "./fused.ts";
import { lowerDynamicSlice, lowerDynamicUpdateSlice, lowerGather, lowerScatterAdd } from "./indexing.ts";
import { lowerMatmul } from "./matmul.ts";
import {
  lowerBroadcast,
  lowerConcat,
  lowerIota,
  lowerPad,
  lowerRandomBits,
  lowerReverse,
  lowerSlice,
  lowerTranspose,
} from "./moves.ts";
import { lowerArgMax, lowerReduction } from "./reductions.ts";
import { lowerArgSort } from "./sort.ts";
import { lowerUpdate } from "./updates.ts";
import {
  lowerConvolution,
  lowerConvolutionFilter,
  lowerMaxPool,
  lowerMaxPoolGradient,
  lowerResample,
} from "./windows.ts";

/** Ops that never run as nodes of their own: fused away, aliases, constants; loops are lowered by the program. */
type NotLowered = ElementwiseName | "reshape" | "constant" | "scan";

/** How each op becomes dispatches. */
export const lowerings: { readonly [K in Exclude<OpName, NotLowered>]: Lower<Node<K>> } = {
  fused: lowerFused,
  matmul: lowerMatmul,
  convolution: lowerConvolution,
  convolutionTranspose: lowerConvolution,
  convolutionFilter: lowerConvolutionFilter,
  maxPool: lowerMaxPool,
  maxPoolGradient: lowerMaxPoolGradient,
  resample: lowerResample,
  sum: lowerReduction,
  max: lowerReduction,
  min: lowerReduction,
  argMax: lowerArgMax,
  argSort: lowerArgSort,
  broadcastTo: lowerBroadcast,
  transpose: lowerTranspose,
  slice: lowerSlice,
  pad: lowerPad,
  concat: lowerConcat,
  reverse: lowerReverse,
  iota: lowerIota,
  randomBits: lowerRandomBits,
  gather: lowerGather,
  scatterAdd: lowerScatterAdd,
  dynamicSlice: lowerDynamicSlice,
  dynamicUpdateSlice: lowerDynamicUpdateSlice,
  softmaxCrossEntropy: lowerCrossEntropy,
  sgdUpdate: lowerUpdate,
  rmspropUpdate: lowerUpdate,
  adamUpdate: lowerUpdate,
};
