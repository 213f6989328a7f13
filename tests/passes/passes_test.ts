// The passes: printed graphs before and after each.
import assert from "node:assert/strict";
import { gradientsOf } from "../../lib/ir/grad.ts";
import type { Graph } from "../../lib/ir/graph.ts";
import { printGraph } from "../../lib/ir/print.ts";
import { withContext } from "../../lib/ir/context.ts";
import { recording, Trace } from "../../lib/ir/trace.ts";
import type { Value } from "../../lib/ir/value.ts";
import { verifyGraph } from "../../lib/ir/verify.ts";
import * as ops from "../../lib/ops/primitives.ts";
import { fuse } from "../../lib/passes/fuse.ts";
import { planMemory } from "../../lib/passes/memory.ts";
import { optimize, planGraph } from "../../lib/passes/pipeline.ts";
import { simplify } from "../../lib/passes/simplify.ts";
import { Tensor, tensor } from "../../lib/tensor/tensor.ts";
import { Variable } from "../../lib/tensor/variable.ts";
import { graphOf } from "./graph_of.ts";

function assertPrints(graph: Graph, expected: string): void {
  verifyGraph(graph);
  const trim = (text: string) => text.trim().split("\n").map((line) => line.trim()).join("\n");
  assert.equal(trim(printGraph(graph)), trim(expected));
}

const bytesOf = () => 4;

Deno.test("simplify drops what changes nothing", () => {
  const graph = graphOf([[2, 3]], (x) => ops.divide(ops.add(ops.multiply(ops.transpose(ops.transpose(x)), 1), 0), 1));
  assertPrints(simplify(graph), "input %0: float32[2, 3]\nreturn %0");
});

Deno.test("simplify merges equal nodes and drops unread ones", () => {
  const graph = graphOf([[4]], (x) => {
    ops.exp(x);
    return ops.add(ops.tanh(x), ops.tanh(x));
  });
  assertPrints(
    simplify(graph),
    `input %0: float32[4]
     %1: float32[4] = tanh(%0)
     %2: float32[4] = add(%1, %1)
     return %2`,
  );
});

Deno.test("simplify tells 0 from -0 and folds constants", () => {
  const graph = graphOf([[2]], (x) => [
    ops.multiply(x, ops.add(tensor([1, 2]) as never, 1) as unknown as Value),
    ops.divide(x, tensor([0, 0])),
    ops.divide(x, tensor([-0, -0])),
  ]);
  const simple = simplify(graph);
  const constants = simple.nodes.flatMap((node) => (node.op === "constant" ? [[...node.attrs.data]] : []));
  assert.deepEqual(constants, [[2, 3], [0, 0], [-0, -0]]);
});

Deno.test("numbers that give a program its shape count among the buffers that a dispatch may bind", () => {
  const graph = graphOf([[3, 1], [1, 4]], (column, row) => {
    let y = ops.add(column, row);
    for (let i = 2; i < 12; i++) y = ops.multiply(ops.tanh(y), i);
    return y;
  });
  const fused = fuse(simplify(graph));
  verifyGraph(fused);
  const programs = fused.nodes.filter(({ op }) => op === "fused");
  for (const { inputs, outputs } of programs) assert.ok(inputs.length + outputs.length <= 8, printGraph(fused));
  assert.equal(programs.length, 2);
});

Deno.test("simplify folds transposes into products", () => {
  const graph = graphOf([[3, 2], [4, 3]], (a, b) => ops.matmul(ops.transpose(a), ops.transpose(b)));
  assertPrints(
    simplify(graph),
    `input %0: float32[3, 2]
     input %1: float32[4, 3]
     %2: float32[2, 4] = matmul(%0, %1) transposeA transposeB
     return %2`,
  );
});

Deno.test("fuse merges chains, and literals into them", () => {
  const graph = graphOf([[5], []], (x, y) => ops.add(ops.multiply(ops.exp(x), 2), y));
  assertPrints(
    optimize(graph, { verify: true }),
    `input %0: float32[5]
     input %1: float32[]
     %2: float32[5] = fused(%0, %1) { add(multiply(exp(a), 2), b) }
     return %2`,
  );
});

Deno.test("fuse puts bias and activation into the product", () => {
  const graph = graphOf([[8, 4], [4, 3], [3]], (x, w, b) => ops.relu(ops.add(ops.matmul(x, w), b)));
  assertPrints(
    optimize(graph, { verify: true }),
    `input %0: float32[8, 4]
     input %1: float32[4, 3]
     input %2: float32[3]
     %3: float32[8, 3] = matmul(%0, %1, %2) { relu(add(a, b)) }
     return %3`,
  );
});

