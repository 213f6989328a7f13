// Concurrent runs of one model, or of several, give the same results as alone.
import assert from "node:assert/strict";
import { compile } from "../../lib/exec/compile.ts";
import { StateError, ValueError } from "../../lib/errors.ts";
import { Dense, Dropout } from "../../lib/layers/layers.ts";
import { Input } from "../../lib/layers/input.ts";
import { Sequential } from "../../lib/models/sequential.ts";
import { add, multiply } from "../../lib/ops/ops.ts";
import { setRandomSeed } from "../../lib/random_stream.ts";
import { type Tensor, tensor } from "../../lib/tensor/tensor.ts";
import { testOnBackends } from "../backends.ts";
import { assertClose } from "../close.ts";

const rows = 48;
const x = tensor(Float32Array.from({ length: rows * 3 }, (_, i) => Math.sin(i)), [rows, 3]);
const y = tensor(Int32Array.from({ length: rows }, (_, i) => i % 2), [rows]);
const otherX = tensor(Float32Array.from({ length: rows * 3 }, (_, i) => Math.cos(3 * i)), [rows, 3]);
const quiet = { verbose: 0 } as const;

function classifier(seed = 7): Sequential {
  setRandomSeed(seed);
  const model = new Sequential([
    Input({ shape: [3] }),
    new Dense(8, { activation: "relu" }),
    new Dropout(0.25),
    new Dense(2, { activation: "softmax" }),
  ]);
  model.compile({ optimizer: "adam", loss: "sparse_categorical_crossentropy", metrics: ["accuracy"] });
  return model;
}

const options = { epochs: 3, batchSize: 8, ...quiet };
const numbersOf = async (model: Sequential) => (await model.getWeights()).map(({ data }) => [...data]);

/** The history and the weights of a fit that runs alone. */
async function alone(): Promise<readonly [unknown, unknown]> {
  const model = classifier();
  const { history } = await model.fit(x, y, options);
  return [history, await numbersOf(model)];
}

testOnBackends("fit beside evaluations that begin while it runs", async () => {
  const expected = await alone();
  const model = classifier();
  const fitted = model.fit(x, y, options);
  const others = [model.evaluate(otherX, y, quiet), model.testOnBatch(otherX, y), model.predict(otherX, quiet)];
  const { history } = await fitted;
  await Promise.all(others);
  assert.deepEqual([history, await numbersOf(model)], expected);
});

testOnBackends("fit with evaluations in its callbacks", async (backend) => {
  const expected = await alone();
  const model = classifier();
  const results: unknown[] = [];
  const evaluating = {
    async onTrainBatchEnd() {
      results.push(await model.testOnBatch(otherX, y), await model.evaluate(otherX, y, { batchSize: 16, ...quiet }));
    },
    async onEpochEnd() {
      await model.predict(otherX, { batchSize: 16, ...quiet });
      results.push(await model.evaluate(otherX, y, quiet));
    },
  };
  const { history } = await model.fit(x, y, { ...options, callbacks: [evaluating] });
  // Sums kept meanwhile are rounded to the dtype of metrics, which the reference otherwise does not do.
  const numbers = (history: unknown) => Object.values(history as Record<string, number[]>).flat();
  assertClose(numbers(history), numbers(expected[0]), { absolute: 0, relative: backend === "reference" ? 1e-6 : 0 });
  assert.deepEqual(await numbersOf(model), expected[1]);
  assert.deepEqual(results.at(-1), await model.evaluate(otherX, y, quiet));
});

testOnBackends("evaluations at once", async () => {
  const model = classifier();
  const expected = [await model.evaluate(x, y, quiet), await model.evaluate(otherX, y, { batchSize: 7, ...quiet })];
  const callbacks = [{ onTestBatchEnd: () => new Promise<void>((resolve) => setTimeout(resolve, 1)) }];
  const found = await Promise.all([
    model.evaluate(x, y, { callbacks, ...quiet }),
    model.evaluate(otherX, y, { batchSize: 7, callbacks, ...quiet }),
  ]);
  assert.deepEqual(found, expected);
});

testOnBackends("training the model that fit trains is refused", async () => {
  const expected = await alone();
  const model = classifier();
  const fitted = model.fit(x, y, options);
  for (const start of [() => model.trainOnBatch(x, y), () => model.fit(x, y, quiet)]) {
    await assert.rejects(
      start,
      (error: Error) => error instanceof StateError && /a model is trained by one fit at a time/.test(error.message),
    );
  }
  const { history } = await fitted;
  assert.deepEqual([history, await numbersOf(model)], expected);
  await model.trainOnBatch(x, y);
});

