// Training: sample and class weights, seeds, batches of all sizes, cached programs, timers and Ctrl-C.
import assert from "node:assert/strict";
import { getExecutor, setBackend } from "../../lib/exec/select.ts";
import type { Value } from "../../lib/ir/value.ts";
import { Dense } from "../../lib/layers/core.ts";
import { Input } from "../../lib/layers/input.ts";
import { Dropout } from "../../lib/layers/regularization.ts";
import { Loss } from "../../lib/losses/loss.ts";
import { Layer } from "../../lib/layers/layer.ts";
import { Mean } from "../../lib/metrics/mean.ts";
import { Metric } from "../../lib/metrics/metric.ts";
import { Model } from "../../lib/models/model.ts";
import { Sequential } from "../../lib/models/sequential.ts";
import { gradients } from "../../lib/tensor/gradients.ts";
import { arange, ones, zeros } from "../../lib/ops/composed.ts";
import { add, max, maximum, mean, multiply, sqrt, square, subtract } from "../../lib/ops/primitives.ts";
import { SGD } from "../../lib/optimizers/optimizers.ts";
import { L2 } from "../../lib/regularizers.ts";
import { setRandomSeed } from "../../lib/random_stream.ts";
import { Tensor, tensor, type TensorLike } from "../../lib/tensor/tensor.ts";
import type { Batches } from "../../lib/training/batches.ts";
import type { StepData } from "../../lib/training/trainer.ts";
import { testOnBackends } from "../backends.ts";
import { assertClose } from "../close.ts";

const close = { absolute: 2e-6, relative: 2e-5 };

function onesModel(): Sequential {
  const dense = new Dense(3, { useBias: false, kernelInitializer: "ones" });
  const model = new Sequential([Input({ shape: [4] }), dense]);
  model.compile({ optimizer: new SGD({ learningRate: 0.01 }), loss: "mse", metrics: ["mse"] });
  return model;
}

testOnBackends("the numbers that Keras's own tests hold training to", async () => {
  const model = onesModel();
  const [x, y] = [ones([100, 4]), zeros([100, 3])];
  const rough = { absolute: 1e-3, relative: 0 };
  const { loss, mse } = await model.evaluate(x, y, { verbose: 0 });
  assertClose([loss, mse], [16, 16], rough);
  assertClose([(await model.trainOnBatch(x, y)).loss], [16], rough);
  assertClose([(await model.trainOnBatch(x, y)).loss], [15.158], rough);
  assertClose([(await model.testOnBatch(x, y)).loss], [14.36], rough);
  const sampleWeight = tensor(Float32Array.from({ length: 100 }, (_, i) => i / 50));
  assertClose([(await model.trainOnBatch(x, y, { sampleWeight })).loss], [14.217], rough);
});

testOnBackends("weights of classes are weights of their samples", async () => {
  const x = tensor([[1, 0], [0, 1], [1, 1], [2, 0]]);
  const y = tensor([0, 1, 2, 1], undefined, "int32");
  const train = async (options: object, batches?: Batches) => {
    setRandomSeed(1);
    const model = new Sequential([Input({ shape: [2] }), new Dense(3, { activation: "softmax" })]);
    model.compile({ optimizer: "sgd", loss: "sparse_categorical_crossentropy", weightedMetrics: ["accuracy"] });
    const { history } = batches
      ? await model.fit(batches, undefined, { epochs: 2, verbose: 0, ...options })
      : await model.fit(x, y, { epochs: 2, batchSize: 2, verbose: 0, ...options });
    return history;
  };
  const bySample = await train({ sampleWeight: [0.5, 2, 1, 2] });
  assert.deepEqual(await train({ classWeight: { 0: 0.5, 1: 2 } }), bySample);
  const inOrder = await train({ sampleWeight: [0.5, 2, 1, 2], shuffle: false });
  const batches = () => [0, 2].map((row) => [x.rows(row, row + 2), y.rows(row, row + 2)] as const);
  assert.deepEqual(await train({ classWeight: { 0: 0.5, 1: 2 } }, batches), inOrder);
});

