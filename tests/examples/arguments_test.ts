// The options of examples: valid and invalid values, and the usage.
import assert from "node:assert/strict";
import { count, parseOptions, path, share, usageOf, word } from "../../examples/arguments.ts";

const options = {
  batchSize: count(128, "images a step"),
  seed: count(undefined, "the seed", 0),
  steps: count(Infinity, "train on the first n batches only"),
  floor: share(0, "fail below x"),
  out: path("a.png", "where the picture goes"),
  backend: word(["eigen", "wasm"], "where it runs"),
};
const byDefault = { batchSize: 128, seed: undefined, steps: Infinity, floor: 0, out: "a.png", backend: undefined };

Deno.test("options of examples: defaults, and values of each kind", () => {
  assert.deepEqual(parseOptions([], options), byDefault);
  const args = [
    "--batch-size",
    "32",
    "--seed",
    "0",
    "--steps=7",
    "--floor",
    "0.5",
    "--out",
    "b/c.png",
    "--backend",
    "wasm",
  ];
  const expected = { batchSize: 32, seed: 0, steps: 7, floor: 0.5, out: "b/c.png", backend: "wasm" };
  assert.deepEqual(parseOptions(args, options), expected);
  assert.equal(parseOptions(["--help"], options), null);
});

Deno.test("options of examples: what is wrong is told", () => {
  const told: [string[], RegExp][] = [
    [["--batch-size", "0"], /^--batch-size must be an integer of at least 1, received "0"$/],
    [["--steps", "1.5"], /^--steps must be an integer of at least 1, received "1.5"$/],
    [["--steps", ""], /^--steps must be an integer of at least 1, received ""$/],
    [["--floor", "2"], /^--floor must be a number from 0 to 1, received "2"$/],
    [["--floor", " "], /^--floor must be a number from 0 to 1, received " "$/],
    [["--out", ""], /^--out must be a path, received ""$/],
    [["--backend", "eigne"], /^--backend must be one of eigen, wasm, received "eigne"$/],
    [["--epocs", "1"], /--epocs/],
    [["first"], /first/],
    [["--steps"], /--steps/],
  ];
  for (const [args, message] of told) {
    assert.throws(() => parseOptions(args, options), (error: Error) => message.test(error.message), args.join(" "));
  }
});

Deno.test("options of examples: the usage names each with its default", () => {
  const usage = [
    "Does it.",
    "",
    "Usage: deno run -A examples/it.ts [options]",
    "",
    "  --batch-size <n>  images a step (128)",
    "  --steps <n>       train on the first n batches only",
    "  --help            print this",
  ];
  const { batchSize, steps } = options;
  assert.equal(usageOf("it.ts", "Does it.", { batchSize, steps }), usage.join("\n"));
});
