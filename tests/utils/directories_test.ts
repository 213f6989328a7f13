// Datasets of the files in a directory: the files, their order, their parts and their batches are Keras's.
import assert from "node:assert/strict";
import { dirname, join, relative } from "node:path";
import { type CeratopsError, FileError, ValueError } from "../../lib/errors.ts";
import { Dense } from "../../lib/layers/core.ts";
import { Input } from "../../lib/layers/input.ts";
import { Rescaling } from "../../lib/layers/preprocessing.ts";
import { Flatten } from "../../lib/layers/reshaping.ts";
import { Sequential } from "../../lib/models/sequential.ts";
import { setTerminal } from "../../lib/terminal/terminal.ts";

import { audioDatasetFromDirectory } from "../../lib/utils/audio_directory.ts";
import type { DirectoryDataset } from "../../lib/utils/directory_dataset.ts";
import { imageDatasetFromDirectory } from "../../lib/utils/image_directory.ts";
import { textDatasetFromDirectory } from "../../lib/utils/text_directory.ts";
import { testOnBackends } from "../backends.ts";
import { assertClose } from "../close.ts";
import { camelCased, golden, type GoldenArray, type Table, toTensor } from "../golden.ts";

const files = golden("directories");

/** Options in the name of a test, where brackets are for backends. */
const nameOf = (options: object) => JSON.stringify(options).replace(/[[\]]/g, "|");

const bytesOf = (encoded: string) => Uint8Array.from(atob(encoded), (letter) => letter.charCodeAt(0));

