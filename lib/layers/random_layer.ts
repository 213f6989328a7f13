// RandomLayer: the base of layers that draw random numbers while they train.
import { ShapeError } from "../errors.ts";
import type { Value } from "../ir/value.ts";
import {
  add,
  bitsToUnit,
  cos,
  greaterEqual,
  log,
  multiply,
  randomBits,
  select,
  sqrt,
  subtract,
} from "../ops/primitives.ts";
import { currentRandomContext, RandomContext, randomSeed } from "../random.ts";
import { formatShape, type Shape, type SymbolicShape } from "../shape.ts";
import { Tensor } from "../tensor/tensor.ts";
import { Variable } from "../tensor/variable.ts";
import { Layer, type LayerOptions } from "./layer.ts";
import { snakeCase } from "./naming.ts";

/** Options of layers that draw random numbers. */
export interface RandomLayerOptions extends LayerOptions {
  /** A seed of the layer's own; without it `setRandomSeed` rules. */
  seed?: number | null;
}

/** Draws by seed, place in the model and step: the same numbers on every backend. */
export abstract class RandomLayer extends Layer {
  /** The layer's own seed, if it has one. */
  readonly seed: number | null;
  /** The mask of the input is handed on. */
  override readonly supportsMasking: boolean = true;
  #ownCounter: Variable | undefined;

  /** Takes the options, and the names of those that the subclass adds. */
  constructor(options: RandomLayerOptions, ownOptions: readonly string[]) {
    super(options, [...ownOptions, "seed"]);
    this.seed = options.seed ?? null;
  }

  /** The shape itself. */
  override computeOutputShape(shape: SymbolicShape): SymbolicShape {
    return shape;
  }

  /** Uniform numbers of [0, 1), or of [`low`, `high`). */
  protected uniform(shape: Shape, low = 0, high = 1): Value {
    // A call outside of a model's program has no random state, so the layer keeps its own.
    const own = currentRandomContext() ? undefined : this.#context();
    const random = own ?? currentRandomContext()!;
    const { counter, path } = this.seed === null
      ? random.draw(this.randomPath)
      : random.draw(snakeCase(this.constructor.name), this.seed | 0);
    const unit = bitsToUnit(randomBits(counter, shape, path));
    own?.advance();
    return low === 0 && high === 1 ? unit : add(multiply(unit, high - low), low);
  }

  /** Standard normal numbers, by the method of Box and Muller. */
  protected normal(shape: Shape): Value {
    const radius = sqrt(multiply(log(subtract(1, this.uniform(shape))), -2));
    return multiply(radius, cos(multiply(this.uniform(shape), 2 * Math.PI)));
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
        mend: "give null or 1 for each axis",
      });
    }
    return noise;
  }

  #context(): RandomContext {
    this.#ownCounter ??= new Variable(new Tensor([2], "int32", Int32Array.of(randomSeed(), 0)), {
      name: `${this.name}/counter`,
      trainable: false,
    });
    return new RandomContext(this.#ownCounter);
  }
}
