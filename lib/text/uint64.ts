// Unsigned integers of 64 bits as pairs of 32, for hashes: much faster than BigInt on numbers this small.

/** An integer: its upper and its lower 32 bits, each from 0 to 2**32 - 1. */
export type Uint64 = readonly [high: number, low: number];

/** The integer of a number of up to 53 bits; a negative one counts from 2**64 down, as in C. */
export const uint64 = (value: number): Uint64 => [Math.floor(value / 2 ** 32) >>> 0, value >>> 0];

/** `a + b`. */
export const add = (a: Uint64, b: Uint64): Uint64 => {
  const low = a[1] + b[1];
  return [(a[0] + b[0] + (low > 0xffffffff ? 1 : 0)) >>> 0, low >>> 0];
};

/** `a * b`. */
export const multiply = (a: Uint64, b: Uint64): Uint64 => {
  const [a1, a0, b1, b0] = [a[1] >>> 16, a[1] & 0xffff, b[1] >>> 16, b[1] & 0xffff];
  const lowest = a0 * b0;
  const middle = a1 * b0 + (lowest >>> 16);
  const other = a0 * b1 + (middle & 0xffff);
  // The quotient: middle takes up to 33 bits.
  const carried = a1 * b1 + Math.floor(middle / 0x10000) + (other >>> 16);
  const high = carried + Math.imul(a[0], b[1]) + Math.imul(a[1], b[0]);
  return [high >>> 0, ((other << 16) | (lowest & 0xffff)) >>> 0];
};

/** `a ^ b`. */
export const xor = (a: Uint64, b: Uint64): Uint64 => [(a[0] ^ b[0]) >>> 0, (a[1] ^ b[1]) >>> 0];

/** `a >> bits`, for 33 to 63 bits. */
export const shiftRight = (a: Uint64, bits: number): Uint64 => [0, a[0] >>> (bits - 32)];

/** `a` turned right by 1 to 63 bits. */
export const rotateRight = ([high, low]: Uint64, bits: number): Uint64 => {
  const [h, l] = bits >= 32 ? [low, high] : [high, low];
  const by = bits & 31;
  if (by === 0) return [h, l];
  return [((h >>> by) | (l << (32 - by))) >>> 0, ((l >>> by) | (h << (32 - by))) >>> 0];
};

/** The remainder of a division by a number of up to 37 bits. */
export const modulo = ([high, low]: Uint64, divisor: number): number => {
  const upper = ((high % divisor) * 0x10000 + (low >>> 16)) % divisor;
  return (upper * 0x10000 + (low & 0xffff)) % divisor;
};

/** The 8 bytes from `at` on, the lowest first. */
export const read64 = (bytes: DataView, at: number): Uint64 => [
  bytes.getUint32(at + 4, true),
  bytes.getUint32(at, true),
];
