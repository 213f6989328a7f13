// scan: a loop with a body graph, carried values and stacked results; its gradient is another scan.
import { describe, ShapeError, ValueError } from "../../errors.ts";
import type { Graph, OpAttrs, ValueId, ValueType } from "../../ir/graph.ts";
import { vjpOf } from "../../ir/grad.ts";
import { interpret } from "../../ir/interpret.ts";
import { opDef, type RefArray, type VjpContext } from "../../ir/op_def.ts";
import { withContext } from "../../ir/context.ts";
import { recording, requireTrace, Trace } from "../../ir/trace.ts";
import { graphOf, idOf, Value, valueOf } from "../../ir/value.ts";
import { formatShape, sameShape, sizeOf } from "../../shape.ts";
import { broadcastTo, reshape } from "../primitives.ts";
import { apply } from "../../tensor/apply.ts";
import { lowerScan } from "../webgpu/kernels/scan.ts";
import type { Definition } from "./definition.ts";

/** The results of one step: the next carried values, and the values to stack. */
export interface ScanStep {
  /** The values carried into the next step, with the shapes and dtypes of those that came in. */
  readonly carries: readonly Value[];
  /** The values of this step to stack. */
  readonly stacked: readonly Value[];
}

/** The results of a loop: the last carried values, and each stacked result as `[length, ...]`. */
export interface ScanResult {
  /** The values after the last step. */
  readonly carries: Value[];
  /** The stacked values, each `[length, ...]`, in the order of the rows. */
  readonly stacked: Value[];
}

/** Options of {@linkcode scan}. */
export interface ScanOptions {
  /** The number of steps. */
  readonly length: number;
  /** The values carried into the first step. */
  readonly carries: readonly Value[];
  /** Arrays `[length, ...]`; each step sees one row. */
  readonly scanned: readonly Value[];
  /** Whether the steps run from the last row to the first. */
  readonly reverse?: boolean;
}

function checkScan(options: ScanOptions, body: unknown): ScanOptions {
  const { length, carries, scanned }: Partial<ScanOptions> = options ?? {};
  const areValues = [carries, scanned].every((list) =>
    Array.isArray(list) && list.every((value) => value instanceof Value)
  );
  if (Number.isSafeInteger(length) && areValues && typeof body === "function") return options;
  throw new ValueError({
    what: "Cannot loop",
    rule: "scan takes a length, lists of symbolic values as carries and scanned, and a function",
    received: `${describe(options)} and ${describe(body)}`,
    hint: "write ops.scan({ length, carries: [], scanned: [x] }, (carries, [row]) => ...)",
  });
}

/**
 * Runs `body` for each row of the scanned arrays; it is traced once. `body` may read outer values; it must return
 * carried values of unchanged types.
 */
export function scan(
  options: ScanOptions,
  body: (carries: Value[], rows: Value[]) => ScanStep,
): ScanResult {
  const { length, carries, scanned, reverse = false } = checkScan(options, body);
  const outer = requireTrace("scan");
  const inner = new Trace(outer);
  const carriedIn = carries.map(({ shape, dtype }) => inner.input({ shape, dtype }));
  const rows = scanned.map(({ shape, dtype }) => inner.input({ shape: shape.slice(1), dtype }));
  const step = withContext(recording(inner), () => body(carriedIn, rows));
  step.carries.forEach((next, i) => {
    if (next.dtype !== carries[i].dtype || !sameShape(next.shape, carries[i].shape)) {
      throw new ValueError({
        what: "Cannot loop",
        rule: `carried value ${i} must stay ${carries[i].dtype} ${formatShape(carries[i].shape)}`,
        received: `${next.dtype} ${formatShape(next.shape)}`,
      });
    }
  });
  // The gradient needs the carried values stacked too, and products, so that it need not compute them again; if nothing
  // reads them, a pass drops them.
  inner.graph.outputs = withContext(
    recording(inner),
    () => [...step.carries, ...step.stacked, ...step.carries].map((v) => localId(inner, v)),
  );
  inner.graph.outputs.push(...productsIn(inner.graph));
  const results = outer.emit("scan", [...carries, ...scanned, ...inner.captured], {
    body: inner.graph,
    length,
    carries: carries.length,
    scanned: scanned.length,
    reverse,
  });
  return {
    carries: results.slice(0, carries.length),
    stacked: results.slice(carries.length, carries.length + step.stacked.length),
  };
}

