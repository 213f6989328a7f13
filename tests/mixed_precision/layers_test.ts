// Layers under dtype policies, beside those of Keras: every class, and what they and models say of their dtypes.
import assert from "node:assert/strict";
import type { BackendName } from "../../lib/exec/executor.ts";
import { optimize } from "../../lib/passes/pipeline.ts";
import { printGraph } from "../../lib/ir/print.ts";
import { recording, Trace } from "../../lib/ir/trace.ts";
import { idOf } from "../../lib/ir/value.ts";
import { withContext } from "../../lib/ir/context.ts";
import {
  clearSession,
  compile,
  config,
  dtypePolicies,
  DTypePolicy,
  gradients,
  Input,
  Layer,
  layers,
  mixedPrecision,
  Model,
  type Operand,
  ops,
  Sequential,
  type Tensor,
  tensor,
  type Value,
  type Weight,
} from "../../mod.ts";
import { testOnBackends } from "../backends.ts";
import { golden, makeObject, type Table, toTensor } from "../golden.ts";
import { camelCase } from "../../lib/names.ts";
import { flatten } from "../../lib/structure.ts";

const { layers: cases, policies } = golden("mixed_precision");

/** Half of the distance from 1 to the next number: what rounding changes a number of about 1 by, at most. */
const units: Record<string, number> = { float16: 2 ** -11, bfloat16: 2 ** -8 };

/**
 * Keras rounds after each op, and sums of convolutions in half precision in TensorFlow; layers here round their inputs, weights
 * and outputs. A few ops one after the other are that many roundings, of numbers not larger than the largest of the output;
 * recurrent layers round each of up to 4 steps several times.
 */
const roundings = 6;
const roundingsOfSteps = 12;

/** Kinds of layers whose numbers Keras draws itself, or that keep the dtype in Keras as it is written: none of precision. */
const differs = /^random_|^center_crop_(larger|taller)$/;

function withPolicy(given: Table, policy: string): Table {
  if (Array.isArray(given)) return given.map((item) => withPolicy(item, policy));
  if (typeof given !== "object" || given === null) return given;
  if (given.class_name === "DTypePolicy") return { ...given, config: { name: policy } };
  return Object.fromEntries(Object.entries(given).map(([key, value]) => [key, withPolicy(value, policy)]));
}

const openShape = ({ shape }: Tensor) => [null, ...shape.slice(1)];

async function checkCase({ family, policy, dtype, y }: Table, spec: Table): Promise<void> {
  await clearSession();
  const where = `${spec.name} under ${policy}`;
  const node = { module: "keras.layers", class_name: spec.class_name, config: withPolicy(spec.serialized, policy) };
  const layer = makeObject<Layer>(node, "layer");
  assert.deepEqual(JSON.parse(JSON.stringify(layer.getConfig())), node.config, where);
  const inputs: Tensor[] = spec.inputs.map(toTensor);
  const names: string[] = spec.names ?? [];
  const arrange = <T>(items: readonly T[]) =>
    [
      names.length > 0 || items.length === 1 ? items[0] : items,
      Object.fromEntries(names.map((name, i) => [camelCase(name), items[i + 1]])),
    ] as [T, Record<string, T>];
  const [shape, shapes] = arrange(inputs.map(openShape));
  layer.ensureBuilt(shape, shapes);
  layer.setWeights(spec.initial.map(toTensor));
  const run = compile((...items: Value[]) => {
    const [x, named] = arrange<Operand>(items);
    return flatten((layer as Table).apply(x, named))[0] as Value;
  });
  const made = await run(...inputs);
  assert.equal(made.dtype, dtype, where);
  const expected = Array.from(toTensor(y).data);
  const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const count = family === "recurrent" ? roundingsOfSteps : roundings;
  const bound = (units[dtype] ?? 0) * count * largest;
  made.data.forEach((value, i) => {
    if (Object.is(value, expected[i])) return;
    assert.ok(Math.abs(value - expected[i]) <= bound, `${where}: ${value} for ${expected[i]}, bound ${bound}`);
  });
}

const families = [...new Set<string>(cases.map(({ family }: Table) => family))];

