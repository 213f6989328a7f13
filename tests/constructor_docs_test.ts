// Constructors tell the defaults of their options, and those alone that the tables have.
import assert from "node:assert/strict";
import { Layer, layers } from "../mod.ts";
import { sentenceOf, wrongDocs } from "./constructor_docs.ts";

Deno.test("the docs of constructors have the defaults of the tables", () => {
  assert.deepEqual(wrongDocs(), [], "run `deno task docs:defaults`");
});

Deno.test("defaults are those of a class's own options", () => {
  // Keras: Dropout(rate, noise_shape=None, seed=None).
  assert.equal(sentenceOf(layers.Dropout, Layer), "Defaults: `seed: null`, `noiseShape: null`.");
  assert.equal(sentenceOf(layers.Flatten, Layer)!.includes("trainable"), false);
});
