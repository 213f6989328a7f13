// The options of every layer: any value is either valid, or gives an error at once that says why.
import assert from "node:assert/strict";
import { CeratopsError, Layer, layers, tensor } from "../../mod.ts";
import { optionsOfClass, positionalOf } from "../../lib/options.ts";
import { snakeCase } from "../../lib/names.ts";
import { suitable, suitableArguments } from "../exported_classes.ts";

// Values of any type, as from JavaScript.
// deno-lint-ignore no-explicit-any
type LayerClass = new (...args: any[]) => Layer;

const bases: readonly unknown[] = [
  layers.Conv,
  layers.ConvLSTM,
  layers.Convolution,
  layers.ConvTranspose,
  layers.DenseCell,
  layers.DepthwiseConv,
  layers.IndexLookup,
  layers.Merge,
  layers.PreparingLayer,
  layers.ProjectedAttention,
  layers.ImageLayer,
  layers.RandomLayer,
  layers.Recurrent,
  layers.RecurrentCell,
  layers.ScoringAttention,
  layers.SeparableConv,
  layers.Wrapper,
];

/** The classes of layers that can be made. */
const classes = [...new Set(Object.values(layers).map((item) => item as unknown as LayerClass))]
  .filter((Class) => Class.prototype instanceof Layer && !bases.includes(Class));

/** The layer with valid arguments, except `value` for one name. */
function make(Class: LayerClass, name: string, value: unknown): Layer {
  const positions = positionalOf(Class);
  const options = {
    name: "layer",
    ...(Class === layers.InputLayer && !(name === "batchShape" && value) && { shape: [2] }),
    ...(Class === layers.Discretization && (name === "numBins" ? { binBoundaries: [1] } : { numBins: 2 })),
  };
  const args = positions.map((position) => (position === name ? value : suitable[position]));
  return new Class(...args, positions.includes(name) ? options : { ...options, [name]: value });
}

const itself: unknown[] = [1];
itself.push(itself);
const pairOfItself: unknown[] = [];
pairOfItself.push(pairOfItself, pairOfItself);
let nested: unknown = 1;
for (let depth = 0; depth < 20_000; depth++) nested = [nested];

/** Values of many kinds, few of which are valid for any option. */
const values: readonly unknown[] = [
  ...[NaN, Infinity, -Infinity, 0, -0, -1, 0.5, 1e9, 2 ** 31 - 1, 2 ** 31, 2 ** 53, 1e300, 5e-324],
  ...["", "1", "abc", "__proto__", "constructor", "a".repeat(100_000), true, false, null, undefined],
  ...[1n, 10n ** 30n, Symbol("symbol"), () => 1, class Own {}, Map, Date, layers.Dense, new layers.Dense(1)],
  ...[[], [0], [1, 2], [1, 2, 3], [NaN, 1], [null], [undefined], [1n], [Symbol("symbol"), 1], ["a"], [[1, 2], [3]]],
  ...[new Array(3), new Array(2 ** 32 - 1), new Array(100_000).fill(1), itself, pairOfItself, nested],
  ...[{}, Object.create(null), { constructor: { name: Symbol("name") } }, { class_name: "Dense", config: {} }],
  ...[new Date(), new Map(), new Float32Array(2), new BigInt64Array(2), new Proxy({}, {}), Promise.resolve(1)],
];

for (const Class of classes) {
  Deno.test(`${Class.name}: what does not suit an option is refused`, () => {
    for (const name of Object.keys(optionsOfClass(Class))) {
      let refused = 0;
      for (const value of values) {
        try {
          assert.equal(typeof JSON.stringify(make(Class, name, value).getConfig()), "string");
        } catch (error) {
          // A function without a name cannot be written to a config: that error must be clear too.
          assert.ok(error instanceof CeratopsError, `${name}: ${error}`);
          refused++;
        }
      }
      assert.ok(refused > values.length / 3, `${name} takes nearly everything`);
    }
  });

  Deno.test(`${Class.name}: options that it has not are refused, and lists and numbers in their place`, () => {
    const args = suitableArguments(Class);
    const shape = Class === layers.InputLayer && { shape: [2] };
    assert.throws(() => new Class(...args, { ...shape, nmae: "layer" }), /received "nmae": did you mean "name"\?$/);
    for (const options of [3, "layer", [], null]) assert.throws(() => new Class(...args, options), CeratopsError);
  });
}

