// Models of TensorFlow.js: those that it saved, and those that its converter made of Keras's, predict here what they do
// there.
import assert from "node:assert/strict";
import { CeratopsError, FileError, ValueError } from "../../lib/errors.ts";
import { loadModel } from "../../lib/models/load_model.ts";
import type { Tensor } from "../../lib/tensor/tensor.ts";
import { testOnBackends } from "../backends.ts";
import { assertClose } from "../close.ts";
import { golden, type Table, toTensor } from "../golden.ts";

const close = { absolute: 2e-6, relative: 2e-5 };
const cases: readonly Table[] = golden("tfjs").cases;

/** The files of a model. */
function filesOf({ model, shards }: Table, change: (model: Table) => void = () => {}): File[] {
  const json = structuredClone(model);
  change(json);
  return [
    ...Object.entries(shards).map(([name, base64]) => new File([Uint8Array.fromBase64(base64 as string)], name)),
    new File([JSON.stringify(json)], "model.json"),
  ];
}

const tensors = (values: readonly Table[]): Tensor =>
  (values.length === 1 ? toTensor(values[0]) : values.map(toTensor)) as Tensor;

for (const spec of cases) {
  testOnBackends(`a model of TensorFlow.js predicts what it does there: ${spec.name}`, async () => {
    const model = await loadModel(filesOf(spec));
    const outputs = [await model.predict(tensors(spec.inputs), { verbose: 0 })].flat() as Tensor[];
    assert.equal(outputs.length, spec.outputs.length);
    outputs.forEach((output, i) => {
      assert.deepEqual([...output.shape], spec.outputs[i].shape);
      assertClose(output.data, spec.outputs[i].data, close);
    });
    if (spec.targets) {
      const logs = await model.evaluate(tensors(spec.inputs), toTensor(spec.targets), { verbose: 0 });
      assertClose(model.metricsNames.map((name) => logs[name]), spec.metrics, close);
    }
    // Without what was compiled, and the weights alone.
    const copy = await loadModel(filesOf(spec), { compile: false });
    assert.ok(!copy.compiled);
    copy.setWeights((await copy.getWeights()).map((value) => value.cast("int32")));
    await copy.loadWeights(filesOf(spec));
    assert.deepEqual(await copy.getWeights(), await model.getWeights());
  });
}

const caseOf = (name: string): Table => cases.find((spec) => spec.name === name);

Deno.test("what was compiled in TensorFlow.js is compiled here", async () => {
  const mlp = await loadModel(filesOf(caseOf("mlp")));
  const { class_name: adam, config } = mlp.optimizer!.serialize();
  assert.equal(adam, "Adam");
  assert.deepEqual([config.learning_rate, config.beta_1, config.beta_2, config.epsilon], [
    Math.fround(0.01),
    0.9,
    0.999,
    1e-7,
  ]);
  assert.deepEqual(mlp.metricsNames, ["loss", "accuracy"]);
  const { class_name: sgd, config: momentum } = (await loadModel(filesOf(caseOf("images")))).optimizer!.serialize();
  assert.deepEqual([sgd, momentum.momentum, momentum.nesterov], ["SGD", 0.9, true]);
  const changed = filesOf(
    caseOf("mlp"),
    (json) =>
      json.trainingConfig.optimizer_config = {
        class_name: "RMSProp",
        config: { learningRate: 0.5, decay: 0.8, momentum: 0, epsilon: 1e-6, centered: true },
      },
  );
  const { class_name: rmsprop, config: rho } = (await loadModel(changed)).optimizer!.serialize();
  assert.deepEqual([rmsprop, rho.learning_rate, rho.rho, rho.epsilon, rho.centered], [
    "RMSprop",
    0.5,
    0.8,
    1e-6,
    true,
  ]);
});

Deno.test("a model.json by its path or its URL, with the files beside it", async () => {
  const folder = await Deno.makeTempDir();
  const server = Deno.serve({ port: 0, onListen: () => {} }, async (request) => {
    const { pathname, search } = new URL(request.url);
    if (search !== "?key=1") return new Response(null, { status: 403 });
    return new Response(await Deno.readFile(`${folder}${decodeURIComponent(pathname)}`));
  });
  try {
    const spec = caseOf("converted in uint8");
    await Deno.mkdir(`${folder}/a model`);
    for (const file of filesOf(spec)) await Deno.writeFile(`${folder}/a model/${file.name}`, await file.bytes());
    const path = `${folder}/a model/model.json`;
    const { port } = server.addr as Deno.NetAddr;
    const url = new URL(`http://localhost:${port}/a model/model.json?key=1`);
    const file = new URL(`file://${encodeURI(path)}`);
    const expected = await (await loadModel(filesOf(spec))).getWeights();
    for (const source of [path, url, url.href, file, file.href]) {
      assert.deepEqual(await (await loadModel(source)).getWeights(), expected);
    }
    await Deno.remove(`${folder}/a model/group1-shard2of2.bin`);
    await assert.rejects(
      loadModel(path),
      (error: Error) => error instanceof FileError && /no such file/.test(error.message),
    );
  } finally {
    await server.shutdown();
    await Deno.remove(folder, { recursive: true });
  }
});

