// Divided programs: the parts of all processes, run in lockstep, compute what the whole program does in one.
import assert from "node:assert/strict";
import type { Graph, Node, ValueId } from "../../lib/ir/graph.ts";
import { interpret } from "../../lib/ir/interpret.ts";
import { opDef, type RefArray } from "../../lib/ir/op_def.ts";
import { verifyGraph } from "../../lib/ir/verify.ts";
import { recording, requireTrace, Trace } from "../../lib/ir/trace.ts";
import { withContext } from "../../lib/ir/context.ts";
import { idOf, type Value } from "../../lib/ir/value.ts";
import { gradientsOf } from "../../lib/ir/grad.ts";
import { scan } from "../../lib/ops/defs/scan.ts";
import { attend } from "../../lib/ops/attention.ts";
import * as ops from "../../lib/ops/ops.ts";
import * as o from "../../lib/ops/primitives.ts";
import { divide, ownRows } from "../../lib/passes/divide.ts";
import { optimize } from "../../lib/passes/pipeline.ts";
import { sizeOf } from "../../lib/shape.ts";
import { Variable } from "../../lib/tensor/variable.ts";
import { randomProgram } from "./random_program.ts";

const isSum = ({ op, attrs }: Node) => op === "allReduce" || ("each" in attrs && attrs.each.op === "allReduce");

/** The values of `graph`'s variables before it: the same for the same variable. */
function startOf(graph: Graph, fill: (name: string, i: number) => number): Map<ValueId, RefArray> {
  return new Map(graph.state.map(({ variable: { name, shape, dtype }, input }) => {
    const data = Float64Array.from({ length: sizeOf(shape) }, (_, i) => fill(name, i));
    return [input, { shape, dtype, data: dtype === "int32" ? data.map(Math.round) : data }];
  }));
}

const wave = (name: string, i: number) => Math.sin(i * 1.7 + name.length + name.charCodeAt(name.length - 1));

/** The variables after the whole program. */
function runWhole(graph: Graph, fill = wave): Float64Array[] {
  const values = startOf(graph, fill);
  interpret(graph, values);
  return graph.state.map(({ output }) => values.get(output)!.data);
}

/** The variables of each process after its part, adding up where all of them have arrived. */
function runParts(graphs: readonly Graph[], fill = wave): Float64Array[][] {
  const states = graphs.map((graph) => startOf(graph, fill));
  const at = graphs.map(() => 0);
  for (;;) {
    graphs.forEach((graph, rank) => {
      for (; at[rank] < graph.nodes.length && !isSum(graph.nodes[at[rank]]); at[rank]++) {
        const node = graph.nodes[at[rank]];
        const values = states[rank];
        const outputs = node.outputs.map((id) => graph.types[id]);
        const results = opDef(node.op).reference(node.inputs.map((id) => values.get(id)!), node.attrs, outputs);
        node.outputs.forEach((id, i) => values.set(id, { ...graph.types[id], data: results[i] }));
      }
    });
    const waiting = graphs.map((graph, rank) => graph.nodes[at[rank]]);
    if (waiting.every((node) => !node)) break;
    assert.ok(waiting.every((node) => node), "a process waits for one that is done");
    waiting[0].inputs.forEach((_, i) => {
      const parts = waiting.map((node, rank) => states[rank].get(node.inputs[i])!.data);
      const sum = parts[0].map((_, k) => parts.reduce((total, part) => total + part[k], 0));
      waiting.forEach((node, rank) => {
        states[rank].set(node.outputs[i], { ...graphs[rank].types[node.outputs[i]], data: sum });
      });
    });
    at.forEach((_, rank) => at[rank]++);
  }
  return graphs.map((graph, rank) => graph.state.map(({ output }) => states[rank].get(output)!.data));
}

