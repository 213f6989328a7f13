// deno task bench: speed compared with the peers that are installed, as ratios measured in one run.
import { parseArgs } from "node:util";
import { convSweep, type SweptBackend, sweptBackends } from "./conv_sweep.ts";
import { engineReport } from "./engine.ts";
import { examplesReport } from "./examples.ts";
import { processor, record, type Work } from "./history.ts";
import { removePeerFiles } from "./peer_files.ts";
import { ceratops, measure, type Measurement, type Program, pythonPeer, tfjsPeer, withModel } from "./peers.ts";

const { values } = parseArgs({
  options: {
    smoke: { type: "boolean", default: false },
    only: { type: "string" },
    rounds: { type: "string", default: "3" },
    backend: { type: "string", default: "eigen" },
    record: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});

const usage =
  `deno task bench [--smoke] [--only engine,examples,conv_sweep,mlp_epoch,...] [--rounds 3] [--backend eigen] [--record]
  --smoke   a few steps of everything of Ceratops's own, no peers: shows that the benchmark runs
  --only    the parts to run, separated by commas
  --rounds  how often each program is run; programs take turns, and the ratio is of medians
  --backend which backend conv_sweep runs on: ${sweptBackends.join(", ")}
  --record  appends the figures of all parts to docs/benchmarks.json, and renews docs/benchmarks.md and README.md`;

/** A work with its peers, the target ratio for each (0 if it is only reported), and what is compared. */
interface Part {
  readonly work: string;
  /** Its name for `--only`, if different from the work's. */
  readonly name?: string;
  readonly title: string;
  readonly unit: "s" | "ms" | "us";
  /** Whether the whole process is timed, from outside. */
  readonly whole?: boolean;
  /** The limit for Ceratops's own time, in seconds. */
  readonly limit?: number;
  /** What to report if the machine has no adapter for this; otherwise a failure to run is an error. */
  readonly mayLack?: string;
  readonly peers: readonly (readonly [Program, number])[];
  readonly own: Program;
}

const nameOf = ({ name, work }: Part) => name ?? work;

const smoke = values.smoke;
const few = smoke
  ? ["--repeats", "1", "--rows", "1280", "--steps", "20", "--calls", "50"]
  : ["--repeats", "3", "--steps", "1500"];

/** A part of an epoch, since TensorFlow.js takes half a minute for a whole one: both sides do the same part. */
const partOfEpoch = smoke ? few : ["--repeats", "1", "--rows", "12800"];
const fewRows = smoke ? few : ["--repeats", "1", "--rows", "1280"];
const adapter = "a GPU, or a software Vulkan driver (mesa-vulkan-drivers)";

const parts: readonly Part[] = [
  {
    work: "mlp_epoch",
    title: "MNIST MLP 784-512-10, RMSprop, batch 128: one epoch of 60,000",
    unit: "s",
    own: ceratops("eigen", ...few),
    peers: [
      [pythonPeer("pytorch", ...few), 1.6],
      [pythonPeer("keras-jax", ...few), 1.6],
      [pythonPeer("keras-tensorflow", ...few), 3.2],
      [tfjsPeer("wasm", "--repeats", "1", "--rows", "6400"), 60],
    ],
  },
  {
    work: "mlp_epoch",
    name: "mlp_epoch_wasm",
    title: "The same on wasm: no permission, no GPU, one thread",
    unit: "s",
    own: ceratops("wasm", ...few),
    peers: [
      [ceratops("eigen", ...few), 0],
      [tfjsPeer("wasm", "--repeats", "1", "--rows", "6400"), 8],
      [tfjsPeer("cpu", "--repeats", "1", "--rows", "1280"), 25],
    ],
  },
  {
    work: "first_step",
    title: "Whole process on wasm: MNIST is loaded, and one step of the MLP is trained",
    unit: "s",
    whole: true,
    limit: 1,
    own: ceratops("wasm"),
    peers: [],
  },
  {
    work: "mlp_epoch",
    name: "mlp_epoch_webgpu",
    title: "The same on webgpu, both by 12,800 rows and scaled to an epoch of 60,000",
    unit: "s",
    mayLack: adapter,
    own: ceratops("webgpu", ...partOfEpoch),
    peers: [[tfjsPeer("webgpu", ...partOfEpoch), 5]],
  },
  {
    work: "first_step",
    name: "first_step_webgpu",
    title: "Whole process on webgpu: MNIST is loaded, and one step of the MLP is trained",
    unit: "s",
    whole: true,
    limit: 2,
    mayLack: adapter,
    own: ceratops("webgpu"),
    peers: [],
  },
  {
    work: "convnet_epoch",
    title: "MNIST convnet, Conv 32 and Conv 64 by 3x3, Adam, batch 128: by 12,800 rows, scaled to an epoch of 60,000",
    unit: "s",
    own: ceratops("eigen", ...partOfEpoch),
    peers: [
      [pythonPeer("keras-tensorflow", ...partOfEpoch), 1],
      [pythonPeer("keras-torch", ...partOfEpoch), 1.5],
      [pythonPeer("keras-jax", ...partOfEpoch), 0],
      [pythonPeer("pytorch", ...partOfEpoch), 0],
    ],
  },
  {
    work: "convnet_epoch",
    name: "convnet_epoch_wasm",
    title: "The same on wasm; TensorFlow.js's plain JavaScript by a single step of 32 rows",
    unit: "s",
    own: ceratops("wasm", ...partOfEpoch),
    peers: [
      [tfjsPeer("wasm", "--repeats", "1", "--rows", "1280"), 5],
      // Its time per row is the same for a batch of 32 as for one of 128.
      [tfjsPeer("cpu", "--repeats", "1", "--rows", "32", "--batch", "32", "--cold", "--test-rows", "0"), 5],
    ],
  },
  {
    work: "convnet_epoch",
    name: "convnet_epoch_webgpu",
    title: "The same on webgpu, both by 1,280 rows",
    unit: "s",
    mayLack: adapter,
    own: ceratops("webgpu", ...fewRows),
    peers: [[tfjsPeer("webgpu", ...fewRows), 4]],
  },
  {
    work: "lstm_epoch",
    title: "MNIST LSTM 128 over rows of 28, Adam, batch 128: by 12,800 rows, scaled to an epoch of 60,000",
    unit: "s",
    own: ceratops("eigen", ...partOfEpoch),
    peers: [
      [pythonPeer("keras-tensorflow", ...partOfEpoch), 1.7],
      [pythonPeer("pytorch", ...partOfEpoch), 1.5],
      [pythonPeer("keras-jax", ...partOfEpoch), 0],
    ],
  },
  {
    work: "lstm_epoch",
    name: "lstm_epoch_wasm",
    title: "The same on wasm",
    unit: "s",
    own: ceratops("wasm", ...partOfEpoch),
    peers: [[tfjsPeer("wasm", "--repeats", "1", "--rows", "1280"), 5]],
  },
  {
    work: "lstm_epoch",
    name: "lstm_epoch_webgpu",
    title: "The same on webgpu, both by 1,280 rows",
    unit: "s",
    mayLack: adapter,
    own: ceratops("webgpu", ...fewRows),
    peers: [[tfjsPeer("webgpu", ...fewRows), 5]],
  },
  {
    work: "encoder_step",
    title: "Transformer encoder, 2 blocks of width 128, 4 heads, length 64, batch 32, Adam: one training step",
    unit: "ms",
    own: ceratops("eigen", ...few),
    peers: [
      [pythonPeer("pytorch", ...few), 1.5],
      [pythonPeer("keras-jax", ...few), 0],
      [pythonPeer("keras-tensorflow", ...few), 0],
    ],
  },
  {
    work: "mlp_small_step",
    title: "MLP 784-128-10, Adam, batch 32: one training step",
    unit: "ms",
    own: ceratops("eigen", ...few),
    peers: [[pythonPeer("pytorch", ...few), 4], [pythonPeer("keras-jax", ...few), 1], [
      pythonPeer("keras-tensorflow", ...few),
      1,
    ]],
  },
  {
    work: "predict_one",
    title: "MLP 784-128-10: predict of one row, end to end",
    unit: "us",
    own: ceratops("eigen", ...few),
    peers: [[pythonPeer("pytorch", ...few), 1], [pythonPeer("keras-tensorflow", ...few), 10]],
  },
  {
    work: "generate",
    title: "Character model of 2 blocks, 64 steps, top-k: one character",
    unit: "us",
    own: ceratops("eigen", ...few),
    peers: [[pythonPeer("keras-tensorflow", ...few), 3], [pythonPeer("keras-jax", ...few), 0]],
  },
  {
    work: "mlp_process",
    title: "Whole process: 5 epochs of the MLP and an evaluation, library built",
    unit: "s",
    whole: true,
    own: ceratops("eigen"),
    peers: [[pythonPeer("keras-jax"), 3]],
  },
  ...["MobileNetV2", "ResNet50", "EfficientNetB0"].flatMap((model) =>
    ["load", "save"].map((verb) => modelPart(verb, model))
  ),
];

/** Loading or saving a model of keras.applications, with its weights. */
function modelPart(verb: string, model: string): Part {
  return {
    work: `${verb}_model`,
    name: `${verb}_${model}`,
    title: `${model}: ${verb === "load" ? "loadModel() of" : "save() to"} a .keras file`,
    unit: "ms",
    own: withModel(model, ceratops("eigen", ...few)),
    peers: ["keras-jax", "keras-tensorflow"].map((peer) => [withModel(model, pythonPeer(peer, ...few)), 2]),
  };
}

const scales = { s: 1, ms: 1e3, us: 1e6 };

function median(list: readonly number[]): number {
  const sorted = [...list].sort((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2;
}

/** How a figure was obtained if not from whole epochs at the requested batch size; otherwise empty. */
function scaling({ scaled, rows, batch, warmUpEpochs }: Measurement["detail"]): string {
  if (!scaled) return "";
  const cold = warmUpEpochs === 0 ? ", no epoch before" : "";
  return `  scaled from ${rows} rows${batch === 128 ? "" : ` in batches of ${batch}`}${cold}`;
}

/** The results of a part, with its adapter, if any; undefined if the machine lacks what it needs. */
async function runPart(part: Part): Promise<Work & { readonly adapter?: string } | undefined> {
  const { work, title, unit, whole, limit, mayLack, peers, own } = part;
  console.log(`\n${title}`);
  const programs = smoke ? [own] : [own, ...peers.map(([peer]) => peer)];
  const found = new Map<Program, Measurement[]>(programs.map((program) => [program, []]));
  const missing = new Map<Program, string>();
  // Programs alternate, so that a slow minute of the machine affects all of them.
  for (let round = 0; round < (smoke ? 1 : Number(values.rounds)); round++) {
    for (const program of programs) {
      if (missing.has(program)) continue;
      const result = await measure(program, work);
      if (typeof result === "string") missing.set(program, result);
      else found.get(program)!.push(result);
    }
  }
  const times = (program: Program) => found.get(program)!.flatMap((m) => (whole ? [m.wall] : m.seconds));
  const memory = (program: Program) => Math.max(...found.get(program)!.map(({ detail }) => Number(detail.peakMiB)));
  if (missing.has(own)) {
    if (!mayLack || !missing.get(own)!.includes("no GPU adapter")) {
      throw new Error(`${own.name} failed: ${missing.get(own)}`);
    }
    console.log(`  not run: it needs ${mayLack}`);
    return undefined;
  }
  const mine = median(times(own));
  for (const program of programs) {
    if (missing.has(program)) {
      console.log(`  ${program.name.padEnd(18)} not run: ${missing.get(program)}`);
      continue;
    }
    const list = times(program);
    const show = (seconds: number) => (seconds * scales[unit]).toPrecision(3);
    const spread = `${show(median(list))} ${unit} (${show(Math.min(...list))} to ${
      show(Math.max(...list))
    }, ${list.length} runs)`;
    const bar = peers.find(([peer]) => peer === program)?.[1];
    const over = `${(median(list) / mine).toFixed(2)}x`;
    const ratio = bar !== undefined
      ? `  ${over}${bar > 0 ? `, bar ${bar}x` : ""}`
      : limit !== undefined
      ? `  bar under ${show(limit)} ${unit}`
      : "";
    const { detail } = found.get(program)![0];
    const accuracy = detail.testAccuracy;
    const correct = typeof accuracy === "number" ? `  test accuracy ${accuracy.toFixed(4)}` : "";
    const where = detail.adapter ? `  on ${detail.adapter}` : "";
    const how = `${scaling(detail)}${where}`;
    console.log(`  ${program.name.padEnd(18)} ${spread}${ratio}${correct}  peak ${memory(program)} MiB${how}`);
  }
  const { adapter } = found.get(own)![0].detail;
  return {
    name: nameOf(part),
    title,
    unit,
    adapter: typeof adapter === "string" ? adapter : undefined,
    figures: programs.filter((program) => !missing.has(program)).map((program) => ({
      program: program.name,
      seconds: median(times(program)),
      version: found.get(program)![0].version,
    })),
  };
}

/** Appends the results of all parts to the history. */
async function recordRun(works: readonly (Work & { readonly adapter?: string })[]): Promise<void> {
  const { version } = JSON.parse(await Deno.readTextFile(new URL("../deno.json", import.meta.url)));
  const peers = works.flatMap(({ figures }) => figures).filter((figure) => figure.version !== undefined);
  await record({
    date: new Date().toISOString().slice(0, 10),
    cpu: await processor(),
    cores: navigator.hardwareConcurrency,
    adapter: works.find(({ adapter }) => adapter)?.adapter,
    versions: {
      Ceratops: version,
      Deno: Deno.version.deno,
      ...Object.fromEntries(peers.map((figure) => [figure.program, figure.version!])),
    },
    works: works.map(({ adapter: _, ...work }) => work),
  });
}

if (values.help) {
  console.log(usage);
  Deno.exit(0);
}
const wanted = values.only?.split(",");
if (values.record && (wanted || smoke)) {
  console.error("Cannot record this: --record takes all parts, at full length, so that the figures are of one run");
  Deno.exit(2);
}
const reports = {
  engine: () => engineReport(smoke),
  examples: examplesReport,
  conv_sweep: () => convSweep(values.backend as SweptBackend, smoke),
};
const names = [...Object.keys(reports), ...parts.map(nameOf)];
const unknown = wanted?.filter((name) => !names.includes(name)) ?? [];
if (unknown.length > 0) {
  console.error(`Cannot bench ${unknown.join(", ")}: --only takes ${names.join(", ")}`);
  Deno.exit(2);
}
if (!sweptBackends.some((name) => name === values.backend)) {
  console.error(`Cannot bench on ${values.backend}: --backend takes ${sweptBackends.join(", ")}`);
  Deno.exit(2);
}
try {
  for (const [name, report] of Object.entries(reports)) if (!wanted || wanted.includes(name)) await report();
  const works: NonNullable<Awaited<ReturnType<typeof runPart>>>[] = [];
  for (const part of parts) {
    const work = !wanted || wanted.includes(nameOf(part)) ? await runPart(part) : undefined;
    if (work) works.push(work);
  }
  if (values.record) await recordRun(works);
} finally {
  await removePeerFiles();
}