testOnBackends("two seeded fits at once", async () => {
  const train = async (model: Sequential) => [(await model.fit(x, y, options)).history, await numbersOf(model)];
  const expected = [await train(classifier(7)), await train(classifier(8))];
  const first = train(classifier(7));
  const second = train(classifier(8));
  assert.deepEqual(await Promise.all([first, second]), expected);
});

testOnBackends("predictions of several models and shapes at once", async () => {
  const models = [classifier(1), classifier(2), classifier(3)];
  const inputs = Array.from({ length: 30 }, (_, i) => x.rows(0, 1 + i % 11));
  const data = async (result: Promise<unknown>) => [...(await result as Tensor).data];
  const predict = (input: Tensor, i: number) =>
    data(models[i % 3].predict(input, { batchSize: i % 2 ? 4 : 32, ...quiet }));
  const expected: number[][] = [];
  for (const [i, input] of inputs.entries()) expected.push(await predict(input, i));
  assert.deepEqual(await Promise.all(inputs.map(predict)), expected);
});

testOnBackends("calls of one compiled function at once", async () => {
  const affine = compile((a, b) => add(multiply(a, 2), b));
  const results = await Promise.all(Array.from({ length: 20 }, (_, i) => affine([i, 1], [1, i])));
  assert.deepEqual(results.map((result) => [...result.data]), Array.from({ length: 20 }, (_, i) => [2 * i + 1, 2 + i]));
});

/** Batches that record when they are closed; at a given position they throw, or yield data that the model rejects. */
function* watched(closed: string[], { throwAt = -1, wrongAt = -1 } = {}): Generator<readonly [Tensor, Tensor]> {
  try {
    for (let i = 0;; i++) {
      if (i === throwAt) throw new Error("mine");
      yield i === wrongAt ? [y, y] : [x.rows(0, 8), y.rows(0, 8)];
    }
  } finally {
    closed.push("closed");
  }
}

testOnBackends("generators are closed however a fit ends", async () => {
  const limits = { stepsPerEpoch: 2, ...quiet };
  const fails: Record<string, (closed: string[]) => Promise<unknown>> = {
    "a callback that throws": (closed) => {
      const onTrainBatchEnd = () => {
        throw new Error("mine");
      };
      return classifier().fit(watched(closed), undefined, { ...limits, callbacks: [{ onTrainBatchEnd }] });
    },
    "a generator that throws": (closed) =>
      classifier().fit(watched(closed, { throwAt: 3 }), undefined, { ...limits, epochs: 2 }),
    "a batch that is refused": (closed) => classifier().fit(watched(closed, { wrongAt: 1 }), undefined, limits),
    "validation that fails": (closed) => {
      const onTestBatchEnd = () => {
        throw new Error("mine");
      };
      return classifier().fit(x, y, {
        ...quiet,
        validationData: watched(closed),
        validationSteps: 2,
        callbacks: [{ onTestBatchEnd }],
      });
    },
    "a prediction that fails": (closed) => {
      const onPredictBatchEnd = () => {
        throw new Error("mine");
      };
      return classifier().predict(watched(closed), { steps: 2, ...quiet, callbacks: [{ onPredictBatchEnd }] });
    },
  };
  for (const [name, fail] of Object.entries(fails)) {
    const closed: string[] = [];
    await assert.rejects(fail(closed), (error: Error) => error.message !== undefined, name);
    assert.deepEqual(closed, ["closed"], name);
  }
  const closed: string[] = [];
  const model = classifier();
  const onEpochEnd = () => {
    model.stopTraining = true;
  };
  await model.fit(watched(closed), undefined, { ...limits, epochs: 4, callbacks: [{ onEpochEnd }] });
  assert.deepEqual(closed, ["closed"], "training that is stopped");
});

testOnBackends("an iterator that breaks the protocol is refused, each time", async () => {
  const model = classifier();
  const broken: unknown[] = [
    { [Symbol.iterator]: () => null },
    { [Symbol.iterator]: () => ({}) },
    { [Symbol.iterator]: () => ({ next: () => undefined }) },
    { [Symbol.asyncIterator]: () => ({ next: () => Promise.resolve(5) }) },
  ];
  for (const source of broken) {
    for (let time = 0; time < 2; time++) {
      await assert.rejects(
        model.fit(source as never, undefined, quiet),
        (error: Error) => error instanceof ValueError && /follow the iterator protocol/.test(error.message),
      );
    }
  }
});
