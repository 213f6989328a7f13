// Models of keras.applications, built from Keras's JSON, predict what Keras predicts with the same weights.
import assert from "node:assert/strict";
import { setBackend } from "../../lib/exec/select.ts";
import { sizeOf, type SymbolicShape } from "../../lib/shape.ts";
import type { Tensor } from "../../lib/tensor/tensor.ts";
import { assertClose } from "../close.ts";
import { applications, drawImages, drawWeights, readApplication } from "./application.ts";

for (const app of applications) {
  Deno.test(`${app.name} is built from Keras's JSON${app.y ? ", and predicts the same" : ""} [slow]`, async () => {
    await setBackend("eigen");
    const model = readApplication(app);
    assert.deepEqual(model.inputShape, app.input_shape);
    assert.deepEqual(model.outputShape, app.output_shape);
    assert.equal(model.countParams(), app.params);
    assert.equal(model.trainableWeights.reduce((total, { shape }) => total + sizeOf(shape), 0), app.trainable);
    const layers = model.layers.map((layer) => [
      layer.name,
      (layer.output as { shape: SymbolicShape }).shape,
      layer.weights.map(({ shape }) => [...shape]),
    ]);
    assert.deepEqual(layers, app.layers);
    if (!app.y) return;
    drawWeights(model, app.gain!);
    const x = drawImages(app, 2);
    const y = await model.predict(x, { verbose: 0 }) as Tensor;
    const expected = app.y.data.map(Number);
    const largest = Math.max(...expected.map(Math.abs));
    const bounds = { absolute: 1e-3 * largest, relative: 0 };
    assertClose(y.data, expected, bounds, `logits up to ${largest}`);
    // The bounds are tight enough to distinguish one image from the other.
    assert.throws(() => assertClose(y.data, [...expected.slice(10), ...expected.slice(0, 10)], bounds));
  });
}
