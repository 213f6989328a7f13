// TensorBoard: event files of a training. https://keras.io/api/callbacks/tensorboard/
import { describe, ValueError } from "../errors.ts";
import { EventFile, type EventTensor, type EventValue } from "../files/event_file.ts";
import { writeImage } from "../files/images.ts";
import { requireFiles } from "../files/system.ts";
import { histogramOf } from "../plots/histogram.ts";
import { boolean, integerAtLeast, isInteger, text } from "../option_kinds.ts";
import { declareOptions, option, type OptionFields, optionTable, positional } from "../options.ts";
import { Tensor } from "../tensor/tensor.ts";
import { Callback, type Logs } from "./callback.ts";

/** Options of {@linkcode TensorBoard}. */
export interface TensorBoardOptions {
  /** After how many epochs each the weights' histograms are written; 0, the default, for never. */
  histogramFreq?: number;
  /** Whether to write the model's layers as a graph; true by default. */
  writeGraph?: boolean;
  /** Whether weights are written as pictures too, with their histograms; false by default. */
  writeImages?: boolean;
  /** Whether to write how many batches were trained in a second; false by default. */
  writeStepsPerSecond?: boolean;
  /** When losses and metrics are written: each `epoch`, the default, each `batch`, or after a number of batches too. */
  updateFreq?: "epoch" | "batch" | number;
}

const tensorBoardOptions = optionTable<TensorBoardOptions>()({
  /** The folder; those of training and validation are made in it. */
  logDir: positional(text("logs")),
  histogramFreq: integerAtLeast(0, 0),
  writeGraph: boolean(true),
  writeImages: boolean(false),
  writeStepsPerSecond: boolean(false),
  updateFreq: option<"epoch" | number>({
    fallback: "epoch",
    read: (given, { what }) => {
      if (given === "epoch") return given;
      if (given === "batch") return 1;
      if (isInteger(given) && given > 0) return given;
      throw new ValueError({
        what,
        rule: 'updateFreq must be "epoch", "batch" or a number of batches',
        received: describe(given),
        hint: "write it as in updateFreq: 100",
      });
    },
  }),
});

/** The options, checked and completed. */
export interface TensorBoard extends OptionFields<TensorBoardOptions, typeof tensorBoardOptions> {}

/** The number of a histogram's buckets. */
const buckets = 30;
/** The most pictures that a tag has of a step. */
const maxPictures = 3;
/** PNG is exact whatever the quality. */
const quality = 100;

/**
 * Writes event files that TensorBoard shows, with the tags of Keras: losses and metrics of epochs, the learning rate, the
 * graph of layers, and as the options say those of batches, histograms and pictures of weights. Training's are in the
 * folder's `train`, validation's in `validation`. Profiles and the projector of embeddings, which read what TensorFlow
 * alone writes, are left out.
 *
 * @example Curves that grow while it trains: run `tensorboard --logdir logs` beside it
 * ```ts
 * import { callbacks } from "./mod.ts";
 * const board = new callbacks.TensorBoard("logs", { histogramFreq: 1 });
 * console.log(board.logDir, board.updateFreq); // logs epoch
 * ```
 */
export class TensorBoard extends Callback {
  #train!: EventFile;
  #validation!: EventFile;
  #batches = 0;
  #batchesBefore = 0;
  #batchStart = 0;
  #epochStart = 0;

  static {
    declareOptions(this, tensorBoardOptions);
  }

  /**
   * Takes the folder, `logs` by default, and options. Throws {@linkcode ValueError} for an invalid one. Defaults:
   * `logDir: "logs"`, `histogramFreq: 0`, `writeGraph: true`, `writeImages: false`, `writeStepsPerSecond: false`,
   * `updateFreq: "epoch"`.
   */
  constructor(logDir: string | null = "logs", options: TensorBoardOptions = {}) {
    super(options, { logDir });
    this.#openFiles();
  }

