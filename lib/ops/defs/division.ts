// How ops divide their work among processes that each have some rows of the batch: the rules of the definitions.
import type { AttentionAttrs, ConvAttrs, RecurrenceAttrs } from "../../ir/attrs.ts";
import type { ValueType } from "../../ir/graph.ts";
import { isSplit, type Layout, onAxis, partial, reshaped, type Split, whole } from "../../ir/layout.ts";
import type { Division, SpreadValue } from "../../ir/op_def.ts";
import type { Shape } from "../../shape.ts";
import { attentionExtras } from "../extents/attention.ts";
import { recurrenceGradientOperands, recurrenceOperands } from "../extents/recurrence.ts";

type Spread = readonly SpreadValue[];
type Found = Division | undefined;

const splitOf = ({ layout }: SpreadValue): Split | undefined => (isSplit(layout) ? layout : undefined);

/** What operands that broadcast to `output` must be, for its rows. */
export function elementsBack(
  inputs: readonly ValueType[],
  _attrs: unknown,
  output: ValueType,
  wanted: Split,
): Layout[] {
  return inputs.map(({ shape }) => {
    const axis = wanted.axis - (output.shape.length - shape.length);
    return axis < 0 || shape[axis] === 1 ? whole : onAxis(wanted, axis);
  });
}

/** Ops whose operands broadcast to the output: the rows of the first operand that is split. */
export function divideElements(inputs: Spread, _attrs: unknown, outputs: readonly ValueType[]): Found {
  const [output] = outputs;
  const first = inputs.find(splitOf);
  const layout = first && splitOf(first);
  if (!layout) return undefined;
  const wanted = onAxis(layout, layout.axis + output.shape.length - first.shape.length);
  return { inputs: elementsBack(inputs, undefined, output, wanted), outputs: outputs.map(() => wanted) };
}

/** An op of one operand, by where its rows are in the output. */
function divideMoved(inputs: Spread, place: (layout: Split, shape: Shape) => Layout | undefined): Found {
  const [{ shape, layout }] = inputs;
  const moved = isSplit(layout) ? place(layout, shape) : undefined;
  return moved && { inputs: [layout], outputs: [moved] };
}

/** The rule of reshape. */
export const divideReshape = (inputs: Spread, { shape }: { shape: Shape }): Found =>
  divideMoved(inputs, (layout, from) => reshaped(layout, from, shape));

/** What reshape takes for rows of its output. */
export function reshapeBack(
  [x]: readonly ValueType[],
  _attrs: unknown,
  output: ValueType,
  wanted: Split,
): Layout[] | undefined {
  const layout = reshaped(wanted, output.shape, x.shape);
  return layout && [layout];
}

/** The rule of transpose. */
export const divideTranspose = (inputs: Spread, { permutation }: { permutation: readonly number[] }): Found =>
  divideMoved(inputs, (layout) => onAxis(layout, permutation.indexOf(layout.axis)));

/** What transpose takes for rows of its output. */
export const transposeBack = (
  _inputs: readonly ValueType[],
  { permutation }: { permutation: readonly number[] },
  _output: ValueType,
  wanted: Split,
): Layout[] => [onAxis(wanted, permutation[wanted.axis])];

/** The rule of slice: other axes than that of the rows are cut. */
export const divideSlice = (
  inputs: Spread,
  { starts, sizes, strides }: { starts: readonly number[]; sizes: Shape; strides: readonly number[] },
): Found =>
  divideMoved(
    inputs,
    (layout, shape) =>
      starts[layout.axis] === 0 && strides[layout.axis] === 1 && sizes[layout.axis] === shape[layout.axis]
        ? layout
        : undefined,
  );

/** The rule of pad. */
export const dividePad = (
  inputs: Spread,
  { low, high, interior }: { low: readonly number[]; high: readonly number[]; interior: readonly number[] },
): Found =>
  divideMoved(
    inputs,
    (layout) => [low, high, interior].every((list) => list[layout.axis] === 0) ? layout : undefined,
  );

/** The rule of concat: along another axis than that of the rows. */
export function divideConcat(inputs: Spread, { axis }: { axis: number }): Found {
  const layout = inputs.map(splitOf).find((found) => found !== undefined);
  return layout && layout.axis !== axis ? { inputs: inputs.map(() => layout), outputs: [layout] } : undefined;
}

