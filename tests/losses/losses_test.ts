// Losses: reductions, weights, masks, names, recovered logits, and what is refused.
import assert from "node:assert/strict";
import { softmax } from "../../lib/activations.ts";
import { DTypeError, ShapeError, ValueError } from "../../lib/errors.ts";
import { compile } from "../../lib/exec/compile.ts";
import { getLoss } from "../../lib/losses/identify.ts";
import * as losses from "../../lib/losses/losses.ts";
import { getMetric } from "../../lib/metrics/identify.ts";
import { Mean } from "../../lib/metrics/mean.ts";
import { tensor, type TensorLike } from "../../lib/tensor/tensor.ts";
import { testOnBackends } from "../backends.ts";
import { assertClose } from "../close.ts";

const close = { absolute: 1e-4, relative: 1e-5 };
const yTrue = tensor([[1, 9, 2], [-5, -2, 6]]);
const yPred = tensor([[4, 8, 12], [8, 1, 3]]);

function mse(reduction: losses.Reduction | undefined, weight?: TensorLike): ArrayLike<number> {
  const sampleWeight = weight === undefined ? undefined : tensor(weight);
  return new losses.MeanSquaredError({ reduction }).apply(yTrue, yPred, { sampleWeight }).data;
}

Deno.test("reductions and sample weights are those of Keras", () => {
  assertClose(mse(undefined), [49.5], close);
  assertClose(mse(undefined, 2.3), [113.85], close);
  assertClose(mse(undefined, [[1.2], [3.4]]), [127.96667], close);
  assertClose(mse("none", 2.3), [84.33333, 143.36667], close);
  assertClose(mse("sum", 2.3), [227.7], close);
  assertClose(mse("mean_with_sample_weight", [[1.2], [3.4]]), [255.93333 / 4.6], close);
});

Deno.test("a mask divides by what counts", () => {
  const loss = new losses.MeanSquaredError();
  const [t, p] = [tensor([[1], [0], [1], [0]]), tensor([[0.1], [0.2], [0.3], [0.4]])];
  const mask = tensor([1, 0, 1, 1]);
  assertClose(loss.apply(t, p, { mask }).data, [1.46 / 3], close);
  assertClose(loss.apply(t, p, { mask: tensor([0, 0, 0, 0]) }).data, [0], close);
  const sampleWeight = tensor([0.4, 0.3, 0.2, 0.1]);
  const weighted = (0.81 * 0.4 + 0.49 * 0.2 + 0.16 * 0.1) / 3;
  assertClose(loss.apply(t, p, { mask, sampleWeight }).data, [weighted], close);
});

Deno.test("an ignored class does not count", () => {
  const loss = new losses.SparseCategoricalCrossentropy({ fromLogits: true, ignoreClass: -1 });
  const logits = tensor([[[0.854, 0.698, 0.598], [0.088, 0.86, 0.018]]]);
  assertClose(loss.apply(tensor([[-1, 2]]), logits).data, [1.480129], close);
});

Deno.test("label smoothing is that of Keras", () => {
  const bce = new losses.BinaryCrossentropy({ fromLogits: true, labelSmoothing: 0.1 });
  assertClose(bce.apply(tensor([[1, 0, 1]]), tensor([[10, -10, -10]])).data, [3.5], close);
  const cce = new losses.CategoricalCrossentropy({ fromLogits: true, labelSmoothing: 0.1 });
  assertClose(cce.apply(tensor([[1, 0, 0]]), tensor([[100, -100, -100]])).data, [13.33333], close);
});

testOnBackends("probabilities of a softmax are taken back to their logits", async () => {
  const loss = new losses.SparseCategoricalCrossentropy();
  const far = tensor([[200, 0], [0, 200]]);
  const [value] = (await compile((z) => loss.apply(tensor([1, 1]), softmax(z)))(far)).data;
  assertClose([value], [100], close);
});

testOnBackends("a mean weighs what it takes", async () => {
  const mean = new Mean();
  await compile((values, weights) => mean.update(values, weights))([1, 3, 5, 7], [-1, -1, 0, 0]);
  assert.equal(await mean.result(), 2);
});

Deno.test("names find losses and metrics, whatever their case in Keras", () => {
  for (const name of ["mse", "MSE", "mean_squared_error", "MeanSquaredError"] as const) {
    assert.ok(getLoss(name) instanceof losses.MeanSquaredError);
  }
  assert.ok(getLoss("bce") instanceof losses.BinaryCrossentropy);
  assert.equal(getMetric("acc").name, "acc");
  assert.equal(getMetric("mse").name, "mse");
  assert.equal(getLoss("ce").apply(tensor([0]), tensor([[1, 0]])).size, 1);
});

Deno.test("unknown names are refused with a suggestion", () => {
  assert.throws(() => getLoss("mean_squard_error" as "mse"), /did you mean "mean_squared_error"\?/);
  assert.throws(() => getMetric("acuracy" as "acc"), /did you mean "accuracy"\?/);
  assert.throws(() => getLoss(losses.MeanSquaredError as never), /write new losses.MeanSquaredError\(\)/);
  assert.throws(() => new losses.MeanSquaredError({ reduction: "avg" as "sum" }), ValueError);
  assert.throws(() => new losses.BinaryCrossentropy({ from_logits: true } as object), /did you mean "fromLogits"\?/);
  assert.throws(() => new losses.BinaryCrossentropy({ labelSmoothing: 2 }), ValueError);
});

Deno.test("shapes that do not fit are refused", () => {
  const one = tensor([[1, 0, 0]]);
  assert.throws(() => losses.meanSquaredError(tensor([1, 2]), tensor([[1, 2, 3]])), ShapeError);
  assert.throws(() => losses.categoricalCrossentropy(tensor([1]), one), ShapeError);
  assert.throws(() => losses.sparseCategoricalCrossentropy(one, one), /categorical_crossentropy/);
  assert.throws(() => tensor(new Float64Array(1) as never), DTypeError);
});