testOnBackends("the mean over an epoch does not depend on the batch size", async () => {
  const x = new Tensor([100, 4], "float32", Float32Array.from({ length: 400 }, (_, i) => Math.sin(i)));
  const model = onesModel();
  const [a, b] = [80, 100];
  const first = await model.evaluate(x, zeros([100, 3]), { batchSize: a, verbose: 0 });
  const second = await model.evaluate(x, zeros([100, 3]), { batchSize: b, verbose: 0 });
  assertClose([first.loss], [second.loss], close);
});

function dropoutModel(): Sequential {
  const model = new Sequential([
    Input({ shape: [4] }),
    new Dense(16, { activation: "relu" }),
    new Dropout(0.3),
    new Dense(3, { activation: "softmax" }),
  ]);
  model.compile({ optimizer: "adam", loss: "sparse_categorical_crossentropy", metrics: ["accuracy"] });
  return model;
}

const x = new Tensor([50, 4], "float32", Float32Array.from({ length: 200 }, (_, i) => Math.sin(i * 1.7)));
const y = new Tensor([50], "int32", Int32Array.from({ length: 50 }, (_, i) => i % 3));

testOnBackends("the same seed gives the same numbers; another seed others", async () => {
  const train = async (seed: number) => {
    setRandomSeed(seed);
    const model = dropoutModel();
    const { history } = await model.fit(x, y, { epochs: 3, batchSize: 8, verbose: 0 });
    return [history.loss, ...(await model.getWeights()).map(({ data }) => [...data])];
  };
  const first = await train(1);
  assert.deepEqual(await train(1), first);
  assert.notDeepEqual(await train(2), first);
});

testOnBackends("how many steps run at once does not change the numbers", async () => {
  const train = async (callbacks: object[]) => {
    setRandomSeed(4);
    const model = dropoutModel();
    await model.fit(x, y, { epochs: 4, batchSize: 8, verbose: 0, callbacks });
    return (await model.getWeights()).map(({ data }) => [...data]);
  };
  assert.deepEqual(await train([{ onTrainBatchEnd() {} }]), await train([]));
});

testOnBackends("batches larger than the data, of one, and ragged all train", async () => {
  for (const batchSize of [1, 7, 49, 50, 64]) {
    const model = dropoutModel();
    const history = await model.fit(x, y, { batchSize, verbose: 0 });
    assert.equal(history.params.steps, Math.ceil(50 / batchSize));
    assert.equal(model.optimizer!.iterations, Math.ceil(50 / batchSize));
    assert.deepEqual((await model.predict(x, { batchSize, verbose: 0 })).shape, [50, 3]);
  }
});

testOnBackends("predictions keep their order, whatever the batch size", async () => {
  const model = dropoutModel();
  const whole = await model.predict(x, { batchSize: 50, verbose: 0 });
  assertClose((await model.predict(x, { batchSize: 7, verbose: 0 })).data, whole.data, close);
  for (let row = 0; row < 3; row++) {
    const one = await model.predict(x.rows(row, row + 1), { verbose: 0 });
    assertClose(one.data, whole.rows(row, row + 1).data, close);
  }
});

testOnBackends("bytes, labels in a column, and nested arrays are the same data", async () => {
  const bytes = new Tensor([2, 2], "uint8", Uint8Array.of(0, 3, 2, 1));
  const forms = [
    [[[0, 3], [2, 1]], [[0], [1]]],
    [bytes, new Uint8Array([0, 1])],
    [bytes.toArray(), tensor([[0], [1]], undefined, "int32")],
  ] as [TensorLike, TensorLike][];
  const weights: number[][] = [];
  for (const [x, y] of forms) {
    setRandomSeed(5);
    const model = new Sequential([Input({ shape: [2], dtype: "uint8" }), new Dense(2, { activation: "softmax" })]);
    model.compile({ optimizer: "sgd", loss: "sparse_categorical_crossentropy", metrics: "accuracy" });
    const before = (await model.getWeights())[0].toArray();
    await model.fit(x, y, { verbose: 0 });
    const after = (await model.getWeights())[0];
    assert.notDeepEqual(after.toArray(), before);
    weights.push([...after.data]);
  }
  assert.deepEqual(weights[1], weights[0]);
  assert.deepEqual(weights[2], weights[0]);
});

