// Every kernel against the reference executor: all samples of the op table, programs, and products by every kernel.
import { ReferenceExecutor } from "../../lib/exec/reference/executor.ts";
import type { Executor } from "../../lib/exec/executor.ts";
import { openWebGpu } from "../../lib/exec/webgpu/open.ts";
import type { MatmulKernel } from "../../lib/ops/webgpu/kernels/matmul.ts";
import { matmulKernels } from "../../lib/ops/webgpu/kernels/matmul_table.ts";
import { compareGradients, compareValues, type Comparison, table } from "../../tests/ops/op_table.ts";
import { checks as programs } from "../../tests/webgpu/program_checks.ts";
import { directFaults, openTiles } from "../../tests/webgpu/tiles.ts";
import { type Context, type Item, runItems } from "./findings.ts";
import { describeAdapter } from "./timed_gpu.ts";

/** The worst of comparisons in a few words. */
function summary(list: readonly Comparison[]): { text: string; failed: boolean } {
  const fault = list.find((each) => each.fault !== undefined)?.fault;
  const share = ({ error, bound }: Comparison) => (error === 0 ? 0 : error / bound);
  const worst = list.reduce((a, b) => (share(b) > share(a) ? b : a), { error: 0, bound: 0 } as Comparison);
  const text = worst.error === 0
    ? `${list.length} results, all exact`
    : `${list.length} results, worst error ${worst.error.toExponential(1)}, bound ${worst.bound.toExponential(1)}`;
  return fault === undefined ? { text, failed: false } : { text: `${text}: ${fault}`, failed: true };
}

/** Faults in a few words. */
const outcome = (faults: readonly string[]) => ({
  text: faults.length === 0 ? "right" : faults.join("; "),
  failed: faults.length > 0,
});

/** Checks every op on `executor`: values, and gradients where there are any; in a smoke test by one sample. */
export function opItems(executor: Executor, reference: Executor, smoke: boolean): Item[] {
  return table.map(([op, all]) => ({
    name: `op ${op}`,
    run: async () => {
      const samples = smoke ? all.slice(0, 1) : all;
      const values = await compareValues(executor, op, samples);
      return summary(smoke ? values : [...values, ...await compareGradients(executor, reference, op, samples)]);
    },
  }));
}

/** Checks every kernel on this machine's adapter. */
export async function checks(context: Context): Promise<void> {
  const { smoke } = context;
  const reference = new ReferenceExecutor();
  // The kernels for real GPUs: on software adapters too, which have others of their own.
  const { software } = await describeAdapter();
  const executor = await openWebGpu({ tunedFor: software ? "gpu" : undefined });
  const tiles = await openTiles(reference);
  const kernels = Object.entries<MatmulKernel>(matmulKernels);
  const products = kernels.map(([name, kernel], at): Item => ({
    name: `product kernel ${name}`,
    run: async () => {
      const found = outcome(await tiles.faultsOf(name, kernel, smoke ? at % 4 : undefined));
      return found.failed ? { ...found, wrongKernel: name } : found;
    },
  }));
  const direct: Item = {
    name: "direct convolution",
    run: async () => {
      const found = outcome(await directFaults(reference));
      return found.failed ? { ...found, wrongKernel: "direct" } : found;
    },
  };
  const trained = Object.entries(programs).map(([name, check]): Item => ({
    name: `programs: ${name}`,
    run: async () => outcome(await check(executor, reference)),
  }));
  await runItems(context, [...opItems(executor, reference, smoke), direct, ...products, ...trained]);
  for (const each of [executor, tiles.executor]) await each.dispose();
}
