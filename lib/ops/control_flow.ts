// Branches and loops in Keras's words: on tensors they run at once, in programs they have a fixed size.
// https://keras.io/api/ops/core/
import { describe, isClass, ShapeError, StateError, ValueError } from "../errors.ts";
import { requireTrace, tracing } from "../ir/trace.ts";
import { type Value, valueOf } from "../ir/value.ts";
import { checkCount, formatShape, normalizeAxis } from "../shape.ts";
import { isNamed, type Mapped, mapStructure, type Structure, zipStructures } from "../structure.ts";
import { isEager, isOperand, type Operand, shapeOf, symbolic } from "../tensor/apply.ts";
import { Tensor, tensor } from "../tensor/tensor.ts";
import { scan as scanRows, type ScanOptions, type ScanResult, type ScanStep } from "./defs/scan.ts";
import * as p from "./primitives.ts";

/** What a loop carries: one operand, or a list of them. */
export type Carried = Operand | readonly Operand[];

function checkFunctions(what: string, ...functions: readonly unknown[]): void {
  const isFunction = (given: unknown) => typeof given === "function" && !isClass(given);
  const wrong = functions.find((given) => !isFunction(given));
  if (functions.every(isFunction)) return;
  throw new ValueError({
    what: `Cannot ${what}`,
    rule: "branches and bodies must be functions",
    received: describe(wrong),
    hint: "write them as in (x) => ops.add(x, 1)",
  });
}

/** The operands of what is carried, or of what a body returned; numbers become tensors. */
function listOf(what: string, carried: unknown): Operand[] {
  const list: readonly unknown[] = Array.isArray(carried) ? carried : [carried];
  return list.map((item) => {
    if (typeof item === "number") return tensor(item);
    if (isOperand(item)) return item;
    throw new ValueError({
      what: `Cannot ${what}`,
      rule: "there must be tensors or symbolic values, one or a list",
      received: describe(item),
      hint: "wrap values, as in tensor([1, 2]); in models of symbolic tensors, write a Layer of your own",
    });
  });
}

/** A list in the form of what was given: one operand stays one. */
const like = <C extends Carried>(given: C, list: readonly Operand[]): C =>
  (Array.isArray(given) ? list : list[0]) as unknown as C;

/** Whether an eager scalar is true. Throws {@linkcode ValueError} for other shapes. */
function isTrue(what: string, x: Tensor | number | boolean): boolean {
  if (typeof x !== "object") return Boolean(x);
  if (x.size === 1) return x.data[0] !== 0;
  throw new ShapeError({
    what: `Cannot ${what}`,
    rule: "a condition must be one number",
    received: formatShape(x.shape),
    hint: "reduce it, as in ops.all(x)",
  });
}

/** A condition as one symbolic truth value. */
function scalar(what: string, x: Operand): Operand {
  const shape = shapeOf(x);
  if (shape.every((extent) => extent === 1)) return p.reshape(p.cast(x, "bool"), []);
  throw new ShapeError({
    what: `Cannot ${what}`,
    rule: "a condition must be one number",
    received: formatShape(shape),
    hint: "reduce it, as in ops.all(x); or choose by element, with ops.where",
  });
}

/** Traces branches one by one, each from the same state; gives their results and what they assigned. */
function traceBranches<R>(branches: readonly (() => R)[]) {
  const trace = requireTrace("a branch");
  const { graph } = trace;
  const before = new Map(graph.state.map((link) => [link.variable, link.output]));
  return branches.map((branch) => {
    const result = branch();
    const assigned = new Map<(typeof graph.state)[number]["variable"], Value>();
    for (const link of graph.state) {
      const start = before.get(link.variable) ?? link.input;
      if (link.output !== start) assigned.set(link.variable, valueOf(graph, link.output));
      link.output = start;
    }
    return { result, assigned };
  });
}

/**
 * What the first branch gives if `pred` is true, else what the second does. On a tensor or a number only one is called.
 * In a program both are computed and one is chosen, also of what they assign to variables; both must give the same
 * structure. Keras: https://keras.io/api/ops/core/#cond-function
 *
 * @example
 * ```ts
 * import { compile, ops } from "./mod.ts";
 * const halved = compile((x) => ops.cond(ops.greater(ops.sum(x), 10), () => ops.divide(x, 2), () => x));
 * console.log((await halved([8, 8])).toArray()); // [ 4, 4 ]
 * ```
 */