for (const family of families) {
  const specs: Table[] = golden(family).cases;
  testOnBackends(`${family} under policies are Keras's`, async (backend: BackendName) => {
    const seen = new Set<string>();
    for (const each of cases) {
      const spec = specs.find(({ name }: Table) => name === each.name);
      if (each.family !== family || differs.test(each.name)) continue;
      const key = `${spec.class_name} ${each.policy}`;
      // Pipelines take long to compile: there, each class once for each policy.
      if (backend === "webgpu" && (seen.has(key) || each.policy === "float16")) continue;
      seen.add(key);
      await checkCase(each, spec);
    }
  });
}

Deno.test("policies and their configs are Keras's", () => {
  for (const { name, compute, variable, serialized } of policies) {
    const policy = new DTypePolicy(name);
    assert.deepEqual([policy.name, policy.computeDtype, policy.variableDtype], [name, compute, variable]);
    assert.deepEqual(policy.getConfig(), { name });
    assert.deepEqual(dtypePolicies.serialize(policy), serialized);
    assert.deepEqual(dtypePolicies.deserialize(serialized), policy);
    assert.deepEqual(dtypePolicies.get(name), policy);
    assert.equal(dtypePolicies.get(policy), policy);
    assert.deepEqual(DTypePolicy.fromConfig({ name }), policy);
  }
  assert.equal(mixedPrecision.Policy, DTypePolicy);
  assert.equal(dtypePolicies.FloatDTypePolicy, DTypePolicy);
});

Deno.test("the global policy is that of layers without one, from when it is set", () => {
  const before = new layers.Dense(1);
  try {
    mixedPrecision.setGlobalPolicy("mixed_bfloat16");
    assert.equal(mixedPrecision.globalPolicy().name, "mixed_bfloat16");
    assert.equal(config.dtypePolicy().computeDtype, "bfloat16");
    assert.equal(new DTypePolicy().name, "mixed_bfloat16");
    assert.equal(dtypePolicies.get(null).name, "mixed_bfloat16");
    const [own, other] = [new layers.Dense(1), new layers.Dense(1, { dtype: "float32" })];
    assert.deepEqual([before, own, other].map(({ computeDtype }) => computeDtype), ["float32", "bfloat16", "float32"]);
    config.setDtypePolicy(new DTypePolicy("float16"));
    const model = new Sequential([Input({ shape: [2] }), new layers.Dense(1)]);
    assert.deepEqual(model.weights.map(({ dtype }) => dtype), ["float16", "float16"]);
    assert.deepEqual([model.variableDtype, model.dtypePolicy.name], ["float16", "float16"]);
  } finally {
    config.setDtypePolicy("float32");
  }
});

Deno.test("unknown policies are refused, with a hint", () => {
  const list = '"float32", "float16", "bfloat16", "mixed_float16", "mixed_bfloat16"';
  const refused: readonly [() => unknown, string][] = [
    [
      () => config.setDtypePolicy("mixed_float61" as "float32"),
      `Cannot set the dtype policy: a dtype policy must be one of ${list}, received "mixed_float61": did you mean "mixed_float16"?`,
    ],
    [
      () => new layers.Dense(1, { dtype: "float64" as "float32" }),
      `Cannot make Dense: a dtype policy must be one of ${list}, received "float64": layers compute in float32 at most: ` +
      'use "float32"',
    ],
    [
      () => new DTypePolicy(16 as unknown as "float16"),
      `Cannot make a DTypePolicy: a dtype policy must be one of ${list}, received 16: use "mixed_float16" to compute in half ` +
      'precision with weights in float32, or leave it out for "float32"',
    ],
    [
      () =>
        dtypePolicies.deserialize({ module: "keras", class_name: "DTypePolicy", config: {}, registered_name: null }),
      `Cannot get a dtype policy: a dtype policy must be one of ${list}, received undefined: use "mixed_float16" to compute ` +
      'in half precision with weights in float32, or leave it out for "float32"',
    ],
  ];
  for (const [run, message] of refused) {
    assert.throws(run, (error: Error) => (assert.equal(error.message, message), true));
  }
  assert.equal(config.dtypePolicy().name, "float32");
});