const first = (json: Table) => json.weightsManifest[0];

const refused: readonly [name: string, change: (json: Table) => void, message: RegExp][] = [
  ["a graph-model", (json) => json.format = "graph-model", /a graph-model is a graph of TensorFlow's operations/],
  ["weights alone", (json) => json.modelTopology = null, /must hold a whole model.*received weights alone/],
  [
    "a path to a folder above",
    (json) => first(json).paths[0] = "../a.bin",
    /must lie beside it, received "\.\.\/a\.bin"/,
  ],
  ["a path from the root", (json) => first(json).paths[0] = "/etc/passwd", /must lie beside it/],
  ["the path of another drive", (json) => first(json).paths[0] = "C:a.bin", /must lie beside it/],
  ["a path of Windows to a folder above", (json) => first(json).paths[0] = "..\\a.bin", /must lie beside it/],
  ["the address of another host", (json) => first(json).paths[0] = "https://example.com/a", /must lie beside it/],
  ["a file that is not given", (json) => first(json).paths[0] = "b.bin", /must be given.* without "b\.bin"/],
  ["a path twice", (json) => first(json).paths.push(first(json).paths[0]), /bin", or twice/],
  ["a list of paths that is none", (json) => first(json).paths = 5, /paths of a group that are no list/],
  ["no list of weights", (json) => json.weightsManifest = {}, /weightsManifest that are no list/],
  ["a group that is none", (json) => json.weightsManifest[0] = null, /weights of a group that are no list/],
  ["an array too long", (json) => first(json).weights[0].shape = [4, 2 ** 40], /bytes in .*, in place of/],
  ["a negative extent", (json) => first(json).weights[0].shape = [-4, -5], /"dense_Dense1\/kernel" without a shape/],
  ["no shape", (json) => delete first(json).weights[0].shape, /"dense_Dense1\/kernel" without a shape/],
  ["an array of texts", (json) => first(json).weights[0].dtype = "string", /of the element type string/],
  ["an array without a name", (json) => delete first(json).weights[0].name, /an array without a name/],
  ["an array twice", (json) => first(json).weights[1].name = "dense_Dense1/kernel", /"dense_Dense1\/kernel" twice/],
  [
    "an unknown quantization",
    (json) => first(json).weights[0].quantization = { dtype: "int4" },
    /of the element type int4/,
  ],
  [
    "another shape",
    (json) => first(json).weights[0].shape = [5, 4],
    /1 that differ[^]*dense_Dense1 +kernel +\[4, 5\] +\[5, 4\]/,
  ],
  [
    "an array that the model has not",
    (json) => first(json).weights[0].name = "other/kernel",
    /2 that differ[^]*dense_Dense1 +kernel +\[4, 5\] +none[^]*other +kernel +none +\[4, 5\]/,
  ],
  [
    "a config nested 20,000 deep",
    (json) => json.modelTopology.config.name = JSON.parse("[".repeat(20_000) + "]".repeat(20_000)),
    /may be nested 250 levels deep/,
  ],
  ["an unknown layer", (json) => json.modelTopology.config.layers[0].class_name = "Dens", /did you mean "Dense"/],
];

for (const [name, change, message] of refused) {
  Deno.test(`a model of TensorFlow.js with ${name} is refused`, async () => {
    await assert.rejects(async () => await loadModel(filesOf(caseOf("mlp"), change)), (error: Error) => {
      assert.ok(error instanceof CeratopsError, String(error));
      assert.match(error.message, message);
      return true;
    });
  });
}

Deno.test("files that do not belong together are refused", async () => {
  const files = filesOf(caseOf("mlp"));
  const [weights, json] = files;
  await assert.rejects(loadModel(json), /it names further files, which bytes alone do not lead to/);
  await assert.rejects(loadModel([json]), /must be given.*without "model\.weights\.bin"/);
  await assert.rejects(loadModel([]), ValueError);
  await assert.rejects(loadModel([json, json]), ValueError);
  await assert.rejects(loadModel([json, new Blob([])] as never), /must be of File objects/);
  await assert.rejects(loadModel([weights]), /must be a \.keras file/);
  await assert.rejects(
    loadModel(new TextEncoder().encode("{}")),
    /JSON of a whole model .* received an object of nothing/,
  );
  await assert.rejects(loadModel(new TextEncoder().encode("{")), /its text must be JSON of an object/);
});
