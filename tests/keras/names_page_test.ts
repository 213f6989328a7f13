// docs/keras_names.md says which of Keras's names, arguments and methods are there.
import assert from "node:assert/strict";
import { callbacks, layers, metrics, Model, optimizers, Variable } from "../../mod.ts";
import { functionArguments } from "./function_arguments.ts";
import { idleReasons, namesPage, namesPath, unexplained } from "./names_page.ts";

Deno.test("docs/keras_names.md is what `deno task names` writes", () => {
  assert.equal(Deno.readTextFileSync(namesPath), namesPage());
});

Deno.test("every reason is that of a name or an argument of Keras", () => {
  assert.deepEqual(idleReasons(), []);
});

Deno.test("every name and argument of Keras is there, or left out for a reason", () => {
  assert.deepEqual(unexplained(), { names: [], arguments: [] });
});

/** Methods that the guides and examples of keras.io call, by the classes that have them in Keras. */
const methods: readonly (readonly [Class: { readonly prototype: object }, names: readonly string[]])[] = [
  [Model, ["compile", "fit", "predict", "summary", "evaluate", "loadWeights", "save", "getLayer", "saveWeights"]],
  [Model, ["computeLoss", "predictStep", "getConfig", "statelessCall", "countParams", "getWeights", "setWeights"]],
  [layers.Layer, ["addWeight", "addLoss", "getConfig", "getWeights", "setWeights", "countParams", "statelessCall"]],
  [optimizers.Optimizer, ["apply", "applyGradients", "statelessApply", "excludeFromWeightDecay", "getConfig"]],
  [metrics.Metric, ["updateState", "result", "resetState", "statelessUpdateState"]],
  [callbacks.Callback, ["onEpochEnd"]],
  [Variable, ["assign", "assignAdd"]],
];

Deno.test("the methods that keras.io's examples call are there", () => {
  const missing = methods.flatMap(([{ prototype }, names]) => names.filter((name) => !(name in prototype)));
  assert.deepEqual(missing, []);
});

Deno.test("the arguments of functions are found by position, by name, among options and through named types", async () => {
  const found = await functionArguments();
  assert.ok(found.size > 500, `${found.size} functions`);
  const holds = (name: string, ...args: string[]) =>
    assert.deepEqual(args.filter((arg) => !found.get(name)?.has(arg)), [], name);
  holds("ops.sum", "axis", "keepdims");
  holds("ops.topK", "k");
  holds("ops.conv", "strides", "padding", "dataFormat", "dilationRate");
  holds("ops.select", "otherwise");
  holds("losses.binaryCrossentropy", "fromLogits", "labelSmoothing", "axis");
  holds("random.normal", "shape", "mean", "stddev", "seed");
  holds("applications.ResNet50", "includeTop", "weights", "pooling");
  assert.ok(!found.get("ops.sum")!.has("initial"));
  assert.ok(!found.get("ops.topK")!.has("sorted"));
});
