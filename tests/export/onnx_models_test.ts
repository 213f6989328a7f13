// Models of Keras's files, exported as ONNX: ONNX Runtime computes what the float64 reference does.
import { applications, drawImages, drawWeights, readApplication } from "../applications/application.ts";
import { exchanged, type ExchangedModel, readModel } from "../models/exchange.ts";
import { golden, toTensor } from "../golden.ts";
import { assertExports } from "./onnx_run.ts";

for (const spec of [...exchanged, ...golden("operations").models as ExchangedModel[]]) {
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
