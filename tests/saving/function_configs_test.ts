// Functions of ops in configs: whatever stands in place of their arguments is read, or refused with a CeratopsError.
import assert from "node:assert/strict";
import { CeratopsError } from "../../lib/errors.ts";
import type { ConfigValue } from "../../lib/json_config.ts";
import { modelFromConfig } from "../../lib/models/from_config.ts";
import { savedClassOf, savedForms } from "../../lib/ops/saved.ts";
import { warningsOf } from "../warnings.ts";

/** Values of every sort, few of which suit an argument. */
const strange: readonly ConfigValue[] = [
  ...[null, true, 0, -1, 0.5, 2 ** 31, 1e9, NaN, "relu", "float32"],
  ...[[], {}, [null], [0, 0], [2 ** 31, 2 ** 31], [[1], 2], { class_name: "Dense", config: { units: 2 } }],
];

const tensorAt = (input: number): ConfigValue => ({
  class_name: "__keras_tensor__",
  config: { keras_history: [`input_${input}`, 0, 0] },
});

/** A model of three inputs and one call of a function. */
function calling(fn: string, config: object, args: readonly ConfigValue[], kwargs: object = {}): ConfigValue {
  const { module = "numpy", fixed } = savedForms[fn];
  const inputs = [0, 1, 2].map((input) => ({
    class_name: "InputLayer",
    config: { batch_shape: [2, 3, 3] },
    name: `input_${input}`,
    inbound_nodes: [],
  }));
  const call = {
    module: `keras.src.ops.${module}`,
    class_name: savedClassOf(fn)!,
    config: { name: "call", ...fixed, ...config },
    name: "call",
    inbound_nodes: [{ args, kwargs: kwargs as ConfigValue }],
  };
  const layers = [...inputs, call] as ConfigValue;
  const places = inputs.map(({ name }) => [name, 0, 0]);
  return { class_name: "Functional", config: { layers, input_layers: places, output_layers: [["call", 0, 0]] } };
}

/** Models with each of the strange values in place of each argument of a function. */
function* modelsOf(fn: string): Generator<ConfigValue> {
  const { inputs = 1, keys = {}, named = [] } = savedForms[fn];
  const args = Array.from({ length: inputs }, (_, input) => tensorAt(input));
  yield calling(fn, {}, []);
  for (const value of strange) {
    for (const key of Object.keys(keys)) {
      yield named.includes(key) ? calling(fn, {}, args, { [key]: value }) : calling(fn, { [key]: value }, args);
    }
    for (const place of args.keys()) yield calling(fn, {}, args.with(place, value));
    yield calling(fn, {}, [[tensorAt(0), value]]);
  }
}

Deno.test("functions in configs take no argument that does not suit them [slow]", async () => {
  let read = 0;
  let refused = 0;
  await warningsOf(() => {
    for (const fn of Object.keys(savedForms)) {
      for (const model of modelsOf(fn)) {
        try {
          modelFromConfig(model);
          read++;
        } catch (error) {
          assert.ok(error instanceof CeratopsError, `${fn} ${JSON.stringify(model)}: ${(error as Error).stack}`);
          refused++;
        }
      }
    }
  });
  assert.ok(read > 500 && refused > read, `${read} were read, ${refused} refused`);
});
