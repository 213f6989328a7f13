// Training loops of one's own, as the guides of Keras write them, give what they give in Keras.
import assert from "node:assert/strict";
import {
  compile,
  gradients,
  Input,
  layers,
  losses,
  metrics,
  Model,
  ops,
  optimizers,
  Sequential,
  StateError,
  type StepData,
  type Tensor,
  tensor,
  type Value,
  ValueError,
  Variable,
} from "../../mod.ts";
import { testOnBackends } from "../backends.ts";
import { assertClose } from "../close.ts";
import { golden, type Table, toTensor } from "../golden.ts";

const held = golden("loops");
const [x, y, real] = [held.x, held.y, held.real].map(toTensor);
const near = { absolute: 2e-5, relative: 2e-4 };

const classifier = () =>
  new Sequential([
    Input({ shape: [3] }),
    new layers.Dense(4, { activation: "tanh" }),
    new layers.BatchNormalization(),
    new layers.Dense(3),
  ]);

async function assertWeights(models: readonly Model[], expected: Table): Promise<void> {
  const found = (await Promise.all(models.map((model) => model.getWeights()))).flat();
  assert.equal(found.length, expected.length);
  found.forEach((weight, i) => assertClose(weight.data, toTensor(expected[i]).data, near, `weight ${i}`));
}

/** Sets the weights of models, one after the other, to those that Keras started with. */
function start(models: readonly Model[], values: Table): void {
  const rest = values.map(toTensor);
  for (const model of models) model.setWeights(rest.splice(0, model.weights.length));
}

testOnBackends("a loop with applyGradients, and metrics of targets and of losses", async () => {
  const expected = held.loop;
  const [model, optimizer] = [classifier(), new optimizers.Adam({ learningRate: 0.05 })];
  start([model], expected.start);
  const lossOf = new losses.SparseCategoricalCrossentropy({ fromLogits: true });
  const [accuracy, mean] = [new metrics.SparseCategoricalAccuracy(), new metrics.Mean()];
  const trainStep = compile((inputs: Value, targets: Value) => {
    const logits = model.apply(inputs, { training: true });
    const loss = lossOf.apply(targets, logits);
    const found = gradients(loss, model.trainableWeights);
    optimizer.applyGradients(found.map((g, i) => [g, model.trainableWeights[i]]));
    accuracy.updateState(targets, logits);
    mean.updateState(loss);
    return loss;
  });
  const [seen, results]: [number[], number[]] = [[], []];
  for (let epoch = 0; epoch < 2; epoch++) {
    accuracy.resetState();
    mean.resetState();
    for (const at of [0, 4]) seen.push((await trainStep(x.rows(at, at + 4), y.rows(at, at + 4))).item());
    results.push(await accuracy.result(), await mean.result());
  }
  assertClose(seen, expected.losses, near);
  assertClose(results, expected.results.flat(), near);
  await assertWeights([model], expected.weights);
});

testOnBackends("a step as a function of its state: weights, optimizer and metric are given and come back", async () => {
  const expected = held.stateless;
  const [model, optimizer] = [classifier(), new optimizers.SGD({ learningRate: 0.1, momentum: 0.9 })];
  start([model], expected.start);
  const lossOf = new losses.SparseCategoricalCrossentropy({ fromLogits: true });
  const accuracy = new metrics.SparseCategoricalAccuracy();
  optimizer.build(model.trainableVariables);

  type State = { trainable: Value[]; others: Value[]; optimizer: Value[]; metric: Value[] };
  const trainStep = compile((state: State, [inputs, targets]: Value[]) => {
    const [logits, others] = model.statelessCall(state.trainable, state.others, inputs, { training: true });
    const loss = lossOf.apply(targets, logits);
    const found = gradients(loss, state.trainable);
    const [trainable, ofOptimizer] = optimizer.statelessApply(state.optimizer, found, state.trainable);
    const metric = accuracy.statelessUpdateState(state.metric, targets, logits);
    return [loss, { trainable, others, optimizer: ofOptimizer, metric }] as const;
  });
  const before = await model.getWeights();
  let state: Record<keyof State, (Tensor | Variable)[]> = {
    trainable: model.trainableVariables,
    others: model.nonTrainableVariables,
    optimizer: optimizer.variables,
    metric: accuracy.statelessResetState(),
  };
  const seen: number[] = [];
  for (let step = 0; step < 3; step++) {
    const [loss, next] = await trainStep(state, [x, y]);
    seen.push(loss.item());
    state = next;
  }
  assertClose(seen, expected.losses, near);
  for (const part of ["trainable", "others", "optimizer"] as const) {
    const values = expected[part].map(toTensor) as Tensor[];
    assert.equal(state[part].length, values.length);
    values.forEach((value, i) => assertClose((state[part][i] as Tensor).data, value.data, near, `${part} ${i}`));
  }
  assert.equal(accuracy.statelessResult(state.metric as Tensor[]), Math.fround(expected.accuracy));
  // No variable changed.
  (await model.getWeights()).forEach((weight, i) => assert.deepEqual(weight, before[i]));
  assert.equal(await accuracy.result(), 0);
  model.trainableVariables.forEach((variable, i) => variable.assign(state.trainable[i] as Tensor));
  model.nonTrainableVariables.forEach((variable, i) => variable.assign(state.others[i] as Tensor));
  const given = [...expected.trainable, ...expected.others].map(toTensor) as Tensor[];
  const held_ = await Promise.all([...model.trainableVariables, ...model.nonTrainableVariables].map((v) => v.read()));
  held_.forEach((value, i) => assertClose(value.data, given[i].data, near));
});

