// What evaluations give: by name, and as the list that Keras gives.
import assert from "node:assert/strict";
import { Input, layers, Model, Sequential } from "../../mod.ts";
import { testOnBackends } from "../backends.ts";

const x = [[0, 1], [1, 0], [1, 1], [0, 0]];

testOnBackends("results are read by name, by index and in a destructuring", async () => {
  const model = new Sequential([Input({ shape: [2] }), new layers.Dense(1)]);
  model.compile({ optimizer: "sgd", loss: "mse", metrics: ["mae", "accuracy"] });
  const y = [[0], [1], [1], [0]];
  const ways = [
    () => model.evaluate(x, y, { verbose: 0 }),
    () => model.testOnBatch(x, y),
    () => model.trainOnBatch(x, y),
  ];
  for (const way of ways) {
    const results = await way();
    const [loss, mae, accuracy] = results;
    assert.deepEqual([loss, mae, accuracy], [results.loss, results.mae, results.accuracy]);
    assert.deepEqual([results[0], results[1], results[2]], [loss, mae, accuracy]);
    // Names are all that copies and JSON have.
    assert.deepEqual(results, { accuracy, loss, mae });
    assert.deepEqual(Object.keys({ ...results }), ["accuracy", "loss", "mae"]);
    assert.deepEqual(JSON.parse(JSON.stringify(results)), { accuracy, loss, mae });
    assert.deepEqual(structuredClone({ ...results }), { accuracy, loss, mae });
    assert.deepEqual(structuredClone(results), { accuracy, loss, mae });
  }
});

testOnBackends("results of several outputs are in Keras's order: the losses, then the metrics by name", async () => {
  const input = Input({ shape: [2] });
  const outputs = ["a", "b"].map((name) => new layers.Dense(1, { name }).apply(input));
  const model = new Model({ inputs: input, outputs });
  model.compile({
    loss: ["mse", "mae"],
    metrics: [["mae", "mse"], ["mae"]],
    weightedMetrics: [["mse"], null],
  });
  const results = await model.evaluate(x, [[[1], [2], [3], [4]], [[1], [1], [1], [1]]], { verbose: 0 });
  // The order of model.evaluate(...) of Keras 3.15.
  const names = ["loss", "a_loss", "b_loss", "a_mae", "a_mse", "a_weighted_mse", "b_mae"];
  assert.deepEqual([...results], names.map((name) => results[name]));
});