class Seen extends Layer {
  factor!: Weight;
  exact!: Weight;
  seen: string[] = [];
  override build() {
    this.factor = this.addWeight({ name: "factor", shape: [], initializer: "ones" });
    this.exact = this.addWeight({ name: "exact", shape: [], initializer: "ones", autocast: false });
  }
  override call(x: Value, { other }: Table) {
    const read = [x, this.factor.value(), this.exact.value(), ...other ? [other as Value] : []];
    this.seen = read.map(({ dtype }) => dtype);
    return ops.multiply(x, this.factor);
  }
}

testOnBackends("a custom layer gets inputs and weights in its compute dtype, unless it says otherwise", async () => {
  const x = tensor([[1.0001, 2]]);
  const layer = new Seen({ dtype: "mixed_float16" });
  const y = await compile((x: Value) => layer.apply(x, { other: x } as Table))(x);
  assert.deepEqual(layer.seen, ["float16", "float16", "float32", "float16"]);
  assert.deepEqual([y.dtype, ...y.data], ["float16", 1, 2]);
  assert.equal(layer.factor.dtype, "float32");
  class Careless extends Seen {
    override readonly autocast = false;
  }
  const other = new Careless({ dtype: "mixed_float16" });
  const same = await compile((x: Value) => other.apply(x))(x);
  assert.deepEqual(other.seen, ["float32", "float32", "float32"]);
  assert.equal(same.dtype, "float32");
});

testOnBackends("gradients by float32 weights are float32, rounded where the half type is crossed", async () => {
  const dense = new layers.Dense(1, { dtype: "mixed_float16", useBias: false, kernelInitializer: "ones" });
  dense.ensureBuilt([null, 2]);
  const step = compile((x: Value) => gradients(ops.sum(ops.cast(dense.apply(x), "float32")), [dense.kernel]));
  // 2048 + 1 has no float16: the sum of the two rows is rounded to 2048.
  const [gradient] = await step([[2048, 0.5], [1, 0.25]]);
  assert.deepEqual([gradient.dtype, ...gradient.data], ["float32", 2048, 0.75]);
});

Deno.test("symbolic tensors and summaries have the dtypes of policies", () => {
  const x = Input({ shape: [4] });
  const y = new layers.Dense(3, { dtype: "mixed_bfloat16" }).apply(x);
  const z = new layers.Dense(2, { dtype: "float32" }).apply(y);
  assert.deepEqual([x.dtype, y.dtype, z.dtype], ["float32", "bfloat16", "float32"]);
  assert.equal(new layers.Add().apply([y, y]).dtype, "float32");
  assert.equal(new layers.Add({ dtype: "mixed_float16" }).apply([y, y]).dtype, "float16");
  assert.equal(ops.add(y, 1).dtype, "bfloat16");
  const model = new Model({ inputs: x, outputs: [y, z] });
  assert.deepEqual(model.outputs.map(({ dtype }) => dtype), ["bfloat16", "float32"]);
});

Deno.test("the graph of a float32 layer is what it was: no casts, and the same nodes", () => {
  const graphOf = (dtype: "float32" | "mixed_float16") => {
    const trace = new Trace();
    const layer = new layers.Dense(3, { activation: "relu", dtype });
    withContext(recording(trace), () => {
      const y = layer.apply(trace.input({ shape: [2, 4], dtype: "float32" }));
      trace.graph.outputs.push(idOf(trace.emit("reshape", [y], { shape: [6] })[0]));
    });
    return trace.graph;
  };
  const plain = graphOf("float32");
  assert.deepEqual(plain.nodes.map(({ op }) => op), ["matmul", "add", "relu", "reshape"]);
  assert.equal(printGraph(optimize(plain)).includes("roundTo"), false);
  // Inputs, kernel and bias are rounded, and the output in the epilogue of the product.
  const mixed = optimize(graphOf("mixed_float16"), { verify: true });
  assert.equal(mixed.types.some(({ dtype }) => dtype === "float16"), false);
  assert.equal(mixed.nodes.filter(({ op }) => op === "matmul").length, 1);
  assert.match(printGraph(mixed), /matmul.*roundToFloat16/s);
});
