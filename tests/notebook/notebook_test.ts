// The example notebook in Deno's kernel, and the messages that a training sends to a kernel.
import assert from "node:assert/strict";
import { NotebookProgress } from "../../lib/callbacks/notebook_progress.ts";
import { Input } from "../../lib/layers/input.ts";
import { Dense } from "../../lib/layers/layers.ts";
import { Sequential } from "../../lib/models/sequential.ts";
import type { MediaBundle } from "../../lib/terminal/notebook.ts";
import { useBackend } from "../backends.ts";
import { findPython } from "../python.ts";

const python = findPython(["nbconvert"], "the notebook is not run");
const pathOf = (name: string) => new URL(name, import.meta.url).pathname;

/** What a cell shows. */
interface Output {
  readonly output_type: string;
  readonly text?: string;
  readonly data?: MediaBundle;
}

/** A cell, as files of notebooks hold it: texts are lists of lines. */
interface Cell {
  readonly cell_type: string;
  readonly outputs: { output_type: string; text?: string[]; data?: Record<string, string | string[]> }[];
}

/** What the cells of a notebook show when nbconvert runs them in this Deno's kernel. */
async function execute(notebook: string): Promise<Output[][]> {
  const folder = await Deno.makeTempDir({ prefix: "ceratops-notebook-" });
  try {
    const kernel = `${folder}/kernels/deno`;
    await Deno.mkdir(kernel, { recursive: true });
    const argv = [Deno.execPath(), "jupyter", "--kernel", "--conn", "{connection_file}"];
    const spec = { argv, display_name: "Deno", language: "typescript" };
    await Deno.writeTextFile(`${kernel}/kernel.json`, JSON.stringify(spec));
    const { success, stderr } = await new Deno.Command(python!, {
      args: [
        ...["-m", "nbconvert", "--to", "notebook", "--execute", "--ExecutePreprocessor.kernel_name=deno"],
        "--AsyncKernelManager.client_factory=patient_client.PatientClient",
        ...["--output-dir", folder, "--output", "executed.ipynb", notebook],
      ],
      env: {
        CERATOPS_BACKEND: "eigen",
        JUPYTER_NO_CONFIG: "1",
        JUPYTER_PATH: folder,
        PYTHONPATH: pathOf("."),
        PYTHONDONTWRITEBYTECODE: "1",
      },
    }).output();
    assert.ok(success, new TextDecoder().decode(stderr));
    const { cells } = JSON.parse(await Deno.readTextFile(`${folder}/executed.ipynb`)) as { cells: Cell[] };
    const joined = (lines: string | string[]) => [lines].flat().join("");
    return cells.filter((cell) => cell.cell_type === "code").map(({ outputs }) =>
      outputs.map(({ output_type, text, data }) => ({
        output_type,
        ...(text ? { text: joined(text) } : {}),
        ...(data ? { data: Object.fromEntries(Object.entries(data).map(([type, text]) => [type, joined(text)])) } : {}),
      }))
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test({
  name: "the notebook of MNIST shows digits, the summary, a training, curves and the confusion matrix [slow] [eigen]",
  ignore: python === undefined,
  fn: async () => {
    const cells = await execute(pathOf("../../examples/mnist.ipynb"));
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