testOnBackends("two models train by turns, each with its optimizer", async () => {
  const expected = held.gan;
  const discriminator = new Sequential([
    Input({ shape: [2] }),
    new layers.Dense(4),
    new layers.LeakyReLU({ negativeSlope: 0.25 }),
    new layers.Dense(1),
  ]);
  const generator = new Sequential([
    Input({ shape: [2] }),
    new layers.Dense(3, { activation: "tanh" }),
    new layers.Dense(2),
  ]);
  start([discriminator, generator], expected.start);
  const ofDiscriminator = new optimizers.Adam({ learningRate: 0.02 });
  const ofGenerator = new optimizers.RMSprop({ learningRate: 0.01 });
  const lossOf = new losses.BinaryCrossentropy({ fromLogits: true });
  const step = compile((noise: Value, samples: Value) => {
    const [rows] = ops.shape(samples);
    const made = generator.apply(noise);
    const labels = ops.concatenate([ops.ones([rows, 1]), ops.zeros([rows, 1])], { axis: 0 });
    const scores = discriminator.apply(ops.concatenate([made, samples], { axis: 0 }));
    const dLoss = lossOf.apply(labels, scores);
    const ofWeights = gradients(dLoss, discriminator.trainableWeights);
    ofDiscriminator.applyGradients(ofWeights.map((g, i) => [g, discriminator.trainableWeights[i]]));
    const fooled = discriminator.apply(generator.apply(noise));
    const gLoss = lossOf.apply(ops.zerosLike(fooled), fooled);
    ofGenerator.apply(gradients(gLoss, generator.trainableWeights), generator.trainableWeights);
    return [dLoss, gLoss];
  });
  const all = toTensor(held.noise);
  const seen: number[] = [];
  for (let i = 0; i < 3; i++) {
    const noise = ops.reshape(all.rows(i, i + 1), [8, 2]);
    seen.push(...(await step(noise, real)).map((loss) => loss.item()));
  }
  assertClose(seen, expected.losses.flat(), near);
  await assertWeights([discriminator, generator], expected.weights);
});

const teacher = new Sequential([
  Input({ shape: [3] }),
  new layers.Dense(5, { activation: "relu" }),
  new layers.Dense(3),
]);

/** Learns from the teacher's scores, and from labels. */
class Student extends Model {
  readonly scores = new layers.Dense(3);
  override call(inputs: Value) {
    return this.scores.apply(inputs);
  }
  lossOf(x: Value, y: Value, logits: Value): Value {
    const [heat, share] = [3, 0.25];
    const soften = (scores: Value) => ops.softmax(ops.divide(scores, heat), { axis: 1 });
    const ofTeacher = new losses.KLDivergence().apply(soften(teacher.apply(x)), soften(logits));
    const own = new losses.SparseCategoricalCrossentropy({ fromLogits: true }).apply(y, logits);
    return ops.add(ops.multiply(own, share), ops.multiply(ofTeacher, (1 - share) * heat ** 2));
  }
}

const students = {
  "in a trainStep of its own": class extends Student {
    override trainStep({ x, y }: StepData) {
      const loss = this.lossOf(x, y!, this.apply(x, { training: true }));
      const found = gradients(loss, this.trainableWeights);
      this.optimizer!.applyGradients(found.map((g, i) => [g, this.trainableWeights[i]]));
      return { loss };
    }
  },
  "by a computeLoss of its own": class extends Student {
    override computeLoss({ x, y, yPred }: { x: Value; y: Value; yPred: Value }) {
      return this.lossOf(x, y, yPred);
    }
  },
};

for (const [how, Own] of Object.entries(students)) {
  testOnBackends(`a student learns from a teacher's scores, ${how}, without a loss in compile`, async () => {
    const expected = held.distillation;
    const student = new Own();
    student.compile({ optimizer: new optimizers.SGD({ learningRate: 0.1 }) });
    await student.predict(x, { verbose: 0 });
    start([teacher, student], expected.start);
    const { history } = await student.fit(x, y, { epochs: 4, batchSize: 8, shuffle: false, verbose: 0 });
    assertClose(history.loss, expected.losses, near);
    await assertWeights([student], expected.weights);
  });
}