/** Checks the parts of `graph` for each number of processes, as they are and after the passes. */
function check(graph: Graph, batch: readonly ValueId[], rows: number, sizes: readonly number[], fill = wave): Graph[] {
  const whole = runWhole(graph, fill);
  let last: Graph[] = [];
  for (const size of sizes) {
    const parts = Array.from({ length: size }, (_, rank) => divide(graph, new Set(batch), ownRows(rows, rank, size)!));
    for (const part of parts) verifyGraph(part, `divided among ${size}`);
    for (const graphs of [parts, parts.map((part) => optimize(part, { verify: true }))]) {
      for (const [rank, found] of runParts(graphs, fill).entries()) {
        found.forEach((data, i) => {
          const largest = whole[i].reduce((most, value) => Math.max(most, Math.abs(value)), 1);
          data.forEach((value, k) => {
            const same = Math.abs(value - whole[i][k]) <= 1e-9 * largest || Object.is(value, whole[i][k]);
            assert.ok(
              same,
              `process ${rank} of ${size}, ${graph.state[i].variable.name}[${k}]: ${value}, not ${whole[i][k]}`,
            );
          });
        });
      }
    }
    last = parts;
  }
  return last;
}

/** A program that `body` traces, given the batch `[rows, ...]`; what it returns is assigned to variables. */
function traced(
  shape: readonly number[],
  body: (x: Value, weights: (name: string, shape: readonly number[]) => Value) => Record<string, Value>,
): { graph: Graph; batch: ValueId } {
  const trace = new Trace();
  const variable = (name: string, shape: readonly number[]) =>
    trace.read(Variable.zeros(shape, { name, dtype: "float32", trainable: false }));
  let batch = -1;
  withContext(recording(trace), () => {
    const x = variable("x", shape);
    batch = idOf(x);
    for (const [name, value] of Object.entries(body(x, variable))) {
      trace.assign(Variable.zeros(value.shape, { name, dtype: value.dtype, trainable: false }), value);
    }
  });
  return { graph: trace.graph, batch };
}

const slopes = (loss: Value, of: readonly Value[]) => gradientsOf(requireTrace("gradients"), loss, of);
const sums = (graph: Graph) => graph.nodes.filter(isSum).length;

Deno.test("random programs divided among processes compute what one does", () => {
  for (let seed = 0; seed < 150; seed++) {
    const { graph } = randomProgram(seed);
    // The program changes what it reads, so only what is never assigned can be a batch.
    const state = graph.state.find(({ variable, input }) => variable.shape[0] === 4 && input >= 0);
    if (!state) continue;
    check(graph, [state.input], 4, [2, 3, 4]);
  }
});

Deno.test("the gradients of a divided step are one message of all processes", () => {
  const { graph, batch } = traced([8, 3], (x, weights) => {
    const [w, b, v] = [weights("w", [3, 5]), weights("b", [5]), weights("v", [5, 2])];
    const loss = ops.mean(ops.square(ops.matmul(ops.tanh(ops.add(ops.matmul(x, w), b)), v))) as Value;
    const [dw, db, dv] = slopes(loss, [w, b, v]);
    return { loss, dw, db, dv };
  });
  const [part] = check(graph, [batch], 8, [2, 3, 4, 8]);
  assert.equal(sums(part), 1);
});

Deno.test("what normalizes over the batch adds up within the program", () => {
  const { graph, batch } = traced([6, 4, 3], (x, weights) => {
    const gamma = weights("gamma", [3]);
    const mean = ops.mean(x, [0, 1], true) as Value;
    const variance = ops.mean(ops.square(ops.subtract(x, mean)), [0, 1], true) as Value;
    const y = ops.multiply(ops.divide(ops.subtract(x, mean), ops.sqrt(ops.add(variance, 1e-3))), gamma) as Value;
    const loss = ops.sum(ops.square(ops.sin(y))) as Value;
    const [slope, byInput] = slopes(loss, [gamma, x]);
    return { loss, slope, byInput };
  });
  check(graph, [batch], 6, [2, 3, 4, 6]);
});

Deno.test("rows that were merged with other axes stay with their process", () => {
  const { graph, batch } = traced([4, 3, 5], (x, weights) => {
    const w = weights("w", [5, 2]);
    const flat = o.matmul(o.reshape(x, [12, 5]), w);
    const turned = o.reshape(o.transpose(x, [1, 0, 2]), [12, 5]);
    const [dw] = slopes(ops.sum(ops.square(o.matmul(turned, w))) as Value, [w]);
    return { flat: o.tanh(flat), back: o.reshape(flat, [4, 3, 2]), turned: o.exp(turned), dw };
  });
  check(graph, [batch], 4, [2, 3, 4]);
});

