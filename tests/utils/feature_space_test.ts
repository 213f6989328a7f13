// FeatureSpace against Python Keras: configs, vectors of tables that it learned from, and files both ways.
import assert from "node:assert/strict";
import { loadModel } from "../../lib/models/load_model.ts";
import { clearSession } from "../../lib/exec/select.ts";
import type { HostArray } from "../../lib/tensor/strings.ts";
import type { Tensor } from "../../lib/tensor/tensor.ts";
import { layers, Model, utils } from "../../mod.ts";
import { testOnBackends, useBackend } from "../backends.ts";
import { assertClose } from "../close.ts";
import { golden, type GoldenArray, type Table, toArray } from "../golden.ts";
import { unpack, written as bytesOf } from "../saving/packed.ts";

const { FeatureSpace } = utils;
const { table, rows, spaces } = golden("feature_spaces");
const quiet = { verbose: 0 } as const;

/** The columns that a space has features of. */
const columns = (of: Table, { config }: Table): Record<string, HostArray> =>
  Object.fromEntries(Object.keys(config.features).map((name) => [name, toArray(of[name])]));

/** Fails unless the vectors are those of Python. */
function assertVectors(made: unknown, expected: Table, what: string): void {
  if (!expected.shape) {
    assert.deepEqual(Object.keys(made as object).sort(), Object.keys(expected).sort());
    for (const [name, y] of Object.entries(expected)) assertVectors((made as Table)[name], y, `${what} ${name}`);
    return;
  }
  const { dtype, shape, data } = made as Tensor;
  assert.deepEqual([dtype, [...shape]], [(expected as GoldenArray).dtype, expected.shape], what);
  assertClose(data, expected.data, { absolute: 1e-6, relative: 1e-5 }, what);
}

/** A config without what Keras adds of layers that are built. */
const withoutBuilds = (config: unknown): unknown =>
  JSON.parse(JSON.stringify(config), (key, value) => (key === "build_config" ? undefined : value));

/** The spaces of the golden file, as users of this library write them. */
const written: Readonly<Record<string, () => utils.FeatureSpaceOptions>> = {
  kinds: () => ({ features: { age: "float", job: "string_categorical", floor: "integer_hashed" } }),
  learned: () => ({
    features: { age: "float_normalized", job: "string_hashed", floor: "integer_categorical" },
    crosses: [["job", "floor"]],
    crossingDim: 7,
    hashingDim: 5,
  }),
  binned: () => ({ features: { age: "float_discretized", job: "string_categorical" }, numDiscretizationBins: 6 }),
  made: () => ({
    features: {
      age: FeatureSpace.floatRescaled({ scale: 2, offset: 0.5 }),
      job: FeatureSpace.stringCategorical({ maxTokens: 3, numOovIndices: 1 }),
      floor: FeatureSpace.integerCategorical({ numOovIndices: 2 }),
    },
    crosses: [FeatureSpace.cross(["job", "floor"], 6)],
  }),
  by_name: () => ({
    features: {
      age: FeatureSpace.floatDiscretized(3, { outputMode: "int" }),
      job: FeatureSpace.stringHashed(6, { outputMode: "int" }),
      floor: FeatureSpace.integerHashed(4),
      note: FeatureSpace.feature({
        dtype: "string",
        preprocessor: new layers.TextVectorization({ outputMode: "tf_idf", name: "words" }),
        outputMode: "float",
      }),
    },
    crosses: [FeatureSpace.cross(["age", "job"], 5, "int")],
    outputMode: "dict",
  }),
};

for (const spec of spaces as Table[]) {
  testOnBackends(`a FeatureSpace of ${spec.name} gives Keras's vectors`, async () => {
    await clearSession();
    const space = new FeatureSpace(written[spec.name]());
    assert.deepEqual(withoutBuilds(space.getConfig()), withoutBuilds(spec.before), "before it learned");
    const given = columns(table, spec);
    space.adapt(given);
    assert.deepEqual(withoutBuilds(space.getConfig()), withoutBuilds(spec.config), "after it learned");
    assertVectors(await space.predict(columns(rows, spec), quiet), spec.y, "vectors");
    const batch = (from: number, to: number) =>
      Object.fromEntries(Object.entries(given).map(([name, x]) => [name, x.rows(from, to)]));
    const again = new FeatureSpace(written[spec.name]());
    again.adapt([batch(0, 32), batch(32, 40)]);
    assertVectors(await again.predict(columns(rows, spec), quiet), spec.y, "vectors of what batches taught");
  });

  Deno.test(`a FeatureSpace of ${spec.name} comes from a file of Keras, and back [eigen]`, async () => {
    await useBackend("eigen");
    const space = await loadModel(await unpack(spec.file));
    assert.ok(space instanceof FeatureSpace);
    assertVectors(await space.predict(columns(rows, spec), quiet), spec.y, "loaded");
    const again = await loadModel(await bytesOf((stream) => space.save(stream)));
    assert.ok(again instanceof FeatureSpace);
    assertVectors(await again.predict(columns(rows, spec), quiet), spec.y, "loaded again");
  });
}

testOnBackends("a model on top of a FeatureSpace trains on its columns", async () => {
  const space = new FeatureSpace({ features: { age: "float_normalized", job: "string_categorical" }, crossingDim: 4 });
  const people = { age: [20, 30, 40, 50], job: ["cook", "nurse", "cook", "pilot"] };
  space.adapt(people);
  const outputs = new layers.Dense(1).apply(space.getEncodedFeatures());
  const model = new Model({ inputs: space.getInputs(), outputs }) as Model;
  model.compile({ optimizer: "sgd", loss: "mse" });
  const { history } = await model.fit(people, [[1], [2], [1], [3]], { epochs: 20, ...quiet });
  assert.ok(history.loss[19] < history.loss[0] / 2, `${history.loss}`);
  assert.deepEqual((await model.predict(people, quiet) as Tensor).shape, [4, 1]);
});

Deno.test("what does not suit a FeatureSpace is refused", () => {
  const { float, stringCategorical } = FeatureSpace;
  const complaints: [() => unknown, RegExp][] = [
    [() => new FeatureSpace({ features: {} }), /features must be an object of features/],
    [() => new FeatureSpace({ features: { a: "floats" as "float" } }), /did you mean "float"\?/],
    [
      () => new FeatureSpace({ features: { a: "float" }, crosses: [["a", "b"]] }),
      /a cross must be a list of at least two/,
    ],
    [
      () => new FeatureSpace({ features: { a: "string_categorical" } }).getEncodedFeatures(),
      /must learn from data first/,
    ],
    [() => new FeatureSpace({ features: { a: "string_categorical" } }).adapt({ b: ["x"] }), /none for "a"/],
    [
      () => new FeatureSpace({ features: { a: "string_categorical" } }).adapt({ a: [1] }),
      /elements of data must be texts|must be texts/,
    ],
    [() => new FeatureSpace({ features: { a: "float_normalized" } }).adapt({ a: ["x"] }), /must be numbers/],
    [
      () => {
        const space = new FeatureSpace({ features: { a: float(), b: stringCategorical({ outputMode: "int" }) } });
        space.adapt({ b: ["x"] });
        return space.getEncodedFeatures();
      },
      /features that are joined must be float32, received int32 of "b"/,
    ],
    [
      () =>
        FeatureSpace.feature({ dtype: "float32", preprocessor: new layers.Rescaling(1), outputMode: "hot" as "int" }),
      /outputMode must be/,
    ],
  ];
  for (const [act, complaint] of complaints) assert.throws(act, complaint);
});
