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
  optimizers,
  regularizers,
  saving,
  Sequential,
  tensor,
  type Value,
} from "../../mod.ts";
import { useBackend } from "../backends.ts";
import { callOf, makeCall } from "./attack.ts";
import { targets, unwritten } from "./targets.ts";
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
    await Deno.remove(unwritten, { recursive: true }).catch(() => {});
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
    "Cannot apply add: arguments must be operands, numbers, texts, options, and short lists of these, received lists " +
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
    "a loss without its method",
    () => new (class Own extends (losses.Loss as Any) {} as Any)({ name: "own" }).apply(tensor([1]), tensor([1])),
    'Cannot compute "own": Own has no method call, received none: define call(yTrue, yPred), which returns the loss of ' +
    "each sample",
  ],
  [
    "a loss that gives nothing",
    () =>
      new losses.FunctionLoss((() => undefined) as Any, { name: "f" }).apply(tensor([1]) as Any, tensor([1]) as Any),
    'Cannot compute "f": the result of call(yTrue, yPred) must be a tensor or a symbolic value, received undefined: ' +
    "give it as tensor(values), or call it in a traced function",
  ],
  [
    "a metric without its methods",
    () => new (class Own extends (metrics.Metric as Any) {} as Any)({ name: "own" }).compute([]),
    'Cannot compute "own": Own has no method compute, received none: define compute(state), which returns a number',
  ],
  [
    "an initializer without its method",
    () => new (class Own extends (initializers.Initializer as Any) {} as Any)().call([2]),
    "Cannot draw Own: Own has no method fill, received none: define fill(shape, stream), which returns the elements in " +
    "row-major order",
  ],
  [
    "an initializer that gives nothing",
    () => {
      class Own extends initializers.Initializer {
        override fill() {
          return undefined as Any;
        }
      }
      return new Own().call([2]);
    },
    "Cannot draw Own: fill must return the elements of the weight, in row-major order, received undefined: return a " +
    "list of numbers or a typed array",
  ],
  [
    "a number as the weight of a penalty",
    () => new regularizers.OrthogonalRegularizer().call(-1 as Any),
    "Cannot compute OrthogonalRegularizer: x must be a tensor or a symbolic value, received -1: give it as " +
    "tensor(values), or call it in a traced function",
  ],
  [
    "an iterable without an iterator",
    () => new layers.Normalization({ name: "n" }).adapt({ [Symbol.iterator]: () => null } as Any),
    'Cannot adapt "n": an iterable of batches must follow the iterator protocol: next() gives { value, done }, ' +
    "received null as the iterator: write it as a generator, as in (function* () { yield x; })()",
  ],
  [
    "an iterator that gives nothing",
    () =>
      new layers.Normalization({ name: "n" }).adapt({ [Symbol.iterator]: () => ({ next: () => undefined }) } as Any),
    'Cannot adapt "n": an iterable of batches must follow the iterator protocol: next() gives { value, done }, ' +
    "received undefined from next(): write it as a generator, as in (function* () { yield x; })()",
  ],
  [
    "an object in place of a number",
    () => ops.quantile(tensor([1]), { toString: null, valueOf: null } as Any),
    'Cannot apply quantile: arguments by name must be among "q", "axis", "keepdims", received "toString": ' +
    "remove it, or check its spelling",
  ],
  [
    "a class as the body of a scope",
    () => saving.customObjectScope({}, class Own {} as Any),
    "Cannot open a scope of custom objects: it takes an object of classes and functions by name, and a function to " +
    "run, received an object of type Object and the class Own: write saving.customObjectScope({ MyLayer }, () => ...)",
  ],
  [
    "a rate that is no number",
    () => new optimizers.SGD({ learningRate: (() => undefined) as Any, name: "s" }).learningRate,
    'Cannot take the learning rate of "s": a schedule or a function must return a number, received undefined: return ' +
    "the rate of the step, as in (step) => 0.1 / (step + 1)",
  ],
  [
    "a list of 2 ** 32 - 1 axes",
    () => new metrics.PearsonCorrelation({ axis: new Array(2 ** 32 - 1) }),
    "Cannot make PearsonCorrelation: axis must be a whole number or a list of them, received an array: leave it out " +
    "for the last axis",
  ],
  [
    "a config of 2 ** 32 - 1 items",
    () => saving.deserializeKerasObject(new Array(2 ** 32 - 1)),
    "Cannot read a config: the config must be a list of at most 16777216 items, received a list of 4294967295: save the " +
    "config again, or correct it there",
  ],
  [
    "a mask whose buffer was transferred",
    () => {
      const mask = tensor([1, 2]);
      structuredClone(mask.data.buffer, { transfer: [mask.data.buffer] });
      return new layers.Softmax({ name: "s" }).computeMask(tensor([[1]]) as Any, mask as Any);
    },
    'Cannot take the mask of "s": the buffer of a tensor must not be given away, received a tensor of shape [2] with 0 ' +
    "elements: copy it before it is transferred, as in buffer.slice()",
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
