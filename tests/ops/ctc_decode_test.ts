// Beam searches of ops.ctcDecode against Keras, and what they give where Keras's backends differ.
import assert from "node:assert/strict";
import { compile } from "../../lib/exec/compile.ts";
import { Input } from "../../lib/layers/input.ts";
import * as ops from "../../lib/ops/ops.ts";
import { tensor } from "../../lib/tensor/tensor.ts";
import { assertClose } from "../close.ts";
import { camelCased, golden, toTensor } from "../golden.ts";

const lengthsOf = (...lengths: number[]) => tensor(lengths, undefined, "int32");

Deno.test("beam searches find the sequences that Keras finds", () => {
  const { logits, lengths, cases } = golden("ctc_decode");
  for (const { name, options, labels, scores } of cases) {
    const search = { strategy: "beam_search" as const, ...camelCased(options) };
    const [foundLabels, foundScores] = ops.ctcDecode(toTensor(logits), lengthsOf(...lengths), search);
    assert.deepEqual([foundLabels.dtype, foundLabels.shape], ["int32", labels.shape], name);
    assert.deepEqual([...foundLabels.data], labels.data, name);
    assert.deepEqual([foundScores.dtype, foundScores.shape], ["float32", scores.shape], name);
    assertClose(foundScores.data, scores.data, { absolute: 1e-6, relative: 1e-5 }, name);
  }
});

Deno.test("a beam search has empty sequences of no probability where there are no more", () => {
  const [labels, scores] = ops.ctcDecode(tensor([[[0, 0, 0], [9, 9, 9]], [[0, 1, 0], [9, 9, 9]]]), lengthsOf(0, 1), {
    strategy: "beam_search",
    topPaths: 4,
  });
  assert.deepEqual(labels.toArray(), [[[-1, -1], [1, -1]], [[-1, -1], [2, -1]], [[-1, -1], [-1, -1]], [[-1, -1], [
    -1,
    -1,
  ]]]);
  const [likely, other] = [1, 0].map((logit) => logit - Math.log(2 + Math.E));
  const expected = [0, -Infinity, -Infinity, -Infinity, likely, other, other, -Infinity];
  assertClose(scores.data, expected, { absolute: 1e-6, relative: 0 });
});

Deno.test("of equally likely sequences a beam search takes those with smaller labels", () => {
  const search = { strategy: "beam_search" as const, topPaths: 2 };
  const [labels, scores] = ops.ctcDecode(tensor([[[0, 3, 3]]]), lengthsOf(1), search);
  assert.deepEqual(labels.toArray(), [[[1]], [[2]]]);
  assert.equal(scores.data[0], scores.data[1]);
});

Deno.test("a beam search is refused inside of programs and models", async () => {
  const search = { strategy: "beam_search" as const };
  const message = /^ValueError: Cannot decode with ctcDecode: a beam search takes tensors, received a symbolic value/;
  const program = compile((x) => ops.ctcDecode(x, lengthsOf(1), search)[0]);
  await assert.rejects(program(ops.zeros([1, 2, 3])), message);
  assert.throws(() => ops.ctcDecode(Input({ shape: [2, 3] }), Input({ shape: [] }), search), message);
});