testOnBackends("compiling again forgets the metrics and the optimizer's steps", async () => {
  const model = dropoutModel();
  await model.fit(x, y, { verbose: 0 });
  model.compile({ optimizer: "sgd", loss: "sparse_categorical_crossentropy" });
  assert.deepEqual(Object.keys(await model.evaluate(x, y, { verbose: 0 })), ["loss"]);
  assert.equal(model.optimizer!.iterations, 0);
});

testOnBackends("weights that are set in between are those that are used", async () => {
  const model = onesModel();
  const input = ones([1, 4]);
  assert.deepEqual((await model.predict(input, { verbose: 0 })).toArray(), [[4, 4, 4]]);
  model.setWeights([zeros([4, 3])]);
  assert.deepEqual((await model.predict(input, { verbose: 0 })).toArray(), [[0, 0, 0]]);
  await model.fit(input, ones([1, 3]), { verbose: 0 });
  assert.notDeepEqual((await model.predict(input, { verbose: 0 })).toArray(), [[0, 0, 0]]);
});

testOnBackends("frozen layers stay", async () => {
  const model = dropoutModel();
  model.layers[0].trainable = false;
  model.compile({ optimizer: "adam", loss: "sparse_categorical_crossentropy" });
  const before = await model.getWeights();
  await model.fit(x, y, { verbose: 0 });
  const after = await model.getWeights();
  assert.deepEqual(after.slice(0, 2), before.slice(0, 2));
  assert.notDeepEqual(after[2], before[2]);
});

testOnBackends("a training step of one's own, with logs of its own", async () => {
  class Own extends Model {
    dense = new Dense(1, { kernelInitializer: "zeros" });
    override call(input: Value) {
      return this.dense.apply(input);
    }
    override trainStep({ x: input, y: target }: StepData) {
      const output: Value = this.apply(input, { training: true });
      const error = mean(square(subtract(target!, output)));
      const weights = this.trainableWeights;
      this.optimizer!.apply(gradients(multiply(error, 2), weights), weights);
      return { error };
    }
  }
  const model = new Own();
  model.compile({ optimizer: "sgd" } as never);
  const { history } = await model.fit([[1], [2]], [[1], [2]], { epochs: 3, batchSize: 2, verbose: 0 });
  assert.deepEqual(Object.keys(history), ["error"]);
  assert.equal(history.error[0], 2.5);
  assert.ok(history.error[2] < history.error[0]);
});

testOnBackends("a model with a step of its own needs no call, as in Keras", async () => {
  class Pair extends Model {
    left = new Dense(1, { kernelInitializer: "ones" });
    right = new Dense(1, { kernelInitializer: "ones" });
    other = new SGD({ learningRate: 0.5 });
    override trainStep({ x: input, y: target }: StepData) {
      const outputs = [this.left, this.right].map((layer): Value => layer.apply(input));
      const losses = outputs.map((output) => mean(square(subtract(output, target!))));
      [this.left, this.right].forEach((layer, i) => {
        const weights = layer.trainableWeights;
        (i === 0 ? this.optimizer! : this.other).apply(gradients(losses[i], weights), weights);
      });
    }
  }
  const model = new Pair();
  model.compile({ optimizer: new SGD({ learningRate: 0.25 }), loss: null });
  await model.fit([[1]], [[0]], { verbose: 0 });
  // y = wx + b with w = 1, b = 0, x = 1, target 0: both derivatives of y^2 are 2.
  assert.deepEqual((await model.getWeights()).map((weight) => weight.item()), [0.5, -0.5, 0, -1]);
  await assert.rejects(model.predict([[1]], { verbose: 0 }), /Pair has no method call/);
});

