// Metrics with state against Python Keras: running results, plain and weighted, and configs; and errors.
import assert from "node:assert/strict";
import { ShapeError, ValueError } from "../../lib/errors.ts";
import { compile } from "../../lib/exec/compile.ts";
import { clearSession } from "../../lib/exec/select.ts";
import { Dense } from "../../lib/layers/core.ts";
import { Input } from "../../lib/layers/input.ts";
import * as losses from "../../lib/losses/losses.ts";
import { getMetric } from "../../lib/metrics/resolve.ts";
import * as metrics from "../../lib/metrics/metrics.ts";
import { Sequential } from "../../lib/models/sequential.ts";
import { SGD } from "../../lib/optimizers/sgd.ts";
import { camelCase } from "../../lib/names.ts";
import { testOnBackends } from "../backends.ts";
import { assertClose } from "../close.ts";
import { golden, type GoldenArray, type GoldenObject, makeObject, toTensor } from "../golden.ts";

const close = { absolute: 1e-6, relative: 1e-5 };

const make = (spec: GoldenObject): metrics.Metric => makeObject(spec, "metric");

async function numbers(metric: metrics.Metric): Promise<number[]> {
  return metric instanceof metrics.VectorMetric ? await metric.results() : [await metric.result()];
}

Deno.test("the functions are those that Keras has here, losses among them, and are logged by Keras's names", () => {
  const exported: Readonly<Record<string, unknown>> = metrics;
  const all: Readonly<Record<string, unknown>> = losses;
  for (const name of golden("metrics").functions) {
    const camel = camelCase(name);
    const fn = exported[camel];
    assert.equal(typeof fn, "function", name);
    if (camel in all) assert.equal(fn, all[camel], name);
    assert.equal(getMetric(fn as metrics.MetricFunction).name, name);
  }
  assert.equal(getMetric(metrics.meanSquaredError).direction, "down");
  assert.equal(getMetric(metrics.binaryAccuracy).direction, "up");
});

for (const spec of golden("metric_states").cases) {
  testOnBackends(`${spec.name} runs as in Keras`, async () => {
    const plain = make(spec);
    const weighted = make(spec);
    const update = compile((yTrue, yPred) => plain.updateState(yTrue, yPred));
    const weigh = compile((yTrue, yPred, weight) => weighted.updateState(yTrue, yPred, weight));
    for (const [i, y] of spec.y_true.entries()) {
      const [yTrue, yPred] = [toTensor(y), toTensor(spec.y_pred[i])];
      await update(yTrue, yPred);
      assertClose(await numbers(plain), spec.plain[i].data.map(Number), close, `plain ${i}`);
      await weigh(yTrue, yPred, toTensor(spec.weight[i] as GoldenArray));
      assertClose(await numbers(weighted), spec.weighted[i].data.map(Number), close, `weighted ${i}`);
    }
    plain.resetState();
    await update(toTensor(spec.y_true[0]), toTensor(spec.y_pred[0]));
    assertClose(await numbers(plain), spec.plain[0].data.map(Number), close, "after a reset");
  });

  Deno.test(`${spec.name}: the config is that of Keras`, async () => {
    await clearSession();
    assert.deepEqual(make(spec).serialize(), spec.serialized);
  });
}

for (const spec of golden("metric_states").of_values) {
  testOnBackends(`${spec.name} runs as in Keras`, async () => {
    const Class = metrics[spec.class_name as "Mean"];
    const [plain, weighted] = [new Class(), new Class()];
    const update = compile((x) => plain.updateState(x, x));
    const weigh = compile((x, weight) => weighted.updateState(x, x, weight));
    for (const [i, value] of spec.values.entries()) {
      await update(toTensor(value));
      await weigh(toTensor(value), toTensor(spec.weights[i]));
      assertClose(await numbers(plain), [spec.plain[i]], close, `plain ${i}`);
      assertClose(await numbers(weighted), [spec.weighted[i]], close, `weighted ${i}`);
    }
  });
}

testOnBackends("numbers of Keras's own tests", async () => {
  const value = async (metric: metrics.Metric, yTrue: number[][] | number[], yPred: number[][] | number[]) => {
    await compile((t, p) => metric.updateState(t, p))(yTrue, yPred);
    return await numbers(metric);
  };
  assertClose(await value(new metrics.Precision(), [0, 1, 1, 0], [1, 0, 1, 0]), [0.5], close);
  assertClose(await value(new metrics.Precision(), [0, 0], [0, 0]), [0], close);
  assertClose(await value(new metrics.AUC({ numThresholds: 3 }), [0, 0, 1, 1], [0, 0.5, 0.3, 0.9]), [0.75], close);
  const [t, p] = [[[0, 0, 1], [1, 1, 0], [1, 1, 1]], [[0.7, 0.7, 0.7], [1, 0, 0], [0.9, 0.8, 0]]];
  assertClose(await value(new metrics.F1Score({ threshold: 0.66 }), t, p), [0.8, 0.5, 0.6666666], close);
  assertClose(await value(new metrics.F1Score({ threshold: 0.66, average: "macro" }), t, p), [0.6555555], close);
  const top = await value(new metrics.Precision({ topK: 3 }), [[0, 1, 1, 0, 0]], [[0.2, 0.1, 0.5, 0, 0.2]]);
  assertClose(top, [1 / 3], close);
  assertClose(await value(new metrics.Sum(), [0, 0], [1, 2]), [3], close);
});

