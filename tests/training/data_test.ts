// Data that does not fit the model: each mistake has its message, before the first step.
import assert from "node:assert/strict";
import { ShapeError, StateError, ValueError } from "../../lib/errors.ts";
import { Dense } from "../../lib/layers/core.ts";
import { Input } from "../../lib/layers/input.ts";
import type { LossIdentifier } from "../../lib/losses/resolve.ts";
import { Sequential } from "../../lib/models/sequential.ts";
import { ones, zeros } from "../../lib/ops/composed.ts";
import { Tensor, tensor, type TensorLike } from "../../lib/tensor/tensor.ts";
import type { FitOptions } from "../../lib/training/options.ts";
import { testOnBackends } from "../backends.ts";

function classifier(loss: LossIdentifier = "sparse_categorical_crossentropy", units = 3): Sequential {
  const model = new Sequential([Input({ shape: [4] }), new Dense(units, { activation: "softmax" })], { name: "m" });
  model.compile({ optimizer: "sgd", loss, metrics: ["accuracy"] });
  return model;
}

async function refused(
  model: Sequential,
  x: TensorLike,
  y: TensorLike | undefined,
  expected: RegExp,
  kind: new (...args: never[]) => Error = ValueError,
  options: FitOptions<TensorLike, TensorLike, TensorLike> = {},
) {
  const before = await model.getWeights();
  await assert.rejects(model.fit(x, y, { verbose: 0, ...options }), (error: Error) => {
    assert.match(error.message, expected);
    assert.ok(error instanceof kind, `${error.name} is no ${kind.name}`);
    return true;
  });
  assert.deepEqual(await model.getWeights(), before);
}

const x = ones([10, 4]);
const y = zeros([10], "int32");