/** Options for which null does not mean the default. */
const meaningfulNulls = [
  "Bidirectional mergeMode",
  "IntegerLookup oovToken",
  "MelSpectrogram window",
  "Normalization axis",
  "STFTSpectrogram scaling",
  "STFTSpectrogram window",
  "StringLookup oovToken",
  "TextVectorization split",
  "TextVectorization standardize",
];

/** Activations that are `tanh` or the like by default, and for null `linear`. */
const isActivation = (name: string) => name === "activation" || name === "recurrentActivation";

Deno.test("null is the default of what is None in Keras, and refused elsewhere", () => {
  const nullable = new Set<string>();
  for (const Class of classes) {
    for (const [name, option] of Object.entries(optionsOfClass(Class))) {
      if (!option.offered || name === "name") continue;
      if (!option.nullable) {
        assert.throws(() => make(Class, name, null), CeratopsError, `${Class.name} ${name}`);
        continue;
      }
      nullable.add(name);
      if (meaningfulNulls.includes(`${Class.name} ${name}`)) continue;
      if (isActivation(name) && option.fallback !== null) {
        const { [snakeCase(name)]: activation } = make(Class, name, null).getConfig();
        assert.equal(activation, "linear", `${Class.name} ${name}`);
        continue;
      }
      assert.deepEqual(make(Class, name, null).getConfig(), make(Class, name, undefined).getConfig(), name);
    }
  }
  assert.deepEqual([...nullable].sort(), [
    "activation",
    "activityRegularizer",
    "alphaConstraint",
    "alphaRegularizer",
    "arguments",
    "attentionAxes",
    "axis",
    "backwardLayer",
    "batchInputShape",
    "batchShape",
    "batchSize",
    "betaConstraint",
    "betaRegularizer",
    "biasAxes",
    "biasConstraint",
    "biasRegularizer",
    "binBoundaries",
    "boundingBoxFormat",
    "brightnessFactor",
    "contrastFactor",
    "dataFormat",
    "depthwiseConstraint",
    "depthwiseRegularizer",
    "dtype",
    "embeddingsConstraint",
    "embeddingsRegularizer",
    "fftLength",
    "fillValue",
    "flashAttention",
    "frameStep",
    "gammaConstraint",
    "gammaRegularizer",
    "hueFactor",
    "idfWeights",
    "inputDim",
    "inputLength",
    "inputShape",
    "kernelConstraint",
    "kernelRegularizer",
    "logitSoftCap",
    "mask",
    "maskToken",
    "maskValue",
    "maxFreq",
    "maxTokens",
    "maxValue",
    "mean",
    "mergeMode",
    "ngrams",
    "noiseShape",
    "numBins",
    "oovToken",
    "outputPadding",
    "outputSequenceLength",
    "outputShape",
    "pointwiseConstraint",
    "pointwiseRegularizer",
    "recurrentActivation",
    "recurrentConstraint",
    "recurrentRegularizer",
    "reverseDtype",
    "salt",
    "saturationFactor",
    "scaling",
    "seed",
    "sequenceLength",
    "sharedAxes",
    "slidingWindow",
    "split",
    "standardize",
    "strides",
    "valueDim",
    "variance",
    "vocabulary",
    "vocabularySize",
    "weights",
    "widthFactor",
    "window",
  ]);
  assert.deepEqual(new layers.Normalization({ axis: null }).axis, []);
});

Deno.test("what a layer was made with stays, whatever becomes of the user's arrays", async () => {
  const sizes: [number, number] = [2, 3];
  const vectors = [[1, 2], [3, 4]];
  const made = [
    new layers.Conv2D(4, sizes),
    new layers.MaxPooling2D(sizes),
    new layers.Permute([2, 1]),
    new layers.UpSampling2D(sizes),
    new layers.ZeroPadding2D([sizes, sizes]),
    new layers.RandomTranslation(0.1, [0.1, 0.2]),
    new layers.Normalization({ axis: [1, 2], mean: vectors, variance: vectors }),
  ];
  const before = made.map((layer) => JSON.stringify(layer.getConfig()));
  sizes[0] = 7;
  vectors[1][1] = 4.5;
  assert.deepEqual(made.map((layer) => JSON.stringify(layer.getConfig())), before);
  const embedding = new layers.Embedding(2, 2, { weights: vectors });
  vectors[0][0] = 9;
  embedding.ensureBuilt([null, 1]);
  assert.deepEqual(await embedding.embeddings.read(), tensor([[1, 2], [3, 4.5]]));
});
