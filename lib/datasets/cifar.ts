// The files of CIFAR: pickles with a batch of pictures each, as Python 2 wrote them. https://www.cs.toronto.edu/~kriz/cifar.html
import { FileError } from "../errors.ts";
import { readPickle } from "../files/pickle.ts";
import { Tensor } from "../tensor/tensor.ts";

/** Pictures `[rows, 32, 32, 3]` and labels `[rows, 1]`, uint8. */
export type CifarData = [train: [images: Tensor, labels: Tensor], test: [images: Tensor, labels: Tensor]];

const side = 32;
const pixels = side * side;
const channels = 3;

/** The pictures and labels in the batches of a part, which follow each other; labels stand under a key. */
export function readBatches(
  batches: readonly Uint8Array[],
  labelKey: string,
  what: string,
): [images: Tensor, labels: Tensor] {
  const read = batches.map((batch) => readBatch(batch, labelKey, what));
  const rows = read.reduce((sum, { labels }) => sum + labels.length, 0);
  const images = new Uint8Array(rows * pixels * channels);
  const labels = new Uint8Array(rows);
  let row = 0;
  for (const batch of read) {
    labels.set(batch.labels, row);
    batch.labels.forEach((_, i) => {
      const from = i * pixels * channels;
      const to = (row + i) * pixels * channels;
      // A picture has its reds first, then its greens, then its blues.
      for (let channel = 0; channel < channels; channel++) {
        for (let pixel = 0; pixel < pixels; pixel++) {
          images[to + pixel * channels + channel] = batch.data[from + channel * pixels + pixel];
        }
      }
    });
    row += batch.labels.length;
  }
  return [new Tensor([rows, side, side, channels], "uint8", images), new Tensor([rows, 1], "uint8", labels)];
}

function readBatch(bytes: Uint8Array, labelKey: string, what: string): { data: Uint8Array; labels: number[] } {
  const fail = (received: string): never => {
    throw new FileError({
      what,
      rule: `a batch must have "data" and "${labelKey}", a picture of ${pixels * channels} bytes for each label`,
      received,
      hint: "the file is damaged or another one: fetch it again",
    });
  };
  const dict = readPickle(bytes, what);
  if (!(dict instanceof Map)) return fail("no dict");
  const named = new Map(
    Array.from(dict, ([key, value]) => [key instanceof Uint8Array ? new TextDecoder().decode(key) : key, value]),
  );
  const [data, labels] = [named.get("data"), named.get(labelKey)];
  if (!(data instanceof Tensor) || data.dtype !== "uint8" || !Array.isArray(labels)) {
    return fail(`the keys ${[...named.keys()].slice(0, 8).join(", ")}`);
  }
  if (data.data.length !== labels.length * pixels * channels) {
    fail(`${labels.length} labels for ${data.data.length} bytes`);
  }
  if (!labels.every((label) => typeof label === "number" && label >= 0 && label < 256)) fail("labels of another kind");
  return { data: data.data as Uint8Array, labels: labels as number[] };
}
