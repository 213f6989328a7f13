// Writes tfjs.json: models that TensorFlow.js saved or its converter wrote, with inputs and what it predicts.
//
//     deno run -A --no-lock --node-modules-dir=none tests/keras/golden/tfjs.mjs PYTHON2 PYTHON3
//
// PYTHON2 has tensorflow-cpu 2.15.1, PYTHON3 is that of requirements.txt; both need the package of the converter without
// what it depends on: pip install --no-deps tensorflowjs==4.22.0
// Not a literal: checking the tests would fetch it.
const specifier = "npm:@tensorflow/tfjs@4.22.0";
const tf = (await import(specifier)).default;
await tf.setBackend("cpu");

/** A model's files as TensorFlow.js sends them to a server. */
async function saved(model) {
  let sent;
  const fetchFunc = (_url, { body }) => {
    sent = body;
    return Promise.resolve(new Response("{}"));
  };
  await model.save(tf.io.http("http://localhost/save", { fetchFunc }), { includeOptimizer: true });
  const files = {};
  for (const [name, file] of sent) files[name] = new Uint8Array(await file.arrayBuffer());
  return files;
}

/** The model in such files. */
function opened(files) {
  const fetchFunc = (url) => Promise.resolve(new Response(files[decodeURIComponent(url.split("/").at(-1))]));
  return tf.loadLayersModel(tf.io.http("http://localhost/model.json", { fetchFunc }));
}

/** Weights that are neither equal nor random; those that are 1 stay around 1. */
function draw(model) {
  model.setWeights(
    model.getWeights().map((weight, i) => {
      const isOne = Math.min(...weight.dataSync()) >= 1;
      return tf.tensor(weight.dataSync().map((_, at) => Math.cos(at + i) * 0.5 + isOne), weight.shape);
    }),
  );
}

const ramp = (from, to, shape) => tf.linspace(from, to, shape.reduce((a, b) => a * b)).reshape(shape);

function mlp() {
  const model = tf.sequential({
    layers: [
      tf.layers.dense({
        units: 5,
        inputShape: [4],
        activation: "relu",
      }),
      tf.layers.dropout({ rate: 0.25, seed: 1 }),
      tf.layers.dense({ units: 3, activation: "softmax", useBias: false }),
    ],
  });
  model.compile({ optimizer: tf.train.adam(0.01), loss: "categoricalCrossentropy", metrics: ["accuracy"] });
  return { model, inputs: [ramp(-1, 1, [6, 4])], targets: tf.oneHot(tf.tensor1d([0, 1, 2, 0, 1, 2], "int32"), 3) };
}

function images() {
  const model = tf.sequential({
    layers: [
      tf.layers.conv2d({ filters: 3, kernelSize: 3, inputShape: [8, 8, 2], padding: "same", activation: "relu" }),
      tf.layers.batchNormalization(),
      tf.layers.depthwiseConv2d({ kernelSize: 3, strides: 2, depthMultiplier: 2 }),
      tf.layers.leakyReLU({ alpha: 0.2 }),
      tf.layers.separableConv2d({ filters: 4, kernelSize: 2 }),
      tf.layers.upSampling2d({ size: [2, 2] }),
      tf.layers.conv2dTranspose({ filters: 2, kernelSize: 2, strides: 2 }),
      tf.layers.zeroPadding2d({ padding: [[1, 0], [0, 1]] }),
      tf.layers.averagePooling2d({ poolSize: [2, 2] }),
      tf.layers.flatten(),
      tf.layers.dense({ units: 3 }),
    ],
  });
  model.compile({ optimizer: tf.train.momentum(0.01, 0.9, true), loss: "meanSquaredError" });
  return { model, inputs: [ramp(-1, 1, [2, 8, 8, 2])], targets: ramp(0, 1, [2, 3]) };
}

function branches() {
  const [a, b] = [tf.input({ shape: [3], name: "a" }), tf.input({ shape: [3], name: "b" })];
  const shared = tf.layers.dense({ units: 3, activation: "tanh", name: "shared" });
  const [left, right] = [shared.apply(a), shared.apply(b)];
  const nested = tf.sequential({
    name: "nested",
    layers: [tf.layers.dense({ units: 2, inputShape: [3], name: "inner" }), tf.layers.layerNormalization()],
  });
  const joined = tf.layers.concatenate().apply([
    tf.layers.add().apply([left, right]),
    tf.layers.multiply().apply([left, b]),
    tf.layers.maximum().apply([a, right]),
    nested.apply(left),
    nested.apply(b),
  ]);
  const outputs = [
    tf.layers.dense({ units: 1, name: "first" }).apply(joined),
    tf.layers.dense({ units: 2, name: "second", activation: "sigmoid" }).apply(joined),
  ];
  return { model: tf.model({ inputs: [a, b], outputs }), inputs: [ramp(-1, 1, [4, 3]), ramp(1, 0, [4, 3])] };
}