export function cond<R>(pred: Tensor | number | boolean, trueFn: () => R, falseFn: () => R): R;
/** Such a choice in a program. */
export function cond<R extends Structure<Operand> | void, Other extends Structure<Operand> | void>(
  pred: Operand,
  trueFn: () => R,
  falseFn: () => Other,
): R extends void ? void : Mapped<R, Operand, Value>;
export function cond(pred: Operand | boolean, trueFn: () => unknown, falseFn: () => unknown): unknown {
  const what = "choose a branch";
  checkFunctions(what, trueFn, falseFn);
  if (typeof pred === "boolean" || (isOperand(pred) && isEager(pred))) return isTrue(what, pred) ? trueFn() : falseFn();
  const [condition] = listOf(what, pred).map((x) => scalar(what, x));
  const [yes, no] = traceBranches([trueFn, falseFn]);
  const trace = requireTrace("a branch");
  for (const variable of new Set([...yes.assigned.keys(), ...no.assigned.keys()])) {
    const [next, other] = [yes, no].map(({ assigned }) => assigned.get(variable) ?? trace.read(variable));
    trace.assign(variable, symbolic(p.select(condition, next, other)));
  }
  if (yes.result === undefined && no.result === undefined) return undefined;
  const pairs = zipStructures(yes.result as Structure<Operand>, no.result as Structure<Operand>, `Cannot ${what}`);
  return mapStructure(yes.result as Structure<Operand>, (_, i) => {
    const [a, b] = listOf(what, pairs[i]);
    if (formatShape(shapeOf(a)) === formatShape(shapeOf(b))) return symbolic(p.select(condition, a, b));
    throw new ShapeError({
      what: `Cannot ${what}`,
      rule: "both branches must give the same shapes",
      received: `${formatShape(shapeOf(a))} and ${formatShape(shapeOf(b))}`,
      hint: "pad or broadcast the smaller one",
    });
  });
}

/** The most branches of a switch. */
const maxBranches = 1024;

/**
 * What the branch of an index gives for the operands; an index beyond the first or the last is that of the nearest. In a
 * program all branches are computed and one is chosen. Keras: https://keras.io/api/ops/core/#switch-function
 *
 * @example
 * ```ts
 * import { ops, tensor } from "./mod.ts";
 * const branches = [(x: typeof one) => ops.add(x, 1), (x: typeof one) => ops.negative(x)];
 * const one = tensor(1);
 * console.log(ops.switch(1, branches, one).item()); // -1
 * ```
 */
function switchCase<A extends readonly unknown[], R>(
  index: Tensor | number,
  branches: readonly ((...operands: A) => R)[],
  ...operands: A
): R;
/** Such a choice in a program. */
function switchCase<A extends readonly unknown[], R extends Structure<Operand>>(
  index: Operand,
  branches: readonly ((...operands: A) => R)[],
  ...operands: A
): Mapped<R, Operand, Value>;
function switchCase(
  index: Operand,
  branches: readonly ((...operands: unknown[]) => unknown)[],
  ...operands: unknown[]
): unknown {
  const what = "switch between branches";
  if (!Array.isArray(branches) || branches.length === 0 || branches.length > maxBranches) {
    throw new ValueError({
      what: `Cannot ${what}`,
      rule: `there must be a list of 1 to ${maxBranches} branches`,
      received: describe(branches),
      hint: "write it as in ops.switch(index, [(x) => x, (x) => ops.negative(x)], x)",
    });
  }
  checkFunctions(what, ...branches);
  const [place] = listOf(what, index);
  if (place instanceof Tensor) {
    const at = isTrue(what, place) ? Math.trunc(place.data[0]) : 0;
    return branches[Math.min(Math.max(at, 0), branches.length - 1)](...operands);
  }
  const at = p.cast(place, "int32");
  const choose = (from: number): unknown =>
    from === branches.length - 1
      ? branches[from](...operands)
      : cond(p.lessEqual(at, from) as Value, () =>
        branches[from](...operands) as Operand, () =>
        choose(from + 1) as Operand);
  return choose(0);
}
export { switchCase as switch };

