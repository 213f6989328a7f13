// Runs the op table and a training on the default adapter, prints what is wrong; a process of its own for another driver.
import { ReferenceExecutor } from "../../lib/exec/reference/executor.ts";
import { openWebGpu } from "../../lib/exec/webgpu/open.ts";
import { trainedLosses } from "./mlp.ts";
import { checkGradients, checkValues, difference, table } from "./op_table.ts";

const executor = await openWebGpu();
const reference = new ReferenceExecutor();
const faults: string[] = [];
for (const [op, samples] of table) {
  faults.push(...await checkValues(executor, op, samples), ...await checkGradients(executor, reference, op, samples));
}
const fault = difference(await trainedLosses(executor, 5), await trainedLosses(reference, 5), 1e-5, 1e-5);
if (fault) faults.push(`training: ${fault}`);
console.log(`${executor.description}: ${table.length} ops, ${faults.length} faults`);
console.log(faults.join("\n"));
Deno.exit(faults.length > 0 ? 1 : 0);
