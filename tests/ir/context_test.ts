// The context: values nest, and whatever happens in a body, everything is restored after it.
import assert from "node:assert/strict";
import { CeratopsError, compile, gradients, initializers, Input, Layer, layers, Model, ops } from "../../mod.ts";
import { optimizers, saving, Sequential, ShapeError, type Value, Variable } from "../../mod.ts";
import { ContextKey, errorPlace, withContext } from "../../lib/ir/context.ts";
import { recording, scoped, Trace, tracing } from "../../lib/ir/trace.ts";
import { addedLosses, isTraining, layerPlace } from "../../lib/layers/context.ts";
import { programRandom, weightPath } from "../../lib/random_stream.ts";
import { testOnBackends } from "../backends.ts";

const first = new ContextKey<number>("first");
const second = new ContextKey<string | undefined>("second");
const now = () => [first.current, second.current];

Deno.test("a context replaces the values that it is given, and keeps the others", () => {
  assert.deepEqual(now(), [undefined, undefined]);
  const result = withContext([first.of(1), second.of("a")], () => {
    const inner = withContext([first.of(2)], () => [now(), withContext([second.of(undefined)], now), now()]);
    return [...inner, now()];
  });
  assert.deepEqual(result, [[2, "a"], [2, undefined], [2, "a"], [1, "a"]]);
  assert.deepEqual(now(), [undefined, undefined]);
});

Deno.test("after a throw the values are those from before", () => {
  const error = new Error("thrown");
  withContext([first.of(1)], () => {
    assert.throws(
      () => withContext([first.of(2)], () => withContext([first.of(3), second.of("a")], () => assert.fail(error))),
      error,
    );
    assert.deepEqual(now(), [1, undefined]);
  });
  assert.deepEqual(now(), [undefined, undefined]);
});

Deno.test("an async body has its values up to its first await, and leaves none to others", async () => {
  const seen: unknown[] = [];
  const done = withContext([first.of(1)], async () => {
    seen.push(first.current);
    await Promise.resolve();
    seen.push(first.current);
  });
  assert.equal(first.current, undefined);
  await withContext([first.of(2)], () => done.then(() => seen.push(first.current)));
  assert.deepEqual(seen, [1, undefined, undefined]);
});

Deno.test("an error names the places that it left, outermost first, each once", () => {
  const failing = (error: Error) => () =>
    withContext(
      [errorPlace.of("the outer")],
      () =>
        withContext([first.of(1)], () =>
          withContext([errorPlace.of("the inner"), first.of(2)], () => {
            throw error;
          })),
    );
  assert.throws(failing(new ShapeError("no")), { name: "ShapeError", message: "In the outer: In the inner: no" });
  assert.throws(failing(new TypeError("no")), { name: "TypeError", message: "no" });
});

Deno.test("origins of nodes name the scopes around them, within one graph", () => {
  const [trace, body] = [new Trace(), new Trace()];
  const emit = (graph: Trace) => graph.constant([], "float32", Float32Array.of(1));
  withContext([...recording(trace), scoped("model")], () => {
    withContext([scoped("dense")], () => {
      emit(trace);
      withContext(recording(body), () => withContext([scoped("cell")], () => emit(body)));
    });
    assert.throws(() => withContext([scoped("broken")], () => assert.fail("thrown")), /thrown/);
    emit(trace);
  });
  const origins = ({ graph }: Trace) => graph.nodes.map(({ origin }) => String(origin));
  assert.deepEqual(origins(trace), ["model/dense/constant", "model/constant"]);
  assert.deepEqual(origins(body), ["cell/constant"]);
});

/** The values of every key that layers and programs set, and the prefix of an op's origin. */
function around(): unknown[] {
  const trace = new Trace();
  withContext([tracing.of(trace)], () => trace.constant([], "float32", Float32Array.of(1)));
  const keys = [tracing, isTraining, addedLosses, layerPlace, weightPath, programRandom, errorPlace];
  return [...keys.map((key) => key.current), String(trace.graph.nodes[0].origin)];
}

const nothing = [...Array(7).fill(undefined), "constant"];

/** A layer that records the context of its call. */
class Watching extends Layer {
  seen: unknown[] = [];
  constructor(readonly fail: boolean) {
    super();
  }
  override call(x: Value): Value {
    this.seen = around();
    // In a step, not in the shape inference before it.
    if (this.fail && programRandom.current) throw new CeratopsError("broken");
    return x;
  }
}

