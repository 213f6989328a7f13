// Numbers that Keras's own tests assert, one test per subject, on every executor.
import assert from "node:assert/strict";
import { compile } from "../../lib/exec/compile.ts";
import { constraints, initializers, Input, layers, losses, metrics, ops, optimizers, regularizers } from "../../mod.ts";
import {
  schedules,
  Sequential,
  setRandomSeed,
  Tensor,
  tensor,
  type TensorLike,
  type Value,
  Variable,
} from "../../mod.ts";
import type { Logs } from "../../lib/callbacks/callback.ts";
import { EarlyStopping } from "../../lib/callbacks/callbacks.ts";
import type { Optimizer } from "../../lib/optimizers/optimizer.ts";
import { testOnBackends } from "../backends.ts";
import { assertClose, type Tolerance } from "../close.ts";

/** The precision of the digits in Keras's tests. */
const within = (absolute: number): Tolerance => ({ absolute, relative: 1e-5 });

async function assertLoss(
  loss: losses.Loss,
  yTrue: TensorLike,
  yPred: TensorLike,
  expected: number[],
  { weight, mask, absolute = 1e-4 }: { weight?: TensorLike; mask?: TensorLike; absolute?: number } = {},
): Promise<void> {
  const given = [yTrue, yPred, ...(weight === undefined ? [] : [weight]), ...(mask === undefined ? [] : [mask])];
  const run = compile((...values: Value[]) => {
    const [target, output, third, fourth] = values;
    const sampleWeight = weight === undefined ? undefined : third;
    return loss.apply(target, output, { sampleWeight, mask: mask === undefined ? undefined : fourth ?? third });
  });
  // Functions with any number of arguments are traced with as many as they are called with.
  assertClose((await run(...given)).data, expected, within(absolute));
}

const yTrue = [[1, 9, 2], [-5, -2, 6]];
const yPred = [[4, 8, 12], [8, 1, 3]];

testOnBackends("mean squared error, by weight and reduction", async () => {
  const mse = (reduction?: losses.Reduction) => new losses.MeanSquaredError({ reduction });
  await assertLoss(mse(), yTrue, yPred, [49.5]);
  await assertLoss(mse(), yTrue, yPred, [113.85], { weight: 2.3 });
  await assertLoss(mse(), yTrue, yPred, [127.9667], { weight: [[1.2], [3.4]] });
  await assertLoss(mse("none"), yTrue, yPred, [84.3333, 143.3666], { weight: 2.3 });
  await assertLoss(mse("sum"), yTrue, yPred, [227.7], { weight: 2.3 });
  await assertLoss(mse("mean_with_sample_weight"), yTrue, yPred, [55.6377], { weight: [[1.2], [3.4]] });
});

testOnBackends("other errors of regression, and weights of time steps", async () => {
  await assertLoss(new losses.MeanAbsoluteError(), yTrue, yPred, [5.5]);
  await assertLoss(new losses.MeanAbsolutePercentageError(), yTrue, yPred, [211.8518]);
  await assertLoss(new losses.MeanSquaredLogarithmicError(), yTrue, yPred, [1.437]);
  const steps = (rows: number[][]) => rows.map((row) => row.map((value) => [value]));
  const weight = [[3, 6, 5], [0, 4, 2]];
  await assertLoss(new losses.MeanSquaredError(), steps(yTrue), steps(yPred), [97.8333], { weight });
  await assertLoss(new losses.MeanAbsoluteError(), steps(yTrue), steps(yPred), [13.8333], { weight });
});

testOnBackends("targets whose rank differs by one are brought to the rank of outputs", async () => {
  const mse = new losses.MeanSquaredError({ reduction: "none" });
  await assertLoss(mse, [[3], [0], [1]], [4, 8, 12], [1, 64, 121]);
  await assertLoss(mse, [4, 8, 12], [[3], [0], [1]], [1, 64, 121]);
});

testOnBackends("hinge losses take 0 and 1 for -1 and 1", async () => {
  const [bits, scores] = [[[0, 1], [0, 0]], [[0.6, 0.4], [0.4, 0.6]]];
  const none = { reduction: "none" } as const;
  await assertLoss(new losses.Hinge(none), bits, scores, [1.1, 1.5]);
  await assertLoss(new losses.SquaredHinge(none), bits, scores, [1.46, 2.26]);
  await assertLoss(new losses.CategoricalHinge(none), bits, scores, [1.2, 1.6]);
});

