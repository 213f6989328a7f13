// The example notebook in Deno's kernel, and the messages that a training sends to a kernel.
import assert from "node:assert/strict";
import { NotebookProgress } from "../../lib/callbacks/notebook_progress.ts";
import { Input } from "../../lib/layers/input.ts";
import { Dense } from "../../lib/layers/layers.ts";
import { Sequential } from "../../lib/models/sequential.ts";
import type { MediaBundle } from "../../lib/terminal/notebook.ts";
import { useBackend } from "../backends.ts";
import { findPython } from "../python.ts";

const python = findPython(["jupyter_client"], "the notebook is not run");
const pathOf = (name: string) => new URL(name, import.meta.url).pathname;

/** What a cell shows. */
interface Output {
  readonly output_type: string;
  readonly text?: string;
  readonly data?: MediaBundle;
}

Deno.test({
  name: "the notebook of MNIST shows digits, the summary, a training, curves and the confusion matrix [slow] [eigen]",
  ignore: python === undefined,
  fn: async () => {
    const { success, stdout, stderr } = await new Deno.Command(python!, {
      args: [pathOf("run_notebook.py"), pathOf("../../examples/mnist.ipynb"), Deno.execPath()],
      env: { CERATOPS_BACKEND: "eigen" },
    }).output();
    assert.ok(success, new TextDecoder().decode(stderr));
    const cells: Output[][] = JSON.parse(new TextDecoder().decode(stdout));
    const [data, digits, numbers, summary, graph, training, curves, test, matrix, wrong] = cells;
    assert.equal(cells.length, 10);
    assert.match(data[0].text!, /\[ 60000, 28, 28 \]/);
    const svg = (cell: Output[]) => cell.at(-1)!.data!["image/svg+xml"];
    assert.equal(svg(digits).match(/<image /g)!.length, 16);
    assert.match(numbers[0].data!["text/plain"], /^Tensor uint8 \[1, 28, 28\]/);
    const table = summary[0].data!;
    assert.match(table["text/html"], /<table>.*Layer \(type\).*dense \(Dense\).*\(None, 128\).*100,480.*<\/table>/);
    assert.match(table["text/plain"], /┃ Layer \(type\)/);
    assert.match(svg(graph), /Flatten/);
    // One output, as it was in the end.
    const shown = training.filter(({ data }) => data?.["text/html"]);
    assert.equal(shown.length, 1);
    const { "text/html": progress, "text/plain": line } = shown[0].data!;
    assert.match(line, /^Epoch 3\/3 - 422\/422 - /);
    assert.match(progress, /<table><tr><th>epoch<\/th>.*<td>3<\/td>.*<\/table>/);
    assert.equal(progress.match(/<svg /g)!.length, 2);
    assert.match(svg(curves), /val_accuracy/);
    const [, percent] = test.find(({ text }) => text)!.text!.match(/Test accuracy: ([\d.]+) %/)!;
    assert.ok(Number(percent) > 95, percent);
    assert.match(svg(matrix), /Confusion matrix/);
    assert.match(svg(wrong), />\d as \d</);
  },
});

Deno.test("a training in a notebook is one output that changes; evaluations and predictions have their own [eigen]", async () => {
  await useBackend("eigen");
  const messages: { type: string; id: string; data: MediaBundle }[] = [];
  const kernel = {
    broadcast(type: string, content: Record<string, unknown>) {
      const { data, transient } = content as { data: MediaBundle; transient: { display_id: string } };
      messages.push({ type, id: transient.display_id, data });
      return Promise.resolve();
    },
  };
  const model = new Sequential([Input({ shape: [2] }), new Dense(1)]);
  model.compile({ optimizer: "sgd", loss: "mse" });
  const x = Array.from({ length: 12 }, (_, i) => [i / 12, 1 - i / 12]);
  const y = x.map(([a]) => [a]);
  const progress = new NotebookProgress(kernel);
  await model.fit(x, y, { epochs: 12, batchSize: 4, validationData: [x, y], verbose: 0, callbacks: [progress] });
  const ids = new Set(messages.map(({ id }) => id));
  assert.equal(ids.size, 1);
  assert.deepEqual(new Set(messages.slice(1).map(({ type }) => type)), new Set(["update_display_data"]));
  assert.equal(messages[0].type, "display_data");
  const last = messages.at(-1)!.data;
  assert.match(last["text/plain"], /^Epoch 12\/12 - 3\/3 - \d+s$/);
  // The last ten epochs, and a chart of the loss with both curves.
  const rows = [...last["text/html"].matchAll(/<tr><td>(\d+)<\/td>/g)].map(([, epoch]) => Number(epoch));
  assert.deepEqual(rows, [3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
  assert.equal(last["text/html"].match(/<polyline /g)!.length, 2);
  messages.length = 0;
  await model.evaluate(x, y, { verbose: 0, callbacks: [progress] });
  await model.predict(x, { verbose: 0, callbacks: [progress] });
  const shown = [...new Set(messages.map(({ id }) => id))].map((id) =>
    messages.findLast((message) => message.id === id)!
  );
  assert.equal(shown.length, 2);
  assert.match(shown[0].data["text/plain"], /^1\/1 - \d+s - loss: \d/);
  assert.match(shown[1].data["text/plain"], /^1\/1 - \d+s$/);
});
