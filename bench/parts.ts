// What the bench measures: each work with its peers, and the bars that issues and docs set for it.
import type { Unit } from "./history.ts";
import { type ApplicationName, applicationNames, type ModelForm } from "./peer_files.ts";
import { ceratops, type Program, pythonPeer, tfjsPeer, withModel } from "./peers.ts";

/**
 * A peer, how many times Ceratops's time it must take, and how many times its memory; 0 for what is only reported.
 */
export type Beside = readonly [program: Program, times: number, memory?: number];

/** A work with its peers and limits, and what is compared. */
export interface Part {
  readonly work: string;
  /** Its name for `--only`, if different from the work's. */
  readonly name?: string;
  readonly title: string;
  readonly unit: Unit;
  /** Whether the whole process is timed, from outside. */
  readonly whole?: boolean;
  /** The limit for Ceratops's own time, in seconds. */
  readonly limit?: number;
  /** What to report if the machine has no adapter for this; otherwise a failure to run is an error. */
  readonly mayLack?: string;
  readonly peers: readonly Beside[];
  readonly own: Program;
}

/** The name of a part for `--only`, in tables and in the history. */
export const nameOf = ({ name, work }: Part): string => name ?? work;

const adapter = "a GPU, or a software Vulkan driver (mesa-vulkan-drivers)";

/** TensorFlow.js's WebAssembly has one thread in Deno, so Ceratops is given one too. */
const oneThread = ["--threads", "1"];

/** Height and width of the images of keras.applications' models; small ones are enough to show that a part runs. */
const sideOf = (smoke: boolean) => smoke ? 64 : 224;

/** All parts; with `smoke` each is as short as can be. */
export function makeParts(smoke: boolean): readonly Part[] {
  const few = smoke
    ? ["--repeats", "1", "--rows", "1280", "--steps", "20", "--calls", "50"]
    : ["--repeats", "3", "--steps", "1500"];
  // A part of an epoch, since TensorFlow.js takes half a minute for a whole one: both sides do the same part.
  const partOfEpoch = smoke ? few : ["--repeats", "1", "--rows", "12800"];
  const fewRows = smoke ? few : ["--repeats", "1", "--rows", "1280"];
  return [
    {
      work: "mlp_epoch",
      title: "MNIST MLP 784-512-10, RMSprop, batch 128: one epoch of 60,000",
      unit: "s",
      own: ceratops("eigen", ...few),
      peers: [
        [pythonPeer("pytorch", ...few), 2.5],
        [pythonPeer("keras-jax", ...few), 1.8],
        [pythonPeer("keras-tensorflow", ...few), 3.2],
        [tfjsPeer("wasm", "--repeats", "1", "--rows", "6400"), 60],
      ],
    },
    {
      work: "mlp_epoch",
      name: "mlp_epoch_wasm",
      title: "The same on wasm: no permission, no GPU, one thread",
      unit: "s",
      own: ceratops("wasm", ...oneThread, ...few),
      peers: [
        [ceratops("eigen", ...few), 0],
        [tfjsPeer("wasm", "--repeats", "1", "--rows", "6400"), 20],
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
        [pythonPeer("keras-tensorflow", ...partOfEpoch), 2, 3],
        [pythonPeer("keras-torch", ...partOfEpoch), 1.5],
        [pythonPeer("keras-jax", ...partOfEpoch), 0],
        [pythonPeer("pytorch", ...partOfEpoch), 3],
      ],
    },
    {
      work: "convnet_epoch",
      name: "convnet_epoch_wasm",
      title: "The same on wasm; TensorFlow.js's plain JavaScript by a single step of 32 rows",
      unit: "s",
      own: ceratops("wasm", ...oneThread, ...partOfEpoch),
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
      own: ceratops("wasm", ...oneThread, ...partOfEpoch),
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
      peers: [
        [pythonPeer("pytorch", ...few), 5],
        [pythonPeer("keras-jax", ...few), 2.5],
        [pythonPeer("keras-tensorflow", ...few), 1],
      ],
    },
    examplePart("unet_step", "U-Net of examples/segmentation.ts, Adam, batch 32", few),
    examplePart("dcgan_step", "DCGAN of examples/gan.ts, both networks, Adam, batch 64", few),
    examplePart("autoencoder_step", "Convolutional autoencoder of examples/autoencoder.ts, Adam, batch 128", few),
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
      work: "convnet_first_step",
      title: "Whole process, library built: MNIST is loaded, and one step of the convnet is trained",
      unit: "s",
      whole: true,
      limit: 0.4,
      own: ceratops("eigen"),
      peers: [],
    },
    {
      work: "mlp_process",
      title: "Whole process: 5 epochs of the MLP and an evaluation, library built",
      unit: "s",
      whole: true,
      own: ceratops("eigen"),
      peers: [[pythonPeer("keras-jax"), 3]],
    },
    ...applicationNames.flatMap((model) => [
      ...(["load", "save"] as const).map((verb) => filePart(verb, model, smoke, few)),
      ...[1, 16].flatMap((batch) =>
        (["eigen", "wasm"] as const).map((backend) => predictPart(model, batch, backend, smoke))
      ),
    ]),
    {
      work: "model_from_json",
      title: "ResNet50: modelFromJson(), and the first prediction, of one image",
      unit: "ms",
      limit: 0.3,
      own: withModel("ResNet50", sideOf(smoke), "json", ceratops("eigen")),
      peers: [[withModel("ResNet50", sideOf(smoke), "json", pythonPeer("keras-tensorflow")), 0]],
    },
  ];
}