const eye = [[1, 0, 0], [0, 1, 0], [0, 0, 1]];

testOnBackends("binary cross-entropy, clipped in float32", async () => {
  const bce = (options: losses.CrossentropyOptions & losses.LossOptions = {}) => new losses.BinaryCrossentropy(options);
  await assertLoss(bce(), eye, [[0.9, 0.1, 0.2], [0.3, 0.8, 0.1], [0.1, 0.2, 0.7]], [0.20046903], { absolute: 1e-6 });
  await assertLoss(bce(), [[1, 0], [1, 0]], [[1, 1], [1, 0]], [3.98559]);
  const logits = [[10, -10, 10], [10, 10, -10]];
  const targets = [[1, 0, 1], [0, 1, 1]];
  await assertLoss(bce({ fromLogits: true }), targets, logits, [10 / 3]);
  await assertLoss(bce({ fromLogits: true, reduction: "none" }), targets, logits, [0, 20 / 3]);
  await assertLoss(bce({ fromLogits: true, labelSmoothing: 0.1 }), [[1, 0, 1]], [[10, -10, -10]], [3.5]);
});

const chances = [[0.9, 0.05, 0.05], [0.5, 0.89, 0.6], [0.05, 0.01, 0.94]];
const logits = [[8, 1, 1], [0, 9, 1], [2, 3, 5]];
const none = { reduction: "none" } as const;
/** The cross-entropy of each sample of `logits`. */
const entropies = [0.001822, 0.000459, 0.169846];

testOnBackends("categorical cross-entropy, made to sum to one", async () => {
  await assertLoss(new losses.CategoricalCrossentropy(), eye, chances, [0.3239]);
  const fromLogits = { fromLogits: true };
  await assertLoss(new losses.CategoricalCrossentropy(fromLogits), eye, logits, [0.0573]);
  await assertLoss(new losses.CategoricalCrossentropy({ ...fromLogits, ...none }), eye, logits, entropies, {
    absolute: 1e-6,
  });
  const smooth = new losses.CategoricalCrossentropy({ ...fromLogits, labelSmoothing: 0.1 });
  await assertLoss(smooth, [[1, 0, 0]], [[100, -100, -100]], [13.3333]);
});

testOnBackends("sparse categorical cross-entropy, of labels in a row or a column", async () => {
  for (const labels of [[0, 1, 2], [[0], [1], [2]]]) {
    await assertLoss(new losses.SparseCategoricalCrossentropy(), labels, chances, [0.3239]);
    await assertLoss(new losses.SparseCategoricalCrossentropy({ fromLogits: true }), labels, logits, [0.0573]);
    const each = new losses.SparseCategoricalCrossentropy({ fromLogits: true, ...none });
    await assertLoss(each, labels, logits, entropies, { absolute: 1e-6 });
  }
  const ignoring = new losses.SparseCategoricalCrossentropy({ fromLogits: true, ignoreClass: -1, ...none });
  const scores = [[[0.854, 0.698, 0.598], [0.088, 0.86, 0.018]]];
  await assertLoss(ignoring, [[-1, 2]], scores, [0, 1.480129], { absolute: 1e-6 });
});

testOnBackends("focal losses", async () => {
  const binary = new losses.BinaryFocalCrossentropy({ gamma: 2 });
  await assertLoss(binary, [[1, 0], [1, 0]], [[0.9, 0.8], [0.7, 0.2]], [0.268], { absolute: 5e-4 });
  await assertLoss(new losses.CategoricalFocalCrossentropy(), eye, chances, [0.02059], { absolute: 1e-5 });
});

testOnBackends("a mask divides by what it leaves, with weights too; all masked is 0", async () => {
  class SquaredDifference extends losses.Loss {
    call(target: Value, output: Value): Value {
      return new losses.MeanSquaredError({ reduction: "none" }).call(
        ops.expandDims(target, -1),
        ops.expandDims(output, -1),
      );
    }
  }
  const [target, output, mask] = [[1, 0, 1, 0], [0.1, 0.2, 0.3, 0.4], [true, false, true, true]];
  await assertLoss(new SquaredDifference(), target, output, [1.46 / 3], { mask, absolute: 1e-6 });
  const weighted = (0.4 * 0.81 + 0.2 * 0.49 + 0.1 * 0.16) / 3;
  await assertLoss(new SquaredDifference(), target, output, [weighted], {
    mask,
    weight: [0.4, 0.3, 0.2, 0.1],
    absolute: 1e-6,
  });
  const nothing = [false, false, false, false];
  await assertLoss(new SquaredDifference(), target, output, [0], { mask: nothing, absolute: 0 });
});