Deno.test("fuse makes no cycle: a reduction between two elementwise ops keeps them apart", () => {
  const graph = graphOf([[4, 5]], (x) => {
    const e = ops.exp(x);
    return ops.divide(e, ops.sum(e, 1, true));
  });
  assertPrints(
    optimize(graph, { verify: true }),
    `input %0: float32[4, 5]
     %1: float32[4, 5] = fused(%0) { exp(a) }
     %2: float32[4] = sum(%1) {"axes":[1]}
     %3: float32[4, 1] = reshape(%2) {"shape":[4,1]}
     %4: float32[4, 5] = fused(%1, %3) { divide(a, b) }
     return %4`,
  );
});

Deno.test("fuse stays within the buffers that a dispatch may bind", () => {
  const graph = graphOf(Array.from({ length: 12 }, () => [6]), (...values) => values.reduce((a, b) => ops.add(a, b)));
  const fused = fuse(simplify(graph));
  verifyGraph(fused);
  assert.ok(fused.nodes.length > 1);
  for (const node of fused.nodes) {
    assert.ok(node.inputs.length + node.outputs.length <= 8, `${node.inputs.length} inputs`);
  }
});

Deno.test("memory reuses slots, in place where a node may", () => {
  const chain = graphOf([[64]], (x) => ops.sum(ops.reverse(ops.tanh(ops.reverse(ops.exp(x), 0)), 0)));
  const apart = planGraph(chain, { bytesOf, reuseInputs: false });
  const over = planGraph(chain, { bytesOf, reuseInputs: true });
  assert.equal(apart.slots.length, 2);
  assert.equal(over.slots.length, 2);
  const fusedPlaces = over.graph.nodes.filter(({ op }) => op === "fused").map((
    { inputs, outputs },
  ) => [over.places[inputs[0]], over.places[outputs[0]]]);
  assert.deepEqual(fusedPlaces[1][0], fusedPlaces[1][1]);
});

Deno.test("a variable is written where it lies only after its last reader", () => {
  const w = new Variable(tensor([1, 2, 3]), { name: "w" });
  const total = new Variable(tensor([0]), { name: "total" });
  const planOf = (body: () => void) => {
    const trace = new Trace();
    withContext(recording(trace), body);
    return planMemory(optimize(trace.graph, { verify: true }), { bytesOf, reuseInputs: true });
  };
  const free = planOf(() => {
    total.assign(ops.reshape(ops.sum(w.value()), [1]));
    w.assign(ops.multiply(w.value(), 2));
  });
  assert.ok(free.graph.nodes.every(({ origin }) => origin.op !== "copy"));
  // The new value is computed first and the old one read afterwards: it must not be overwritten.
  const late = planOf(() => {
    const old = w.value();
    w.assign(ops.reverse(old, 0));
    total.assign(ops.reshape(ops.sum(old), [1]));
  });
  assert.equal(late.graph.nodes.filter(({ origin }) => origin.op === "copy").length, 1);
});

Deno.test("an optimizer's gradients lie flat in the order of its variables", () => {
  const variables = [
    new Variable(tensor([[1, 2], [3, 4]]), { name: "a" }),
    new Variable(tensor([1, 2]), { name: "b" }),
  ];
  const trace = new Trace();
  withContext(recording(trace), () => {
    const [a, b] = variables.map((variable) => trace.read(variable));
    const loss = ops.sum(ops.square(ops.add(ops.matmul(a, a), b)));
    const gradients = gradientsOf(trace, loss, [a, b]);
    const rate = trace.constant([], "float32", Float32Array.of(0.1));
    variables.forEach((variable, i) => {
      const operands = [trace.read(variable), gradients[i], rate];
      trace.assign(variable, trace.emit("sgdUpdate", operands, { momentum: 0, nesterov: false })[0]);
    });
  });
  const plan = planGraph(trace.graph, { bytesOf, reuseInputs: false });
  const update = plan.graph.nodes.find(({ op }) => op === "foreach")!;
  const [first, second] = update.inputs.slice(2, 4).map((id) => plan.places[id]);
  assert.ok(first?.kind === "slot" && second?.kind === "slot");
  assert.deepEqual([second.slot, first.offset, second.offset], [first.slot, 0, 256]);
  assert.deepEqual(update.outputs.map((id) => plan.places[id]), update.inputs.slice(0, 2).map((id) => plan.places[id]));
});

/** A graph that reads variables of these shapes, and assigns the results of `fn` to them. */
function updating(shapes: number[][], fn: (values: Value[]) => Value[]): Graph {
  const variables = shapes.map((shape, i) => {
    const zeros = new Float32Array(shape.reduce((a, b) => a * b, 1));
    return new Variable(new Tensor(shape, "float32", zeros), { name: `v${i}` });
  });
  const trace = new Trace();
  withContext(recording(trace), () => {
    const next = fn(variables.map((variable) => trace.read(variable)));
    next.forEach((value, i) => trace.assign(variables[i], value));
  });
  return trace.graph;
}

