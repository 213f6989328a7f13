// The commands on files: inspect, convert, diff.
import assert from "node:assert/strict";
import { loadModel, modelFromJson, type Tensor, tensor } from "../../mod.ts";
import { useBackend } from "../backends.ts";
import { images, line, pair } from "./models.ts";
import { runHere, testInFolder } from "./run.ts";

await useBackend("reference");

testInFolder("inspect prints layers, parameters, training and origin", async (folder) => {
  const model = await line();
  await model.fit([[1, 2], [3, 4]], [[1], [2]], { batchSize: 1, verbose: 0 });
  await model.save(`${folder}/line.keras`);
  const { code, out, told } = await runHere("inspect", `${folder}/line.keras`);
  assert.deepEqual([code, told], [0, ""]);
  assert.match(out, /^\S+line\.keras: \.keras, [\d.]+ kB, by Keras 3\.15\.1, \d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/m);
  assert.match(out, /│ sum \(Dense\) +│ \(None, 1\) +│ +3 │/);
  const facts = [
    "Input      x [null, 2] float32",
    "Output     sum [null, 1]",
    "Optimizer  Adam, learning rate 0.001, after 2 steps",
    "Loss       mse",
    "Metrics    mae",
  ];
  assert.ok(out.endsWith(`\n\n${facts.join("\n")}\n`), out);
});

testInFolder("inspect --json has the same, also of models within models", async (folder) => {
  const path = `${folder}/pair.keras`;
  await pair().save(path);
  const { out } = await runHere("inspect", "--json", path);
  const { savedAt, ...facts } = JSON.parse(out);
  assert.match(savedAt, /^\d{4}-\d\d-\d\d@/);
  const layer = (name: string, of: string, width: number) => {
    return { name, class: of, outputShapes: [[null, width]], parameters: 0, trainable: true, weights: [] };
  };
  assert.deepEqual(facts, {
    file: path,
    bytes: (await Deno.stat(path)).size,
    format: ".keras",
    writer: "Keras 3.15.1",
    name: "pair",
    class: "Functional",
    inputs: [{ name: "left", shape: [null, 2], dtype: "float32" }, {
      name: "right",
      shape: [null, 1],
      dtype: "float32",
    }],
    outputs: [{ name: "all", shape: [null, 3] }, { name: "double", shape: [null, 1] }],
    layers: [
      layer("left", "InputLayer", 2),
      layer("right", "InputLayer", 1),
      layer("joined", "Concatenate", 3),
      layer("scaled", "Rescaling", 1),
    ],
    parameters: { total: 0, trainable: 0, nonTrainable: 0 },
    compiled: null,
  });
  await (await line()).save(`${folder}/line.keras`);
  const { compiled, layers: [dense] } = JSON.parse((await runHere("inspect", "--json", `${folder}/line.keras`)).out);
  const { optimizer: { config, ...optimizer }, ...training } = compiled;
  assert.deepEqual(training, { loss: "mse", metrics: ["mae"] });
  assert.deepEqual([optimizer, config.beta_1], [{ class: "Adam", steps: 0, learningRate: 0.001 }, 0.9]);
  assert.deepEqual(dense.weights.map(({ shape }: { shape: number[] }) => shape), [[2, 1], [1]]);
});

testInFolder("inspect lists the arrays of weights alone", async (folder) => {
  await (await line()).saveWeights(`${folder}/line.safetensors`);
  const { out } = await runHere("inspect", `${folder}/line.safetensors`);
  const table = [
    "weight      shape   dtype    elements",
    "sum/kernel  [2, 1]  float32         2",
    "sum/bias    [1]     float32         1",
    "",
    "2 arrays of 3 elements",
  ];
  assert.ok(out.endsWith(`\n\n${table.join("\n")}\n`), out);
  await (await line()).saveWeights(`${folder}/line.weights.h5`);
  const { format, weights } = JSON.parse((await runHere("inspect", "--json", `${folder}/line.weights.h5`)).out);
  assert.equal(format, ".weights.h5");
  assert.deepEqual(weights[0], { name: "layers/dense/vars/0", shape: [2, 1], dtype: "float32" });
});

/** The output for `[1, 2]`. */
const predictionOf = async (path: string): Promise<unknown> =>
  (await (await loadModel(path)).predict([[1, 2]], { verbose: 0 }) as Tensor).toArray();

testInFolder("convert writes every format, from which the same comes back", async (folder) => {
  const path = (ending: string) => `${folder}/line${ending}`;
  await (await line()).save(path(".keras"));
  const formats = [".h5", ".weights.h5", ".safetensors", ".json", ".onnx", ".ts", ".js"];
  for (const ending of formats) {
    const { code, out, told } = await runHere("convert", path(".keras"), path(ending));
    assert.deepEqual([code, told], [0, ""], ending);
    assert.match(out, new RegExp(`^${path(ending).replaceAll(".", "\\.")}: [\\d.]+ k?B\\n$`));
  }
  assert.deepEqual(await predictionOf(path(".h5")), [[21.5]]);
  assert.equal(modelFromJson(await Deno.readTextFile(path(".json"))).name, "line");
  const { predict } = await import(`file://${path(".js")}`);
  assert.deepEqual((await predict([[1, 2]])).toArray(), [[21.5]]);
  for (const weights of [".weights.h5", ".safetensors"]) {
    for (const base of [".keras", ".json", ".h5"]) {
      const { code } = await runHere("convert", path(weights), path(".back.keras"), "--model", path(base));
      assert.equal(code, 0);
      assert.deepEqual(await predictionOf(path(".back.keras")), [[21.5]], `${weights} in ${base}`);
    }
  }
  const { out } = await runHere("convert", path(".h5"), path(".again.keras"), "--json");
  const { size } = await Deno.stat(path(".again.keras"));
  assert.deepEqual(JSON.parse(out), { from: path(".h5"), to: path(".again.keras"), bytes: size });
});

