// fit against Python Keras: several inputs and outputs, generators of batches, and numbers of steps.
import assert from "node:assert/strict";
import { Dense } from "../../lib/layers/core.ts";
import { Input } from "../../lib/layers/input.ts";
import { Model } from "../../lib/models/model.ts";
import { Sequential } from "../../lib/models/sequential.ts";
import { SGD } from "../../lib/optimizers/optimizers.ts";
import type { Tensor } from "../../lib/tensor/tensor.ts";
import { testOnBackends } from "../backends.ts";
import { assertClose } from "../close.ts";
import { camelCased, golden, type Table, toTensor } from "../golden.ts";
import { warningsOf } from "../warnings.ts";

const fits = golden("fits");
const close = { absolute: 2e-6, relative: 5e-5 };
const [a, b, left, right] = [fits.a, fits.b, fits.left, fits.right].map(toTensor);
const [weight, otherWeight] = [fits.weight, fits.other_weight].map(toTensor);

function assertLogs(logs: Table, expected: Table): void {
  assert.deepEqual(Object.keys(logs), Object.keys(expected));
  for (const [name, value] of Object.entries(expected)) {
    assertClose([logs[name]].flat(), [value].flat() as number[], close);
  }
}

async function assertWeights(model: Model | Sequential, expected: Table[]): Promise<void> {
  const weights = await model.getWeights();
  assert.equal(weights.length, expected.length);
  weights.forEach((value, i) => assertClose(value.data, expected[i].data, close));
}

/** Two inputs through one shared layer, two outputs. */
function several(byName: boolean): Model {
  const [inputA, inputB] = [Input({ shape: [3], name: "a" }), Input({ shape: [3], name: "b" })];
  const shared = new Dense(4, { activation: "tanh", name: "shared" });
  const outputs = [
    new Dense(2, { name: "left" }).apply(shared.apply(inputA)),
    new Dense(1, { activation: "sigmoid", name: "right" }).apply(shared.apply(inputB)),
  ];
  const model = byName
    ? new Model({ inputs: { a: inputA, b: inputB }, outputs: { left: outputs[0], right: outputs[1] } })
    : new Model({ inputs: [inputA, inputB], outputs });
  model.setWeights(fits.initial.map(toTensor));
  return model as Model;
}

for (const spec of fits.several) {
  testOnBackends(`several inputs and outputs: ${spec.name}`, async () => {
    const model = several(spec.by_name);
    model.compile({ optimizer: new SGD({ learningRate: fits.rate }), ...camelCased(spec.compile) } as Table);
    const x: Table = spec.by_name ? { a, b } : [a, b];
    const y: Table = spec.by_name ? { left, right } : [left, right];
    const each = spec.by_name ? { left: weight, right: otherWeight } : [weight, otherWeight];
    const sampleWeight: Table = { each, one: weight }[spec.sample_weight as "each"];
    const options = { sampleWeight, batchSize: 4, verbose: 0 as const };
    assertLogs(await model.evaluate(x, y, options), spec.evaluated);
    const { history } = await model.fit(x, y, { ...options, epochs: 2, shuffle: false, validationData: [x, y] });
    assertLogs(history, spec.history);
    assertLogs(await model.trainOnBatch(x, y, { sampleWeight }), spec.batch);
    await assertWeights(model, spec.weights_after);
  });
}

testOnBackends("data by name, in a list, in parts and in batches come to the same", async () => {
  const train = async (x: Table, y?: Table, options: object = {}) => {
    const model = several(false);
    const loss = { left: "mse", right: "binary_crossentropy" } as const;
    model.compile({ optimizer: new SGD({ learningRate: fits.rate }), loss });
    const { history } = await model.fit(x, y, { batchSize: 6, epochs: 2, shuffle: false, verbose: 0, ...options });
    return history;
  };
  const history = await train([a, b], [left, right]);
  assert.deepEqual(await train({ b, a }, { right, left }), history);
  const batches = () =>
    [0, 6].map((row) => [[a, b].map((t) => t.rows(row, row + 6)), [left, right].map((t) => t.rows(row, row + 6))]);
  const streamed = await train(batches, undefined, { batchSize: undefined });
  for (const name of Object.keys(history)) assertClose(streamed[name], history[name], close);
});

testOnBackends("targets of outputs without a loss may be left out", async () => {
  const train = async (y: Table) => {
    const model = several(false);
    model.compile({ optimizer: new SGD({ learningRate: fits.rate }), loss: { left: "mse", right: null } });
    const { history } = await model.fit([a, b], y, { batchSize: 4, epochs: 2, shuffle: false, verbose: 0 });
    return history;
  };
  const expected = fits.several.find((spec: Table) => spec.name === "one_output_without_loss").history.loss;
  for (const y of [left, [left], { left }, [left, null], [left, right]]) {
    const history = await train(y);
    assert.deepEqual(Object.keys(history), ["loss"]);
    assertClose(history.loss, expected, close);
  }
});

