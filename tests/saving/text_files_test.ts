// Models of texts in files: vocabularies are kept, and Python Keras reads and writes the same files.
import assert from "node:assert/strict";
import type { Layer } from "../../lib/layers/layer.ts";
import { readZip } from "../../lib/files/zip.ts";
import { loadModel } from "../../lib/models/load_model.ts";
import { Model } from "../../lib/models/model.ts";
import { deserializeObject } from "../../lib/saving/deserialize.ts";
import type { DataLike, HostArray } from "../../lib/tensor/strings.ts";
import type { SymbolicTensor } from "../../lib/tensor/symbolic.ts";
import type { Tensor } from "../../lib/tensor/tensor.ts";
import { Input, layers, Sequential } from "../../mod.ts";
import { useBackend } from "../backends.ts";
import { assertClose } from "../close.ts";
import { golden, type GoldenArray, makeLayer, type Table, toArray, toTensor } from "../golden.ts";
import { findPython } from "../python.ts";
import { zipped } from "./zipped.ts";

const quiet = { verbose: 0 } as const;

/** The golden cases that a model can have: those of numbers as results, in a row for each of the data. */
const cases = (golden("text").cases as Table[]).filter(({ inputs: [x], y }) =>
  y.dtype !== "string" && y.shape[0] === x.shape[0]
);

/** A model of a golden layer, which learned what the layer there learned. */
function modelOf(spec: Table): Model {
  const layer = makeLayer(spec) as Layer & { adapt(data: unknown): void; apply(x: unknown): unknown };
  if (spec.adapt) layer.adapt(toArray(spec.adapt));
  if (spec.batches) layer.adapt(spec.batches.map(toArray).values());
  const inputs = spec.inputs.map(({ shape, dtype }: GoldenArray) => Input({ shape: shape.slice(1), dtype }));
  return new Model({ inputs: one(inputs), outputs: layer.apply(one(inputs)) as unknown as SymbolicTensor }) as Model;
}

const one = <T>(items: readonly T[]) => (items.length === 1 ? items[0] : items) as T;

/** What a model predicts of the inputs of a case. */
async function predicted(model: Model, spec: Table): Promise<Tensor> {
  return await model.predict(one(spec.inputs.map(toArray)) as HostArray as DataLike, quiet) as Tensor;
}

function assertSame(name: string, made: Tensor, expected: ArrayLike<number>): void {
  assertClose(made.data, expected, { absolute: 0, relative: 1e-6 }, name);
}

/** The bytes of a model's file. */
async function bytesOf(model: Model): Promise<Uint8Array<ArrayBuffer>> {
  const { readable, writable } = new TransformStream<Uint8Array<ArrayBuffer>>();
  const [bytes] = await Promise.all([new Response(readable).bytes(), model.save(writable)]);
  return bytes;
}

Deno.test("models of texts predict the same when they come back from a file [eigen]", async () => {
  await useBackend("eigen");
  for (const spec of cases) {
    const model = modelOf(spec);
    assertSame(spec.name, await predicted(model, spec), spec.y.data);
    assertSame(`${spec.name} again`, await predicted(await loadModel(await bytesOf(model)), spec), spec.y.data);
  }
});

Deno.test("a vocabulary that changed after it was given is the one that files hold [eigen]", async () => {
  await useBackend("eigen");
  const lookup = new layers.StringLookup({ vocabulary: ["a", "b"] });
  const model = new Sequential([Input({ shape: [1], dtype: "string" }), lookup]) as Model;
  lookup.setVocabulary(["b"]);
  const again = await loadModel(await bytesOf(model));
  assert.deepEqual((again.layers.at(-1) as layers.StringLookup).getVocabulary(), ["[UNK]", "b"]);
});

Deno.test("an empty text as the last token of a vocabulary comes back from a file [eigen]", async () => {
  await useBackend("eigen");
  const lookup = new layers.StringLookup();
  lookup.adapt(["a", "a", "", "[UNK]"]);
  const model = new Sequential([Input({ shape: [1], dtype: "string" }), lookup]) as Model;
  const again = await loadModel(await bytesOf(model));
  assert.deepEqual((again.layers.at(-1) as layers.StringLookup).getVocabulary(), ["[UNK]", "a", ""]);
});

