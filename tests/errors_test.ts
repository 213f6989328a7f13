// User mistakes: each gets an error that says what failed, the rule, what was received, and how to fix it.
import assert from "node:assert/strict";
import * as ceratops from "../mod.ts";
import { setBackend } from "../lib/exec/select.ts";
import { mistakesWithLayers } from "./layers/layer_errors.ts";

// Mistakes are untyped: those of JavaScript users, and those that types cannot see.
// deno-lint-ignore no-explicit-any
type Any = any;
const {
  callbacks,
  CeratopsError,
  clearSession,
  compile,
  grad,
  gradients,
  initializers,
  Input,
  Layer,
  layers,
  metrics,
  losses,
  Model,
  ops,
  optimizers,
  Sequential,
  schedules,
  setRandomSeed,
  tensor,
  Tensor,
  utils,
  Variable,
} = ceratops as Any;

const x = ops.ones([6, 4]);
const y = tensor([0, 1, 2, 0, 1, 2], undefined, "int32");
const quiet = { verbose: 0 };

/** A classifier of three classes, not compiled. */
function plain(): Any {
  const items = [
    Input({ shape: [4] }),
    new layers.Dense(8, { activation: "relu", name: "hidden" }),
    new layers.Dense(3, { activation: "softmax", name: "head" }),
  ];
  return new Sequential(items, { name: "m" });
}

/** A classifier of three classes. */
function model(options: object = {}): Any {
  const made = plain();
  made.compile({ optimizer: "adam", loss: "sparse_categorical_crossentropy", metrics: ["accuracy"], ...options });
  return made;
}

/** A model of one layer with this body. */
function calling(call: ((x: Any) => unknown) | undefined): Any {
  class Own extends Layer {}
  Object.assign(Own.prototype, call && { call });
  return new Sequential([Input({ shape: [4] }), new (Own as Any)({ name: "own" })], { name: "m" });
}

/** A model with `units` outputs. */
function outputs(units: number, loss: string, activation?: string): Any {
  const made = new Sequential([Input({ shape: [4] }), new layers.Dense(units, { activation })], { name: "m" });
  made.compile({ loss });
  return made;
}

/** A model with two inputs and two outputs. */
function pair(options: object = {}): Any {
  const [a, b] = [Input({ shape: [4], name: "a" }), Input({ shape: [4], name: "b" })];
  const [left, right] = [
    new layers.Dense(4, { name: "left" }).apply(a),
    new layers.Dense(4, { name: "right" }).apply(b),
  ];
  const made = new Model({ inputs: [a, b], outputs: [left, right], name: "p" });
  made.compile({ optimizer: "sgd", loss: "mse", ...options });
  return made;
}

/** The name of a mistake, the call, the class of the error, and its message: the whole text, or a pattern. */
type Mistake = readonly [name: string, run: () => unknown, code: string, message: string | RegExp];