/** A variable after steps with given gradients. */
async function steps(optimizer: Optimizer, start: TensorLike, gradients: readonly TensorLike[]): Promise<number[][]> {
  const weight = new Variable(start, { name: "w", dtype: "float32" });
  const step = compile((g) => optimizer.apply([g], [weight]));
  const values: number[][] = [];
  for (const gradient of gradients) {
    await step(tensor(gradient, undefined, "float32"));
    values.push([...(await weight.read()).data]);
  }
  return values;
}

testOnBackends("one step of each optimizer", async () => {
  const options = { learningRate: 0.5 };
  const expected: [Optimizer, number[]][] = [
    [new optimizers.SGD(options), [0.5, -1, -0.5, 3]],
    [new optimizers.Adam(options), [0.5, 1.5, 2.5, 3.5]],
    [new optimizers.Adamax(options), [0.5, 1.5, 2.5, 3.5]],
    [new optimizers.Lion(options), [0.5, 1.5, 2.5, 3.5]],
    [new optimizers.RMSprop(options), [-0.5811, 0.4189, 1.4189, 2.4189]],
    [new optimizers.Adagrad(options), [0.5233, 1.5007, 2.5005, 3.5061]],
    [new optimizers.Adadelta(options), [0.9993, 1.9993, 2.9993, 3.9993]],
    [new optimizers.Nadam(options), [0.4686, 1.4686, 2.4686, 3.4686]],
    [new optimizers.Ftrl(options), [0.2218, 1.3954, 2.3651, 2.8814]],
  ];
  for (const [optimizer, values] of expected) {
    const [after] = await steps(optimizer, [1, 2, 3, 4], [[1, 6, 7, 2]]);
    assertClose(after, values, within(1e-4), optimizer.name);
  }
});

testOnBackends("five steps of optimizers that remember", async () => {
  const gradients = [0, 1, 2, 3, 4].map((i) => Array.from({ length: 10 }, (_, k) => (i === 0 ? 0.01 : (k + 1) / 10)));
  const cases: [Optimizer, number[]][] = [
    [new optimizers.Adam({ amsgrad: true }), [0.999, 0.9982, 0.9974, 0.9965, 0.9955]],
    [new optimizers.RMSprop({ centered: true }), [0.9967, 0.9933, 0.9908, 0.9885, 0.9864]],
    [
      new optimizers.Adadelta({ learningRate: 1, rho: 0.8, epsilon: 1e-6 }),
      [0.9978, 0.9947, 0.9915, 0.9882, 0.9849],
    ],
    [new optimizers.Lion(), [0.999, 0.998, 0.997, 0.996, 0.995]],
  ];
  for (const [optimizer, values] of cases) {
    const found = await steps(optimizer, Array(10).fill(1), gradients);
    found.forEach((row, i) => assertClose(row, Array(10).fill(values[i]), within(5e-4), optimizer.name));
  }
});

testOnBackends("gradients are clipped by norm or by value, not by both", async () => {
  const one = { learningRate: 1 };
  const [byNorm] = await steps(new optimizers.SGD({ ...one, clipnorm: 1 }), [0, 0], [[100, 100]]);
  assertClose(byNorm, [-0.7071, -0.7071], within(1e-4));
  const [byValue] = await steps(new optimizers.SGD({ ...one, clipvalue: 1 }), [0, 0], [[100, 100]]);
  assertClose(byValue, [-1, -1], within(0));
  assert.throws(() => new optimizers.SGD({ clipnorm: 1, clipvalue: 1 }), /only one of clipnorm, clipvalue/);
});

testOnBackends("weights become their averages after three steps", async () => {
  const sgd = new optimizers.SGD({ learningRate: 1, useEma: true, emaMomentum: 0.9, emaOverwriteFrequency: 3 });
  const gradient = [[1, 1], [1, 1]];
  const found = await steps(sgd, [[3, 4], [5, 6]], [gradient, gradient, gradient]);
  assertClose(found[2], [1.71, 2.71, 3.71, 4.71], within(1e-5));
});