Deno.test("what compares all rows of the batch with each other has all of them", () => {
  const { graph, batch } = traced([5, 3], (x) => ({
    similar: o.matmul(x, x, { transposeB: true }),
    sorted: ops.sort(x, 0) as Value,
    top: ops.max(x, 0) as Value,
    reversed: o.reverse(x, [0]),
    shifted: ops.concatenate([o.slice(x, [1, 0], [4, 3]), o.slice(x, [0, 0], [1, 3])], 0) as Value,
  }));
  check(graph, [batch], 5, [2, 3, 5]);
});

Deno.test("each process draws the random numbers of its own rows", () => {
  const { graph, batch } = traced([6, 7], (x) => {
    const counter = o.cast(o.slice(o.reshape(o.multiply(x, 0), [42]), [0], [2]), "int32");
    const bits = o.randomBits(o.stopGradient(counter), [6, 7], 99) as Value;
    const turned = o.transpose(o.randomBits(counter, [7, 6], 98) as Value, [1, 0]);
    return { dropped: o.multiply(x, o.cast(bits, "float32")), others: o.multiply(x, o.cast(turned, "float32")) };
  });
  check(graph, [batch], 6, [2, 4]);
});

Deno.test("attention that drops weights is divided by samples, also those of an axis merged with others", () => {
  for (const samples of [4, 8]) {
    const shape = [samples, 3, 4, 2];
    const { graph, batch } = traced([4, samples * 6], (x, weights) => {
      const counter = o.stopGradient(o.cast(o.multiply(weights("counter", [2]), 100), "int32"));
      const query = o.multiply(o.reshape(x, shape), weights("query", [2]));
      const key = o.multiply(o.reshape(x, shape), weights("key", [2]));
      const dropout = { rate: 0.4, counter, path: 11 };
      const seen = attend(query, key, o.reshape(x, shape), { scale: 0.7, causal: true, dropout }) as Value;
      const [dq, dk] = slopes(ops.sum(ops.square(seen)) as Value, [query, key].map((value) => value as Value));
      return { seen, dq, dk };
    });
    const [part] = check(graph, [batch], 4, [2, 3, 4]);
    // A process has the queries of its own samples alone.
    const attentions = part.nodes.filter(({ op }) => op === "attention" || op === "attentionGradient");
    assert.deepEqual(attentions.map(({ inputs }) => part.types[inputs[0]].shape[0]), [samples / 4, samples / 4]);
  }
});

Deno.test("loops over steps carry the states of a process's rows", () => {
  const { graph, batch } = traced([4, 3, 2], (x, weights) => {
    const [w, u] = [weights("w", [2, 5]), weights("u", [5, 5])];
    const start = o.broadcastTo(weights("start", [5]), [4, 5]);
    const { carries: [last], stacked: [states] } = scan(
      { length: 3, carries: [start], scanned: [o.transpose(x, [1, 0, 2])] },
      ([state], [row]) => {
        const next = o.tanh(o.add(o.matmul(row, w), o.matmul(state, u)));
        return { carries: [next], stacked: [o.multiply(next, 2)] };
      },
    );
    const loss = ops.add(ops.sum(ops.square(states)), ops.sum(last)) as Value;
    const [dw, du] = slopes(loss, [w, u]);
    return { last, states, loss, dw, du };
  });
  const [part] = check(graph, [batch], 4, [2, 3, 4]);
  assert.equal(sums(part), 1);
});

Deno.test("rows are shared out as equally as they can be, and none goes without", () => {
  const counts = (total: number, size: number) =>
    Array.from({ length: size }, (_, rank) => ownRows(total, rank, size)?.count);
  assert.deepEqual(counts(7, 3), [2, 2, 3]);
  assert.deepEqual(counts(8, 4), [2, 2, 2, 2]);
  assert.deepEqual(counts(3, 4), [undefined, undefined, undefined, undefined]);
  assert.deepEqual(Array.from({ length: 3 }, (_, rank) => ownRows(7, rank, 3)!.first), [0, 2, 4]);
});