/**
 * Calls `body` on what is carried while `condition` holds for it, and gives what is carried then. On tensors it ends when
 * the condition does. A program has a fixed size: there `maximumIterations` steps are computed, and those after the end
 * change nothing. Keras: https://keras.io/api/ops/core/#while_loop-function
 *
 * @throws {StateError} in a program without `maximumIterations`
 *
 * @example
 * ```ts
 * import { ops, tensor } from "./mod.ts";
 * const [i, sum] = ops.whileLoop(
 *   ([i]) => ops.less(i, 5),
 *   ([i, sum]) => [ops.add(i, 1), ops.add(sum, i)],
 *   [tensor(0), tensor(0)],
 * );
 * console.log(i.item(), sum.item()); // 5 10
 * ```
 */
export function whileLoop<C extends Carried>(
  condition: (carried: C) => Operand | boolean,
  body: (carried: C) => C,
  carried: C,
  maximumIterations?: number | null,
): C {
  const what = "loop";
  checkFunctions(what, condition, body);
  const most = maximumIterations ?? null;
  if (most !== null) checkCount(most, what, "maximumIterations");
  let now = listOf(what, carried);
  for (let steps = 0;; steps++) {
    if (most !== null && steps >= most) return like(carried, now);
    const holds = condition(like(carried, now));
    if (typeof holds !== "boolean" && !(isOperand(holds) && isEager(holds))) {
      if (most === null) {
        throw new StateError({
          what: "Cannot loop here",
          rule: "inside of a program a loop has a fixed size",
          received: "no maximumIterations",
          hint: "say how many steps there may be, or use ops.foriLoop",
        });
      }
      return like(carried, loopWhile(carried, now, condition, body, most - steps));
    }
    if (!isTrue(what, holds)) return like(carried, now);
    now = next(what, now, body(like(carried, now)));
  }
}

/** What a body gave, as many as were carried. */
function next(what: string, now: readonly Operand[], given: unknown): Operand[] {
  const list = listOf(what, given);
  if (list.length === now.length) return list;
  throw new ValueError({
    what: `Cannot ${what}`,
    rule: `the body must return the ${now.length} operands that it carries on`,
    received: String(list.length),
    hint: "return them in the order in which they come",
  });
}

/** A loop in a program: steps after the end keep what is carried. */
function loopWhile<C extends Carried>(
  form: C,
  start: readonly Operand[],
  condition: (carried: C) => Operand | boolean,
  body: (carried: C) => C,
  length: number,
): Operand[] {
  if (length === 0) return [...start];
  const { carries } = scanRows({ length, carries: start.map(symbolic), scanned: [] }, (carries) => {
    const holds = condition(like(form, carries));
    const isGoing = typeof holds === "boolean" ? Number(holds) : scalar("loop", holds);
    const after = next("loop", carries, body(like(form, carries)));
    const kept = carries.map((value, i) => symbolic(p.select(p.cast(isGoing, "bool"), after[i], value)));
    return { carries: kept, stacked: [] };
  });
  return carries;
}

/**
 * Calls `body` with each integer from `lower` to below `upper` and what is carried, and gives what is carried at the end.
 * The bounds are numbers; in a program the body is traced once. Keras: https://keras.io/api/ops/core/#fori_loop-function
 *
 * @example
 * ```ts
 * import { ops, tensor } from "./mod.ts";
 * console.log(ops.foriLoop(0, 5, (i, sum) => ops.add(sum, i), tensor(0)).item()); // 10
 * ```
 */
export function foriLoop<C extends Carried>(
  lower: number,
  upper: number,
  body: (i: C extends Operand ? C : C[number & keyof C] & Operand, carried: C) => C,
  carried: C,
): C {
  const what = "loop";
  checkFunctions(what, body);
  const isWhole = (bound: number) => Number.isInteger(bound) && Math.abs(bound) < 2 ** 31;
  if (!isWhole(lower) || !isWhole(upper)) {
    throw new ValueError({
      what: "Cannot loop",
      rule: "the bounds must be integers of 32 bits",
      received: `${describe(lower)} and ${describe(upper)}`,
      hint: "for a bound that a program computes, use ops.whileLoop with maximumIterations",
    });
  }
  const call = body as (i: Operand, carried: C) => C;
  const whole = (i: number) => new Tensor([], "int32", Int32Array.of(i));
  let now: Operand[] = listOf(what, carried);
  if (upper <= lower) return like(carried, now);
  if (!tracing.current) {
    for (let i = lower; i < upper; i++) now = next(what, now, call(whole(i), like(carried, now)));
    return like(carried, now);
  }
  const start = [symbolic(whole(lower)), ...now.map(symbolic)];
  const { carries } = scanRows({ length: upper - lower, carries: start, scanned: [] }, ([i, ...rest]) => {
    const after = next(what, rest, call(i, like(carried, rest)));
    return { carries: [symbolic(p.add(i, whole(1))), ...after.map(symbolic)], stacked: [] };
  });
  return like(carried, carries.slice(1));
}

