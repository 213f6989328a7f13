// Files of Keras 2 (tf.keras 2.15): whole models as .h5 and .keras, and weights alone, opened and trained on.
import assert from "node:assert/strict";
import { FileError } from "../../lib/errors.ts";
import { loadModel } from "../../lib/models/load_model.ts";
import type { Model } from "../../lib/models/model.ts";
import type { Tensor } from "../../lib/tensor/tensor.ts";
import { testOnBackends } from "../backends.ts";
import { assertClose } from "../close.ts";
import { golden, type Table, toTensor } from "../golden.ts";
import { unpack } from "./packed.ts";

const close = { absolute: 2e-6, relative: 2e-5 };
const tensors = (value: Table): Table => Array.isArray(value) ? value.map(toTensor) : toTensor(value);

async function assertPredicts(model: Model, spec: Table): Promise<void> {
  const made = [await model.predict(tensors(spec.x), { verbose: 0 })].flat() as Tensor[];
  const expected: Table[] = [spec.outputs].flat();
  assert.equal(made.length, expected.length);
  made.forEach((output, i) => assertClose(output.data, toTensor(expected[i]).data, close));
}

for (const spec of ["keras2", "keras2_recurrent"].flatMap((file) => golden(file).cases)) {
  for (const format of ["h5", "keras"]) {
    testOnBackends(`a model of Keras 2 predicts and trains on: ${spec.name}, .${format}`, async () => {
      const model = await loadModel(await unpack(spec[format]));
      await assertPredicts(model, spec);
      const options = { batchSize: 6, shuffle: false, epochs: 3, verbose: 0 } as const;
      const { history } = await model.fit(tensors(spec.x), tensors(spec.y), options);
      assertClose(history.loss, spec.losses, close);
    });
  }

  testOnBackends(`weights of Keras 2 alone: ${spec.name}`, async () => {
    const model = await loadModel(await unpack(spec.h5), { compile: false });
    model.setWeights((await model.getWeights()).map((value) => value.cast("int32")));
    await model.loadWeights(await unpack(spec.weights_h5));
    await assertPredicts(model, spec);
    await assert.rejects(
      async () => await loadModel(await unpack(spec.weights_h5)),
      (error: Error) => error instanceof FileError && /must hold a whole model/.test(error.message),
    );
  });
}
