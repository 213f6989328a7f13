// Messages of Protocol Buffers: what is written, as onnx-proto reads it.
import assert from "node:assert/strict";
import { encodeMessage } from "../../lib/files/protobuf.ts";
import { onnxProto } from "../deps.ts";
import { joined } from "./onnx_run.ts";

Deno.test("integers, texts, lists and messages are read as they were written", async () => {
  const numbers = [0, 1, 127, 128, 300, -1, -5, 2 ** 31, -(2 ** 40), Number.MAX_SAFE_INTEGER];
  const message = { 1: "späť", 8: numbers, 6: { 2: "body", 1: [{ 4: "Add", 1: ["a", "b"] }, { 4: "Mul" }] }, 20: 7 };
  const read = onnxProto.onnx.AttributeProto.decode(
    await joined(await encodeMessage({ ...message, 3: undefined }, "Cannot write")),
  );
  assert.equal(read.name, "späť");
  assert.deepEqual(read.ints!.map(Number), numbers);
  assert.equal(read.type, 7);
  assert.equal(read.g!.name, "body");
  assert.deepEqual(read.g!.node!.map(({ opType, input }) => [opType, input]), [["Add", ["a", "b"]], ["Mul", []]]);
  assert.equal(read.i.toString(), "0");
});

Deno.test("large bytes are a part of their own, not copied", async () => {
  const bytes = new Uint8Array(70_000).fill(7);
  const parts = await encodeMessage({ 5: [{ 8: "w", 9: bytes }, { 8: "v", 9: Uint8Array.of(1, 2) }] }, "Cannot write");
  assert.deepEqual(parts.map((part) => part === bytes), [false, true, false]);
  const read = onnxProto.onnx.GraphProto.decode(await joined(parts));
  assert.deepEqual(read.initializer!.map(({ name, rawData }) => [name, [...rawData!]]), [
    ["w", [...bytes]],
    ["v", [1, 2]],
  ]);
});
