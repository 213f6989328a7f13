// Activations against Python Keras: values and gradients; and resolving names.
import assert from "node:assert/strict";
import * as activations from "../../lib/activations.ts";
import { getActivation } from "../../lib/activations.ts";
import { compile, grad } from "../../lib/exec/compile.ts";
import type { Value } from "../../lib/ir/value.ts";
import { multiply, sum } from "../../lib/ops/primitives.ts";
import { testOnBackends } from "../backends.ts";
import { assertClose } from "../close.ts";
import { golden, type Table, toTensor } from "../golden.ts";

const { inputs, cases, relus } = golden("activations");
const close = { absolute: 2e-6, relative: 2e-5 };

/** The activation with its golden arguments converted. */
function call(name: string, args: Table, x: Value): Value {
  switch (name) {
    case "relu": {
      const { negative_slope, max_value, threshold } = args;
      return activations.relu(x, { negativeSlope: negative_slope, maxValue: max_value, threshold });
    }
    case "threshold":
      return activations.threshold(x, args.threshold, args.default_value);
  }
  const fn = getActivation(name as activations.ActivationName).call as (x: Value, ...rest: Table[]) => Value;
  return fn(x, ...Object.values(args));
}

for (const { name, activation, arguments: args, results } of cases) {
  testOnBackends(`${name} is that of Keras`, async () => {
    for (const [key, { y, dx, weights, jax }] of Object.entries<Table>(results)) {
      const x = toTensor(inputs[key].x);
      const by = toTensor(weights ?? inputs[key].weights);
      assertClose((await compile((v) => call(activation, args, v))(x)).data, y.data, close, `y on ${key}`);
      const [slope] = await grad((v) => sum(multiply(call(activation, args, v), by)))(x);
      // At a kink Keras's own backends differ.
      const kinks = new Map<number, number>(jax?.dx?.index.map((i: number, k: number) => [i, jax.dx.value[k]]));
      slope.data.forEach((value, i) => {
        const choices = [dx.data[i], ...(kinks.has(i) ? [kinks.get(i)!] : [])];
        const near = choices.some((choice) => Math.abs(value - choice) <= 3e-6 + 3e-5 * Math.abs(choice));
        assert.ok(near, `dx on ${key}: element ${i} (x = ${x.data[i]}) is ${value}, expected ${choices.join(" or ")}`);
      });
    }
  });
}

Deno.test("every name of Keras's is known", () => {
  for (const [name, canonical] of Object.entries<string>(golden("configs").identifiers.activations)) {
    assert.equal(getActivation(name as activations.ActivationName).name, canonical);
  }
  assert.equal(getActivation(null).name, "linear");
  assert.equal(getActivation(activations.relu).name, "relu");
  assert.throws(() => getActivation("rellu" as "relu"), /did you mean "relu"\?/);
});

for (const { arguments: args, y } of relus.cases) {
  testOnBackends(`relu of edges is Keras's, signs of zeros too: ${JSON.stringify(args)}`, async () => {
    const made = await compile((v) => call("relu", args, v))(toTensor(relus.x));
    assert.deepEqual([...made.data], [...toTensor(y).data]);
  });
}
