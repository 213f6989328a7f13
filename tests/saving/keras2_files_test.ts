// Files of Keras 2 (tf.keras 2.15): whole models as .h5 and .keras, and weights alone, opened and trained on.
import assert from "node:assert/strict";
import { FileError } from "../../lib/errors.ts";
import { loadModel } from "../../lib/models/load_model.ts";
import type { Model } from "../../lib/models/model.ts";
import { mapStructure, zipStructures } from "../../lib/structure.ts";
import type { Tensor } from "../../lib/tensor/tensor.ts";
import { fromKeras2 } from "../../lib/saving/keras2_config.ts";
import { testOnBackends } from "../backends.ts";
import { assertClose } from "../close.ts";
import { golden, type Table, toTensor } from "../golden.ts";
import { warningsOf } from "../warnings.ts";
import { unpack } from "./packed.ts";

const close = { absolute: 2e-6, relative: 2e-5 };
const isArray = (value: Table) => "shape" in value;
const tensors = (value: Table): Table => isArray(value) ? toTensor(value) : mapStructure(value, toTensor);

async function assertPredicts(model: Model, spec: Table): Promise<void> {
  const made = await model.predict(tensors(spec.x), { verbose: 0 });
  const expected = tensors(spec.outputs);
  assert.equal(Array.isArray(made), Array.isArray(expected));
  for (const [output, wanted] of zipStructures<Tensor, Tensor>(made as Tensor, expected, "predict")) {
    assertClose(output.data, wanted.data, close);
  }
}

for (const spec of ["keras2", "keras2_recurrent"].flatMap((file) => golden(file).cases)) {
  for (const format of ["h5", "keras"]) {
    testOnBackends(`a model of Keras 2 predicts and trains on: ${spec.name}, .${format}`, async () => {
      const model = await loadModel(await unpack(spec[format]));
      await assertPredicts(model, spec);
      if (!spec.y) return;
      const options = { batchSize: 6, shuffle: false, epochs: 3, verbose: 0 } as const;
      const { history } = await model.fit(tensors(spec.x), tensors(spec.y), options);
      assertClose(history.loss, spec.losses, close);
    });
  }

  testOnBackends(`weights of Keras 2 alone: ${spec.name}`, async () => {
    const model = await loadModel(await unpack(spec.h5), { compile: false });
    for (const weights of [spec.weights_h5, ...spec.keras_weights ? [spec.keras_weights] : []]) {
      model.setWeights((await model.getWeights()).map((value) => value.cast("int32")));
      await model.loadWeights(await unpack(weights));
      await assertPredicts(model, spec);
    }
    await assert.rejects(
      async () => await loadModel(await unpack(spec.weights_h5)),
      (error: Error) => error instanceof FileError && /must hold a whole model/.test(error.message),
    );
  });
}

Deno.test("an activation of Keras 2 that Keras 3 computes otherwise is told", async () => {
  const node = { class_name: "Dense", config: { name: "gate", units: 2, activation: "hard_sigmoid" } };
  const [, warnings] = await warningsOf(() => void fromKeras2(node));
  assert.equal(warnings.length, 1);
  assert.match(warnings[0], /^"gate" of a file of Keras 2 has the activation hard_sigmoid, which was clip\(0\.2 \* x/);
});