testOnBackends(
  "a step of one's own finds what a part of its model adds to the loss, and validates without targets",
  async () => {
    class Adding extends Layer {
      constructor(readonly factor: number) {
        super();
      }
      override call(input: Value) {
        this.addLoss(multiply(mean(input), this.factor));
        return input;
      }
    }
    class Own extends Model {
      first = new Sequential([
        Input({ shape: [2] }),
        new Adding(10),
        new Dense(1, { kernelInitializer: "ones", kernelRegularizer: new L2(0.5) }),
      ]);
      second = new Adding(1000);
      ofFirst = new Mean({ name: "first" });
      ofSecond = new Mean({ name: "second" });
      override trainStep({ x: input }: StepData) {
        assert.equal(this.second.losses.length, 0);
        this.second.apply(this.first.apply(input));
        this.ofFirst.update(this.first.losses.reduce((sum, loss) => add(sum, loss)));
        this.ofSecond.update(this.second.losses.reduce((sum, loss) => add(sum, loss)));
      }
      override testStep(data: StepData) {
        this.trainStep(data);
      }
    }
    const model = new Own();
    model.compile({ optimizer: "sgd", loss: null });
    // The first adds 10 times the mean of the input, and half the sum of two squares of 1; the second 1000 times the mean
    // of the sums of the rows.
    const { history } = await model.fit([[1, 3]], undefined, { verbose: 0, validationData: [[[2, 2], [0, 0]]] });
    assert.deepEqual(history, { first: [21], second: [4000], val_first: [11], val_second: [2000] });
    // Penalties are on what is trained.
    model.first.trainable = false;
    assert.equal((await model.evaluate([[1, 3]], undefined, { verbose: 0 })).first, 20);
  },
);

testOnBackends("metrics in properties are reported over the steps of each epoch, and begin anew", async () => {
  class Watched extends Model {
    seen = new Mean({ name: "seen" });
    loss = new Mean({ name: "loss" });
    override call(input: Value) {
      return input;
    }
    override trainStep({ x: input }: StepData) {
      this.seen.update(mean(input));
      this.loss.update(mean(square(input)));
      return { last: mean(input) };
    }
  }
  const model = new Watched();
  model.compile({ optimizer: "sgd", loss: null });
  const data = [[1], [2], [3], [6]];
  const options = { epochs: 2, batchSize: 1, shuffle: false, verbose: 0 } as const;
  const { history } = await model.fit(data, undefined, options);
  assert.deepEqual(history, { last: [6, 6], loss: [12.5, 12.5], seen: [3, 3] });
  assert.deepEqual(model.metricsNames, ["loss", "seen"]);
});
testOnBackends(
  "metrics of a model's own begin anew with each epoch, and are reported where they are updated",
  async () => {
    class Inner extends Layer {
      largest = new Mean({ name: "largest" });
      override call(input: Value) {
        this.largest.update(max(input));
        return input;
      }
    }
    class Own extends Model {
      inner = new Inner();
      dense = new Dense(1, { kernelInitializer: "ones" });
      trackers = { loss: new Mean({ name: "loss" }), test: [new Mean({ name: "distance" })] };
      override call(input: Value) {
        return this.dense.apply(this.inner.apply(input));
      }
      override trainStep({ x: input, y: target }: StepData) {
        const output: Value = this.apply(input);
        const loss = mean(square(subtract(target!, output)));
        this.optimizer!.apply(gradients(loss, this.trainableWeights), this.trainableWeights);
        this.trackers.loss.update(loss);
      }
      override testStep({ x: input, y: target }: StepData) {
        const output: Value = this.apply(input);
        this.trackers.test[0].updateState(target!, subtract(target!, output));
      }
    }
    const model = new Own();
    model.compile({ optimizer: new SGD({ learningRate: 0 }), loss: "mae", metrics: ["mse"] });
    const [inputs, targets] = [[[1], [2], [4]], [[2], [5], [9]]];
    const options = { batchSize: 2, verbose: 0, shuffle: false } as const;
    const { history } = await model.fit(inputs, targets, { ...options, epochs: 2, validationData: [inputs, targets] });
    // Batches of errors 1, 3 and 5, with mean squares 5 and 25; their largest inputs are 2 and 4.
    assert.deepEqual(history, {
      largest: [3, 3],
      loss: [15, 15],
      val_distance: [3, 3],
      val_largest: [3, 3],
    });
    assert.deepEqual(await model.evaluate(inputs, targets, { batchSize: 2, verbose: 0 }), { distance: 3, largest: 3 });
    assert.deepEqual(await model.trainOnBatch([[3]], [[3]]), { largest: 3, loss: 0 });
    assert.deepEqual(model.metricsNames, ["loss", "mse", "distance", "largest"]);
  },
);

