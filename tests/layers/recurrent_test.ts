// Recurrent layers: what the golden files do not hold: dropout, kept states, cells of one's own, sizes of graphs.
import assert from "node:assert/strict";
import {
  initializers,
  Input,
  Layer,
  layers,
  ops,
  optimizers,
  Sequential,
  setRandomSeed,
  tensor,
  type Value,
  type Weight,
} from "../../mod.ts";
import { compile } from "../../lib/exec/compile.ts";
import { optimize } from "../../lib/passes/pipeline.ts";
import type { Graph } from "../../lib/ir/graph.ts";
import { withContext } from "../../lib/ir/context.ts";
import { recording, Trace } from "../../lib/ir/trace.ts";
import { idOf } from "../../lib/ir/value.ts";
import { gradients } from "../../lib/tensor/gradients.ts";
import type { Tensor } from "../../lib/tensor/tensor.ts";
import { testOnBackends } from "../backends.ts";
import { assertClose } from "../close.ts";
import { numbers } from "../ops/samples.ts";

const close = { absolute: 1e-5, relative: 1e-5 };
const quiet = { verbose: 0 } as const;
const ones = {
  kernelInitializer: "identity",
  recurrentInitializer: "zeros",
  useBias: false,
  activation: "linear",
} as const;

/** The layer in training, as a function of tensors. */
const inTraining = (layer: Layer) => compile((x: Value) => layer.apply(x, { training: true }) as Value);

/** The rows of a tensor along its first axis, as texts. */
const rowsOf = (x: Tensor): string[] => (x.toArray() as unknown[]).map((row) => JSON.stringify(row));

testOnBackends("dropout takes the same features in all steps, and others in each batch and sample", async () => {
  const layer = new layers.SimpleRNN(40, { ...ones, dropout: 0.5, returnSequences: true });
  const run = inTraining(layer);
  const x = ops.ones([3, 4, 40]);
  const [first, second] = [await run(x), await run(x)];
  for (const y of [first, second]) {
    const samples = y.toArray(3);
    for (const steps of samples) {
      for (const step of steps) assert.deepEqual(step, steps[0]);
      assert.deepEqual([...new Set(steps[0])].sort(), [0, 2]);
    }
    assert.equal(new Set(rowsOf(y)).size, 3);
  }
  assert.notDeepEqual(rowsOf(first), rowsOf(second));
  const still = await compile((x: Value) => layer.apply(x, { training: false }) as Value)(x);
  assert.deepEqual(new Set(still.data), new Set([1]));
});

testOnBackends("recurrent dropout takes the same part of the state in all steps", async () => {
  const layer = new layers.SimpleRNN(40, {
    ...ones,
    kernelInitializer: "zeros",
    recurrentInitializer: "identity",
    recurrentDropout: 0.5,
    returnSequences: true,
  });
  const run = compile((x: Value, h: Value) => layer.apply(x, { training: true, initialState: h }) as Value);
  const [steps] = (await run(ops.zeros([1, 3, 40]), ops.ones([1, 40]))).toArray(3);
  assert.deepEqual([...new Set(steps[0])].sort(), [0, 2]);
  // The state is multiplied by the same factors, 0 or 2, again and again.
  steps.forEach((step, t) => assert.deepEqual(step, steps[0].map((factor) => factor ** (t + 1))));
});

testOnBackends("each gate has dropout of its own where the state has dropout too, as in Keras", async () => {
  // With these kernels the sums of the gates i, f, c and o are the inputs; c = i, h = c.
  const units = 32;
  const gates = (recurrentDropout: number) =>
    new layers.LSTMCell(units, { dropout: 0.5, recurrentDropout, useBias: false, activation: "linear" });
  for (const [recurrentDropout, shared] of [[0, true], [0.5, false]] as const) {
    const cell = gates(recurrentDropout);
    cell.ensureBuilt([null, units]);
    const eye = ops.reshape(tensor(Array.from({ length: units * units }, (_, i) => (i % (units + 1) === 0 ? 1 : 0))), [
      units,
      units,
    ]);
    cell.setWeights([ops.concatenate([eye, eye, eye, eye], 1), ops.zeros([units, 4 * units])]);
    const run = compile((x: Value) => {
      const prepared = cell.prepare(x.shape, true);
      return prepared.inputs(x);
    });
    const [row] = (await run(ops.ones([1, units]))).toArray(2);
    const parts = [0, 1, 2, 3].map((gate) => row.slice(gate * units, (gate + 1) * units));
    for (const part of parts) assert.deepEqual([...new Set(part)].sort(), [0, 2]);
    assert.equal(new Set(parts.map(String)).size, shared ? 1 : 4);
  }
});