/** The id of a value within a body; an outer value that a body returns unchanged is captured through a reshape. */
export function localId(inner: Trace, value: Value): ValueId {
  if (graphOf(value) === inner.graph) return idOf(value);
  return idOf(inner.emit("reshape", [value], { shape: value.shape })[0]);
}

/** The ops whose results are worth their memory. */
const costly: ReadonlySet<string> = new Set(["matmul", "convolution", "convolutionTranspose"]);

/** The products of a body; where something is only added to one, the sum. */
function productsIn({ nodes, outputs }: Graph): ValueId[] {
  return nodes.filter(({ op }) => costly.has(op)).map(({ outputs: [id] }) => {
    for (let at = id;;) {
      const readers = nodes.filter(({ inputs }) => inputs.includes(at));
      if (readers.length !== 1 || readers[0].op !== "add" || outputs.includes(at)) return at;
      [at] = readers[0].outputs;
    }
  });
}

/** Adds the nodes of `graph` to the current trace, with `inputs` as its inputs. */
export function inline(graph: Graph, inputs: readonly Value[]): (id: ValueId) => Value {
  const trace = requireTrace("scan");
  const values = new Map<ValueId, Value>(graph.inputs.map((id, i) => [id, inputs[i]]));
  for (const node of graph.nodes) {
    const results = trace.emit(node.op, node.inputs.map((id) => values.get(id)!), node.attrs);
    node.outputs.forEach((id, i) => values.set(id, results[i]));
  }
  const now = (ids: readonly ValueId[]) => ids.map((id) => idOf(values.get(id)!));
  for (const { rule } of graph.nodes) {
    if (rule) trace.setRule({ ...rule, inputs: now(rule.inputs), outputs: now(rule.outputs) });
  }
  return (id) => values.get(id)!;
}

