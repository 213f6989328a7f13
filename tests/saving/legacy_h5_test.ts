// Files in the form of Keras 2: what Keras 2 wrote, opened and saved again, has its structure, its names and its numbers.
import assert from "node:assert/strict";
import { mapStructure } from "../../lib/structure.ts";
import { ValueError } from "../../lib/errors.ts";
import { type H5Group, readHdf5 } from "../../lib/files/hdf5.ts";
import { Input } from "../../lib/layers/input.ts";
import type { Layer } from "../../lib/layers/layer.ts";
import type { Value } from "../../lib/ir/value.ts";
import { BatchNormalization, Dense, Lambda, LayerNormalization, RMSNormalization } from "../../lib/layers/layers.ts";
import { Dice } from "../../lib/losses/losses.ts";
import { loadModel } from "../../lib/models/load_model.ts";
import { Model } from "../../lib/models/model.ts";
import { Sequential } from "../../lib/models/sequential.ts";
import { Adam, Nadam, SGD } from "../../lib/optimizers/optimizers.ts";
import { ExponentialDecay } from "../../lib/optimizers/schedules.ts";
import { add, multiply } from "../../lib/ops/ops.ts";
import { registerKerasSerializable } from "../../lib/registry.ts";
import { testOnBackends } from "../backends.ts";
import { assertClose } from "../close.ts";
import { golden, type Table, toTensor } from "../golden.ts";
import type { Tensor } from "../../lib/tensor/tensor.ts";
import { unpack } from "./packed.ts";

const unchanged = registerKerasSerializable("legacy")(function unchanged(x: Value) {
  return x;
});

const close = { absolute: 2e-6, relative: 2e-5 };
const quiet = { verbose: 0 } as const;
const tensors = (value: Table): Table =>
  "dtype" in value ? toTensor(value) : mapStructure<Table, Tensor>(value, toTensor);