  #openFiles(): void {
    this.#train = new EventFile(`${this.logDir}/train`);
    this.#validation = new EventFile(`${this.logDir}/validation`);
  }

  /** Only what is written of batches needs every batch. */
  override get everyBatch(): boolean {
    return this.updateFreq !== "epoch";
  }

  /**
   * Begins new files, and writes the graph. Throws {@linkcode StateError} if there is no file system, and
   * {@linkcode FileError} if a file cannot be written.
   */
  override async onTrainBegin(): Promise<void> {
    requireFiles(`write "${this.logDir}"`);
    this.#openFiles();
    this.#batches = 0;
    const json = this.writeGraph ? graphOf(this.model.toJson?.()) : undefined;
    if (json === undefined) return;
    await this.#train.add(0, [
      { tag: "keras", plugin: "graph_keras_model", content: "1", tensor: { shape: [1], data: [json] } },
    ]);
  }

  /** Notes the time. */
  override onEpochBegin(): void {
    this.#batchesBefore = this.model.optimizer?.iterations ?? 0;
    this.#epochStart = performance.now();
  }

  /** Notes the time. */
  override onTrainBatchBegin(): void {
    this.#batchStart = performance.now();
  }

  /** Writes the batch's losses and metrics if they are due. */
  override async onTrainBatchEnd(_batch: number, logs: Logs = {}): Promise<void> {
    this.#batches++;
    if (this.updateFreq === "epoch" || this.#batches % this.updateFreq !== 0) return;
    const speed: Logs = this.writeStepsPerSecond ? { steps_per_second: perSecond(1, this.#batchStart) } : {};
    await this.#train.add(this.#batches, scalars("batch_", { ...speed, ...logs }));
  }

  /** Writes an evaluation beside the number of steps that the optimizer made. */
  override async onTestEnd(logs: Logs = {}): Promise<void> {
    requireFiles(`write "${this.logDir}"`);
    const { optimizer } = this.model;
    if (optimizer) await this.#validation.add(optimizer.iterations, scalars("evaluation_", logs, "_vs_iterations"));
  }

  /** Writes the epoch's losses and metrics, and the weights if they are due. */
  override async onEpochEnd(epoch: number, logs: Logs = {}): Promise<void> {
    const { optimizer } = this.model;
    const isValidation = ([name]: [string, number]) => name.startsWith("val_");
    const entries = Object.entries(logs);
    const train: Logs = Object.fromEntries(entries.filter((entry) => !isValidation(entry)));
    if (optimizer) train.learning_rate = optimizer.learningRate;
    if (optimizer && this.writeStepsPerSecond) {
      train.steps_per_second = perSecond(optimizer.iterations - this.#batchesBefore, this.#epochStart);
    }
    await this.#train.add(epoch, scalars("epoch_", train));
    const validation = entries.filter(isValidation).map(([name, value]) => [name.slice("val_".length), value]);
    if (validation.length > 0) await this.#validation.add(epoch, scalars("epoch_", Object.fromEntries(validation)));
    if (this.histogramFreq > 0 && epoch % this.histogramFreq === 0) await this.#addWeights(epoch);
  }

  async #addWeights(epoch: number): Promise<void> {
    const { weights } = this.model;
    const values = await this.model.getWeights();
    for (const [i, { name }] of weights.entries()) {
      const histogram = { shape: [buckets, 3], data: histogramOf(values[i].data, buckets) };
      await this.#train.add(epoch, [{ tag: `${name}/histogram`, plugin: "histograms", tensor: histogram }]);
      const pictures = this.writeImages ? await picturesOf(values[i], `write "${this.logDir}"`) : undefined;
      if (pictures) await this.#train.add(epoch, [{ tag: `${name}/image`, plugin: "images", tensor: pictures }]);
    }
  }
}

/** The numbers per second since a time. */
const perSecond = (number: number, start: number) => 1000 * number / (performance.now() - start);

const scalars = (before: string, logs: Logs, after = ""): EventValue[] =>
  Object.entries(logs).map(([name, value]) => ({
    tag: `${before}${name}${after}`,
    plugin: "scalars",
    tensor: { shape: [], data: Float32Array.of(value) },
  }));

/** The config of a model if it has layers that follow each other, which is what TensorBoard draws. */
function graphOf(json: string | undefined): string | undefined {
  return json && ["Sequential", "Functional"].includes(JSON.parse(json).class_name) ? json : undefined;
}

/**
 * Weights as PNG pictures, after their width and height: a vector as a row, a matrix with its longer axis across, a stack
 * of matrices, the last axis first, as a picture each; undefined for other shapes. Black is 0, white 1 and more.
 */
async function picturesOf({ shape, data }: Tensor, what: string): Promise<EventTensor | undefined> {
  const extents = shape.filter((extent) => extent !== 1);
  if (extents.length === 0 || extents.length > 3) return undefined;
  const [rows, columns, depth] = [
    extents.length === 1 ? 1 : extents[0],
    extents.length === 1 ? extents[0] : extents[1],
    extents[2] ?? 1,
  ];
  const turned = extents.length === 2 && rows > columns;
  const [height, width] = turned ? [columns, rows] : [rows, columns];
  const files = await Promise.all(Array.from({ length: Math.min(depth, maxPictures) }, (_, k) => {
    const pixels = Uint8Array.from({ length: height * width }, (_, i) => {
      const [y, x] = [Math.floor(i / width), i % width];
      const [row, column] = turned ? [x, y] : [y, x];
      const value = data[(row * columns + column) * depth + k];
      return Math.min(Math.max(Math.trunc(value * 255.5), 0), 255);
    });
    return writeImage(new Tensor([height, width, 1], "uint8", pixels), "png", quality, `Cannot ${what}`);
  }));
  return { shape: [files.length + 2], data: [String(width), String(height), ...files] };
}
