// The suite for every driver: the op table's values, the programs with their gradients, the kernels for real GPUs, and
// float16 where the driver has it.
import { ReferenceExecutor } from "../../lib/exec/reference/executor.ts";
import { openWebGpu } from "../../lib/exec/webgpu/open.ts";
import type { AdapterKind } from "../../lib/ops/webgpu/kernels/tuning.ts";
import { checkValues, table } from "../ops/op_table.ts";
import { checkHalves } from "./half_checks.ts";
import { checkPrograms } from "./program_checks.ts";
import { checkTiles } from "./tiles.ts";

/** The results. */
export interface Report {
  readonly adapter: string;
  readonly ops: number;
  readonly pipelines: number;
  readonly faults: readonly string[];
}

/** Ops with separate kernels for real GPUs. */
export const tunedOps: readonly string[] = [
  ...["sum", "max", "softmaxCrossEntropy", "scatterAdd"],
  ...["matmul", "convolution", "convolutionTranspose", "convolutionFilter"],
];

const tunedPrograms: readonly string[] = [
  ...["products", "convolutions of each kernel", "factors that are gathered", "reductions", "scatters", "training"],
];

/** What is checked: the kernels for a kind of adapters, or every product kernel for real GPUs. */
export type Part = AdapterKind | "products";

/** Runs everything, or these parts of it. */
export async function checkEverything(parts: readonly Part[] = ["software", "gpu", "products"]): Promise<Report> {
  const reference = new ReferenceExecutor();
  const faults: string[] = [];
  let pipelines = 0;
  let adapter = "";
  for (const tunedFor of parts) {
    if (tunedFor === "products") {
      faults.push(...await checkTiles(reference));
      continue;
    }
    const executor = await openWebGpu({ tunedFor });
    for (const [op, samples] of table) {
      if (tunedFor === "gpu" && !tunedOps.includes(op)) continue;
      faults.push(...await checkValues(executor, op, samples));
    }
    faults.push(...await checkPrograms(executor, reference, tunedFor === "gpu" ? tunedPrograms : undefined));
    if (executor.gpu.halves) {
      faults.push(...await checkHalves(executor, reference, tunedFor === "gpu" ? tunedOps : undefined));
    }
    pipelines += executor.counts.pipelines;
    adapter = executor.description;
    await executor.dispose();
  }
  return { adapter, ops: table.length, pipelines, faults };
}
