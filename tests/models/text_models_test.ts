// Models of texts: layers that run on the host before the program, in predict, fit and evaluate, and in files.
import assert from "node:assert/strict";
import { Input, layers, Model, ops, Sequential, setRandomSeed, StringTensor, tensor, Variable } from "../../mod.ts";
import { testOnBackends } from "../backends.ts";
import { assertClose } from "../close.ts";

const quiet = { verbose: 0 } as const;
const texts = [["the cat"], ["a dog ran"], ["the dog"], ["cat and dog"], ["birds"]];
const labels = [[1], [0], [1], [0], [1]];

/** A vectorization whose vocabulary is given. */
const vectorization = (options: layers.TextVectorizationOptions = {}) =>
  new layers.TextVectorization({ vocabulary: ["the", "cat", "dog", "a"], ...options });

/** A classifier of indices, `[batch, tokens]`. */
const classifier = () => [
  new layers.Embedding(6, 3),
  new layers.GlobalAveragePooling1D(),
  new layers.Dense(1, { activation: "sigmoid" }),
];

testOnBackends("a model of texts computes what one of their indices computes", async () => {
  const vectorize = vectorization({ outputSequenceLength: 3 });
  const tail = new Sequential(classifier());
  const model = new Sequential([Input({ shape: [1], dtype: "string" }), vectorize, tail]);
  const expected = await tail.predict(vectorize.apply(texts), quiet);
  for (const x of [texts, texts.flat(), StringTensor.from(texts)]) {
    assert.deepEqual((await model.predict(x, quiet)).data, expected.data);
  }
  const batches = function* () {
    yield [texts.slice(0, 2)] as const;
    yield StringTensor.from(texts.slice(2));
  };
  assert.deepEqual((await model.predict(batches, quiet)).data, expected.data);
  assert.deepEqual((await model.predictOnBatch(texts)).data, expected.data);
});

testOnBackends("fit and evaluate take texts, and train as on their indices", async () => {
  const train = async (build: (tail: Sequential) => [Sequential, unknown]) => {
    setRandomSeed(3);
    const tail = new Sequential([Input({ shape: [3], dtype: "int32" }), ...classifier()], { name: "tail" });
    const [model, x] = build(tail);
    model.compile({ optimizer: "adam", loss: "binary_crossentropy", metrics: ["accuracy"] });
    const options = { epochs: 3, batchSize: 2, shuffle: false, validationSplit: 0.4, ...quiet };
    const { history } = await model.fit(x as number[][], labels, options);
    const results = await model.evaluate(x as number[][], labels, { batchSize: 2, ...quiet });
    return [history, { ...results }, (await Promise.all(tail.weights.map((w) => w.read()))).map(({ data }) => data)];
  };
  const vectorize = vectorization({ outputSequenceLength: 3 });
  const ofTexts = await train((
    tail,
  ) => [new Sequential([Input({ shape: [1], dtype: "string" }), vectorize, tail]), texts]);
  assert.deepEqual(ofTexts, await train((tail) => [tail, vectorize.apply(texts)]));
});

testOnBackends("vectors of texts are made in the program, of the indices", async () => {
  for (const outputMode of ["multi_hot", "count", "tf_idf"] as const) {
    const idfWeights = outputMode === "tf_idf" ? [1, 2, 3, 0.5] : null;
    const vectorize = vectorization({ outputMode, idfWeights });
    const model = new Sequential([vectorize]);
    const y = await model.predict(texts, quiet);
    assertClose(y.data, vectorize.apply(texts).data, { absolute: 0, relative: 1e-6 }, outputMode);
    assert.deepEqual(model.outputShape, [null, 5]);
  }
});

/** Texts, integers and numbers, together in one vector. */
function mixedModel() {
  const word = Input({ shape: [1], dtype: "string", name: "word" });
  const count = Input({ shape: [1], dtype: "int32", name: "count" });
  const size = Input({ shape: [1], name: "size" });
  const kinds = new layers.StringLookup({ vocabulary: ["u", "v"] });
  const numbers = new layers.IntegerLookup({ vocabulary: [3, 4], outputMode: "one_hot" });
  const bins = new layers.Discretization({ binBoundaries: [0] });
  const hashing = new layers.Hashing(4, { outputMode: "one_hot" });
  const crossing = new layers.HashedCrossing(8, { outputMode: "one_hot" });
  const parts = [
    crossing.apply([kinds.apply(word), bins.apply(size)]),
    numbers.apply(count),
    hashing.apply(count),
    hashing.apply(word),
    size,
  ];
  const outputs = new layers.Concatenate().apply(parts);
  const model = new Model({ inputs: { word, count, size }, outputs });
  return { model, kinds, numbers, bins, hashing, crossing };
}

testOnBackends("inputs of texts, integers and numbers go to the host or the program as they must", async () => {
  const { model, kinds, numbers, bins, hashing, crossing } = mixedModel();
  const data = { word: [["u"], ["q"], ["v"]], count: [[3], [2_000_000_011], [4]], size: [[1.5], [-1], [0]] };
  const y = (await model.predict(data, quiet)).toArray() as number[][];
  const crossed = crossing.apply([kinds.apply(data.word), bins.apply(data.size)]).toArray() as number[][];
  const [counts, hashes, words] = [numbers.apply(data.count), hashing.apply(data.count), hashing.apply(data.word)]
    .map((part) => part.toArray() as number[][]);
  const rows = data.size.map((size, i) => [...crossed[i], ...counts[i], ...hashes[i], ...words[i], ...size]);
  assert.deepEqual(y, rows);
});