Deno.test("functions of one's own make and split texts, and are read by their names [eigen]", async () => {
  await useBackend("eigen");
  const reversed = (text: string) => [...text].reverse().join("");
  const atCommas = (text: string) => text.split(",");
  const vectorize = new layers.TextVectorization({ standardize: reversed, split: atCommas });
  vectorize.adapt(["ab,c", "ab"]);
  assert.deepEqual(vectorize.getVocabulary(), ["", "[UNK]", "ba", "c"]);
  const model = new Sequential([vectorize]) as Model;
  const expected = (await model.predict([["ab,c"], ["d"]], quiet) as Tensor).toArray();
  assert.deepEqual(expected, [[3, 2], [1, 0]]);
  const bytes = await bytesOf(model);
  await assert.rejects(loadModel(bytes), /the function "(reversed|atCommas)" must be registered/);
  const again = await loadModel(bytes, { customObjects: { reversed, atCommas } });
  assert.deepEqual((await again.predict([["ab,c"], ["d"]], quiet) as Tensor).toArray(), expected);
  for (
    const options of [{ standardize: () => 1 as never }, { split: () => "a" as never }, { split: () => [1] as never }]
  ) {
    const wrong = new layers.TextVectorization(options);
    assert.throws(() => wrong.adapt(["a"]), /must give (a text|a list of texts)/);
  }
});

Deno.test("a config may not name files to read, nor do files of other places reach a layer [eigen]", async () => {
  await useBackend("eigen");
  const path = await Deno.makeTempFile({ suffix: ".txt" });
  try {
    await Deno.writeTextFile(path, "b\na\n");
    const lookup = new layers.StringLookup({ vocabulary: path });
    assert.deepEqual(lookup.getVocabulary(), ["[UNK]", "b", "a"]);
    const node = lookup.serialize();
    assert.equal(node.config.vocabulary, null);
    const reading = { ...node, config: { ...node.config, vocabulary: path } };
    assert.throws(
      () => deserializeObject(reading),
      /config.vocabulary must be a list of tokens: a config may not read/,
    );
    const members = await readZip(
      await bytesOf(new Sequential([Input({ shape: [1], dtype: "string" }), lookup]) as Model),
      "Cannot read",
    );
    const moved = [...members].map(([name, bytes]) =>
      [name.replace("layers/string_lookup", "layers/other"), bytes] as const
    );
    const model = await loadModel(await zipped(moved as [string, Uint8Array<ArrayBuffer>][]));
    await assert.rejects(model.predict([["a"]], quiet) as Promise<unknown>, /it has no vocabulary yet/);
    assert.throws(
      () => new layers.IntegerLookup({ vocabulary: path }),
      /each line of the file must be an integer, rec/,
    );
    assert.throws(
      () => new layers.StringLookup({ vocabulary: `${path}.gone` }),
      /from ".*gone": the file must be there/,
    );
    const broken = new layers.StringLookup();
    broken.adapt(["a\nb"]);
    const saved = bytesOf(new Sequential([Input({ shape: [1], dtype: "string" }), broken]) as Model);
    await assert.rejects(saved, /tokens of a vocabulary in a file must have no line breaks/);
  } finally {
    await Deno.remove(path);
  }
});

const python = findPython(["keras", "tensorflow"], "models of texts are not exchanged with Python");

/** Keras cannot read its own file with more weights than tokens, and in models crosses no more than two features. */
const unreadThere = ["text_vectorization_tf_idf_padded", "hashed_crossing_flat"];

Deno.test({
  name: "models of texts are exchanged with Python Keras, both ways [slow] [eigen]",
  ignore: python === undefined,
  fn: async () => {
    await useBackend("eigen");
    const folder = await Deno.makeTempDir();
    try {
      const exchanged = cases.filter(({ name }) => !unreadThere.includes(name));
      for (const spec of exchanged) await modelOf(spec).save(`${folder}/${spec.name}.keras`);
      const told = ({ data, ...array }: GoldenArray) => ({
        ...array,
        data: data.map((x) => Number.isNaN(x) ? "NaN" : x),
      });
      const asked = Object.fromEntries(exchanged.map(({ name, inputs }) => [name, inputs.map(told)]));
      await Deno.writeTextFile(`${folder}/asked.json`, JSON.stringify(asked));
      const script = new URL("./python/texts.py", import.meta.url).pathname;
      const { success, stderr } = await new Deno.Command(python!, { args: [script, folder] }).output();
      assert.ok(success, new TextDecoder().decode(stderr));
      const answers: Table = JSON.parse(await Deno.readTextFile(`${folder}/answers.json`));
      for (const spec of exchanged) {
        const { y, error } = answers[spec.name];
        assert.equal(error, undefined, `${spec.name}: ${error}`);
        assertSame(`${spec.name} there`, toTensor(y), spec.y.data);
        const model = await loadModel(`${folder}/${spec.name}.there.keras`);
        assertSame(`${spec.name} back`, await predicted(model, spec), spec.y.data);
      }
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});
