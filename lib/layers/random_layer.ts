// RandomLayer: the base of layers that draw random numbers while they train.
import { describe, ShapeError, ValueError } from "../errors.ts";
import type { Value } from "../ir/value.ts";
import { add, greaterEqual, multiply, select } from "../ops/primitives.ts";
import { isInteger } from "../option_kinds.ts";
import { declareOptions, nullable, type Option, option, optionTable } from "../options.ts";
import { standardNormal } from "../random_stream.ts";
import { SeedGenerator } from "../random.ts";
import { formatShape, type Shape, type SymbolicShape } from "../shape.ts";
import { Layer, type LayerOptions } from "./layer.ts";
import { snakeCase } from "../auto_names.ts";
import { type LayerFields, layerOptions } from "./options.ts";

/** Options of layers that draw random numbers. */
export interface RandomLayerOptions extends LayerOptions {
  /** A seed of the layer's own; without it `setRandomSeed` rules. */
  seed?: number | null;
}

/** A seed, or none. */
const seedOption: Option<number | null> = nullable(option<number>({
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

/** Draws by seed, place in the model and step: the same numbers on every backend. */
export abstract class RandomLayer extends Layer {
  static {
    declareOptions(this, randomLayerOptions, { strict: false });
  }
  /** The mask of the input is handed on. */
  override readonly supportsMasking: boolean = true;
  override readonly callDefaults: Layer["callDefaults"] = { training: false };
  readonly #generator: SeedGenerator = new SeedGenerator(this.seed, {
    path: () => (this.seed === null ? this.randomPath : snakeCase(this.constructor.name)),
  });

  /** The shape itself. */
  override computeOutputShape(shape: SymbolicShape): SymbolicShape {
    return shape;
  }

  /** Uniform numbers of [0, 1), or of [`low`, `high`). */
  protected uniform(shape: Shape, low = 0, high = 1): Value {
    const unit = this.#generator.next(shape);
    return low === 0 && high === 1 ? unit : add(multiply(unit, high - low), low);
  }

  /** Standard normal numbers. */
  protected normal(shape: Shape): Value {
    return standardNormal(this.uniform(shape), this.uniform(shape));
  }

  /** `x` with a part `rate` set to 0 and the rest scaled; what is drawn has a shape that broadcasts to that of `x`. */
  protected drop(x: Value, rate: number, noiseShape: Shape): Value {
    if (rate === 0) return x;
    if (rate === 1) return multiply(x, 0);
    return select(greaterEqual(this.uniform(noiseShape), rate), multiply(x, 1 / (1 - rate)), 0);
  }

  /** The shape of what is drawn for `x`: `noiseShape` with the extents of `x` for its nulls. */
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