testOnBackends("timers run while fit does, and may predict", async () => {
  const model = onesModel();
  let ticks = 0;
  const outputs: Promise<Tensor>[] = [];
  const timer = setInterval(() => {
    if (ticks++ < 3) outputs.push(model.predict(ones([2, 4]), { verbose: 0 }));
  }, 5);
  const began = performance.now();
  while (performance.now() - began < 300) {
    await model.fit(ones([512, 4]), zeros([512, 3]), { batchSize: 1, epochs: 1, verbose: 0 });
  }
  clearInterval(timer);
  assert.ok(ticks >= 3, `${ticks} ticks`);
  for (const output of await Promise.all(outputs)) assert.deepEqual(output.shape, [2, 3]);
});

testOnBackends("Ctrl-C ends training, keeps the weights, and says so", async (backend) => {
  // In a separate process, since the signal would end the test runner too.
  const lib = new URL("../../lib/", import.meta.url).href;
  const code = `
    import { setBackend } from "${lib}exec/select.ts";
    import { Dense } from "${lib}layers/core.ts";
    import { Input } from "${lib}layers/input.ts";
    import { Sequential } from "${lib}models/sequential.ts";
    import { ones } from "${lib}ops/composed.ts";
    await setBackend("${backend}");
    const model = new Sequential([Input({ shape: [4] }), new Dense(1, { kernelInitializer: "zeros" })]);
    model.compile({ optimizer: "sgd", loss: "mse" });
    setTimeout(() => console.log("training"), 20);
    try {
      await model.fit(ones([1000, 4]), ones([1000, 1]), { batchSize: 1, epochs: 1000000, verbose: 0 });
    } catch (error) {
      console.log(error.message);
      console.log(model.optimizer.iterations > 0, (await model.getWeights())[0].data[0] !== 0);
    }`;
  const args = ["eval", "--no-lock", code];
  const child = new Deno.Command(Deno.execPath(), { args, stdout: "piped", stderr: "null" }).spawn();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let text = (await reader.read()).value ?? "";
  child.kill("SIGINT");
  for (let part = await reader.read(); !part.done; part = await reader.read()) text += part.value;
  assert.equal((await child.status).code, 0);
  assert.match(text, /was ended by Ctrl-C in epoch \d+ of 1000000, after \d+ steps: the weights are those/);
  assert.match(text, /true true/);
});

Deno.test("a model moves with the backend and keeps its training", async () => {
  await setBackend("reference");
  const model = dropoutModel();
  await model.fit(x, y, { verbose: 0 });
  const before = await model.predict(x, { verbose: 0 });
  await setBackend("reference");
  assert.equal((await getExecutor()).name, "reference");
  assertClose((await model.predict(x, { verbose: 0 })).data, before.data, close);
  await model.fit(x, y, { verbose: 0 });
  assert.equal(model.optimizer!.iterations, 4);
});

testOnBackends("predictions that run at once keep their outputs apart", async () => {
  const model = new Sequential([Input({ shape: [1] }), new Dense(1, { kernelInitializer: "ones" })]);
  const predict = async (value: number, batchSize?: number) => {
    const outputs = await model.predict([[value], [value], [value]], { verbose: 0, batchSize });
    return [...outputs.data];
  };
  const expected = [1, 2, 3].map((value) => [value, value, value]);
  // The second time the step exists already; batches of two use several programs.
  for (const batchSize of [undefined, undefined, 2]) {
    assert.deepEqual(await Promise.all([1, 2, 3].map((value) => predict(value, batchSize))), expected);
  }
});

testOnBackends("targets that two outputs shared are their own in the next batch", async () => {
  const input = Input({ shape: [1] });
  const outputs = [0, 1].map(() => new Dense(1, { kernelInitializer: "zeros" }).apply(input));
  const model = new Model({ inputs: input, outputs });
  model.compile({ optimizer: "sgd", loss: "mse" });
  const [ones1, twos] = [tensor([[1]]), tensor([[2]])];
  assert.equal((await model.testOnBatch([[1]], [ones1, ones1])).loss, 2);
  assert.equal((await model.testOnBatch([[1]], [ones1, twos])).loss, 5);
});

testOnBackends("many shapes do not pile up programs", async () => {
  const model = onesModel();
  for (let rows = 1; rows <= 40; rows++) {
    await model.predict(arange(rows * 4).reshape([rows, 4]), { batchSize: 64, verbose: 0 });
  }
  assert.deepEqual((await model.predict(ones([1, 4]), { verbose: 0 })).shape, [1, 3]);
});

