// deno task bench:gpu: what this machine's GPU does, in one command of bounded time.
import { parseArgs } from "node:util";
import { adapterClasses, measuredOn } from "../../lib/ops/webgpu/kernels/matmul_table.ts";
import { measuredProducts } from "../../lib/ops/webgpu/kernels/measured_products.ts";
import { removePeerFiles } from "../peer_files.ts";
import { epochs } from "./epochs.ts";
import type { Context, Finding, Message } from "./findings.ts";
import { digits } from "./limits.ts";
import { adopted, fileOf, tableFile, type Winner, winnersOf, writeTable } from "./table.ts";
import { describeAdapter } from "./timed_gpu.ts";

const usage = `deno task bench:gpu [--budget 480] [--smoke] [--adopt]
  --budget  the seconds after which it ends, 480 at most; what was left out is named
  --smoke   small sizes in 25 seconds: shows that everything runs
  --adopt   writes the fastest kernels for this adapter's class into the table that the library reads`;

/** Each part with the share of the budget that has passed when it ends; what a part does not need goes to the next. */
const parts = [
  { name: "limits", title: "Limits", end: 0.1 },
  { name: "checks", title: "Every kernel against the reference executor", end: 0.4 },
  { name: "products", title: "Products and convolutions by kernel", end: 0.8 },
  { name: "epochs", title: "Training on MNIST", end: 0.98 },
] as const;

/** What a part found, and how it ended if not by itself. */
interface Outcome {
  readonly planned: string[];
  readonly findings: Finding[];
  stopped?: string;
}

function print({ item, text, failed }: Finding): void {
  console.log(`  ${failed ? "FAILED" : "ok"}  ${item}: ${text}`);
}

/** Adds a message of a part to its outcome. */
function take(outcome: Outcome, message: Message): void {
  if ("plan" in message) {
    outcome.planned.push(...message.plan);
    return;
  }
  outcome.findings.push(message);
  print(message);
}

/** Runs a part in a process of its own, which is killed when its time is over: a driver that hangs holds nothing up. */
async function runApart(part: string, { smoke, peak, left }: Omit<Context, "report">, outcome: Outcome): Promise<void> {
  const options = [...(smoke ? ["--smoke"] : []), ...(peak === undefined ? [] : ["--peak", String(peak)])];
  const script = new URL("./part.ts", import.meta.url).pathname;
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", script, part, "--seconds", String(left()), ...options],
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  let isOver = false;
  const timer = setTimeout(() => {
    isOver = true;
    try {
      child.kill("SIGKILL");
    } catch {
      // It has just ended by itself.
    }
  }, Math.max(0, 1000 * left()));
  const said = new Response(child.stderr).text();
  let rest = "";
  for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop()!;
    for (const line of lines) take(outcome, JSON.parse(line));
  }
  const { success } = await child.status;
  clearTimeout(timer);
  if (!success && !isOver) outcome.stopped = (await said).trim().split("\n").pop() || "its process ended";
}

/** The winners as lines of text. */
function describeWinners(winners: readonly Winner[], peak: number | undefined): string[] {
  return winners.map(({ best, general }) => {
    const share = peak ? `, ${(100 * best.rate / peak).toFixed(0)} % of the f32 peak` : "";
    const gain = best === general
      ? "the general table's choice"
      : `${(best.rate / general.rate).toFixed(2)} times the general table's ${general.kernel}`;
    const splits = best.splits > 1 ? ` in ${best.splits} splits` : "";
    return `  ${best.product}: ${best.kernel}${splits}, ${digits(best.rate / 1e9)} GFLOP/s${share}; ${gain}`;
  });
}

/** What the command line asks for; undefined if it is not valid. */
function readOptions(): { smoke: boolean; adopt: boolean; budget: number } | undefined {
  try {
    const { values } = parseArgs({
      options: {
        smoke: { type: "boolean", default: false },
        adopt: { type: "boolean", default: false },
        budget: { type: "string" },
        help: { type: "boolean", default: false },
      },
    });
    const budget = Number(values.budget ?? (values.smoke ? 25 : 480));
    if (values.help || !(budget > 0 && budget <= 480)) return undefined;
    return { ...values, budget };
  } catch {
    return undefined;
  }
}

const start = performance.now();
const options = readOptions();
if (!options) {
  console.error(usage);
  Deno.exit(2);
}
const { smoke, adopt, budget } = options;
// Without it the Vulkan loader prints a warning in every process.
if (Deno.build.os === "linux" && !Deno.env.get("XDG_RUNTIME_DIR")) Deno.env.set("XDG_RUNTIME_DIR", "/tmp");
const adapter = await describeAdapter();
const classes = adapterClasses(adapter);
const refusal = adapter.software ?? (classes.length === 0 ? `"${adapter.name}" does not tell its vendor` : undefined) ??
  (smoke ? "--smoke measures nothing that counts" : undefined);
if (adopt && refusal) {
  console.error(`Cannot adopt kernels: ${refusal}`);
  Deno.exit(2);
}
console.log(`${adapter.name}, class ${classes[0] ?? "unknown"}; at most ${budget} s`);
if (adapter.software) console.log(`${adapter.software}: no time below says anything about GPUs`);
const known = measuredOn(classes);
console.log(`products measured before on this class: ${known.length}`);

let peak: number | undefined;
const all: Finding[] = [];
const notes: string[] = [];
for (const { name, title, end } of parts) {
  console.log(`\n${title}`);
  const outcome: Outcome = { planned: [], findings: [] };
  const left = () => end * budget - (performance.now() - start) / 1000;
  if (name === "epochs") await epochs({ smoke, left, report: (message) => take(outcome, message) });
  else await runApart(name, { smoke, peak, left }, outcome);
  if (outcome.stopped !== undefined) console.log(`  FAILED  stopped: ${outcome.stopped}`);
  const done = new Set(outcome.findings.map(({ item }) => item));
  const out = outcome.planned.filter((item) => !done.has(item));
  if (outcome.planned.length === 0) notes.push(`all of "${title}"`);
  else if (out.length > 0) notes.push(`of "${title}", ${out.length} of ${outcome.planned.length}: ${out.join("; ")}`);
  if (outcome.stopped !== undefined) all.push({ item: title, text: outcome.stopped, failed: true });
  all.push(...outcome.findings);
  peak ??= outcome.findings.find((finding) => finding.peak !== undefined)?.peak;
}
await removePeerFiles();

const wrong = new Set(all.flatMap(({ wrongKernel }) => wrongKernel ?? []));
const winners = winnersOf(all.flatMap(({ timing }) => timing ?? []), wrong);
console.log(`\nFastest kernels\n${describeWinners(winners, peak).join("\n")}`);
if (refusal) console.log(`  not for the table: ${refusal}`);
else {
  const table = adopted(measuredProducts, classes[0], winners);
  if (adopt) {
    await writeTable(table);
    console.log(`  adopted for ${classes[0]}: ${tableFile.pathname}`);
  } else console.log(`  with --adopt the table would be:\n${fileOf(table)}`);
}
console.log(`\nLeft out: ${notes.length === 0 ? "nothing" : `\n  ${notes.join("\n  ")}`}`);
const failures = all.filter(({ failed }) => failed);
console.log(`${all.length - failures.length} passed, ${failures.length} failed`);
for (const { item, text } of failures) console.log(`  FAILED  ${item}: ${text}`);
Deno.exit(failures.length === 0 ? 0 : 1);
