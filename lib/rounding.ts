// Rounding as IEEE 754, NumPy and Python have it.

/** The nearest whole number; of two that are as near, the even one. */
export function roundHalfToEven(x: number): number {
  const below = Math.floor(x);
  const rest = x - below;
  if (rest !== 0.5) return Math.round(x);
  return below % 2 === 0 ? below : below + 1;
}
