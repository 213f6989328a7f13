// The op table: one definition per op. A missing op or fact is a type error.
import type { OpName } from "../../ir/attrs.ts";
import { installOps } from "../../ir/op_def.ts";
import type { Lower, WebGpuFacts } from "../webgpu/lowering.ts";
import type { Definition } from "./definition.ts";
import { allReduceDef } from "./all_reduce.ts";
import { attentionDefs } from "./attention.ts";
import { convolutionDefs } from "./convolution.ts";
import { crossEntropyDef } from "./cross_entropy.ts";
import { elementwiseDefs } from "./elementwise.ts";
import { foreachDef } from "./foreach.ts";
import { fusedDef } from "./fused.ts";
import { indexingDefs } from "./indexing.ts";
import { layerNormalizationDefs } from "./layer_normalization.ts";
import { matmulDef } from "./matmul.ts";
import { moveDefs } from "./moves.ts";
import { poolingDefs } from "./pooling.ts";
import { recurrenceDefs } from "./recurrence.ts";
import { reductionDefs } from "./reductions.ts";
import { resampleDef } from "./resample.ts";
import { scanDef } from "./scan.ts";
import { sortDef } from "./sort.ts";
import { updateDefs } from "./updates.ts";

/** The definition of every op. */
export const opTable: { readonly [K in OpName]: Definition<K> } = {
  ...elementwiseDefs,
  fused: fusedDef,
  ...reductionDefs,
  argSort: sortDef,
  ...moveDefs,
  matmul: matmulDef,
  ...convolutionDefs,
  ...poolingDefs,
  resample: resampleDef,
  ...indexingDefs,
  scan: scanDef,
  ...attentionDefs,
  ...recurrenceDefs,
  ...layerNormalizationDefs,
  softmaxCrossEntropy: crossEntropyDef,
  ...updateDefs,
  allReduce: allReduceDef,
  foreach: foreachDef(lowerNode),
};

installOps(opTable);

/** How nodes of an op run on WebGPU, if they do. */
export function webGpuFacts<K extends OpName>(op: K): WebGpuFacts<K> | undefined {
  const definition: Definition<K> = opTable[op];
  return definition.lower ? definition : undefined;
}

/** Adds the dispatches of a node on WebGPU. */
export function lowerNode(...args: Parameters<Lower>): void {
  const [, node] = args;
  const facts = webGpuFacts(node.op);
  if (!facts) throw new Error(`op "${node.op}" reached the GPU unfused`);
  facts.lower(...args);
}

/** The names of all ops. */
export const opNames = Object.keys(opTable) as OpName[];
