// The numbers of a step besides its operands, such as the learning rate: one formula for host and programs.
import type { Value } from "../ir/value.ts";
import * as ops from "../ops/primitives.ts";
import { Tensor } from "../tensor/tensor.ts";

/** The numbers of a step by name: numbers on the host, symbolic values in a program. */
export type Scalars<T = Value> = Readonly<Record<string, T>>;

/** Arithmetic on the numbers of a step. `T` is a number on the host, a symbolic value in a program. */
export interface ScalarMath<T> {
  /** The same with each result rounded to float32; the host otherwise computes in float64. */
  readonly float32: ScalarMath<T>;
  /** `a + b`. */
  add(a: T | number, b: T | number): T;
  /** `a - b`. */
  subtract(a: T | number, b: T | number): T;
  /** `a * b`. */
  multiply(a: T | number, b: T | number): T;
  /** `a / b`. */
  divide(a: T | number, b: T | number): T;
  /** `a ** b`. */
  power(a: T | number, b: T | number): T;
  /** The smaller of two. */
  minimum(a: T | number, b: T | number): T;
  /** The square root. */
  sqrt(x: T): T;
  /** One over the square root. */
  rsqrt(x: T): T;
  /** `e ** x`. */
  exp(x: T): T;
  /** The largest integer not above `x`. */
  floor(x: T): T;
  /** 1 if `divisor` divides `n`, else 0. */
  isMultiple(n: T, divisor: number): T;
  /** `above` if `x` is above `limit`, else `below`. */
  step(x: T, limit: number, below: number, above: number): T;
  /** The sum of the first `count` of `numbers`, or of all if there are fewer. */
  sumOfFirst(numbers: Float32Array<ArrayBuffer>, count: T): T;
}

function hostMath(round: (x: number) => number): Omit<ScalarMath<number>, "float32"> {
  const rounded = (fn: (...args: number[]) => number) => (...args: number[]) => round(fn(...args.map(round)));
  return {
    add: rounded((a, b) => a + b),
    subtract: rounded((a, b) => a - b),
    multiply: rounded((a, b) => a * b),
    divide: rounded((a, b) => a / b),
    power: rounded((a, b) => a ** b),
    minimum: rounded(Math.min),
    sqrt: rounded(Math.sqrt),
    rsqrt: rounded((x) => 1 / Math.sqrt(x)),
    exp: rounded(Math.exp),
    floor: rounded(Math.floor),
    isMultiple: (n, divisor) => (n % divisor === 0 ? 1 : 0),
    step: (x, limit, below, above) => (x > limit ? above : below),
    sumOfFirst: (numbers, count) => round(numbers.subarray(0, count).reduce((a, b) => a + b, 0)),
  };
}

/** The arithmetic of the host. */
export const numberMath: ScalarMath<number> = {
  ...hostMath((x) => x),
  get float32() {
    return roundedMath;
  },
};

const roundedMath: ScalarMath<number> = {
  ...hostMath(Math.fround),
  get float32() {
    return roundedMath;
  },
};

/** The arithmetic in programs, which is always float32. */
export const valueMath: ScalarMath<Value> = {
  get float32() {
    return valueMath;
  },
  add: ops.add,
  subtract: ops.subtract,
  multiply: ops.multiply,
  divide: ops.divide,
  power: ops.power,
  minimum: ops.minimum,
  sqrt: ops.sqrt,
  rsqrt: ops.rsqrt,
  exp: ops.exp,
  floor: ops.floor,
  isMultiple: (n, divisor) => ops.cast(ops.equal(ops.mod(n, divisor), 0), "float32"),
  step: (x, limit, below, above) => ops.select(ops.greater(x, limit), above, below),
  sumOfFirst: (numbers, count) => {
    const places = new Tensor([numbers.length], "float32", numbers.map((_, i) => i + 1));
    return ops.sum(ops.select(ops.lessEqual(places, count), new Tensor([numbers.length], "float32", numbers), 0));
  },
};
