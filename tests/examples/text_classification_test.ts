// The example of text classification: sizes, reviews that words alone do not tell, and order that the networks can see.
import assert from "node:assert/strict";
import { type Review, writeReviews } from "../../examples/reviews.ts";
import { makeModel } from "../../examples/text_classification.ts";
import { tensor } from "../../mod.ts";
import { testOnBackends } from "../backends.ts";
import { assertClose } from "../close.ts";

Deno.test("the networks that read have the sizes that their layers ask for", () => {
  const dense = (from: number, to: number) => from * to + to;
  const [words, head] = [100 * 32, dense(32, 1)];
  assert.equal(makeModel("bag of words", 100).countParams(), words + head);
  // Four gates of 32 units see 32 inputs and 32 outputs, in both directions.
  assert.equal(makeModel("bidirectional LSTM", 100).countParams(), words + 2 * 4 * dense(32 + 32, 32) + dense(64, 1));
  const block = 4 * dense(32, 32) + dense(32, 64) + dense(64, 32) + 2 * 2 * 32;
  assert.equal(makeModel("transformer", 100).countParams(), words + 32 * 32 + 2 * block + head);
});

testOnBackends("a bag of words gives every order the same, the others do not", async () => {
  // Padding, number 0, counts for none of them.
  const orders = [[1, 2, 3, 0], [3, 2, 1, 0]].map((order) => [...order, ...new Array(28).fill(0)]);
  for (const reader of ["bag of words", "bidirectional LSTM", "transformer"] as const) {
    const found = await makeModel(reader, 5).predict(tensor(orders, undefined, "int32"), { verbose: 0 });
    const apart = Math.abs(found.data[0] - found.data[1]);
    assert.ok(reader === "bag of words" ? apart < 1e-6 : apart > 1e-4, `${reader}: ${[...found.data]}`);
  }
});

testOnBackends("padding is left out", async () => {
  const model = makeModel("bag of words", 3);
  model.layers[1].setWeights([tensor(Float32Array.from({ length: 96 }, (_, i) => Math.floor(i / 32) / 32), [3, 32])]);
  model.layers.at(-1)!.setWeights([tensor(new Float32Array(32).fill(1), [32, 1]), tensor([0])]);
  // The word 2 has vectors of 2 / 32, which add up to 2, however much padding follows.
  const words = [[2, ...new Array(31).fill(0)], new Array(32).fill(2)];
  const found = await model.predict(tensor(words, undefined, "int32"), { verbose: 0 });
  const expected = 1 / (1 + Math.exp(-2));
  assertClose([...found.data], [expected, expected], { absolute: 1e-6, relative: 0 });
});

const praise = /\b(good|funny|moving|clever|charming|gripping|brilliant|fresh|convincing|great)\b/;
const blame = /\b(bad|boring|silly|clumsy|flat|annoying|predictable|weak|tiresome|poor)\b/;
const negation = /\b(not|never|hardly|anything but|far from|by no means)\b/;

/** Whether a statement praises. */
function praises(statement: string): boolean {
  assert.notEqual(praise.test(statement), blame.test(statement), statement);
  return praise.test(statement) !== negation.test(statement);
}

/** What a reader of English takes from a review: the main statement, or the stronger one. */
function verdict({ text }: Review): boolean {
  const sentences = text.toLowerCase().split(/(?<=\.) /).filter((each) => praise.test(each) || blame.test(each));
  if (sentences.length === 2) {
    const [stronger, ...others] = sentences.filter((each) => /\b(extremely|really|incredibly|so very)\b/.test(each));
    assert.deepEqual(others, []);
    return praises(stronger);
  }
  const [whole] = sentences;
  const main = /^(?:although|while) .+, (.+)$/.exec(whole) ?? /^(.+), (?:although|even if) .+$/.exec(whole) ??
    /^.+(?:, and yet| but) (?=the)(.+)$/.exec(whole);
  assert.ok(main, whole);
  return praises(main[1]);
}

Deno.test("a reader of English agrees with every label", () => {
  const reviews = writeReviews(2000, 3);
  for (const review of reviews) assert.equal(verdict(review), review.isGood, review.text);
  assert.deepEqual(writeReviews(2000, 3), reviews);
  assert.notDeepEqual(writeReviews(2000, 4), reviews);
});

Deno.test("what is praised by words alone is blamed as often", () => {
  const reviews = writeReviews(20_000, 5);
  const counts = new Map<string, [good: number, all: number]>();
  for (const { text, isGood } of reviews) {
    // The kinds of words, whatever their order.
    const kinds = [praise, blame, negation, /\bbut\b/, /\balthough\b/, /\breally\b/].map((kind) =>
      text.toLowerCase().match(new RegExp(kind, "g"))?.length ?? 0
    );
    const found = counts.get(`${kinds}`) ?? [0, 0];
    counts.set(`${kinds}`, [found[0] + Number(isGood), found[1] + 1]);
  }
  assert.ok(counts.size > 10);
  // The standard deviation of a half of n is sqrt(n) / 2.
  for (const [kinds, [good, all]] of counts) {
    assert.ok(Math.abs(good - all / 2) < 2.5 * Math.sqrt(all), `${kinds}: ${good} of ${all}`);
  }
});
