// A Gaussian process: what is to be expected of a function at points where it was not measured, in float64.
// Source: Rasmussen and Williams, "Gaussian Processes for Machine Learning", 2006, algorithm 2.1 and equation 4.17.

/** A point. */
export type Point = readonly number[];

/** What is expected of a value. */
interface Expected {
  /** Its mean. */
  readonly mean: number;
  /** Its standard deviation. */
  readonly deviation: number;
}

/** The length scales among which the likeliest is taken, for points in a unit cube. */
const lengthScales = [0.1, 0.2, 0.4, 0.8, 1.6];

/** A Gaussian process with the Matern kernel of nu = 5/2, for values that are scaled to mean 0 and variance 1. */
export class GaussianProcess {
  readonly #points: readonly Point[];
  readonly #mean: number;
  readonly #scale: number;
  #lengthScale = lengthScales[0];
  #factor: readonly Float64Array[] = [];
  #weights: Float64Array = new Float64Array();

  /** Takes the points, the values there, and the variance of noise in values of variance 1. */
  constructor(points: readonly Point[], values: readonly number[], noise: number) {
    this.#points = points;
    this.#mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    this.#scale = Math.sqrt(values.reduce((sum, value) => sum + (value - this.#mean) ** 2, 0) / values.length) || 1;
    const targets = Float64Array.from(values, (value) => (value - this.#mean) / this.#scale);
    let likeliest = -Infinity;
    for (const lengthScale of lengthScales) {
      const factor = cholesky(
        points.length,
        (i, j) => matern(points[i], points[j], lengthScale) + (i === j ? noise : 0),
      );
      const weights = solveUpper(factor, solveLower(factor, targets));
      // The logarithm of the marginal likelihood, up to a constant.
      const likelihood = -targets.reduce((sum, target, i) => sum + target * weights[i] / 2 + Math.log(factor[i][i]), 0);
      if (likelihood <= likeliest) continue;
      likeliest = likelihood;
      [this.#lengthScale, this.#factor, this.#weights] = [lengthScale, factor, weights];
    }
  }

  /** What is expected at a point. */
  at(point: Point): Expected {
    const near = Float64Array.from(this.#points, (other) => matern(point, other, this.#lengthScale));
    const mean = near.reduce((sum, k, i) => sum + k * this.#weights[i], 0);
    const explained = solveLower(this.#factor, near).reduce((sum, v) => sum + v * v, 0);
    return {
      mean: this.#mean + this.#scale * mean,
      deviation: this.#scale * Math.sqrt(Math.max(0, 1 - explained)),
    };
  }
}

function matern(a: Point, b: Point, lengthScale: number): number {
  const distance = Math.sqrt(5 * a.reduce((sum, x, i) => sum + (x - b[i]) ** 2, 0)) / lengthScale;
  return (1 + distance + distance ** 2 / 3) * Math.exp(-distance);
}

/** The rows of the lower factor of a symmetric positive definite matrix. */
function cholesky(size: number, at: (i: number, j: number) => number): Float64Array[] {
  const factor: Float64Array[] = [];
  for (let i = 0; i < size; i++) {
    factor.push(new Float64Array(size));
    for (let j = 0; j <= i; j++) {
      let rest = at(i, j);
      for (let k = 0; k < j; k++) rest -= factor[i][k] * factor[j][k];
      factor[i][j] = i === j ? Math.sqrt(rest) : rest / factor[j][j];
    }
  }
  return factor;
}

function solveLower(factor: readonly Float64Array[], right: Float64Array): Float64Array {
  const solution = Float64Array.from(right);
  for (let i = 0; i < solution.length; i++) {
    for (let k = 0; k < i; k++) solution[i] -= factor[i][k] * solution[k];
    solution[i] /= factor[i][i];
  }
  return solution;
}

function solveUpper(factor: readonly Float64Array[], right: Float64Array): Float64Array {
  const solution = Float64Array.from(right);
  for (let i = solution.length - 1; i >= 0; i--) {
    for (let k = i + 1; k < solution.length; k++) solution[i] -= factor[k][i] * solution[k];
    solution[i] /= factor[i][i];
  }
  return solution;
}
