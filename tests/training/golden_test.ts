// Whole trainings against Python Keras: single steps, fit histories, evaluation and prediction.
import assert from "node:assert/strict";
import { testOnBackends } from "../backends.ts";
import { assertClose } from "../close.ts";
import { golden, makeLoss, makeModel, makeOptimizer, type Table, toTensor } from "../golden.ts";

const { cases, fits } = golden("training");
// Keras computes in float32, with one rounding per operation.
const close = { absolute: 2e-6, relative: 2e-5 };
// Logits in the hundreds lose digits in float32.
const far = { absolute: 1e-4, relative: 1e-3 };

function build(spec: Table) {
  const model = makeModel(spec.layers);
  model.setWeights(spec.initial_weights.map(toTensor));
  model.compile({ optimizer: makeOptimizer(spec.optimizer), loss: makeLoss(spec.loss), metrics: spec.metrics });
  return model;
}

function sameLogs(actual: Record<string, number>, expected: Record<string, number>, tolerance: Table, what: string) {
  assert.deepEqual(Object.keys(actual), Object.keys(expected), `${what}: names`);
  for (const name in expected) assertClose([actual[name]], [expected[name]], tolerance, `${what}: ${name}`);
}

for (const spec of cases) {
  testOnBackends(`${spec.name}: steps on a batch are those of Keras`, async () => {
    const tolerance = spec.name.endsWith("_saturated") ? far : close;
    const model = build(spec);
    const [x, y] = [toTensor(spec.x), toTensor(spec.y)];
    sameLogs(await model.testOnBatch(x, y), spec.untrained, tolerance, "untrained");
    for (const [i, logs] of spec.steps.entries()) {
      sameLogs(await model.trainOnBatch(x, y), logs, tolerance, `step ${i}`);
    }
    const weights = await model.getWeights();
    spec.weights.forEach((expected: Table, i: number) =>
      assertClose(weights[i].data, expected.data, tolerance, `weight ${i}`)
    );
    sameLogs(await model.testOnBatch(x, y), spec.test, tolerance, "test");
    assertClose((await model.predictOnBatch(x)).data, spec.predict.data, tolerance, "predict");
  });
}

for (const spec of fits) {
  testOnBackends(`${spec.name}: fit is that of Keras`, async () => {
    const model = build(spec);
    const { epochs, batch_size, validation_split, validation_batch_size, validation_freq, shuffle } = spec.fit;
    const [x, y] = [toTensor(spec.x), toTensor(spec.y)];
    const history = await model.fit(x, y, {
      epochs,
      batchSize: batch_size,
      validationSplit: validation_split,
      validationBatchSize: validation_batch_size,
      validationFreq: validation_freq,
      shuffle,
      validationData: spec.validation && [toTensor(spec.validation.x), toTensor(spec.validation.y)],
      verbose: 0,
    });
    assert.deepEqual(Object.keys(history.history), Object.keys(spec.history));
    for (const name in spec.history) assertClose(history.history[name], spec.history[name], close, name);
    assert.deepEqual(history.epoch, spec.epoch);
    assert.deepEqual(history.params, spec.params);
    const weights = await model.getWeights();
    spec.weights.forEach((expected: Table, i: number) =>
      assertClose(weights[i].data, expected.data, close, `weight ${i}`)
    );
    sameLogs(await model.evaluate(x, y, { batchSize: 4, verbose: 0 }), spec.evaluate, close, "evaluate");
    assertClose((await model.predict(x, { batchSize: 4, verbose: 0 })).data, spec.predict.data, close, "predict");
  });
}
