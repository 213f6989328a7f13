// Lambda: the arguments of its function, shapes, masks, several inputs, and its config.
import assert from "node:assert/strict";
import { clearSession } from "../../lib/exec/select.ts";
import type { Value } from "../../lib/ir/value.ts";
import { Input } from "../../lib/layers/input.ts";
import * as layers from "../../lib/layers/layers.ts";
import { Model } from "../../lib/models/model.ts";
import { Sequential } from "../../lib/models/sequential.ts";
import { add, cast, multiply, square, sum } from "../../lib/ops/primitives.ts";
import { ones } from "../../lib/ops/composed.ts";
import { tensor } from "../../lib/tensor/tensor.ts";
import { testOnBackends } from "../backends.ts";

const quiet = { verbose: 0 } as const;

testOnBackends("Lambda applies a function, with arguments of its own, to what it is given", async () => {
  const scaled = new layers.Lambda((x, { factor }) => multiply(square(x), factor as number), {
    arguments: { factor: 3 },
  });
  const model = new Sequential([Input({ shape: [2] }), scaled]);
  assert.deepEqual(model.outputShape, [null, 2]);
  assert.deepEqual((await model.predict(tensor([[1, 2]]), quiet)).toArray(), [[3, 12]]);
});

testOnBackends("Lambda's function knows whether it is training", async () => {
  const model = new Sequential([
    Input({ shape: [1] }),
    new layers.Lambda((x, { training }) => multiply(x, training ? 10 : 1)),
  ]);
  model.compile({ optimizer: "sgd", loss: (_y: Value, yPred: Value) => sum(yPred, -1) });
  assert.equal((await model.trainOnBatch(ones([1, 1]), ones([1, 1]))).loss, 10);
  assert.equal((await model.testOnBatch(ones([1, 1]), ones([1, 1]))).loss, 1);
});

testOnBackends("Lambda drops the mask of its input, or makes one", async () => {
  const x = tensor([[[1], [0], [2]]]);
  const counted = (mask?: (x: Value, mask: unknown) => Value) =>
    new Sequential([
      Input({ shape: [3, 1] }),
      new layers.Masking(),
      new layers.Lambda((x) => multiply(x, 2), { mask }),
      new layers.Lambda((x, { mask }) => (mask ? sum(cast(mask as Value, "float32"), -1) : sum(x, [1, 2]))),
    ]);
  assert.deepEqual((await counted().predict(x, quiet)).toArray(), [6]);
  assert.deepEqual((await counted((_x, mask) => mask as Value).predict(x, quiet)).toArray(), [2]);
});

testOnBackends("Lambda takes a list", async () => {
  const x = Input({ shape: [2] });
  const sum = new layers.Lambda(([a, b]: readonly Value[]) => add(a, multiply(b, 10)));
  const model = new Model({ inputs: x, outputs: sum.apply([x, x]) });
  assert.deepEqual(model.outputShape, [null, 2]);
  assert.deepEqual((await model.predict(tensor([[1, 2]]), quiet)).toArray(), [[11, 22]]);
});

Deno.test("Lambda's shape is that given, or found by tracing", () => {
  const flat = (x: Value) => sum(x, 1);
  assert.deepEqual(new layers.Lambda(flat).computeOutputShape([null, 3, 4]), [null, 4]);
  assert.deepEqual(new layers.Lambda(flat, { outputShape: [4] }).computeOutputShape([null, null, 4]), [null, 4]);
  const outputShape = (shape: unknown) => [(shape as number[])[0], (shape as number[])[2]];
  assert.deepEqual(new layers.Lambda(flat, { outputShape }).computeOutputShape([null, 3, 4]), [null, 4]);
});

Deno.test("Lambda's config names its functions, as Keras's does for named functions", async () => {
  await clearSession();
  function double(x: Value) {
    return multiply(x, 2);
  }
  // As Keras 3.15 writes a Lambda of a module's function `double`.
  const named = { module: "builtins", class_name: "function", config: "double", registered_name: "function" };
  const { dtype: _, ...config } = new layers.Lambda(double, { outputShape: [2] }).getConfig();
  assert.deepEqual(config, { name: "lambda", trainable: true, function: named, output_shape: [2], arguments: {} });
});
