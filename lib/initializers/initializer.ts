// The base of initializers: the first values of weights, drawn on the host in float64 to be equal on every backend.
import { Configurable } from "../configurable.ts";
import { bytesPerElement, makeArray, withHostMemory } from "../dtype.ts";
import { ShapeError } from "../errors.ts";
import { hashPath, nextRandomRoot, purposes, randomSeed, RandomStream, weightPath } from "../random_stream.ts";
import { nullable } from "../options.ts";
import { integer } from "../option_kinds.ts";
import { formatShape, type Shape, sizeOf } from "../shape.ts";
import { Tensor } from "../tensor/tensor.ts";

/** The seed option of random initializers. */
export interface SeedOptions {
  /**
   * Draws the same values at each call; by default, values follow `setRandomSeed` and the weight's position in its
   * model.
   */
  seed?: number | null;
}

/** The seed as an option: none by default. */
export const seedOption = nullable(integer());

/**
 * The base of initializers: extend it with your own `fill`. See https://keras.io/api/layers/initializers/.
 *
 * @example A custom initializer
 * ```ts
 * import { initializers, layers } from "./mod.ts";
 * class Alternating extends initializers.Initializer {
 *   fill(shape: readonly number[]) {
 *     const size = shape.reduce((a, b) => a * b, 1);
 *     return Array.from({ length: size }, (_, i) => (i % 2 ? -1 : 1));
 *   }
 * }
 * const dense = new layers.Dense(3, { kernelInitializer: new Alternating() });
 * console.log(dense.name);
 * ```
 */
export abstract class Initializer extends Configurable {
  /** The initializer's own seed, if any. */
  declare readonly seed: number | null;

  /** The elements of a weight of `shape`, in row-major order. */
  abstract fill(shape: Shape, stream: RandomStream): ArrayLike<number>;

  /** A float32 tensor of `shape`. */
  call(shape: Shape): Tensor {
    const seed = this.seed ?? null;
    // Outside of a layer each weight has its own path.
    const stream = seed === null
      ? new RandomStream(randomSeed(), hashPath(weightPath.current ?? nextRandomRoot()), purposes.weights)
      : new RandomStream(seed | 0, hashPath("initializer"), purposes.weights);
    return withHostMemory(
      sizeOf(shape) * bytesPerElement("float32"),
      () => new Tensor(shape, "float32", makeArray("float32", this.fill(shape, stream))),
    );
  }
}

export function matrixNeeded(name: string, needed: string, shape: Shape): ShapeError {
  return new ShapeError({ what: `Cannot draw ${name}`, rule: `it needs ${needed}`, received: formatShape(shape) });
}
