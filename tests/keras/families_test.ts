// get, serialize and deserialize of each family: the nodes that Keras writes, and objects from these.
import assert from "node:assert/strict";
import {
  activations,
  compile,
  constraints,
  initializers,
  layers,
  losses,
  metrics,
  ops,
  optimizers,
  regularizers,
  schedules,
  type Value,
} from "../../mod.ts";
import { camelCase } from "../../lib/names.ts";
import { golden, type Table } from "../golden.ts";

const families: Record<string, Table> = {
  activations,
  initializers,
  regularizers,
  constraints,
  losses,
  metrics,
  optimizers,
  schedules,
  layers,
};
const cases: Table[] = golden("families").cases;

for (const { family, class: name, args, options, node } of cases.filter((each) => each.class)) {
  Deno.test(`${family}.${name} is written as Keras writes it, and read again`, () => {
    const of = families[family];
    const given = Object.fromEntries(Object.entries(options).map(([key, value]) => [camelCase(key), value]));
    const made = new of[name](...args, given);
    const written = of.serialize(made);
    // Names that were not given count what was made before.
    if (!("name" in options) && "name" in node.config) written.config.name = node.config.name;
    // Keras adds of which shape a layer was built.
    const { build_config: _, ...expected } = node;
    assert.deepEqual(written, expected);
    for (const again of [of.deserialize(node), of.get?.(node)].filter((each) => each !== undefined)) {
      assert.equal(again.constructor, of[name]);
      assert.deepEqual(of.serialize(again), of.serialize(of.deserialize(written)));
    }
  });
}

Deno.test("functions are written by their names, and read again", async () => {
  for (const { family, identifier, function: name, node } of cases.filter((each) => !each.class)) {
    const of = families[family];
    if (identifier) assert.deepEqual(of.serialize(of.get(identifier)), node, identifier);
    else assert.deepEqual(of.serialize(of[camelCase(name)]), node, name);
    if (identifier) assert.equal(of.deserialize(node), of.get(identifier), identifier);
    else assert.ok(of.deserialize(node) instanceof (family === "losses" ? losses.Loss : metrics.Metric), name);
  }
  const relu = activations.get("relu");
  assert.deepEqual((await compile((x) => relu(x))([-1, 2])).toArray(), [0, 2]);
});

Deno.test("custom classes and functions are found by name", () => {
  class Bounded extends constraints.Constraint {
    call(weight: Value) {
      return ops.clip(weight, -1, 1);
    }
  }
  function cubed(x: Value) {
    return ops.power(x, 3);
  }
  const node = constraints.serialize(new Bounded());
  assert.ok(constraints.deserialize(node, { Bounded }) instanceof Bounded);
  assert.throws(() => constraints.deserialize(node), /the class "Bounded" must be registered/);
  assert.equal(activations.deserialize(activations.serialize(cubed), { cubed }), cubed);
  assert.equal(activations.deserialize("cubed", { cubed }), cubed);
});

Deno.test("what is of another family is refused", () => {
  const dense = layers.serialize(new layers.Dense(2));
  assert.throws(() => losses.get(dense), /^ValueError: Unknown loss: loss must be a name, an object or a function/);
  assert.throws(() => optimizers.deserialize(dense), /optimizer must be a name or an object/);
  assert.throws(() => layers.deserialize(optimizers.serialize(new optimizers.SGD())), /it must be a layer/);
  assert.throws(() => schedules.deserialize(dense), /it must be a schedule/);
  assert.throws(() => layers.serialize({} as layers.Dense), /^ValueError: Cannot write a layer: it must be a layer/);
});

Deno.test("functions in lower case make what the classes make", () => {
  const same = (made: object, expected: object) => {
    assert.equal(made.constructor, expected.constructor);
    assert.deepEqual(made, expected);
  };
  same(constraints.maxNorm(3, { axis: 1 }), new constraints.MaxNorm(3, { axis: 1 }));
  same(constraints.minMaxNorm({ rate: 0.5 }), new constraints.MinMaxNorm({ rate: 0.5 }));
  same(constraints.nonNeg(), new constraints.NonNeg());
  same(constraints.unitNorm({ axis: 1 }), new constraints.UnitNorm({ axis: 1 }));
  same(regularizers.orthogonalRegularizer({ factor: 1 }), new regularizers.OrthogonalRegularizer({ factor: 1 }));
  same(initializers.constant(2), new initializers.Constant(2));
  same(initializers.identity(2), new initializers.Identity(2));
  const drawn = [
    "randomUniform",
    "randomNormal",
    "truncatedNormal",
    "varianceScaling",
    "glorotUniform",
    "glorotNormal",
  ];
  const made = initializers as unknown as Record<string, Table>;
  for (const name of [...drawn, "heUniform", "heNormal", "lecunUniform", "lecunNormal", "orthogonal"]) {
    same(made[name]({ seed: 3 }), new made[name[0].toUpperCase() + name.slice(1)]({ seed: 3 }));
  }
  same(initializers.zeros(), new initializers.Zeros());
  same(initializers.ones(), new initializers.Ones());
  same(initializers.stft({ side: "imag" }), new initializers.STFT({ side: "imag" }));
});
