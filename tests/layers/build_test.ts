// build called by hand: the weights are made once, as in Keras.
import assert from "node:assert/strict";
import { compile } from "../../lib/exec/compile.ts";
import { Dense, Flatten } from "../../lib/layers/layers.ts";
import { Layer } from "../../lib/layers/layer.ts";
import { LSTM } from "../../lib/layers/lstm.ts";
import type { Weight } from "../../lib/layers/weight.ts";
import { Sequential } from "../../lib/models/sequential.ts";
import { multiply } from "../../lib/ops/primitives.ts";
import type { Value } from "../../lib/ir/value.ts";
import { ones } from "../../lib/ops/composed.ts";
import { useBackend } from "../backends.ts";

class Scale extends Layer {
  factor!: Weight;
  builds = 0;
  override build(shape: readonly (number | null)[]) {
    super.build(shape);
    this.builds++;
    this.factor = this.addWeight({ name: "factor", shape: [shape.at(-1)!], initializer: "ones" });
  }
  override call(x: Value) {
    return multiply(x, this.factor);
  }
}

class Around extends Layer {
  inside = new Dense(2);
  override call(x: Value) {
    return this.inside.apply(x);
  }
}

Deno.test("a layer that was built by hand keeps its weights when it is called [eigen]", async () => {
  await useBackend("eigen");
  for (const layer of [new Dense(3), new LSTM(3), new Scale(), new Sequential([new Dense(3)])]) {
    const shape = layer instanceof LSTM ? [2, 5, 4] : [2, 4];
    const open = [null, ...shape.slice(1)];
    assert.equal(layer.built, false);
    layer.build(open);
    assert.equal(layer.built, true, layer.name);
    assert.deepEqual(layer.inputShape, open);
    const made = [...layer.weights];
    assert.ok(made.length > 0);
    layer.build(open);
    await compile((x: Value) => layer.apply(x) as Value)(ones(shape));
    assert.equal(layer.weights.length, made.length);
    layer.weights.forEach((weight, i) => assert.equal(weight, made[i]));
    if (layer instanceof Scale) assert.equal(layer.builds, 1);
    assert.throws(() => layer.build([null, 7, 7]), {
      name: "StateError",
      message: /is built already, for another shape/,
    });
  }
});

Deno.test("a layer without weights of its own is built by hand once what is inside is", () => {
  const flatten = new Flatten();
  flatten.build([null, 2, 2]);
  assert.equal(flatten.built, true);
  const around = new Around();
  around.build([null, 3]);
  assert.equal(around.built, false);
  around.inside.build([null, 3]);
  around.build([null, 3]);
  assert.equal(around.built, true);
});

Deno.test("a build that fails leaves the layer as it was", () => {
  const dense = new Dense(2);
  assert.throws(() => dense.build([null, null]), { name: "ShapeError" });
  assert.equal(dense.built, false);
  dense.build([null, 2]);
  assert.equal(dense.weights.length, 2);
});
