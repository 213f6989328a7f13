// Rounding as in IEEE 754, NumPy and Python.

/** The nearest integer; the even one in case of a tie. */
export function roundHalfToEven(x: number): number {
  const below = Math.floor(x);
  const rest = x - below;
  if (rest !== 0.5) return Math.round(x);
  return below % 2 === 0 ? below : below + 1;
}