testOnBackends("gradients of three batches make one step", async () => {
  const sgd = new optimizers.SGD({ learningRate: 1, gradientAccumulationSteps: 3 });
  const found = await steps(sgd, [5], [[0], [1], [2]]);
  assertClose(found.flat(), [5, 5, 4], within(0));
  const iterations: number[] = [];
  const model = new Sequential([Input({ shape: [1] }), new layers.Dense(1)]);
  model.compile({ optimizer: new optimizers.SGD({ gradientAccumulationSteps: 3 }), loss: "mse" });
  for (let i = 0; i < 3; i++) {
    await model.trainOnBatch([[1]], [[1]]);
    iterations.push(model.optimizer!.iterations);
  }
  assert.deepEqual(iterations, [0, 0, 1]);
});

testOnBackends("weight decay, which can be left out", async () => {
  const found = await steps(new optimizers.SGD({ learningRate: 1, weightDecay: 0.004 }), [2], [[0], [0], [0]]);
  assertClose(found[2], [1.9760959], within(1e-6));
  const weight = new Variable([2], { name: "w" });
  const sgd = new optimizers.SGD({ learningRate: 1, weightDecay: 0.004 });
  sgd.excludeFromWeightDecay({ variables: [weight] });
  await compile((g) => sgd.apply([g], [weight]))(tensor([0], undefined, "float32"));
  assert.deepEqual([...(await weight.read()).data], [2]);
});

Deno.test("schedules", () => {
  const exact = within(1e-7);
  const decay = { initialLearningRate: 0.05, decaySteps: 10, decayRate: 0.96 };
  assertClose([new schedules.ExponentialDecay(decay).call(5)], [0.05 * 0.96 ** 0.5], exact);
  const stairs = { initialLearningRate: 0.1, decaySteps: 3, decayRate: 0.96, staircase: true };
  assertClose([new schedules.ExponentialDecay(stairs).call(100)], [0.1 * 0.96 ** 33], exact);
  const [rate, end] = [0.1, 0.01];
  const cycle = { initialLearningRate: rate, decaySteps: 10, endLearningRate: end, cycle: true };
  assertClose([new schedules.PolynomialDecay(cycle).call(15)], [(rate - end) / 4 + end], exact);
  const pieces = new schedules.PiecewiseConstantDecay({ boundaries: [1, 2], values: [0.1, 0.01, 0.001] });
  assertClose([0, 1, 2, 3].map((step) => pieces.call(step)), [0.1, 0.1, 0.01, 0.001], exact);
});

testOnBackends("Dense is an activation of a product and a sum", async () => {
  const dense = (options: object, weights: TensorLike[]) => {
    const model = new Sequential([Input({ shape: [2] }), new layers.Dense(2, options)]);
    model.setWeights(weights);
    return model.predict([[-1, 2]], { verbose: 0 });
  };
  const kernel = [[1, -2], [3, -4]];
  assert.deepEqual((await dense({ activation: "relu" }, [kernel, [5, -6]])).toArray(), [[10, 0]]);
  assert.deepEqual((await dense({ useBias: false }, [kernel])).toArray(), [[5, -6]]);
});

/** The numbers from 0 on. */
const rising = (...shape: number[]) => {
  const size = shape.reduce((a, b) => a * b);
  return new Tensor(shape, "float32", Float32Array.from({ length: size }, (_, i) => i));
};

/** One number everywhere. */
const filled = (shape: number[], value: number) =>
  new Tensor(shape, "float32", new Float32Array(shape.reduce((a, b) => a * b)).fill(value));

const constant = (value: number) => new initializers.Constant(value);

/** Kernels of 0.01, recurrent ones of 0.02 and biases of 0.03. */
const drawn = {
  kernelInitializer: constant(0.01),
  recurrentInitializer: constant(0.02),
  biasInitializer: constant(0.03),
};

/** The output, each of whose samples has one number in all units. */
async function assertUnits(layer: layers.Layer, x: Tensor, expected: readonly number[]): Promise<void> {
  const y = await compile((x: Value) => layer.apply(x) as Value)(x);
  const units = y.size / expected.length;
  assertClose(y.data, expected.flatMap((value) => Array<number>(units).fill(value)), within(2e-5));
}

