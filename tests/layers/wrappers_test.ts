// Layers that hold another: a base for one's own, and the kernel of a layer divided by its norm.
import assert from "node:assert/strict";
import { ValueError } from "../../lib/errors.ts";
import type { Value } from "../../lib/ir/value.ts";
import { Input } from "../../lib/layers/input.ts";
import * as layers from "../../lib/layers/layers.ts";
import { modelFromJson } from "../../lib/models/models.ts";
import { Sequential } from "../../lib/models/sequential.ts";
import { add } from "../../lib/ops/primitives.ts";
import { customObjectScope } from "../../lib/registry.ts";
import { tensor } from "../../lib/tensor/tensor.ts";
import { testOnBackends } from "../backends.ts";
import { assertClose } from "../close.ts";

class Residual extends layers.Wrapper<layers.Dense> {
  call(x: Value): Value {
    return add(x, this.layer.apply(x));
  }
}

testOnBackends("a wrapper of one's own computes, trains and is read from its config", async () => {
  const model = new Sequential([Input({ shape: [2] }), new Residual(new layers.Dense(2))]);
  model.setWeights([[[1, 0], [0, 2]], [1, -1]]);
  assert.deepEqual((await model.predict([[3, 4]], { verbose: 0 })).toArray(), [[7, 11]]);
  const again = customObjectScope({ Residual }, () => modelFromJson(model.toJson())) as Sequential;
  assert.ok(again.layers[0] instanceof Residual);
  again.setWeights(await model.getWeights());
  assert.deepEqual((await again.predict([[3, 4]], { verbose: 0 })).toArray(), [[7, 11]]);
  again.compile({ optimizer: "sgd", loss: "mse" });
  await again.trainOnBatch([[3, 4]], [[6, 11]]);
  // The error (1, 0), halved by the mean of two and doubled by the square, times 0.01 and the inputs.
  assertClose((await again.getWeights())[0].data, [0.97, 0, -0.04, 2], { absolute: 1e-6, relative: 1e-6 });
});

testOnBackends("a kernel becomes one of norm 1, and one of zeros stays", async () => {
  const norm = new layers.SpectralNormalization(new layers.Dense(2, { useBias: false }), { powerIterations: 40 });
  const model = new Sequential([Input({ shape: [2] }), norm]);
  norm.trainable = false;
  model.compile({ optimizer: "sgd", loss: "mse" });
  // Singular values 5 and 0.
  norm.setWeights([[[3, 0], [4, 0]], [[0.5, 0.5]]]);
  await model.trainOnBatch([[1, 1]], [[0, 0]]);
  assertClose((await norm.kernel.read()).data, [0.6, 0, 0.8, 0], { absolute: 1e-5, relative: 1e-5 });
  assertClose((await norm.vectorU.read()).data, [1, 0], { absolute: 1e-5, relative: 1e-5 });
  norm.setWeights([[[0, 0], [0, 0]], [[0.5, 0.25]]]);
  await model.trainOnBatch([[1, 1]], [[0, 0]]);
  assert.deepEqual((await norm.getWeights()).map((weight) => weight.toArray()), [[[0, 0], [0, 0]], [[0.5, 0.25]]]);
  // In inference the kernel is used as it is.
  norm.setWeights([[[3, 0], [4, 0]], [[1, 0]]]);
  assert.deepEqual((await model.predict([[1, 1]], { verbose: 0 })).toArray(), [[7, 0]]);
});

Deno.test("a layer without a kernel has no norm, and what is no layer is not wrapped", () => {
  const norm = new layers.SpectralNormalization(new layers.Flatten());
  assert.throws(
    () => new Sequential([Input({ shape: [2] }), norm]),
    (error: Error) => error instanceof ValueError && /a weight kernel or embeddings/.test(error.message),
  );
  assert.throws(
    () => new layers.SpectralNormalization(new layers.Dense(1), { powerIterations: 0 }),
    /positive integer/,
  );
  const given = tensor([1]) as unknown as layers.Layer;
  assert.throws(() => new Residual(given as layers.Dense), /Cannot make Residual: layer must be a layer/);
  assert.throws(() => new layers.SpectralNormalization(given), /layer must be a layer/);
});
