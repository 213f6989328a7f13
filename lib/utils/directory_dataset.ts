// DirectoryDataset: the files of a directory as a dataset, loaded when their batch is asked for.
import { sizeOf } from "../shape.ts";
import { Tensor } from "../tensor/tensor.ts";
import {
  type DirectoryOptions,
  filesOf,
  type KeptDirectoryOptions,
  type LabelledFiles,
  type LabelMode,
  type Wanted,
} from "./directory_files.ts";
import { type Batching, inBatchesOf, type LoadSamples, SampleDataset } from "./sample_dataset.ts";

/** The files of a directory as a dataset, for `fit`, `evaluate`, `predict`, `validationData`, or `for await`. */
export class DirectoryDataset<B> extends SampleDataset<B> {
  /** The names of the classes, by their numbers; null without labels. */
  readonly classNames: readonly string[] | null;
  /** The paths of the files, in the order without a further `shuffle`. */
  readonly filePaths: readonly string[];

  /** Takes the files, how they are put into batches, and what loads those of a batch. */
  constructor(
    { paths }: LabelledFiles,
    classNames: readonly string[] | null,
    batching: Batching,
    load: LoadSamples<B>,
  ) {
    // Files are read while others are decoded; few batches wait, since pictures are large.
    super(paths.length, batching, inBatchesOf(batching.batchSize), load, { workers: 2, maxQueueSize: 2 });
    this.classNames = classNames;
    this.filePaths = paths;
  }
}

/** Whether options leave labels out. */
type Unlabelled = { readonly labels: null } | { readonly labelMode: null };

/** A batch of what is in files: `[x, y]`, or `x` without labels; of a `batchSize` of null one sample. */
export type FileBatch<O, X, Alone = X> = O extends Unlabelled ? (O extends { batchSize: null } ? Alone : X)
  : readonly [x: O extends { batchSize: null } ? Alone : X, y: Tensor];

/** A dataset of files; with `subset: "both"` that for training, and that for validation. */
export type FileDatasets<O, X, Alone = X> = O extends { subset: "both" }
  ? [training: DirectoryDataset<FileBatch<O, X, Alone>>, validation: DirectoryDataset<FileBatch<O, X, Alone>>]
  : DirectoryDataset<FileBatch<O, X, Alone>>;

/** How files become batches. */
interface FileLoading<X, Alone> extends Wanted {
  /** Checks paths before any file is read. */
  check?(paths: readonly string[]): void;
  /** What is in files. */
  load(paths: readonly string[], signal: AbortSignal): Promise<X>;
  /** What is in the only file of a batch. */
  alone(batch: X): Alone;
}

/** The datasets of a directory. Throws what {@linkcode filesOf} does. */
export async function openDirectory<O extends DirectoryOptions, X, Alone>(
  directory: string,
  options: KeptDirectoryOptions,
  loading: FileLoading<X, Alone>,
): Promise<FileDatasets<O, X, Alone>> {
  const { parts, classNames } = await filesOf(directory, options, loading);
  for (const { paths } of parts) loading.check?.(paths);
  const { labelMode, batchSize, subset } = options;
  const datasets = parts.map((files, i) => {
    const load = async (samples: Int32Array, signal: AbortSignal) => {
      const batch = await loading.load(Array.from(samples, (sample) => files.paths[sample]), signal);
      const x = batchSize === null ? loading.alone(batch) : batch;
      if (!files.labels) return x;
      const y = labelsOf(Array.from(samples, (sample) => files.labels![sample]), labelMode!, classNames!.length);
      return [x, batchSize === null ? withoutBatch(y) : y] as const;
    };
    // Of both parts only that for training is shuffled.
    const shuffle = options.shuffle && !(subset === "both" && i === 1);
    return new DirectoryDataset(files, classNames, { ...options, shuffle }, load);
  });
  // The types say what the options mean.
  return (subset === "both" ? datasets : datasets[0]) as unknown as FileDatasets<O, X, Alone>;
}

function labelsOf(labels: readonly number[], mode: LabelMode, classes: number): Tensor {
  if (mode === "int") return new Tensor([labels.length], "int32", Int32Array.from(labels));
  if (mode === "binary") return new Tensor([labels.length, 1], "float32", Float32Array.from(labels));
  const rows = new Float32Array(labels.length * classes);
  labels.forEach((label, i) => rows[i * classes + label] = 1);
  return new Tensor([labels.length, classes], "float32", rows);
}

/** The only row of a batch. */
export const withoutBatch = (batch: Tensor): Tensor => batch.reshape(batch.shape.slice(1));

/** Tensors of one shape as a batch of them. */
export function stack(tensors: readonly Tensor[]): Tensor {
  const [{ shape, dtype }] = tensors;
  const size = sizeOf(shape);
  const data = dtype === "uint8" ? new Uint8Array(tensors.length * size) : new Float32Array(tensors.length * size);
  tensors.forEach((of, i) => data.set(of.data, i * size));
  return new Tensor([tensors.length, ...shape], dtype, data);
}

/** So many files are open at a time. */
const maxOpen = 32;

/** What `read` makes of files, in their order. */
export async function readAll<T>(
  paths: readonly string[],
  signal: AbortSignal,
  read: (path: string) => Promise<T>,
): Promise<T[]> {
  const all: T[] = [];
  for (let at = 0; at < paths.length; at += maxOpen) {
    signal.throwIfAborted();
    all.push(...await Promise.all(paths.slice(at, at + maxOpen).map(read)));
  }
  return all;
}
