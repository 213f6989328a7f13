// Models of Keras's files, exported as ONNX: ONNX Runtime computes what the float64 reference does.
import assert from "node:assert/strict";
import { applications, drawImages, drawWeights, readApplication } from "../applications/application.ts";
import { exchanged, type ExchangedModel, readModel } from "../models/exchange.ts";
import { golden, toTensor } from "../golden.ts";
import { assertExports } from "./onnx_run.ts";

/** Models that cannot be exported, and why. */
const refused: Readonly<Record<string, RegExp>> = {
  stateful: /predictions must not change them, received a model that assigns to "gru\/rnn_state_0" when it predicts/,
};

for (const spec of [...exchanged, ...golden("operations").models as ExchangedModel[]]) {
  const { [spec.name]: message } = refused;
  if (message) {
    Deno.test(`${spec.name} is refused as ONNX`, async () => {
      await assert.rejects(assertExports(readModel(spec), spec.inputs.map(toTensor)), { name: "ValueError", message });
    });
    continue;
  }
  Deno.test(`${spec.name} is exported as ONNX`, async () => {
    await assertExports(readModel(spec), spec.inputs.map(toTensor));
  });
}

for (const app of applications.filter(({ name }) => name === "MobileNetV2")) {
  Deno.test(`${app.name} is exported as ONNX [slow]`, async () => {
    const model = readApplication(app);
    drawWeights(model, app.gain!);
    // Rounding adds up over fifty convolutions.
    await assertExports(model, [drawImages(app, 5)], { bound: 1e-5 });
  });
}