/** Runs `body` with the path of a file that is removed after. */
async function withPath(name: string, body: (path: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await body(`${folder}/${name}`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const open = async (path: string) => await readHdf5(await Deno.readFile(path), "Cannot read");

/**
 * Asserts that all that `made` has is in `expected` too, where one axis may be a list of it, and a schedule that was given no
 * name has none.
 */
function assertWithin(made: Table, expected: Table, place: string): void {
  if (place.endsWith("learning_rate.config.name") && expected === null) return;
  if (place.endsWith(".axis")) return assert.deepEqual([made].flat(), [expected].flat(), place);
  if (made === null || typeof made !== "object") return assert.deepEqual(made, expected, place);
  assert.ok(expected !== null && typeof expected === "object", `${place}: ${JSON.stringify(made)}`);
  if (Array.isArray(made)) assert.equal(made.length, expected.length, place);
  for (const [key, item] of Object.entries(made)) assertWithin(item, expected[key], `${place}.${key}`);
}

/** The arrays that a group lists, in order. */
function listed(group: H5Group): Tensor[] {
  const names = (group.attributes.get("weight_names") ?? []) as string[];
  return names.map((path) => {
    const steps = path.split("/");
    const inside = steps.slice(0, -1).reduce((at, name) => at.groups.get(name)!, group);
    return inside.arrays.get(steps.at(-1)!)!;
  });
}

/** A functional model of layers that take masks: these are functions of ops in it. */
const masked = "steps";

testOnBackends("a functional model with masks has no place in an .h5 file", async () => {
  const spec = golden("keras2").cases.find(({ name }: Table) => name === masked);
  const model = await loadModel(await unpack(spec.h5));
  await withPath("model.h5", async (path) => {
    await assert.rejects(model.save(path), /no place for functions of ops in a model, received the function NotEqual/);
  });
});

for (const spec of golden("keras2").cases.filter(({ name }: Table) => name !== masked)) {
  testOnBackends(`a model of Keras 2 is saved as Keras 2 saves it: ${spec.name}`, async () => {
    const model = await loadModel(await unpack(spec.h5));
    await withPath("model.h5", async (path) => {
      await model.save(path);
      const [made, expected] = [await open(path), await readHdf5(await unpack(spec.h5), "Cannot read")];
      for (const name of ["backend", "keras_version"]) {
        assert.equal(made.attributes.get(name), expected.attributes.get(name));
      }
      const textOf = (root: H5Group, name: string) => JSON.parse(root.attributes.get(name) as string);
      const config = textOf(made, "model_config");
      assertWithin(config, textOf(expected, "model_config"), "model_config");
      assert.equal(config.config.layers.length, textOf(expected, "model_config").config.layers.length);
      assert.equal(made.attributes.has("training_config"), expected.attributes.has("training_config"));
      if (made.attributes.has("training_config")) {
        const training = textOf(made, "training_config");
        const { optimizer_config: optimizer, loss } = textOf(expected, "training_config");
        assert.equal(training.optimizer_config.class_name, optimizer.class_name);
        const { name: _, ...options } = training.optimizer_config.config;
        assertWithin(options, optimizer.config, "optimizer_config");
        const shortNames = JSON.stringify(training.loss).replace("mean_squared_error", "mse")
          .replace("mean_absolute_error", "mae");
        // Of an object of a loss, its function follows from the class, and so does the reduction where it is "auto".
        const withoutFunction = JSON.stringify(loss).replace(
          /"fn":"\w+"|"reduction":"auto"/g,
          (text) => text.startsWith('"fn"') ? '"fn":null' : '"reduction":"sum_over_batch_size"',
        );
        assert.deepEqual(
          JSON.parse(shortNames),
          JSON.parse(withoutFunction, (key, value) => key === "fn" ? undefined : value),
        );
      }
      const [own, theirs] = [made, expected].map(({ groups }) => groups.get("model_weights")!);
      const named = (theirs.attributes.get("layer_names") as string[]).filter((name) =>
        listed(theirs.groups.get(name)!).length > 0
      );
      assert.deepEqual(own.attributes.get("layer_names"), named);
      for (const name of named) assert.deepEqual(listed(own.groups.get(name)!), listed(theirs.groups.get(name)!), name);
      if (!spec.losses) return;
      const [ownState, theirState] = [made, expected].map(({ groups }) => listed(groups.get("optimizer_weights")!));
      // Keras 2 stores momenta of an SGD that has none.
      assert.deepEqual(ownState, model.optimizer!.slots.length > 0 ? theirState : theirState.slice(0, 1));
      const copy = await loadModel(path);
      const options2 = { batchSize: 6, shuffle: false, epochs: 3, ...quiet };
      const { history } = await copy.fit(tensors(spec.x), tensors(spec.y), options2);
      assert.deepEqual(history.loss, (await model.fit(tensors(spec.x), tensors(spec.y), options2)).history.loss);
    });
  });
}

for (const spec of golden("legacy_h5").cases) {
  testOnBackends(`an .h5 file of Keras 3 predicts and trains on: ${spec.name}`, async () => {
    const model = await loadModel(await unpack(spec.h5));
    const outputs = [await model.predict(tensors(spec.x), quiet)].flat() as Tensor[];
    [spec.outputs].flat().forEach((expected, i) => assertClose(outputs[i].data, expected.data, close));
    const options = { batchSize: 4, shuffle: false, epochs: 3, ...quiet };
    const { history } = await model.fit(tensors(spec.x), tensors(spec.y), options);
    assertClose(history.loss, spec.losses, close);
  });
}

Deno.test("weights alone in the form of Keras 2", async () => {
  const spec = golden("keras2").cases[1];
  const model = await loadModel(await unpack(spec.h5));
  await withPath("weights.h5", async (path) => {
    await model.saveWeights(path);
    const [made, expected] = [await open(path), await readHdf5(await unpack(spec.weights_h5), "Cannot read")];
    for (const name of made.attributes.get("layer_names") as string[]) {
      assert.deepEqual(listed(made.groups.get(name)!), listed(expected.groups.get(name)!), name);
    }
    const weights = await model.getWeights();
    model.setWeights(weights.map((value) => value.cast("bool")));
    await model.loadWeights(path);
    assert.deepEqual(await model.getWeights(), weights);
  });
});

const optimizers = {
  untrained: () => new Adam(),
  "with a schedule": () =>
    new Adam({ learningRate: new ExponentialDecay({ initialLearningRate: 0.1, decaySteps: 2, decayRate: 0.5 }) }),
  "without slots": () => new SGD(),
  Nadam: () => new Nadam(),
};

for (const [name, make] of Object.entries(optimizers)) {
  Deno.test(`the state of an optimizer goes through a file of Keras 2: ${name}`, async () => {
    const model = new Sequential([Input({ shape: [3] }), new Dense(2), new BatchNormalization(), new Dense(1)]);
    model.compile({ optimizer: make(), loss: "mse", metrics: ["mae", "accuracy"] });
    const options = { shuffle: false, epochs: 2, ...quiet };
    const data = [[[1, 2, 3], [3, 2, 0]], [[1], [2]]] as const;
    if (name !== "untrained") await model.fit(...data, options);
    await withPath("model.h5", async (path) => {
      await model.save(path);
      const copy = await loadModel(path);
      assert.deepEqual(copy.metricsNames, model.metricsNames);
      const [own, read] = [await model.fit(...data, options), await copy.fit(...data, options)];
      assert.deepEqual(read.history, own.history);
    });
  });
}

Deno.test("layers that share a name within are told apart by those around them", async () => {
  const half = (name: string) => new Sequential([Input({ shape: [3] }), new Dense(3, { name: "same" })], { name });
  const model = new Sequential([Input({ shape: [3] }), new Sequential([half("a"), half("b")], { name: "both" })]);
  await withPath("model.h5", async (path) => {
    await model.save(path);
    const copy = await loadModel(path);
    assert.deepEqual(await copy.getWeights(), await model.getWeights());
  });
});

Deno.test("what has no place in a file of Keras 2 is refused, and nothing is written", async () => {
  const x = Input({ shape: [3] });
  const sequential = (layer: Layer) => new Sequential([Input({ shape: [3] }), layer]);
  class Own extends Model {
    readonly dense = new Dense(1);
    override call(value: Value) {
      return this.dense.apply(value);
    }
  }
  const own = new Own();
  own.buildFor([null, 3]);
  const compiled = sequential(new Dense(1));
  compiled.compile({ loss: new Dice() });
  const refused: [Model, RegExp][] = [
    [new Model({ inputs: x, outputs: add(new Dense(3).apply(x), 1) }), /no place for functions of ops in a model/],
    [new Model({ inputs: x, outputs: multiply(x, new LayerNormalization().apply(x)) }), /the function Multiply/],
    [sequential(new RMSNormalization()), /it has no RMSNormalization/],
    [sequential(new Lambda(unchanged)), /no place for functions in layers/],
    [compiled, /it has no Dice/],
    [own, /no place for models with a call of their own/],
  ];
  await withPath("model.h5", async (path) => {
    for (const [model, pattern] of refused) {
      await assert.rejects(
        model.save(path),
        (error: Error) => error instanceof ValueError && pattern.test(error.message),
      );
    }
    await assert.rejects(sequential(new Dense(1)).save(path.replace(".h5", ".weights.h5")), /has weights alone/);
    await assert.rejects(Deno.stat(path), Deno.errors.NotFound);
  });
});