/** A custom model that calls the layer. */
class Outer extends Model {
  inner: Watching;
  constructor(fail: boolean) {
    super();
    this.inner = new Watching(fail);
  }
  override call(x: Value): Value {
    return this.inner.apply(new layers.Dense(2).apply(x));
  }
}

testOnBackends("after an error in a layer's call nothing of the call is left", async () => {
  const models = [false, true].map((fail) => {
    const model = new Outer(fail);
    model.compile({ optimizer: "sgd", loss: "mse" });
    return model;
  });
  const [sound, broken] = models;
  await sound.evaluate([[1, 2]], [[1, 2]], { verbose: 0 });
  await assert.rejects(
    broken.evaluate([[1, 2]], [[1, 2]], { verbose: 0 }),
    { name: "CeratopsError", message: /^In the evaluation of "outer_1": In "outer_1": In "watching_1": broken$/ },
  );
  for (const { inner } of models) {
    // No weight is made inside the call, so only weightPath has no value.
    const isSet = inner.seen.slice(0, -1).map((value) => value !== undefined);
    assert.deepEqual(isSet, [true, true, true, true, false, true, true]);
    assert.match(String(inner.seen.at(-1)), /^outer(_1)?\/watching(_1)?\/constant$/);
  }
  assert.deepEqual(around(), nothing);
  // A layer built now is not inside the broken one, and its call is not training.
  const dense = new layers.Dense(1);
  dense.apply(Input({ shape: [2] }));
  assert.equal(dense.weights[0].name, `${dense.name}/kernel`);
});

testOnBackends("errors in build, in an initializer, in a custom step and in a scope leave nothing either", async () => {
  const broken = (): never => {
    assert.notDeepEqual(around(), nothing);
    throw new CeratopsError("broken");
  };
  class Building extends Layer {
    override build = broken;
    override call = (x: Value) => x;
  }
  class Filling extends initializers.Initializer {
    override fill = broken;
  }
  const x = Input({ shape: [2] });
  assert.throws(() => new Building().apply(x), /broken/);
  assert.deepEqual(around(), nothing);
  assert.throws(() => new layers.Dense(1, { kernelInitializer: new Filling() }).apply(x), /broken/);
  assert.deepEqual(around(), nothing);
  assert.throws(() => new Sequential([x, new layers.Lambda(broken)]), /broken/);
  assert.deepEqual(around(), nothing);

  class Stepping extends Model {
    override call = (value: Value) => value;
    override trainStep = broken;
  }
  const model = new Stepping();
  model.compile({ optimizer: "sgd", loss: null });
  await assert.rejects(model.fit([[1]], [[1]], { verbose: 0 }), /In the training of "stepping": broken/);
  assert.deepEqual(around(), nothing);

  const before = saving.getCustomObjects();
  assert.throws(
    () =>
      saving.customObjectScope({ Building }, () => {
        assert.equal(saving.getCustomObjects().get("Building"), Building);
        throw new CeratopsError("broken");
      }),
    /^CeratopsError: broken$/,
  );
  assert.deepEqual(saving.getCustomObjects(), before);
});

testOnBackends("an optimizer takes the numbers that are given to it, inside of another's too", async () => {
  const [a, b] = [0.5, 0.25].map((learningRate) => new optimizers.SGD({ learningRate }));
  const [v, w] = [new Variable([0]), new Variable([0])];
  const update = (optimizer: optimizers.Optimizer, variable: Variable) =>
    optimizer.apply(gradients(ops.sum(variable.value()), [variable]), [variable]);
  const step = compile((rate) => {
    a.withScalars({ rate }, () => {
      assert.throws(() => b.withScalars({ rate }, () => assert.fail("thrown")), /thrown/);
      // The gradient is 1, so each step is the rate: the one given to a, and b's own.
      update(a, v);
      update(b, w);
      b.withScalars({ rate: ops.multiply(rate, 2) }, () => [update(a, v), update(b, w)]);
    });
  });
  await step(4);
  assert.deepEqual((await v.read()).toArray(), [-8]);
  assert.deepEqual((await w.read()).toArray(), [-8.25]);
});