testOnBackends(
  "a rate of 1 leaves nothing of the input of a SimpleRNN, and drops nothing in cells with gates",
  async () => {
    const x = numbers([2, 3, 4]);
    const of = async (make: (dropout: number) => Layer, dropout: number) => {
      setRandomSeed(3);
      return await inTraining(make(dropout))(x);
    };
    const simple = (dropout: number) => new layers.SimpleRNN(3, { dropout, name: "simple" });
    assert.deepEqual(new Set((await of(simple, 1)).data), new Set([0]));
    for (const Made of [layers.LSTM, layers.GRU]) {
      const make = (rate: number) => new Made(3, { dropout: rate, recurrentDropout: rate, name: "gated" });
      assert.deepEqual((await of(make, 1)).toArray(), (await of(make, 0)).toArray());
    }
  },
);

testOnBackends("the same seed drops the same, and a model learns in spite of what is dropped", async () => {
  const x = ops.sin(ops.reshape(tensor(Array.from({ length: 240 }, (_, i) => i)), [16, 5, 3]));
  const y = ops.mean(x, [1, 2]);
  const train = async () => {
    setRandomSeed(5);
    const lstm = new layers.LSTM(6, { dropout: 0.2, recurrentDropout: 0.2, returnSequences: true });
    const gru = new layers.GRU(5, { dropout: 0.2, recurrentDropout: 0.2, resetAfter: false });
    const model = new Sequential([Input({ shape: [5, 3] }), lstm, gru, new layers.Dense(1)]);
    model.compile({ optimizer: new optimizers.Adam({ learningRate: 0.05 }), loss: "mse" });
    const before = await model.evaluate(x, y, quiet);
    const { history } = await model.fit(x, y, { epochs: 10, batchSize: 8, verbose: 0 });
    return [before.loss, ...history.loss, (await model.evaluate(x, y, quiet)).loss];
  };
  const losses = await train();
  assert.deepEqual(await train(), losses);
  assert.ok(losses.at(-1)! < losses[0] / 2, String(losses));
});

const options = { returnSequences: true, name: "layer" } as const;

/** Layers with states, by name, and the shape of one step of their input. */
const stateful: Readonly<Record<string, [(stateful: boolean) => Layer & { resetStates(): void }, number[]]>> = {
  SimpleRNN: [(stateful) => new layers.SimpleRNN(3, { ...options, stateful }), [4]],
  LSTM: [(stateful) => new layers.LSTM(3, { ...options, stateful }), [4]],
  GRU: [(stateful) => new layers.GRU(3, { ...options, stateful, resetAfter: false }), [4]],
  cells: [(stateful) => new layers.RNN([new layers.GRUCell(3), new layers.LSTMCell(3)], { ...options, stateful }), [4]],
  ConvLSTM1D: [(stateful) => new layers.ConvLSTM1D(3, 2, { ...options, stateful, padding: "same" }), [3, 2]],
};

for (const [name, [make, step]] of Object.entries(stateful)) {
  testOnBackends(`${name}: kept states make one sequence of several batches`, async () => {
    const x = numbers([2, 6, ...step]);
    const whole = new Sequential([Input({ shape: [6, ...step] }), make(false)]);
    const layer = make(true);
    const parts = new Sequential([Input({ shape: [2, ...step], batchSize: 2 }), layer]);
    parts.setWeights(await whole.getWeights());
    const expected = await whole.predict(x, quiet) as Tensor;
    const run = async () => {
      const made: Tensor[] = [];
      for (const from of [0, 2, 4]) {
        const part = ops.slice(x, [0, from, ...step.map(() => 0)], [2, 2, ...step]);
        made.push(await parts.predict(part, { ...quiet, batchSize: 2 }) as Tensor);
      }
      return ops.concatenate(made, 1);
    };
    assertClose((await run()).data, expected.data, close);
    const goingOn = await run();
    assert.ok(goingOn.data.some((value, i) => Math.abs(value - expected.data[i]) > 1e-3));
    layer.resetStates();
    assertClose((await run()).data, expected.data, close);
  });
}

