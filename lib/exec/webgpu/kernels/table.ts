// Which function lowers each op: exhaustive, so that an op without a kernel does not compile.
import type { ElementwiseName, OpName } from "../../../ir/attrs.ts";
import type { Node } from "../../../ir/graph.ts";
import type { GatheredInput, Lower, Lowering } from "../lowering.ts";
import type { View } from "../view.ts";
import { lowerCrossEntropy } from "./cross_entropy.ts";
import { lowerForeach } from "./foreach.ts";
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
const lowerings: { readonly [K in Exclude<OpName, NotLowered>]: Lower<Node<K>> } = {
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
  foreach: (lowering, node, inputs, outputs) => lowerForeach(lowering, node, inputs, outputs, lowerNode),
};

/** Lowers a node of any op that runs as one. */
export function lowerNode(
  lowering: Lowering,
  node: Node,
  inputs: readonly View[],
  outputs: readonly View[],
  gathered?: GatheredInput,
): void {
  const lower = lowerings[node.op as keyof typeof lowerings] as Lower | undefined;
  if (!lower) throw new Error(`op "${node.op}" reached the GPU unfused`);
  lower(lowering, node, inputs, outputs, gathered);
}
