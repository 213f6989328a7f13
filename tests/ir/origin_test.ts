// Origins: every node knows the layer and the part of the step that it belongs to, through gradients and passes.
import assert from "node:assert/strict";
import { withContext } from "../../lib/ir/context.ts";
import { gradientsOf } from "../../lib/ir/grad.ts";
import type { Graph, Node } from "../../lib/ir/graph.ts";
import { Origin } from "../../lib/ir/origin.ts";
import { owned, recording, scoped, Trace } from "../../lib/ir/trace.ts";
import { bytesPerElement } from "../../lib/dtype.ts";
import { fuseGathers } from "../../lib/exec/webgpu/gathers.ts";
import * as ops from "../../lib/ops/primitives.ts";
import { gpuTuning } from "../../lib/ops/webgpu/kernels/tuning.ts";
import { planMemory } from "../../lib/passes/memory.ts";
import { optimize } from "../../lib/passes/pipeline.ts";
import { Tensor } from "../../lib/tensor/tensor.ts";
import { Variable } from "../../lib/tensor/variable.ts";

const zeros = (name: string, shape: readonly number[]) =>
  new Variable(new Tensor(shape, "float32", new Float32Array(shape.reduce((a, b) => a * b, 1))), { name });

/** The texts of all that a node was made of. */
const partsOf = ({ origin }: Node) => origin.parts.map(String);

const within = <T>(name: string, body: () => T): T => withContext([scoped(name)], body);

/** Two dense layers, their gradients, and a step of the optimizer. */
function step(variables: readonly Variable[], marked: boolean): Graph {
  const trace = new Trace();
  const inScope = <T>(name: string, body: () => T): T => (marked ? within(name, body) : body());
  withContext(recording(trace), () => {
    const [x, a, b, c] = variables.map((variable) => trace.read(variable));
    const hidden = inScope("model", () => inScope("first", () => ops.tanh(ops.add(ops.matmul(x, a), c))));
    const y = inScope("model", () => inScope("second", () => ops.matmul(hidden, b)));
    const inLoss = marked ? [owned("loss", "mse")] : [];
    const loss = withContext(inLoss, () => ops.sum(ops.square(y)));
    const gradients = gradientsOf(trace, loss, [a, b, c]);
    const inUpdate = marked ? [owned("optimizer", "sgd")] : [];
    withContext(
      inUpdate,
      () =>
        [a, b, c].forEach((value, i) =>
          trace.assign(variables[i + 1], ops.subtract(value, ops.multiply(gradients[i], 0.1)))
        ),
    );
  });
  return trace.graph;
}

const makeVariables = () => [zeros("x", [8, 4]), zeros("a", [4, 6]), zeros("b", [6, 2]), zeros("c", [6])];

Deno.test("a gradient belongs to the layer of what it differentiates", () => {
  const { nodes } = step(makeVariables(), true);
  const scopes = new Set(nodes.map(({ origin: { scope } }) => `${scope.kind} ${scope.path} ${scope.backward}`));
  assert.deepEqual([...scopes].sort(), [
    "layer model/first false",
    "layer model/first true",
    "layer model/second false",
    "layer model/second true",
    "loss mse false",
    "loss mse true",
    "optimizer sgd false",
  ]);
  assert.deepEqual(nodes.filter(({ op }) => op === "matmul").map(({ origin }) => String(origin)), [
    "model/first/matmul",
    "model/second/matmul",
    "grad:model/second/matmul",
    "grad:model/second/matmul",
    "grad:model/first/matmul",
    "grad:model/first/matmul",
  ]);
});

Deno.test("nodes that passes make of several know all of them", () => {
  const { nodes } = optimize(step(makeVariables(), true));
  const product = nodes.find(({ origin }) => String(origin) === "model/first/matmul")!;
  const [forward, backward] = [partsOf(product).slice(0, 3), partsOf(product).slice(3)];
  assert.deepEqual(forward, ["model/first/matmul", "model/first/add", "model/first/tanh"]);
  // The derivative of tanh is computed from its result, in the same pass over it.
  assert.ok(backward.every((part) => part.startsWith("grad:model/first/")), backward.join());
  const updates = nodes.filter((node) => partsOf(node).includes("sgd/subtract"));
  assert.deepEqual(updates.map(partsOf), [["sgd/multiply", "sgd/subtract"]]);
  const known = new Set(step(makeVariables(), true).nodes.map(({ origin }) => String(origin)));
  for (const node of nodes) for (const part of partsOf(node)) assert.ok(known.has(part), part);
});

