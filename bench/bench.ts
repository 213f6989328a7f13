// deno task bench: speed compared with the peers that are installed, as ratios measured in one run.
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { barsTable } from "./bars.ts";
import { convSweep, sweptBackends } from "./conv_sweep.ts";
import { engineReport } from "./engine.ts";
import { examplesReport } from "./examples.ts";
import { growthReport } from "./growth.ts";
import { describeFall, fallsSince, lastOn, processor, record, recorded } from "./history.ts";
import { makeParts, nameOf } from "./parts.ts";
import { removePeerFiles } from "./peer_files.ts";
import { type PartResult, runPart } from "./runner.ts";

const { values } = parseArgs({
  options: {
    smoke: { type: "boolean", default: false },
    only: { type: "string" },
    rounds: { type: "string", default: "5" },
    backend: { type: "string", default: "eigen" },
    record: { type: "boolean", default: false },
    check: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});

const usage =
  `deno task bench [--smoke] [--only engine,examples,conv_sweep,processes,growth,mlp_epoch,...] [--rounds 5] [--backend eigen]
    [--record] [--check]
  --smoke   a few steps of everything of Ceratops's own, no peers: shows that the benchmark runs
  --only    the parts to run, separated by commas
  --rounds  how often each program is run; programs take turns, and the ratio is of medians
  --backend which backend conv_sweep and growth run on: ${sweptBackends.join(", ")}
  --record  appends the figures of all parts to docs/benchmarks.json, and renews docs/benchmarks.md and README.md
  --check   names ratios more than 15 % below those recorded last on this processor, and doublings of work that cost
            too much in growth; the exit code is 1 if there are any`;

/** Ends with a message about the command line. */
function refuse(message: string): never {
  console.error(message);
  Deno.exit(2);
}

/** Appends the results of all parts to the history. */
async function recordRun(results: readonly PartResult[]): Promise<void> {
  const { version } = JSON.parse(await Deno.readTextFile(new URL("../deno.json", import.meta.url)));
  const works = results.map(({ work }) => work);
  const peers = works.flatMap(({ figures }) => figures).filter((figure) => figure.version !== undefined);
  await record({
    date: new Date().toISOString().slice(0, 10),
    cpu: await processor(),
    cores: navigator.hardwareConcurrency,
    adapter: results.find(({ adapter }) => adapter)?.adapter,
    versions: {
      Ceratops: version,
      Deno: Deno.version.deno,
      ...Object.fromEntries(peers.map((figure) => [figure.program, figure.version!])),
    },
    works,
  });
}

/** Prints how much of the time of several processes is training, where MPI is installed. */
async function processesReport(smoke: boolean): Promise<void> {
  console.log("\nTraining in several processes");
  const args = ["run", "-A", fileURLToPath(new URL("mpi.ts", import.meta.url)), ...(smoke ? ["--smoke"] : [])];
  try {
    await new Deno.Command("mpirun", { args: ["--version"], stdout: "null", stderr: "null" }).output();
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return console.log("  not run: it needs MPI (openmpi-bin and libopenmpi-dev, or mpich and libmpich-dev)");
  }
  const { code } = await new Deno.Command(Deno.execPath(), { args, stdout: "inherit", stderr: "inherit" }).output();
  if (code !== 0) throw new Error(`bench/mpi.ts failed with status ${code}`);
}

/** Prints which ratios fell since the last recorded run; returns how many. */
async function checkRun(results: readonly PartResult[]): Promise<number> {
  const cpu = await processor();
  const before = lastOn(cpu, await recorded());
  if (!before) refuse("Cannot check this: docs/benchmarks.json has no run to compare with; --record makes one");
  const falls = fallsSince(before.works, results.map(({ work }) => work));
  const where = before.cpu === cpu ? "on this processor" : `on another processor, ${before.cpu}`;
  console.log(`\nRatios beside those recorded on ${before.date} ${where}: ${falls.length} fell by more than 15 %`);
  for (const fall of falls) console.log(`  ${describeFall(fall)}`);
  return falls.length;
}

if (values.help) {
  console.log(usage);
  Deno.exit(0);
}
const { smoke } = values;
const parts = makeParts(smoke);
const wanted = values.only?.split(",");
if (values.record && (wanted || smoke)) {
  refuse("Cannot record this: --record takes all parts, at full length, so that the figures are of one run");
}
if (values.check && smoke) refuse("Cannot check this: --smoke runs no peers, so there are no ratios");
if (!/^[1-9]\d*$/.test(values.rounds)) refuse(`Cannot bench ${values.rounds} rounds: --rounds takes a whole number`);
const backend = sweptBackends.find((name) => name === values.backend) ??
  refuse(`Cannot bench on ${values.backend}: --backend takes ${sweptBackends.join(", ")}`);
let broken = 0;
const reports: Readonly<Record<string, () => Promise<void>>> = {
  engine: () => engineReport(smoke),
  examples: examplesReport,
  conv_sweep: () => convSweep(backend, smoke),
  processes: () => processesReport(smoke),
  async growth() {
    broken = await growthReport(backend, smoke);
  },
};
const names = [...Object.keys(reports), ...parts.map(nameOf)];
const unknown = wanted?.filter((name) => !names.includes(name)) ?? [];
if (unknown.length > 0) refuse(`Cannot bench ${unknown.join(", ")}: --only takes ${names.join(", ")}`);

const isWanted = (name: string) => !wanted || wanted.includes(name);
try {
  for (const [name, report] of Object.entries(reports)) if (isWanted(name)) await report();
  const results: PartResult[] = [];
  for (const part of parts) {
    const result = isWanted(nameOf(part)) ? await runPart(part, smoke ? 1 : Number(values.rounds), !smoke) : undefined;
    if (result) results.push(result);
  }
  const bars = barsTable(results.flatMap(({ judgments }) => judgments));
  if (bars && !smoke) console.log(`\nBars\n${bars}`);
  if (values.check && await checkRun(results) + broken > 0) Deno.exitCode = 1;
  if (values.record) await recordRun(results);
} finally {
  await removePeerFiles();
}
