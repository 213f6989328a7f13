// LossScaleOptimizer: Keras's rule, step by step, in programs of one's own and in fit.
import assert from "node:assert/strict";
import {
  compile,
  gradients,
  Input,
  layers,
  ops,
  optimizers,
  Sequential,
  tensor,
  type Value,
  Variable,
} from "../../mod.ts";
import { testOnBackends } from "../backends.ts";
import { camelCased, golden, makeObject, makeOptimizer, type Table, toTensor } from "../golden.ts";

const { scalings } = golden("mixed_precision");
const { LossScaleOptimizer } = optimizers;

const numbers = (values: readonly (number | string)[]) => tensor(values.map(Number));

const stateOf = async ({ dynamicScale, stepCounter }: optimizers.LossScaleOptimizer) => ({
  scale: (await dynamicScale.read()).item(),
  counter: (await stepCounter.read()).item(),
});

for (const [index, { inner, options, gradients: given, steps, serialized }] of (scalings as Table[]).entries()) {
  testOnBackends(`the scale and the weights of case ${index} are Keras's after each step`, async () => {
    const optimizer = new LossScaleOptimizer(makeOptimizer(inner), camelCased(options));
    const w = new Variable([1, -2], { name: "w" });
    const step = compile((gradient: Value) => {
      optimizer.apply([ops.multiply(gradient, optimizer.dynamicScale)], [w]);
    });
    const scaled = compile(() => optimizer.scaleLoss(ops.cast(tensor(3), "float32") as unknown as Value));
    for (const [i, { scaled_three: three, w: expected, scale, counter }] of steps.entries()) {
      assert.equal((await scaled()).item(), three, `scaled in step ${i}`);
      await step(numbers(given[i]));
      assert.deepEqual(await stateOf(optimizer), { scale, counter }, `step ${i}`);
      const weights = toTensor(expected).data;
      (await w.read()).data.forEach((value, k) => {
        assert.ok(Math.abs(value - weights[k]) <= 2e-6 * Math.abs(weights[k]), `step ${i}: ${value} for ${weights[k]}`);
      });
    }
  });

  Deno.test(`the config of case ${index} is Keras's, and reads back`, () => {
    const optimizer = makeObject<optimizers.LossScaleOptimizer>(serialized, "optimizer");
    assert.ok(optimizer instanceof LossScaleOptimizer);
    assert.deepEqual(JSON.parse(JSON.stringify(optimizer.serialize())), serialized);
    assert.deepEqual(JSON.parse(JSON.stringify(optimizers.deserialize(serialized).serialize())), serialized);
  });
}

testOnBackends("fit counts the steps that are left out: rates and moments go on as if they had not been", async () => {
  const make = (scale: number) => {
    const dense = new layers.Dense(1, { kernelInitializer: "ones", useBias: false, dtype: "mixed_float16" });
    const model = new Sequential([Input({ shape: [1] }), dense]);
    const schedule = new optimizers.schedules.ExponentialDecay({
      initialLearningRate: 0.5,
      decaySteps: 1,
      decayRate: 0.5,
    });
    const optimizer = new LossScaleOptimizer(new optimizers.Adam({ learningRate: schedule }), { initialScale: scale });
    model.compile({ optimizer, loss: "mse" });
    return { model, optimizer };
  };
  const [plain, high] = [make(1), make(2 ** 15)];
  const data = [[[8]], [[0]]] as const;
  await high.model.fit(...data, { epochs: 10, verbose: 0 });
  // The gradient 2 y x is 128: times 2^9 or more it is infinite in float16, times 2^8 it is not.
  assert.equal((await stateOf(high.optimizer)).scale, 2 ** 8);
  assert.deepEqual([high.optimizer.batches, high.optimizer.iterations], [10, 3]);
  await plain.model.fit(...data, { epochs: 3, verbose: 0 });
  const [[a], [b]] = await Promise.all([plain, high].map(({ model }) => model.getWeights()));
  assert.ok(Math.abs(a.item() - b.item()) <= 1e-6, `${a.item()} and ${b.item()}`);
  assert.equal(high.optimizer.learningRate, 0.5 ** 4);
});

testOnBackends("a whole call of steps is one program, whose conditional updates need no other", async () => {
  const model = new Sequential([Input({ shape: [1] }), new layers.Dense(1)]);
  model.compile({ optimizer: new LossScaleOptimizer("sgd", { dynamicGrowthSteps: 3 }), loss: "mse" });
  const x = tensor(Array.from({ length: 8 }, (_, i) => [i / 8]));
  await model.fit(x, x, { epochs: 2, batchSize: 2, verbose: 0 });
  const optimizer = model.optimizer as optimizers.LossScaleOptimizer;
  assert.deepEqual(await stateOf(optimizer), { scale: 2 ** 17, counter: 2 });
  assert.equal(optimizer.iterations, 8);
});

testOnBackends("gradients of a scaled loss are those of the loss, after the division", async () => {
  const w = new Variable([1, 2]);
  const optimizer = new LossScaleOptimizer(new optimizers.SGD({ learningRate: 0.25 }));
  await compile(() => {
    const loss = optimizer.scaleLoss(ops.sum(ops.square(w.value())));
    optimizer.apply(gradients(loss, [w]), [w]);
  })();
  assert.deepEqual([...(await w.read()).data], [0.5, 1]);
});

Deno.test("options of loss scaling are checked", () => {
  assert.throws(() => new LossScaleOptimizer("adam", { initialScale: 0 }), /initialScale must be a number from/);
  assert.throws(() => new LossScaleOptimizer("adam", { dynamicGrowthSteps: 0.5 }), /dynamicGrowthSteps must be/);
  assert.throws(() => new LossScaleOptimizer("addam" as "adam"), /did you mean "adam"/);
  assert.throws(() => new LossScaleOptimizer("adam", { learningRate: 1 } as Table), /options must be among/);
});
