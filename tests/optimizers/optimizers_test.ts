// Optimizers: rates, schedules, decay, configs, and errors.
import assert from "node:assert/strict";
import { StateError, ValueError } from "../../lib/errors.ts";
import { compile } from "../../lib/exec/compile.ts";
import { clearSession } from "../../lib/exec/select.ts";
import { getOptimizer } from "../../lib/optimizers/resolve.ts";
import * as named from "../../lib/optimizers/named.ts";
import * as optimizers from "../../lib/optimizers/optimizers.ts";
import { Adam, AdamW, Ftrl, Lion, RMSprop, SGD } from "../../lib/optimizers/optimizers.ts";
import * as schedules from "../../lib/optimizers/schedules.ts";
import { ExponentialDecay } from "../../lib/optimizers/schedules.ts";
import type { Value } from "../../lib/ir/value.ts";
import { Dense } from "../../lib/layers/core.ts";
import { Input } from "../../lib/layers/input.ts";
import { Sequential } from "../../lib/models/sequential.ts";
import { add, matmul, multiply, subtract } from "../../lib/ops/primitives.ts";
import { Variable } from "../../lib/tensor/variable.ts";
import { testOnBackends } from "../backends.ts";
import { assertClose } from "../close.ts";
import { golden, makeOptimizer } from "../golden.ts";

const close = { absolute: 1e-6, relative: 1e-6 };

