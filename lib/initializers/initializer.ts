// The base of initializers: the first values of weights, drawn in float64 to be equal on every backend.
import { shape } from "../argument_kinds.ts";
import { type Argument, declareMethods } from "../checked_methods.ts";
import { Configurable } from "../configurable.ts";
import { bytesPerElement, gibibytes, makeArray, withHostMemory } from "../dtype.ts";
import { describe, ShapeError, ValueError } from "../errors.ts";
import { hashPath, nextRandomRoot, purposes, randomSeed, RandomStream, weightPath } from "../random_stream.ts";
import { nullable } from "../options.ts";
import { integer } from "../option_kinds.ts";
import { formatShape, type Shape, sizeOf } from "../shape.ts";
import { Tensor } from "../tensor/tensor.ts";
import type { Drawing } from "../tensor/variable.ts";

/** The seed option of random initializers. */
export interface SeedOptions {
  /**
   * Draws the same values at each call; by default, values follow `setRandomSeed` and the weight's position in its
   * model.
   */
  seed?: number | null;
}

/** The stream of one weight, by the initializer's own seed if it has one. Outside of a layer each weight has its own path. */
export const weightStream = (seed: number | null): Drawing["stream"] =>
  seed === null
    ? [randomSeed(), hashPath(weightPath.current ?? nextRandomRoot()), purposes.weights]
    : [seed | 0, hashPath("initializer"), purposes.weights];

/** The shape of a weight, no larger than weights can be. */
const weightShape: Argument = (given, place) => {
  const extents = shape(given, place) as Shape;
  checkWeightSize(extents, place.what, "a weight");
  return extents;
};

const streamOrNew: Argument = (given, { what }) => {
  if (given === undefined) return new RandomStream(...weightStream(null));
  if (given instanceof RandomStream) return given;
  throw new ValueError({
    what,
    rule: "stream must give random numbers",
    received: describe(given),
    hint: "call the initializer by call(shape), which makes one",
  });
};

/** The bytes of the largest weight: common machines have no memory for the copies of a larger one. */
const largestWeight = 2 ** 31;

/** The bytes of a weight of `shape`. Throws {@linkcode ShapeError} if there are too many. */
export function checkWeightSize(shape: Shape, what: string, name: string): number {
  const bytes = sizeOf(shape) * 4;
  if (bytes <= largestWeight) return bytes;
  throw new ShapeError({
    what,
    rule: `${name} may have at most ${largestWeight / 2 ** 30} GiB`,
    received: `${formatShape(shape)}, which is ${gibibytes(bytes)}`,
    hint: "give the layer smaller sizes, or a smaller input",
  });
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

  static {
    declareMethods(this, {
      fill: {
        verb: "draw",
        takes: { shape: weightShape, stream: streamOrNew },
        returns: "the elements in row-major order",
      },
      call: { verb: "draw", takes: { shape: weightShape } },
    });
  }

  /** The elements of a weight of `shape`, in row-major order. */
  abstract fill(shape: Shape, stream: RandomStream): ArrayLike<number>;

  /** A float32 tensor of `shape`. */
  call(shape: Shape): Tensor {
    const stream = new RandomStream(...weightStream(this.seed ?? null));
    return withHostMemory(
      sizeOf(shape) * bytesPerElement("float32"),
      () => new Tensor(shape, "float32", makeArray("float32", this.#elements(shape, stream))),
    );
  }

  #elements(shape: Shape, stream: RandomStream): ArrayLike<number> {
    const given: unknown = this.fill(shape, stream);
    if (Array.isArray(given) || (ArrayBuffer.isView(given) && "length" in given)) return given as ArrayLike<number>;
    throw new ValueError({
      what: `Cannot draw ${this.constructor.name}`,
      rule: "fill must return the elements of the weight, in row-major order",
      received: describe(given),
      hint: "return a list of numbers or a typed array",
    });
  }
}

export function matrixNeeded(name: string, needed: string, shape: Shape): ShapeError {
  return new ShapeError({ what: `Cannot draw ${name}`, rule: `it needs ${needed}`, received: formatShape(shape) });
}
