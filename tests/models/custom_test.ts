// Configs with custom classes and functions: written and read as Python Keras does.
import assert from "node:assert/strict";
import {
  cloneModel,
  type Config,
  constraints,
  Input,
  Layer,
  type LayerOptions,
  layers,
  losses,
  type LossOptions,
  type MetricOptions,
  metrics,
  type Model,
  modelFromConfig,
  modelFromJson,
  ops,
  optimizers,
  saving,
  schedules,
  Sequential,
  type Shape,
  Tensor,
  type Value,
  type Variable,
} from "../../mod.ts";
import * as initializers from "../../lib/initializers/initializers.ts";
import * as regularizers from "../../lib/regularizers.ts";
import { testOnBackends } from "../backends.ts";
import { assertClose } from "../close.ts";
import { golden, type GoldenArray, type Table, toTensor } from "../golden.ts";
import { withoutBuilds } from "./exchange.ts";

const mine = saving.registerKerasSerializable("mine");

class Cubic extends losses.Loss {
  readonly scale: number;
  constructor({ scale = 1, ...options }: LossOptions & { scale?: number } = {}) {
    super(options);
    this.scale = scale;
  }
  call(yTrue: Value, yPred: Value) {
    return ops.multiply(ops.mean(ops.power(ops.abs(ops.subtract(yTrue, yPred)), 3), -1), this.scale);
  }
  override getConfig(): Config {
    return { ...super.getConfig(), scale: this.scale };
  }
}

class Largest extends metrics.Metric {
  readonly largest: Variable = this.addVariable("largest");
  constructor(options: MetricOptions = {}) {
    super(options);
  }
  updateState(_yTrue: Value, yPred: Value) {
    this.largest.assign(ops.maximum(this.largest, ops.max(yPred)));
  }
  compute([largest]: readonly Tensor[]) {
    return largest.item();
  }
}

class Halving extends schedules.LearningRateSchedule {
  readonly first: number;
  readonly every: number;
  constructor({ first = 0.5, every = 2 } = {}) {
    super();
    this.first = first;
    this.every = every;
  }
  call(step: number) {
    return this.first * 0.5 ** Math.floor(step / this.every);
  }
  override getConfig(): Config {
    return { first: this.first, every: this.every };
  }
}

class Plain extends optimizers.Optimizer {
  readonly boost: number;
  constructor({ boost = 1, ...options }: optimizers.OptimizerOptions & { boost?: number } = {}) {
    super(options, 0.1);
    this.boost = boost;
  }
  override updateOne(w: Value, g: Value, _slots: readonly Value[], { rate }: optimizers.Scalars) {
    return [ops.subtract(w, ops.multiply(ops.multiply(g, rate), this.boost))];
  }
  override getConfig(): Config {
    return { ...super.getConfig(), boost: this.boost };
  }
}

class Steps extends initializers.Initializer {
  readonly step: number;
  constructor({ step = 0.25 } = {}) {
    super();
    this.step = step;
  }
  fill(shape: Shape) {
    return Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => i * this.step);
  }
  override getConfig(): Config {
    return { step: this.step };
  }
}

class Fourth extends regularizers.Regularizer {
  readonly factor: number;
  constructor({ factor = 0.5 } = {}) {
    super();
    this.factor = factor;
  }
  call(x: Value) {
    return ops.multiply(ops.sum(ops.power(x, 4)), this.factor);
  }
  override getConfig(): Config {
    return { factor: this.factor };
  }
}

class Below extends constraints.Constraint {
  /** Made by its own fromConfig, since its argument is positional. */
  constructor(readonly bound = 1) {
    super();
  }
  static fromConfig({ bound }: Config) {
    return new Below(bound as number);
  }
  call(w: Value) {
    return ops.minimum(w, this.bound);
  }
  override getConfig(): Config {
    return { bound: this.bound };
  }
}

class Shifted extends Layer {
  readonly by: number;
  constructor({ by = 1, ...options }: LayerOptions & { by?: number } = {}) {
    super(options);
    this.by = by;
  }
  override call(x: Value) {
    return ops.add(x, this.by);
  }
  override getConfig(): Config {
    return { ...super.getConfig(), by: this.by };
  }
}