function scanVjp({ inputs, outputs, gradients, attrs }: VjpContext<"scan">): (Value | undefined)[] {
  const { body, length, carries, scanned, reverse } = attrs;
  const trace = requireTrace("scan");
  const finals = body.outputs.slice(0, carries);
  // Before step t a carried value is its start or the result of the previous step: rows of the stacked outputs,
  // shifted.
  const histories = finals.map((id, i) => {
    const at = body.outputs.indexOf(id, carries);
    const stacked = outputs[at];
    const start = reshape(inputs[i], [1, ...inputs[i].shape]);
    const starts = stacked.shape.map(() => 0);
    const sizes = [length - 1, ...inputs[i].shape];
    const kept = apply("slice", [stacked], {
      starts: reverse ? [1, ...starts.slice(1)] : starts,
      sizes,
      strides: starts.map(() => 1),
    })[0];
    return apply("concat", reverse ? [kept, start] : [start, kept], { axis: 0 })[0];
  });
  const isFloat = (value: Value) => value.dtype === "float32";
  const zeros = (like: Value) => broadcastTo(trace.constant([], "float32", Float32Array.of(0)), like.shape);
  const floatCarries = finals.map((_, i) => i).filter((i) => isFloat(inputs[i]));
  const fixed = inputs.slice(carries + scanned);
  const floatFixed = fixed.map((_, i) => i).filter((i) => isFloat(fixed[i]));
  const stackedGradients = gradients.slice(carries);
  const flowing = stackedGradients.map((_, i) => i).filter((i) => stackedGradients[i]);

  // Products of the body that the loop stacks.
  const products = [...new Set(productsIn(body))].filter((id) => body.outputs.lastIndexOf(id) >= carries);
  const stackedProducts = products.map((id) => outputs[body.outputs.lastIndexOf(id)]);

  const inner = new Trace(trace);
  const type = ({ shape, dtype }: Value, skip = 0) => ({ shape: shape.slice(skip), dtype });
  const carryGradients = floatCarries.map((i) => inner.input(type(inputs[i])));
  const totals = floatFixed.map((i) => inner.input(type(fixed[i])));
  const rows = inputs.slice(carries, carries + scanned).map((value) => inner.input(type(value, 1)));
  const before = histories.map((value) => inner.input(type(value, 1)));
  const stackedRows = flowing.map((i) => inner.input(type(stackedGradients[i]!, 1)));
  const productRows = stackedProducts.map((value) => inner.input(type(value, 1)));

  // What the steps read is known outside of the loop as it is.
  const outside = new Map<ValueId, Value>();
  rows.forEach((row, i) => outside.set(idOf(row), inputs[carries + i]));
  before.forEach((value, i) => outside.set(idOf(value), histories[i]));
  stackedRows.forEach((row, i) => outside.set(idOf(row), stackedGradients[flowing[i]]!));

  const hoisted = new Map<number, Hoisted>();
  const rowGradients: Value[] = [];
  const stacked: Value[] = [];
  const placeOf = (value: Value): number => {
    const known = stacked.findIndex((other) => idOf(other) === idOf(value));
    return known < 0 ? stacked.push(value) - 1 : known;
  };
  withContext(recording(inner), () => {
    const capture = (value: Value) => inner.emit("reshape", [value], { shape: value.shape })[0];
    const locals = [...before, ...rows, ...fixed.map(capture)];
    const at = inline(body, locals);
    const results = body.outputs.map(at);
    const cotangents: (Value | undefined)[] = results.map((_, i) => {
      if (i < carries) return carryGradients[floatCarries.indexOf(i)];
      return stackedRows[flowing.indexOf(i - carries)];
    });
    const byLocal = vjpOf(inner, results, cotangents, locals);
    const zero = (like: Value) => broadcastTo(inner.constant([], "float32", Float32Array.of(0)), like.shape);
    const next = floatCarries.map((i) => byLocal[i] ?? zero(before[i]));
    rows.forEach((row, i) => isFloat(row) && rowGradients.push(byLocal[carries + i] ?? zero(row)));
    const nextTotals = floatFixed.flatMap((i, k) => {
      const gradient = byLocal[carries + scanned + i];
      const apart = gradient && hoist(inner, gradient);
      if (!apart) return [gradient ? inner.emit("add", [totals[k], gradient], {})[0] : totals[k]];
      hoisted.set(k, apart);
      return [];
    });
    for (const value of [...rowGradients, ...[...hoisted.values()].flatMap(({ operands }) => operands)]) {
      if (!outside.has(idOf(value))) placeOf(value);
    }
    inner.graph.outputs = [...next, ...nextTotals, ...stacked].map((value) => localId(inner, value));
    replaceReads(inner.graph, new Map(products.map((id, i) => [idOf(at(id)), idOf(productRows[i])])));
  });
  // Sums that are computed outside are not carried.
  const carriedTotals = floatFixed.map((_, k) => k).filter((k) => !hoisted.has(k));
  for (const k of hoisted.keys()) inner.graph.inputs.splice(inner.graph.inputs.indexOf(idOf(totals[k])), 1);

  const starts = [
    ...floatCarries.map((i) => gradients[i] ?? zeros(inputs[i])),
    ...carriedTotals.map((k) => zeros(fixed[floatFixed[k]])),
  ];
  const scannedArrays = [
    ...inputs.slice(carries, carries + scanned),
    ...histories,
    ...flowing.map((i) => stackedGradients[i]!),
    ...stackedProducts,
  ];
  const results = trace.emit("scan", [...starts, ...scannedArrays, ...inner.captured], {
    body: inner.graph,
    length,
    carries: starts.length,
    scanned: scannedArrays.length,
    reverse: !reverse,
  });
  const overSteps = (value: Value) => outside.get(idOf(value)) ?? results[starts.length + placeOf(value)];
  const sums = new Map(carriedTotals.map((k, i) => [k, results[floatCarries.length + i]]));
  for (const [k, { operands, sum }] of hoisted) sums.set(k, sum(operands.map(overSteps)));
  const ofRows = rowGradients.map(overSteps);
  return inputs.map((value, i) => {
    if (!isFloat(value)) return undefined;
    if (i < carries) return results[floatCarries.indexOf(i)];
    if (i < carries + scanned) return ofRows.shift();
    return sums.get(floatFixed.indexOf(i - carries - scanned));
  });
}

/** Reads other values in place of some. */
function replaceReads(graph: Graph, others: ReadonlyMap<ValueId, ValueId>): void {
  const read = (id: ValueId) => others.get(id) ?? id;
  graph.nodes.forEach((node, i) => graph.nodes[i] = { ...node, inputs: node.inputs.map(read) });
  graph.outputs = graph.outputs.map(read);
}

