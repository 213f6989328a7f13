// The cost of a training step of each example, in counts: nodes, elementwise ops left unfused, dispatches on a GPU.
import * as autoencoder from "../examples/autoencoder.ts";
import * as characterModel from "../examples/character_model.ts";
import * as detection from "../examples/detection.ts";
import * as fromPython from "../examples/from_python.ts";
import * as functional from "../examples/functional.ts";
import * as gan from "../examples/gan.ts";
import { makeModel as makeMnist } from "../examples/mnist_model.ts";
import * as mnistCnn from "../examples/mnist_cnn.ts";
import * as mnistLstm from "../examples/mnist_lstm.ts";
import * as optimizers from "../examples/optimizers.ts";
import * as overfitting from "../examples/overfitting.ts";
import * as recommender from "../examples/recommender.ts";
import * as segmentation from "../examples/segmentation.ts";
import { mostDigits, recordingLength } from "../examples/speech.ts";
import * as speechCtc from "../examples/speech_ctc.ts";
import * as textClassification from "../examples/text_classification.ts";
import * as timeseries from "../examples/timeseries.ts";
import * as transferLearning from "../examples/transfer_learning.ts";
import * as translation from "../examples/translation.ts";
import * as vae from "../examples/vae.ts";
import type { DType } from "../lib/dtype.ts";
import type { Executor } from "../lib/exec/executor.ts";
import { getExecutor, setBackend, useExecutor } from "../lib/exec/select.ts";
import type { AdapterKind } from "../lib/ops/webgpu/kernels/tuning.ts";
import { openWebGpu } from "../lib/exec/webgpu/open.ts";
import type { Graph, Node } from "../lib/ir/graph.ts";
import { optimize } from "../lib/passes/pipeline.ts";
import { BackendError, ops, type Tensor } from "../mod.ts";
import { compiledBy } from "./compiled.ts";

/** An example, and how it trains. */
interface Example {
  readonly name: string;
  /** The batch size. */
  readonly batch: number;
  /** Trains a few steps as the example does, on blank data of its shapes. */
  readonly train: (batch: number) => Promise<unknown>;
}

/** Two batches of a full shape, so that rows are read in shuffled order. */
const blank = (batch: number, shape: readonly number[], dtype: DType = "float32"): Tensor =>
  ops.zeros([2 * batch, ...shape], dtype);
const once = (batchSize: number) => ({ batchSize, verbose: 0 }) as const;

/** The examples; a new one is a line here, and one in the budgets of the tests. */
export const examples: readonly Example[] = [
  {
    name: "mnist",
    batch: 128,
    train: (n) => makeMnist().fit(blank(n, [28, 28], "uint8"), blank(n, [], "uint8"), once(n)),
  },
  {
    name: "mnist_cnn",
    batch: 128,
    train: (n) => mnistCnn.makeModel(100).fit(blank(n, [28, 28], "uint8"), blank(n, [], "uint8"), once(n)),
  },
  {
    name: "mnist_lstm",
    batch: 128,
    train: (n) => mnistLstm.makeModel(100).fit(blank(n, [28, 28], "uint8"), blank(n, [], "uint8"), once(n)),
  },
  {
    name: "timeseries",
    batch: 64,
    train: (n) => timeseries.makeModel(blank(1, []), 100).fit(blank(n, [168, 1]), blank(n, [24]), once(n)),
  },
  {
    name: "translation",
    batch: 64,
    train: (n) =>
      translation.makeModel(100).fit(
        { source: blank(n, [30], "int32"), written: blank(n, [10], "int32") },
        blank(n, [10], "int32"),
        once(n),
      ),
  },
  {
    name: "speech_ctc",
    batch: 32,
    train: (n) =>
      speechCtc.makeModel(100).fit(blank(n, [recordingLength, 1]), blank(n, [mostDigits], "int32"), once(n)),
  },
  {
    name: "autoencoder",
    batch: 128,
    train: (n) => autoencoder.makeModel().fit(blank(n, [28, 28], "uint8"), blank(n, [28, 28], "uint8"), once(n)),
  },
  {
    name: "gan",
    batch: 64,
    train: (n) => gan.makeModel().fit(blank(n, [28, 28], "uint8"), undefined, once(n)),
  },
  {
    name: "vae",
    batch: 128,
    train: (n) => vae.makeModel().fit(blank(n, [28, 28], "uint8"), undefined, once(n)),
  },
  {
    name: "detection",
    // The example uses 32; fewer train sooner.
    batch: 8,
    train: (n) => detection.makeModel(100).fit(blank(n, [64, 64], "uint8"), blank(n, [8, 8, 6]), once(n)),
  },
  {
    name: "recommender",
    batch: 512,
    train: (n) =>
      recommender.makeModel().fit({ user: blank(n, [], "int32"), film: blank(n, [], "int32") }, blank(n, []), once(n)),
  },
  ...textClassification.readerNames.map((reader): Example => ({
    name: `text_classification: ${reader}`,
    batch: 64,
    // Blank data would be padding alone.
    train: (n) => textClassification.makeModel(reader, 89).fit(ops.ones([2 * n, 32], "int32"), blank(n, [1]), once(n)),
  })),
  {
    name: "segmentation",
    // The example uses 32; fewer train sooner.
    batch: 8,
    train: (n) => segmentation.makeModel(100).fit(blank(n, [48, 48, 1]), blank(n, [48, 48], "uint8"), once(n)),
  },
  {
    name: "character_model",
    batch: 32,
    train: (n) => {
      const text = blank(n, [characterModel.contextLength], "uint8");
      return characterModel.makeModel(67).fit(text, text, once(n));
    },
  },
  {
    name: "from_python",
    batch: 64,
    train: async (n) =>
      (await fromPython.openModel()).fit(blank(n, [28, 28, 1], "uint8"), blank(n, [], "uint8"), once(n)),
  },
  {
    name: "transfer_learning",
    batch: 32,
    train: async (n) =>
      (await transferLearning.makeModel()).fit(blank(n, [28, 28, 1], "uint8"), blank(n, [1]), once(n)),
  },
  {
    name: "functional",
    batch: 32,
    train: (n) =>
      functional.makeModel().fit(
        { ticket: blank(n, [12], "int32"), sender: blank(n, [1], "int32") },
        { urgent: blank(n, [1]), team: blank(n, [], "int32") },
        once(n),
      ),
  },
  ...Object.entries(optimizers.contestants).map(([name, optimizer]): Example => ({
    name: `optimizers: ${name}`,
    batch: 20,
    train: (n) => optimizers.makeModel(optimizer).fit(blank(n, [2]), blank(n, []), once(n)),
  })),
  ...[false, true].map((hindered): Example => ({
    name: `overfitting: ${hindered ? "dropout and L2" : "as it is"}`,
    batch: 20,
    train: (n) => overfitting.makeModel(hindered).fit(blank(n, [2]), blank(n, []), once(n)),
  })),
];

