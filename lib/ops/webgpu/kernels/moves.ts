// Moving and creating elements: transpose, slice, reverse, broadcast, concat, pad, iota, random bits.
import type { Node } from "../../../ir/graph.ts";
import { sizeOf, stridesOf } from "../../../shape.ts";
import type { Lowering } from "../lowering.ts";
import type { Operand } from "../operand.ts";
import { floatWord } from "../uniform.ts";
import { broadcastIndex, stridedIndex, UniformWords } from "../index_math.ts";
import type { View } from "../view.ts";

const bits = (name: string, view: View, access: Operand["access"]): Operand => ({ name, view, access, type: "u32" });

/** Adds a dispatch of `take` or `put` over `size` elements; `index` makes the index expression. */
function move(
  lowering: Lowering,
  entry: "take" | "put",
  x: View,
  y: View,
  size: number,
  index: (words: UniformWords) => string,
): void {
  const words = new UniformWords();
  const code = `fn index_at(i: u32) -> u32 {\n  return ${index(words)};\n}`;
  lowering.emitThreads({
    file: "moves.wgsl",
    entry,
    operands: [bits("x", x, "load"), bits("y", y, "store")],
    params: words.params,
    functions: code,
  }, size);
}

/** Copies `size` elements of `x` from element `source` to `y` at element `target`. */
export function copyElements(lowering: Lowering, x: View, y: View, size: number, source = 0, target = 0): void {
  if (source !== 0 && target !== 0) throw new Error("a copy has one offset");
  if (target !== 0) move(lowering, "put", x, y, size, (words) => `i + ${words.add(target)}`);
  else move(lowering, "take", x, y, size, (words) => `i + ${words.add(source)}`);
}

/** Packs the words of `x` into the bytes of the variable `y`. */
export function packBytes(lowering: Lowering, x: View, y: View): void {
  const size = sizeOf(x.shape);
  lowering.emitThreads({
    file: "pack.wgsl",
    entry: "pack",
    operands: [bits("x", x, "load"), bits("y", { ...y, storage: "words" }, "store")],
    params: [["size", "u32", size]],
  }, Math.ceil(size / 4));
}

/** Lowers transpose. */
export function lowerTranspose(
  lowering: Lowering,
  { attrs: { permutation } }: Node<"transpose">,
  [x]: readonly View[],
  [y]: readonly View[],
): void {
  const strides = stridesOf(x.shape);
  const moved = permutation.map((axis) => strides[axis]);
  move(lowering, "take", x, y, sizeOf(y.shape), (words) => stridedIndex(y.shape, moved, 0, words));
}

/** Lowers slice. */
export function lowerSlice(
  lowering: Lowering,
  { attrs: { starts, strides } }: Node<"slice">,
  [x]: readonly View[],
  [y]: readonly View[],
): void {
  const steps = stridesOf(x.shape);
  const start = starts.reduce((at, from, axis) => at + from * steps[axis], 0);
  const moved = steps.map((step, axis) => step * strides[axis]);
  move(lowering, "take", x, y, sizeOf(y.shape), (words) => stridedIndex(y.shape, moved, start, words));
}

/** Lowers reverse; negative strides work because unsigned arithmetic wraps. */
export function lowerReverse(
  lowering: Lowering,
  { attrs: { axes } }: Node<"reverse">,
  [x]: readonly View[],
  [y]: readonly View[],
): void {
  const steps = stridesOf(x.shape);
  const start = axes.reduce((at, axis) => at + (x.shape[axis] - 1) * steps[axis], 0);
  const moved = steps.map((step, axis) => (axes.includes(axis) ? -step : step));
  move(lowering, "take", x, y, sizeOf(y.shape), (words) => stridedIndex(y.shape, moved, start, words));
}

/** Lowers broadcastTo. */
export function lowerBroadcast(
  lowering: Lowering,
  _node: Node<"broadcastTo">,
  [x]: readonly View[],
  [y]: readonly View[],
): void {
  move(lowering, "take", x, y, sizeOf(y.shape), (words) => broadcastIndex(y.shape, x.shape, words));
}

/** Lowers concat: a dispatch for each input. */
export function lowerConcat(
  lowering: Lowering,
  { attrs: { axis } }: Node<"concat">,
  inputs: readonly View[],
  [y]: readonly View[],
): void {
  const steps = stridesOf(y.shape);
  let from = 0;
  for (const x of inputs) {
    const start = from * steps[axis];
    move(lowering, "put", x, y, sizeOf(x.shape), (words) => stridedIndex(x.shape, steps, start, words));
    from += x.shape[axis];
  }
}

/** Lowers pad. */
export function lowerPad(
  lowering: Lowering,
  { attrs: { low, interior, value } }: Node<"pad">,
  [x]: readonly View[],
  [y]: readonly View[],
): void {
  const steps = stridesOf(y.shape);
  const axes = y.shape.flatMap((_, axis) => [steps[axis] || 1, low[axis], interior[axis] + 1, x.shape[axis]]);
  // The list's length is part of the shader: a fixed length gives one shader for all but very deep shapes.
  while (axes.length < 4 * 6) axes.push(0);
  lowering.emitThreads({
    file: "pad.wgsl",
    entry: "pad",
    operands: [bits("x", x, "load"), bits("y", y, "store")],
    params: [
      ["rank", "u32", y.shape.length],
      ["value", "u32", x.dtype === "float32" ? floatWord(value) : value],
      ["axes", "vec4s", axes],
    ],
  }, sizeOf(y.shape));
}

/** Lowers iota. */
export function lowerIota(
  lowering: Lowering,
  { attrs: { axis } }: Node<"iota">,
  _inputs: readonly View[],
  [y]: readonly View[],
): void {
  const type = y.dtype === "float32" ? "f32" : "i32";
  lowering.emitThreads({
    file: "iota.wgsl",
    entry: "iota",
    operands: [{ name: "y", view: y, access: "store", type }],
    params: [
      ["inner", "u32", sizeOf(y.shape.slice(axis + 1))],
      ["extent", "u32", y.shape[axis] ?? 1],
    ],
    constants: [`alias T = ${type};`],
  }, sizeOf(y.shape));
}

/** Lowers randomBits. */
export function lowerRandomBits(
  lowering: Lowering,
  { attrs: { path, first } }: Node<"randomBits">,
  [counter]: readonly View[],
  [y]: readonly View[],
): void {
  const size = sizeOf(y.shape);
  lowering.emitThreads({
    file: "random.wgsl",
    entry: "random_bits",
    operands: [bits("counter", counter, "load"), bits("y", y, "store")],
    params: [["size", "u32", size], ["path", "u32", path], ["first", "u32", first]],
  }, Math.ceil((first % 4 + size) / 4));
}
