// Losses: reductions, weights, masks, names, recovered logits, and errors.
import assert from "node:assert/strict";
import { sigmoid, softmax } from "../../lib/activations.ts";
import { DTypeError, ShapeError, ValueError } from "../../lib/errors.ts";
import { compile } from "../../lib/exec/compile.ts";
import { getLoss } from "../../lib/losses/resolve.ts";
import type { Value } from "../../lib/ir/value.ts";
import * as losses from "../../lib/losses/losses.ts";
import { getMetric } from "../../lib/metrics/resolve.ts";
import { Mean } from "../../lib/metrics/mean.ts";
import * as ops from "../../lib/ops/ops.ts";
import { gradients } from "../../lib/tensor/gradients.ts";
import { tensor, type TensorLike } from "../../lib/tensor/tensor.ts";
import { testOnBackends } from "../backends.ts";
import { assertClose } from "../close.ts";
import { golden, makeLoss } from "../golden.ts";

const close = { absolute: 1e-4, relative: 1e-5 };
const yTrue = tensor([[1, 9, 2], [-5, -2, 6]]);
const yPred = tensor([[4, 8, 12], [8, 1, 3]]);

function mse(reduction: losses.Reduction | undefined, weight?: TensorLike): ArrayLike<number> {
  const sampleWeight = weight === undefined ? undefined : tensor(weight);
  return new losses.MeanSquaredError({ reduction }).apply(yTrue, yPred, { sampleWeight }).data;
}

for (const spec of golden("configs").losses) {
  Deno.test(`${spec.name}: the config is that of Keras`, () => {
    const loss = makeLoss(spec) as losses.Loss;
    assert.deepEqual(loss.serialize(), spec.serialized);
  });
}

for (const [name, theirs] of Object.entries<string>(golden("configs").identifiers.losses)) {
  if (["Loss", "LossFunctionWrapper"].includes(name)) continue; // bases, which no name finds
  Deno.test(`the name ${name} finds the loss of Keras`, () => {
    const found = getLoss(name as losses.LossName).constructor.name;
    const squashed = (text: string) => text.toLowerCase().replaceAll("_", "");
    assert.equal(squashed(found), squashed(theirs));
  });
}

Deno.test("numbers of Keras's own tests", () => {
  const value = (loss: losses.Loss, t: TensorLike, p: TensorLike) => loss.apply(tensor(t), tensor(p)).data;
  assertClose(value(new losses.MeanAbsolutePercentageError(), yTrue, yPred), [211.8518], close);
  assertClose(value(new losses.MeanSquaredLogarithmicError(), yTrue, yPred), [1.4370], close);
  const [bits, scores] = [[[0, 1], [0, 0]], [[0.6, 0.4], [0.4, 0.6]]];
  const none = { reduction: "none" as const };
  assertClose(value(new losses.Hinge(none), bits, scores), [1.1, 1.5], close);
  assertClose(value(new losses.SquaredHinge(none), bits, scores), [1.46, 2.26], close);
  assertClose(value(new losses.CategoricalHinge(none), bits, scores), [1.2, 1.6], close);
  const focal = new losses.BinaryFocalCrossentropy({ gamma: 2 });
  assertClose(value(focal, [[1, 0], [1, 0]], [[0.9, 0.8], [0.7, 0.2]]), [0.268], { absolute: 5e-4, relative: 0 });
  const eye = [[1, 0, 0], [0, 1, 0], [0, 0, 1]];
  const chances = [[0.9, 0.05, 0.05], [0.5, 0.89, 0.6], [0.05, 0.01, 0.94]];
  assertClose(value(new losses.CategoricalFocalCrossentropy(), eye, chances), [0.02059], {
    absolute: 1e-5,
    relative: 0,
  });
  const sparse = new losses.SparseCategoricalCrossentropy({ fromLogits: true, ignoreClass: -1, ...none });
  assertClose(value(sparse, [[-1, 2]], [[[0.854, 0.698, 0.598], [0.088, 0.86, 0.018]]]), [0, 1.480129], close);
});

testOnBackends("focal losses recover logits of a sigmoid", async () => {
  const loss = new losses.BinaryFocalCrossentropy({ gamma: 0 });
  const [value] = (await compile((z) => loss.apply(tensor([[1]]), sigmoid(z)))(tensor([[-100]]))).data;
  assertClose([value], [100], close);
});

Deno.test("every loss refuses options that it does not have, and shapes that do not fit", () => {
  const names = [
    "MeanAbsolutePercentageError",
    "MeanSquaredLogarithmicError",
    "Huber",
    "LogCosh",
    "Hinge",
    "SquaredHinge",
    "CategoricalHinge",
    "KLDivergence",
    "Poisson",
    "CosineSimilarity",
    "BinaryFocalCrossentropy",
    "CategoricalFocalCrossentropy",
  ] as const;
  for (const name of names) {
    assert.throws(() => new losses[name]({ reductoin: "sum" } as object), /did you mean "reduction"\?/, name);
    assert.throws(() => new losses[name]().apply(yTrue, tensor([[1, 2]])), ShapeError, name);
  }
  assert.throws(() => new losses.Huber({ delta: -1 }), ValueError);
  assert.throws(() => new losses.BinaryFocalCrossentropy({ labelSmoothing: 2 }), ValueError);
  assert.throws(() => new losses.CategoricalFocalCrossentropy({ gamma: -1 }), ValueError);
});

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

Deno.test("sequences and embeddings of wrong shapes are refused", () => {
  assert.throws(() => losses.ctc(tensor([1, 2]), tensor([[[0, 1]]])), /\[batch, steps, classes\], received \[2\]/);
  assert.throws(() => losses.circle(tensor([1]), tensor([1])), /outputs must be embeddings \[batch, n\]/);
  assert.throws(() => new losses.CategoricalGeneralizedCrossEntropy({ q: 1 }), /above 0 and below 1, received 1/);
  assert.throws(() => new losses.Circle({ gamma: -1 }), /gamma must be a number from 0/);
});

Deno.test("a loss of one number for a batch is weighted by the mean of the weights, as in Keras", () => {
  const [targets, outputs] = [tensor([[1, 0], [0, 1]]), tensor([[0.75, 0.25], [0.5, 0.25]])];
  const loss = new losses.Dice();
  const weighted = loss.apply(targets, outputs, { sampleWeight: tensor([1, 4]) }).item();
  assertClose([weighted], [2.5 * loss.apply(targets, outputs).item()], { absolute: 1e-6, relative: 1e-6 });
});

// The softmax of [0, log 3] is [1/4, 3/4].
testOnBackends("a class out of range has no loss and no gradient", async () => {
  const measured = compile((x: Value, classes: Value) => {
    const loss = ops.sparseCategoricalCrossentropy(classes, x, { fromLogits: true });
    return [loss, ...gradients(ops.sum(loss), [x])];
  });
  const row = [0, Math.log(3)];
  const [loss, slope] = await measured([row, row, row], tensor([1, 0, 2], undefined, "int32"));
  const near = { absolute: 1e-6, relative: 1e-6 };
  assertClose(loss.data, [Math.log(4 / 3), Math.log(4), 0], near);
  assertClose(slope.data, [0.25, -0.25, -0.75, 0.75, 0, 0], near);
});