/** A sum over the steps of a loop that is computed outside of it. */
interface Hoisted {
  /** Values of the body to stack. */
  readonly operands: readonly Value[];
  /** The sum from the stacked operands. */
  readonly sum: (stacked: readonly Value[]) => Value;
}

/** The sum of `value` over the steps as ops over all steps, if it is a linear function of results that have one. */
function hoist(inner: Trace, value: Value): Hoisted | undefined {
  const node = inner.graph.nodes.find(({ outputs }) => outputs.includes(idOf(value)));
  if (!node) return undefined;
  const inputs = node.inputs.map((id) => valueOf(inner.graph, id));
  const { isLinear, sumOverSteps } = opDef(node.op);
  const sum = sumOverSteps?.(inputs, node.attrs);
  if (sum) return { operands: inputs, sum };
  const terms = isLinear ? inputs.map((input) => hoist(inner, input)) : [];
  if (terms.length === 0 || !terms.every((term) => term !== undefined)) return undefined;
  return {
    operands: terms.flatMap(({ operands }) => operands),
    sum: (stacked) => {
      const rest = [...stacked];
      return apply(node.op, terms.map(({ operands, sum }) => sum(rest.splice(0, operands.length))), node.attrs)[0];
    },
  };
}

/** Throws {@linkcode ShapeError} if the inputs of a loop's body are not what the loop passes to it. */
function checkBody(inputs: readonly ValueType[], { body, carries, scanned }: OpAttrs["scan"]): void {
  const fail = (rule: string, received: string) => {
    throw new ShapeError({ what: "Cannot loop", rule, received });
  };
  if (body.inputs.length !== inputs.length) {
    fail(`the body must take ${inputs.length} inputs`, String(body.inputs.length));
  }
  inputs.forEach((outer, i) => {
    const inner = body.types[body.inputs[i]];
    const shape = i >= carries && i < carries + scanned ? outer.shape.slice(1) : outer.shape;
    if (inner.dtype === outer.dtype && sameShape(inner.shape, shape)) return;
    fail(
      `input ${i} of the body must be ${outer.dtype} ${formatShape(shape)}`,
      `${inner.dtype} ${formatShape(inner.shape)}`,
    );
  });
}

/** The definition of `scan`. */
export const scanDef: Definition<"scan"> = {
  kind: "loop",
  workgroupWork: () => Infinity,
  shape: (inputs, attrs) => {
    const { body, length, carries, scanned } = attrs;
    checkBody(inputs, attrs);
    inputs.slice(carries, carries + scanned).forEach(({ shape }) => {
      if (shape[0] !== length) {
        throw new ShapeError({
          what: "Cannot loop",
          rule: `scanned arrays must have ${length} rows`,
          received: formatShape(shape),
        });
      }
    });
    return body.outputs.map((id, i) => (i < carries ? body.types[id].shape : [length, ...body.types[id].shape]));
  },
  dtype: (_inputs, { body }) => body.outputs.map((id) => body.types[id].dtype),
  vjp: scanVjp,
  lower: lowerScan,
  nativeAttrs: { length: "int", carries: "int", scanned: "int", reverse: "flag" },
  cost: (_inputs, { length }) => ({ bodyRuns: length }),
  reference: (inputs, { body, length, carries, scanned, reverse }, outputs) => {
    const results = outputs.map(({ shape }) => new Float64Array(sizeOf(shape)));
    let carried: readonly RefArray[] = inputs.slice(0, carries);
    for (let step = 0; step < length; step++) {
      const t = reverse ? length - 1 - step : step;
      const rows = inputs.slice(carries, carries + scanned).map(({ shape, dtype, data }) => {
        const size = sizeOf(shape.slice(1));
        return { shape: shape.slice(1), dtype, data: data.slice(t * size, (t + 1) * size) };
      });
      const values = new Map<ValueId, RefArray>();
      [...carried, ...rows, ...inputs.slice(carries + scanned)].forEach((value, i) =>
        values.set(body.inputs[i], value)
      );
      interpret(body, values);
      carried = body.outputs.slice(0, carries).map((id) => values.get(id)!);
      body.outputs.slice(carries).forEach((id, i) => {
        const { data } = values.get(id)!;
        results[carries + i].set(data, t * data.length);
      });
    }
    carried.forEach(({ data }, i) => results[i].set(data));
    return results;
  },
};