testOnBackends("LSTM and GRU of rising numbers", async () => {
  const x = rising(3, 6, 4);
  const { biasInitializer: _, ...unbiased } = drawn;
  await assertUnits(new layers.LSTM(3, drawn), x, [0.6288687, 0.86899155, 0.9460773]);
  await assertUnits(new layers.LSTM(3, { ...drawn, goBackwards: true }), x, [0.35622165, 0.74789524, 0.8872726]);
  await assertUnits(new layers.LSTM(3, { ...drawn, unitForgetBias: false }), x, [0.57019705, 0.86619145, 0.94596225]);
  await assertUnits(new layers.LSTM(3, { ...unbiased, useBias: false }), x, [0.54986924, 0.86226791, 0.94439352]);
  await assertUnits(new layers.GRU(3, drawn), x, [0.5217289, 0.6371659, 0.39384964]);
  await assertUnits(new layers.GRU(3, { ...drawn, resetAfter: false }), x, [0.51447755, 0.6426879, 0.40208298]);
  await assertUnits(new layers.GRU(3, { ...drawn, goBackwards: true }), x, [0.24406259, 0.611516, 0.39288089]);
});

testOnBackends("SimpleRNN goes on from its state, until that is reset", async () => {
  const x = rising(2, 3, 4);
  const [first, second] = [[0.405432, 0.73605347], [0.40559256, 0.7361247]];
  await assertUnits(new layers.SimpleRNN(4, drawn), x, first);
  const stateful = new layers.SimpleRNN(4, { ...drawn, stateful: true });
  await assertUnits(stateful, x, first);
  await assertUnits(stateful, x, second);
  stateful.resetState();
  await assertUnits(stateful, x, first);
});

testOnBackends("Bidirectional joins or merges both directions", async () => {
  const x = rising(2, 3, 4);
  const both = (mergeMode: "concat" | "ave") => new layers.Bidirectional(new layers.SimpleRNN(2, drawn), { mergeMode });
  const joined = await compile((x: Value) => both("concat").apply(x) as Value)(x);
  const [first, second] = [[0.39687276, 0.10004295], [0.72372383, 0.53391594]];
  const twice = ([forward, backward]: number[]) => [forward, forward, backward, backward];
  assertClose(joined.data, [...twice(first), ...twice(second)], within(2e-5));
  await assertUnits(both("ave"), x, [0.24845785, 0.6288199]);
});

testOnBackends("attention to the other one of two", async () => {
  const [query, key, value] = [[[[1, 0], [0, 1]]], [[[0, 1], [1, 0]]], [[[1, 2], [3, 4]]]];
  const attend = async (options: layers.AttentionOptions, ...masks: (TensorLike | null)[]) => {
    const layer = new layers.Attention(options);
    const run = compile((q: Value, v: Value, k: Value, ...given: Value[]) => {
      const mask = masks.length > 0 ? masks.map((mask) => (mask === null ? undefined : given.shift())) : undefined;
      return layer.apply([q, v, k], { mask, returnAttentionScores: true });
    });
    return (await run(query, value, key, ...masks.filter((mask) => mask !== null))).map(({ data }) => data);
  };
  const close = within(1e-3);
  const [output, scores] = await attend({});
  assertClose(output, [2.462, 3.462, 1.538, 2.538], close);
  assertClose(scores, [0.269, 0.731, 0.731, 0.269], close);
  const [byConcat, concatScores] = await attend({ scoreMode: "concat" });
  assertClose(byConcat, [1.727, 2.727, 2.272, 3.272], close);
  assertClose(concatScores, [0.636, 0.363, 0.363, 0.636], close);
  const [ofFirst, seen] = await attend({}, null, [[true, false]]);
  assertClose(ofFirst, [1, 2, 1, 2], close);
  assertClose(seen, [1, 0, 1, 0], close);
  const [masked, seenOfMasked] = await attend({}, [[true, false]], [[true, false]]);
  assertClose(masked, [1, 2, 0, 0], close);
  assertClose(seenOfMasked, [1, 0, 1, 0], close);
});

