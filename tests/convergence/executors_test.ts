// The executors against each other: the same random numbers and row order on all of them, and one loss curve.
import assert from "node:assert/strict";
import {
  datasets,
  Input,
  layers,
  Model,
  Sequential,
  setRandomSeed,
  type StepData,
  Tensor,
  type Value,
  Variable,
} from "../../mod.ts";
import { add, dynamicUpdateSlice, reshape } from "../../lib/ops/primitives.ts";
import { backends, useBackend } from "../backends.ts";
import { assertClose } from "../close.ts";

const [rows, columns, batch, epochs] = [40, 6, 8, 2];
const stepsPerRun = epochs * rows / batch;

/** A model that learns nothing, but records the output of its dropout for each batch. */
class Watch extends Model {
  dropout = new layers.Dropout(0.4);
  seen = Variable.zeros([stepsPerRun, batch * columns], { trainable: false });
  step = Variable.zeros([1], { dtype: "int32", trainable: false });
  override call(x: Value) {
    return this.dropout.apply(x);
  }
  override trainStep({ x }: StepData) {
    const batchNow = reshape(this.dropout.apply(x, { training: true }), [1, batch * columns]);
    this.seen.assign(dynamicUpdateSlice(this.seen, batchNow, this.step, 0));
    this.step.assign(add(this.step, 1));
  }
}

Deno.test("every executor shuffles the same rows and drops the same elements [webgpu]", async () => {
  // Every element of a row is the row's number, from 1 on: nonzero values identify the row, zeros were dropped.
  const x = new Tensor(
    [rows, columns],
    "float32",
    Float32Array.from({ length: rows * columns }, (_, i) => 1 + Math.floor(i / columns)),
  );
  const draws = new Map<string, number[]>();
  for (const backend of backends) {
    await useBackend(backend, { compounds: true });
    setRandomSeed(11);
    const model = new Watch();
    model.compile({ optimizer: "sgd", loss: null });
    await model.fit(x, undefined, { batchSize: batch, epochs, verbose: 0 });
    // Kept elements are divided by the fraction that is kept.
    draws.set(backend, [...(await model.seen.read()).data].map((value) => Math.round(value * 0.6 * 100) / 100));
  }
  const [first, ...others] = draws.values();
  const dropped = first.filter((value) => value === 0).length / first.length;
  assert.ok(Math.abs(dropped - 0.4) < 0.06, `${dropped} of all elements are dropped`);
  const rowsSeen = Array.from(
    { length: epochs * rows },
    (_, i) => Math.max(...first.slice(columns * i, columns * (i + 1))),
  );
  assert.notDeepEqual(rowsSeen.slice(0, rows), rowsSeen.slice(rows), "each epoch has an order of its own");
  for (const each of others) assert.deepEqual(each, first);
});

/** Loss and accuracy of each tenth of an epoch of the README's model, in order. */
async function learningCurve(): Promise<{ loss: number[]; accuracy: number[] }> {
  const [[x, y]] = await datasets.mnist.loadData();
  setRandomSeed(3);
  const model = new Sequential([
    Input({ shape: [28, 28], dtype: "uint8" }),
    new layers.Rescaling(1 / 255),
    new layers.Flatten(),
    new layers.Dense(512, { activation: "relu" }),
    new layers.Dense(10, { activation: "softmax" }),
  ]);
  model.compile({ optimizer: "rmsprop", loss: "sparse_categorical_crossentropy", metrics: ["accuracy"] });
  const curve = { loss: [] as number[], accuracy: [] as number[] };
  for (let from = 0; from < 60000; from += 6000) {
    const tenth = [x.rows(from, from + 6000), y.rows(from, from + 6000)] as const;
    const { history } = await model.fit(...tenth, { batchSize: 120, verbose: 0 });
    curve.loss.push(...history.loss);
    curve.accuracy.push(...history.accuracy);
  }
  return curve;
}

let expected: ReturnType<typeof learningCurve> | undefined;

// Without the reference: it takes hours for an epoch.
for (const backend of backends.filter((name) => name !== "eigen" && name !== "reference")) {
  Deno.test(`an epoch of MNIST has the same curve of loss and accuracy as on eigen [${backend}]`, async () => {
    await useBackend("eigen");
    const right = await (expected ??= learningCurve());
    assert.ok(right.loss[9] < right.loss[0] / 4 && right.accuracy[9] > 0.96, JSON.stringify(right));
    await useBackend(backend, { compounds: true });
    const { loss, accuracy } = await learningCurve();
    // 500 steps of rounding differences: one percent of the loss, two samples in a thousand.
    assertClose(loss, right.loss, { absolute: 0, relative: 0.01 }, "loss");
    assertClose(accuracy, right.accuracy, { absolute: 0.002, relative: 0 }, "accuracy");
  });
}