const mistakes: readonly Mistake[] = [
  // Data that does not fit the model.
  [
    "rows of another size",
    () => model().fit(ops.ones([6, 5]), y, quiet),
    "ShapeError",
    'Cannot fit "m": the model\'s input "input_layer" was built for the shape [null, 4], received [6, 5]: x has 5 ' +
    "features per row, the model was built for 4",
  ],
  [
    "another rank",
    () => model().fit(ops.ones([6, 2, 2]), y, quiet),
    "ShapeError",
    'Cannot fit "m": the model\'s input "input_layer" was built for the shape [null, 4], received [6, 2, 2]: reshape it, or put a Reshape ' +
    "or Flatten layer first",
  ],
  [
    "a sample without a batch axis",
    () => model().predict([1, 2, 3, 4]),
    "ShapeError",
    'Cannot predict with "m": the model\'s input "input_layer" was built for the shape [null, 4], received [4]: the batch axis is ' +
    "missing: reshape one sample to [1, 4]",
  ],
  [
    "a flat typed array",
    () => model().fit(new Float32Array(24), y),
    "ShapeError",
    /give the rows a shape, as in tensor\(x, \[6, 4\]\)$/,
  ],
  [
    "predict with rows of another size",
    () => model().predict(ops.ones([6, 5])),
    "ShapeError",
    /^Cannot predict with "m": .* received \[6, 5\]/,
  ],
  [
    "different numbers of samples",
    () => model().fit(x, [0, 1], quiet),
    "ValueError",
    'Cannot fit "m": x and y must have the same number of samples, received 6 in x and 2 in y: check that both come ' +
    "from the same split",
  ],
  [
    "validation data of another size",
    () => model().fit(x, y, { validationData: [ops.ones([2, 5]), [0, 1]] }),
    "ShapeError",
    /^Cannot fit "m" with validationData: .* received \[2, 5\]/,
  ],
  [
    "validation data that is no pair",
    () => model().fit(x, y, { validationData: x }),
    "ValueError",
    /must be \[x, y\] or \[x, y, sampleWeight\], received an object of type Tensor: write it as in/,
  ],
  ["nothing at all", () => model().fit(), "ValueError", /^Cannot fit "m": x must be given, received undefined: give/],
  ["null", () => model().fit(null, y), "ValueError", /^Cannot fit "m": x must be given, received null: give/],
  [
    "null as targets",
    () => model().fit(x, null),
    "ValueError",
    /^Cannot fit "m": y must be given, received null: give/,
  ],
  ["no targets", () => model().fit(x), "ValueError", /needs targets y, received none: call fit\(x, y\)$/],
  [
    "options in place of targets",
    () => model().fit(x, { epochs: 2 }),
    "ValueError",
    'Cannot fit "m": y must be the targets, received an object of options: give the targets before the options, as in ' +
    "fit(x, y, { ... })",
  ],
  [
    "no samples",
    () => model().fit([], []),
    "ShapeError",
    /x must have a first axis of at least one sample, received \[0\]/,
  ],
  ["empty rows", () => model().fit([[]], [0]), "ShapeError", /received \[1, 0\]/],
  [
    "a file name",
    () => model().fit("data.csv", y),
    "ValueError",
    'Cannot fit "m": elements of x must be numbers or booleans, received a string as x: map each text to a number first',
  ],
  ["texts", () => model().fit([["a", "b"]], [0]), "ValueError", /received a string at x\[0\]\[0\]: map each text/],
  ["texts as labels", () => model().fit([[1, 2, 3, 4]], ["cat"]), "ValueError", /received a string at y\[0\]/],
  [
    "null in a row",
    () => model().fit([[1, 2, 3, null]], [0]),
    "ValueError",
    /received null at x\[0\]\[3\]: check where/,
  ],
  ["a gap", () => model().fit([[1, 2, 3, undefined]], [0]), "ValueError", /received undefined at x\[0\]\[3\]/],
  [
    "rows of different lengths",
    () => model().fit([[1, 2, 3, 4], [1, 2, 3]], [0, 1]),
    "ShapeError",
    'Cannot fit "m": rows of x must have equal lengths: the first row gives shape [2, 4], received 3 elements at x[1]: ' +
    "pad or cut the rows to one length (utils.padSequences pads)",
  ],
  [
    "a promise",
    () => model().fit(Promise.resolve(x), y),
    "ValueError",
    /an object of type Promise as x: await it first$/,
  ],
  [
    "an object",
    () => model().fit({ x }, y),
    "ValueError",
    /the names in x must be "input_layer", received "x": use this name, or give the tensor itself$/,
  ],
  ["a list of tensors", () => model().fit([x, x], y), "ValueError", /received a list of 2: .* ops.stack makes one/],
  [
    "a wrong typed array",
    () => model().fit(new Float64Array(4), y),
    "DTypeError",
    'Cannot fit "m": typed arrays in x must be Float32Array, Int32Array or Uint8Array, received Float64Array: convert ' +
    "it, for example with Float32Array.from(array)",
  ],
  ["big integers", () => tensor([1n]), "ValueError", /received 1n at \[0\]: convert it with Number\(value\)$/],
  ["a dtype of NumPy's", () => tensor([1], [1], "float64"), "DTypeError", /received "float64": use "float32"$/],
  [
    "a dtype of ours in its place",
    () => tensor([1], "int32"),
    "ShapeError",
    /shape must be a list .* received "int32"/,
  ],
  ["a number as a shape", () => tensor([1, 2, 3], 3), "ShapeError", /received 3: write it as \[3\]$/],
  ["a shape that does not fit", () => tensor([1, 2, 3], [2, 2]), "ShapeError", /\[3\] has 3 elements/],
  ["nested arrays for the class", () => new Tensor([1, 2]), "ValueError", /use tensor\(values\)/],
  ["arithmetic on a tensor", () => x * 2, "ValueError", /x\.multiply\(2\)/],
  [
    "targets of another shape, for a loss of numbers",
    () => model({ loss: "huber" }).fit(x, y),
    "ShapeError",
    /^Cannot fit "m": targets for huber_loss must have the shape of the model's output, \[null, 3\], received \[6\]/,
  ],
  [
    "targets of another width, for a loss that is a function of Keras's",
    () => model({ loss: losses.klDivergence }).fit(x, ops.ones([6, 2])),
    "ShapeError",
    /^Cannot fit "m": targets for kl_divergence must have the shape of the model's output, \[null, 3\], received \[6, 2\]/,
  ],
  [
    "a metric that the targets do not suit",
    () => model({ metrics: ["mae"] }).fit(x, y),
    "ShapeError",
    /In the metric "mae": Cannot compute mean_absolute_error: shapes must be equal or broadcast/,
  ],

  // Labels and weights.
  [
    "class numbers for categorical cross-entropy",
    () => model({ loss: "categorical_crossentropy" }).fit(x, y, quiet),
    "ShapeError",
    'Cannot fit "m": targets for categorical_crossentropy must have the shape of the model\'s output, [null, 3], received ' +
    '[6]: for class numbers use the loss "sparse_categorical_crossentropy", or utils.toCategorical(y)',
  ],
  [
    "one-hot targets for sparse cross-entropy",
    () => model().fit(x, utils.toCategorical(y, 3), quiet),
    "ShapeError",
    /received \[6, 3\]: one-hot targets need the loss "categorical_crossentropy"$/,
  ],
  [
    "a label too large",
    () => model().fit(x, [0, 1, 2, 3, 1, 2], quiet),
    "ValueError",
    'Cannot fit "m": labels must be from 0 to 2, as the model\'s output has 3 classes, received 3 in row 3 of y: count ' +
    "classes from 0, or give the last layer one unit more",
  ],
  ["a negative label", () => model().fit(x, [0, 1, 2, -1, 1, 2], quiet), "ValueError", /received -1 in row 3 of y/],
  [
    "a label between two",
    () => model().fit(x, [0, 1, 2, 1.5, 1, 2], quiet),
    "ValueError",
    /whole numbers, received 1.5/,
  ],
  ["NaN as a label", () => model().fit(x, [0, 1, 2, NaN, 1, 2], quiet), "ValueError", /whole numbers, received NaN/],
  [
    "labels in a batch",
    () => model().trainOnBatch(x, [0, 1, 2, 3, 1, 2]),
    "ValueError",
    /^Cannot trainOnBatch .* row 3/,
  ],
  [
    "three classes on one sigmoid",
    () => outputs(1, "binary_crossentropy", "sigmoid").fit(x, y, quiet),
    "ValueError",
    'Cannot fit "m": targets for binary_crossentropy must be from 0 to 1, received 2 in row 2 of y: for more than two ' +
    'classes give the last layer a unit for each, and use "sparse_categorical_crossentropy"',
  ],
  [
    "-1 and 1",
    () => outputs(1, "bce", "sigmoid").fit(x, [1, -1, 1, 1, 1, 1], quiet),
    "ValueError",
    /map the targets to 0/,
  ],
  [
    "class numbers for one output",
    () => outputs(1, "sparse_categorical_crossentropy").fit(x, [0, 1, 0, 1, 0, 1], quiet),
    "ValueError",
    /received 1 in row 1 of y: use "binary_crossentropy" for one output/,
  ],
  [
    "targets of another width",
    () => outputs(2, "mse").fit(x, [1, 2, 3, 4, 5, 6], quiet),
    "ShapeError",
    /^Cannot fit "m": targets for mean_squared_error must have .*\[null, 2\], received \[6\]: check y/,
  ],
  [
    "weights of another number",
    () => model().fit(x, y, { sampleWeight: [1] }),
    "ValueError",
    /6 in x and 1 in sampleWeight/,
  ],
  [
    "weights of another shape",
    () => model().fit(x, y, { sampleWeight: ops.ones([6, 2]) }),
    "ShapeError",
    /one number for/,
  ],
  [
    "both kinds of weights",
    () => model().fit(x, y, { sampleWeight: [1, 1, 1, 1, 1, 1], classWeight: { 0: 1 } }),
    "ValueError",
    /only one of sampleWeight and classWeight may be given, received both: multiply/,
  ],
  [
    "a word as class weights",
    () => model().fit(x, y, { classWeight: "balanced" }),
    "ValueError",
    /received "balanced": write/,
  ],
  ["weights by class name", () => model().fit(x, y, { classWeight: { cat: 2 } }), "ValueError", /received 2 for "cat"/],
  ["labels of toCategorical", () => utils.toCategorical([0, 3], 3), "ValueError", /received 3 at index 1/],

  // Iterables of batches.
  [
    "a generator that is at its end",
    async () => {
      const made = model();
      const batches = (function* () {
        yield [x, y];
      })();
      await made.fit(batches, undefined, quiet);
      await made.fit(batches, undefined, quiet);
    },
    "ValueError",
    'Cannot fit "m": there must be at least one batch, received none: check the iterable; an iterator that was used before may ' +
    "be at its end: give a function that makes a new one",
  ],
  [
    "targets beside batches",
    () => model().fit([[x, y]].values(), y, quiet),
    "ValueError",
    'Cannot fit "m": y cannot be given beside an iterable of batches: put it into the batches, as in yield [x, y, ' +
    "sampleWeight]",
  ],
  [
    "options in place of the targets that batches have",
    () => model().fit([[x, y]].values(), { epochs: 2 }),
    "ValueError",
    'Cannot fit "m": y cannot be given beside an iterable of batches: give options after it, as in fit(batches, ' +
    "undefined, { ... })",
  ],
  [
    "a batch size beside batches",
    () => model().fit([[x, y]].values(), undefined, { batchSize: 2 }),
    "ValueError",
    /^Cannot fit "m": batchSize cannot be given beside an iterable of batches: leave it out: the batches come as they are$/,
  ],
  [
    "a split of batches",
    () => model().fit([[x, y]].values(), undefined, { validationSplit: 0.5 }),
    "ValueError",
    /validationSplit cannot be given beside an iterable of batches: give validationData$/,
  ],
  [
    "a batch that is none",
    () => model().fit(["batch"].values(), undefined, quiet),
    "ValueError",
    'Cannot fit "m", batch 0: a batch must be [x], [x, y] or [x, y, sampleWeight], or a tensor of inputs alone, received ' +
    '"batch": put the parts into a list, as in yield [x, y]',
  ],
  [
    "a later batch of another width",
    () => model().fit([[x, y], [ops.ones([6, 5]), y]].values(), undefined, quiet),
    "ShapeError",
    /^Cannot fit "m", batch 1: the model's input "input_layer" was built for the shape \[null, 4\], received \[6, 5\]/,
  ],
  [
    "a label too large in a later batch",
    () => model().fit([[x, y], [x, [0, 1, 2, 9, 0, 0]]].values(), undefined, quiet),
    "ValueError",
    /^Cannot fit "m", batch 1: labels must be from 0 to 2, .* received 9 in row 3 of y/,
  ],
  [
    "a function that gives no batches",
    () => model().fit(() => 3, undefined, quiet),
    "ValueError",
    /a function given as x must return an iterable of batches, received 3: write it as in function\* \(\) \{ yield/,
  ],
  [
    "no steps",
    () => model().fit(x, y, { stepsPerEpoch: 0 }),
    "ValueError",
    /stepsPerEpoch must be an integer of at least/,
  ],

  // Several inputs and outputs.
  [
    "one array for two inputs",
    () => pair().fit(x, [x, x], quiet),
    "ValueError",
    'Cannot fit "p": the model has 2 inputs "a", "b", x needs data for each, received one tensor, of shape ' +
    "[6, 4]: give them in a list of 2, or by name, as in { a: ... }",
  ],
  [
    "one array of rows for two inputs",
    () => pair().fit([[1, 2, 3, 4], [1, 2, 3, 4], [1, 2, 3, 4]], [x, x], quiet),
    "ValueError",
    /x needs data for each, received one array of 3: give them in a list of 2/,
  ],
  [
    "an input misspelled",
    () => pair().fit({ a: x, c: x }, [x, x]),
    "ValueError",
    /the names in x must be "a", "b", .* "c"/,
  ],
  ["an input left out", () => pair().fit({ a: x }, [x, x]), "ValueError", /received none for "b": give data for it$/],
  [
    "an input of another width",
    () => pair().fit([x, ops.ones([6, 5])], [x, x]),
    "ShapeError",
    'Cannot fit "p": the model\'s input "b" was built for the shape [null, 4], received [6, 5]: x["b"] has 5 features per ' +
    "row, the model was built for 4",
  ],
  [
    "inputs of different lengths",
    () => pair().fit([x, ops.ones([5, 4])], [x, x]),
    "ValueError",
    /x\["a"\] and x\["b"\] must have the same number of samples, received 6 in x\["a"\] and 5 in x\["b"\]/,
  ],
  [
    "targets for one of two outputs",
    () => pair().fit([x, x], x, quiet),
    "ValueError",
    /^Cannot fit "p": the model has 2 outputs "left", "right", y needs data for each/,
  ],
  [
    "targets of another width for the second output",
    () => pair().fit([x, x], [x, ops.ones([6, 3])], quiet),
    "ShapeError",
    /targets y\["right"\] for mean_squared_error must have the shape of the model's output, \[null, 4\], received \[6, 3\]/,
  ],
  [
    "a loss for no output",
    () => pair({ loss: { lft: "mse" } }),
    "ValueError",
    /^Cannot compile "p": .* did you mean "left"\?$/,
  ],
  [
    "three losses for two outputs",
    () => pair({ loss: ["mse", "mse", "mse"] }),
    "ValueError",
    /outputs, 2, received a list of 3/,
  ],
  [
    "metrics of no output",
    () => pair({ metrics: ["mae"] }),
    "ValueError",
    /metrics must say which output .* "left", "right"/,
  ],
  ["a metric for no output", () => pair({ metrics: { righ: "mae" } }), "ValueError", /did you mean "right"\?$/],
  [
    "a weight of a loss as text",
    () => pair({ lossWeights: ["1", 2] }),
    "ValueError",
    /lossWeights must be numbers, received "1"/,
  ],
  [
    "class weights for two outputs",
    () => pair().fit([x, x], [x, x], { classWeight: { 0: 1 } }),
    "ValueError",
    /classWeight is for models of one output, received a model of 2: give sampleWeight by output/,
  ],

  // Names.
  [
    "a loss cut short",
    () => model({ loss: "mean_sq_error" }),
    "ValueError",
    /^Cannot compile "m": loss must be one of "mean_squared_error", .* received "mean_sq_error": did you mean "mean_squared_error"\?$/,
  ],
  [
    "a loss misspelled",
    () => model({ loss: "binary_crossentorpy" }),
    "ValueError",
    /did you mean "binary_crossentropy"\?$/,
  ],
  ["a loss that is none", () => model({ loss: "xyzzy" }), "ValueError", /received "xyzzy": use one of these names$/],
  [
    "a loss's class",
    () => model({ loss: losses.MeanSquaredError }),
    "ValueError",
    /write new losses.MeanSquaredError\(\)$/,
  ],
  ["a metric misspelled", () => model({ metrics: ["acuracy"] }), "ValueError", /did you mean "accuracy"\?$/],
  ["an optimizer misspelled", () => model({ optimizer: "adamm" }), "ValueError", /did you mean "adam"\?$/],
  ["two letters of a name swapped", () => model({ optimizer: "adma" }), "ValueError", /did you mean "adam"\?$/],
  [
    "an optimizer's class",
    () => model({ optimizer: optimizers.Adam }),
    "ValueError",
    /received the class Adam: give it as/,
  ],
  [
    "an activation misspelled",
    () => new layers.Dense(3, { activation: "rellu" }),
    "ValueError",
    /did you mean "relu"\?$/,
  ],
  [
    "half of an initializer",
    () => new layers.Dense(3, { kernelInitializer: "glorot" }),
    "ValueError",
    /"glorot_uniform"\?$/,
  ],
  [
    "an initializer's class",
    () => new layers.Dense(3, { kernelInitializer: initializers.Zeros }),
    "ValueError",
    /received the class Zeros: write new initializers.Zeros\(\)$/,
  ],
  ["a regularizer that is none", () => new layers.Dense(3, { kernelRegularizer: "l3" }), "ValueError", /mean "l1"\?$/],
  [
    "a backend misspelled",
    () => setBackend("egien" as Any),
    "ValueError",
    /^Cannot set the backend: .* received "egien"/,
  ],
  [
    "a layer's name misspelled",
    () => plain().getLayer("hed"),
    "ValueError",
    /"hidden", "head", .* did you mean "head"\?$/,
  ],

  // Options.
  [
    "an option misspelled",
    () => new layers.Dense(3, { actvation: "relu" }),
    "ValueError",
    /did you mean "activation"\?$/,
  ],
  [
    "an option as Python has it",
    () => new layers.Dense(3, { use_bias: false }),
    "ValueError",
    /did you mean "useBias"\?$/,
  ],
  ["fit's option as Python has it", () => model().fit(x, y, { batch_size: 2 }), "ValueError", /mean "batchSize"\?$/],
  ["compile's option misspelled", () => model({ optimiser: "sgd" }), "ValueError", /did you mean "optimizer"\?$/],
  ["predict's option misspelled", () => model().predict(x, { batch: 3 }), "ValueError", /did you mean "batchSize"\?$/],
  [
    "a number for options",
    () => model().predict(x, 32),
    "ValueError",
    /options must be one object, received 32: write them/,
  ],
  ["a text for options", () => new layers.Dense(10, "relu"), "ValueError", /received "relu": write them in braces/],
  ["a momentum by position", () => new optimizers.SGD(0.01, 0.9), "ValueError", /received 0.9: write them in braces/],
  [
    "no loss",
    () => plain().compile({ optimizer: "adam" }),
    "ValueError",
    /there must be a loss, received none: give one/,
  ],
  ["no options of compile", () => plain().compile(), "ValueError", /there must be a loss, received none: give one/],
  [
    "epochs below 0",
    () => model().fit(x, y, { epochs: -1 }),
    "ValueError",
    /epochs must be .* at least 1, received -1/,
  ],
  ["no rows in a batch", () => model().fit(x, y, { batchSize: 0 }), "ValueError", /batchSize must be .* received 0/],
  [
    "a batch size as text",
    () => model().fit(x, y, { batchSize: "32" }),
    "ValueError",
    /received "32": give it as a number/,
  ],
  ["batches without end", () => model().fit(x, y, { batchSize: Infinity }), "ValueError", /received Infinity/],
  ["verbose 3", () => model().fit(x, y, { verbose: 3 }), "ValueError", /received 3: 0 prints nothing/],
  [
    "units of 0",
    () => new layers.Dense(0),
    "ValueError",
    /^Cannot make Dense: units must be a positive integer, received 0/,
  ],
  ["units in an object", () => new layers.Dense({ units: 10 }), "ValueError", /units comes first, .* new Dense\(10\)$/],
  [
    "a rate in percent",
    () => new layers.Dropout(20),
    "ValueError",
    /rate must be a number from 0 to 1, received 20: choose/,
  ],
  [
    "a scale of 0",
    () => new optimizers.LossScaleOptimizer("adam", { initialScale: 0 }),
    "ValueError",
    /initialScale must be a number from 0 to 1.7976931348623157e\+308, but not 0, received 0: choose/,
  ],
  [
    "a threshold of 0",
    () => new metrics.F1Score({ threshold: 0 }),
    "ValueError",
    /threshold must be a number from 0 to 1, but not 0, received 0: choose one in that range$/,
  ],
  [
    "a pattern that is none",
    () => new optimizers.Muon({ excludeLayers: ["out", "("] }),
    "ValueError",
    /excludeLayers must be a list of regular expressions, received \["out", "\("\]: write it as/,
  ],
  [
    "a range of pixels without extent",
    () => new layers.RandomSharpness(0.5, { valueRange: [1, 1] }),
    "ValueError",
    /the two numbers of valueRange must differ, received \[1, 1\]: write it as/,
  ],
  [
    "a learning rate as text",
    () => new optimizers.Adam({ learningRate: "0.1" }),
    "ValueError",
    /received "0.1": give one such as 0.001, or new schedules/,
  ],
  ["a learning rate below 0", () => new optimizers.SGD({ learningRate: -1 }), "ValueError", /received -1/],
  ["a seed as text", () => setRandomSeed("1"), "ValueError", /received "1": give a whole number, such as 42$/],
  [
    "patience below 0",
    () => new callbacks.EarlyStopping({ patience: -1 }),
    "ValueError",
    /patience must be .* received -1/,
  ],

  // Making models.
  ["layers without a list", () => new Sequential(new layers.Dense(3)), "ValueError", /write them in brackets/],
  [
    "a layer's class",
    () => new Sequential([layers.Flatten]),
    "ValueError",
    /the class Flatten: make the layer with new/,
  ],
  ["a text as a layer", () => new Sequential(["dense"]), "ValueError", /received "dense": give layers/],
  [
    "two layers of one name",
    () => new Sequential([new layers.Dense(3, { name: "a" }), new layers.Dense(3, { name: "a" })]),
    "ValueError",
    /names of layers must differ, received a second "a": give one of them another name$/,
  ],
  [
    "Input later",
    () => new Sequential([new layers.Dense(3), Input({ shape: [3] })]),
    "ValueError",
    /Input must come first/,
  ],
  ["a number as Input's shape", () => Input({ shape: 784 }), "ShapeError", /received 784: write it as in Input/],
  [
    "Dense after an axis that varies",
    () => new Sequential([Input({ shape: [null, 4] }), new layers.Flatten(), new layers.Dense(3, { name: "d" })]),
    "ShapeError",
    /^Cannot build "d": the kernel needs a fixed last axis, received \[null, null\]: give Input a shape without null/,
  ],
  [
    "a shape that does not fit",
    () => new Sequential([Input({ shape: [10] }), new layers.Reshape([3, 4])]),
    "ShapeError",
    /a sample of shape \[10\] has 10 elements, targetShape must have as many, received \[3, 4\]: check/,
  ],
  ["no layers", () => new Sequential([]).buildFor([null, 4]), "StateError", /it has no layers: add some/],
  [
    "parameters before the shape is known",
    () => new Sequential([new layers.Dense(3)]).countParams(),
    "StateError",
    /Input/,
  ],
  [
    "too few weights",
    () => plain().setWeights([x]),
    "ValueError",
    /it has 4 weights, received 1 values: give one value/,
  ],
  [
    "weights not waited for",
    () => plain().setWeights(plain().getWeights()),
    "ValueError",
    'Cannot set the weights of "m": it has 4 weights, received an object of type Promise: await getWeights() first',
  ],
  [
    "an Input that leaves an axis open",
    () => {
      const steps = Input({ shape: [null, 3], name: "steps" });
      new layers.Dense(2).apply(new layers.Flatten().apply(steps));
    },
    "ShapeError",
    /^Cannot build "dense[_0-9]*": the kernel needs a fixed last axis, received \[null, null\]: give Input a shape without null, or a GlobalPooling layer in place of Flatten; the Input "steps" has null at axis 1$/,
  ],
  [
    "an Input of a Sequential that leaves its channels open",
    () => new Sequential([Input({ shape: [8, 8, null], name: "image" }), new layers.Conv2D(2, 3)]),
    "ShapeError",
    /needs a fixed number of channels, received \[null, 8, 8, null\].*; the Input "image" has null at axis 3$/,
  ],

  // Wrong order of calls.
  [
    "fit before compile",
    () => plain().fit(x, y),
    "StateError",
    'Cannot fit "m": it is not compiled: call model.compile({ optimizer: "adam", loss: ' +
    '"sparse_categorical_crossentropy", metrics: ["accuracy"] })',
  ],
  ["evaluate before compile", () => plain().evaluate(x, y), "StateError", /^Cannot evaluate "m": it is not compiled/],
  ["a step before compile", () => plain().trainOnBatch(x, y), "StateError", /^Cannot trainOnBatch "m": it is not/],
  [
    "two fits at once",
    async () => {
      const made = model();
      await Promise.all([made.fit(x, y, quiet), made.fit(x, y, quiet)]);
    },
    "StateError",
    /^Cannot fit "m" now: a model is trained by one fit at a time, .*: await the first fit/,
  ],
  [
    "another backend during fit",
    () => model().fit(x, y, { ...quiet, callbacks: [{ onEpochEnd: () => setBackend("reference") }] }),
    "StateError",
    /^Cannot set the backend now: fit of "m" is running, .*: await it first/,
  ],
  [
    "a cleared session during fit",
    () => model().fit(x, y, { ...quiet, callbacks: [{ onEpochEnd: () => clearSession() }] }),
    "StateError",
    /^Cannot clear the session now: fit of "m" is running/,
  ],
  [
    "compile during fit",
    () => {
      const made = model();
      return made.fit(x, y, { ...quiet, callbacks: [{ onEpochEnd: () => made.compile({ loss: "mse" }) }] });
    },
    "StateError",
    /^Cannot compile "m" now/,
  ],

  // Callbacks.
  [
    "a callback's class",
    () => model().fit(x, y, { callbacks: [callbacks.EarlyStopping] }),
    "ValueError",
    /make it with new/,
  ],
  ["callbacks without a list", () => model().fit(x, y, { callbacks: {} }), "ValueError", /write them in brackets/],
  [
    "a hook misspelled",
    () => model().fit(x, y, { callbacks: [{ onEpochEnded() {} }] }),
    "ValueError",
    /mean "onEpochEnd"/,
  ],
  [
    "a hook that is no function",
    () => new callbacks.LambdaCallback({ onEpochEnd: 3 }),
    "ValueError",
    /must be a function/,
  ],
  [
    "a metric to watch that is not there",
    () =>
      model().fit(x, y, {
        ...quiet,
        validationSplit: 0.5,
        callbacks: [new callbacks.EarlyStopping({ monitor: "val_acc" })],
      }),
    "ValueError",
    /^Cannot watch "val_acc" with EarlyStopping: the logs of this model are "loss", "accuracy", and val_ of each.*: did you mean "val_accuracy"\?$/,
  ],

  [
    "a rate that would rise",
    () => new callbacks.ReduceLROnPlateau({ factor: 1 }),
    "ValueError",
    "Cannot make ReduceLROnPlateau: factor must be a number of at least 0 and less than 1, received 1: 0.1 makes the rate " +
    "a tenth",
  ],
  [
    "a monitor that is no name",
    () => new callbacks.EarlyStopping({ monitor: 3 }),
    "ValueError",
    /received 3: write it/,
  ],
  [
    "a schedule for the optimizer given to the callback",
    () =>
      new callbacks.LearningRateScheduler(
        new schedules.ExponentialDecay({
          initialLearningRate: 0.1,
          decaySteps: 1,
          decayRate: 0.9,
        }),
      ),
    "ValueError",
    /must be a function of the epoch and the rate, received an object of type ExponentialDecay: /,
  ],
  [
    "two that rule the learning rate",
    () => {
      const learningRate = new schedules.CosineDecay({ initialLearningRate: 0.1, decaySteps: 10 });
      const made = model({ optimizer: new optimizers.SGD({ learningRate }) });
      return made.fit(x, y, { ...quiet, callbacks: [new callbacks.ReduceLROnPlateau({ monitor: "loss" })] });
    },
    "StateError",
    'Cannot train "m" with ReduceLROnPlateau: it sets the learning rate, so that must be a number, received the schedule ' +
    "CosineDecay: make the optimizer with a number, or leave the callback out",
  ],
  [
    "a schedule that gives nothing",
    () => model().fit(x, y, { ...quiet, callbacks: [new callbacks.LearningRateScheduler(() => {})] }),
    "ValueError",
    "Cannot set the learning rate of epoch 1: the schedule of LearningRateScheduler must return a number, received " +
    "undefined: return the rate in every case",
  ],
  [
    "a checkpoint of another ending",
    () => new callbacks.ModelCheckpoint("best.hdf5"),
    "ValueError",
    /the path must end in \.keras, received "best.hdf5": write it as in "model-\{epoch:02d\}\.keras"$/,
  ],
  [
    "a checkpoint of weights of another ending",
    () => new callbacks.ModelCheckpoint("best.keras", { saveWeightsOnly: true }),
    "ValueError",
    /must end in \.weights\.h5 where saveWeightsOnly is set, received "best.keras"/,
  ],
  [
    "a checkpoint each half batch",
    () => new callbacks.ModelCheckpoint("best.keras", { saveFreq: 0.5 }),
    "ValueError",
    /saveFreq must be "epoch" or a number of batches of at least 1, received 0.5/,
  ],
  [
    "a log misspelled in a checkpoint's path",
    () => model().fit(x, y, { ...quiet, callbacks: [new callbacks.ModelCheckpoint("{epoch}-{los:.2f}.keras")] }),
    "ValueError",
    /its places may be accuracy, loss, epoch, received \{los:.2f\}: did you mean "loss"\?$/,
  ],
  [
    "a form that is none in a checkpoint's path",
    () => model().fit(x, y, { ...quiet, callbacks: [new callbacks.ModelCheckpoint("{loss:x}.keras")] }),
    "ValueError",
    /places are written as \{name\}, .* received \{loss:x\}/,
  ],
  [
    "averages that nobody keeps",
    () => model().fit(x, y, { ...quiet, callbacks: [new callbacks.SwapEMAWeights()] }),
    "ValueError",
    /^Cannot use SwapEMAWeights with "m": .* received "adam.*" without useEma: make the optimizer with useEma: true/,
  ],
  ["a log file without a name", () => new callbacks.CSVLogger(""), "ValueError", /received "" and ",": write it as in/],

  // Custom layers, losses and functions.
  [
    "a layer that returns a number",
    () => calling(() => 3).predict(x),
    "ValueError",
    /^Cannot call "own": call must return .* 3/,
  ],
  [
    "a layer that returns nothing",
    () => calling(() => {}).predict(x),
    "ValueError",
    /received undefined: return what an op/,
  ],
  [
    "a layer that is async",
    () => calling((x) => Promise.resolve(x)).predict(x),
    "ValueError",
    /call must not be async/,
  ],
  [
    "a layer without call",
    () => calling(undefined).predict(x),
    "StateError",
    /Own has no method call, .*: define call\(x\)/,
  ],
  [
    "a weight that was never made",
    () =>
      calling(function (this: Any, x) {
        return ops.multiply(x, this.factor);
      }).predict(x),
    "ValueError",
    /^In "own": Cannot apply .* received undefined: check that it was set, as a layer's weights are by build$/,
  ],
  [
    "shapes that do not fit inside of a layer",
    () => calling((x) => ops.matmul(x, ops.ones([5, 2]))).predict(x),
    "ShapeError",
    /^In "own": Cannot multiply matrices: /,
  ],
  ["a layer on numbers", () => new layers.Dense(3).apply(x), "ValueError", /for numbers use model.predict\(x\)/],
  [
    "a name with a slash",
    () => new layers.Dense(3, { name: "a/b" }),
    "ValueError",
    /text without "\/", received "a\/b"/,
  ],
  [
    "a loss that returns a number",
    () => model({ loss: () => 3 }).fit(x, y, quiet),
    "ValueError",
    /^In the training of "m": Cannot compute the loss .* received 3: return what ops make/,
  ],
  [
    "a metric that returns nothing",
    () => model({ metrics: [() => {}] }).fit(x, y, quiet),
    "ValueError",
    /the metric .* undefined/,
  ],
  [
    "a step that returns a text",
    () => {
      class Own extends Model {
        call(x: Any) {
          return x;
        }
        trainStep() {
          return "loss";
        }
      }
      const made = new Own();
      made.compile({ loss: "mse" });
      return made.fit(x, x, quiet);
    },
    "ValueError",
    /an object of symbolic numbers by name, received "loss": write it as in return \{ loss \}$/,
  ],
  [
    "a step that returns what a metric promises",
    () => {
      class Own extends Model {
        mean = new ceratops.metrics.Mean({ name: "mean" });
        call(x: Any) {
          return x;
        }
        trainStep() {
          return { mean: this.mean.result() } as Any;
        }
      }
      const made = new Own();
      made.compile({ loss: "mse" });
      return made.fit(x, x, quiet);
    },
    "ValueError",
    /received "mean" of an object of type Promise: leave out results of metrics: those in properties/,
  ],
  [
    "arithmetic on a symbolic value",
    () => compile((x: Any) => x * 2)([1]),
    "ValueError",
    /use ops, as in ops.multiply\(x, 2\)/,
  ],
  [
    "a traced function that is async",
    () => compile((x: Any) => Promise.resolve(x))([1]),
    "ValueError",
    /must not be async/,
  ],
  [
    "a traced function that returns a text",
    () => compile(() => "hi")(),
    "ValueError",
    /received "hi": return what ops give$/,
  ],
  ["no function to trace", () => compile(3), "ValueError", /^Cannot compile: it takes a function .* received 3/],
  [
    "too few arguments",
    () => compile((a: Any, b: Any) => ops.add(a, b))([1]),
    "ValueError",
    /it takes 2 arguments, received 1/,
  ],
  [
    "the slope of many numbers",
    () => grad((x: Any) => ops.square(x))([1, 2]),
    "ValueError",
    /one float32 number, .* \[2\]/,
  ],
  [
    "gradients outside",
    () => gradients(ops.ones([]), []),
    "StateError",
    /^Cannot use gradients here: it works only inside/,
  ],
  ["gradients without a list", () => compile((x: Any) => gradients(ops.sum(x), x))([1]), "ValueError", /in brackets/],

  // Variables and symbolic values in the wrong places.
  [
    "a variable outside of a traced function",
    () => ops.add(new Variable([1], { name: "w" }), 1),
    "StateError",
    "Cannot use ops.add on a variable or a symbolic value here: it works only inside a traced function: pass your " +
    "function to compile() and call what that gives; for numbers now, give tensors",
  ],
  [
    "a variable's value outside",
    () => new Variable([1], { name: "w" }).value(),
    "StateError",
    /of "w": .* await variable.read/,
  ],
  [
    "another shape for a variable",
    () => new Variable([1], { name: "w" }).assign([1, 2]),
    "ShapeError",
    /to "w": .*\[1\]/,
  ],
  [
    "another dtype for a variable",
    () => {
      const w = new Variable([1], { name: "w" });
      return compile(() => w.assign(ops.cast(w, "int32")))();
    },
    "DTypeError",
    'Cannot assign to "w": the dtype must be float32, received int32: cast it, as in ops.cast(value, "float32")',
  ],
  [
    "a symbolic value in another function",
    async () => {
      let kept: Any;
      await compile((x: Any) => {
        kept = x;
      })([1]);
      await compile((x: Any) => ops.add(x, kept))([1]);
    },
    "StateError",
    /^Cannot use a symbolic value here: it lives only inside the traced function that made it/,
  ],
  [
    "a symbolic value after its function",
    async () => {
      let kept: Any;
      await compile((x: Any) => {
        kept = x;
      })([1]);
      new Variable([1], { name: "w" }).assign(kept);
    },
    "StateError",
    /^Cannot assign to "w": a symbolic value lives only inside/,
  ],

  // Summaries and optimizers.
  [
    "a summary from a layer that is not there",
    () => model().summary({ layerRange: ["hiden", "head"] }),
    "ValueError",
    /^Cannot print the summary of "m": layer must be one of .*received "hiden": did you mean "hidden"\?$/,
  ],
  [
    "a summary of three layers",
    () => model().summary({ layerRange: ["a", "b", "c"] as Any }),
    "ValueError",
    /layerRange must be the names of two layers, received \["a", "b", "c"\]: write it as in layerRange:/,
  ],
  [
    "a summary to an expression that is none",
    () => model().summary({ layerRange: ["hidden", "head("] }),
    "ValueError",
    /names or regular expressions, received "head\(": Invalid regular expression/,
  ],
  [
    "a loss scaled by nothing",
    () => new optimizers.SGD({ lossScaleFactor: 0 }),
    "ValueError",
    /^Cannot make SGD: lossScaleFactor must be a number above 0, or null, received 0: leave it out/,
  ],

  // As Python has it.
  [
    "inputs and outputs by position",
    () => {
      const input = Input({ shape: [4] });
      return new Model(input, new layers.Dense(1).apply(input));
    },
    "ValueError",
    /inputs and outputs must be given by name, .* write it as in new Model\(\{ inputs, outputs \}\)$/,
  ],
  [
    "lists of inputs and outputs by position",
    () => {
      const input = Input({ shape: [4] });
      return new Model([input], [new layers.Dense(1).apply(input)]);
    },
    "ValueError",
    /write it as in new Model\(\{ inputs, outputs \}\)$/,
  ],
  [
    "inputs and targets in an object",
    () => model().fit({ x, y, epochs: 2 }),
    "ValueError",
    /Cannot fit "m": the data must be given by position, received an object with x, y, epochs: write fit\(x, y, \{ ... \}\)$/,
  ],
  [
    "inputs and targets in an object, of a model that is not built",
    () => {
      const made = new Sequential([new layers.Dense(3)], { name: "m" });
      made.compile({ loss: "mse" });
      return made.fit({ x, y });
    },
    "ValueError",
    /Cannot use "m": a Sequential takes one input, received an object with x, y: give .* as in fit\(x, y\)/,
  ],
  [
    "inputs, targets and options in an object, of a model that is not built",
    () => {
      const made = new Sequential([new layers.Dense(3)], { name: "m" });
      made.compile({ loss: "mse" });
      return made.fit({ x, y, epochs: 2 });
    },
    "ValueError",
    /received an object with x, y, epochs: write fit\(x, y, \{ ... \}\)$/,
  ],
  ["padding options of null", () => utils.padSequences([[1]], null), "ValueError", /options must be one object/],
  ["an image by index", () => utils.showImage(x[0]), "ValueError", /received undefined: take one .* x.rows\(0, 1\)/],
  [
    "a Lambda whose shapes do not fit",
    () => new Sequential([Input({ shape: [4] }), new layers.Lambda((v: Any) => ops.add(v, tensor([1, 2, 3])))]),
    "ShapeError",
    /received \[null, 4\] and \[3\]: reshape/,
  ],
  [
    "a Lambda that reshapes to other sizes",
    () => new Sequential([Input({ shape: [4] }), new layers.Lambda((v: Any) => ops.reshape(v, [3, 3]))]),
    "ShapeError",
    /Cannot reshape: \[null, 4\] has some elements, .* received \[3, 3\]/,
  ],
  ["jitCompile", () => model({ jitCompile: true }), "ValueError", /jitCompile is not supported.*is compiled anyway$/],
  ["jit_compile", () => model({ jit_compile: true }), "ValueError", /received "jit_compile": .* is compiled anyway$/],
  [
    "runEagerly",
    () => model({ runEagerly: true }),
    "ValueError",
    /runEagerly is not supported.*every step is compiled/,
  ],
  [
    "a value in an object",
    () => new initializers.Constant({ value: 3 }),
    "ValueError",
    "Cannot make Constant: value comes first, before the options, received an object with value as value: " +
    "write it as in new Constant(3)",
  ],
  [
    "options before what comes by position",
    () => new layers.Dense({ units: 3, activation: "relu" }),
    "ValueError",
    /write it as in new Dense\(3, \{ activation: ... \}\)$/,
  ],
  [
    "options in place of a kernel's size",
    () => new layers.Conv2D(3, { kernelSize: 5 }),
    "ValueError",
    /filters and kernelSize come first, .* write it as in new Conv2D\(3, 5\)$/,
  ],
  [
    "an argument by a name that Python does not have",
    () => ops.mean(x, { keepDims: true } as unknown as { keepdims: boolean }),
    "ValueError",
    /^Cannot apply mean: arguments by name must be among "axis", "keepdims", received "keepDims": did you mean "keepdims"\?$/,
  ],
  [
    "an argument by its name in snake_case",
    () => ops.oneHot(x, { num_classes: 3 } as unknown as { numClasses: number }),
    "ValueError",
    /arguments by name must be among "numClasses", "axis", "dtype", received "num_classes": did you mean "numClasses"\?$/,
  ],
  [
    "an argument given twice, by position and by name",
    () => ops.mean(x, 0, { axis: 0 } as unknown as boolean),
    "ValueError",
    /arguments by name must be among "keepdims", received "axis"/,
  ],
  [
    "names in place of an operand",
    () => ops.add(x, { axis: 0 } as unknown as number),
    "ValueError",
    /received an object of type Object: give arguments by position, as in ops.sum\(x, 0, true\)$/,
  ],
  ...["on_epoch_end", "on_train_batch_begin", "on_batch_end", "onBatchEnd"].map((hook): Mistake => [
    `a hook ${hook}`,
    () => {
      class Own extends callbacks.Callback {}
      Object.assign(Own.prototype, { [hook]: () => {} });
      return model().fit(x, y, { ...quiet, callbacks: [new (Own as Any)()] });
    },
    "ValueError",
    new RegExp(`received ${hook} of Own: rename it to on(EpochEnd|TrainBatchBegin|TrainBatchEnd)$`),
  ]),

  // Ops.
  [
    "matrices that do not fit",
    () => ops.matmul(ops.ones([2, 3]), ops.ones([4, 5])),
    "ShapeError",
    /\[2, 3\] and \[4, 5\]/,
  ],
  ["shapes that do not broadcast", () => ops.add(ops.ones([2, 3]), ops.ones([4])), "ShapeError", /\[2, 3\] and \[4\]/],
  [
    "arrays for tensors",
    () => ops.add([1, 2], [3, 4]),
    "ValueError",
    /received an array: wrap it, as in tensor\(\[1, 2\]\)$/,
  ],
  ["an axis that is not there", () => ops.sum(x, 5), "ValueError", /from -2 to 1, received 5: count axes/],
  [
    "a dtype that is none",
    () => ops.cast(x, "float64" as "float32"),
    "DTypeError",
    /received "float64": use "float32"$/,
  ],
];

for (const [name, run, code, message] of [...mistakes, ...mistakesWithLayers]) {
  Deno.test(`mistake: ${name}`, async () => {
    await setBackend("reference");
    let ran = false;
    const caught = await Promise.resolve().then(run).then(() => undefined, (error) => error as Error);
    ran = caught === undefined;
    assert.ok(!ran, "no error came");
    assert.ok(caught instanceof CeratopsError, `${caught!.name}: ${caught!.stack}`);
    assert.equal(caught!.name, code, caught!.message);
    if (typeof message === "string") assert.equal(caught!.message, message);
    else assert.match(caught!.message, message);
    // No dump of data: a list of names may be long, numbers may not.
    assert.ok(!/(-?\d+(\.\d+)?,\s*){8}/.test(caught!.message), caught!.message);
  });
}

Deno.test("mistake: a validation split outside of [0, 1) is a RangeError, as documented", async () => {
  await setBackend("reference");
  await assert.rejects(model().fit(x, y, { validationSplit: 1.5 }), {
    name: "RangeError",
    message:
      'Cannot fit "m": validationSplit must be a number of at least 0 and less than 1, received 1.5: 0.1 keeps ' +
      "the last tenth of the rows for validation",
  });
});

/** The warnings while `run` runs. */
async function warningsOf(run: () => unknown): Promise<string[]> {
  const found: string[] = [];
  const { warn } = console;
  console.warn = (text: string) => void found.push(text);
  try {
    await run();
  } finally {
    console.warn = warn;
  }
  return found;
}

Deno.test("mistakes that train all the same are warned of once", async () => {
  await setBackend("reference");
  assert.deepEqual(
    await warningsOf(() => model().fit([[1, 2, 3, NaN], [1, 2, 3, 4]], [0, 1], { ...quiet, epochs: 2 })),
    [
      'x has NaN in row 0, element 3: what fit "m" computes from it will be NaN',
      'The loss of "m" is NaN in epoch 1 from batch 0 on: lower the learning rate, or check the data ' +
      "(callbacks.TerminateOnNaN ends such a fit)",
    ],
  );
  const wrong = [[1, 2, 3, Infinity], [1, 2, 3, 4]];
  const batches = [[tensor(x), tensor(y)], [tensor(wrong), tensor([0, 1])], [tensor(wrong), tensor([0, 1])]];
  assert.deepEqual(
    await warningsOf(() => model().fit(x, y, { ...quiet, epochs: 2, validationData: [wrong, [0, 1]] })),
    [
      'x has Infinity in row 0, element 3: what fit "m" with validationData computes from it will be NaN or infinite',
    ],
  );
  for (
    const given of [() => model().evaluate(wrong, [0, 1], quiet), () => model().evaluate([[1, 2, 3, 4]], [1], quiet)]
  ) {
    const expected = given.toString().includes("wrong")
      ? ['x has Infinity in row 0, element 3: what evaluate "m" computes from it will be NaN or infinite']
      : [];
    assert.deepEqual(await warningsOf(given), expected);
  }
  const [first, ...others] = await warningsOf(() => model().evaluate(() => batches as Any, undefined, quiet));
  assert.match(first, /^x has Infinity in row 0, element 3: what evaluate "m", batch 1 computes/);
  assert.deepEqual(others, []);
  const bytes = new Sequential([Input({ shape: [2], dtype: "uint8" }), new layers.Dense(1)], { name: "m" });
  bytes.compile({ loss: "mse" });
  assert.deepEqual(await warningsOf(() => bytes.fit([[0.5, 0.25]], [1], quiet)), [
    'x has fractions, which fit "m" cuts off, since the Input is of dtype uint8: leave the dtype of Input out',
  ]);
  const stopping = new callbacks.EarlyStopping();
  const watched = await warningsOf(() => model().fit(x, y, { ...quiet, epochs: 2, callbacks: [stopping] }));
  assert.equal(watched.length, 1);
  assert.match(
    watched[0],
    /^EarlyStopping watches "val_loss", but fit validates nothing and logs loss, accuracy: give fit/,
  );
});

Deno.test("a layer whose own shape of the input is not that of its inputs is warned about, once", async () => {
  const chain = (...items: Any[]) => warningsOf(() => new Sequential(items));
  assert.deepEqual(await chain(new layers.Dense(3, { inputDim: 2 }), new layers.Dense(1, { name: "d", inputDim: 5 })), [
    '"d" is given inputs of shape [3], whatever its own inputShape [5] says: leave that out, which only the first layer ' +
    "of a model without an Input needs",
  ]);
  assert.equal((await chain(Input({ shape: [2] }), new layers.Dense(1, { inputShape: [4] }))).length, 1);
  assert.deepEqual(await chain(new layers.Dense(3, { inputDim: 2 }), new layers.Dense(1, { inputDim: 3 })), []);
});

Deno.test("nothing is trained by a fit that is refused", async () => {
  await setBackend("reference");
  const made = model();
  const before = await made.getWeights();
  const steps: string[] = [];
  const watching = { onTrainBegin: () => void steps.push("begun") };
  await assert.rejects(made.fit(x, [0, 1, 2, 9, 1, 2], { ...quiet, callbacks: [watching] }));
  await assert.rejects(made.fit(ops.ones([6, 5]), y, { ...quiet, callbacks: [watching] }));
  assert.deepEqual(steps, []);
  assert.deepEqual(await made.getWeights(), before);
  // The failed call has no effect on the model.
  assert.equal((await made.fit(x, y, quiet)).epoch.length, 1);
});

Deno.test("a model goes on after the session is cleared, and on another backend", async () => {
  for (const backend of ["reference", "eigen", "reference"] as const) {
    await setBackend(backend);
    const made = model();
    const [before] = (await made.fit(x, y, { ...quiet, shuffle: false })).history.loss;
    await clearSession();
    const first = await made.predict(x, quiet);
    await setBackend(backend === "eigen" ? "reference" : "eigen");
    const second = await made.predict(x, quiet);
    assert.ok(first.data.every((value: number, i: number) => Math.abs(value - second.data[i]) < 1e-5));
    assert.ok((await made.evaluate(x, y, quiet)).loss < before + 1);
  }
});

Deno.test("a callback's own error comes out, and the model can be trained again", async () => {
  await setBackend("reference");
  const made = model();
  const failing = {
    onEpochEnd() {
      throw new Error("mine");
    },
  };
  await assert.rejects(made.fit(x, y, { ...quiet, callbacks: [failing] }), { message: "mine" });
  await made.fit(x, y, quiet);
});