testOnBackends("each of eight heads attends to its own one most", async () => {
  const size = 8;
  const identity = (at: (i: number, j: number) => number[]) => {
    const data = new Float32Array(size ** 3);
    for (let i = 0; i < size; i++) {
      for (let j = 0; j < size; j++) {
        const [a, b, c] = at(i, j);
        data[(a * size + b) * size + c] = 1;
      }
    }
    return new Tensor([size, size, size], "float32", data);
  };
  // Every head has the identity, and the output sums what a head found.
  const kernel = identity((feature, head) => [feature, head, feature]);
  const [bias, outputBias] = [filled([size, size], 0), filled([size], 0)];
  const units = filled([1, size, size], 0).data.map((_, i) => (i % (size + 1) === 0 ? 1 : 0));
  const x = new Tensor([1, size, size], "float32", units);
  const value = new Tensor([1, size, size], "float32", rising(size, size).data.map((number) => number / 100));
  const layer = new layers.MultiHeadAttention(size, size);
  layer.ensureBuilt([1, size, size], { value: [1, size, size], key: [1, size, size] });
  layer.setWeights([kernel, bias, kernel, bias, kernel, bias, kernel, outputBias]);
  const run = compile((query: Value, value: Value) =>
    layer.apply(query, { value, key: query, returnAttentionScores: true })
  );
  const [output, scores] = await run(x, value);
  const rows = [2.406, 2.44, 2.473, 2.504, 2.535, 2.568, 2.602, 2.633];
  assertClose(output.data, rows.flatMap((row) => Array<number>(size).fill(row)), within(1e-2));
  assert.deepEqual(scores.shape, [1, size, size, size]);
  const expected = scores.data.map((_, i) => (i % (size * size) % (size + 1) === 0 ? 0.1691 : 0.1187));
  assertClose(scores.data, expected, within(1e-3));
});

testOnBackends("Dropout keeps the mean, and doubles what it keeps of a half", async () => {
  setRandomSeed(1);
  const ones = new Tensor([20, 500], "float32", new Float32Array(10000).fill(1));
  const dropped = async (options: { rate: number; noiseShape?: number[]; training: boolean }) => {
    const { rate, training, ...others } = options;
    const layer = new layers.Dropout(rate, others as object);
    return await compile((x) => layer.apply(x, { training }))(ones);
  };
  const data = [...(await dropped({ rate: 0.5, training: true })).data];
  const mean = data.reduce((sum, value) => sum + value, 0) / data.length;
  assert.ok(Math.abs(mean - 1) < 0.02, `mean ${mean}`);
  assert.deepEqual([...new Set(data)].sort(), [0, 2]);
  const rows = await dropped({ rate: 0.5, noiseShape: [20, 1], training: true });
  for (let row = 0; row < 20; row++) assert.equal(new Set(rows.data.subarray(row * 500, row * 500 + 500)).size, 1);
  for (const same of [{ rate: 0, training: true }, { rate: 0.5, training: false }]) {
    assert.ok((await dropped(same)).data.every((value: number) => value === 1));
  }
});

testOnBackends("batch normalization without masked steps, and frozen", async () => {
  const layer = new layers.BatchNormalization({ momentum: 0 });
  const train = compile((x: Value, mask: Value) => layer.apply(x, { mask, training: true }));
  await train(tensor([[[1, 5], [2, 5]], [[0, 0], [0, 0]]]), [[true, true], [false, false]]);
  assertClose((await layer.movingMean.read()).data, [1.5, 5], within(1e-5));
  assertClose((await layer.movingVariance.read()).data, [0.25, 0], within(1e-5));
  layer.trainable = false;
  assert.deepEqual([layer.trainableWeights.length, layer.nonTrainableWeights.length], [0, 4]);
  const frozen = await compile((x: Value) => layer.apply(x, { training: true }))([[[1, 5], [2, 5]]]);
  assertClose(frozen.data, [-0.998006, 0, 0.998006, 0], within(1e-4));
  assertClose((await layer.movingMean.read()).data, [1.5, 5], within(1e-5));
});

