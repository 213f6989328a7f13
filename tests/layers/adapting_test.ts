// adapt: the same states from data at once, from batches, and from batches that come asynchronously.
import assert from "node:assert/strict";
import { layers, StringTensor, Tensor, tensor, type TensorLike, utils } from "../../mod.ts";
import { testOnBackends, useBackend } from "../backends.ts";

/** Batches of a list by their number, with targets that are not to be learned from. */
class Rows<T> extends utils.PyDataset<unknown[]> {
  constructor(readonly batches: readonly T[]) {
    super({ workers: 2 });
  }
  override get numBatches() {
    return this.batches.length;
  }
  override async getItem(index: number): Promise<unknown[]> {
    await Promise.resolve();
    return [this.batches[index], [[1000], [2000]]];
  }
}

const later = <T>(batches: readonly T[]) =>
  async function* () {
    for (const batch of batches) yield await Promise.resolve(batch);
  };

// deno-lint-ignore no-explicit-any -- each layer takes its own kind of data
type Adapts = { adapt(data: any, options?: layers.AdaptOptions): void | Promise<void> };

/** All ways of giving batches, each with what it gives back. */
function waysOf<T>(batches: readonly T[]): Record<string, { data: unknown; isLater: boolean }> {
  return {
    "an iterable": { data: new Set(batches), isLater: false },
    "a generator": { data: later(batches)(), isLater: true },
    "a function of a generator": { data: later(batches), isLater: true },
    "a function of an iterable": { data: () => new Set(batches), isLater: true },
    "pairs that come later": { data: later(batches.map((batch) => [batch, tensor([[1000]])])), isLater: true },
    "a PyDataset": { data: new Rows(batches), isLater: true },
    "a mapped PyDataset": { data: new Rows(batches).map(([x]) => [x]), isLater: true },
  };
}

const numbers = [[[1, 200], [3, 600]], [[8, 100]], [[4, 50], [4, 70], [0, 90]]];
const integers = [[[5, 3], [5, 5]], [[3, 9]]];
const texts = [[["a b"], ["b c"]], [["c c"], ["d"]]];
const strings = (batches: readonly string[][][]) =>
  batches.map((rows) => new StringTensor([rows.length, 1], rows.flat()));
const tensors = (batches: readonly TensorLike[], dtype: "float32" | "int32" = "float32") =>
  batches.map((batch) => tensor(batch, undefined, dtype));

interface Case {
  readonly make: () => Adapts;
  readonly batches: readonly unknown[];
  readonly whole: unknown;
  readonly state: (layer: Adapts) => unknown;
}

const vocabulary = (layer: Adapts) => (layer as layers.StringLookup).getVocabulary();
const cases: Record<string, Case> = {
  Normalization: {
    make: () => new layers.Normalization(),
    batches: tensors(numbers),
    whole: numbers.flat(),
    state: (layer) => {
      const { mean, variance } = layer as layers.Normalization;
      return [mean, variance].map((of) => ({ shape: of!.shape, data: [...of!.data].map((x) => x.toPrecision(6)) }));
    },
  },
  Discretization: {
    make: () => new layers.Discretization({ numBins: 3 }),
    batches: tensors(numbers),
    whole: numbers.flat(),
    state: (layer) => (layer as layers.Discretization).binBoundaries,
  },
  IntegerLookup: {
    make: () => new layers.IntegerLookup(),
    batches: tensors(integers, "int32"),
    whole: integers.flat(),
    state: vocabulary,
  },
  StringLookup: {
    make: () => new layers.StringLookup(),
    batches: strings(texts),
    whole: texts.flat(),
    state: vocabulary,
  },
  TextVectorization: {
    make: () => new layers.TextVectorization(),
    batches: strings(texts),
    whole: texts.flat(),
    state: vocabulary,
  },
};

for (const [name, { make, batches, whole, state }] of Object.entries(cases)) {
  Deno.test(`${name} learns the same from batches, however they come [eigen]`, async () => {
    await useBackend("eigen");
    const atOnce = make();
    assert.equal(atOnce.adapt(whole), undefined);
    for (const [way, { data, isLater }] of Object.entries(waysOf(batches))) {
      const layer = make();
      const given = layer.adapt(data);
      assert.equal(given instanceof Promise, isLater, way);
      await given;
      assert.deepEqual(state(layer), state(atOnce), way);
    }
  });

  Deno.test(`${name} is as it was where a batch does not suit [eigen]`, async () => {
    await useBackend("eigen");
    const layer = make();
    const wrong = name === "Normalization" || name === "Discretization" || name === "IntegerLookup" ? "x" : 1;
    await assert.rejects(async () => await layer.adapt(later([batches[0], [wrong]])), /^ValueError: Cannot adapt/);
    assert.throws(() => layer.adapt(new Set([batches[0], [wrong]])), /^ValueError: Cannot adapt/);
    await assert.rejects(async () => await layer.adapt(later([])), /there must be (data|tokens), received none/);
    assert.equal((layer as layers.Layer & Adapts).built, false);
    await layer.adapt(later(batches));
    const learned = JSON.stringify(state(layer));
    const failing = async function* () {
      yield batches[1];
      throw new RangeError("the disk is full");
    };
    await assert.rejects(async () => await layer.adapt(failing), /the disk is full/);
    await assert.rejects(async () => await layer.adapt(later([batches[1], [wrong]])), /Cannot adapt/);
    assert.equal(JSON.stringify(state(layer)), learned);
  });
}

