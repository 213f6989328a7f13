// Files of Python Keras opened here: predictions, and trainings that go on; and files of our own, whole or damaged.
import assert from "node:assert/strict";
import { FileError, StateError, ValueError } from "../../lib/errors.ts";
import { readSafetensors, writeSafetensors } from "../../lib/files/safetensors.ts";
import { readZip } from "../../lib/files/zip.ts";
import { Dense } from "../../lib/layers/layers.ts";
import { Input } from "../../lib/layers/input.ts";
import { loadModel } from "../../lib/models/load_model.ts";
import type { Model } from "../../lib/models/model.ts";
import { Sequential } from "../../lib/models/sequential.ts";
import { type Tensor, tensor } from "../../lib/tensor/tensor.ts";
import { testOnBackends } from "../backends.ts";
import { assertClose } from "../close.ts";
import { zipped } from "./zipped.ts";
import { models, saving } from "../../mod.ts";
import { golden, type Table, toTensor } from "../golden.ts";
import { refusal } from "../refusal.ts";
import "./block.ts";
import { unpack, written } from "./packed.ts";

const files = golden("files");
const [x, y] = [files.x, files.y].map(toTensor);
const close = { absolute: 2e-6, relative: 2e-5 };
const quiet = { verbose: 0 } as const;

/** The outputs of a model, in the order of their names where they have some. */
async function outputsOf(model: Model, spec: Table): Promise<Tensor[]> {
  const inputs = "shape" in spec.inputs
    ? toTensor(spec.inputs)
    : Object.fromEntries(Object.entries(spec.inputs).map(([name, value]) => [name, toTensor(value as Table)]));
  const outputs = await model.predict(inputs as Tensor, quiet) as Tensor | Record<string, Tensor>;
  return "shape" in outputs ? [outputs as Tensor] : Object.keys(spec.outputs).map((name) => outputs[name]);
}

function assertOutputs(made: readonly Tensor[], spec: Table): void {
  const expected: Table[] = "shape" in spec.outputs ? [spec.outputs] : Object.values(spec.outputs);
  assert.equal(made.length, expected.length);
  made.forEach((tensor, i) => {
    assert.deepEqual([...tensor.shape], expected[i].shape);
    assertClose(tensor.data, expected[i].data, close);
  });
}

for (const spec of [...files.structures, ...golden("recurrent_files").structures]) {
  testOnBackends(`a model of Keras's file predicts what it does there: ${spec.name}`, async () => {
    const model = await loadModel(await unpack(spec.file));
    assertOutputs(await outputsOf(model, spec), spec);
  });

  testOnBackends(`Keras's weights, and the model saved again: ${spec.name}`, async () => {
    const model = await loadModel(await unpack(spec.file));
    model.setWeights((await model.getWeights()).map((value) => value.cast("int32")));
    await model.loadWeights(await unpack(spec.weights_file));
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
    const [copy] = await Promise.all([loadModel(readable), model.save(writable)]);
    assertOutputs(await outputsOf(copy, spec), spec);
  });
}

for (const spec of files.optimizers) {
  testOnBackends(`a training goes on from Keras's file: ${spec.name}`, async () => {
    const model = await loadModel(await unpack(spec.file));
    const options = { batchSize: x.shape[0], shuffle: false, ...quiet };
    const first = await model.fit(x, y, { ...options, epochs: 2 });
    // Half of the steps are taken by a model that was saved here amid them.
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
    const [copy] = await Promise.all([loadModel(readable), model.save(writable)]);
    const second = await copy.fit(x, y, { ...options, epochs: 2 });
    assertClose([...first.history.loss, ...second.history.loss], spec.losses, close);
    (await copy.getWeights()).forEach((value, i) => assertClose(value.data, spec.weights[i].data, close));
  });
}

const small = (units = 3) => new Sequential([Input({ shape: [4] }), new Dense(units, { name: "dense" })]);