/** The rows that a loop sees, all with one number of them. */
function rowsOf(what: string, xs: unknown, length?: number | null): { list: Operand[]; length: number } {
  const list = xs === null || xs === undefined ? [] : listOf(what, xs);
  const counts = new Set(list.map((x) => shapeOf(x)[0] ?? NaN));
  if (length !== null && length !== undefined) counts.add(length);
  const [count] = counts;
  if (counts.size === 1 && Number.isInteger(count) && count >= 0 && count < 2 ** 31) return { list, length: count };
  throw new ShapeError({
    what: `Cannot ${what}`,
    rule: "what is looped over must have one number of rows",
    received: counts.size === 0 ? "nothing to loop over" : list.map((x) => formatShape(shapeOf(x))).join(" and "),
    hint: "give tensors with the same first axis, or a length",
  });
}

/** Runs a body for each row: at once on tensors, as one loop in a program, or where `isTraced`. */
export function overRows(
  what: string,
  { list, length }: { list: readonly Operand[]; length: number },
  carried: readonly Operand[],
  reverse: boolean,
  body: (carried: readonly Operand[], row: readonly Operand[]) => { carried: Operand[]; stacked: Operand[] },
  isTraced = tracing.current !== undefined,
): { carried: Operand[]; stacked: Operand[] } {
  if (isTraced && length > 0) {
    const loop = scanRows(
      { length, carries: carried.map(symbolic), scanned: list.map(symbolic), reverse },
      (carries, rows) => {
        const step = body(carries, rows);
        return { carries: step.carried.map(symbolic), stacked: step.stacked.map(symbolic) };
      },
    );
    return { carried: loop.carries, stacked: loop.stacked };
  }
  if (length === 0) {
    throw new ShapeError({
      what: `Cannot ${what}`,
      rule: "there must be rows to loop over",
      received: "none",
      hint: "check the first axis",
    });
  }
  let now = [...carried];
  const steps: Operand[][] = [];
  for (let i = 0; i < length; i++) {
    const at = reverse ? length - 1 - i : i;
    const row = list.map((x) => {
      const shape = shapeOf(x);
      const part = p.slice(x, [at, ...shape.slice(1).map(() => 0)], [1, ...shape.slice(1)]);
      return p.reshape(part, shape.slice(1));
    });
    const step = body(now, row);
    now = step.carried;
    steps[at] = step.stacked;
  }
  return { carried: now, stacked: steps[0].map((_, k) => p.stack(steps.map((stacked) => stacked[k]))) };
}

/**
 * What `f` gives for each row of the first axis, stacked. In a program `f` is traced once.
 * Keras: https://keras.io/api/ops/core/#map-function
 *
 * @example
 * ```ts
 * import { ops, tensor } from "./mod.ts";
 * console.log(ops.map((row) => ops.sum(row), tensor([[1, 2], [3, 4]])).toArray()); // [ 3, 7 ]
 * ```
 */
export function map<X extends Carried, Y extends Carried>(f: (x: X) => Y, xs: X): Y {
  const what = "map";
  checkFunctions(what, f);
  let form: Y | undefined;
  const { stacked } = overRows(what, rowsOf(what, xs), [], false, (_, row) => {
    form = f(like(xs, row));
    return { carried: [], stacked: listOf(what, form) };
  });
  return like(form as Y, stacked);
}

/** As {@linkcode map}: what `f` gives for each row of the first axis, stacked. */
export function vectorizedMap<X extends Carried, Y extends Carried>(f: (x: X) => Y, elements: X): Y {
  return map(f, elements);
}

/**
 * Calls `f` with what is carried and each row of `xs` (all rows of the first axis, or `length` times nothing); it returns
 * what is carried on, and what to stack. Gives what is carried at the end, and what was stacked.
 * Keras: https://keras.io/api/ops/core/#scan-function
 *
 * @example Running sums
 * ```ts
 * import { ops, type Tensor, tensor } from "./mod.ts";
 * const add = (sum: Tensor, x: Tensor): [Tensor, Tensor] => [ops.add(sum, x), ops.add(sum, x)];
 * const [last, sums] = ops.scan(add, tensor(0), tensor([1, 2, 3]));
 * console.log(last.item(), sums.toArray()); // 6 [ 1, 3, 6 ]
 * ```
 */