testOnBackends("both directions keep states of their own", async () => {
  const lstm = { stateful: true, name: "layer" };
  const both = new layers.Bidirectional(new layers.LSTM(2, lstm), { name: "both" });
  const model = new Sequential([Input({ shape: [3, 2], batchSize: 2 }), both]);
  const [first, second] = [numbers([2, 3, 2]), numbers([2, 3, 2])];
  const start = new layers.LSTM(2, { returnState: true, name: "start" });
  const back = new layers.LSTM(2, { returnState: true, goBackwards: true, name: "back" });
  const expected = compile((a: Value, b: Value) =>
    [start, back].map((layer) => {
      const [, ...states] = layer.apply(a);
      return layer.apply(b, { initialState: states })[0];
    })
  );
  const weights = await model.getWeights();
  for (const layer of [start, back]) layer.ensureBuilt([null, 3, 2]);
  start.setWeights(weights.slice(0, 3));
  back.setWeights(weights.slice(3));
  const wanted = ops.concatenate(await expected(first, second), 1);
  for (let turn = 0; turn < 2; turn++) {
    await model.predict(first, { ...quiet, batchSize: 2 });
    assertClose((await model.predict(second, { ...quiet, batchSize: 2 }) as Tensor).data, wanted.data, close);
    both.resetStates();
  }
});

testOnBackends("states are kept by fit and evaluate, and other batch sizes are refused", async () => {
  const layer = new layers.SimpleRNN(4, {
    stateful: true,
    kernelInitializer: new initializers.Constant(0.01),
    recurrentInitializer: new initializers.Constant(0.02),
    biasInitializer: new initializers.Constant(0.03),
  });
  const model = new Sequential([Input({ shape: [3, 4], batchSize: 2 }), layer]);
  const x = ops.reshape(tensor(Array.from({ length: 24 }, (_, i) => i)), [2, 3, 4]);
  const predict = async () => {
    const rows = (await model.predict(x, { ...quiet, batchSize: 2 }) as Tensor).toArray(2);
    return rows.map(([value]) => value);
  };
  // Of Keras's own tests.
  assertClose(await predict(), [0.405432, 0.73605347], close);
  assertClose(await predict(), [0.40559256, 0.7361247], close);
  layer.resetState();
  assertClose(await predict(), [0.405432, 0.73605347], close);
  model.compile({ optimizer: new optimizers.SGD({ learningRate: 0 }), loss: "mse" });
  layer.resetState();
  await model.fit(x, ops.zeros([2, 4]), { batchSize: 2, shuffle: false, verbose: 0 });
  assertClose(await predict(), [0.40559256, 0.7361247], close);
  layer.resetState();
  await model.evaluate(x, ops.zeros([2, 4]), { ...quiet, batchSize: 2 });
  assertClose(await predict(), [0.40559256, 0.7361247], close);
  assert.equal(model.weights.length, 3);
  await assert.rejects(
    model.predict(ops.zeros([3, 3, 4]), { ...quiet, batchSize: 3 }),
    /the batch size is fixed to 2/,
  );
  const alone = compile((x: Value) => layer.apply(x) as Value);
  await assert.rejects(alone(ops.zeros([3, 3, 4])), /keeps the states of 2 samples from batch to batch/);
});

/** The cell of Keras's documentation. */
class MinimalCell extends Layer {
  declare kernel: Weight;
  declare recurrentKernel: Weight;
  readonly stateSize: number;
  constructor(readonly units: number) {
    super({});
    this.stateSize = units;
  }
  override build(shape: readonly (number | null)[]): void {
    this.kernel = this.addWeight({ name: "kernel", shape: [shape.at(-1)!, this.units] });
    this.recurrentKernel = this.addWeight({ name: "recurrent_kernel", shape: [this.units, this.units] });
  }
  override call(x: Value, { states: [h] }: layers.CellContext): Value[] {
    const output = ops.tanh(ops.add(ops.matmul(x, this.kernel), ops.matmul(h, this.recurrentKernel)));
    return [output, output];
  }
}

