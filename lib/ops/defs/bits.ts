// Floats written as the integers that hold their bits, for programs that are lists of integers.

/** The bits of `value` rounded to float32, as a signed 32-bit integer. */
export function floatBits(value: number): number {
  return new Int32Array(Float32Array.of(value).buffer)[0];
}
