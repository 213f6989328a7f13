// Broken and hostile configs: a slice of the mutations; `deno task fuzz` reads 20,000.
import assert from "node:assert/strict";
import { CeratopsError } from "../../lib/errors.ts";
import type { ConfigValue } from "../../lib/json_config.ts";
import { Input } from "../../lib/layers/input.ts";
import { Conv2D, Dense } from "../../lib/layers/layers.ts";
import { modelFromConfig } from "../../lib/models/from_config.ts";
import { Model } from "../../lib/models/model.ts";
import { Sequential } from "../../lib/models/sequential.ts";
import { warningsOf } from "../warnings.ts";
import { nested, readMutation } from "./config_mutations.ts";

const slice = 600;

Deno.test(`${slice} mutated configs are read or refused with a CeratopsError`, async () => {
  await warningsOf(() => {
    for (let index = 0; index < slice; index++) {
      const { outcome, error } = readMutation(index);
      assert.ok(outcome !== "raw", `mutation ${index} ended in ${(error as Error)?.stack}`);
    }
  });
});

/** The config of a small model, changed. */
function changed(change: (layers: { config: Record<string, ConfigValue> }[]) => void): ConfigValue {
  const model = new Sequential([
    Input({ shape: [8, 8, 1] }),
    new Conv2D(2, 3, { name: "conv" }),
    new Dense(3, { name: "dense" }),
  ]);
  const node = JSON.parse(model.toJson());
  change(node.config.layers);
  return node;
}

const places: [what: string, change: Parameters<typeof changed>[0], message: RegExp][] = [
  [
    "a kernel size that is a text",
    (layers) => layers[1].config.kernel_size = "three",
    /^In config\.layers\[1\]\.config\.kernel_size: .*kernelSize must be .*received "three"/,
  ],
  [
    "a number of units of 2^31",
    (layers) => layers[2].config.units = 2 ** 31,
    /^In config\.layers\[2\]\.config\.units: .*units must be at most 2147483647, received 2147483648/,
  ],
  [
    "an initializer's scale below 0",
    (layers) => layers[2].config.kernel_initializer = { class_name: "VarianceScaling", config: { scale: -1 } },
    /^In config\.layers\[2\]\.config\.kernel_initializer\.config\.scale: .*scale must be above 0, received -1/,
  ],
  [
    "a class that is a number",
    (layers) => layers[2].config.kernel_initializer = { class_name: 5, config: {} },
    /config\.layers\[2\]\.config\.kernel_initializer\.class_name must be a text, received 5/,
  ],
  [
    "a layer without its number of units",
    (layers) => delete layers[2].config.units,
    /^In config\.layers\[2\]\.config\.units: .*units must be a positive integer, received undefined/,
  ],
  [
    "a value nested 20,000 deep",
    (layers) => layers[1].config.strides = nested(20_000),
    /^Cannot read a config: \.\.\..*\[0\] may be nested 250 levels deep/,
  ],
  [
    "a weight of 8 GiB",
    (layers) => layers[2].config.units = 2 ** 30,
    /"kernel" may have at most 2 GiB, received \[2, 1073741824\], which is 8\.00 GiB/,
  ],
];

for (const [what, change, message] of places) {
  Deno.test(`a config with ${what} is refused by its place`, () => {
    assert.throws(() => modelFromConfig(changed(change)), (error) => {
      assert.ok(error instanceof CeratopsError);
      assert.match(error.message, message);
      return true;
    });
  });
}

const large: [metric: string, config: ConfigValue, message: RegExp][] = [
  ["AUC", { num_thresholds: 1e9 }, /^In compile_config\.metrics\[0\]\.config\.num_thresholds: /],
  [
    "SensitivityAtSpecificity",
    { specificity: 0.5, num_thresholds: 1e9 },
    /^In compile_config\.metrics\[0\]\.config\.num_thresholds: /,
  ],
  ["MeanIoU", { num_classes: 1e9 }, /^In compile_config\.metrics\[0\]\.config/],
];

for (const [metric, config, message] of large) {
  Deno.test(`${metric} of 10^9 thresholds or classes is refused before it is made`, () => {
    const compiled = { loss: "mse", metrics: [{ class_name: metric, config }] };
    const model: ConfigValue = { ...changed(() => {}) as object, compile_config: compiled };
    assert.throws(() => modelFromConfig(model), (error) => {
      assert.ok(error instanceof CeratopsError);
      assert.match(error.message, message);
      return true;
    });
  });
}

Deno.test("layers that follow from each other are refused by their names", () => {
  const x = Input({ shape: [2] });
  const hidden = new Dense(2, { name: "hidden" }).apply(x);
  const outputs = new Dense(2, { name: "head" }).apply(hidden);
  const node = JSON.parse(new Model({ inputs: x, outputs }).toJson());
  const [, first] = node.config.layers;
  first.inbound_nodes[0].args[0].config.keras_history = ["head", 0, 0];
  assert.throws(() => modelFromConfig(node), /"hidden", "head" that follow from each other/);
  first.inbound_nodes[0].args[0].config.keras_history = ["hidden", 0, 0];
  assert.throws(() => modelFromConfig(node), /"hidden".* that follow from each other/);
});