testInFolder("convert keeps the optimizer's state, unless --no-compile leaves it out", async (folder) => {
  const model = await line();
  await model.fit([[1, 2]], [[1]], { epochs: 3, verbose: 0 });
  await model.save(`${folder}/a.keras`);
  await runHere("convert", `${folder}/a.keras`, `${folder}/b.keras`);
  assert.equal((await loadModel(`${folder}/b.keras`)).optimizer?.iterations, 3);
  await runHere("convert", `${folder}/a.keras`, `${folder}/c.keras`, "--no-compile");
  assert.equal((await loadModel(`${folder}/c.keras`)).compiled, false);
});

testInFolder("convert makes a module of a model with axes that vary by --length", async (folder) => {
  await images([null, 2]).save(`${folder}/a.keras`);
  const refused = await runHere("convert", `${folder}/a.keras`, `${folder}/a.ts`);
  assert.equal(refused.code, 2);
  const { code } = await runHere("convert", `${folder}/a.keras`, `${folder}/a.js`, "--length", "3");
  assert.equal(code, 0);
  const { predict } = await import(`file://${folder}/a.js`);
  assert.deepEqual((await predict([[[1, 2], [3, 4], [5, 6]]])).shape, [1, 3, 2]);
});

testInFolder("convert refuses other endings and weights without their model, and writes nothing", async (folder) => {
  const model = await line();
  await model.save(`${folder}/a.keras`);
  await model.saveWeights(`${folder}/a.weights.h5`);
  const ending = await runHere("convert", `${folder}/a.keras`, `${folder}/a.pb`);
  assert.equal(ending.code, 2);
  assert.match(ending.told, /^error: .* must end in \.weights\.h5, .* or \.mjs, received "\S+a\.pb"/);
  const alone = await runHere("convert", `${folder}/a.weights.h5`, `${folder}/b.keras`);
  assert.equal(alone.code, 2);
  assert.match(alone.told, /received weights alone: .*--model/);
  assert.deepEqual([...Deno.readDirSync(folder)].map(({ name }) => name).sort(), ["a.keras", "a.weights.h5"]);
});

testInFolder("diff says which weights differ, by how much, and by its exit code", async (folder) => {
  const model = await line();
  await model.save(`${folder}/a.keras`);
  await model.saveWeights(`${folder}/a.weights.h5`);
  await model.saveWeights(`${folder}/a.safetensors`);
  await model.setWeights([tensor([[1], [8]]), tensor([0.5])]);
  await model.save(`${folder}/b.keras`);
  const diff = (...args: string[]) => runHere("diff", ...args.map((arg) => arg.replace(/^(?=[ab]\.)/, `${folder}/`)));
  for (const other of ["a.keras", "a.weights.h5", "a.safetensors"]) {
    const { code, out } = await diff("a.keras", other);
    assert.deepEqual([code, out], [0, "All 2 weights are equal.\n"]);
    for (const [first, second] of [["b.keras", other], [other, "b.keras"]]) {
      const { code, out } = await diff(first, second);
      const table = ["layer  weight  shape   max abs  max rel", "sum    kernel  [2, 1]  2.00e+0  2.00e-1"];
      assert.deepEqual([code, out], [1, `${table.join("\n")}\n\n1 of 2 weights differ\n`]);
    }
  }
  assert.equal((await diff("a.keras", "b.keras", "--tolerance", "2")).code, 0);
  assert.equal((await diff("a.keras", "b.keras", "--tolerance", "1.9")).code, 1);
  assert.match((await diff("a.keras", "b.keras", "--all")).out, /^sum +bias +\[1\] +0 +0$/m);
  const { code, out } = await diff("a.weights.h5", "b.keras", "--json");
  assert.equal(code, 1);
  const { equal, weights: [kernel] } = JSON.parse(out);
  const shapes = [[2, 1], [2, 1]];
  const row = { layer: "sum", weight: "kernel", different: true, shapes, maxAbsolute: 2, maxRelative: 0.2 };
  assert.deepEqual([equal, kernel], [false, row]);
});

testInFolder("diff lists weights of other shapes and of one side alone", async (folder) => {
  await (await line()).save(`${folder}/a.keras`);
  await pair().save(`${folder}/b.keras`);
  const { code, out } = await runHere("diff", `${folder}/a.keras`, `${folder}/b.keras`);
  assert.equal(code, 1);
  assert.match(out, /^sum +kernel +\[2, 1\] \/ none +- +-$/m);
  assert.ok(out.endsWith(`2 of 2 weights differ, 2 only in ${folder}/a.keras\n`));
});

testInFolder("diff refuses weights alone whose formats have no names in common", async (folder) => {
  const model = await line();
  await model.saveWeights(`${folder}/a.weights.h5`);
  await model.saveWeights(`${folder}/a.safetensors`);
  const { code, told } = await runHere("diff", `${folder}/a.weights.h5`, `${folder}/a.safetensors`);
  assert.equal(code, 2);
  assert.match(told, /names in common.*received \.weights\.h5 and safetensors/);
});
