// A small classifier and its training step, written only with ops: uint8 rows gathered by an order, RMSprop, a counter.
import { type Executor, variablesOf } from "../../lib/exec/executor.ts";
import { gradientsOf } from "../../lib/ir/grad.ts";
import { withContext } from "../../lib/ir/context.ts";
import { recording, requireTrace, Trace } from "../../lib/ir/trace.ts";
import * as ops from "../../lib/ops/primitives.ts";
import { apply } from "../../lib/tensor/apply.ts";
import { Tensor } from "../../lib/tensor/tensor.ts";
import { Variable } from "../../lib/tensor/variable.ts";

/** The variables of a training, and the graph of its step. */
interface Mlp {
  readonly trace: Trace;
  readonly loss: Variable;
  readonly weights: readonly Variable[];
  /** Labels of the batch's first rows, computed as uint8: a packed variable. */
  readonly bytes: Variable;
}

/** Fixed numbers. */
function fixed(shape: readonly number[], scale: number): Tensor {
  const size = shape.reduce((a, b) => a * b, 1);
  return new Tensor(shape, "float32", Float32Array.from({ length: size }, (_, i) => scale * Math.sin(1 + i * 1.7)));
}

/** A step of a `features-units-classes` network on batches of `batch` of 40 rows. */
export function mlp(features: number, units: number, classes: number, batch: number): Mlp {
  const rows = 40;
  const variable = (tensor: Tensor, name: string, trainable = true) => new Variable(tensor, { name, trainable });
  const pixels = Uint8Array.from({ length: rows * features }, (_, i) => (i * 37 + (i >> 3)) & 255);
  const data = variable(new Tensor([rows, features], "uint8", pixels), "pixels", false);
  const labels = variable(
    new Tensor([rows], "int32", Int32Array.from({ length: rows }, (_, i) => i % classes)),
    "labels",
    false,
  );
  const order = variable(
    new Tensor([rows], "int32", Int32Array.from({ length: rows }, (_, i) => (i * 11) % rows)),
    "order",
    false,
  );
  const counter = variable(new Tensor([1], "int32", Int32Array.of(0)), "counter", false);
  const loss = variable(new Tensor([], "float32", Float32Array.of(0)), "loss", false);
  const bytes = variable(new Tensor([7], "uint8", new Uint8Array(7)), "bytes", false);
  const weights = [
    variable(fixed([features, units], 0.2), "kernel 1"),
    variable(fixed([units], 0.1), "bias 1"),
    variable(fixed([units, classes], 0.3), "kernel 2"),
    variable(fixed([classes], 0.1), "bias 2"),
  ];
  const slots = weights.map(({ shape, name }) => {
    const size = shape.reduce((a, b) => a * b, 1);
    return variable(new Tensor(shape, "float32", new Float32Array(size)), `${name} squares`);
  });
  const trace = new Trace();
  withContext(recording(trace), () => {
    const rowsNow = ops.dynamicSlice(order, counter, 0, batch);
    const x = ops.multiply(ops.cast(ops.gather(data, rowsNow), "float32"), 1 / 255);
    const y = ops.gather(labels, rowsNow);
    const hidden = ops.relu(ops.add(ops.matmul(x, weights[0]), weights[1]));
    const logits = ops.add(ops.matmul(hidden, weights[2]), weights[3]);
    const [losses] = requireTrace("a test").emit("softmaxCrossEntropy", [logits, y], {});
    const mean = ops.multiply(ops.sum(losses), 1 / batch);
    const gradients = gradientsOf(trace, mean, weights.map((weight) => trace.readInitial(weight)));
    const rate = new Tensor([], "float32", Float32Array.of(0.01));
    const attrs = { rho: 0.9, momentum: 0, epsilon: 1e-7, centered: false };
    weights.forEach((weight, i) => {
      const updated = apply("rmspropUpdate", [weight, gradients[i], slots[i], rate], attrs);
      [weight, slots[i]].forEach((target, k) => target.assign(updated[k]));
    });
    loss.assign(mean);
    counter.assign(ops.mod(ops.add(counter, batch), rows - batch));
    bytes.assign(ops.cast(ops.gather(y, ops.iota([7])), "uint8"));
  });
  return { trace, loss, weights, bytes };
}

/** The losses of `steps` steps of a small network. */
export async function trainedLosses(executor: Executor, steps: number): Promise<number[]> {
  const { trace, loss } = mlp(30, 24, 7, 8);
  const executable = await executor.compile(trace.graph);
  const losses: number[] = [];
  for (let i = 0; i < steps; i++) {
    await executable.run(1);
    losses.push((await loss.read()).data[0]);
  }
  executable.dispose();
  for (const variable of variablesOf(trace.graph)) executor.release(variable);
  return losses;
}