testOnBackends("a cell of one's own computes and trains as the library's", async () => {
  const [x, y] = [numbers([8, 5, 3]), numbers([8, 4])];
  const models = [
    new layers.RNN(new MinimalCell(4)),
    new layers.SimpleRNN(4, { useBias: false }),
    new layers.RNN([new MinimalCell(4)], { unroll: true }),
  ].map((layer) => new Sequential([Input({ shape: [5, 3] }), layer]));
  const histories: number[][] = [];
  for (const model of models) {
    model.setWeights([0, 1].map((i) => numbersOf(i === 0 ? [3, 4] : [4, 4])));
    model.compile({ optimizer: "adam", loss: "mse" });
    histories.push((await model.fit(x, y, { epochs: 3, batchSize: 4, shuffle: false, verbose: 0 })).history.loss);
  }
  for (const history of histories) assertClose(history, histories[1], close);
  const weights = await models[1].getWeights();
  for (const model of models) {
    (await model.getWeights()).forEach((weight, i) => assertClose(weight.data, weights[i].data, close));
  }
});

/** Numbers that are the same in each call. */
const numbersOf = (shape: number[]): Tensor =>
  ops.reshape(tensor(Array.from({ length: shape[0] * shape[1] }, (_, i) => Math.sin(i + 1) / 2)), shape);

Deno.test("what is no cell, or a cell that returns too little, is refused", () => {
  const wrong = (layer: () => unknown, message: RegExp) => assert.throws(layer, message);
  wrong(() => new layers.RNN(new layers.Dense(3) as never), /cell must be a cell: a layer with a stateSize/);
  wrong(() => new layers.StackedRNNCells([]), /cells must be a list of cells/);
  wrong(() => new layers.StackedRNNCells([new layers.Dense(2) as never]), /each of cells must be a cell/);
  class TooFew extends MinimalCell {
    override call(x: Value): Value[] {
      return [ops.matmul(x, this.kernel)];
    }
  }
  const x = Input({ shape: [5, 3] });
  wrong(
    () => new layers.RNN(new TooFew(4)).apply(x),
    /must return a list of the output and 1 states, received 0 states/,
  );
  class Losing extends MinimalCell {
    override call(x: Value, context: layers.CellContext): Value[] {
      this.addLoss(ops.sum(x));
      return super.call(x, context);
    }
  }
  wrong(() => new layers.RNN(new Losing(4)).apply(x), /must not add losses: it is part of a loop/);
  const lstm = new layers.LSTM(4);
  const h = Input({ shape: [4] });
  wrong(() => lstm.apply(x, { initialState: h }), /its states must be .* and .*, received 1 of them/);
  wrong(() => lstm.apply(x, { initialState: [h, Input({ shape: [3] })] }), /its states must be/);
  wrong(() => lstm.apply(Input({ shape: [3] })), /must have axes of samples, steps and features|must have 3 axes/);
  wrong(() => lstm.apply(Input({ shape: [5, 2] })), /built for a last axis of 3/);
  wrong(() => new layers.LSTM(4).apply(Input({ shape: [5, null] })), /the kernel needs a fixed last axis/);
  wrong(
    () => new layers.LSTM(4).apply(Input({ shape: [5, 3, 2] })),
    /the input of a step must have axes of samples and features/,
  );
  wrong(() => new layers.GRU(4, { stateful: true }).apply(x), /a stateful layer needs a fixed batch size/);
  wrong(() => lstm.apply(x, { mask: Input({ shape: [4], dtype: "bool" }) }), /the mask must be/);
  wrong(() => new layers.LSTM(0), /units must be a positive integer/);
  wrong(() => new layers.LSTM(2, { dropout: 1.5 }), /dropout must be a number from 0 to 1/);
  wrong(() => new layers.ConvLSTM2D(2, 2).apply(Input({ shape: [3, null, 4, 1] })), /images must have fixed extents/);
  wrong(() => new layers.ConvLSTM2D(2, 2, { strides: 2, dilationRate: 2 }), /dilation/i);
});

