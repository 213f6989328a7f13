// Rounding as in IEEE 754, NumPy and Python: to integers, and to floating-point types of 16 bits.

/** The nearest integer; the even one in case of a tie. */
export function roundHalfToEven(x: number): number {
  const below = Math.floor(x);
  const rest = x - below;
  if (rest !== 0.5) return Math.round(x);
  return below % 2 === 0 ? below : below + 1;
}

const bits = new DataView(new ArrayBuffer(8));

/** The nearest number with `digits` binary digits after the first; below `2 ** lowest` those of `2 ** lowest`. */
function roundToFloat(x: number, digits: number, lowest: number, largest: number): number {
  if (x === 0 || !Number.isFinite(x)) return x;
  bits.setFloat64(0, x);
  const exponent = (bits.getUint16(0) >> 4 & 0x7ff) - 1023;
  const spacing = 2 ** (Math.max(exponent, lowest) - digits);
  // Both the quotient and the product are exact.
  const rounded = Math.sign(x) * roundHalfToEven(Math.abs(x) / spacing) * spacing;
  return Math.abs(rounded) > largest ? Math.sign(x) * Infinity : rounded;
}

/** The nearest float16; the even one in case of a tie. Infinite from 65,520 on. */
export function roundToFloat16(x: number): number {
  return roundToFloat(x, 10, -14, 65504);
}

/** The nearest bfloat16, which has the exponents of float32 and 8 binary digits; the even one in case of a tie. */
export function roundToBfloat16(x: number): number {
  return roundToFloat(x, 7, -126, (2 - 2 ** -7) * 2 ** 127);
}