testOnBackends("a model that is not compiled says how to compile it", async () => {
  const model = new Sequential([new Dense(1)]);
  for (const run of [model.fit(x, y), model.evaluate(x, y), model.trainOnBatch(x, y), model.testOnBatch(x, y)]) {
    await assert.rejects(run, (error: Error) => {
      assert.ok(error instanceof StateError);
      assert.match(error.message, /it is not compiled: call model.compile\(\{ optimizer/);
      return true;
    });
  }
});

testOnBackends("numbers of samples must agree", async () => {
  await refused(classifier(), x, y.rows(0, 7), /same number of samples, received 10 in x and 7 in y/);
  await refused(classifier(), x, y, /received 10 in x and 3 in sampleWeight/, ValueError, { sampleWeight: [1, 1, 1] });
  await refused(classifier(), zeros([0, 4]), zeros([0]), /at least one sample, received \[0, 4\]/, ShapeError);
  await refused(classifier(), x, undefined, /needs targets y/);
});

testOnBackends("features must have the model's shape", async () => {
  await refused(
    classifier(),
    ones([10, 5]),
    y,
    /built for the shape \[null, 4\], received \[10, 5\]: x has 5 features per row, the model was built for 4/,
    ShapeError,
  );
  await refused(classifier(), ones([4]), [0], /the batch axis is missing/, ShapeError);
  await refused(classifier(), ones([10, 2, 2]), y, /put a Reshape or Flatten layer first/, ShapeError);
});

testOnBackends("an axis of one at the end is added or dropped as Keras does", async () => {
  const model = new Sequential([Input({ shape: [1] }), new Dense(1)]);
  model.compile({ optimizer: "sgd", loss: "mse" });
  await model.fit([1, 2, 3], [1, 2, 3], { verbose: 0 });
  assert.deepEqual((await model.predict([1, 2], { verbose: 0 })).shape, [2, 1]);
  assert.deepEqual((await model.predict(ones([2, 1, 1]), { verbose: 0 })).shape, [2, 1]);
});

testOnBackends("rows in memory that is shared with workers are data like others", async () => {
  const rows: Float32Array[] = Array.from({ length: 10 }, () => new Float32Array(new SharedArrayBuffer(16)));
  rows.forEach((row, i) => row.set([i, 1, 2, 3]));
  const whole = new Float32Array(new SharedArrayBuffer(160));
  rows.forEach((row, i) => whole.set(row, 4 * i));
  const numbers = rows.map((row) => Array.from(row));
  const [first] = await classifier().getWeights();
  const trained = [];
  for (const given of [tensor(numbers), rows, tensor(whole, [10, 4])]) {
    const model = classifier();
    await model.setWeights([first, zeros([3])]);
    await model.fit(given, y, { verbose: 0, shuffle: false });
    trained.push(await model.getWeights());
  }
  assert.notDeepEqual(trained[0][0], first);
  assert.deepEqual([trained[1], trained[2]], [trained[0], trained[0]]);
});

testOnBackends("labels must name a class", async () => {
  const wrong = (row: number, label: number, dtype: "int32" | "float32" = "int32") => {
    const data = Array(10).fill(0);
    data[row] = label;
    return tensor(data, undefined, dtype);
  };
  await refused(classifier(), x, wrong(6, 7), /from 0 to 2, as the model's output has 3 classes, received 7 in row 6/);
  await refused(classifier(), x, wrong(2, 3), /received 3 in row 2 of y: count classes from 0/);
  await refused(classifier(), x, wrong(0, -1), /received -1 in row 0/);
  await refused(classifier(), x, wrong(4, 1.5, "float32"), /whole numbers, received 1.5 in row 4/);
  await refused(classifier(), x, wrong(4, NaN, "float32"), /received NaN in row 4/);
  await assert.rejects(classifier().evaluate(x, wrong(1, 9), { verbose: 0 }), /received 9 in row 1/);
});

testOnBackends("targets must suit the loss", async () => {
  await refused(
    classifier(),
    x,
    zeros([10, 3]),
    /one-hot targets need the loss "categorical_crossentropy"/,
    ShapeError,
  );
  await refused(
    classifier("categorical_crossentropy"),
    x,
    y,
    /output, \[null, 3\], received \[10\]: for class numbers use the loss "sparse_categorical_crossentropy"/,
    ShapeError,
  );
  await refused(classifier("mse", 2), x, zeros([10]), /output, \[null, 2\], received \[10\]/, ShapeError);
  await refused(classifier("mse", 2), x, zeros([10, 1]), /received \[10, 1\]/, ShapeError);
  await refused(classifier("binary_crossentropy", 1), x, zeros([10, 2]), /received \[10, 2\]/, ShapeError);
});

testOnBackends("a split must be at least 0 and less than 1, and leave something", async () => {
  for (const validationSplit of [1, 1.5, -0.1, NaN]) {
    await refused(classifier(), x, y, /at least 0 and less than 1/, RangeError, { validationSplit });
  }
  await refused(classifier(), x, y, /0.99 of 10 samples/, ValueError, { validationSplit: 0.99 });
});

testOnBackends("options must make sense", async () => {
  const model = classifier();
  await refused(model, x, y, /batchSize must be an integer of at least 1, received 0/, ValueError, { batchSize: 0 });
  await refused(model, x, y, /epochs/, ValueError, { epochs: 1.5 });
  await refused(model, x, y, /verbose must be/, ValueError, { verbose: 3 as 2 });
  await refused(model, x, y, /did you mean "batchSize"/, ValueError, { batch_size: 4 } as object);
  await refused(model, x, y, /callbacks must be a list/, ValueError, { callbacks: {} as [] });
  await refused(model, x, y, /\[x, y\] or \[x, y, sampleWeight\]/, ValueError, { validationData: [x] as never });
  await refused(model, x, y, /with validationData: .*received 4 in row 0/, ValueError, {
    validationData: [x.rows(0, 1), [4]],
  });
  await refused(model, x, y, /only one of sampleWeight and classWeight/, ValueError, {
    sampleWeight: ones([10]),
    classWeight: { 0: 1 },
  });
  await refused(model, [x, x] as never, y, /takes one tensor as x, received a list of 2/);
});

testOnBackends("NaN in the data is named once, with its row", async () => {
  const bad = new Tensor([10, 4], "float32", Float32Array.from(x.data));
  bad.data[4 * 3 + 2] = NaN;
  const heard: string[] = [];
  const { warn } = console;
  console.warn = (text: string) => heard.push(text);
  try {
    await classifier().fit(bad, y, { verbose: 0, epochs: 3 });
  } finally {
    console.warn = warn;
  }
  assert.match(heard[0], /^x has NaN in row 3, element 2/);
  assert.match(heard[1], /^The loss of "m" is NaN in epoch 1/);
  assert.equal(heard.length, 2);
});

testOnBackends("NaN or an infinity in sampleWeight is named before training, in arrays and in batches", async () => {
  const heard: string[] = [];
  const { warn } = console;
  console.warn = (text: string) => heard.push(text);
  const first = async (run: () => Promise<unknown>) => {
    heard.length = 0;
    await run();
    return heard[0];
  };
  const weights = (bad: number) => tensor([1, 1, 1, 1, bad, 1, 1, 1, 1, 1]);
  const quiet = { verbose: 0 } as const;
  try {
    assert.match(
      await first(() => classifier().fit(x, y, { ...quiet, sampleWeight: weights(NaN) })),
      /^sampleWeight has NaN in row 4: what fit "m" computes from it will be NaN$/,
    );
    assert.match(
      await first(() => classifier().evaluate(x, y, { ...quiet, sampleWeight: weights(-Infinity) })),
      /^sampleWeight has -Infinity in row 4: what evaluate "m" computes from it will be NaN or infinite$/,
    );
    assert.match(
      await first(() => classifier().fit(x, y, { ...quiet, validationData: [x, y, weights(Infinity)] })),
      /^sampleWeight has Infinity in row 4: what fit "m" with validationData computes/,
    );
    const batches = function* () {
      yield [x, y, weights(NaN)] as const;
    };
    assert.match(
      await first(() => classifier().fit(batches, undefined, quiet)),
      /^sampleWeight has NaN in row 4: what fit "m", batch 0 computes/,
    );
  } finally {
    console.warn = warn;
  }
});

Deno.test("compile checks every name at once", () => {
  const model = new Sequential([new Dense(1)], { name: "m" });
  assert.throws(() => model.compile({ optimizer: "adm" as "adam", loss: "mse" }), /Cannot compile "m".*"adam"/);
  assert.throws(() => model.compile({ loss: "msee" as "mse" }), /did you mean "mse"\?/);
  assert.throws(() => model.compile({ loss: "mse", metrics: ["acuracy" as "acc"] }), /did you mean "accuracy"\?/);
  assert.throws(() => model.compile({ optimizer: "sgd" } as never), /there must be a loss/);
  assert.throws(() => model.compile({ loss: "mse", metric: [] } as never), /did you mean "metrics"\?/);
});
