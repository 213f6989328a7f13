// Optimizers: rates, schedules, decay, configs, and what is refused.
import assert from "node:assert/strict";
import { StateError, ValueError } from "../../lib/errors.ts";
import { compile } from "../../lib/exec/compile.ts";
import { clearSession } from "../../lib/exec/select.ts";
import { getOptimizer } from "../../lib/optimizers/identify.ts";
import { Adam, AdamW, RMSprop, SGD } from "../../lib/optimizers/optimizers.ts";
import { ExponentialDecay } from "../../lib/optimizers/schedules.ts";
import { Variable } from "../../lib/tensor/variable.ts";
import { testOnBackends } from "../backends.ts";
import { assertClose } from "../close.ts";
import { golden, makeOptimizer } from "../golden.ts";
import type { Optimizer } from "../../lib/optimizers/optimizer.ts";

const close = { absolute: 1e-6, relative: 1e-6 };

for (const spec of golden("configs").optimizers) {
  if (spec.name === "adamw_all") continue; // its moving average comes with a later optimizer
  Deno.test(`${spec.name}: the config is that of Keras`, async () => {
    await clearSession();
    assert.deepEqual((makeOptimizer(spec) as Optimizer).serialize(), spec.serialized);
  });
}

testOnBackends("decay leaves excluded variables alone", async () => {
  const [a, b] = [new Variable([2], { name: "a" }), new Variable([2], { name: "b" })];
  const sgd = new SGD({ learningRate: 1, weightDecay: 0.004 });
  sgd.excludeFromWeightDecay({ variables: [b] });
  const step = compile((g) => sgd.apply([g, g], [a, b]));
  for (let i = 0; i < 3; i++) await step([0]);
  assertClose([...(await a.read()).data, ...(await b.read()).data], [1.9760959, 2], close);
});

Deno.test("schedules are those of Keras", () => {
  const smooth = new ExponentialDecay({ initialLearningRate: 0.05, decaySteps: 10, decayRate: 0.96 });
  assertClose([smooth.call(5)], [0.05 * 0.96 ** 0.5], close);
  const stairs = new ExponentialDecay({ initialLearningRate: 0.1, decaySteps: 3, decayRate: 0.96, staircase: true });
  assertClose([stairs.call(100)], [0.1 * 0.96 ** 33], close);
  const sgd = new SGD({ learningRate: smooth });
  sgd.iterations = 10;
  assertClose([sgd.learningRate], [0.048], close);
  assert.throws(() => sgd.learningRate = 1, StateError);
});

Deno.test("a rate may be an integer, set later, or a function", () => {
  const sgd = new SGD({ learningRate: 1 });
  assert.equal(sgd.learningRate, 1);
  sgd.learningRate = 0.5;
  assert.deepEqual(sgd.scalars(0), [0.5]);
  assert.equal(new SGD({ learningRate: () => 0.25 }).learningRate, 0.25);
});

Deno.test("names find optimizers in any case", () => {
  assert.ok(getOptimizer("Adam") instanceof Adam);
  assert.ok(getOptimizer("rmsprop") instanceof RMSprop);
  assert.ok(getOptimizer("adamw") instanceof AdamW);
  assert.throws(() => getOptimizer("adm" as "adam"), /did you mean "adam"\?/);
});

Deno.test("wrong options are refused", () => {
  assert.throws(() => new SGD({ lr: 0.1 } as object), /"lr"/);
  assert.throws(() => new SGD({ learning_rate: 0.1 } as object), /did you mean "learningRate"\?/);
  assert.throws(() => new SGD({ learningRate: "fast" as never }), ValueError);
  assert.throws(() => new SGD({ momentum: 2 }), ValueError);
  assert.throws(() => new SGD({ clipnorm: 1, clipvalue: 1 }), /only one of clipnorm/);
  assert.throws(() => new Adam({ weightDecay: -1 }), ValueError);
  assert.throws(() => new AdamW({ weightDecay: null }), ValueError);
});
