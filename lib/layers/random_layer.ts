// RandomLayer: the base of layers that draw random numbers in training.
import { describe, ShapeError, ValueError } from "../errors.ts";
import type { Value } from "../ir/value.ts";
import { add, greaterEqual, multiply, select } from "../ops/primitives.ts";
import { isInteger } from "../option_kinds.ts";
import { declareBase, declareOptions, nullable, type Option, option, optionTable } from "../options.ts";
import { standardNormal } from "../random_stream.ts";
import { SeedGenerator } from "../random/seed_generator.ts";
import { formatShape, type Shape, type SymbolicShape } from "../shape.ts";
import type { Structure } from "../structure.ts";
import { Layer, type LayerOptions } from "./layer.ts";
import { snakeCaseOfClass } from "../auto_names.ts";
import { type LayerFields, layerOptions } from "./options.ts";

/** Options of layers that draw random numbers. */
export interface RandomLayerOptions extends LayerOptions {
  /** The layer's own seed; by default that of `setRandomSeed` is used. */
  seed?: number | null;
}

/** A seed, or none. */
export const seedOption: Option<number | null> = nullable(option<number>({
  read: (given, { whatNamed, option }) => {
    if (isInteger(given)) return given;
    throw new ValueError({
      what: whatNamed,
      rule: `${option} must be a whole number or null`,
      received: describe(given),
      hint: "leave it out: setRandomSeed then says what is drawn",
    });
  },
}));

/** The options of layers that draw random numbers. */
export const randomLayerOptions = optionTable<RandomLayerOptions>()({ ...layerOptions, seed: seedOption });

/** The options, checked and completed. */
export interface RandomLayer extends LayerFields<RandomLayerOptions, typeof randomLayerOptions> {}

/** Draws by seed, position in the model and step: the same numbers on every backend. */
export abstract class RandomLayer extends Layer {
  static {
    declareBase(this);
  }

  static {
    declareOptions(this, randomLayerOptions, { strict: false });
  }
  /** Passes on the input's mask. */
  override readonly supportsMasking: boolean = true;
  override readonly callDefaults: Layer["callDefaults"] = { training: false };
  readonly #generator: SeedGenerator = new SeedGenerator(this.seed, {
    path: () => (this.seed === null ? this.randomPath : snakeCaseOfClass(this.constructor.name)),
  });

  /** The input's shape. */
  override computeOutputShape(shape: SymbolicShape): Structure<SymbolicShape> {
    return shape;
  }

  /** Uniform numbers in [0, 1), or in [`low`, `high`). */
  protected uniform(shape: Shape, low = 0, high = 1): Value {
    const unit = this.#generator.next(shape);
    return low === 0 && high === 1 ? unit : add(multiply(unit, high - low), low);
  }

  /** What an op draws the layer's next numbers from, if it draws them itself. */
  nextCounter(): { readonly counter: Value; readonly path: number } {
    return this.#generator.nextCounter();
  }

  /** What functions of `random` draw the layer's next numbers by. */
  protected get generator(): SeedGenerator {
    return this.#generator;
  }

  /** Standard normal numbers. */
  protected normal(shape: Shape): Value {
    return standardNormal(this.uniform(shape), this.uniform(shape));
  }

  /**
   * `x` with a fraction `rate` set to 0 and the rest scaled; the random numbers have a shape that broadcasts to that of
   * `x`.
   */
  protected drop(x: Value, rate: number, noiseShape: Shape): Value {
    if (rate === 0) return x;
    if (rate === 1) return multiply(x, 0);
    return select(greaterEqual(this.uniform(noiseShape), rate), multiply(x, 1 / (1 - rate)), 0);
  }

  /** The shape of the random numbers for `x`: `noiseShape` with its nulls replaced by the extents of `x`. */
  protected resolveNoiseShape(x: Value, noiseShape: SymbolicShape | null): Shape {
    const noise = x.shape.map((extent, axis) => noiseShape?.[axis] ?? extent);
    if (
      noiseShape &&
      (noiseShape.length !== x.shape.length || noise.some((n, axis) => n !== 1 && n !== x.shape[axis]))
    ) {
      throw new ShapeError({
        what: `Cannot call "${this.name}"`,
        rule: `noiseShape must broadcast to the input's shape ${formatShape(x.shape)}`,
        received: formatShape(noiseShape),
        hint: "give null or 1 for each axis",
      });
    }
    return noise;
  }
}
