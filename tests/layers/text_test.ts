// The layers of texts and categories against Python Keras: configs, what they learn, and what they give when called alone.
import assert from "node:assert/strict";
import { clearSession } from "../../lib/exec/select.ts";
import { IndexLookup } from "../../lib/layers/index_lookup.ts";
import type { Layer } from "../../lib/layers/layer.ts";
import { TextVectorization } from "../../lib/layers/text_vectorization.ts";
import { deserializeObject } from "../../lib/saving/deserialize.ts";
import { type DataLike, type HostArray, StringTensor } from "../../lib/tensor/strings.ts";
import { assertClose } from "../close.ts";
import { golden, makeLayer, type Table, toArray } from "../golden.ts";

/** What any of the layers does when it is called alone, or learns. */
interface Called {
  apply(x: DataLike | readonly DataLike[]): HostArray;
  adapt(data: DataLike | Iterable<DataLike>): void;
}

for (const spec of golden("text").cases as Table[]) {
  Deno.test(`${spec.name} gives what Keras's ${spec.class_name} gives`, async () => {
    await clearSession();
    const layer = makeLayer(spec) as Layer;
    const called = layer as unknown as Called;
    if (spec.adapt) called.adapt(toArray(spec.adapt));
    if (spec.batches) called.adapt(spec.batches.map(toArray).values());
    const config = JSON.parse(JSON.stringify(layer.getConfig()));
    assert.deepEqual(config, spec.serialized, "config");
    const again = deserializeObject(JSON.parse(JSON.stringify(layer.serialize()))) as Layer;
    assert.deepEqual(
      JSON.parse(JSON.stringify(again.getConfig())),
      spec.read_again,
      "config of the layer read from it",
    );
    if (layer instanceof IndexLookup || layer instanceof TextVectorization) {
      assert.deepEqual(layer.getVocabulary(), spec.vocabulary, "vocabulary");
      assert.deepEqual(layer.getVocabulary({ includeSpecialTokens: false }), spec.own_vocabulary, "own vocabulary");
      assert.equal(layer.vocabularySize(), spec.vocabulary.length, "size");
    }
    const inputs = spec.inputs.map(toArray);
    const y = called.apply(inputs.length === 1 ? inputs[0] : inputs);
    assert.deepEqual([y.dtype, [...y.shape]], [spec.y.dtype, spec.y.shape], "dtype and shape");
    if (y instanceof StringTensor) assert.deepEqual(y.data, spec.y.data);
    else if (y.dtype === "int32") assert.deepEqual([...y.data], spec.y.data);
    else assertClose(y.data, spec.y.data, { absolute: 0, relative: 3e-7 });
  });
}