testOnBackends("metrics run inside of fit and evaluate, and begin anew with each epoch", async () => {
  const model = new Sequential([
    Input({ shape: [2] }),
    new Dense(2, { activation: "sigmoid", useBias: false, kernelInitializer: "identity" }),
  ]);
  model.compile({
    optimizer: new SGD({ learningRate: 0 }),
    loss: "binary_crossentropy",
    metrics: ["auc", "precision", new metrics.F1Score({ threshold: 0.6 }), "root_mean_squared_error"],
  });
  const x = [[1, -1], [2, 1], [-1, 0.25], [0.5, -2], [1, 1]];
  const y = [[1, 0], [0, 1], [0, 1], [1, 0], [1, 1]];
  const { history } = await model.fit(x, y, { epochs: 2, batchSize: 2, verbose: 0 });
  const logs = await model.evaluate(x, y, { batchSize: 3, verbose: 0 });
  for (const name of ["auc", "precision", "f1_score", "root_mean_squared_error"]) {
    assertClose(history[name], [logs[name], logs[name]], close, name);
  }
  assertClose([logs.precision], [6 / 7], close);
});

Deno.test("names find metrics, which keep the names that were typed", () => {
  for (const name of ["auc", "AUC", "precision", "recall", "f1_score", "root_mean_squared_error"] as const) {
    assert.equal(getMetric(name).name, name);
  }
  assert.ok(getMetric("AUC") instanceof metrics.AUC);
  assert.ok(getMetric("pearson_correlation") instanceof metrics.PearsonCorrelation);
  assert.ok(getMetric("SparseTopKCategoricalAccuracy") instanceof metrics.SparseTopKCategoricalAccuracy);
  assert.equal(getMetric("Accuracy").direction, "up");
  assert.equal(getMetric("cosine_similarity").direction, "up");
  assert.throws(() => getMetric("precison" as "precision"), /did you mean "precision"\?/);
});

Deno.test("wrong options and shapes are refused", async () => {
  assert.throws(() => new metrics.Precision({ thresholds: 2 }), /from 0 to 1/);
  assert.throws(() => new metrics.Recall({ threshold: 0.5 } as object), /did you mean "thresholds"\?/);
  assert.throws(() => new metrics.AUC({ curve: "roc" as "ROC" }), /did you mean "ROC"\?/);
  assert.throws(() => new metrics.AUC({ numThresholds: 1 }), ValueError);
  assert.throws(() => new metrics.AUC({ numLabels: 2 }), /multiLabel/);
  assert.throws(() => new metrics.F1Score({ average: "mean" as "macro" }), /macro/);
  assert.throws(() => new metrics.IoU({ numClasses: 2, targetClassIds: [2] }), /below 2/);
  assert.throws(() => new metrics.R2Score({ classAggregation: "uniform" as "uniform_average" }), ValueError);
  assert.throws(() => new metrics.TopKCategoricalAccuracy({ k: 0 }), ValueError);
  assert.throws(
    () => new metrics.PrecisionAtRecall({ recall: 80 }),
    /recall must be a number from 0 to 1, received 80/,
  );
  assert.throws(() => new metrics.RecallAtPrecision({} as { precision: number }), /precision must be a number/);
  assert.throws(() => new metrics.SensitivityAtSpecificity({ specificity: 0.5, numThresholds: 0 }), ValueError);
  assert.throws(
    () => new metrics.SpecificityAtSensitivity({ sensitivity: 1, thresholds: 3 } as never),
    /numThresholds/,
  );
  assert.throws(() => new metrics.AUC({ numThresholds: 1e9 }), /from 2 to 100000/);
  assert.throws(() => new metrics.AUC({ numThresholds: 1e5, multiLabel: true, numLabels: 1e9 }), /at most/);
  assert.throws(() => new metrics.AUC({ labelWeights: 3 as never }), /labelWeights must be a list/);
  assert.throws(() => new metrics.MeanIoU({ numClasses: 1e9 }), /numClasses must be at most 8192/);
  assert.throws(() => new metrics.BinaryIoU({ numClasses: 3 } as object), /"numClasses"/);
  assert.throws(() => new metrics.IoU({ numClasses: 2, targetClassIds: null as never }), ValueError);
  assert.throws(() => new metrics.PearsonCorrelation({ axis: "last" as never }), /axis must be/);
  assert.throws(() => new metrics.R2Score({ numRegressors: -1 }), /numRegressors/);
  assert.throws(() => new metrics.Mean(null as never), /options must be one object/);
  assert.throws(() => new metrics.MeanMetricWrapper(3 as never, null as never), ValueError);
  assert.equal(new metrics.Precision({ thresholds: null, topK: null, classId: null }).thresholds[0], 0.5);
  const f1 = new metrics.F1Score();
  await assert.rejects(async () => await compile((t, p) => f1.updateState(t, p))([1], [1]), ShapeError);
  const precision = new metrics.Precision({ classId: 3 });
  await assert.rejects(async () => await compile((t, p) => precision.updateState(t, p))([[1]], [[1]]), /classId/);
});