/** The rule of ops that mix elements along these axes alone. */
export const divideBeside = (inputs: Spread, axes: readonly number[]): Found =>
  divideMoved(inputs, (layout) => (axes.includes(layout.axis) ? undefined : layout));

/** Along which axis a split lies once some are gone. */
const withoutAxes = (layout: Split, axes: readonly number[]) =>
  onAxis(layout, layout.axis - axes.filter((axis) => axis < layout.axis).length);

/** The rule of sum: over the rows it is a sum over the processes. */
export function divideSum(inputs: Spread, { axes }: { axes: readonly number[] }): Found {
  if (inputs[0].layout.kind === "partial") return { inputs: [partial], outputs: [partial] };
  return divideMoved(inputs, (layout) => (axes.includes(layout.axis) ? partial : withoutAxes(layout, axes)));
}

/** The rule of other reductions. */
export const divideReduction = (inputs: Spread, axes: readonly number[]): Found =>
  divideMoved(inputs, (layout) => (axes.includes(layout.axis) ? undefined : withoutAxes(layout, axes)));

/** The rule of matmul: rows of either operand, of both along a leading axis, or a sum over the processes. */
export function divideMatmul(
  [a, b, ...others]: Spread,
  { transposeA, transposeB }: { transposeA: boolean; transposeB: boolean },
): Found {
  if (others.length > 0) return undefined;
  const last = a.shape.length - 1;
  const [ofA, ofB] = [splitOf(a), splitOf(b)];
  const [rowsOfA, summedOfA] = transposeA ? [last, last - 1] : [last - 1, last];
  const [summedOfB, columnsOfB] = transposeB ? [last, last - 1] : [last - 1, last];
  const leading = [ofA, ofB].find((layout) => layout && layout.axis < last - 1);
  if (leading) return { inputs: [leading, leading], outputs: [leading] };
  if (ofA?.axis === summedOfA) return { inputs: [ofA, onAxis(ofA, summedOfB)], outputs: [partial] };
  if (ofA?.axis === rowsOfA) return { inputs: [ofA, whole], outputs: [onAxis(ofA, last - 1)] };
  if (ofB?.axis === summedOfB) return { inputs: [onAxis(ofB, summedOfA), ofB], outputs: [partial] };
  if (ofB?.axis === columnsOfB) return { inputs: [whole, ofB], outputs: [onAxis(ofB, last)] };
  return undefined;
}

/** The rule of ops that treat each row along the first axis alone: the other operands of `taken` are whole. */
export function divideRows(inputs: Spread, outputs: number, taken: readonly number[] = [0]): Found {
  const layout = taken.map((at) => splitOf(inputs[at])).find((found) => found?.axis === 0);
  return layout && {
    inputs: inputs.map((_, i) => (taken.includes(i) ? layout : whole)),
    outputs: new Array<Layout>(outputs).fill(layout),
  };
}

/** The rule of convolutionFilter: a sum over the samples. */
export function divideFilter(inputs: Spread, _attrs: ConvAttrs): Found {
  const layout = inputs.map(splitOf).find((found) => found?.axis === 0);
  return layout && { inputs: [layout, layout], outputs: [partial] };
}

/** The rule of resample. */
export function divideResample([x, ...tables]: Spread, { axis }: { axis: number }): Found {
  const layout = splitOf(x);
  return layout && layout.axis !== axis
    ? { inputs: [layout, ...tables.map(() => whole)], outputs: [layout] }
    : undefined;
}

/** The rule of gather: by rows of the indices, or by columns of the table. */
export function divideGather([table, indices]: Spread): Found {
  const [ofTable, ofIndices] = [splitOf(table), splitOf(indices)];
  if (ofIndices) return { inputs: [whole, ofIndices], outputs: [ofIndices] };
  if (!ofTable || ofTable.axis === 0) return undefined;
  return { inputs: [ofTable, whole], outputs: [onAxis(ofTable, indices.shape.length + ofTable.axis - 1)] };
}

