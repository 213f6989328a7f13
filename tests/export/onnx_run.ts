// Runs models that were exported as ONNX with ONNX Runtime, and compares them with the float64 reference.
import assert from "node:assert/strict";
import { storedDType } from "../../lib/dtype.ts";
import type { TypedArray } from "../../lib/dtype.ts";
import type { FileParts } from "../../lib/files/system.ts";
import { onnxFile } from "../../lib/export/onnx.ts";
import type { Model } from "../../lib/models/model.ts";
import type { SymbolicShape } from "../../lib/shape.ts";
import { flatten, packLike, type Structure } from "../../lib/structure.ts";
import { Tensor } from "../../lib/tensor/tensor.ts";
import { useBackend } from "../backends.ts";
import { assertClose } from "../close.ts";
import { ort } from "../deps.ts";

ort.env.wasm.numThreads = 1;
ort.env.logLevel = "error";

/** The parts of a file as one array. */
export async function joined(parts: FileParts): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await new Blob([...parts]).arrayBuffer());
}

/** The outputs of a file, by name. */
export async function runOnnx(file: FileParts, inputs: ReadonlyMap<string, Tensor>): Promise<Map<string, Tensor>> {
  const session = await ort.InferenceSession.create(await joined(file), { graphOptimizationLevel: "all" });
  const feeds = Object.fromEntries(
    [...inputs].map((
      [name, { dtype, shape, data }],
    ) => [name, new ort.Tensor(storedDType(dtype), data as Uint8Array, [...shape])]),
  );
  const results = await session.run(feeds);
  await session.release();
  return new Map(
    Object.entries(results).map(([name, { dims, type, data }]) => [
      name,
      new Tensor([...dims], type as Tensor["dtype"], data as unknown as TypedArray),
    ]),
  );
}

/** The first `count` rows, from the beginning again where there are fewer. */
function rowsOf({ shape: [rows, ...rest], dtype, data }: Tensor, count: number): Tensor {
  const size = data.length / rows;
  const result = new (data.constructor as new (size: number) => TypedArray)(count * size);
  for (let row = 0; row < count; row++) {
    result.set(data.subarray((row % rows) * size, (row % rows + 1) * size), row * size);
  }
  return new Tensor([count, ...rest], dtype, result);
}

/** How {@linkcode assertExports} exports. */
interface ExportCase {
  /** The batches that the file is run on; 1 and 5 by default. */
  readonly batches?: readonly number[];
  /** The batch size of the file. */
  readonly batchSize?: number;
  /** The shapes of the inputs in the file; those of the model by default. */
  readonly inputShape?: SymbolicShape;
  /** The version of ONNX's operators. */
  readonly opsetVersion?: number;
  /** The allowed difference of float results, relative to the largest output; 1e-6 by default. */
  readonly bound?: number;
}

/** Two sizes of batches; or that which the file or the model has. */
function batchesOf({ inputShape }: Model, batchSize?: number): readonly number[] {
  const fixed = batchSize ?? flatten(inputShape!)[0][0];
  return fixed === null ? [1, 5] : [fixed];
}

/**
 * Exports the model, and compares what ONNX Runtime computes for batches of several sizes of the same file with the
 * predictions of the float64 reference.
 */
export async function assertExports(
  model: Model,
  x: readonly Tensor[],
  { batchSize, batches = batchesOf(model, batchSize), inputShape, opsetVersion = 18, bound = 1e-6 }: ExportCase = {},
): Promise<void> {
  await useBackend("reference");
  const what = `Cannot export "${model.name}"`;
  const file = await onnxFile(
    model,
    { batchSize: batchSize ?? null, inputShape: inputShape ?? null, opsetVersion },
    what,
  );
  for (const batch of batches) {
    const rows = x.map((item) => rowsOf(item, batch));
    const given = packLike(model.inputShape!, rows) as Tensor;
    const expected = flatten(await model.predict(given, { verbose: 0, batchSize: batch }) as Structure<Tensor>);
    const outputs = await runOnnx(file, new Map(model.inputNames.map((name, i) => [name, rows[i]])));
    assert.equal(outputs.size, expected.length);
    [...outputs.values()].forEach(({ dtype, shape, data }, i) => {
      const wanted = Array.from(expected[i].data);
      assert.equal(dtype, expected[i].dtype);
      assert.deepEqual(shape, expected[i].shape);
      const scale = Math.max(0, ...wanted.filter(Number.isFinite).map(Math.abs));
      assertClose(data, wanted, { absolute: bound * scale, relative: 1e-5 }, `batch of ${batch}`);
    });
  }
}
