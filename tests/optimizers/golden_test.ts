// Optimizers against Python Keras: five steps over two variables, and their slots afterwards.
import assert from "node:assert/strict";
import { compile } from "../../lib/exec/compile.ts";
import type { Value } from "../../lib/ir/value.ts";
import { reshape, slice } from "../../lib/ops/primitives.ts";
import type { Optimizer } from "../../lib/optimizers/optimizer.ts";
import type { LearningRateSchedule } from "../../lib/optimizers/schedules.ts";
import { Variable } from "../../lib/tensor/variable.ts";
import { testOnBackends } from "../backends.ts";
import { assertClose } from "../close.ts";
import { golden, type GoldenArray, makeObject, makeOptimizer, type Table, toTensor } from "../golden.ts";

const { initial, gradients, cases, steps, schedules: rates } = golden("optimizers");
const close = { absolute: 1e-6, relative: 1e-5 };

function variables(): Variable[] {
  return initial.map((value: GoldenArray, i: number) => new Variable(toTensor(value), { name: ["kernel", "bias"][i] }));
}

for (const spec of cases) {
  testOnBackends(`${spec.name}: five steps are those of Keras`, async () => {
    const optimizer = makeOptimizer(spec) as Optimizer;
    const weights = variables();
    const step = compile((g0, g1, scalars) => {
      const each = optimizer.scalarNames.map((name, i) => [name, slicedScalar(scalars, i)]);
      optimizer.withScalars(Object.fromEntries(each), () => optimizer.apply([g0, g1], weights));
    });
    for (const [i, given] of gradients.entries()) {
      await step(toTensor(given[0]), toTensor(given[1]), Object.values(optimizer.scalars(optimizer.batches++)));
      for (const [v, weight] of weights.entries()) {
        assertClose((await weight.read()).data, spec.after[i][v].data.map(Number), close, `step ${i}, ${weight.name}`);
      }
    }
    // "variable" is Nadam's product of momenta, which is computed from the step here.
    const state = spec.state.filter(({ name }: Table) => !["iteration", "learning_rate", "variable"].includes(name));
    // Keras names the rows and columns of Adafactor like their variables.
    if (spec.class_name !== "Adafactor") {
      assert.deepEqual(optimizer.slots.map(({ name }) => name.split("/")[1]), state.map(({ name }: Table) => name));
    }
    for (const [i, slot] of optimizer.slots.entries()) {
      assertClose((await slot.read()).data, state[i].value.data.map(Number), close, slot.name);
    }
  });

  testOnBackends(`${spec.name}: steps outside of a model count by themselves`, async () => {
    const optimizer = makeOptimizer(spec) as Optimizer;
    const weights = variables();
    const step = compile((g0, g1) => optimizer.apply([g0, g1], weights));
    for (const given of gradients) await step(toTensor(given[0]), toTensor(given[1]));
    for (const [v, weight] of weights.entries()) {
      const loose = { absolute: 1e-5, relative: 1e-4 };
      assertClose((await weight.read()).data, spec.after.at(-1)[v].data.map(Number), loose, weight.name);
    }
  });
}

function slicedScalar(scalars: Value, i: number): Value {
  return reshape(slice(scalars, [i], [1]), []);
}

for (const spec of rates) {
  Deno.test(`the schedule ${spec.name} is that of Keras`, () => {
    const made = makeObject<LearningRateSchedule>(spec, "learning_rate");
    assertClose(steps.map((step: number) => made.call(step)), spec.rates, { absolute: 1e-8, relative: 2e-5 });
    assert.deepEqual(made.serialize(), spec.serialized);
  });
}
