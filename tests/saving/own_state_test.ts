// Layers that choose themselves what a file keeps of them: arrays by name, and files, as Keras keeps them.
import assert from "node:assert/strict";
import { CeratopsError, StateError, ValueError } from "../../lib/errors.ts";
import { readZip } from "../../lib/files/zip.ts";
import type { Value } from "../../lib/ir/value.ts";
import { Input } from "../../lib/layers/input.ts";
import { Layer } from "../../lib/layers/layer.ts";
import { Dense } from "../../lib/layers/layers.ts";
import type { Weight } from "../../lib/layers/weight.ts";
import { loadModel } from "../../lib/models/load_model.ts";
import { Sequential } from "../../lib/models/sequential.ts";
import { add, multiply } from "../../lib/ops/ops.ts";
import { registerKerasSerializable } from "../../lib/registry.ts";
import type { SymbolicShape } from "../../lib/shape.ts";
import { type Tensor, tensor, type TensorLike } from "../../lib/tensor/tensor.ts";
import type { Variable } from "../../lib/tensor/variable.ts";
import { assertClose } from "../close.ts";
import { golden, toTensor } from "../golden.ts";
import { unpack, written } from "./packed.ts";

/** Adds a row of a table, and knows words. */
class Lexicon extends Layer {
  scale!: Weight;
  table: Tensor = tensor([[0]]);
  words: string[] = [];
  /** The name of its file. */
  file = "words.txt";

  override build(shape: SymbolicShape): void {
    this.scale = this.addWeight({ name: "scale", shape: [], initializer: "ones" });
    this.table = tensor(new Float32Array(2 * shape.at(-1)!), [2, shape.at(-1)!]);
  }

  call(x: Value): Value {
    return add(multiply(x, this.scale.value()), this.table.rows(1));
  }

  override saveOwnVariables(store: Map<string, Variable | TensorLike>): void {
    store.set("table", this.table);
    store.set("scale", this.scale);
  }

  override loadOwnVariables(store: ReadonlyMap<string, Tensor>): void {
    const [table, scale] = [store.get("table"), store.get("scale")];
    if (!table || !scale) throw new ValueError("The file has no table");
    this.table = table;
    this.scale.assign(scale);
  }

  override saveAssets(assets: Map<string, Uint8Array | string>): void {
    assets.set(this.file, this.words.join("\n"));
  }

  override loadAssets(assets: ReadonlyMap<string, Uint8Array>): void {
    this.words = new TextDecoder().decode(assets.get("words.txt")).split("\n");
  }
}

registerKerasSerializable("golden")(Lexicon);

const spec = golden("own_state");
const lexiconOf = (model: { layers: readonly Layer[] }) => model.layers.find((layer) => layer instanceof Lexicon)!;

Deno.test("what a layer of the user's own keeps in Keras's file is read, and written as it is there", async () => {
  const whole = await unpack(spec.file);
  const model = await loadModel(whole);
  const copy = await loadModel(await written((stream) => model.save(stream)));
  for (const made of [model, copy]) {
    const lexicon = lexiconOf(made as never) as Lexicon;
    assert.deepEqual(lexicon.words, spec.words);
    assert.deepEqual(lexicon.table, toTensor(spec.table));
    const outputs = await made.predict(toTensor(spec.x), { verbose: 0 }) as Tensor;
    assertClose(outputs.data, spec.outputs.data, { absolute: 2e-6, relative: 2e-5 });
  }
  const [theirs, own] = [whole, await written((stream) => model.save(stream))];
  const assets = async (file: Uint8Array) =>
    [...await readZip(file, "Cannot read")].filter(([name]) => name.startsWith("assets/"));
  assert.deepEqual(await assets(own), await assets(theirs));
});

Deno.test("weights alone have the arrays of such a layer, but not its files", async () => {
  const model = await loadModel(await unpack(spec.file));
  const lexicon = lexiconOf(model as never) as Lexicon;
  const expected = lexicon.table;
  for (const ending of [".weights.h5", ".safetensors"]) {
    const folder = await Deno.makeTempDir();
    try {
      await model.saveWeights(`${folder}/a${ending}`);
      lexicon.table = tensor([[0]]);
      lexicon.words = ["kept"];
      await model.loadWeights(`${folder}/a${ending}`);
      assert.deepEqual([lexicon.table, lexicon.words], [expected, ["kept"]]);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  }
  lexicon.table = tensor([[0]]);
  await model.loadWeights(await unpack(spec.weights_file));
  assert.deepEqual(lexicon.table, expected);
});

Deno.test("a layer may refuse what it is given, and then nothing is changed", async () => {
  const plain = new Sequential([Input({ shape: [3] }), new Dense(3), new Lexicon()]);
  const model = new Sequential([Input({ shape: [3] }), new Dense(3)]);
  const before = await plain.getWeights();
  const bytes = await written((stream) => model.saveWeights(stream));
  await assert.rejects(plain.loadWeights(bytes), CeratopsError);
  assert.deepEqual(await plain.getWeights(), before);
});

Deno.test("names that lead out of their place, and half of the methods, are refused", async () => {
  for (const name of ["../words.txt", "/etc/words", "a/b", "..", "", "a\\b", "C:a"]) {
    const lexicon = new Lexicon();
    lexicon.file = name;
    const model = new Sequential([Input({ shape: [3] }), lexicon]);
    await assert.rejects(written((stream) => model.save(stream)), /the name of a file is a text without slashes/);
  }
  class Half extends Layer {
    call(x: Value): Value {
      return x;
    }
    override saveOwnVariables(store: Map<string, Variable | TensorLike>): void {
      store.set("x", [1]);
    }
  }
  registerKerasSerializable("golden")(Half);
  const model = new Sequential([Input({ shape: [3] }), new Half()]);
  await assert.rejects(written((stream) => model.save(stream)), StateError);
});