export function scan<C extends Carried, X extends Carried | null, Y extends Carried | null>(
  f: (carried: C, x: X) => readonly [carried: C, y: Y],
  init: C,
  xs?: X,
  length?: number | null,
  reverse?: boolean,
): [carried: C, ys: Y];
/**
 * Runs `body` for each row of the scanned arrays in a traced function; it is traced once. `body` may read outer values;
 * it must return carried values of unchanged types.
 */
export function scan(options: ScanOptions, body: (carries: Value[], rows: Value[]) => ScanStep): ScanResult;
export function scan(
  first: ((carried: never, x: never) => readonly [Carried, Carried | null]) | ScanOptions,
  second: Carried | ((carries: Value[], rows: Value[]) => ScanStep),
  xs: Carried | null = null,
  length: number | null = null,
  reverse = false,
): unknown {
  if (typeof first !== "function") return scanRows(first, second as (carries: Value[], rows: Value[]) => ScanStep);
  const what = "scan";
  const f = first as (carried: unknown, x: unknown) => unknown;
  const init = second as Carried;
  let form: unknown = null;
  const start = listOf(what, init);
  const { carried, stacked } = overRows(what, rowsOf(what, xs, length), start, reverse, (now, row) => {
    const step = f(like(init, now), xs === null ? null : like(xs, row));
    if (!Array.isArray(step) || step.length !== 2) {
      throw new ValueError({
        what: "Cannot scan",
        rule: "the function must return what is carried on and what to stack, in a list of two",
        received: describe(step),
        hint: "write null for nothing to stack, as in return [next, null]",
      });
    }
    form = step[1] ?? null;
    return { carried: next(what, now, step[0]), stacked: form === null ? [] : listOf(what, form) };
  });
  return [like(init, carried), form === null ? null : like(form as Carried, stacked)];
}

/**
 * The running results of an associative function along an axis (the first by default): of the first, of the first two, and
 * so on. `f` takes two operands, or lists of them, with any extent along the axis, and combines them by element; it is
 * called about log2(extent) times. Keras: https://keras.io/api/ops/core/#associative_scan-function
 *
 * @example Running products
 * ```ts
 * import { ops, tensor } from "./mod.ts";
 * const products = ops.associativeScan((a, b) => ops.multiply(a, b), tensor([1, 2, 3, 4]));
 * console.log(products.toArray()); // [ 1, 2, 6, 24 ]
 * ```
 */
export function associativeScan<C extends Carried>(
  f: (a: C, b: C) => C,
  elems: C,
  reverse: boolean | { reverse?: boolean; axis?: number } = false,
  axis = 0,
): C {
  const what = "scan by an associative function";
  checkFunctions(what, f);
  const named = isNamed(reverse) ? reverse as { reverse?: boolean; axis?: number } : { reverse, axis };
  const isReversed = named.reverse === true;
  const list = listOf(what, elems);
  const at = normalizeAxis(named.axis ?? 0, shapeOf(list[0]).length, what);
  const extents = new Set(list.map((x) => shapeOf(x)[at]));
  const [extent] = extents;
  if (extents.size !== 1 || extent === undefined) {
    throw new ShapeError({
      what: `Cannot ${what}`,
      rule: "all operands must have one extent along the axis",
      received: list.map((x) => formatShape(shapeOf(x))).join(" and "),
      hint: "give as many elements of each",
    });
  }
  const flipped = (x: Operand): Operand => isReversed ? p.reverse(x, at) : x;
  const cut = (x: Operand, from: number, count: number): Operand => {
    const shape = shapeOf(x);
    return p.slice(x, shape.map((_, i) => i === at ? from : 0), shape.map((all, i) => i === at ? count : all));
  };
  let now: Operand[] = list.map(flipped);
  // After each pass an element has the results of twice as many before it. Hillis and Steele, 1986.
  for (let reach = 1; reach < extent; reach *= 2) {
    const before = like(elems, now.map((x) => cut(x, 0, extent - reach)));
    const after = like(elems, now.map((x) => cut(x, reach, extent - reach)));
    const combined = next(what, now, f(before, after));
    now = now.map((x, i) => p.concat([cut(x, 0, reach), combined[i]], at));
  }
  return like(elems, now.map(flipped));
}