Deno.test("two directions must fit each other", () => {
  const forward = new layers.LSTM(2);
  const pair = (backwardLayer: layers.DirectedLayer) => () => new layers.Bidirectional(forward, { backwardLayer });
  assert.throws(pair(new layers.LSTM(2)), /must differ in goBackwards, received false and false/);
  const others = { goBackwards: true, returnSequences: true };
  assert.throws(pair(new layers.LSTM(2, others)), /must have the same returnSequences, received false and true/);
  assert.throws(() => new layers.Bidirectional(new layers.Dense(2) as never), /must be a recurrent layer/);
  const both = new layers.Bidirectional(new layers.GRU(2, { returnState: true }), { mergeMode: null });
  const x = Input({ shape: [5, 3] });
  assert.deepEqual(both.apply(x).map(({ shape }) => shape), new Array(4).fill([null, 2]));
  const started = both.apply(x, { initialState: [Input({ shape: [2] }), Input({ shape: [2] })] });
  assert.equal(started.length, 4);
});

/** Gates of its own, which only a loop computes; the same function as by default. */
const alsoTanh = (x: Value): Value => ops.tanh(x);

/** Layers that run as one op, and the same ones as loops. */
const pairs: Readonly<Record<string, (options: layers.RecurrentOptions, own: object) => layers.Recurrent>> = {
  SimpleRNN: (options, own) => new layers.SimpleRNN(5, { ...options, ...own }),
  LSTM: (options, own) => new layers.LSTM(5, { ...options, ...own }),
  GRU: (options, own) => new layers.GRU(5, { ...options, ...own }),
  "GRU without bias": (options, own) => new layers.GRU(5, { ...options, ...own, useBias: false }),
  "RNN of an LSTMCell": (options, own) => new layers.RNN(new layers.LSTMCell(5, own), options),
};

for (const [name, make] of Object.entries(pairs)) {
  testOnBackends(`${name}: one op computes the outputs and gradients of a loop`, async () => {
    const x = numbers([4, 6, 3], -1, 1);
    const given = [numbers([4, 5], -1, 1), numbers([4, 5], -1, 1)];
    const mask = ops.greater(numbers([4, 6]), -1);
    const cases = [
      { options: {}, masked: false, started: false },
      { options: { returnSequences: true, goBackwards: true }, masked: true, started: false },
      { options: { returnState: true, zeroOutputForMask: true }, masked: true, started: false },
      { options: { returnSequences: true, returnState: true }, masked: false, started: true },
    ];
    for (const { options, masked, started } of cases) {
      const both = [{}, { activation: alsoTanh }].map((own) => make({ ...options, name: "layer" }, own));
      for (const layer of both) layer.ensureBuilt([null, 6, 3]);
      both[0].setWeights(both[0].weights.map(({ shape }) => numbers(shape, -1, 1)));
      both[1].setWeights(await both[0].getWeights());
      const [one, loop] = await Promise.all(both.map((layer) => {
        const states = given.slice(0, [layer.cell.stateSize].flat().length);
        const run = compile((x: Value, mask: Value, ...states: Value[]) => {
          const context = { ...(masked && { mask }), ...(started && { initialState: states }), training: true };
          const outputs = [layer.apply(x, context) as Value | Value[]].flat();
          const scores = outputs.map((y, i) => ops.multiply(ops.mean(ops.square(ops.add(y, i))), i + 1));
          const loss = scores.reduce((a, b) => ops.add(a, b));
          return [...outputs, ...gradients(loss, [x, ...states, ...layer.trainableWeights])];
        });
        return run(x, mask, ...states);
      }));
      one.forEach((y, i) => assertClose(y.data, loop[i].data, { absolute: 1e-6, relative: 1e-5 }, `${name} ${i}`));
    }
  });
}

testOnBackends("the gradient of a recurrent layer has a gradient", async () => {
  for (const make of [pairs.SimpleRNN, pairs.LSTM, pairs.GRU]) {
    const layer = make({ returnSequences: true }, {});
    const [x, direction] = [numbers([2, 4, 3], -1, 1), numbers([2, 4, 3], -1, 1)];
    layer.ensureBuilt([null, 4, 3]);
    layer.setWeights(layer.weights.map(({ shape }) => numbers(shape, -1, 1)));
    const steepness = (x: Value) => {
      const [slope] = gradients(ops.sum(ops.square(layer.apply(x) as Value)), [x]);
      return ops.sum(ops.square(slope));
    };
    const at = compile(steepness);
    const [second] = await compile((x: Value) => gradients(steepness(x), [x]))(x);
    const along = ops.sum(ops.multiply(second, direction)).item();
    const moved = async (by: number) => (await at(ops.add(x, ops.multiply(direction, by)))).item();
    const across = async (by: number) => (await moved(by) - await moved(-by)) / (2 * by);
    // Central differences at two distances, whose error is of the fourth order.
    const difference = (4 * await across(0.01) - await across(0.02)) / 3;
    assertClose([along], [difference], { absolute: 1e-2, relative: 1e-2 });
  }
});