testOnBackends("normalization over features, and over groups of them", async () => {
  const normalized = (layer: layers.Layer, x: TensorLike) => compile((v) => layer.apply(v) as Value)(x);
  const layer = new layers.LayerNormalization({ betaInitializer: "ones" });
  const ramp = await normalized(layer, [[0, 1, 2, 3, 4]]);
  assertClose(ramp.data, [-0.41386, 0.29307, 1, 1.70693, 2.41386], within(1e-5));
  const grouped = await normalized(new layers.GroupNormalization({ groups: 1 }), [[-1, -1, 1, 1, 2, 2, 0, -2]]);
  assertClose(grouped.data, [-0.898, -0.898, 0.539, 0.539, 1.257, 1.257, -0.18, -1.616], within(1e-3));
});

async function metric(
  made: metrics.Metric,
  target: TensorLike,
  output: TensorLike,
  weight?: TensorLike,
): Promise<number[]> {
  const update = weight === undefined
    ? compile((t, o) => made.updateState(t, o))
    : compile((t, o, w) => made.updateState(t, o, w));
  await update(target, output, ...(weight === undefined ? [] : [weight]));
  return made instanceof metrics.VectorMetric ? await made.results() : [await made.result()];
}

testOnBackends("metrics", async () => {
  const close = within(1e-4);
  const accuracy = await metric(new metrics.BinaryAccuracy(), [[1], [1], [0], [0]], [[0.98], [1], [0], [0.6]]);
  assertClose(accuracy, [0.75], close);
  assertClose(await metric(new metrics.Precision(), [0, 1, 1, 0], [1, 0, 1, 0]), [0.5], close);
  assertClose(await metric(new metrics.Precision(), [0, 0, 0, 0], [0, 0, 0, 0]), [0], close);
  const topped = new metrics.Precision({ topK: 3 });
  assertClose(await metric(topped, [[0, 1, 1, 0, 0]], [[0.2, 0.1, 0.5, 0, 0.2]]), [1 / 3], close);
  assertClose(await metric(new metrics.AUC({ numThresholds: 3 }), [0, 0, 1, 1], [0, 0.5, 0.3, 0.9]), [0.75], close);
  assertClose(await metric(new metrics.Mean(), 0, [1, 3, 5, 7], [-1, -1, 0, 0]), [2], close);
});

testOnBackends("F1 scores of labels, and their mean", async () => {
  const [target, output] = [[[0, 0, 1], [1, 1, 0], [1, 1, 1]], [[0.7, 0.7, 0.7], [1, 0, 0], [0.9, 0.8, 0]]];
  const each = await metric(new metrics.F1Score({ threshold: 0.66 }), target, output);
  assertClose(each, [0.8, 0.5, 2 / 3], within(1e-6));
  const macro = new metrics.F1Score({ average: "macro", threshold: 0.66 });
  assertClose(await metric(macro, target, output), [0.6555555], within(1e-6));
});

testOnBackends("metrics of compile keep the names that were typed, weighted ones theirs", async () => {
  const same = new layers.Dense(2, { kernelInitializer: "identity", useBias: false });
  const model = new Sequential([Input({ shape: [2] }), same]);
  const mse = ["mean_squared_error"] as const;
  model.compile({ optimizer: "sgd", loss: "mse", metrics: mse, weightedMetrics: mse });
  const x = [[0.4, 0.1], [0.2, 0.6], [0.6, 0.1], [0.3, 0.2], [0.1, 0.4], [0.2, 0.3]];
  const y = [[0.1, 0.2], [0.3, 0.4], [0.5, 0.6], [0.1, 0.2], [0.3, 0.4], [0.5, 0.6]];
  const logs = await model.evaluate(x, y, { batchSize: 3, sampleWeight: [1, 0, 1, 1, 0, 1], verbose: 0 });
  assert.deepEqual(Object.keys(logs), ["loss", "mean_squared_error", "weighted_mean_squared_error"]);
  assertClose([logs.mean_squared_error, logs.weighted_mean_squared_error], [0.0558333, 0.0725], within(1e-6));
  for (const name of ["acc", "accuracy", "mse"] as const) {
    model.compile({ optimizer: "sgd", loss: "mse", metrics: [name] });
    assert.deepEqual(model.metricsNames, ["loss", name]);
  }
});

function threes(options: object = {}): Sequential {
  const dense = new layers.Dense(3, { useBias: false, kernelInitializer: "ones" });
  const model = new Sequential([Input({ shape: [4] }), dense]);
  const optimizer = new optimizers.SGD({ learningRate: 0.01 });
  model.compile({ optimizer, loss: "mse", metrics: ["mse"], ...options });
  return model;
}