/** The counts of a step's programs. */
interface StepCounts {
  /** Nodes of the optimized graph, including loop bodies; nodes that compute nothing do not count. */
  readonly nodes: number;
  /** The number of fused elementwise programs among them. */
  readonly fused: number;
  /** The origins of the programs with a single op, which was not merged with another. */
  readonly alone: readonly string[];
  /** The steps of the executor's program: nodes on a CPU, dispatches on a GPU. */
  readonly dispatches: number;
}

const costsNothing: ReadonlySet<string> = new Set(["constant", "reshape"]);

/** The nodes of a graph and of its loop bodies that compute something. */
function working({ nodes }: Graph): Node[] {
  return nodes.filter(({ op }) => !costsNothing.has(op)).flatMap((node) =>
    node.op === "scan" ? [node, ...working(node.attrs.body)] : [node]
  );
}

/** Whether a node is an elementwise op that was not merged with another. */
function isAlone(node: Node): boolean {
  return node.op === "fused" && node.attrs.program.steps.filter(({ fn }) => fn !== "literal").length === 1;
}

/** Counts the programs of a training step of an example on the executor in use. */
export async function countStep({ batch, train }: Example): Promise<StepCounts> {
  const made = await compiledBy(await getExecutor(), () => train(batch));
  const nodes = made.flatMap(({ graph }) => working(optimize(graph)));
  return {
    nodes: nodes.length,
    fused: nodes.filter(({ op }) => op === "fused").length,
    alone: nodes.filter(isAlone).map(({ origin }) => String(origin)),
    dispatches: made.reduce((sum, { executable }) => sum + executable.stats.nodes, 0),
  };
}

/** WebGPU with the kernels for a kind of adapter that compiles programs but runs none, which is enough to count. */
export async function idleWebGpu(tunedFor: AdapterKind): Promise<Executor> {
  const executor = await openWebGpu({ tunedFor });
  executor.gpu.submit = () => {};
  return executor;
}

/** The same, or undefined if there is no adapter. */
async function webGpuFor(tunedFor: AdapterKind): Promise<Executor | undefined> {
  try {
    return await idleWebGpu(tunedFor);
  } catch (error) {
    if (error instanceof BackendError) return undefined;
    throw error;
  }
}

/** Prints the counts of every example: nodes on any machine, dispatches if there is a WebGPU adapter. */
export async function examplesReport(): Promise<void> {
  console.log("\nTraining steps of the examples, in counts");
  await setBackend("eigen");
  const columns = new Map<string, number[]>(["nodes", "fused", "alone"].map((name) => [name, []]));
  for (const example of examples) {
    const { nodes, fused, alone } = await countStep(example);
    [nodes, fused, alone.length].forEach((count, i) => [...columns.values()][i].push(count));
  }
  for (const kind of ["gpu", "software"] as const) {
    const executor = await webGpuFor(kind);
    if (!executor) break;
    await useExecutor(executor);
    const dispatches: number[] = [];
    for (const example of examples) dispatches.push((await countStep(example)).dispatches);
    columns.set(`${kind} dispatches`, dispatches);
  }
  const labels = examples.map(({ name, batch }) => `${name}, batch ${batch}`);
  const width = Math.max(...labels.map((label) => label.length));
  const row = (label: string, cellOf: (name: string, counts: readonly number[]) => string | number) =>
    console.log(
      `  ${label.padEnd(width)}` +
        [...columns].map(([name, counts]) => String(cellOf(name, counts)).padStart(name.length + 2)).join(""),
    );
  row("", (name) => name);
  labels.forEach((label, i) => row(label, (_name, counts) => counts[i]));
  console.log(
    "  nodes of the improved graph, the fused ones of them, and those fused ones that are a single op alone;",
  );
  console.log(
    columns.size > 3
      ? "  dispatches on webgpu with the kernels for a GPU and for a software adapter"
      : "  dispatches on webgpu are not told: it has no adapter here (mesa-vulkan-drivers has a software one)",
  );
}