testOnBackends("a loss that becomes NaN is named once, with its first batch", async (backend) => {
  const bad = (row: number) => {
    const data = Float32Array.from({ length: 80 }, (_, i) => i / 80);
    data[4 * row] = NaN;
    return new Tensor([20, 4], "float32", data);
  };
  const heard: string[] = [];
  const { warn } = console;
  console.warn = (text: string) => void heard.push(text);
  try {
    const options = { epochs: 2, shuffle: false, verbose: 0 } as const;
    const { history } = await onesModel().fit(bad(7), zeros([20, 3]), { ...options, batchSize: 4 });
    assert.ok(history.loss.every(Number.isNaN));
    const sizes = [1, 9, 10];
    const batches = function* () {
      let at = 0;
      for (const size of sizes) {
        yield [bad(3).rows(at, at + size), zeros([size, 3])] as const;
        at += size;
      }
    };
    await onesModel().fit(batches, undefined, options);
  } finally {
    console.warn = warn;
  }
  assert.equal(heard.length, 4);
  assert.match(heard[0], /^x has NaN in row 7, element 0/);
  assert.match(heard[1], /^The loss of "sequential.*" is NaN in epoch 1 from batch 1 on: lower/, backend);
  assert.match(heard[2], /^x has NaN in row 2, element 0: what fit "sequential.*", batch 1 computes/);
  assert.match(heard[3], /is NaN in epoch 1 from batch 1 on/);
});

testOnBackends("several batches may lie between hooks", async () => {
  const calls: string[] = [];
  const watch = {
    onTrainBatchBegin: (batch: number) => void calls.push(`begin ${batch}`),
    onTrainBatchEnd: (batch: number) => void calls.push(`end ${batch}`),
  };
  const train = async (stepsPerExecution: number, callbacks: object[]) => {
    setRandomSeed(3);
    const model = dropoutModel();
    model.compile({ optimizer: "adam", loss: "sparse_categorical_crossentropy", stepsPerExecution });
    const { history } = await model.fit(x, y, { batchSize: 8, verbose: 0, callbacks });
    return history;
  };
  const plain = await train(1, []);
  assert.deepEqual(await train(3, [watch]), plain);
  assert.deepEqual(calls, ["begin 0", "end 2", "begin 3", "end 5", "begin 6", "end 6"]);
});

testOnBackends("batches may come from anything that can be iterated over, also asynchronously", async () => {
  const parts = [0, 25].map((row) => [x.rows(row, row + 25), y.rows(row, row + 25)] as const);
  const stream = async function* () {
    for (const part of parts) {
      await new Promise((resolve) => setTimeout(resolve, 1));
      yield part;
    }
  };
  const train = async (source: Batches) => {
    setRandomSeed(3);
    const { history, epoch } = await dropoutModel().fit(source, undefined, { epochs: 2, verbose: 0 });
    return { history, epoch };
  };
  const expected = await train(() => parts);
  assert.deepEqual(expected.epoch, [0, 1]);
  assert.deepEqual(await train(new Set(parts)), expected);
  assert.deepEqual(await train(stream), expected);
  assert.deepEqual(await train({ [Symbol.asyncIterator]: stream }), expected);
  // Validation reads the batches too, from the first one each time.
  const model = dropoutModel();
  const { history } = await model.fit(x, y, { epochs: 2, verbose: 0, validationData: stream, validationSteps: 1 });
  const { loss } = await model.evaluate(...parts[0], { verbose: 0 });
  assertClose([history.val_loss[1]], [loss], close);
});

testOnBackends("what is iterated over is asked for one batch ahead, and closed when fit is done", async () => {
  const events: string[] = [];
  const batches = function* () {
    try {
      for (let i = 0;; i++) {
        events.push(`batch ${i}`);
        yield [x, y] as const;
      }
    } finally {
      events.push("closed");
    }
  };
  const watch = { onTrainBatchEnd: (batch: number) => void events.push(`end ${batch}`) };
  const options = { stepsPerEpoch: 2, epochs: 2, verbose: 0, callbacks: [watch] } as const;
  await dropoutModel().fit(batches, undefined, options);
  const first = ["batch 0", "batch 1", "end 0", "end 1"];
  assert.deepEqual(events, [...first, "batch 2", "batch 3", "end 0", "end 1", "closed"]);
  // The user's own generator continues where it was.
  const own = batches();
  await dropoutModel().fit(own, undefined, options);
  events.length = 0;
  await dropoutModel().fit(own, undefined, { ...options, epochs: 1 });
  assert.deepEqual(events, ["batch 4", "batch 5", "end 0", "end 1"]);
});