function squared_up(x: Value) {
  return ops.add(ops.square(x), 1);
}
function all_halves(shape: Shape) {
  return new Tensor(shape, "float32", new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(0.5));
}
function sum_of_all(x: Value) {
  return ops.sum(x);
}
function not_above_two(w: Value) {
  return ops.minimum(w, 2);
}
function distance(yTrue: Value, yPred: Value) {
  return ops.mean(ops.abs(ops.subtract(yTrue, yPred)), -1);
}
function bias_of(yTrue: Value, yPred: Value) {
  return ops.subtract(yPred, yTrue);
}
class Unknown extends Cubic {}

for (const Class of [Cubic, Largest, Halving, Steps, Fourth, Below, Shifted]) mine(Class);
for (const fn of [squared_up, all_halves, sum_of_all, not_above_two, distance]) mine(fn);
saving.registerKerasSerializable("mine", "PlainDescent")(Plain);

interface Case {
  name: string;
  json: Table;
  initial: GoldenArray[];
  weights: GoldenArray[];
  x: GoldenArray;
  y: GoldenArray;
  outputs: GoldenArray;
  evaluated: Record<string, number>;
  trained: GoldenArray[];
}

const { cases, shared }: { cases: Case[]; shared: { name: string; json: Table }[] } = golden("custom");
const close = { absolute: 3e-6, relative: 3e-5 };

/** The models of the golden file, rebuilt. */
const made: Record<string, () => Model> = {
  of_classes() {
    const model = new Sequential([
      Input({ shape: [2], name: "x" }),
      new layers.Dense(3, {
        kernelInitializer: new Steps(),
        kernelRegularizer: new Fourth({ factor: 0.25 }),
        kernelConstraint: new Below(2),
        name: "a",
      }),
      new Shifted({ by: 2, name: "b" }),
      new layers.Dense(1, { activityRegularizer: new Fourth(), name: "c" }),
    ], { name: "of_classes" });
    model.compile({
      optimizer: new Plain({ learningRate: new Halving({ first: 0.25 }), boost: 0.5, clipnorm: 1, name: "plain" }),
      loss: new Cubic({ scale: 2 }),
      metrics: [new Largest(), "mae"],
      weightedMetrics: [new Largest({ name: "weighted" })],
    });
    return model;
  },
  of_functions() {
    const model = new Sequential([
      Input({ shape: [2], name: "x" }),
      new layers.Dense(3, {
        activation: squared_up,
        kernelInitializer: all_halves,
        biasRegularizer: sum_of_all,
        kernelConstraint: not_above_two,
        name: "a",
      }),
      new layers.Activation(squared_up, { name: "b" }),
      new layers.Lambda(squared_up, { name: "c" }),
      new layers.Dense(1, { name: "d" }),
    ], { name: "of_functions" });
    model.compile({
      optimizer: new optimizers.SGD({ name: "sgd" }),
      loss: distance,
      metrics: [distance, bias_of, new metrics.MeanMetricWrapper(distance, { name: "far" })],
    });
    return model;
  },
  of_keras_functions() {
    const model = new Sequential([
      Input({ shape: [2], name: "x" }),
      new layers.Dense(2, { activation: "relu", name: "a" }),
    ], { name: "of_keras_functions" });
    model.compile({
      optimizer: new optimizers.SGD({ learningRate: new Halving(), name: "sgd" }),
      loss: losses.meanSquaredError,
      metrics: [losses.meanAbsoluteError, metrics.categoricalAccuracy],
    });
    return model;
  },
  unregistered() {
    const model = new Sequential([
      Input({ shape: [2], name: "x" }),
      new layers.Dense(1, { name: "a" }),
    ], { name: "unregistered" });
    model.compile({
      optimizer: new optimizers.SGD({ name: "sgd" }),
      loss: new Unknown({ name: "unknown" }),
      metrics: [bias_of],
    });
    return model;
  },
};

/** The model that JSON describes; unregistered items are known in a scope, as with Keras's `custom_objects`. */
const read = (json: string): Model => saving.customObjectScope({ Unknown, bias_of }, () => modelFromJson(json));

function assertSame(tensors: readonly Tensor[], expected: readonly GoldenArray[]): void {
  assert.deepEqual(tensors.map(({ shape }) => [...shape]), expected.map(({ shape }) => shape));
  tensors.forEach((tensor, i) => assertClose(tensor.data, expected[i].data.map(Number), close));
}