testOnBackends("embeddings learn which samples belong together", async () => {
  const expected = held.similarity;
  const model = new Sequential([Input({ shape: [3] }), new layers.Dense(4), new layers.UnitNormalization()]);
  start([model], expected.start);
  const optimizer = new optimizers.Adam({ learningRate: 0.05 });
  const lossOf = new losses.SparseCategoricalCrossentropy({ fromLogits: true });
  const step = compile((anchors: Value, positives: Value, labels: Value) => {
    const products = ops.einsum("ae,pe->ap", model.apply(anchors), model.apply(positives));
    const loss = lossOf.apply(labels, ops.divide(products, 0.2));
    optimizer.apply(gradients(loss, model.trainableWeights), model.trainableWeights);
    return loss;
  });
  const seen: number[] = [];
  for (let i = 0; i < 3; i++) seen.push((await step(x.rows(0, 4), x.rows(4, 8), ops.arange(4))).item());
  assertClose(seen, expected.losses, near);
  await assertWeights([model], expected.weights);
});

testOnBackends("statelessCall gives the losses that a call adds, and values in loops", async () => {
  const dense = new layers.Dense(1, { activityRegularizer: "l2", useBias: false });
  dense.ensureBuilt([null, 2]);
  const program = compile((kernel: Value, inputs: Value) => {
    const [, , added] = dense.statelessCall([kernel], [], inputs, { returnLosses: true });
    const grown = ops.foriLoop(0, 3, (_i: Value, now: Value) => {
      const [out] = dense.statelessCall([kernel], [], inputs);
      return ops.add(now, ops.sum(out));
    }, ops.sum(kernel));
    return [added[0], grown];
  });
  // (1 * 3 + 2 * 4)^2 * 0.01 over one sample; then 3 + 3 * 11.
  const [penalty, grown] = await program([[1], [2]], [[3, 4]]);
  assertClose([penalty.item(), grown.item()], [1.21, 36], { absolute: 1e-6, relative: 1e-6 });
});

testOnBackends("variables are changed by sums and differences, in programs and outside", async () => {
  const variable = new Variable([1, 2]);
  const step = compile((by: Value) => {
    variable.assignAdd(by);
    variable.assignSub(0.5);
    return variable.value();
  });
  assert.deepEqual((await step([1, 1])).toArray(), [1.5, 2.5]);
  await variable.assignSub([1, 0.5]);
  await variable.assignAdd(tensor(2));
  assert.deepEqual((await variable.read()).toArray(), [2.5, 4]);
});

testOnBackends("arguments and results of compiled functions may be lists and objects", async () => {
  const nested = compile((state: { a: Value; list: Value[] }, [b]: Value[]) => ({
    sum: ops.add(ops.add(state.a, b), state.list.length),
    none: [] as Value[],
    pairs: [[state.a, b], [b]],
  }));
  const found = await nested({ a: [1, 2], list: [tensor(1), tensor(2)] }, [tensor([3, 4])]);
  assert.deepEqual([found.sum.toArray(), found.none, found.pairs.map((row) => row.map((item) => item.toArray()))], [
    [6, 8],
    [],
    [[[1, 2], [3, 4]], [[3, 4]]],
  ]);
  // Another form is another program.
  assert.deepEqual((await nested({ a: [1, 2], list: [] }, [tensor([3, 4])])).sum.toArray(), [4, 6]);
});

Deno.test("mistakes with stateless functions are told", async () => {
  const model = classifier();
  const optimizer = new optimizers.SGD({ learningRate: 0.1 });
  optimizer.build(model.trainableVariables);
  const run = (body: (value: Value) => unknown) =>
    compile((value: Value) => {
      body(value);
      return value;
    })([[1, 2, 3]]);
  const bad = (call: Promise<unknown>, Class: new (...args: never[]) => Error, message: RegExp) =>
    assert.rejects(call, (error: Error) => error instanceof Class && message.test(error.message));
  await bad(run((v) => model.statelessCall([], [], v)), ValueError, /a value for each of 6 variables/);
  const weights = model.trainableVariables;
  await bad(run((v) => model.statelessCall(weights.with(0, weights[1]), [], v)), Error, /must have the shape \[3, 4\]/);
  await bad(run((v) => new layers.Dense(2).statelessCall([], [], v)), StateError, /it is not built yet/);
  await bad(run(() => optimizer.applyGradients([1] as never)), ValueError, /pairs of a gradient and its variable/);
  await bad(run((v) => optimizer.statelessApply([], [v], [])), ValueError, /trainableVariables must be a list/);
  assert.throws(() => model.statelessCall([], [], tensor([[1, 2, 3]])), /only inside a traced function/);
});
