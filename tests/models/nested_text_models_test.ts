// Models of texts inside other models: what the host does of them comes before the outer model's program.
import assert from "node:assert/strict";
import {
  Input,
  layers,
  loadModel,
  Model,
  Sequential,
  setRandomSeed,
  type SymbolicTensor,
  Tensor,
  tensor,
  utils,
} from "../../mod.ts";
import { written as bytesOf } from "../saving/packed.ts";
import { testOnBackends } from "../backends.ts";

const quiet = { verbose: 0 } as const;
const texts = [["the cat"], ["a dog ran"], ["the dog"], ["cat and dog"], ["birds"]];
const labels = [[1], [0], [1], [0], [1]];
const textInput = () => Input({ shape: [1], dtype: "string" });
const vectorization = () =>
  new layers.TextVectorization({ vocabulary: ["the", "cat", "dog", "a"], outputSequenceLength: 3 });

/** A model that makes vectors of texts. */
const encoder = () =>
  new Sequential([textInput(), vectorization(), new layers.Embedding(6, 3), new layers.GlobalAveragePooling1D()]);

testOnBackends("a model of texts is a layer of another, at any depth", async () => {
  const inner = encoder();
  const expected = (await inner.predict(texts, quiet)).toArray() as number[][];
  const x = textInput();
  const doubled = new layers.Rescaling(2).apply(inner.apply(x));
  const functional = new Model({ inputs: x, outputs: doubled });
  const deeper = new Sequential([functional, new layers.Rescaling(0.5)]);
  const chain = new Sequential([inner, new layers.Activation("linear")]);
  for (const model of [deeper, chain]) {
    assert.deepEqual((await model.predict(texts, quiet)).toArray(), expected);
    assert.deepEqual((await model.predict([["birds"]], quiet)).toArray(), [expected[4]]);
  }
  const both = new Model({ inputs: x, outputs: [inner.apply(x), doubled] });
  const [once, twice] = await both.predict(texts, quiet);
  assert.deepEqual(once.toArray(), expected);
  assert.deepEqual(twice.data.map((value) => value / 2), once.data);
});

testOnBackends("a model around one of texts trains as one without it", async () => {
  const train = async (isNested: boolean) => {
    setRandomSeed(3);
    const inner = encoder();
    const head = new layers.Dense(1, { activation: "sigmoid" });
    const model = new Sequential(isNested ? [inner, head] : [textInput(), ...inner.layers, head]);
    model.compile({ optimizer: "adam", loss: "binary_crossentropy" });
    const { history } = await model.fit(texts, labels, { epochs: 3, batchSize: 2, shuffle: false, ...quiet });
    return [history.loss, (await model.getWeights()).map(({ data }) => [...data])];
  };
  assert.deepEqual(await train(true), await train(false));
});

testOnBackends("texts and numbers go into a model inside another", async () => {
  const [word, size] = [textInput(), Input({ shape: [2] })];
  const lookup = new layers.StringLookup({ vocabulary: ["a", "b"], outputMode: "one_hot" });
  const joined = new layers.Concatenate().apply([lookup.apply(word), new layers.Rescaling(10).apply(size)]);
  const inner = new Model({ inputs: [word, size], outputs: joined });
  const [outerWord, outerSize] = [textInput(), Input({ shape: [2] })];
  const inside = inner.apply([outerWord, outerSize]);
  const beside = new layers.Concatenate().apply([inside, outerSize]);
  const model = new Model({ inputs: [outerWord, outerSize], outputs: beside });
  const y = await model.predict([[["b"], ["c"]], [[1, 2], [3, 4]]], quiet);
  assert.deepEqual(y.toArray(), [[0, 0, 1, 10, 20, 1, 2], [1, 0, 0, 30, 40, 3, 4]]);
});

testOnBackends("a FeatureSpace is a layer of a model, whose inputs are its columns", async () => {
  const space = new utils.FeatureSpace({ features: { age: "float_normalized", job: "string_categorical" } });
  const people = { age: [20, 40], job: ["cook", "nurse"] };
  space.adapt(people);
  const inputs = { age: Input({ shape: [1], name: "age" }), job: Input({ shape: [1], dtype: "string", name: "job" }) };
  const model = new Model({ inputs, outputs: new layers.Rescaling(2).apply(space.apply(inputs) as SymbolicTensor) });
  const vectors = await space.predict(people, quiet);
  assert.ok(vectors instanceof Tensor);
  assert.deepEqual((await model.predict(people, quiet)).data, vectors.data.map((value) => 2 * value));
});

testOnBackends("a model of texts inside another goes through a file, and takes a new vocabulary", async () => {
  const lookup = new layers.StringLookup({ outputMode: "count" });
  lookup.adapt([["a"], ["b"]]);
  const inner = new Sequential([Input({ shape: [2], dtype: "string" }), lookup]);
  const x = Input({ shape: [2], dtype: "string" });
  const model = new Model({ inputs: x, outputs: new layers.Rescaling(2).apply(inner.apply(x)) });
  assert.deepEqual((await model.predict([["a", "c"]], quiet)).toArray(), [[2, 0, 2]]);
  const loaded = await loadModel(await bytesOf((stream) => model.save(stream))) as typeof model;
  assert.deepEqual((await loaded.predict([["a", "c"]], quiet)).toArray(), [[2, 0, 2]]);
  lookup.setVocabulary(["c", "b"]);
  assert.deepEqual((await model.predict([["a", "c"]], quiet)).toArray(), [[2, 2, 0]]);
});

Deno.test("a model of texts takes texts that come from an Input, and nothing else", () => {
  const inner = new Sequential([Input({ shape: [1], dtype: "int32" }), new layers.Hashing(3)], { name: "hashes" });
  const number = Input({ shape: [1], dtype: "int32" });
  const later = inner.apply(new layers.Activation("relu").apply(number));
  assert.throws(
    () => new Model({ inputs: number, outputs: later }),
    /"hashes" runs on the host, before the program, received it after a layer of the program: apply it to an Input/,
  );
  assert.throws(
    () => encoder().apply(Input({ shape: [1] }) as never),
    /^ValueError: Cannot call "sequential(_\d+)?": its input .* must be texts, received float32 numbers: apply it to an Input/,
  );
  assert.throws(() => inner.apply(textInput() as never), /must be numbers, received texts/);
  assert.throws(() => encoder().apply(tensor([[1]]) as never), /a layer takes/);
});
