// Measures training in several processes: `deno run -A bench/mpi.ts [--launcher=mpirun] [--processes=2] [--smoke]`. Prints
// what adding up over them costs, and how much of the processes' time is training, beside one process of one thread.
import { parseArgs } from "node:util";
import { fileURLToPath } from "node:url";
import { communicator } from "../lib/communicator.ts";
import { median } from "./median.ts";
import { distribution, Input, layers, Sequential, setBackend, setRandomSeed, tensor } from "../mod.ts";

const { values: options } = parseArgs({
  args: Deno.args,
  options: {
    launcher: { type: "string", default: "mpirun" },
    processes: { type: "string", default: "2" },
    smoke: { type: "boolean", default: false },
    part: { type: "string" },
  },
});

/** Elements that are added up: one, some, those of the MLP's gradients, and ten times as many. */
const sizes = options.smoke ? [1, 10_000] : [1, 10_000, 100_000, 400_000, 4_000_000];

/** The seconds between these times, which are in milliseconds. */
const secondsBetween = (times: readonly number[]) => times.slice(1).map((time, i) => (time - times[i]) / 1000);

const trainings = {
  mlp: {
    rows: 25_600,
    shape: [784],
    layers: () => [new layers.Dense(512, { activation: "relu" }), new layers.Dense(10, { activation: "softmax" })],
  },
  convnet: {
    rows: 6400,
    shape: [28, 28, 1],
    layers: () => [
      new layers.Conv2D(32, 3, { activation: "relu" }),
      new layers.MaxPooling2D(2),
      new layers.Conv2D(64, 3, { activation: "relu" }),
      new layers.MaxPooling2D(2),
      new layers.Flatten(),
      new layers.Dropout(0.5),
      new layers.Dense(10, { activation: "softmax" }),
    ],
  },
} as const;

/** Seconds that an epoch takes. */
async function train(name: keyof typeof trainings): Promise<number> {
  const { rows, shape, layers: own } = trainings[name];
  setRandomSeed(1);
  const model = new Sequential([Input({ shape }), ...own()]);
  model.compile({ optimizer: "adam", loss: "sparse_categorical_crossentropy" });
  const width = shape.reduce((a: number, b) => a * b, 1);
  const x = tensor(Float32Array.from({ length: rows * width }, (_, i) => Math.sin(i)), [rows, ...shape]);
  const y = tensor(Int32Array.from({ length: rows }, (_, i) => i % 10));
  const times: number[] = [];
  await model.fit(x, y, {
    batchSize: 128,
    epochs: options.smoke ? 2 : 9,
    verbose: 0,
    callbacks: [{ onEpochEnd: () => void times.push(performance.now()) }],
  });
  return median(secondsBetween(times));
}

/** Runs a part in so many processes, of one thread each; gives what the first one prints. */
async function run<T>(part: string, processes: number): Promise<T> {
  const own = [Deno.execPath(), "run", "-A", fileURLToPath(import.meta.url), `--part=${part}`];
  if (options.smoke) own.push("--smoke");
  const [command, ...args] = processes === 1 ? own : [options.launcher, "-n", `${processes}`, ...own];
  const { code, stdout } = await new Deno.Command(command, {
    args,
    env: { CERATOPS_THREADS: "1", OMPI_ALLOW_RUN_AS_ROOT: "1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM: "1" },
    stderr: "inherit",
  }).output();
  const line = new TextDecoder().decode(stdout).split("\n").find((text) => text.startsWith("{"));
  if (code !== 0 || !line) throw new Error(`${part} in ${processes} processes failed with status ${code}`);
  return JSON.parse(line);
}

if (options.part) {
  await distribution.set(new distribution.DataParallel());
  await setBackend("eigen");
  const others = await communicator();
  let found: object;
  if (options.part === "sums") {
    const times: number[] = [];
    for (const size of sizes) {
      const data = new Float32Array(size);
      const ends: number[] = [];
      for (let i = 0; i < (size > 1_000_000 ? 16 : 101); i++) {
        await others!.reduce(data);
        ends.push(performance.now());
      }
      times.push(median(secondsBetween(ends)));
    }
    found = { description: others!.description, times };
  } else found = { seconds: await train(options.part as keyof typeof trainings) };
  if (!others || others.rank === 0) console.log(JSON.stringify(found));
} else {
  const processes = Number(options.processes);
  const { description, times } = await run<{ description: string; times: number[] }>("sums", processes);
  console.log(`${processes} processes of one thread, ${description}`);
  sizes.forEach((size, i) => {
    const rate = 4 * size / times[i] / 1e9;
    console.log(`  adding up ${size} floats: ${(times[i] * 1e6).toFixed(0)} us, ${rate.toFixed(2)} GB/s`);
  });
  for (const name of Object.keys(trainings)) {
    const [alone, together] = [
      await run<{ seconds: number }>(name, 1),
      await run<{ seconds: number }>(name, processes),
    ];
    const efficiency = alone.seconds / together.seconds / processes;
    console.log(
      `  ${name}, batches of 128: ${alone.seconds.toFixed(3)} s an epoch alone, ${
        together.seconds.toFixed(3)
      } s together, ` +
        `efficiency ${efficiency.toFixed(2)}`,
    );
  }
}