/** The number of nodes of a graph and of the bodies inside. */
const count = (graph: Graph): number =>
  graph.nodes.reduce((total, node) => total + 1 + (node.op === "scan" ? count(node.attrs.body) : 0), 0);

/** The nodes of a training step of layers, as traced and as optimized, by the number of time steps. */
function nodesOf(make: () => Layer, steps: number, masked: boolean): number[] {
  const layer = make();
  const trace = new Trace();
  withContext(recording(trace), () => {
    const x = trace.input({ shape: [2, steps, 3], dtype: "float32" });
    if (masked) x.mask = trace.input({ shape: [2, steps], dtype: "bool" });
    const loss = ops.sum(ops.square(layer.apply(x, { training: true }) as Value));
    trace.graph.outputs = gradients(loss, [x, ...layer.trainableWeights]).map(idOf);
  });
  return [count(trace.graph), count(optimize(trace.graph, { verify: true }))];
}

Deno.test("the graph of a training step does not grow with the number of time steps", () => {
  const makes: Record<string, () => Layer> = {
    lstm: () => new layers.LSTM(4),
    gru: () => new layers.GRU(4, { returnSequences: true, recurrentDropout: 0.5 }),
    cells: () => new layers.RNN([new layers.LSTMCell(4), new layers.SimpleRNNCell(4)]),
    own: () => new layers.RNN(new MinimalCell(4)),
    both: () => new layers.Bidirectional(new layers.LSTM(4)),
    unrolled: () => new layers.LSTM(4, { unroll: true }),
  };
  for (const [name, make] of Object.entries(makes)) {
    for (const masked of [false, true]) {
      const few = nodesOf(make, 10, masked);
      assert.deepEqual(nodesOf(make, 1000, masked), few, name);
      assert.ok(few[0] < (name === "both" ? 800 : 500), `${name}: ${few}`);
    }
  }
});

/** The numbers of ops of a name outside of loops and in each of their bodies, in the gradients of a layer's output. */
function opsOf(layer: Layer, shape: readonly number[], name: string): { outside: number; bodies: number[] } {
  const trace = new Trace();
  withContext(recording(trace), () => {
    const x = trace.input({ shape, dtype: "float32" });
    const loss = ops.sum(ops.square(layer.apply(x, { training: true }) as Value));
    trace.graph.outputs = gradients(loss, [x, ...layer.trainableWeights]).map(idOf);
  });
  const graph = optimize(trace.graph);
  const count = ({ nodes }: Graph) => nodes.filter(({ op }) => op === name).length;
  const bodies = graph.nodes.flatMap((node) => (node.op === "scan" ? [count(node.attrs.body)] : []));
  return { outside: count(graph), bodies };
}

Deno.test("products of inputs and gradients of weights are outside of the loops", () => {
  // Outside: the inputs' product, and the gradients of input, kernel and recurrent kernel. Inside: the state's product,
  // which the gradient reads, and the gradient of the state; one op has both.
  for (const Made of [layers.LSTM, layers.GRU]) {
    const loop = new Made(4, { activation: "relu" });
    assert.deepEqual(opsOf(loop, [2, 10, 3], "matmul"), { outside: 4, bodies: [1, 1] });
    assert.deepEqual(opsOf(new Made(4), [2, 10, 3], "matmul"), { outside: 4, bodies: [] });
    assert.deepEqual(opsOf(new Made(4), [2, 10, 3], "recurrence"), { outside: 1, bodies: [] });
  }
  // The gradients of the two kernels.
  const film = new layers.ConvLSTM1D(4, 2, { padding: "same" });
  assert.deepEqual(opsOf(film, [2, 10, 5, 3], "convolutionFilter"), { outside: 2, bodies: [0, 0] });
});
