// A slice of the calls with hostile arguments: `deno task attack` makes the whole.
import assert from "node:assert/strict";
import { useBackend } from "../backends.ts";
import { callOf, makeCall } from "./attack.ts";
import { targets } from "./targets.ts";
import { strangeCount, strangeValue } from "./values.ts";

/** How many calls the slice has: every third target once. */
const calls = Math.ceil(targets.length / 3);

Deno.test("the targets are those of every family that mod.ts exports", () => {
  const families = ["layers", "losses", "metrics", "ops", "optimizers", "callbacks", "initializers", "utils", "saving"];
  for (const family of families) assert.ok(targets.some(({ name }) => name.includes(`${family}.`)), family);
  for (const name of ["Model#fit", "layers.Dense#apply", "metrics.AUC#updateState", "set Model#trainable", "tensor"]) {
    assert.ok(targets.some((target) => target.name === name), name);
  }
});

Deno.test("a call is the same each time", () => {
  const shown = () => callOf(1234).args.map(({ text }) => text).join();
  assert.equal(shown(), shown());
});

Deno.test("hostile arguments end in a value or a CeratopsError [eigen]", async () => {
  await useBackend("eigen");
  const own = { log: console.log, warn: console.warn, info: console.info };
  const ends = { value: 0, refused: 0 };
  try {
    Object.assign(console, { log: () => {}, warn: () => {}, info: () => {} });
    for (let i = 0; i < calls; i++) {
      const { target, args, outcome, error } = await makeCall(3 * i);
      assert.ok(
        outcome === "value" || outcome === "refused",
        `call ${3 * i}, ${target}(${args}): ${outcome}, ${error}`,
      );
      ends[outcome]++;
    }
  } finally {
    Object.assign(console, own);
  }
  assert.ok(ends.value > calls / 10 && ends.refused > calls / 3, JSON.stringify(ends));
});

Deno.test("every hostile value is refused where a layer wants a number", async () => {
  const { layers, CeratopsError } = await import("../../mod.ts");
  for (let i = 0; i < strangeCount; i++) {
    const { text, value } = strangeValue(i);
    try {
      assert.ok(Number.isInteger(new layers.Dense(value as number).units), text);
    } catch (error) {
      assert.ok(error instanceof CeratopsError, `${text}: ${error}`);
    }
  }
});
