// What programs keep of weights that they do not change, which must follow those that others change.
import assert from "node:assert/strict";
import { getExecutor } from "../../lib/exec/select.ts";
import { withContext } from "../../lib/ir/context.ts";
import { recording, Trace } from "../../lib/ir/trace.ts";
import { Variable } from "../../lib/tensor/variable.ts";
import { layers, ops, Sequential, Tensor, tensor } from "../../mod.ts";
import { testOnBackends, useBackend } from "../backends.ts";
import { assertClose } from "../close.ts";
import { withPrograms } from "../programs.ts";

const pixels = [0.5, -1, 2, 1.5];
const x = tensor(pixels, [1, 2, 2, 1]);

/** A 1x1 convolution of one channel to two by 1 and by 3, and a normalization. */
function makeModel() {
  const normalization = new layers.BatchNormalization();
  const model = new Sequential([new layers.Conv2D(2, 1, { useBias: false }), normalization]);
  model.build([null, 2, 2, 1]);
  model.layers[0].setWeights([tensor([1, 3], [1, 1, 1, 2])]);
  return { model, normalization };
}

/** The normalization of [x, 3 x] by its formula. */
const expected = (gamma: readonly number[], variance: readonly number[]) =>
  pixels.flatMap((pixel) => [1, 3].map((factor, c) => gamma[c] * (factor * pixel - 1) / Math.sqrt(variance[c] + 1e-3)));

testOnBackends("a prediction follows a normalization's weights", async () => {
  const { model, normalization } = makeModel();
  for (const [gamma, variance] of [[[1, 2], [4, 9]], [[3, 2], [4, 9]], [[3, 2], [4, 0.25]]]) {
    await normalization.setWeights([gamma, [0, 0], [1, 1], variance].map((row) => tensor(row)));
    for (let i = 0; i < 2; i++) {
      assertClose((await model.predict(x, { verbose: 0 }) as Tensor).data, expected(gamma, variance), {
        relative: 1e-5,
        absolute: 1e-6,
      });
    }
  }
});

Deno.test("a normalization's factors are computed once for its weights [eigen]", async () => {
  await useBackend("eigen");
  await withPrograms(async (programs) => {
    const { model, normalization } = makeModel();
    await model.predict(x, { verbose: 0 });
    const [program] = programs.slice(-1);
    const ran = async () => (await program.measure(1)).filter(({ nanoseconds }) => nanoseconds > 0).length;
    const again = await ran();
    await normalization.setWeights([[1, 1], [0, 0], [0, 0], [4, 4]].map((row) => tensor(row)));
    assert.equal(await ran(), again + 1);
    assert.equal(await ran(), again);
  });
});

testOnBackends("a kept kernel of 3x3 suits an empty batch", async () => {
  const executor = await getExecutor();
  const empty = () => new Variable(new Tensor([0, 12, 12, 16], "float32", new Float32Array(0)));
  const [x, y] = [empty(), empty()];
  const kernel = new Variable(new Tensor([3, 3, 16, 16], "float32", new Float32Array(9 * 16 * 16).fill(1)));
  const trace = new Trace();
  withContext(
    recording(trace),
    () => trace.assign(y, ops.conv(trace.read(x), trace.read(kernel), { padding: "same" })),
  );
  await executor.attach([x, y, kernel]);
  const program = await executor.compile(trace.graph, { frozen: [kernel] });
  await program.run(1);
  assert.deepEqual((await y.read()).shape, [0, 12, 12, 16]);
});