for (const spec of cases) {
  Deno.test(`${spec.name}: what is made here is written as Keras writes it, and read again`, () => {
    const json = made[spec.name]().toJson();
    assert.deepEqual(withoutBuilds(JSON.parse(json)), withoutBuilds(spec.json));
    assert.deepEqual(read(json).toJson(), json);
  });

  testOnBackends(`${spec.name}: what Keras wrote does here what it does there`, async () => {
    const model = read(JSON.stringify(spec.json));
    // For the others Keras draws the kernels at random.
    const own = { of_classes: 2, of_functions: 2 }[spec.name] ?? 0;
    assertSame((await model.getWeights()).slice(0, own), spec.initial.slice(0, own));
    model.setWeights(spec.weights.map(toTensor));
    const [x, y] = [toTensor(spec.x), toTensor(spec.y)];
    assertSame([await model.predict(x, { verbose: 0 }) as Tensor], [spec.outputs]);
    const logs = await model.evaluate(x, y, { verbose: 0 });
    assert.deepEqual(Object.keys(logs).sort(), Object.keys(spec.evaluated).sort());
    for (const [name, value] of Object.entries(spec.evaluated)) assertClose([logs[name]], [value], close);
    await model.fit(x, y, { batchSize: 2, epochs: 2, shuffle: false, verbose: 0 });
    assertSame(await model.getWeights(), spec.trained);
  });
}

Deno.test("an object that stands in several places of a file is one", () => {
  const [initialized, compiled] = shared.map(({ json }) => modelFromConfig(json));
  const [p, q] = initialized.layers as layers.Dense[];
  assert.ok(p.kernelInitializer instanceof initializers.RandomNormal);
  assert.equal(p.kernelInitializer, p.biasInitializer);
  assert.equal(p.kernelInitializer, q.kernelInitializer);
  assert.notEqual(p.biasInitializer, q.biasInitializer);
  // In a functional model's config Keras notes an object's first place too late; in a compile config it notes both.
  const { loss, metrics } = compiled.getCompileConfig() as Table;
  assert.deepEqual([loss[0].config.name, metrics[0][0].registered_name], ["one", "mine>Largest"]);
  const [left, right] = compiled.metrics.filter((metric) => metric instanceof Largest);
  assert.equal(left, right);
});

Deno.test("what is the user's own and not registered is an error where it is read, and says how to fix it", () => {
  const json = JSON.stringify(cases.find(({ name }) => name === "unregistered")!.json);
  const hint = /the class "Unknown" must be registered.*call saving.registerKerasSerializable\(\)\(Unknown\)/;
  assert.throws(() => modelFromJson(json), hint);
  assert.throws(
    () => saving.customObjectScope({ Unknown }, () => modelFromJson(json)),
    /the function "bias_of" must be registered.*or read it inside of saving.customObjectScope/,
  );
  // A custom class with the name of a Keras class is not that class.
  class Dense extends Shifted {}
  const model = new Sequential([Input({ shape: [2] }), new Dense()]);
  assert.throws(() => modelFromJson(model.toJson()), /the class "Dense" must be registered/);
});

Deno.test("a function that no reader could find is an error where it is written", () => {
  const [nameless] = [(x: Value) => ops.multiply(x, 2)];
  const relu = (x: Value) => ops.maximum(x, 1);
  const writing = (activation: (x: Value) => Value) => () =>
    new Sequential([Input({ shape: [2] }), new layers.Dense(2, { activation })]).toJson();
  assert.throws(writing(nameless), /a function without a name: write it as function myName/);
  assert.throws(writing(relu), /a name that Keras does not use, received one named "relu"/);
  mine(relu);
  assert.match(writing(relu)(), /"config": "mine>relu"/);
  assert.throws(() => mine(nameless), /must be a class or a function with a name/);
  saving.registerKerasSerializable("mine", "doubled")(nameless);
  assert.match(writing(nameless)(), /"config": "mine>doubled"/);
});

testOnBackends("a copy has the user's own classes and functions, registered or not, with a name or not", async () => {
  class Tripled extends Layer {
    override call(x: Value) {
      return ops.multiply(x, 3);
    }
  }
  const model = new Sequential([
    Input({ shape: [2] }),
    new layers.Dense(2, { activation: (x) => ops.add(x, 1), kernelInitializer: (shape) => all_halves(shape) }),
    new layers.Dense(2, { activation: (x) => ops.multiply(x, 2), kernelConstraint: new Below(0.25) }),
    new Tripled(),
    new layers.Lambda((x) => ops.negative(x)),
  ]);
  const copy = cloneModel(model);
  assert.ok(copy.layers[2] instanceof Tripled);
  copy.setWeights(await model.getWeights());
  const x = new Tensor([1, 2], "float32", Float32Array.of(1, -2));
  assert.deepEqual(await copy.predict(x, { verbose: 0 }), await model.predict(x, { verbose: 0 }));
  assert.equal((copy.layers[1] as layers.Dense).kernelConstraint?.constructor, Below);
});