/** Runs `body` with a folder of files, given as base64, which is removed after. */
async function withFolder<T>(content: Record<string, string>, body: (folder: string) => Promise<T>): Promise<T> {
  const folder = await Deno.makeTempDir();
  try {
    for (const [name, encoded] of Object.entries(content)) {
      await Deno.mkdir(dirname(join(folder, name)), { recursive: true });
      await Deno.writeFile(join(folder, name), bytesOf(encoded));
    }
    return await body(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** What `body` gives, and what it prints. */
async function printedBy<T>(body: () => Promise<T>): Promise<[T, string]> {
  let printed = "";
  setTerminal({
    isTerminal: false,
    columns: () => 80,
    write: (text) => void (printed += text),
    now: () => performance.now() / 1000,
  });
  try {
    return [await body(), printed];
  } finally {
    setTerminal(undefined);
  }
}

for (const spec of files.listings) {
  Deno.test(`files and labels are Keras's: ${nameOf(spec.options)}`, async () => {
    await withFolder(files.texts, async (folder) => {
      const options = { batchSize: 100, ...camelCased(spec.options) } as Table;
      const [made, printed] = await printedBy<Table>(() => textDatasetFromDirectory(folder, options));
      const parts: DirectoryDataset<Table>[] = Array.isArray(made) ? made : [made];
      assert.equal(printed, spec.printed);
      assert.equal(parts.length, spec.parts.length);
      for (const [i, part] of parts.entries()) {
        const expected = spec.parts[i];
        assert.deepEqual(part.classNames, spec.class_names);
        assert.deepEqual(part.filePaths.map((path) => relative(folder, path)), expected.paths);
        // Without a shuffle of its own a batch has the files in their order.
        const batch = await part.getItem(0, AbortSignal.timeout(10_000));
        const [texts, labels] = expected.labels === null ? [batch] : batch;
        assert.deepEqual(texts, await Promise.all(part.filePaths.map((path) => Deno.readTextFile(path))));
        if (expected.labels) assert.deepEqual([...labels.data], expected.labels);
      }
    });
  });
}

/** Compares batches of a dataset with golden ones. */
async function checkBatches(
  dataset: AsyncIterable<Table>,
  expected: Table[],
  bounds: Parameters<typeof assertClose>[2],
) {
  let count = 0;
  for await (const batch of dataset) {
    const parts = expected[count].length === 1 ? [batch] : batch;
    assert.equal(parts.length, expected[count].length);
    expected[count++].forEach((part: GoldenArray | string[] | string, i: number) => {
      if (typeof part === "string" || Array.isArray(part)) return assert.deepEqual(parts[i], part);
      assert.deepEqual([parts[i].dtype, [...parts[i].shape]], [part.dtype, [...part.shape]]);
      assertClose(parts[i].data, toTensor(part).data, bounds);
    });
  }
  assert.equal(count, expected.length);
}

const exact = { absolute: 0, relative: 0 };

for (const spec of [...files.text_batches, files.binary_batches]) {
  Deno.test(`texts are Keras's: ${nameOf(spec.options)}`, async () => {
    const isBinary = spec === files.binary_batches;
    const texts = Object.entries<string>(files.texts).filter(([name]) => !isBinary || files.two.includes(name));
    await withFolder(Object.fromEntries(texts), async (folder) => {
      const options = { shuffle: false, verbose: false, ...camelCased(spec.options) } as Table;
      const data: Table = await textDatasetFromDirectory(folder, options);
      assert.deepEqual(data.classNames, spec.class_names);
      await checkBatches(data, spec.batches, exact);
    });
  });
}

for (const spec of files.image_batches) {
  Deno.test(`pictures are Keras's: ${nameOf(spec.options)}`, async () => {
    await withFolder(files.images, async (folder) => {
      const options = { shuffle: false, verbose: false, ...camelCased(spec.options) } as Table;
      const data: Table = await imageDatasetFromDirectory(folder, options);
      assert.deepEqual(data.classNames, spec.class_names);
      // TensorFlow takes the weights of bicubic from a table of 1024 places.
      const bounds = spec.options.interpolation === "bicubic" ? 0.3 : 2e-4;
      await checkBatches(data, spec.batches, { absolute: bounds, relative: 1e-6 });
    });
  });
}

for (const spec of [...files.audio_batches, files.stereo_batches]) {
  Deno.test(`sounds are Keras's: ${nameOf(spec.options)}`, async () => {
    await withFolder(spec === files.stereo_batches ? files.stereo : files.sounds, async (folder) => {
      const options = { shuffle: false, verbose: false, ...camelCased(spec.options) } as Table;
      await checkBatches(await audioDatasetFromDirectory(folder, options) as Table, spec.batches, exact);
    });
  });
}

Deno.test("shuffled passes have all files, each pass in an order of its own", async () => {
  await withFolder(files.texts, async (folder) => {
    const data = await textDatasetFromDirectory(folder, { seed: 3, batchSize: 4, verbose: false });
    const pass = async () => {
      const seen: string[] = [];
      for await (const [texts] of data) seen.push(...texts);
      return seen;
    };
    const [first, second] = [await pass(), await pass()];
    assert.equal(new Set(first).size, data.filePaths.length);
    assert.deepEqual(first.toSorted(), second.toSorted());
    assert.notDeepEqual(first, second);
  });
});

Deno.test("links to folders are followed if asked for, and circles end", async () => {
  await withFolder(files.texts, async (folder) => {
    await Deno.symlink(join(folder, "pos", "inner"), join(folder, "neg", "link"));
    const paths = async (followLinks: boolean) => {
      const data = await textDatasetFromDirectory(folder, { followLinks, shuffle: false, verbose: false });
      return data.filePaths.map((path) => relative(folder, path)).filter((path) => path.startsWith("neg/link"));
    };
    assert.deepEqual(await paths(false), []);
    assert.deepEqual(await paths(true), ["neg/link/c.TXT", "neg/link/deep/e.txt"]);
    await Deno.symlink(join(folder, "neg"), join(folder, "neg", "again"));
    await assert.rejects(paths(true), /no link may lead to a folder above it, received ".*neg.again"/);
  });
});

testOnBackends("fit takes pictures of a directory, validated with its other part", async () => {
  await withFolder(files.images, async (folder) => {
    const [training, validationData] = await imageDatasetFromDirectory(folder, {
      imageSize: 4,
      batchSize: 2,
      validationSplit: 0.4,
      subset: "both",
      seed: 2,
      verbose: false,
    });
    assert.deepEqual([training.filePaths.length, validationData.filePaths.length], [4, 2]);
    const model = new Sequential([
      Input({ shape: [4, 4, 3] }),
      new Rescaling(1 / 255),
      new Flatten(),
      new Dense(3, { activation: "softmax" }),
    ]);
    model.compile({ optimizer: "adam", loss: "sparse_categorical_crossentropy" });
    const { history } = await model.fit(training, undefined, { epochs: 6, verbose: 0, validationData });
    assert.ok(history.loss[5] < history.loss[0]);
    assert.equal(history.val_loss.length, 6);
  });
});

testOnBackends("fit takes texts that map made numbers of", async () => {
  await withFolder(files.texts, async (folder) => {
    const data = await textDatasetFromDirectory(folder, { labelMode: "categorical", verbose: false });
    const lengths = data.map(([texts, y]) => [texts.map((text) => [text.length / 10]), y] as const);
    const model = new Sequential([Input({ shape: [1] }), new Dense(3, { activation: "softmax" })]);
    model.compile({ optimizer: "adam", loss: "categorical_crossentropy" });
    const { history } = await model.fit(lengths, undefined, { epochs: 2, verbose: 0 });
    assert.ok(history.loss[1] < history.loss[0]);
  });
});

Deno.test("sounds of all kinds of samples are read", async () => {
  const { readWav } = await import("../../lib/files/wav.ts");
  /** A file with the samples -1/2 and 1/4, of a format, with a part of odd length before them. */
  const file = (kind: number, bits: number, samples: number[]) => {
    const parts: [string, number[]][] = [
      ["odd ", [1, 2, 3]],
      ["fmt ", [kind, 0, 1, 0, 0x40, 0x1f, 0, 0, 0, 0, 0, 0, bits / 8, 0, bits, 0]],
      ["data", samples],
    ];
    const bytes = parts.flatMap(([name, data]) => [
      ...new TextEncoder().encode(name),
      ...[data.length, 0, 0, 0],
      ...data,
      ...(data.length % 2 ? [0] : []),
    ]);
    return Uint8Array.from([
      ...new TextEncoder().encode("RIFF"),
      0,
      0,
      0,
      0,
      ...new TextEncoder().encode("WAVE"),
      ...bytes,
    ]);
  };
  const floats = (make: (values: number[]) => ArrayBufferView) => [...new Uint8Array(make([-0.5, 0.25]).buffer)];
  const kinds: [number, number, number[]][] = [
    [1, 8, [64, 160]],
    [1, 16, [0, 0xc0, 0, 0x20]],
    [1, 24, [0, 0, 0xc0, 0, 0, 0x20]],
    [1, 32, [0, 0, 0, 0xc0, 0, 0, 0, 0x20]],
    [3, 32, floats((values) => Float32Array.from(values))],
    [3, 64, floats((values) => Float64Array.from(values))],
  ];
  for (const [kind, bits, samples] of kinds) {
    const sound = readWav(file(kind, bits, samples), "Cannot read it");
    assert.deepEqual([sound.rate, sound.samples.toArray()], [8000, [[-0.5], [0.25]]], `${kind} ${bits}`);
  }
  const whole = file(1, 16, [0, 0, 0, 0]);
  const refused = (bytes: Uint8Array, pattern: RegExp) =>
    assert.throws(
      () => readWav(bytes, "Cannot read it"),
      (error: Error) => error instanceof FileError && pattern.test(error.message),
    );
  refused(file(17, 4, [0, 0]), /format 17, 4 bits and 1 channels/);
  refused(whole.subarray(0, -1), /a part "data" of 4 bytes, of which some are missing/);
  refused(whole.subarray(0, 12), /no samples/);
  refused(new Uint8Array(40), /another format/);
});

Deno.test("mistakes are told before any file is read", async () => {
  await withFolder(files.texts, async (folder) => {
    const refused = async (
      options: object,
      pattern: RegExp,
      kind: typeof CeratopsError = ValueError,
      path = folder,
    ) => {
      await assert.rejects(
        textDatasetFromDirectory(path, { verbose: false, ...options }),
        (error: Error) => error instanceof kind && pattern.test(error.message),
        String(pattern),
      );
    };
    await refused({}, /the file must be there and may be read/, FileError, join(folder, "nowhere"));
    await refused({}, /must be a path, received ""/, ValueError, "");
    await refused(
      {},
      /there must be files that end in .txt, received none in its 0 folders: put/,
      FileError,
      `${folder}/Zero`,
    );
    await refused({ labels: [1, 2] }, /a label for each file, received 2 labels and 13 files/);
    await refused({ labels: "inferrred" }, /labels must be "inferred", null, or a list/);
    await refused({ classNames: ["pos", "nge"] }, /among the folders, .*"neg", "pos", received "nge"/);
    await refused({ classNames: ["pos", "pos"] }, /each once/);
    await refused({ classNames: ["pos"], labels: null }, /classNames are the names of folders/);
    await refused({ labelMode: "binary" }, /takes two classes, received 3/);
    await refused({ labelMode: "one-hot" }, /labelMode must be one of/);
    const labels = Array(13).fill(4).with(0, 1);
    await refused({ labels, labelMode: "categorical" }, /labels must be from 0 to 1, received 4/);
    await refused({ validationSplit: 0.2 }, /go together, received validationSplit alone/);
    await refused({ subset: "training" }, /go together, received subset alone/);
    await refused({ validationSplit: 1.5, subset: "both" }, /validationSplit must be a number between 0 and 1/);
    await refused({ validationSplit: 0.2, subset: "both" }, /needs a seed/);
    await refused({ validationSplit: 0.01, subset: "both", seed: 1 }, /the validation part must have a file/);
    await refused({ batch_size: 3 }, /did you mean "batchSize"/);
    await refused(
      { labels: null },
      /received none: check the path/,
      FileError,
      await Deno.makeTempDir({ dir: folder }),
    );
  });
  await withFolder({ ...files.images, "b/z.gif": "AAAA" }, async (folder) => {
    const refused = (options: object, pattern: RegExp) =>
      assert.rejects(imageDatasetFromDirectory(folder, { verbose: false, ...options }), pattern);
    await refused({}, /pictures must be PNG or JPEG, received ".*z.gif"/);
    await refused({ imageSize: [0, 4] }, /imageSize must be a height and a width/);
    await refused({ imageSize: [4] }, /imageSize must be a height and a width, received a list of 1/);
    await refused({ cropToAspectRatio: true, padToAspectRatio: true }, /either cropped or padded/);
    await refused({ interpolation: "lanczos" }, /did you mean "lanczos3"/);
    await refused({ colorMode: "bgr" }, /colorMode must be one of/);
  });
  await withFolder(files.sounds, async (folder) => {
    await assert.rejects(
      audioDatasetFromDirectory(folder, { ragged: true } as object),
      /the sounds of a batch are padded/,
    );
    const data = await audioDatasetFromDirectory(folder, { samplingRate: 16000, shuffle: false, verbose: false });
    await assert.rejects(
      (async () => {
        for await (const _ of data);
      })(),
      /Cannot get batch 0 of DirectoryDataset.*\d.wav": all files must have 16000 samples in a second, received 8000/,
    );
  });
});