testOnBackends("predictions are built as the outputs are", async () => {
  const listed = await several(false).predict([a, b] as Table, { verbose: 0 }) as unknown as Tensor[];
  assert.deepEqual(listed.map(({ shape }) => shape), [[12, 2], [12, 1]]);
  const named = await several(true).predict({ a, b } as Table, { verbose: 0, batchSize: 3 }) as Table;
  assert.deepEqual(Object.keys(named), ["left", "right"]);
  assertClose(named.left.data, listed[0].data, close);
  assertClose(named.right.data, listed[1].data, close);
  const parts = () => [0, 7].map((row) => [[a, b].map((t) => t.rows(row, Math.min(12, row + 7)))]);
  const streamed = await several(false).predict(parts as Table, { verbose: 0 }) as unknown as Tensor[];
  assertClose(streamed[0].data, listed[0].data, close);
  assert.deepEqual(streamed[1].shape, [12, 1]);
});

const ten = (tensor: Tensor) => tensor.rows(0, 10);

function single(options?: Table): Sequential {
  const model = new Sequential([Input({ shape: [3] }), new Dense(2)]);
  model.setWeights(fits.single_initial.map(toTensor));
  model.compile({ optimizer: new SGD({ learningRate: fits.rate }), loss: "mse", ...camelCased(options ?? {}) });
  return model;
}

function* batches(sizes: readonly number[]): Generator<readonly [Tensor, Tensor, Tensor]> {
  let at = 0;
  for (const size of sizes) {
    const rows = (tensor: Tensor) => tensor.rows(at, at + size);
    yield [rows(a), rows(left), rows(weight)];
    at += size;
  }
}

for (const spec of fits.fits) {
  testOnBackends(`epochs of steps: ${spec.name}`, async () => {
    const model = single(spec.compile);
    const train: number[] = [];
    const test: number[] = [];
    const counts = {
      onEpochBegin: () => void train.push(0),
      onTrainBatchEnd: () => void train[train.length - 1]++,
      onTestBegin: () => void test.push(0),
      onTestBatchEnd: () => void test[test.length - 1]++,
    };
    const given = camelCased(spec.options);
    const validated = "validationSteps" in given || "validationFreq" in given;
    const options = {
      ...given,
      verbose: 0,
      callbacks: [counts],
      ...(validated && { validationData: [ten(a), ten(left)] }),
    };
    const [{ epoch, history }, heard] = await warningsOf(() =>
      spec.sizes
        ? model.fit(batches(spec.sizes), undefined, options as Table)
        : model.fit(ten(a), ten(left), { ...options, shuffle: false } as Table)
    );
    assert.deepEqual({ epoch, train, test }, {
      epoch: spec.epochs_run,
      train: spec.train_batches,
      test: spec.test_batches,
    });
    assertLogs(history, spec.history);
    await assertWeights(model, spec.weights_after);
    const short = spec.name === "three_of_five" || spec.name === "more_than_there_are";
    assert.equal(heard.length, short ? 1 : 0, heard.join());
    if (short) {
      assert.match(heard[0], /^The data ran out before the stepsPerEpoch that fit "sequential.*" was asked for/);
    }
  });
}

testOnBackends("evaluate and predict take a number of batches, and batches", async () => {
  const quiet = { verbose: 0 as const };
  const loss = async (logs: Promise<Table>) => [(await logs).loss];
  const model = single();
  assertClose(await loss(model.evaluate(ten(a), ten(left), { ...quiet, batchSize: 2, steps: 3 })), [
    fits.evaluated_steps,
  ], close);
  const sizes = [4, 4, 2];
  assertClose(await loss(model.evaluate(batches(sizes), undefined, quiet)), [fits.evaluated_batches], close);
  const firsts = await model.predict(ten(a), { ...quiet, batchSize: 2, steps: 3 });
  assert.deepEqual(firsts.shape, fits.predicted_steps.shape);
  assertClose(firsts.data, fits.predicted_steps.data, close);
  const all = await model.predict(batches(sizes), quiet);
  assert.deepEqual(all.shape, fits.predicted_batches.shape);
  assertClose(all.data, fits.predicted_batches.data, close);
  assertClose(
    (await model.predict(batches(sizes), { ...quiet, steps: 1 })).data,
    fits.predicted_batches.data.slice(0, 8),
    close,
  );
});
