// Index arithmetic: the offset of element `i` of one array in another, as WGSL over numbers in the uniform.
import type { Shape } from "../../shape.ts";

/**
 * Numbers that depend on the shape, kept in the uniform so that a new shape needs no new pipeline; `params.words` in
 * WGSL.
 */
export class UniformWords {
  readonly #values: number[] = [];

  /** Adds a word; returns the WGSL expression that reads it. */
  add(word: number): string {
    const at = this.#values.push(word >>> 0) - 1;
    return `params.words[${at >> 2}].${"xyzw"[at & 3]}`;
  }

  /** The words as a field of the uniform; none if there are no words. */
  get params(): readonly (readonly [string, "vec4s", readonly number[]])[] {
    if (this.#values.length === 0) return [];
    const values = [...this.#values];
    while (values.length % 4 !== 0) values.push(0);
    return [["words", "vec4s", values]];
  }
}

interface Run {
  readonly extent: number;
  readonly stride: number;
}

/** The WGSL expression of `start + sum of ((i / inner) % extent) * stride` over runs of axes, outermost first. */
function stridedOffset(
  runs: readonly Run[],
  inner: readonly number[],
  words: UniformWords,
  i: string,
  unitLast: boolean,
): string {
  const terms = runs.flatMap(({ extent, stride }, at) => {
    if (stride === 0) return [];
    let term = i;
    if (at < runs.length - 1) term = `${term} / ${words.add(inner[at])}`;
    if (at > 0) term = `${term} % ${words.add(extent)}`;
    const isUnit = unitLast && runs.slice(at + 1).every((run) => run.stride === 0);
    return isUnit ? [term] : [`${term} * ${words.add(stride)}`];
  });
  return terms.length === 0 ? "0u" : terms.join(" + ");
}

function innerOf(runs: readonly Run[]): number[] {
  const inner = new Array<number>(runs.length);
  for (let at = runs.length - 1, size = 1; at >= 0; at--) {
    inner[at] = size;
    size *= runs[at].extent;
  }
  return inner;
}

/**
 * The offset of element `i` of an array of `shape` in an operand that broadcasts to it. The form of the expression
 * depends on which axes broadcast, not on their extents; an axis of extent 1 in both counts as not broadcast.
 */
export function broadcastIndex(shape: Shape, operand: Shape, words: UniformWords, i = "i"): string {
  const lead = shape.length - operand.length;
  const runs: { extent: number; kept: boolean }[] = [];
  shape.forEach((extent, axis) => {
    const kept = axis >= lead && operand[axis - lead] === extent;
    const last = runs[runs.length - 1];
    if (last?.kept === kept) last.extent *= extent;
    else runs.push({ extent, kept });
  });
  const strided = runs.map(({ extent, kept }, at) => ({
    extent,
    stride: kept ? runs.slice(at + 1).reduce((size, run) => (run.kept ? size * run.extent : size), 1) : 0,
  }));
  return stridedOffset(strided, innerOf(strided), words, i, true);
}

/** Whether an operand has the last axis of `shape` in full and broadcasts along all others. */
export function isRow(shape: Shape, operand: Shape): boolean {
  const last = shape.length - 1;
  const at = operand.length - 1;
  return last >= 1 && at >= 0 && operand[at] === shape[last] && operand.slice(0, at).every((extent) => extent === 1) &&
    (operand.length < shape.length || shape.slice(0, last).some((extent) => extent !== 1));
}

/** The offset of element `i` of an array of `shape` in memory whose axes have `strides`, starting at `start`. */
export function stridedIndex(shape: Shape, strides: readonly number[], start: number, words: UniformWords): string {
  const runs: { extent: number; stride: number }[] = [];
  shape.forEach((extent, axis) => {
    if (extent === 1) return;
    const last = runs[runs.length - 1];
    if (last && last.stride === strides[axis] * extent) {
      last.extent *= extent;
      last.stride = strides[axis];
    } else runs.push({ extent, stride: strides[axis] });
  });
  return `${words.add(start)} + ${stridedOffset(runs, innerOf(runs), words, "i", false)}`;
}
