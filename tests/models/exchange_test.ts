// Models as JSON between Keras and Ceratops, both ways: configs, weights, predictions and summaries.
import assert from "node:assert/strict";
import { summaryOf } from "../../lib/models/summary.ts";
import { testOnBackends } from "../backends.ts";
import { assertClose } from "../close.ts";
import type { GoldenArray } from "../golden.ts";
import type { Tensor } from "../../lib/tensor/tensor.ts";
import { buildsOf, exchanged, predictions, readModel, withoutBuilds } from "./exchange.ts";

const close = { absolute: 2e-6, relative: 2e-5 };

function assertSame(made: readonly Tensor[], expected: readonly GoldenArray[]): void {
  assert.equal(made.length, expected.length);
  made.forEach((tensor, i) => {
    assert.deepEqual([...tensor.shape], expected[i].shape);
    assertClose(tensor.data, expected[i].data.map(Number), close);
  });
}

for (const spec of exchanged) {
  testOnBackends(`${spec.name}: Keras's model predicts the same here`, async () => {
    const model = readModel(spec);
    assertSame(await predictions(model, spec), spec.outputs);
  });

  // Keras read this JSON when the golden file was made: its model predicts the same as its own, to the bit.
  Deno.test(`${spec.name}: the JSON is what Keras read, and says what Keras's says`, () => {
    const own = JSON.parse(readModel(spec).toJson());
    assert.deepEqual(buildsOf(own), spec.written_builds);
    assert.deepEqual(withoutBuilds(own), withoutBuilds(spec.json));
  });

  if (!spec.summary) continue;
  Deno.test(`${spec.name}: the summary is Keras's`, () => {
    const model = readModel(spec);
    assert.deepEqual(summaryOf(model, { lineLength: 80 }, 120, false), spec.summary);
    const all = { lineLength: 80, expandNested: true, showTrainable: true };
    assert.deepEqual(summaryOf(model, all, 120, false), spec.summary_all);
  });
}
