// Trains and reads digits beside the page, which stays responsive.
import {
  BackendError,
  callbacks,
  CeratopsError,
  datasets,
  getBackend,
  Model,
  plots,
  type Sequential,
  setBackend,
  setRandomSeed,
  type SymbolicTensor,
  type Tensor,
  tensor,
  utils,
} from "../../mod.ts";
import { makeModel } from "../mnist_model.ts";
import type { Activation, Answer, Backend, BackendFacts, Mistake, Pixels, Request } from "./messages.ts";

const batchSize = 128;
/** The most mistakes that are shown. */
const maxMistakes = 24;
/** The shortest time between two pictures of the curves, in milliseconds. */
const interval = 300;

/** What is used of a worker's global object; the types of pages are not those of workers. */
interface WorkerScope {
  postMessage(message: Answer): void;
  onmessage: ((event: { readonly data: Request }) => void) | null;
}
const scope = globalThis as unknown as WorkerScope;
const answer = (message: Answer) => scope.postMessage(message);

/** The network, and the same layers as a model whose outputs are those of each layer. */
interface Network {
  readonly model: Sequential;
  readonly insight: Model;
  isTrained: boolean;
}

let data: ReturnType<typeof datasets.mnist.loadData> | undefined;
let network: Network | undefined;
/** Whether the page wants the training to end. */
let stopRequested = false;

/** The digits; a load that failed is tried again. */
function loadDigits(): ReturnType<typeof datasets.mnist.loadData> {
  data ??= datasets.mnist.loadData();
  data.catch(() => data = undefined);
  return data;
}

function makeNetwork(): Network {
  const model = makeModel();
  // Each layer of a chain has one output.
  const outputs = model.layers.map((layer) => layer.output as SymbolicTensor);
  const insight = new Model({ inputs: model.input, outputs });
  return { model, insight, isTrained: false };
}

/** Which backends there are: the page shows why one is missing. */
async function findBackends(): Promise<void> {
  const facts = async (backend: Backend, about: string): Promise<BackendFacts> => {
    try {
      await setBackend(backend);
      return { available: true, about };
    } catch (error) {
      return { available: false, about: reasonOf(error) };
    }
  };
  // WebGPU on a real GPU, else WebAssembly.
  const best = await setBackend("auto").then(getBackend, () => undefined);
  const isSoftware = best !== "webgpu";
  const webgpu = await facts("webgpu", isSoftware ? "computes on the processor here: slower" : "on the graphics card");
  const wasm = await facts("wasm", "on one core of the processor");
  const choice = !isSoftware ? "webgpu" : wasm.available ? "wasm" : webgpu.available ? "webgpu" : undefined;
  if (choice) {
    await setBackend(choice);
    network = makeNetwork();
  }
  answer({ kind: "ready", backends: { webgpu, wasm }, choice });
}

/** Why a backend cannot be had, in a few words. */
function reasonOf(error: unknown): string {
  if (!(error instanceof BackendError) || error.needs === undefined) return messageOf(error);
  return error.needs === "navigator.gpu" ? "this browser has none" : `it needs ${error.needs}`;
}

const messageOf = (error: unknown) => error instanceof Error ? error.message : String(error);

/** Points of a curve by epoch. */
class Curve {
  readonly x: number[] = [];
  readonly values: number[] = [];

  add(x: number, value: number): void {
    this.x.push(x);
    this.values.push(value);
  }
}

/** Sends progress, curves and mistakes of a training to the page. */
class Report extends callbacks.Callback {
  readonly #curves = new Map<string, Curve>();
  readonly #steps: number;
  readonly #test: readonly [Tensor, Tensor];
  #epoch = 0;
  #drawn = 0;
  accuracy = NaN;

  constructor(steps: number, test: readonly [Tensor, Tensor]) {
    super();
    this.#steps = steps;
    this.#test = test;
  }

  override get everyBatch(): boolean {
    return false;
  }

  override watches(kind: string): boolean {
    return kind === "Train";
  }

  override onTrainBegin(): void {
    // Stopped while it was made ready.
    if (stopRequested) this.model.stopTraining = true;
  }

  override onEpochBegin(epoch: number): void {
    this.#epoch = epoch;
  }

  override onTrainBatchEnd(batch: number, logs: callbacks.Logs = {}): void {
    network!.isTrained = true;
    const at = this.#epoch + (batch + 1) / this.#steps;
    this.#add(at, logs);
    const { epochs = 1 } = this.params;
    const text = `Epoch ${this.#epoch + 1} of ${epochs}, batch ${batch + 1} of ${this.#steps}`;
    answer({ kind: "progress", text, share: at / epochs });
    if (performance.now() - this.#drawn >= interval) this.#draw();
  }

  override async onEpochEnd(epoch: number, logs: callbacks.Logs = {}): Promise<void> {
    this.accuracy = logs.val_accuracy;
    this.#add(epoch + 1, Object.fromEntries(Object.entries(logs).filter(([name]) => name.startsWith("val_"))));
    this.#draw();
    await this.#sendMistakes();
  }

  #add(x: number, logs: callbacks.Logs): void {
    for (const [name, value] of Object.entries(logs)) {
      let curve = this.#curves.get(name);
      if (!curve) this.#curves.set(name, curve = new Curve());
      curve.add(x, value);
    }
  }

