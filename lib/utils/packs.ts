// Batches as lists: inputs, targets and weights of samples. https://keras.io/api/utils/

/** Inputs, targets and weights of samples in one list, without those that are left out at the end. */
export function packXYSampleWeight<X, Y = undefined, W = undefined>(
  x: X,
  y?: Y | null,
  sampleWeight?: W | null,
): [x: X] | [x: X, y: Y | null] | [x: X, y: Y | null, sampleWeight: W] {
  if (sampleWeight !== undefined && sampleWeight !== null) return [x, y ?? null, sampleWeight];
  return y === undefined || y === null ? [x] : [x, y];
}

/**
 * Inputs, targets and weights of samples of a list of one to three, with null for what is not there; what is no list is
 * the inputs.
 *
 * @example
 * ```ts
 * import { utils } from "./mod.ts";
 * const [x, y, sampleWeight] = utils.unpackXYSampleWeight([[1], [2]]);
 * console.log(x, y, sampleWeight); // [ 1 ] [ 2 ] null
 * ```
 */
export function unpackXYSampleWeight<X, Y, W>(
  data: readonly [X] | readonly [X, Y] | readonly [X, Y, W],
): [x: X, y: Y | null, sampleWeight: W | null] {
  const [x, y = null, sampleWeight = null] = Array.isArray(data) ? data as readonly [X, Y, W] : [data as unknown as X];
  return [x, y, sampleWeight];
}
