// Models as JSON between Keras and Ceratops, both ways: configs, weights, predictions and summaries.
import assert from "node:assert/strict";
import { summaryOf } from "../../lib/models/summary.ts";
import { testOnBackends } from "../backends.ts";
import { assertClose } from "../close.ts";
import { golden, type GoldenArray } from "../golden.ts";
import type { Tensor } from "../../lib/tensor/tensor.ts";
import { exchanged, predictions, readModel, withoutBuilds } from "./exchange.ts";

const written = golden("models_written");
const close = { absolute: 2e-6, relative: 2e-5 };

function assertSame(made: readonly Tensor[], expected: readonly GoldenArray[], what: string): void {
  assert.equal(made.length, expected.length, what);
  made.forEach((tensor, i) => {
    assert.deepEqual([...tensor.shape], expected[i].shape, what);
    assertClose(tensor.data, expected[i].data.map(Number), close);
  });
}

for (const spec of exchanged) {
  testOnBackends(`${spec.name}: Keras's model predicts the same here, and ours there`, async () => {
    const model = readModel(spec);
    const made = await predictions(model, spec);
    assertSame(made, spec.outputs, "of Keras's JSON");
    assertSame(made, spec.written_outputs, "Keras's of ours");
  });

  Deno.test(`${spec.name}: the JSON is what Keras read, and says what Keras's says`, () => {
    const own = readModel(spec).toJson();
    assert.equal(own, written[spec.name]);
    assert.deepEqual(withoutBuilds(JSON.parse(own)), withoutBuilds(spec.json));
  });

  if (!spec.summary) continue;
  Deno.test(`${spec.name}: the summary is Keras's`, () => {
    const model = readModel(spec);
    assert.deepEqual(summaryOf(model, { lineLength: 80 }, 120, false), spec.summary);
    const all = { lineLength: 80, expandNested: true, showTrainable: true };
    assert.deepEqual(summaryOf(model, all, 120, false), spec.summary_all);
  });
}