testOnBackends("training on batches, with weights of samples and of classes", async () => {
  const model = threes();
  const [x, y] = [filled([100, 4], 1), filled([100, 3], 0)];
  const rough = within(1e-3);
  const { loss, mse } = await model.evaluate(x, y, { verbose: 0 });
  assertClose([loss, mse], [16, 16], rough);
  assertClose([(await model.trainOnBatch(x, y)).loss], [16], rough);
  assertClose([(await model.trainOnBatch(x, y)).loss], [15.158], rough);
  assertClose([(await model.testOnBatch(x, y)).loss], [14.36], rough);
  const sampleWeight = tensor(Float32Array.from({ length: 100 }, (_, i) => i / 50));
  assertClose([(await model.trainOnBatch(x, y, { sampleWeight })).loss], [14.217], rough);
  assertClose([(await model.trainOnBatch(x, y, { classWeight: { 0: 0.2, 1: 0.3 } })).loss], [2.722], rough);
});

testOnBackends("a weight of the loss", async () => {
  const model = threes({ lossWeights: 0.2 });
  const [x, y] = [filled([40, 4], 1), filled([40, 3], 0)];
  const { history } = await model.fit(x, y, { batchSize: 20, epochs: 3, verbose: 0 });
  assertClose(history.loss, [3.182979, 3.115617, 3.049681], within(1e-5));
});

testOnBackends("the loss of an epoch does not depend on the size of batches, and logs have Keras's keys", async () => {
  const [x, y] = [filled([100, 4], 1), filled([100, 3], 0)];
  const all = await threes().evaluate(x, y, { batchSize: 100, verbose: 0 });
  const ragged = await threes().evaluate(x, y, { batchSize: 80, verbose: 0 });
  assertClose([ragged.loss], [all.loss], within(1e-5));
  const keys: Record<string, string[]> = {};
  const note = (hook: string) => (_at: number, logs?: Logs) => void (keys[hook] = Object.keys(logs ?? {}));
  const watch = { onTrainBatchEnd: note("train batch"), onTestBatchEnd: note("test batch"), onEpochEnd: note("epoch") };
  await threes().fit(x, y, { verbose: 0, callbacks: [watch], validationSplit: 0.5 });
  assert.deepEqual(keys, {
    "train batch": ["loss", "mse"],
    "test batch": ["loss", "mse"],
    "epoch": ["loss", "mse", "val_loss", "val_mse"],
  });
});

testOnBackends("early stopping waits for its patience, and never ends at the first epoch", async () => {
  for (const [patience, epochs] of [[0, 2], [1, 2], [2, 3], [3, 4]]) {
    // With learning rate 0 nothing improves.
    const model = threes({ optimizer: new optimizers.SGD({ learningRate: 0 }) });
    const stopping = new EarlyStopping({ monitor: "loss", patience });
    const { epoch } = await model.fit(filled([4, 4], 1), filled([4, 3], 0), {
      epochs: 9,
      verbose: 0,
      callbacks: [stopping],
    });
    assert.equal(epoch.length, epochs, `patience ${patience}`);
  }
});

testOnBackends("constraints and regularizers", async () => {
  const columns = [[0, 1, 3, 3], [0, 0, 0, 3], [0, 0, 0, 3]];
  const max = new constraints.MaxNorm(2);
  const third = 2 / Math.sqrt(3);
  const expected = [0, 1, 2, third, 0, 0, 0, third, 0, 0, 0, third];
  assertClose((await compile((w) => max.call(w))(tensor(columns, undefined, "float32"))).data, expected, within(1e-5));
  const l2 = new regularizers.L2(0.1);
  const penalty = await compile((w) => l2.call(w))(tensor([[1, -2], [3, 0.5]], undefined, "float32"));
  assertClose(penalty.data, [0.1 * 14.25], within(1e-6));
});

Deno.test("orthogonal columns have the gain as their norm", () => {
  const { data } = new initializers.Orthogonal({ gain: 2, seed: 3 }).call([6, 3]);
  for (let a = 0; a < 3; a++) {
    for (let b = 0; b < 3; b++) {
      let product = 0;
      for (let row = 0; row < 6; row++) product += data[row * 3 + a] * data[row * 3 + b];
      assertClose([product], [a === b ? 4 : 0], within(1e-5));
    }
  }
});
