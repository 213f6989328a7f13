// Folds and cross-validation: scikit-learn's folds, and scores by hand.
import assert from "node:assert/strict";
import { setBackend } from "../../lib/exec/select.ts";
import { Dense } from "../../lib/layers/core.ts";
import { Input } from "../../lib/layers/input.ts";
import { Sequential } from "../../lib/models/sequential.ts";
import { SGD } from "../../lib/optimizers/optimizers.ts";
import { tensor } from "../../lib/tensor/tensor.ts";
import { crossValidate, type Fold, kFold, stratifiedKFold } from "../../lib/tuning/tuning.ts";
import { assertClose } from "../close.ts";

const testsOf = (folds: readonly Fold[]) => folds.map(({ test }) => [...test]);
const labels = [2, 0, 1, 0, 0, 1, 2, 0, 1, 1, 0, 0, 1];

Deno.test("tuning: folds are those of scikit-learn 1.9", () => {
  // KFold(4) and KFold(4, shuffle=True, random_state=7) of 11 rows, StratifiedKFold(3) and with random_state=5 of `labels`.
  assert.deepEqual(testsOf(kFold(11, { nSplits: 4 })), [[0, 1, 2], [3, 4, 5], [6, 7, 8], [9, 10]]);
  assert.deepEqual(testsOf(kFold(11, { nSplits: 4, shuffle: true, seed: 7 })), [
    [0, 5, 8],
    [1, 2, 10],
    [3, 6, 7],
    [4, 9],
  ]);
  assert.deepEqual(testsOf(stratifiedKFold(labels, { nSplits: 3 })), [
    [0, 1, 2, 3, 5],
    [4, 6, 7, 8],
    [9, 10, 11, 12],
  ]);
  assert.deepEqual(testsOf(stratifiedKFold(labels, { nSplits: 3, shuffle: true, seed: 5 })), [
    [0, 2, 7, 9, 10],
    [1, 3, 6, 8],
    [4, 5, 11, 12],
  ]);
});

Deno.test("tuning: each row is tested once, and trained on in all other folds", () => {
  for (const folds of [kFold(11, { nSplits: 3, shuffle: true, seed: 1 }), stratifiedKFold(labels, { nSplits: 3 })]) {
    const rows = folds[0].train.length + folds[0].test.length;
    const all = Array.from({ length: rows }, (_, row) => row);
    assert.deepEqual(testsOf(folds).flat().sort((a, b) => a - b), all);
    for (const { train, test } of folds) assert.deepEqual([...train, ...test].sort((a, b) => a - b), all);
  }
});

Deno.test("tuning: folds that cannot be are refused", () => {
  assert.throws(() => kFold(3), /a row for each of the 5 folds/);
  assert.throws(() => kFold(3, { nSplits: 1 }), /nSplits must be an integer of at least 2/);
  assert.throws(() => stratifiedKFold([0, 1, 2], { nSplits: 2 }), /a class must have at least as many rows/);
  assert.throws(() => stratifiedKFold([[0, 1], [1, 0]], { nSplits: 2 }), /one class for each row/);
});

Deno.test("tuning: cross-validation gives the scores of each fold, their mean and deviation [eigen]", async () => {
  await setBackend("eigen");
  let built = 0;
  const build = () => {
    built++;
    const model = new Sequential([Input({ shape: [1] }), new Dense(1, { kernelInitializer: "ones", useBias: false })]);
    model.compile({ optimizer: new SGD({ learningRate: 0.5 }), loss: "mse", metrics: ["mae"] });
    return model;
  };
  const x = tensor([[1], [1], [1], [1]]);
  const y = tensor([[3], [3], [5], [5]]);
  const { scores, mean, std, histories } = await crossValidate(build, x, y, { nSplits: 2 });
  // A step of rate 1/2 on the mean square puts the weight at the mean target: 5 in the first fold, tested on 3, and 3 in
  // the second, tested on 5. The losses before it are 16 and 4.
  assert.equal(built, 2);
  assert.deepEqual(scores, [{ loss: 4, mae: 2 }, { loss: 4, mae: 2 }]);
  assert.deepEqual([mean, std], [{ loss: 4, mae: 2 }, { loss: 0, mae: 0 }]);
  assert.deepEqual(histories.map(({ history }) => history.loss), [[16], [4]]);

  const weighted = await crossValidate(build, x, tensor([[3], [3], [5], [9]]), {
    nSplits: 2,
    sampleWeight: [1, 1, 1, 1],
    batchSize: 1,
    epochs: 1,
  });
  // The weights end at one of the two targets of the training part: 5 or 9, tested on 3; and 3, tested on 5 and 9.
  assert.ok([2, 6].includes(weighted.scores[0].mae));
  assertClose([weighted.scores[1].loss], [(4 + 36) / 2], { absolute: 1e-5, relative: 0 });
  assertClose([weighted.std.loss], [Math.abs(weighted.scores[0].loss - 20) / 2], { absolute: 1e-5, relative: 0 });

  const folds = await crossValidate(build, x, tensor(Int32Array.of(0, 1, 0, 1)), { nSplits: 2, stratified: true });
  assert.equal(folds.scores.length, 2);
  await assert.rejects(() => crossValidate(build, x, tensor([[1]]), { nSplits: 2 }), /as many rows/);
});
