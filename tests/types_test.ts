// What types catch: each line after `@ts-expect-error` is a mistake that must not compile; it never runs.
import assert from "node:assert/strict";
import {
  callbacks,
  constraints,
  initializers,
  Input,
  Layer,
  layers,
  losses,
  metrics,
  Model,
  ops,
  optimizers,
  regularizers,
  schedules,
  Sequential,
  setBackend,
  type Tensor,
  tensor,
  type Value,
} from "../mod.ts";

/** Never called: `deno check` reads it. */
export async function mistakes(): Promise<void> {
  const [title, body] = [Input({ shape: [3], name: "title" }), Input({ shape: [4], name: "body" })];
  const data = tensor([[1, 2, 3]]);

  // Names and structure of inputs and outputs determine the types of fit and predict.
  const byName = new Model({
    inputs: { title, body },
    outputs: { score: new layers.Dense(1).apply(title), kind: new layers.Dense(2).apply(body) },
  });
  const answer = await byName.predict({ title: data, body: data });
  const score: Tensor = answer.score;
  await byName.fit({ title: data, body: data }, { score, kind: data });
  // @ts-expect-error there is no output of this name
  void answer.scores;
  // @ts-expect-error an input is missing
  await byName.predict({ title: data });
  // @ts-expect-error a name is misspelled
  await byName.predict({ titel: data, body: data });
  // @ts-expect-error one tensor for two inputs
  await byName.predict(data);
  // @ts-expect-error a target is missing
  await byName.fit({ title: data, body: data }, { score });

  await byName.evaluate({ title: data, body: data }, { score, kind: data }, { sampleWeight: { score: [1] } });
  const validationData = [{ title: data, body: data }, { score, kind: data }] as const;
  await byName.fit({ title: data, body: data }, { score, kind: data }, { validationData, sampleWeight: { kind: [1] } });
  const wrong = [{ title: data }, { score, kind: data }] as const;
  // @ts-expect-error an input of the validation is missing
  await byName.fit({ title: data, body: data }, { score, kind: data }, { validationData: wrong });
  // @ts-expect-error weights for no output
  await byName.fit({ title: data, body: data }, { score, kind: data }, { sampleWeight: { kinds: [1] } });
  // @ts-expect-error weights for no output
  await byName.evaluate({ title: data, body: data }, { score, kind: data }, { sampleWeight: { kinds: [1] } });
  // @ts-expect-error an input is misspelled
  await byName.trainOnBatch({ title: data, boddy: data }, { score, kind: data });
  // @ts-expect-error a target is misspelled
  await byName.testOnBatch({ title: data, body: data }, { scor: score, kind: data });
  // @ts-expect-error an input is missing
  await byName.predictOnBatch({ body: data });
  const classes: Tensor = (await byName.predictClasses({ title: data, body: data })).kind;
  // @ts-expect-error one tensor for two inputs
  await byName.predictClasses(classes);

  // Names of outputs determine the types of compile.
  byName.compile({ loss: { score: "mse", kind: "categorical_crossentropy" }, metrics: { kind: ["accuracy", "mae"] } });
  byName.compile({ loss: ["mse", "mae"], lossWeights: { score: 2 }, weightedMetrics: { score: "mae" } });
  // @ts-expect-error no output of this name
  byName.compile({ loss: { scores: "mse", kind: "mae" } });
  // @ts-expect-error no loss of this name
  byName.compile({ loss: { score: "mse", kind: "maee" } });
  // @ts-expect-error no output of this name
  byName.compile({ loss: "mse", lossWeights: { scor: 1 } });
  // @ts-expect-error no output of this name
  byName.compile({ loss: "mse", metrics: { scor: "mae" } });
  // @ts-expect-error no metric of this name
  byName.compile({ loss: "mse", metrics: { score: ["mae", "acuracy"] } });
  // @ts-expect-error no output of this name
  byName.compile({ loss: "mse", weightedMetrics: { scor: "mae" } });

  const listed = new Model({ inputs: [title, body], outputs: [new layers.Dense(1).apply(title), body] });
  const [first, second] = await listed.predict([data, data]);
  await listed.predict({ title: first, body: second });
  // @ts-expect-error the names are those of the Inputs
  await listed.predict({ title: data, text: data });

  const single = new Sequential([new layers.Dense(1)]);
  const y: Tensor = await single.predict(data);
  // @ts-expect-error one tensor is no list
  void y[0];
  // @ts-expect-error an object for one input
  await single.fit({ title: data }, data);
  // Any model is a Model, whatever it is made from.
  const any: Model[] = [byName, listed, single];
  void any;

  // Layers take what their call takes.
  class Both extends Layer {
    override call({ a, b }: { a: Value; b: Value }): [Value, Value] {
      return [ops.add(a, b), b];
    }
  }
  const [sum] = new Both().apply({ a: title, b: title });
  void sum.shape;
  // @ts-expect-error a name is missing
  new Both().apply({ a: title });
  // @ts-expect-error a list in place of names
  new Both().apply([title, body]);
  // @ts-expect-error a list for a layer of one input
  new layers.Dense(1).apply([title, body]);
  // @ts-expect-error misspelled
  new layers.Dense(1).apply(title, { trainin: true });

  // A typed array without a type of its buffer, which TypeScript takes for one that may be shared.
  const given: Float32Array = new Float32Array(3);
  void [tensor(given), tensor([given, given]), ops.add(tensor(given), 1)];
  // @ts-expect-error there are no tensors of float64
  tensor(new Float64Array(3));

  // Recurrent layers return states where they are asked to, also inside of Bidirectional.
  const sequence = Input({ shape: [5, 3] });
  const [read, last] = new layers.Bidirectional(new layers.GRU(2, { returnState: true })).apply(sequence);
  void [read.shape, last.shape];
  void new layers.Bidirectional(new layers.LSTM(2)).apply(sequence).shape;
  // @ts-expect-error no states without returnState
  const [only] = new layers.Bidirectional(new layers.LSTM(2)).apply(sequence);
  void only;

  // Identifiers and options are literal.
  // @ts-expect-error no such activation
  new layers.Dense(1, { activation: "rellu" });
  // @ts-expect-error no such initializer
  new layers.Dense(1, { kernelInitializer: "glorot" });
  // @ts-expect-error no such option
  new layers.Dense(1, { actvation: "relu" });
  // @ts-expect-error no such option of Flatten
  new layers.Flatten({ units: 1 });
  // @ts-expect-error no such loss
  single.compile({ loss: "mean_sq" });
  // @ts-expect-error no such optimizer
  single.compile({ loss: "mse", optimizer: "adamm" });
  // @ts-expect-error no such metric
  single.compile({ loss: "mse", metrics: ["acuracy"] });
  // @ts-expect-error no such dtype
  Input({ shape: [1], dtype: "float64" });
  // @ts-expect-error no such regularizer
  new layers.Dense(1, { kernelRegularizer: "l3" });
  // @ts-expect-error no such constraint
  new layers.Dense(1, { kernelConstraint: "maxnorm" });
  // @ts-expect-error no such padding
  new layers.Conv2D(1, 3, { padding: "sames" });
  // @ts-expect-error no such mode
  new layers.RandomFlip("sideways");
  // @ts-expect-error no such interpolation
  new layers.Resizing(2, 2, { interpolation: "cubic" });
  // @ts-expect-error no such verbosity
  await single.fit(data, y, { verbose: 3 });
  // @ts-expect-error no such backend
  await setBackend("tensorflow");
  // @ts-expect-error no such range
  single.summary({ layerRange: ["dense"] });

  // Options are those of each class.
  // @ts-expect-error momentum is SGD's
  new optimizers.Adam({ momentum: 0.9 });
  // @ts-expect-error the learning rate was given
  new optimizers.Adam(1e-3, { learningRate: 1 });
  // @ts-expect-error no such option of every optimizer
  new optimizers.SGD({ clipNorm: 1 });
  // @ts-expect-error no such option of a loss
  new losses.MeanSquaredError({ fromLogits: true });
  // @ts-expect-error no such reduction
  new losses.MeanSquaredError({ reduction: "average" });
  // @ts-expect-error no such option of a metric
  new metrics.BinaryAccuracy({ thresholds: 0.5 });
  // @ts-expect-error no such curve
  new metrics.AUC({ curve: "PRC" });
  // @ts-expect-error no such option of a callback
  new callbacks.EarlyStopping({ patiences: 3 });
  // @ts-expect-error no such mode
  new callbacks.EarlyStopping({ mode: "most" });
  // @ts-expect-error an option is missing
  new schedules.ExponentialDecay({ initialLearningRate: 0.1, decaySteps: 10 });
  // @ts-expect-error no such distribution
  new initializers.VarianceScaling({ distribution: "normals" });
  // @ts-expect-error no such option
  new regularizers.L1L2({ l3: 1 });
  // @ts-expect-error no such option
  new constraints.MaxNorm(1, { axes: 0 });

  // Custom functions take and return symbolic values.
  new layers.Dense(1, { activation: (x) => ops.add(x, 1), kernelRegularizer: (w) => ops.sum(w) });
  single.compile({ loss: (yTrue, yPred) => ops.mean(ops.abs(ops.subtract(yTrue, yPred)), -1) });
  // @ts-expect-error an activation gives a value
  new layers.Dense(1, { activation: () => 1 });
  // @ts-expect-error a loss gives a value
  single.compile({ loss: () => 0 });

  // An attention gives its scores too if it is asked for them.
  const x = Input({ shape: [4, 8] });
  const attention = new layers.MultiHeadAttention(2, 4);
  const [output, scores] = attention.apply(x, { value: x, returnAttentionScores: true });
  const [weighted, weights] = new layers.Attention().apply([x, x], { returnAttentionScores: true });
  void [output.shape, scores.shape, weighted.shape, weights.shape, attention.apply(x, { value: x }).shape];
  // @ts-expect-error there are no more results
  attention.apply(x, { value: x, returnAttentionScores: true })[2];
  // @ts-expect-error the output alone is no list
  attention.apply(x, { value: x })[0];

  // ops return symbolic tensors for symbolic tensors, tensors for tensors.
  const symbol: readonly (number | null)[] = ops.add(title, 1).shape;
  const number: number = ops.add(data, 1).item();
  void [symbol, number];
  // @ts-expect-error a symbol has no numbers
  ops.add(title, 1).item();
  // @ts-expect-error a text is no operand
  ops.add(title, "1");
}

Deno.test("mistakes do not compile: deno check reads them", () => {
  assert.equal(typeof mistakes, "function");
});
