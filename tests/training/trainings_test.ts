// Training of many kinds of models against Python Keras: compiled from its JSON, then fit, evaluate and predict.
import assert from "node:assert/strict";
import { modelFromConfig } from "../../lib/models/from_config.ts";
import type { Tensor } from "../../lib/tensor/tensor.ts";
import { testOnBackends } from "../backends.ts";
import { assertClose } from "../close.ts";
import { camelCased, golden, type Table, toTensor } from "../golden.ts";

const close = { absolute: 5e-6, relative: 1e-4 };

function assertLogs(logs: Table, expected: Table, what: string): void {
  assert.deepEqual(Object.keys(logs).sort(), Object.keys(expected).sort(), what);
  for (const [name, value] of Object.entries(expected)) {
    assertClose([logs[name]].flat(), [value].flat().map(Number), close, `${name} of ${what}`);
  }
}

function assertTensors(tensors: readonly Tensor[], expected: Table[], what: string): void {
  assert.equal(tensors.length, expected.length, what);
  tensors.forEach(({ data }, i) => assertClose(data, expected[i].data.map(Number), close, `${what} ${i}`));
}

for (const spec of ["trainings", "recurrent_trainings"].flatMap((file) => golden(file).cases)) {
  testOnBackends(`training as in Keras: ${spec.name}`, async () => {
    const model = modelFromConfig(spec.json);
    model.setWeights(spec.initial.map(toTensor));
    const x = toTensor(spec.x);
    const y: Table = spec.y.length > 1 ? spec.y.map(toTensor) : toTensor(spec.y[0]);
    const { sample_weight: given, ...others } = spec.options;
    const sampleWeight = given && toTensor(given);
    const options: Table = { ...camelCased(others), sampleWeight, validationData: spec.validated ? [x, y] : undefined };
    const { history } = await model.fit(x, y, options);
    assert.deepEqual(Object.keys(history), Object.keys(spec.history));
    assertLogs(history, spec.history, "history");
    const evaluated = await model.evaluate(x, y, { sampleWeight, batchSize: options.batchSize, verbose: 0 });
    assertLogs(evaluated, spec.evaluated, "evaluation");
    assertTensors([await model.predict(x, { verbose: 0 })].flat() as Tensor[], spec.predicted, "prediction");
    const batch = await model.trainOnBatch(x, y, { sampleWeight, classWeight: others.class_weight });
    assertLogs(batch, spec.batch, "batch");
    assertTensors(await model.getWeights(), spec.weights_after, "weight");
  });
}