/** Loading or saving a model of keras.applications, with its weights. */
function filePart(verb: "load" | "save", model: ApplicationName, smoke: boolean, few: readonly string[]): Part {
  const given = (program: Program) => withModel(model, sideOf(smoke), "keras", program);
  return {
    work: `${verb}_model`,
    name: `${verb}_${model}`,
    title: `${model}: ${verb === "load" ? "loadModel() of" : "save() to"} a .keras file`,
    unit: "ms",
    own: given(ceratops("eigen", ...few)),
    peers: ["keras-jax", "keras-tensorflow"].map((peer): Beside => [given(pythonPeer(peer, ...few)), 2]),
  };
}

/** Prediction of a batch of images by a model of keras.applications. */
function predictPart(model: ApplicationName, batch: number, backend: "eigen" | "wasm", smoke: boolean): Part {
  const repeats = smoke ? 1 : backend === "wasm" || batch > 1 ? 3 : 20;
  const options = ["--batch", `${batch}`, "--repeats", `${repeats}`];
  const given = (program: Program, form: ModelForm = "keras") => withModel(model, sideOf(smoke), form, program);
  const images = `${batch === 1 ? "an image" : `${batch} images`} of ${sideOf(smoke)} by ${sideOf(smoke)}`;
  const onWasm = backend === "wasm";
  return {
    work: "predict_model",
    name: `predict_${model}_${batch}${onWasm ? "_wasm" : ""}`,
    title: `${model}: predict of ${images}${onWasm ? ", on wasm, one thread" : ""}`,
    unit: "ms",
    own: given(ceratops(backend, ...(onWasm ? oneThread : []), ...options)),
    peers: onWasm ? [[given(tfjsPeer("wasm", ...options), "tfjs"), 3]] : [
      [given(pythonPeer("onnxruntime", ...options), "onnx"), 1],
      [given(pythonPeer("keras-tensorflow", ...options)), 2],
    ],
  };
}

/** The training step of an example's model, on data of its shapes. */
function examplePart(work: string, title: string, few: readonly string[]): Part {
  return {
    work,
    title: `${title}: one training step`,
    unit: "ms",
    own: ceratops("eigen", ...few),
    peers: [[pythonPeer("keras-tensorflow", ...few), 1.5], [pythonPeer("pytorch", ...few), 1.5]],
  };
}