testOnBackends("an error of the user's generator comes out, and the model can be trained again", async () => {
  const model = dropoutModel();
  const failing = function* () {
    yield [x, y] as const;
    throw new Error("mine");
  };
  await assert.rejects(model.fit(failing, undefined, { verbose: 0 }), { message: "mine" });
  await model.fit(x, y, { verbose: 0 });
});

testOnBackends("classes are the places of the largest outputs, or a half and more", async () => {
  const many = dropoutModel();
  const outputs = (await many.predict(x, { verbose: 0 })).toArray(2);
  const expected = outputs.map((row) => row.indexOf(Math.max(...row)));
  const classes = await many.predictClasses(x, { verbose: 0 });
  assert.deepEqual([classes.dtype, classes.shape, [...classes.data]], ["int32", [50], expected]);
  const one = new Sequential([
    Input({ shape: [1] }),
    new Dense(1, { activation: "sigmoid", kernelInitializer: "ones" }),
  ]);
  assert.deepEqual((await one.predictClasses([[-1], [0], [2]], { verbose: 0 })).toArray(), [[0], [0], [1]]);
});

testOnBackends("a loss and a metric of one's own are short classes", async () => {
  class CubicError extends Loss {
    call(target: Value, output: Value): Value {
      const error = subtract(output, target);
      return mean(multiply(square(error), sqrt(square(error))), [-1]);
    }
  }
  class Largest extends Metric {
    largest = this.addVariable("largest");
    updateState(_target: Value, output: Value): void {
      this.largest.assign(maximum(this.largest, max(output)));
    }
    compute([largest]: readonly Tensor[]): number {
      return largest.item();
    }
  }
  const model = new Sequential([Input({ shape: [1] }), new Dense(1, { kernelInitializer: "ones" })]);
  model.compile({ optimizer: new SGD({ learningRate: 0 }), loss: new CubicError(), metrics: [new Largest()] });
  const { history } = await model.fit([[1], [2], [3]], [[0], [0], [0]], { batchSize: 2, epochs: 2, verbose: 0 });
  assertClose(history.loss, [12, 12], close);
  assert.deepEqual(history.largest, [3, 3]);
});

testOnBackends("validation data outlives the programs of a stream of many shapes", async () => {
  const model = onesModel();
  const [input, target] = [x, zeros([50, 3])];
  const batches = () => Array.from({ length: 20 }, (_, i) => [input.rows(0, i + 1), target.rows(0, i + 1)] as const);
  const losses: number[] = [];
  const watch = {
    async onEpochEnd() {
      losses.push((await model.evaluate(input, target, { batchSize: 25, verbose: 0 })).loss);
    },
  };
  const { history } = await model.fit(batches, undefined, {
    epochs: 2,
    validationData: [input, target],
    validationBatchSize: 25,
    verbose: 0,
    callbacks: [watch],
  });
  assertClose(history.val_loss, losses, close);
});

Deno.test("an evaluation amid a training leaves its data where it is, however large", async () => {
  await setBackend("eigen");
  // More data than is kept after a run.
  const [input, target] = [ones([20, 1_000_000]), ones([20, 1])];
  const train = async (callbacks: (model: Sequential) => object[]) => {
    const model = new Sequential([Input({ shape: [1_000_000] }), new Dense(1, { kernelInitializer: "zeros" })]);
    model.compile({ optimizer: new SGD({ learningRate: 1e-8 }), loss: "mse" });
    const options = { epochs: 3, batchSize: 10, verbose: 0, callbacks: callbacks(model) } as const;
    return (await model.fit(input, target, options)).history.loss;
  };
  const evaluating = await train((model) => [{
    onEpochEnd: async () => void await model.evaluate(input.rows(0, 1), target.rows(0, 1), { verbose: 0 }),
  }]);
  assert.deepEqual(evaluating, await train(() => []));
});
