// Runs the suite on the default adapter, with the kernels for the kinds of adapters given as arguments, and prints the
// report: a separate process, started with another driver.
import type { AdapterKind } from "../../lib/ops/webgpu/kernels/tuning.ts";
import { checkEverything } from "./driver_suite.ts";

console.log(JSON.stringify(await checkEverything(Deno.args as AdapterKind[])));
