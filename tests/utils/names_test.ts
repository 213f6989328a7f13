// Small functions under Keras's names: backend, config, and batches as lists.
import assert from "node:assert/strict";
import { backend, config, DTypeError, Input, saving, setRandomSeed, tensor, utils, ValueError } from "../../mod.ts";

Deno.test("backend tells dtypes, symbolic tensors and settings", () => {
  assert.deepEqual([backend.epsilon(), backend.floatx(), backend.imageDataFormat()], [
    1e-7,
    "float32",
    "channels_last",
  ]);
  assert.deepEqual(["float32", "int32", "uint8", "bool"].map((d) => backend.isFloatDtype(d as "bool")), [
    true,
    false,
    false,
    false,
  ]);
  assert.deepEqual(["float32", "int32", "uint8", "bool"].map((d) => backend.isIntDtype(d as "bool")), [
    false,
    true,
    true,
    false,
  ]);
  assert.equal(backend.standardizeDtype(), "float32");
  assert.throws(() => backend.standardizeDtype("float64" as "float32"), DTypeError);
  assert.deepEqual([backend.resultType("uint8", "bool"), backend.resultType("int32", "float32")], ["uint8", "float32"]);
  assert.throws(() => backend.resultType(), ValueError);
  assert.deepEqual([Input({ shape: [1] }), tensor(1)].map(backend.isKerasTensor), [true, false]);
});

Deno.test("the dtype policy is float32 at first, and an unknown one is refused", () => {
  assert.deepEqual([config.dtypePolicy().name, config.imageDataFormat()], ["float32", "channels_last"]);
  config.setDtypePolicy("float32");
  assert.throws(
    () => config.setDtypePolicy("mixed_float8" as "float32"),
    /^ValueError: Cannot set the dtype policy: a dtype policy must be one of "float32", .*, received "mixed_float8": did you mean "mixed_float16"\?$/,
  );
});

Deno.test("batches are packed and unpacked", () => {
  assert.deepEqual(utils.packXYSampleWeight(1), [1]);
  assert.deepEqual(utils.packXYSampleWeight(1, 2), [1, 2]);
  assert.deepEqual(utils.packXYSampleWeight(1, null, 3), [1, null, 3]);
  assert.deepEqual(utils.unpackXYSampleWeight([1]), [1, null, null]);
  assert.deepEqual(utils.unpackXYSampleWeight([1, 2, 3]), [1, 2, 3]);
  const x = tensor([1]);
  assert.deepEqual(utils.unpackXYSampleWeight(x as unknown as [unknown]), [x, null, null]);
});

Deno.test("utils has what saving and the top have under Keras's older names", () => {
  assert.equal(utils.setRandomSeed, setRandomSeed);
  assert.equal(utils.registerKerasSerializable, saving.registerKerasSerializable);
  assert.equal(utils.serializeKerasObject, saving.serializeKerasObject);
  class Own {}
  assert.equal(saving.getRegisteredObject("Own", { Own }), Own);
  assert.equal(saving.getRegisteredObject("Own"), undefined);
  saving.customObjectScope({ Own }, () => assert.equal(utils.getRegisteredObject("Own"), Own));
});
