// Losses and accuracies against Python Keras: values per sample, their mean, and the gradient.
import assert from "node:assert/strict";
import { compile, grad } from "../../lib/exec/compile.ts";
import type { Loss } from "../../lib/losses/loss.ts";
import { getMetric } from "../../lib/metrics/resolve.ts";
import { testOnBackends } from "../backends.ts";
import { assertClose } from "../close.ts";
import { golden, type GoldenObject, makeObject, type Table, toTensor } from "../golden.ts";

const close = { absolute: 2e-6, relative: 2e-5 };

function make({ class_name, config }: GoldenObject, extra: Table = {}): Loss {
  return makeObject({ class_name, config: { ...config, ...extra } }, "loss");
}

for (const spec of golden("losses").cases) {
  testOnBackends(`${spec.name} is that of Keras`, async () => {
    const [yTrue, yPred] = [toTensor(spec.y_true), toTensor(spec.y_pred)];
    const loss = make(spec);
    const values = await compile((p) => make(spec, { reduction: null }).apply(yTrue, p))(yPred);
    assertClose(values.data, spec.per_sample.data, close, "per sample");
    assert.deepEqual(values.shape, spec.per_sample.shape);
    assertClose((await compile((p) => loss.apply(yTrue, p))(yPred)).data, [spec.value], close, "value");
    const [slope] = await grad((p) => loss.apply(yTrue, p))(yPred);
    // Where the slope is not one number, Keras's own backends differ.
    const expected = spec.gradient.data.map(Number);
    const other = spec.jax?.gradient.data.map(Number);
    slope.data.forEach((value, i) => {
      const choices = [expected[i], ...(other ? [other[i]] : [])];
      const near = choices.some((choice) => Math.abs(value - choice) <= 2e-6 + 2e-4 * Math.abs(choice));
      assert.ok(near, `gradient ${i} is ${value}, expected ${choices.join(" or ")}`);
    });
  });

  Deno.test(`${spec.name} on tensors is computed at once`, () => {
    const value = make(spec).apply(toTensor(spec.y_true), toTensor(spec.y_pred));
    assertClose(value.data, [spec.value], close);
  });
}

for (const spec of golden("metrics").cases) {
  testOnBackends(`accuracy of ${spec.name} is that of Keras`, async () => {
    const metric = getMetric(spec.metric);
    const update = compile((yTrue, yPred) => metric.updateState(yTrue, yPred));
    for (const { y_true, y_pred, result } of spec.updates) {
      await update(toTensor(y_true), toTensor(y_pred));
      assertClose([await metric.result()], [result], { absolute: 1e-7, relative: 0 });
    }
    metric.resetState();
    assert.equal(await metric.result(), spec.after_reset);
  });
}
