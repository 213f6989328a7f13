// Weights in several files: those that Keras wrote, and our own, which are divided as Keras divides them.
import assert from "node:assert/strict";
import { FileError, ValueError } from "../../lib/errors.ts";
import { modelFromConfig } from "../../lib/models/from_config.ts";
import { loadModel } from "../../lib/models/load_model.ts";
import type { Model } from "../../lib/models/model.ts";
import { golden, type Table, toTensor } from "../golden.ts";
import { unpack } from "./packed.ts";

const cases: readonly Table[] = golden("sharded").cases;

async function filesOf({ files }: Table): Promise<File[]> {
  return await Promise.all(
    Object.entries(files).map(async ([name, packed]) => new File([await unpack(packed as string)], name)),
  );
}

const withoutWeights = async (model: Model) =>
  model.setWeights((await model.getWeights()).map((value) => value.cast("bool")));

for (const spec of cases) {
  Deno.test(`weights that Keras divided are read, and divided again: ${spec.name}`, async () => {
    const model = modelFromConfig(spec.config);
    await model.loadWeights(await filesOf(spec));
    const weights = await model.getWeights();
    assert.deepEqual(weights, spec.weights.map(toTensor));
    const folder = await Deno.makeTempDir();
    try {
      for (const path of [`${folder}/x.weights.json`, new URL(`file://${folder}/x.weights.json`)]) {
        if (spec.name !== "untrained") model.optimizer!.build(model.trainableWeights);
        await model.saveWeights(path, { maxShardSize: spec.size / 2 ** 30 });
        const names = [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
        assert.deepEqual(names, Object.keys(spec.files));
        const map = JSON.parse(await Deno.readTextFile(`${folder}/x.weights.json`));
        assert.deepEqual(Object.keys(map.weight_map).sort(), Object.keys(spec.map.weight_map).sort());
        // The number of steps is an int64 in Keras.
        assert.equal(map.metadata.total_size, spec.map.metadata.total_size - 4);
        await withoutWeights(model);
        await model.loadWeights(path);
        assert.deepEqual(await model.getWeights(), weights);
      }
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
}

Deno.test("files of weights that do not belong together are refused", async () => {
  const spec = cases.find(({ name }) => name === "small");
  const model = modelFromConfig(spec.config);
  const files = await filesOf(spec);
  const [first, second] = files.filter(({ name }) => name.endsWith(".h5"));
  const withMap = (change: (map: Table) => void) => {
    const json = structuredClone(spec.map);
    change(json.weight_map);
    return [...files.slice(1), new File([JSON.stringify(json)], "x.weights.json")];
  };
  const before = await model.getWeights();
  const refused: [readonly File[], RegExp][] = [
    [files.filter((file) => file !== second), /must be given.* without "x_00001/],
    [files.map((file) => file === second ? new File([first], second.name) : file), /in two of its files/],
    [withMap((map) => map["/layers/dense/vars"] = "../x_00000.weights.h5"), /must lie beside it/],
    [withMap((map) => map["/layers/dense/vars"] = 5), /does not name files/],
    [withMap((map) => Object.keys(map).forEach((key) => delete map[key])), /kernel +\[3, 2, 4\] +none/],
    [files.map((file) => file === second ? new File(["no"], second.name) : file), /in its "x_00001\.weights\.h5"/],
  ];
  for (const [given, pattern] of refused) {
    await assert.rejects(model.loadWeights(given), (error: Error) => {
      assert.ok(error instanceof FileError, String(error));
      assert.match(error.message, pattern);
      return true;
    });
  }
  await assert.rejects(loadModel(files), /JSON of a whole model.*received an object of metadata, weight_map/);
  assert.deepEqual(await model.getWeights(), before);
});

Deno.test("what cannot be divided is refused before anything is written", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const model = modelFromConfig(cases[0].config);
    const path = `${folder}/x.weights.json`;
    await assert.rejects(model.saveWeights(path), /give it in GiB/);
    await assert.rejects(model.saveWeights(`${folder}/x.weights.h5`, { maxShardSize: 1 }), ValueError);
    await assert.rejects(model.saveWeights(path, { maxShardSize: -1 }), ValueError);
    await assert.rejects(model.saveWeights(path, { maxShardSize: 50 / 2 ** 30 }), /must hold the largest array/);
    await assert.rejects(model.saveWeights(new WritableStream(), { maxShardSize: 1 }), /several files need a folder/);
    assert.deepEqual([...Deno.readDirSync(folder)], []);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