function words() {
  const model = tf.sequential({
    layers: [
      tf.layers.embedding({
        inputDim: 11,
        outputDim: 4,
        inputLength: 5,
        embeddingsRegularizer: tf.regularizers.l2({ l2: 0.01 }),
      }),
      tf.layers.spatialDropout1d({ rate: 0.1 }),
      tf.layers.conv1d({ filters: 4, kernelSize: 2, activation: "elu" }),
      tf.layers.prelu(),
      tf.layers.globalMaxPooling1d(),
      tf.layers.reshape({ targetShape: [2, 2] }),
      tf.layers.permute({ dims: [2, 1] }),
      tf.layers.layerNormalization(),
      tf.layers.flatten(),
      tf.layers.repeatVector({ n: 2 }),
      tf.layers.reLU({ maxValue: 6 }),
    ],
  });
  return { model, inputs: [tf.tensor2d(Array.from({ length: 15 }, (_, i) => (i * 7) % 11), [3, 5], "int32")] };
}

const arrayOf = (tensor) => ({ shape: tensor.shape, dtype: tensor.dtype, data: [...tensor.dataSync()] });

function packed(files) {
  const { "model.json": json, ...shards } = files;
  const base64 = Object.entries(shards).map(([name, bytes]) => [name, bytes.toBase64()]);
  return { model: JSON.parse(new TextDecoder().decode(json)), shards: Object.fromEntries(base64) };
}

const cases = [];
for (const make of [mlp, images, branches, words]) {
  const { model, inputs, targets } = make();
  draw(model);
  // The optimizer's weights are in the file too.
  if (targets) await model.fit(inputs, targets, { epochs: 1, shuffle: false, verbose: 0 });
  const files = await saved(model);
  const outputs = [model.predict(inputs)].flat();
  const metrics = targets && [model.evaluate(inputs, targets)].flat().map((value) => value.dataSync()[0]);
  cases.push({
    name: make.name,
    ...packed(files),
    inputs: inputs.map(arrayOf),
    outputs: outputs.map(arrayOf),
    ...targets && { targets: arrayOf(targets), metrics },
  });
}

const folder = await Deno.makeTempDir();
const script = new URL("tfjs_converter.py", import.meta.url).pathname;
for (const python of Deno.args) {
  const { success } = await new Deno.Command(python, { args: [script, folder], stdout: "inherit" }).output();
  if (!success) throw new Error(`${python} failed`);
}
for (const { name } of [...Deno.readDirSync(folder)].sort((a, b) => (a.name < b.name ? -1 : 1))) {
  const files = {};
  for (const file of Deno.readDirSync(`${folder}/${name}`)) {
    files[file.name] = await Deno.readFile(`${folder}/${name}/${file.name}`);
  }
  const read = (file) => JSON.parse(new TextDecoder().decode(files[file]));
  const [inputs, expected] = [read("inputs.json"), read("outputs.json")];
  delete files["inputs.json"];
  delete files["outputs.json"];
  // TensorFlow.js cannot open what its converter makes of Keras 3.
  const isOpened = !name.includes("Keras 3");
  const model = isOpened && await opened(files);
  const outputs = isOpened
    ? [model.predict(inputs.map(({ shape, dtype, data }) => tf.tensor(data, shape, dtype)))].flat().map(arrayOf)
    : expected;
  cases.push({ name, ...packed(files), inputs, outputs });
}
await Deno.remove(folder, { recursive: true });

const path = new URL("tfjs.json", import.meta.url);
const rows = cases.map((spec) => JSON.stringify(spec));
await Deno.writeTextFile(path, `{"tfjs": "${tf.version.tfjs}", "cases": [\n${rows.join(",\n")}\n]}\n`);
console.log(`tfjs.json: ${(await Deno.stat(path)).size} bytes, ${cases.length} cases`);
