// Every layer against Python Keras: configs, shapes, weights, outputs, masks, gradients, one training step.
import type { Layer } from "../../lib/layers/layer.ts";
import { testOnBackends } from "../backends.ts";
import { golden, layerFiles, makeLayer } from "../golden.ts";
import { checkLayer, type LayerCase } from "./check_layer.ts";

for (const family of layerFiles) {
  const { cases, learning_rate } = golden(family);
  for (const spec of cases as LayerCase[]) {
    testOnBackends(`${spec.name} is Keras's ${spec.class_name}`, async () => {
      await checkLayer(spec, () => makeLayer(spec) as Layer, learning_rate);
    });
  }
}
