// Every layer, exported as ONNX: ONNX Runtime computes what the float64 reference does.
import assert from "node:assert/strict";
import { isClass } from "../../lib/errors.ts";
import { Input } from "../../lib/layers/input.ts";
import type { Layer } from "../../lib/layers/layer.ts";
import * as layers from "../../lib/layers/layers.ts";
import { Model } from "../../lib/models/model.ts";
import type { Tensor } from "../../lib/tensor/tensor.ts";
import { golden, layerFiles, makeLayer, toTensor } from "../golden.ts";
import { callLayer, type LayerCase } from "../layers/check_layer.ts";
import { isBaseAmong } from "../exported_classes.ts";
import { assertExports } from "./onnx_run.ts";

const cases = layerFiles.flatMap((family) => golden(family).cases as LayerCase[]);

/** The model of one layer, with the weights of its case. */
function modelOf(spec: LayerCase, inputs: readonly Tensor[]): Model {
  const layer = makeLayer(spec) as Layer;
  const symbols = inputs.map(({ shape, dtype }) => Input({ shape: shape.slice(1), dtype }));
  const outputs = callLayer(spec, layer, symbols);
  const model = new Model({ inputs: symbols, outputs });
  layer.setWeights(spec.initial.map(toTensor));
  return model as Model;
}

for (const spec of cases) {
  Deno.test(`${spec.name} is exported as ONNX`, async () => {
    const inputs = spec.inputs.map(toTensor);
    await assertExports(modelOf(spec, inputs), inputs);
  });
}

Deno.test("every layer is exported as ONNX", () => {
  const covered = new Set(cases.map((spec) => (makeLayer(spec) as Layer).constructor));
  const classes = Object.entries(layers).filter(([, item]) => isClass(item)) as [string, { prototype: object }][];
  const isBase = isBaseAmong(classes);
  const rest = classes.filter(([, Class]) => !covered.has(Class as never) && !isBase(Class)).map(([name]) => name);
  // The input of every other case, cells, which are exported in their layers, and what prepares texts and categories on
  // the host.
  const cells = ["GRUCell", "LSTMCell", "SimpleRNNCell", "StackedRNNCells"];
  const texts = ["Hashing", "HashedCrossing", "IntegerLookup", "StringLookup", "TextVectorization"];
  const others = ["CategoryEncoding", "Discretization", "InputLayer"];
  assert.deepEqual(rest.sort(), [...cells, ...texts, ...others].sort());
});
