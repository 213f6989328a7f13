// Images as applications take them, and the names of what they predict.
import assert from "node:assert/strict";
import { setBackend } from "../../lib/exec/select.ts";
import { compile } from "../../lib/exec/compile.ts";
import * as applications from "../../lib/applications/applications.ts";
import type { PreprocessingMode } from "../../lib/applications/preprocessing.ts";
import { FileError, ShapeError, ValueError } from "../../lib/errors.ts";
import { Input } from "../../lib/layers/input.ts";
import type { DataFormat } from "../../lib/layers/data_format.ts";
import { Model } from "../../lib/models/model.ts";
import { Tensor } from "../../lib/tensor/tensor.ts";
import { assertClose } from "../close.ts";
import { golden, type GoldenArray, type Table, toTensor } from "../golden.ts";

interface Preprocessed {
  mode: PreprocessingMode;
  data_format: DataFormat;
  x: GoldenArray;
  y: GoldenArray;
}

const { preprocessed, modules }: {
  preprocessed: Preprocessed[];
  modules: { x: GoldenArray; y: Record<string, GoldenArray> };
} = golden("architectures");

const { preprocessInput } = applications.imagenet_utils;

for (const { mode, data_format: dataFormat, x, y } of preprocessed) {
  const label = `images ${x.shape} in ${dataFormat} become those of ${mode}`;
  Deno.test(label, () => {
    const images = toTensor(x);
    const numbers = preprocessInput(images, { mode, dataFormat });
    assert.deepEqual(numbers.shape, y.shape);
    assert.deepEqual(Array.from(numbers.data), y.data);
    assert.deepEqual(Array.from(images.data), x.data, "the images stay as they are");
  });

  Deno.test(`${label}, traced and in a model`, async () => {
    await setBackend("reference");
    const bounds = { absolute: 1e-5, relative: 1e-6 };
    const traced = await compile((x) => preprocessInput(x, { mode, dataFormat }))(toTensor(x));
    assertClose(traced.data, y.data.map(Number), bounds);
    const inputs = Input({ shape: x.shape, dtype: "uint8" });
    if (x.shape.length === 4) return;
    const model = new Model({ inputs, outputs: preprocessInput(inputs, { mode, dataFormat }) });
    const predicted = await model.predict(new Tensor([1, ...x.shape], "float32", toTensor(x).data), { verbose: 0 });
    assertClose(predicted.data, y.data.map(Number), bounds);
  });
}

Deno.test("each module prepares images for its networks", () => {
  const x = toTensor(modules.x);
  for (const [name, y] of Object.entries(modules.y)) {
    const module = (applications as Table)[name];
    assert.deepEqual(Array.from(module.preprocessInput(x).data), y.data, name);
    assert.equal(module.decodePredictions, applications.imagenet_utils.decodePredictions, name);
  }
  const known = Object.keys(applications).filter((name) => /^[a-z]/.test(name));
  assert.deepEqual(known.sort(), Object.keys(modules.y).sort());
});

Deno.test("images of bytes are prepared as numbers are", () => {
  const bytes = new Tensor([1, 1, 3], "uint8", Uint8Array.of(255, 0, 51));
  const expected = preprocessInput([[[255, 0, 51]]], { mode: "torch" });
  assert.deepEqual(preprocessInput(bytes, { mode: "torch" }).toArray(), expected.toArray());
});

Deno.test("preprocessInput refuses images of other shapes, and unknown options", () => {
  assert.throws(() => preprocessInput([[[1, 2]]]), ShapeError);
  assert.throws(() => preprocessInput([[1, 2, 3]]), /images must be \[height, width, 3\] .*received \[1, 3\]/);
  assert.throws(() => preprocessInput([[[1, 2, 3]]], { dataFormat: "channels_first" }), ShapeError);
  assert.throws(() => preprocessInput([[[1, 2, 3]]], { mode: "keras" as "tf" }), ValueError);
  const { preprocessInput: pass } = applications.efficientnet;
  assert.throws(() => pass([[[1, 2, 3]]], { format: "channels_last" } as object), ValueError);
});

const names = (count: number) =>
  new TextEncoder().encode(
    JSON.stringify(Object.fromEntries(Array.from({ length: count }, (_, i) => [i, [`id${i}`, `class${i}`]]))),
  );

Deno.test("decodePredictions gives the likeliest classes first, from a file by path, URL or bytes", async () => {
  const { decodePredictions } = applications.imagenet_utils;
  const data = new Float32Array(2000);
  data.set([0.5, 0.25, 0.125], 997);
  data.set([0.75], 1000 + 3);
  data.set([0.25], 1000 + 1);
  const preds = new Tensor([2, 1000], "float32", data);
  const expected = [
    [["id997", "class997", 0.5], ["id998", "class998", 0.25]],
    [["id3", "class3", 0.75], ["id1", "class1", 0.25]],
  ];
  const bytes = names(1000);
  const path = await Deno.makeTempFile({ suffix: ".json" });
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, () => new Response(bytes));
  try {
    await Deno.writeFile(path, bytes);
    for (const classIndex of [bytes, path, `http://127.0.0.1:${server.addr.port}/names.json`]) {
      assert.deepEqual(await decodePredictions(preds, { top: 2, classIndex }), expected);
    }
  } finally {
    await server.shutdown();
    await Deno.remove(path);
  }
  assert.deepEqual((await decodePredictions(preds, { classIndex: bytes })).map(({ length }) => length), [5, 5]);
  const all = await decodePredictions(preds, { top: 2000, classIndex: bytes });
  assert.equal(all[0].length, 1000);
  await assert.rejects(decodePredictions(preds, { classIndex: names(999) }), (error: Error) => {
    assert.ok(error instanceof FileError);
    assert.match(error.message, /received none for 999/);
    return true;
  });
  const text = new TextEncoder().encode("<html>");
  await assert.rejects(decodePredictions(preds, { classIndex: text }), FileError);
  await assert.rejects(decodePredictions([[1, 2]], { classIndex: bytes }), /preds must be \[images, 1000\]/);
  await assert.rejects(decodePredictions(preds, { top: 0, classIndex: bytes }), ValueError);
});