Deno.test("Normalization refuses a batch of another shape, and is not built by those before", async () => {
  const layer = new layers.Normalization({ name: "n" });
  const ragged = later([tensor([[1, 2]]), tensor([[1, 2, 3]])]);
  await assert.rejects(
    layer.adapt(ragged),
    /^ShapeError: Cannot adapt "n": batches must have the rank of the first, \[1, 2\].*received \[1, 3\]/,
  );
  assert.equal(layer.built, false);
  layer.adapt([[1, 2, 3], [3, 4, 5]]);
  assert.deepEqual(layer.mean?.toArray(), [[2, 3, 4]]);
  await assert.rejects(layer.adapt(later([tensor([[1, 2]])])), /^ShapeError/);
  assert.deepEqual(layer.mean?.toArray(), [[2, 3, 4]]);
});

Deno.test("steps end an endless stream, and its generator is told", async () => {
  let ended = 0;
  async function* endless() {
    try {
      for (let i = 1;; i++) yield tensor([[await Promise.resolve(i)]]);
    } finally {
      ended++;
    }
  }
  const layer = new layers.Normalization();
  await layer.adapt(endless(), { steps: 3 });
  assert.deepEqual([layer.mean?.toArray(), ended], [[[2]], 1]);
  class Endless extends utils.PyDataset {
    override get numBatches() {
      return null;
    }
    override getItem(index: number): utils.Batch {
      return [tensor([[index]])];
    }
  }
  await layer.adapt(new Endless(), { steps: 5 });
  assert.deepEqual(layer.mean?.toArray(), [[2]]);
  assert.throws(() => layer.adapt(new Endless()), /a dataset without end needs steps/);
});

Deno.test("what is no batches is refused, at once or in the promise", async () => {
  const layer = new layers.Normalization({ name: "n" });
  const give = async (data: unknown) => await layer.adapt(data as never);
  await assert.rejects(give(() => 1), /data must be a tensor, nested arrays, or an iterable of these, received 1/);
  await assert.rejects(give({ [Symbol.asyncIterator]: () => null }), /received null as the iterator/);
  const broken = { [Symbol.asyncIterator]: () => ({ next: () => undefined }) };
  await assert.rejects(give(broken), /must follow the iterator protocol/);
});

testOnBackends("mean and variance tell what is in use, and configs have what was given", () => {
  const layer = new layers.Normalization();
  assert.deepEqual([layer.mean, layer.variance], [null, null]);
  layer.adapt([[1, 200], [3, 600]]);
  // As Keras's attributes.
  assert.deepEqual([layer.mean?.toArray(), layer.variance?.toArray()], [[[2, 400]], [[1, 40000]]]);
  assert.deepEqual([layer.getConfig().mean, layer.getConfig().variance], [null, null]);
  const all = new layers.Normalization({ axis: null });
  all.adapt([[1, 200], [3, 600]]);
  assert.deepEqual([all.mean?.toArray(), all.variance?.toArray()], [[[201]], [[59601.5]]]);
  const given = new layers.Normalization({ mean: 3, variance: 2 });
  assert.deepEqual([given.mean?.shape, given.inputMean?.item()], [[], 3]);
  given.ensureBuilt([null, 2]);
  assert.deepEqual([given.mean?.toArray(), given.variance?.toArray()], [[[3, 3]], [[2, 2]]]);
  assert.deepEqual([given.getConfig().mean, given.getConfig().variance], [3, 2]);
});

testOnBackends("a FeatureSpace learns from batches that come asynchronously, all of it or nothing", async () => {
  const make = () => new utils.FeatureSpace({ features: { age: "float_normalized", job: "string_categorical" } });
  const people = { age: [20, 30, 40, 50], job: ["cook", "nurse", "cook", "pilot"] };
  const parts = [{ age: [20], job: ["cook"] }, { age: [30, 40, 50], job: ["nurse", "cook", "pilot"] }];
  const encoded = async (space: utils.FeatureSpace) => {
    const vectors = await space.predict(people, { verbose: 0 });
    assert.ok(vectors instanceof Tensor);
    return vectors.toArray();
  };
  const atOnce = make();
  atOnce.adapt(people);
  const expected = await encoded(atOnce);
  for (const data of [later(parts), later(parts)(), new Rows(parts)]) {
    const space = make();
    await space.adapt(data);
    assert.deepEqual(await encoded(space), expected);
  }
  const space = make();
  await assert.rejects(space.adapt(later([parts[0], { age: [1], job: [2] } as never])), /^ValueError: Cannot adapt/);
  await assert.rejects(space.adapt(later([{ age: [1], job: [""] }, { age: [2] } as never])), /none for "job"/);
  assert.equal(space.built, false);
  await space.adapt(later(parts));
  assert.deepEqual(await encoded(space), expected);
});