Deno.test("what does the same to several variables is one node, whatever their shapes", () => {
  const graph = updating([[2, 3], [4], [], []], ([a, b, c, rate]) => [a, b, c].map((v) => ops.multiply(v, rate)));
  assertPrints(
    optimize(graph, { verify: true }),
    `state %0: float32[2, 3] = v0
     state %1: float32[4] = v1
     state %2: float32[] = v2
     state %3: float32[] = v3
     %4: float32[2, 3], %5: float32[4], %6: float32[] = foreach(%0, %1, %2, %3, %3, %3) 3 x fused { multiply(a, b) }
     v0 := %4
     v1 := %5
     v2 := %6`,
  );
});

Deno.test("updates stay apart where one needs another, or where a number differs in a bit", () => {
  const foreachs = (graph: Graph) =>
    optimize(graph, { verify: true }).nodes.filter(({ op }) => op === "foreach").length;
  const halved = (v: Value) => ops.multiply(v, 0.5);
  assert.equal(foreachs(updating([[2], [3]], ([a, b]) => [halved(a), halved(b)])), 1);
  const chained = updating([[2], [3]], ([a, b]) => {
    const next = halved(a);
    return [next, halved(ops.add(b, ops.sum(ops.exp(next))))];
  });
  assert.equal(foreachs(chained), 0);
  assert.equal(foreachs(updating([[2], [3]], ([a, b]) => [ops.maximum(a, 0), ops.maximum(b, -0)])), 0);
  // A node that reads variables without leading to their new values is not an update.
  assert.equal(foreachs(updating([[], [2], [2]], ([, a, b]) => [ops.sum(ops.add(ops.exp(a), ops.exp(b)))])), 0);
});

Deno.test("an update alone is an epilogue, several are one node after their products", () => {
  const step = (shapes: number[][]) => {
    const graph = updating(shapes, (values) => values.map((v) => ops.subtract(v, ops.matmul(v, v))));
    return optimize(graph, { verify: true }).nodes.map(({ op }) => op);
  };
  assert.deepEqual(step([[2, 2]]), ["matmul"]);
  assert.deepEqual(step([[2, 2], [3, 3]]), ["matmul", "matmul", "foreach"]);
});

Deno.test("programs that update variables and read the same one are joined", () => {
  // Like Lion: two mixtures of mean and gradient, one for the step and one for the mean.
  const graph = updating([[2], [2], [2]], ([w, mean, g]) => [
    ops.subtract(w, ops.sign(ops.add(ops.multiply(mean, 0.9), ops.reverse(g, 0)))),
    ops.add(ops.multiply(mean, 0.5), ops.reverse(g, 0)),
  ]);
  assert.deepEqual(optimize(graph, { verify: true }).nodes.map(({ op }) => op), ["reverse", "fused"]);
});

Deno.test("values lie flat in slots of bounded size, and copies where one would have to lie twice", () => {
  const graph = updating([[64], [64], [64], [64]], (values) => {
    const [a, b, c] = values.slice(0, 3).map((v) => ops.reverse(v, 0));
    // The last two use the same gradient.
    return [a, b, c, c].map((gradient, i) => ops.subtract(values[i], gradient));
  });
  const placesFor = (flatBytes?: number) => {
    const plan = planMemory(optimize(graph, { verify: true }), { bytesOf, reuseInputs: false, flatBytes });
    const update = plan.graph.nodes.find(({ op }) => op === "foreach")!;
    assert.equal(plan.graph.nodes.filter(({ origin }) => origin.op === "copy").length, 1);
    return update.inputs.slice(4).map((id) => plan.places[id]!).map((place) => place.kind === "slot" && place.offset);
  };
  assert.deepEqual(placesFor(), [0, 256, 512, 768]);
  assert.deepEqual(placesFor(512), [0, 256, 0, 256]);
});

Deno.test("the verifier names what is broken", () => {
  const graph = graphOf([[2, 3]], (x) => ops.exp(x));
  const [node] = graph.nodes;
  assert.throws(
    () => verifyGraph({ ...graph, nodes: [{ ...node, inputs: [7] } as typeof node] }),
    /reads value 7 before/,
  );
  assert.throws(() => verifyGraph({ ...graph, nodes: [] }), /is never defined/);
  assert.throws(() => verifyGraph({ ...graph, nodes: [node, node] }), /defines value 1 again/);
  const wrong = { ...graph, types: [graph.types[0], { shape: [3], dtype: "float32" as const }] };
  assert.throws(() => verifyGraph(wrong), /its row says float32\[2, 3\]/);
});