Deno.test("weights that do not fit are told in one table, and nothing is changed", async () => {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/a.weights.h5`;
  try {
    await small(5).saveWeights(path);
    const model = small();
    const before = await model.getWeights();
    await assert.rejects(
      model.loadWeights(path),
      refusal(
        FileError,
        /2 that differ\n {2}layer .*\n {2}dense +kernel +\[4, 3\] +\[4, 5\]\n {2}dense +bias +\[3\] +\[5\]\n/,
      ),
    );
    assert.deepEqual(await model.getWeights(), before);
    await model.loadWeights(path, { skipMismatch: true });
    const longer = new Sequential([Input({ shape: [4] }), new Dense(5), new Dense(2)]);
    await assert.rejects(longer.loadWeights(path), refusal(FileError, /dense_\d+ +kernel +\[5, 2\] +none/));
    await assert.rejects(new Sequential([new Dense(2)]).saveWeights(path), StateError);
    await assert.rejects(small().save(`${folder}/a.json`), ValueError);
    await assert.rejects(small().save(`${folder}/none/a.keras`), refusal(FileError, /the folder must be there/));
    assert.deepEqual([...Deno.readDirSync(folder)].map(({ name }) => name), ["a.weights.h5"]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("damaged files are refused", async () => {
  const whole = await written((stream) => small().save(stream));
  const members = await readZip(whole, "Cannot read");
  const changed = (name: string, bytes: Uint8Array<ArrayBuffer>) => zipped([...members, [name, bytes]]);
  const weights = members.get("model.weights.h5")!;
  const flipped = whole.slice();
  flipped[whole.length >> 1] ^= 0xff;
  const cases: [Uint8Array, RegExp][] = [
    [new Uint8Array(), /must be a \.keras file/],
    [new TextEncoder().encode("not a file"), /must be a \.keras file/],
    [whole.slice(0, whole.length >> 1), /must be a whole zip archive/],
    [flipped, /must be a whole zip archive/],
    [await changed("model.weights.h5", weights.slice(0, 600)), /must be a whole HDF5 file/],
    [await changed("model.weights.h5", new Uint8Array(100)), /whole HDF5 file, received file signature not found/],
    [await changed("config.json", new Uint8Array([0x7b])), /config\.json must be JSON/],
    [await zipped([["a", new Uint8Array(3)]]), /the archive must have metadata\.json/],
    [await zipped([["../a", new Uint8Array(3)]]), /Unsafe filename/],
    [await zipped([...members].slice(0, 2)), /must have model\.weights\.h5/],
  ];
  for (const [bytes, pattern] of cases) {
    await assert.rejects(loadModel(bytes), refusal(FileError, pattern), String(pattern));
  }
  // What was refused leaves nothing behind that the next file would meet.
  assert.equal((await loadModel(whole)).countParams(), 15);
  await assert.rejects(loadModel("/none/there.keras"), refusal(FileError, /no such file/));
  await assert.rejects(loadModel(5 as never), ValueError);
});

Deno.test("an old file stays whole where the new one cannot be written", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const path = `${folder}/model.keras`;
    await small().save(path);
    await small(7).save(new URL(`file://${path}`));
    assert.equal((await loadModel(path)).countParams(), 35);
    assert.equal((await loadModel(new URL(`file://${path}`), { compile: false })).countParams(), 35);
    await Deno.mkdir(`${path}.new`);
    await assert.rejects(small(9).save(path), refusal(FileError, /Cannot save/));
    assert.equal((await loadModel(path)).countParams(), 35);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("safetensors as the Python package writes them", () => {
  const { file, values } = files.safetensors;
  const tensors = readSafetensors(Uint8Array.fromBase64(file), "Cannot read");
  assert.deepEqual([...tensors.keys()].sort(), Object.keys(values).sort());
  for (const [name, { shape, data }] of Object.entries<Table>(values)) {
    assert.deepEqual([...tensors.get(name)!.shape], shape, name);
    const rounded = /^int/.test(name) ? Math.trunc : Math.fround;
    assert.deepEqual([...tensors.get(name)!.data], data.map(Number).map(rounded), name);
  }
  // A file that is written has the header's length, the header filled up to a multiple of 8, then the data.
  const bytes = writeSafetensors(new Map([["w", tensor([[1, 2]])]]));
  const view = new DataView(bytes.buffer);
  const length = Number(view.getBigUint64(0, true));
  assert.equal(length % 8, 0);
  assert.deepEqual(JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length))), {
    __metadata__: { format: "ceratops" },
    w: { dtype: "F32", shape: [1, 2], data_offsets: [0, 8] },
  });
  assert.deepEqual([view.getFloat32(8 + length, true), view.getFloat32(12 + length, true)], [1, 2]);
  assert.equal(bytes.length, 16 + length);
});

Deno.test("weights by their names: safetensors of a model", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const path = `${folder}/model.safetensors`;
    const model = small();
    await model.saveWeights(path);
    const copy = small();
    copy.setWeights((await model.getWeights()).map((value) => value.cast("int32")));
    await copy.loadWeights(path);
    assert.deepEqual(await copy.getWeights(), await model.getWeights());
    const other = new Sequential([Input({ shape: [4] }), new Dense(3, { name: "other" })]);
    await assert.rejects(other.loadWeights(path), refusal(FileError, /4 that differ[^]*other +kernel +\[4, 3\] +none/));
    const whole = await Deno.readFile(path);
    await assert.rejects(
      small().loadWeights(whole.slice(0, 100)),
      refusal(FileError, /must be a whole safetensors file/),
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("models and weights through the functions of Keras's namespaces", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const model = small();
    await saving.saveModel(model, `${folder}/a.keras`);
    const copy = await saving.loadModel(`${folder}/a.keras`);
    await saving.saveWeights(model, `${folder}/a.weights.json`, { maxShardSize: 1 });
    copy.setWeights((await copy.getWeights()).map((value) => value.cast("bool")));
    await saving.loadWeights(copy, `${folder}/a.weights.json`);
    assert.deepEqual(await copy.getWeights(), await model.getWeights());
    assert.equal(models.saveModel, saving.saveModel);
    assert.equal(models.loadModel, saving.loadModel);
    await assert.rejects(saving.saveModel(`${folder}/a.keras` as never, model as never), /give the model first/);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