Deno.test("an update in the pass over a gradient belongs to the layer and to the optimizer", () => {
  const trace = new Trace();
  const [x, w] = [zeros("x", [8, 4]), zeros("w", [4, 6])];
  withContext(recording(trace), () => {
    const weight = trace.read(w);
    const y = within("dense", () => ops.matmul(trace.read(x), weight));
    const [gradient] = gradientsOf(trace, ops.sum(ops.square(y)), [weight]);
    withContext([owned("optimizer", "sgd")], () => trace.assign(w, ops.subtract(weight, ops.multiply(gradient, 0.1))));
  });
  const last = optimize(trace.graph).nodes.at(-1)!;
  assert.deepEqual(partsOf(last), ["grad:dense/matmul", "sgd/multiply", "sgd/subtract"]);
  assert.equal(String(last.origin), "grad:dense/matmul");
});

Deno.test("merged updates, moved reshapes, gathers and bodies of loops keep their origins", () => {
  const trace = new Trace();
  const [a, b] = [zeros("a", [16]), zeros("b", [8])];
  withContext([...recording(trace), owned("optimizer", "sgd")], () => {
    for (const variable of [a, b]) trace.assign(variable, ops.multiply(ops.add(trace.read(variable), 1), 2));
  });
  const merged = optimize(trace.graph).nodes.find(({ op }) => op === "foreach")!;
  assert.deepEqual(partsOf(merged), ["sgd/add", "sgd/multiply"]);

  const folded = new Trace();
  const [x, w, out] = [zeros("x", [2, 3, 4]), zeros("w", [4, 5]), zeros("out", [2, 3, 5])];
  withContext([...recording(folded), scoped("dense")], () => {
    const rows = ops.matmul(ops.reshape(folded.read(x), [6, 4]), folded.read(w));
    const y = ops.reshape(rows, [2, 3, 5]);
    folded.assign(out, ops.reverse(within("activation", () => ops.tanh(y)), 0));
  });
  const product = optimize(folded.graph).nodes.find(({ op }) => op === "matmul")!;
  assert.deepEqual(partsOf(product), ["dense/matmul", "dense/activation/tanh"]);

  const gathering = new Trace();
  const [table, order, result] = [zeros("table", [32, 4]), zeros("order", [8]), zeros("result", [8, 4])];
  withContext(recording(gathering), () => {
    const indices = ops.cast(gathering.read(order), "int32");
    const rows = withContext([owned("data", "batches")], () => ops.gather(gathering.read(table), indices));
    gathering.assign(result, within("scale", () => ops.multiply(rows, 3)));
  });
  const fused = fuseGathers(optimize(gathering.graph), gpuTuning, 2 ** 27);
  const scale = fused.nodes.find(({ origin }) => String(origin) === "scale/multiply")!;
  assert.deepEqual(partsOf(scale), ["batches/gather", "scale/multiply"]);

  const loop = new Origin({ kind: "layer", path: "lstm", backward: true }, "scan");
  const inner = new Origin({ kind: "layer", path: "cell", backward: false }, "matmul");
  assert.equal(String(inner.within(loop)), "grad:lstm/matmul");
});

Deno.test("origins change no plan", () => {
  const planOf = (marked: boolean) => {
    const { graph, places, slots } = planMemory(optimize(step(makeVariables(), marked)), {
      bytesOf: bytesPerElement,
      reuseInputs: true,
    });
    return { nodes: graph.nodes.map(({ origin: _, ...node }) => node), types: graph.types, places, slots };
  };
  assert.deepEqual(planOf(true), planOf(false));
});

Deno.test("what is merged with itself stays as it is", () => {
  const scope = { kind: "layer", path: "dense", backward: false } as const;
  const [add, again, relu] = [new Origin(scope, "add"), new Origin({ ...scope }, "add"), new Origin(scope, "relu")];
  assert.equal(Origin.merged([add, again]), add);
  const both = Origin.merged([add, relu], relu);
  assert.equal(String(both), "dense/relu");
  assert.deepEqual(Origin.merged([both, again, both]).parts.map(String), ["dense/add", "dense/relu"]);
});