  #draw(): void {
    this.#drawn = performance.now();
    const charts = (["accuracy", "loss"] as const).map((name) => {
      const curves = [[name, "training"], [`val_${name}`, "test"]].flatMap(([of, label], i) => {
        const curve = this.#curves.get(of);
        if (!curve) return [];
        const last = curve.values[curve.values.length - 1];
        const shown = name === "accuracy" ? `${(100 * last).toFixed(1)} %` : last.toFixed(3);
        return [{ ...curve, name: `${label} ${shown}`, color: i, dashed: i === 1 }];
      });
      const { svg } = plots.lines({ curves, xLabel: "epoch", legend: "top", width: 360, height: 200 });
      return { name, svg, label: `${name} by epoch: ${curves.map(({ name }) => name).join(", ")}` };
    });
    answer({ kind: "charts", charts });
  }

  async #sendMistakes(): Promise<void> {
    const [x, y] = this.#test;
    const probabilities = await network!.model.predict(x, { verbose: 0, batchSize: 1000 });
    const mistakes: Mistake[] = [];
    let count = 0;
    for (let row = 0; row < y.size; row++) {
      const found = likeliest(probabilities.data.subarray(10 * row, 10 * row + 10));
      if (found === y.data[row]) continue;
      count++;
      if (mistakes.length >= maxMistakes) continue;
      const pixels = Uint8Array.from(x.rows(row, row + 1).data);
      mistakes.push({ pixels, truth: y.data[row], found, probability: probabilities.data[10 * row + found] });
    }
    answer({ kind: "mistakes", count, of: y.size, shown: mistakes });
  }
}

const likeliest = (probabilities: ArrayLike<number>) => {
  let best = 0;
  for (let i = 1; i < probabilities.length; i++) if (probabilities[i] > probabilities[best]) best = i;
  return best;
};

/** Makes everything ready, and starts the training, which goes on beside other requests. */
async function train({ backend, epochs, digits }: Extract<Request, { kind: "train" }>): Promise<void> {
  stopRequested = false;
  answer({ kind: "progress", text: "Loading the digits", share: 0 });
  const [[xTrain, yTrain], test] = await loadDigits();
  if (await getBackend() !== backend) await setBackend(backend);
  // The same weights and order each time, so that trainings can be compared.
  setRandomSeed(1);
  network = makeNetwork();
  const { model } = network;
  answer({ kind: "progress", text: "Compiling the training step", share: 0 });
  const report = new Report(Math.ceil(digits / batchSize), test);
  const start = performance.now();
  const fitting = model.fit(xTrain.rows(0, digits), yTrain.rows(0, digits), {
    epochs,
    batchSize,
    verbose: 0,
    validationData: [...test],
    callbacks: [report],
  });
  const end = () => {
    const seconds = ((performance.now() - start) / 1000).toFixed(1);
    const reads = Number.isNaN(report.accuracy)
      ? ""
      : `: it reads ${(100 * report.accuracy).toFixed(1)} % of the test digits`;
    answer({
      kind: "trained",
      text: `${stopRequested ? "Stopped" : "Trained"} after ${seconds} s on ${backend}${reads}`,
    });
  };
  fitting.then(end, tell);
}

async function read(pixels: Pixels): Promise<void> {
  if (!network) return;
  const { insight, model, isTrained } = network;
  const outputs = await insight.predict(tensor(pixels, [1, 28, 28], "uint8"), { verbose: 0 }) as Tensor[];
  const layers = outputs.map(({ shape, data }, i): Activation => {
    // Without the number that tells layers of one kind apart.
    const name = model.layers[i].name.replace(/_\d+$/, "");
    return { name, shape: shape.slice(1), values: Float32Array.from(data) };
  });
  answer({ kind: "reading", layers, isTrained });
}

async function sample(): Promise<void> {
  const [, [x, y]] = await loadDigits();
  const row = Math.floor(Math.random() * y.size);
  answer({ kind: "sample", pixels: Uint8Array.from(x.rows(row, row + 1).data), truth: y.data[row] });
}

async function save(): Promise<void> {
  const { h5wasm, zip } = await import("./packages.ts");
  utils.providePackage("h5wasm", h5wasm);
  utils.providePackage("zip", zip);
  const { readable, writable } = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>();
  const [file] = await Promise.all([new Response(readable).blob(), network!.model.save(writable)]);
  answer({ kind: "file", file });
}

function stop(): void {
  stopRequested = true;
  if (network) network.model.stopTraining = true;
}

/** Tells the page of an error; one that is none of Ceratops's has its place in the console too. */
function tell(error: unknown): void {
  if (!(error instanceof CeratopsError)) console.error(error);
  answer({ kind: "error", text: messageOf(error) });
}

function handle(request: Exclude<Request, { kind: "stop" }>): Promise<void> {
  switch (request.kind) {
    case "train":
      return train(request);
    case "read":
      return read(request.pixels);
    case "sample":
      return sample();
    case "save":
      return save();
  }
}

// One after the other, since what changes the backend must wait for what uses it.
let before: Promise<void> = findBackends().catch(tell);
scope.onmessage = ({ data: request }) => {
  if (request.kind === "stop") stop();
  else before = before.then(() => handle(request)).catch(tell);
};
