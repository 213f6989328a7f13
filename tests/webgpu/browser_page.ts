// The page that the browser test opens: the op table on the browser's own WebGPU, results left on `globalThis`.
import { ReferenceExecutor } from "../../lib/exec/reference/executor.ts";
import { openWebGpu } from "../../lib/exec/webgpu/open.ts";
import { checkGradients, checkValues, table } from "./op_table.ts";
import { trainedLosses } from "./mlp.ts";

/** What the page found out. */
export interface BrowserReport {
  readonly adapter: string;
  readonly ops: number;
  readonly pipelines: number;
  readonly faults: readonly string[];
  /** The loss of each step of a small training, on the GPU and by the reference. */
  readonly losses: readonly (readonly number[])[];
}

async function report(): Promise<BrowserReport> {
  const executor = await openWebGpu();
  const reference = new ReferenceExecutor();
  const faults: string[] = [];
  for (const [op, samples] of table) {
    faults.push(...await checkValues(executor, op, samples), ...await checkGradients(executor, reference, op, samples));
  }
  const losses = [await trainedLosses(executor, 3), await trainedLosses(reference, 3)];
  return { adapter: executor.description, ops: table.length, pipelines: executor.counts.pipelines, faults, losses };
}

(globalThis as { report?: Promise<BrowserReport> }).report = report();