/** The rule of scatterAdd: a sum over the processes where the updates are divided. */
export function divideScatter([indices, updates]: Spread): Found {
  const rank = indices.shape.length;
  const layout = splitOf(updates) ?? splitOf(indices);
  if (!layout) return undefined;
  if (layout.axis < rank) return { inputs: [layout, layout], outputs: [partial] };
  return { inputs: [whole, layout], outputs: [onAxis(layout, layout.axis - rank + 1)] };
}

/** The rule of dynamicSlice and dynamicUpdateSlice along another axis than that of the rows; the counters are last. */
export function divideDynamic(inputs: Spread, { axis }: { axis: number }): Found {
  const layout = inputs.map(splitOf).find((found) => found !== undefined);
  if (!layout || layout.axis === axis) return undefined;
  return { inputs: inputs.map((_, i) => (i < inputs.length - 1 ? layout : whole)), outputs: [layout] };
}

/** The rule of attention and its gradient: by samples, whose numbers the random bits of dropped weights depend on. */
export function divideAttention(
  inputs: Spread,
  { dropout }: AttentionAttrs,
  outputs: readonly ValueType[],
  first: number,
): Division<"attention"> | undefined {
  const [query] = inputs;
  const layout = inputs.map(splitOf).find((found) => found?.axis === 0);
  if (!layout || (dropout > 0 && layout.outer > 1)) return undefined;
  const { counter } = attentionExtras(inputs);
  return {
    inputs: inputs.map((input) => (input !== counter && input.shape[0] === query.shape[0] ? layout : whole)),
    outputs: outputs.map(() => layout),
    attrs: { first: first * layout.inner },
  };
}

/** The layouts of values with the batch along these axes; undefined for what has none. */
function byBatch(inputs: Spread, axes: ReadonlyMap<SpreadValue | undefined, number>): readonly Layout[] | undefined {
  const found = inputs.flatMap((input) => {
    const layout = splitOf(input);
    return layout && layout.axis === axes.get(input) ? [layout] : [];
  });
  if (found.length === 0) return undefined;
  return inputs.map((input) => {
    const axis = axes.get(input);
    return axis === undefined ? whole : onAxis(found[0], axis);
  });
}

/** A value after each step has the batch second, one before the first step or after the last has it first. */
function stepLayouts(layout: Split, outputs: readonly ValueType[]): Layout[] {
  return outputs.map(({ shape }) => onAxis(layout, shape.length === 3 ? 1 : 0));
}

/** The rule of recurrence. */
export function divideRecurrence(inputs: Spread, attrs: RecurrenceAttrs, outputs: readonly ValueType[]): Found {
  const { x, start, carry, mask } = recurrenceOperands(inputs, attrs);
  const layouts = byBatch(inputs, new Map([[x, 1], [start, 0], [carry, 0], [mask, 1]]));
  return layouts && { inputs: layouts, outputs: stepLayouts(layouts[0] as Split, outputs) };
}

/** The rule of recurrenceGradient. */
export function divideRecurrenceGradient(inputs: Spread, attrs: RecurrenceAttrs, outputs: readonly ValueType[]): Found {
  const named = recurrenceGradientOperands(inputs, attrs);
  const { start, states, gradient, gates, inner, carry, carryGradient, mask } = named;
  const layouts = byBatch(
    inputs,
    new Map([
      ...[states, gradient, gates, inner, mask].map((value) => [value, 1] as const),
      ...[start, carry, carryGradient].map((value) => [value, 0] as const),
    ]),
  );
  return layouts && { inputs: layouts, outputs: stepLayouts(layouts[1] as Split, outputs) };
}

/** The rule of layerNormalization. */
export function divideNormalization(inputs: Spread): Found {
  const layout = splitOf(inputs[0]);
  if (!layout || layout.axis === inputs[0].shape.length - 1) return undefined;
  return { inputs: [layout, whole, whole], outputs: [layout, layout] };
}

/** The rule of layerNormalizationGradient: those by gamma and beta are sums over the processes. */
export function divideNormalizationGradient(inputs: Spread): Found {
  const layout = [inputs[0], inputs[3]].map(splitOf).find((found) => found !== undefined);
  if (!layout || layout.axis === inputs[0].shape.length - 1) return undefined;
  return { inputs: [layout, whole, layout, layout], outputs: [layout, partial, partial] };
}
