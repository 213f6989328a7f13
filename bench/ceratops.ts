// Ceratops as a benchmark program: runs one work and prints one line of JSON, like the peers in bench/peers.
import { parseArgs } from "node:util";
import { getExecutor } from "../lib/exec/select.ts";
import { BackendError, setBackend, setRandomSeed } from "../mod.ts";
import { peakMiB } from "./peak.ts";
import type { Works } from "./works/work.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    backend: { type: "string", default: "eigen" },
    repeats: { type: "string", default: "5" },
    rows: { type: "string", default: "60000" },
    steps: { type: "string", default: "300" },
    calls: { type: "string", default: "2000" },
    batch: { type: "string", default: "1" },
    file: { type: "string", default: "" },
    threads: { type: "string" },
  },
});
const [work] = positionals;

/** Where works are. A module is loaded if those before lack the work, so that whole processes load theirs alone. */
const modules: readonly (() => Promise<{ works: Works }>)[] = [
  () => import("./works/processes.ts"),
  () => import("./works/training.ts"),
  () => import("./works/inference.ts"),
  () => import("./works/examples.ts"),
];

/** The work that was asked for. */
async function findWork(): Promise<Works[string]> {
  const names: string[] = [];
  for (const load of modules) {
    const { works } = await load();
    if (Object.hasOwn(works, work ?? "")) return works[work];
    names.push(...Object.keys(works));
  }
  console.error(`Cannot bench: the work must be one of ${names.join(", ")}, received ${work ?? "none"}`);
  Deno.exit(2);
}

const run = await findWork();
try {
  const threads = values.threads === undefined ? {} : { threads: Number(values.threads) };
  await setBackend(values.backend as Parameters<typeof setBackend>[0], threads);
} catch (error) {
  if (!(error instanceof BackendError)) throw error;
  console.error(error.message);
  Deno.exit(3);
}
setRandomSeed(1);
const [repeats, rows, steps, calls, batch] = [values.repeats, values.rows, values.steps, values.calls, values.batch]
  .map(Number);
const { seconds, detail } = await run({ repeats, rows, steps, calls, batch, file: values.file });
const adapter = values.backend === "webgpu" ? (await getExecutor()).description : undefined;
const shared = { adapter, peakMiB: await peakMiB() };
console.log(JSON.stringify({ peer: `ceratops-${values.backend}`, work, seconds, detail: { ...shared, ...detail } }));