testOnBackends("lookups and bins in the middle of a program give what they give on the host", async () => {
  const options = [
    { vocabulary: [6, 2, -4] },
    { vocabulary: [6, 2, -4], numOovIndices: 3 },
    { vocabulary: [6, 2, -4], maskToken: 8 },
    { vocabulary: [6, 2, -4], maskToken: 8, outputMode: "multi_hot" },
    { vocabulary: [6, 2, -4], outputMode: "tf_idf", idfWeights: [1, 2, 3] },
    { vocabulary: [6, 2, -4], invert: true },
    { vocabulary: [6, 2, -4], invert: true, maskToken: 8, oovToken: 9 },
  ] as const;
  const x = [[1, 3, -2, 4], [0, 5, 1, -1]];
  const doubled = x.map((row) => row.map((item) => 2 * item));
  for (const option of options) {
    const lookup = new layers.IntegerLookup(option);
    const model = new Sequential([Input({ shape: [4] }), new layers.Rescaling(2), lookup]);
    assert.deepEqual(
      (await model.predict(x, quiet)).toArray(),
      lookup.apply(doubled).toArray(),
      JSON.stringify(option),
    );
  }
  const bins = new layers.Discretization({ binBoundaries: [-2, 2, 8], outputMode: "one_hot" });
  const model = new Sequential([Input({ shape: [4] }), new layers.Rescaling(2), bins]);
  assert.deepEqual((await model.predict(x, quiet)).toArray(), bins.apply(doubled).toArray());
});

testOnBackends("a vocabulary that is learned anew is used by the next prediction", async () => {
  const lookup = new layers.StringLookup();
  const model = new Sequential([Input({ shape: [1], dtype: "string" }), lookup]);
  const encoded = new Sequential([Input({ shape: [2] }), new layers.Rescaling(1), new layers.IntegerLookup()]);
  const inner = encoded.layers[1] as layers.IntegerLookup;
  lookup.adapt(["a", "b"]);
  inner.adapt([5, 6]);
  assert.deepEqual((await model.predict([["a"]], quiet)).toArray(), [[2]]);
  assert.deepEqual((await encoded.predict([[5, 7]], quiet)).toArray(), [[2, 0]]);
  lookup.setVocabulary(["a", "b"]);
  inner.setVocabulary([5, 7]);
  assert.deepEqual((await model.predict([["a"]], quiet)).toArray(), [[1]]);
  assert.deepEqual((await encoded.predict([[5, 7]], quiet)).toArray(), [[1, 2]]);
});

Deno.test("what a model of texts cannot do is refused before any work", async () => {
  const text = Input({ shape: [1], dtype: "string" });
  const number = Input({ shape: [1] });
  const model = new Sequential([Input({ shape: [1], dtype: "string" }), vectorization(), ...classifier()]);
  const complaints: [() => unknown, RegExp][] = [
    [() => model.predict([[1]], quiet), /elements of x must be texts, received 1 at x\[0\]\[0\]/],
    [() => model.predict(tensor([[1]]), quiet), /elements of x must be texts/],
    [
      () => new Sequential([Input({ shape: [1] }), new layers.Dense(1)]).predict([["a"]], quiet),
      /must be numbers or boo/,
    ],
    [
      () => new Sequential([new layers.Dense(1)]).predict([["a"]], quiet),
      /received texts: let the model begin with Inp/,
    ],
    [() => new layers.Dense(1).apply(text), /Cannot compute with texts/],
    [() => ops.add(text, 1), /Cannot compute with texts/],
    [() => new layers.Add().apply([text, text]), /Cannot compute with texts/],
    [() => vectorization().apply(number), /TextVectorization takes texts, received float32 numbers/],
    [() => new layers.Discretization({ numBins: 2 }).apply(text), /takes numbers, received texts/],
    [
      () => new layers.StringLookup({ vocabulary: ["a"], invert: true }).apply(Input({ shape: [1], dtype: "int32" })),
      /a model computes numbers, and an inverse StringLookup gives texts/,
    ],
    [
      () => new Model({ inputs: number, outputs: new layers.Hashing(3).apply(new layers.Dense(1).apply(number)) }),
      /"hashing(_\d+)?" runs on the host, before the program/,
    ],
    [() => model.export("model.onnx"), /a program must be able to compute all of the model/],
    [() => new layers.TextVectorization().apply(["a"]), /it has no vocabulary yet/],
    [() => new Sequential([new layers.TextVectorization()]).predict([["a"]], quiet), /it has no vocabulary yet/],
    [() => model.fit(texts, [["a"], ["b"], ["c"], ["d"], ["e"]] as never, quiet), /is not compiled/],
  ];
  for (const [act, complaint] of complaints) {
    await assert.rejects(async () => await act(), complaint);
  }
});

Deno.test("the layers read a constant in a traced function at once, and refuse a variable", () => {
  const variable = new Variable([1]);
  assert.throws(() => new layers.Hashing(3).apply(variable as never), /a layer takes a symbolic value/);
});
