// Summaries of numbers by quantiles, which merge: what Discretization learns its edges from, with Keras's rounding.

/** Values in ascending order, each for as many numbers as its weight says. */
export interface Summary {
  /** The values. */
  readonly values: Float32Array;
  /** The weights. */
  readonly weights: Float32Array;
}

/** A summary of about `1 / epsilon` of the numbers, evenly spaced. */
export function summaryOf(numbers: ArrayLike<number>, epsilon: number): Summary {
  const sorted = Float32Array.from(numbers).sort();
  const step = Math.max(sorted.length / (1 / epsilon), 1);
  const values = sorted.filter((_, i) =>
    i >= Math.trunc(step - 1) && (i - Math.trunc(step - 1)) % Math.trunc(step) === 0
  );
  return { values, weights: values.map(() => step) };
}

/** One summary of two, of about `1 / epsilon` values. */
export function merged(a: Summary, b: Summary, epsilon: number): Summary {
  const [values, weights] = [joined(a.values, b.values), joined(a.weights, b.weights)];
  const order = Array.from(values.keys()).sort((i, j) => values[i] - values[j]);
  return compressed({
    values: Float32Array.from(order, (i) => values[i]),
    weights: Float32Array.from(order, (i) => weights[i]),
  }, epsilon);
}

function joined(a: Float32Array, b: Float32Array): Float32Array {
  const both = new Float32Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}

/** The edges of bins with equal shares: one less than there are bins. */
export function boundariesOf(summary: Summary, bins: number): number[] {
  return [...compressed(summary, 1 / bins).values.slice(0, -1)];
}

function compressed(summary: Summary, epsilon: number): Summary {
  if (summary.values.length * epsilon < 1) return summary;
  let total = 0;
  const sums = summary.weights.map((weight) => total = Math.fround(total + weight));
  const shares = sums.map((sum) => sum / total);
  const wanted = Array.from({ length: Math.ceil(1 / epsilon) }, (_, i) => epsilon + i * epsilon);
  const values = wanted.map((share) => interpolated(share, shares, summary.values));
  const reached = wanted.map((share) => interpolated(share, shares, sums));
  const weights = reached.map((sum, i) => sum - (i > 0 ? reached[i - 1] : 0));
  return { values: Float32Array.from(values), weights: Float32Array.from(weights) };
}

/** The value at `x` on the line through points with ascending abscissas; outside of them that of the nearest. */
function interpolated(x: number, xs: ArrayLike<number>, ys: ArrayLike<number>): number {
  let [low, high] = [-1, xs.length];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (xs[middle] <= x) low = middle;
    else high = middle;
  }
  if (low === -1) return ys[0];
  if (low === xs.length - 1 || xs[low] === x) return ys[low];
  return (ys[low + 1] - ys[low]) / (xs[low + 1] - xs[low]) * (x - xs[low]) + ys[low];
}
