// null is Python's None: it may be given wherever None is Keras's default, and means that nothing was given.
import assert from "node:assert/strict";
import { isClass } from "../lib/errors.ts";
import { snakeCase } from "../lib/names.ts";
import { optionsOfClass, type OptionTable } from "../lib/options.ts";
import { summaryOptions } from "../lib/models/summary.ts";
import { compileOptions } from "../lib/training/compile_options.ts";
import {
  evaluateOptions,
  fitOptions,
  predictOptions,
  testOnBatchOptions,
  trainOnBatchOptions,
} from "../lib/training/options.ts";
import { Input, layers, ops, Sequential, tensor, utils } from "../mod.ts";
import { testOnBackends } from "./backends.ts";
import { namespaces } from "./exported_classes.ts";
import { golden } from "./golden.ts";

const signatures: {
  classes: Readonly<Record<string, Readonly<Record<string, boolean>>>>;
  methods: Readonly<Record<string, Readonly<Record<string, boolean>>>>;
} = golden("signatures");

/** Options whose values every object must have. */
const needed: ReadonlySet<string> = new Set(["layers.InputLayer.shape", "layers.CategoryEncoding.numTokens"]);

Deno.test("every option of a class may be null where Keras's default is None", () => {
  const refusing: string[] = [];
  let seen = 0;
  for (const [family, classes] of Object.entries(namespaces)) {
    for (const [name, Class] of Object.entries(classes)) {
      const parameters = signatures.classes[`${family}.${name}`];
      if (!isClass(Class) || !parameters) continue;
      for (const [option, of] of Object.entries(optionsOfClass(Class))) {
        const isNone = parameters[of.key ?? snakeCase(option)] ?? parameters[snakeCase(option)];
        if (!isNone || !of.offered || needed.has(`${family}.${name}.${option}`)) continue;
        seen++;
        if (!of.nullable) refusing.push(`${family}.${name}: ${option}`);
      }
    }
  }
  assert.deepEqual(refusing, []);
  assert.ok(seen > 200, `${seen}`);
});

Deno.test("every option of a method may be null where, and only where, Keras's default is None", () => {
  const tables: Readonly<Record<string, OptionTable>> = {
    compile: compileOptions,
    fit: fitOptions,
    evaluate: evaluateOptions,
    predict: predictOptions,
    train_on_batch: trainOnBatchOptions,
    test_on_batch: testOnBatchOptions,
    summary: summaryOptions,
  };
  /** Keras's default is a name, for which null is refused or, as for a loss, has a meaning of its own. */
  const own = new Set(["compile.optimizer", "compile.loss"]);
  for (const [method, table] of Object.entries(tables)) {
    for (const [option, of] of Object.entries(table)) {
      const isNone = signatures.methods[method][snakeCase(option)];
      if (isNone === undefined || !of.offered || own.has(`${method}.${option}`)) continue;
      assert.equal(of.nullable, isNone, `${method}: ${option}`);
    }
  }
});

const x = [[0, 1], [1, 0], [1, 1], [0, 0]];
const y = [0, 1, 1, 0];

function classifier(): Sequential {
  const model = new Sequential([
    Input({ shape: [2], dtype: null, batchSize: null }),
    new layers.Dense(2, { activation: "softmax" }),
  ], { name: "m" });
  model.compile({ optimizer: "sgd", loss: "sparse_categorical_crossentropy" });
  return model;
}

testOnBackends("methods take null for what is not given", async () => {
  const none = { batchSize: null, callbacks: null, sampleWeight: null };
  const model = classifier();
  const { history } = await model.fit(x, y, {
    ...none,
    classWeight: null,
    validationData: null,
    stepsPerEpoch: null,
    validationSteps: null,
    validationBatchSize: null,
    verbose: 0,
  });
  assert.equal(history.loss.length, 1);
  const { loss } = await model.evaluate(x, y, { verbose: 0 });
  assert.equal((await model.evaluate(x, y, { ...none, steps: null, verbose: 0 })).loss, loss);
  assert.equal((await model.testOnBatch(x, y, { sampleWeight: null })).loss, loss);
  assert.equal((await model.trainOnBatch(x, y, { sampleWeight: null, classWeight: null })).loss, loss);
  const outputs = await model.predict(x, { batchSize: null, callbacks: null, steps: null, verbose: 0 });
  assert.deepEqual(outputs.shape, [4, 2]);
  const batches = function* () {
    yield [x, y] as const;
  };
  const streamed = await model.fit(batches, null, { ...none, classWeight: null, verbose: 0 });
  assert.equal(streamed.history.loss.length, 1);
});

testOnBackends("null is refused where Keras's default is not None", async () => {
  for (const option of ["epochs", "verbose", "validationSplit", "shuffle", "initialEpoch", "validationFreq"]) {
    await assert.rejects(
      () => classifier().fit(x, y, { verbose: 0, [option]: null }),
      { message: `Cannot fit "m": ${option} must not be null, received null: leave it out for the default` },
    );
  }
});

Deno.test("functions of ops take null for an axis where Keras's default is None", () => {
  const matrix = tensor([[1, 5, 3], [4, 2, 6]]);
  const index = tensor([1], undefined, "int32");
  const calls: readonly (readonly [string, (axis: null | undefined) => { toArray(): unknown }])[] = [
    ["sum", (axis) => ops.sum(matrix, axis)],
    ["mean", (axis) => ops.mean(matrix, axis)],
    ["nanmean", (axis) => ops.nanmean(matrix, axis)],
    ["median", (axis) => ops.median(matrix, axis)],
    ["average", (axis) => ops.average(matrix, axis)],
    ["argmax", (axis) => ops.argmax(matrix, axis)],
    ["argmin", (axis) => ops.argmin(matrix, axis)],
    ["cumsum", (axis) => ops.cumsum(matrix, axis)],
    ["cumprod", (axis) => ops.cumprod(matrix, axis)],
    ["repeat", (axis) => ops.repeat(matrix, 2, axis)],
    ["roll", (axis) => ops.roll(matrix, 1, axis)],
    ["take", (axis) => ops.take(matrix, index, axis)],
    ["takeAlongAxis", (axis) => ops.takeAlongAxis(matrix, index, axis)],
    ["append", (axis) => ops.append(matrix, matrix, axis)],
    ["squeeze", (axis) => ops.squeeze(matrix, axis)],
  ];
  for (const [name, call] of calls) assert.deepEqual(call(null).toArray(), call(undefined).toArray(), name);
  assert.equal(ops.sum(matrix, null).item(), 21);
  assert.equal(ops.argmin(matrix, null).item(), 0);
});

Deno.test("utils take null for what is not given", () => {
  assert.deepEqual(utils.toCategorical([0, 2], null).shape, [2, 3]);
  assert.deepEqual(utils.padSequences([[1], [2, 3]], { maxlen: null }).shape, [2, 2]);
});