Deno.test("a function as learning rate, in a loss of its own and as the value of a config", () => {
  function slow() {
    return 0.5;
  }
  mine(slow);
  const { learning_rate } = new optimizers.SGD({ learningRate: slow }).getConfig();
  assert.deepEqual(learning_rate, {
    module: "builtins",
    class_name: "function",
    config: "mine>slow",
    registered_name: "function",
  });
  const loss = new losses.FunctionLoss(distance, { reduction: "sum" });
  // https://github.com/keras-team/keras: LossFunctionWrapper of keras/src/losses/losses.py.
  assert.deepEqual(loss.serialize(), {
    module: "keras.src.losses.losses",
    class_name: "LossFunctionWrapper",
    config: {
      name: "distance",
      reduction: "sum",
      fn: { module: "builtins", class_name: "function", config: "mine>distance", registered_name: "function" },
    },
    registered_name: "LossFunctionWrapper",
  });
  const again = saving.deserializeKerasObject(loss.serialize()) as losses.FunctionLoss;
  assert.deepEqual([again.fn, again.reduction, again.name], [distance, "sum", "distance"]);
  const values = { fn: distance, list: [1, "two", null], layer: new Shifted({ name: "s" }) };
  const read = saving.deserializeKerasObject(saving.serializeKerasObject(values)) as typeof values;
  assert.equal(read.fn, distance);
  assert.deepEqual(read.list, values.list);
  assert.ok(read.layer instanceof Shifted);
  assert.throws(() => saving.serializeKerasObject({ at: new Date() }), /received an object of type Date/);
});

class Bare extends layers.Dense {}
class Lines extends layers.Dense {
  constructor(units: number, options: layers.DenseOptions = {}) {
    super(units, { ...options, activation: "linear" });
  }
}
class InOneObject extends layers.Dense {
  constructor({ units, ...options }: layers.DenseOptions & { units: number }) {
    super(units, options);
  }
}
class BareDropout extends layers.Dropout {}
class BareWindow extends layers.MaxPooling1D {}
class Unmade extends layers.Dense {
  constructor(units: number, options: layers.DenseOptions = {}) {
    super(units, options);
    throw new RangeError("its own mistake");
  }
}
[Bare, Lines, InOneObject, BareDropout, BareWindow, Unmade].forEach((Class) => mine(Class));

Deno.test("classes that extend one with arguments by position are read, whatever constructor they have", () => {
  const model = new Sequential([
    Input({ shape: [4, 3] }),
    new Bare(2, { activation: "relu" }),
    new Lines(5),
    new InOneObject({ units: 3, useBias: false }),
    new BareDropout(0.3, { seed: 1 }),
    new BareWindow(2, { strides: 1 }),
  ]);
  const json = model.toJson();
  const read = modelFromJson(json);
  assert.deepEqual(
    read.layers.map(({ constructor }) => constructor),
    model.layers.map(({ constructor }) => constructor),
  );
  assert.equal(read.toJson(), json);
  assert.equal((read.layers[1] as layers.Dense).units, 5);
});

Deno.test("a class that extends Dense alone is read from what Python Keras writes", () => {
  // X(2, activation="relu") of `class X(keras.layers.Dense): pass`, registered as "mine", without its initializers.
  const node = {
    module: null,
    class_name: "Bare",
    config: {
      name: "x",
      trainable: true,
      dtype: { module: "keras", class_name: "DTypePolicy", config: { name: "float32" }, registered_name: null },
      units: 2,
      activation: "relu",
      use_bias: true,
      kernel_regularizer: null,
      quantization_config: null,
    },
    registered_name: "mine>Bare",
    build_config: { input_shape: [null, 3] },
  };
  const layer = saving.deserializeKerasObject(node);
  assert.ok(layer instanceof Bare);
  assert.deepEqual([layer.units, layer.name, layer.useBias], [2, "x", true]);
  const unmade = { ...node, class_name: "Unmade", registered_name: "mine>Unmade" };
  assert.throws(() => saving.deserializeKerasObject(unmade), /its own mistake/);
});
