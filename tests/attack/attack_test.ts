// A slice of the calls with hostile arguments: `deno task attack` makes the whole.
import assert from "node:assert/strict";
import {
  callbacks,
  CeratopsError,
  initializers,
  Input,
  Layer,
  layers,
  losses,
  metrics,
  ops,
  Sequential,
  tensor,
  type Value,
} from "../../mod.ts";
import { useBackend } from "../backends.ts";
import { callOf, makeCall } from "./attack.ts";
import { targets } from "./targets.ts";
import { strangeCount, strangeValue } from "./values.ts";

// What is hostile has no type.
// deno-lint-ignore no-explicit-any
type Any = any;

/** How many calls the slice has: every third target once. */
const calls = Math.ceil(targets.length / 3);

Deno.test("the targets are those of every family that mod.ts exports", () => {
  const families = ["layers", "losses", "metrics", "ops", "optimizers", "callbacks", "initializers", "utils", "saving"];
  for (const family of families) assert.ok(targets.some(({ name }) => name.includes(`${family}.`)), family);
  for (const name of ["Model#fit", "layers.Dense#apply", "metrics.AUC#updateState", "set Model#trainable", "tensor"]) {
    assert.ok(targets.some((target) => target.name === name), name);
  }
});

Deno.test("a call is the same each time", () => {
  const shown = () => callOf(1234).args.map(({ text }) => text).join();
  assert.equal(shown(), shown());
});

Deno.test("hostile arguments end in a value or a CeratopsError [eigen]", async () => {
  await useBackend("eigen");
  const own = { log: console.log, warn: console.warn, info: console.info };
  const ends = { value: 0, refused: 0 };
  try {
    Object.assign(console, { log: () => {}, warn: () => {}, info: () => {} });
    for (let i = 0; i < calls; i++) {
      const { target, args, outcome, error } = await makeCall(3 * i);
      assert.ok(
        outcome === "value" || outcome === "refused",
        `call ${3 * i}, ${target}(${args}): ${outcome}, ${error}`,
      );
      ends[outcome]++;
    }
  } finally {
    Object.assign(console, own);
  }
  assert.ok(ends.value > calls / 10 && ends.refused > calls / 3, JSON.stringify(ends));
});

/** What is told of hostile arguments, by kind. */
const told: readonly (readonly [string, () => unknown, string])[] = [
  [
    "a number in place of a shape",
    () => new layers.Dense(2, { name: "d" }).build(5 as Any),
    'Cannot build "d": inputShape must be a list of integers of at least 0, or null for an axis that varies, received ' +
    "5: write it with the batch axis first, as in [null, 28, 28]",
  ],
  [
    "no targets",
    () => new losses.MeanSquaredError().call(undefined as Any, tensor([1]) as Any),
    'Cannot compute "mean_squared_error": yTrue must be a tensor or a symbolic value, received undefined: give it as ' +
    "tensor(values), or call it in a traced function",
  ],
  [
    "a text as outputs",
    () => new metrics.F1Score({ name: "f" }).updateState(tensor([[1]]) as Any, "a" as Any),
    'Cannot update "f": yPred must be a tensor or a symbolic value, received "a": give it as tensor(values), or call ' +
    "it in a traced function",
  ],
  [
    "a state of another shape",
    () => new metrics.Mean({ name: "m" }).compute([tensor(1)]),
    'Cannot compute "m": state must be of the shapes [], [], received []: give what reading metric.variables gave',
  ],
  [
    "a layer that was not built",
    () => new layers.RMSNormalization({ name: "n" }).call(tensor([[1]]) as Any),
    'Cannot call "n": it is not built yet, received a call of its method call: use apply(x), which builds it first',
  ],
  [
    "a base in place of a class",
    () => new (layers.Merge as Any)(),
    "Cannot make Merge: it is a base of classes, received a call of its constructor: make one of the classes that " +
    "extend it",
  ],
  [
    "a list that holds itself",
    () => {
      const list: unknown[] = [];
      list.push(list);
      return ops.add(list as Any, 1);
    },
    "Cannot apply an op: arguments must be operands, numbers, texts, options, and short lists of these, received lists " +
    "nested deeper than 8: wrap values, as in tensor([1, 2])",
  ],
  [
    "a tensor whose buffer was transferred",
    () => {
      const x = tensor([1, 2]);
      structuredClone(x.data.buffer, { transfer: [x.data.buffer] });
      return ops.add(x, 1);
    },
    "Cannot apply add: the buffer of a tensor must not be given away, received a tensor of shape [2] with 0 elements: " +
    "copy it before it is transferred, as in buffer.slice()",
  ],
  [
    "more elements than fit",
    () => ops.ones([50_000, 50_000]),
    "Cannot apply broadcastTo: what is computed at once may have at most 268435456 elements, received [50000, 50000], " +
    "which has 2500000000: compute it in a function given to compile(), or in parts",
  ],
  [
    "a larger weight than any backend holds",
    () => new initializers.Zeros().call([1e6, 1e6]),
    "Cannot draw Zeros: a weight may have at most 2 GiB, received [1000000, 1000000], which is 3725 GiB: give the " +
    "layer smaller sizes, or a smaller input",
  ],
  [
    "a callback without a model",
    () => new callbacks.ReduceLROnPlateau().onTrainBegin(),
    "Cannot use ReduceLROnPlateau: it watches no model yet: give it to fit, evaluate or predict, or call " +
    "setModel(model) first",
  ],
  [
    "a name that is set",
    () => Object.assign(new layers.Flatten({ name: "f" }), { name: 5 }),
    'Cannot rename "f": a layer or model has its name from when it is made, received 5: give it as an option, as in ' +
    "new layers.Dense(10, { name: ... })",
  ],
  [
    "a BigInt in a config",
    () => {
      class Own extends Layer {
        override call(x: Value) {
          return x;
        }
        override getConfig() {
          return { ...super.getConfig(), size: [1n] as Any };
        }
      }
      return new Sequential([Input({ shape: [2] }), new Own()]).toJson();
    },
    "Cannot write a config as JSON: config.config.layers[1].config.size[0] must be a value of JSON, received 1n: give " +
    "numbers, texts, lists, and objects of these",
  ],
];

for (const [mistake, make, message] of told) {
  Deno.test(`told: ${mistake}`, () => {
    assert.throws(make, (error: Error) => {
      assert.ok(error instanceof CeratopsError, `${error}`);
      assert.equal(error.message, message);
      return true;
    });
  });
}

Deno.test("a base of one's own needs no arguments that suit the library's", () => {
  class Doubled extends layers.Dense {
    override build(_shape: Any) {}
    override call(x: Any) {
      return x;
    }
  }
  assert.equal(new Doubled(2).call(5 as Any), 5);
});

Deno.test("every hostile value is refused where a layer wants a number", () => {
  for (let i = 0; i < strangeCount; i++) {
    const { text, value } = strangeValue(i);
    try {
      assert.ok(Number.isInteger(new layers.Dense(value as number).units), text);
    } catch (error) {
      assert.ok(error instanceof CeratopsError, `${text}: ${error}`);
    }
  }
});
