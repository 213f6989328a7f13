// MultiOptimizer: who changes what, learning rates, state and errors.
import assert from "node:assert/strict";
import { BackupAndRestore } from "../../lib/callbacks/backup_and_restore.ts";
import { StateError, ValueError } from "../../lib/errors.ts";
import { Input } from "../../lib/layers/input.ts";
import { Dense } from "../../lib/layers/core.ts";
import { Sequential } from "../../lib/models/sequential.ts";
import * as optimizers from "../../lib/optimizers/optimizers.ts";
import type { Variable } from "../../lib/tensor/variable.ts";
import { testOnBackends } from "../backends.ts";
import { assertClose } from "../close.ts";

const x = [[1, 2]];
const y = [[0]];

function model(optimizer: optimizers.Optimizer): Sequential {
  const made = new Sequential([
    Input({ shape: [2] }),
    new Dense(1, { name: "body", useBias: false }),
    new Dense(1, { name: "head", useBias: false }),
  ]);
  made.setWeights([[[1], [1]], [[2]]]);
  made.compile({ optimizer, loss: "mse" });
  return made;
}

const sgd = (learningRate: number) => new optimizers.SGD({ learningRate });

testOnBackends("each variable is changed by its optimizer, with its learning rate", async () => {
  const [body, head] = [sgd(0.01), sgd(0.001)];
  const multi = new optimizers.MultiOptimizer(new optimizers.OptimizerMap(head, { ".*body/.*": body }));
  const made = model(multi);
  // The output is 6, so the slope by it 12; that by the body is 12 * 2 * x, that by the head 12 * 3.
  await made.trainOnBatch(x, y);
  const close = { absolute: 1e-5, relative: 1e-5 };
  const [first, second] = await made.getWeights();
  assertClose(first.data, [1 - 0.01 * 24, 1 - 0.01 * 48], close);
  assertClose(second.data, [2 - 0.001 * 36], close);
  assert.deepEqual([multi.iterations, body.iterations, head.iterations], [1, 1, 1]);
  // A new rate of one of them holds from the next step on.
  body.learningRate = 0;
  await made.trainOnBatch(x, y);
  assert.deepEqual((await made.getWeights())[0].toArray(), first.toArray());
});

testOnBackends("a function chooses too, and its optimizers are known when it was asked", async () => {
  const made: optimizers.Optimizer[] = [];
  const multi = new optimizers.MultiOptimizer(({ name }: Variable) => {
    made.push(name.includes("body") ? new optimizers.Adam({ learningRate: 0.5 }) : sgd(0));
    return made.at(-1)!;
  });
  assert.deepEqual(multi.optimizers, []);
  const trained = model(multi);
  await trained.fit(x, y, { epochs: 2, verbose: 0 });
  assert.deepEqual(multi.optimizers, made);
  assert.deepEqual((await trained.getWeights())[1].toArray(), [[2]]);
  // The first steps of Adam have the size of the rate.
  assertClose((await trained.getWeights())[0].data, [0, 0], { absolute: 0.1, relative: 0 });
});

testOnBackends("a training goes on from its backup with the state and the rates of all", async () => {
  const dir = await Deno.makeTempDir();
  try {
    const make = () => {
      const parts = [new optimizers.Adam({ learningRate: 0.125 }), new optimizers.SGD({ momentum: 0.5 })] as const;
      const map = new optimizers.OptimizerMap(parts[1], { ".*body/.*": parts[0] });
      return { parts, made: model(new optimizers.MultiOptimizer(map)) };
    };
    const whole = make();
    await whole.made.fit(x, y, { epochs: 4, verbose: 0 });
    const first = make();
    const callbacks = () => [new BackupAndRestore(dir, { deleteCheckpoint: false })];
    await first.made.fit(x, y, { epochs: 2, verbose: 0, callbacks: callbacks() });
    const second = make();
    second.parts[0].learningRate = 1;
    await second.made.fit(x, y, { epochs: 4, verbose: 0, callbacks: callbacks() });
    const expected = await whole.made.getWeights();
    for (const [i, weight] of (await second.made.getWeights()).entries()) {
      // A backup is in float32, where the reference goes on in float64.
      assertClose(weight.data, expected[i].data, { absolute: 1e-6, relative: 1e-6 });
    }
    assert.equal(second.parts[0].learningRate, 0.125);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

Deno.test("names that several expressions fit, and what is no optimizer, are refused", () => {
  const map = new optimizers.OptimizerMap(sgd(1), { "a.*": sgd(2), ".*b": sgd(3), ab: sgd(4) });
  assert.deepEqual(["ac", "cb", "ab", "c"].map((name) => map.get(name).learningRate), [2, 3, 4, 1]);
  assert.throws(
    () => map.get("acb"),
    (error: Error) => error instanceof ValueError && /"a\.\*" and/.test(error.message),
  );
  assert.throws(() => new optimizers.OptimizerMap(sgd(1), { "(": sgd(2) }), /regular expression/);
  assert.throws(() => new optimizers.OptimizerMap("sgd" as never), /defaultOptimizer must be an optimizer/);
  const multi = new optimizers.MultiOptimizer(map);
  assert.throws(() => new optimizers.OptimizerMap(multi), /no MultiOptimizer/);
  assert.throws(() => new optimizers.MultiOptimizer(sgd(1) as never), /must be an OptimizerMap/);
  assert.throws(() => multi.learningRate, StateError);
  assert.throws(() => multi.learningRate = 1, /each of its optimizers has its own/);
  const wrong = model(new optimizers.MultiOptimizer(() => 1 as never));
  assert.throws(
    () => wrong.optimizer!.build(wrong.trainableWeights),
    /the optimizer of ".*kernel" must be an optimizer/,
  );
});