for (const spec of golden("configs").optimizers) {
  Deno.test(`${spec.name}: the config is that of Keras`, async () => {
    await clearSession();
    assert.deepEqual((makeOptimizer(spec) as optimizers.Optimizer).serialize(), spec.serialized);
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
  assert.deepEqual(sgd.scalars(0), { rate: 0.5 });
  assert.equal(new SGD({ learningRate: () => 0.25 }).learningRate, 0.25);
});

Deno.test("names find optimizers in any case", () => {
  assert.ok(getOptimizer("Adam") instanceof Adam);
  assert.ok(getOptimizer("rmsprop") instanceof RMSprop);
  assert.ok(getOptimizer("adamw") instanceof AdamW);
  assert.throws(() => getOptimizer("adm" as "adam"), /did you mean "adam"\?/);
});

Deno.test("wrong options are refused", () => {
  assert.throws(() => new SGD({ lr: 0.1, learningRate: 0.1 }), /only one of learningRate and lr/);
  assert.throws(() => new SGD({ learningRate: () => 1, decay: 0.1 }), /decay needs a learningRate/);
  assert.throws(() => new SGD({ useEMA: true } as object), /did you mean "useEma"\?/);
  assert.throws(() => new SGD({ emaMomentum: 2 }), ValueError);
  assert.throws(() => new SGD({ emaOverwriteFrequency: 0.5 }), ValueError);
  assert.throws(() => new SGD({ gradientAccumulationSteps: 1 }), /at least 2/);
  assert.throws(() => new Ftrl({ learningRatePower: 1 }), ValueError);
  assert.throws(() => new Lion({ beta1: 0 }), ValueError);
  assert.throws(() => new schedules.PiecewiseConstantDecay({ boundaries: [1], values: [1] }), /one value more/);
  assert.throws(() => new schedules.CosineDecay({ initialLearningRate: 1, decaySteps: 0 }), ValueError);
  assert.throws(() => new SGD({ learning_rate: 0.1 } as object), /did you mean "learningRate"\?/);
  assert.throws(() => new SGD({ learningRate: "fast" as never }), ValueError);
  assert.throws(() => new SGD({ momentum: 2 }), ValueError);
  assert.throws(() => new SGD({ clipnorm: 1, clipvalue: 1 }), /only one of clipnorm/);
  assert.throws(() => new Adam({ weightDecay: -1 }), ValueError);
  assert.throws(() => new AdamW({ weightDecay: null }), ValueError);
  assert.equal(new Adam({ weightDecay: null, clipnorm: null }).weightDecay, null);
  assert.equal(new SGD({ lr: 0.5 }).learningRate, 0.5);
  assert.throws(() => new SGD({ learningRate: null as never }), /learningRate must not be null/);
  assert.throws(() => new SGD({ lr: "fast" as never }), /received "fast"/);
  assert.throws(() => new SGD({ decay: -1 }), /decay must be a number from 0/);
  assert.throws(() => new SGD(null as never), /options must be one object/);
  assert.throws(() => new CourseMomentum("0.1" as never), /options must be one object/);
  assert.throws(() => new Adam({ beta1: NaN }), /beta1 must be a number from 0 to 1/);
  assert.throws(() => new schedules.ExponentialDecay(undefined as never), /initialLearningRate must be a number/);
  assert.throws(() => new schedules.PiecewiseConstantDecay({ boundaries: "1", values: 2 } as never), /list of numbers/);
  assert.throws(
    () => new schedules.PolynomialDecay({ initialLearningRate: 1, decaySteps: 2, power: "2" as never }),
    /power must be a number/,
  );
});

/** Momentum as in a course: `v = friction * v - (1 - friction) * g`, `w = w + rate * v`. */
class CourseMomentum extends optimizers.Optimizer {
  friction = 0.9;
  override get slotNames() {
    return ["velocity"];
  }
  override updateOne(w: Value, g: Value, [v]: readonly Value[], { rate }: optimizers.Scalars) {
    const next = subtract(multiply(v, this.friction), multiply(g, 1 - this.friction));
    return [add(w, multiply(rate, next)), next];
  }
}

testOnBackends("an optimizer of one's own is a short class, in programs and in fit", async () => {
  const own = new CourseMomentum({ learningRate: 0.5 });
  assert.equal(own.name, "course_momentum");
  const weight = new Variable([1], { name: "w" });
  const step = compile((g) => own.apply([g], [weight]));
  let [w, v] = [1, 0];
  for (const g of [1, -2, 0.5]) {
    await step([g]);
    v = 0.9 * v - 0.1 * g;
    w += 0.5 * v;
    assertClose((await weight.read()).data, [w], close);
  }
  const trained = async (optimizer: optimizers.Optimizer) => {
    const model = new Sequential([Input({ shape: [1] }), new Dense(1, { kernelInitializer: "ones" })]);
    model.compile({ optimizer, loss: "mse" });
    await model.fit([[1], [2], [3]], [[2], [4], [6]], { epochs: 3, batchSize: 2, shuffle: false, verbose: 0 });
    return (await model.getWeights()).flatMap(({ data }) => [...data]);
  };
  // The same as momentum with the rate times 1 - friction.
  const keras = await trained(new SGD({ learningRate: 0.01, momentum: 0.9 }));
  assertClose(await trained(new CourseMomentum({ learningRate: 0.1 })), keras, close);
});

testOnBackends("a class with neither updateOne nor update is told what to write", async () => {
  class Nothing extends optimizers.Optimizer {}
  const weight = new Variable([1], { name: "w" });
  await assert.rejects(async () => await compile((g) => new Nothing().apply([g], [weight]))([1]), /write updateOne/);
});

testOnBackends("weights become their running averages every so often, and when fit ends", async () => {
  const weight = new Variable([[3, 4], [5, 6]], { name: "w" });
  const sgd = new SGD({ learningRate: 1, useEma: true, emaMomentum: 0.9, emaOverwriteFrequency: 3 });
  const step = compile((g) => sgd.apply([g], [weight]));
  for (let i = 0; i < 3; i++) await step([[1, 1], [1, 1]]);
  assertClose((await weight.read()).data, [1.71, 2.71, 3.71, 4.71], close);

  const model = new Sequential([Input({ shape: [1] }), new Dense(1, { useBias: false, kernelInitializer: "zeros" })]);
  model.compile({ optimizer: new SGD({ learningRate: 0.5, useEma: true, emaMomentum: 0.5 }), loss: "mse" });
  await model.fit([[1], [1]], [[1], [1]], { batchSize: 1, verbose: 0 });
  // The first step leads to 1 and starts the average there; the second stays.
  assertClose((await model.getWeights())[0].data, [1], close);
});

testOnBackends("gradients of several batches make one step", async () => {
  const weight = new Variable([1, 2], { name: "w" });
  const sgd = new SGD({ learningRate: 1, gradientAccumulationSteps: 3 });
  const step = compile((g) => sgd.apply([g], [weight]));
  const seen: number[][] = [];
  for (let i = 0; i < 3; i++) {
    await step([1, 1]);
    seen.push([...(await weight.read()).data]);
  }
  assert.deepEqual(seen.slice(0, 2), [[1, 2], [1, 2]]);
  assertClose(seen[2], [0, 1], close);

  const model = new Sequential([Input({ shape: [1] }), new Dense(1)]);
  model.compile({ optimizer: new SGD({ gradientAccumulationSteps: 3 }), loss: "mse" });
  const x = Array.from({ length: 4 }, (_, i) => [i]);
  await model.fit(x, x, { batchSize: 1, verbose: 0 });
  assert.equal(model.optimizer!.batches, 4);
  assert.equal(model.optimizer!.iterations, 1);
});

testOnBackends("what a step overwrites can be read after it", async () => {
  // More operands and results than a dispatch may bind, unless some share memory.
  const numbers = (seed: number) => [0, 1].map((row) => [0, 1].map((column) => Math.sin(seed + 2 * row + column)));
  for (const make of [() => new optimizers.Nadam(), () => new Adam({ amsgrad: true })]) {
    const step = async (isRead: boolean) => {
      const optimizer = make();
      const weights = [new Variable(numbers(1), { name: "a" }), new Variable(numbers(5), { name: "b" })];
      const all = [...weights, ...optimizer.slotsOf(weights).flat()];
      const products = all.map(() => new Variable(numbers(0)));
      await compile((g) => {
        const before = all.map((variable) => variable.value());
        optimizer.apply([g, multiply(g, 2)], weights);
        if (isRead) all.forEach((variable, i) => products[i].assign(matmul(before[i], variable.value())));
      })(numbers(9));
      const read = async (variables: readonly Variable[]) =>
        (await Promise.all(variables.map((variable) => variable.read()))).map(({ data }) => [...data]);
      return { after: await read(all), products: await read(products.slice(0, 2)) };
    };
    const [{ after }, read] = [await step(false), await step(true)];
    assertClose(read.after.flat(), after.flat(), close);
    [1, 5].map(numbers).forEach((old, i) => {
      const [p, q, r, s] = after[i];
      assertClose(read.products[i], old.flatMap(([x, y]) => [x * p + y * r, x * q + y * s]), close);
    });
  }
});

testOnBackends("one step is that of Keras's own tests", async () => {
  const expected: [optimizers.Optimizer, number[]][] = [
    [new SGD({ learningRate: 0.5 }), [0.5, -1, -0.5, 3]],
    [new Adam({ learningRate: 0.5 }), [0.5, 1.5, 2.5, 3.5]],
    [new optimizers.Adamax({ learningRate: 0.5 }), [0.5, 1.5, 2.5, 3.5]],
    [new Lion({ learningRate: 0.5 }), [0.5, 1.5, 2.5, 3.5]],
    [new RMSprop({ learningRate: 0.5 }), [-0.5811, 0.4189, 1.4189, 2.4189]],
    [new optimizers.Adagrad({ learningRate: 0.5 }), [0.5233, 1.5007, 2.5005, 3.5061]],
    [new optimizers.Adadelta({ learningRate: 0.5 }), [0.9993, 1.9993, 2.9993, 3.9993]],
    [new optimizers.Nadam({ learningRate: 0.5 }), [0.4686, 1.4686, 2.4686, 3.4686]],
    [new Ftrl({ learningRate: 0.5 }), [0.2218, 1.3954, 2.3651, 2.8814]],
  ];
  for (const [optimizer, values] of expected) {
    const weight = new Variable([1, 2, 3, 4], { name: "w" });
    await compile((g) => optimizer.apply([g], [weight]))([1, 6, 7, 2]);
    assertClose((await weight.read()).data, values, { absolute: 1e-3, relative: 0 }, optimizer.name);
  }
});

Deno.test("lr and decay of Keras 2 are understood", () => {
  assert.equal(new Adam({ lr: 0.5 }).learningRate, 0.5);
  const sgd = new SGD({ lr: 0.1, decay: 0.5 });
  assertClose([0, 1, 2].map((batch) => sgd.rateAt(batch)), [0.1, 0.1 / 1.5, 0.05], close);
  assert.equal(sgd.schedule?.constructor.name, "InverseTimeDecay");
});

Deno.test("the learning rate may come first, as in Keras", () => {
  for (const Class of [...Object.values<RateFirst>(named), CourseMomentum]) {
    const [first, byName] = [new Class(0.5, { clipnorm: 2 }), new Class({ learningRate: 0.5, clipnorm: 2 })];
    assert.deepEqual({ ...first.getConfig(), name: "" }, { ...byName.getConfig(), name: "" }, Class.name);
    assert.deepEqual([first.learningRate, first.clipnorm], [0.5, 2], Class.name);
  }
  const decay = new schedules.ExponentialDecay({ initialLearningRate: 0.5, decaySteps: 1, decayRate: 0.5 });
  assert.equal(new Adam(decay, { beta1: 0.8 }).schedule, decay);
  assert.equal(new SGD(() => 0.25).learningRate, 0.25);
  assert.equal(new SGD(0.5, { decay: 0.5 }).rateAt(2), 0.25);
});

/** An optimizer whose first argument is the learning rate. */
interface RateFirst {
  readonly name: string;
  new (...given: optimizers.OptimizerArguments<optimizers.OptimizerOptions>): optimizers.Optimizer;
}

Deno.test("wrong arguments next to a learning rate are refused", () => {
  const cases: [unknown[], RegExp][] = [
    [[-1], /^ValueError: Cannot make SGD: learningRate must be a number of at least 0.* received -1/],
    [[0.1, 0.9], /^ValueError: Cannot make SGD: after the learning rate come options, received 0.9/],
    [[0.1, null], /after the learning rate come options, received null/],
    [[0.1, { lr: 1 }], /the learning rate must be given once, received lr also/],
    [[0.1, { momentun: 1 }], /did you mean "momentum"/],
    [[{ momentum: 0.9 }, { clipnorm: 1 }], /the first of two arguments must be the learning rate/],
    [["0.1"], /options must be one object, received "0.1"/],
  ];
  for (const [given, message] of cases) assert.throws(() => Reflect.construct(SGD, given), message);
});

Deno.test("every name of Keras finds its optimizer", () => {
  const names = golden("configs").identifiers.optimizers;
  const left = ["lossscaleoptimizer", "multioptimizer", "muon", "optimizer", "optimizermap", "schedulefreeadamw"];
  for (const [name, className] of Object.entries<string>(names)) {
    if (!left.includes(name)) assert.equal(getOptimizer(name as "adam").constructor.name, className);
  }
  assert.ok(getOptimizer("Lamb") instanceof optimizers.Lamb);
});
