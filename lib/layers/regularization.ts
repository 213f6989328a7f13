// Layers that act only in training, against overfitting. https://keras.io/api/layers/regularization_layers/
import type { Config } from "../config.ts";
import { ShapeError } from "../errors.ts";
import type { Value } from "../ir/value.ts";
import { bitsToUnit, greaterEqual, multiply, randomBits, select } from "../ops/primitives.ts";
import { checkRange } from "../options.ts";
import { currentRandomContext, RandomContext, randomSeed } from "../random.ts";
import { formatShape, type SymbolicShape } from "../shape.ts";
import { Tensor } from "../tensor/tensor.ts";
import { Variable } from "../tensor/variable.ts";
import { Layer, type LayerOptions } from "./layer.ts";

/** Options of {@linkcode Dropout}. */
export interface DropoutOptions extends LayerOptions {
  /** The shape of the mask, `null` for an axis of the input's extent, 1 for one along which whole slices drop. */
  noiseShape?: SymbolicShape | null;
  /** A seed of the layer's own; without it `setRandomSeed` rules. */
  seed?: number | null;
}

/**
 * In training sets a part `rate` of the inputs to 0 and scales the rest by `1 / (1 - rate)`; otherwise does nothing.
 * Srivastava et al., 2014.
 *
 * @example Half of the features
 * ```ts
 * import { layers, Sequential } from "./mod.ts";
 * const model = new Sequential([new layers.Dense(64), new layers.Dropout(0.5), new layers.Dense(1)]);
 * console.log(model.layers[1].name); // dropout
 * ```
 */
export class Dropout extends Layer {
  /** The part that is set to 0. */
  readonly rate: number;
  /** The shape of the mask, if it is not that of the input. */
  readonly noiseShape: SymbolicShape | null;
  /** The layer's own seed, if it has one. */
  readonly seed: number | null;
  /** The mask of the input is handed on. */
  override readonly supportsMasking = true;
  #ownCounter: Variable | undefined;

  /** Takes the part to drop. Throws {@linkcode ValueError} where it is not from 0 to 1. */
  constructor(rate: number, options: DropoutOptions = {}) {
    checkRange("Dropout", "rate", rate, 0, 1);
    super(options, ["noiseShape", "seed"]);
    this.rate = rate;
    this.noiseShape = options.noiseShape ?? null;
    this.seed = options.seed ?? null;
  }

  /** The input with some elements dropped, or in inference the input itself. */
  call(x: Value, { training }: { training: boolean }): Value {
    if (!training || this.rate === 0) return x;
    if (this.rate === 1) return multiply(x, 0);
    const noise = this.#noiseFor(x);
    const own = currentRandomContext() ? undefined : this.#context();
    const random = own ?? currentRandomContext()!;
    const { counter, path } = random.draw(
      this.seed === null ? this.randomPath : "dropout",
      this.seed === null ? undefined : this.seed | 0,
    );
    const kept = greaterEqual(bitsToUnit(randomBits(counter, noise, path)), this.rate);
    own?.advance();
    return select(kept, multiply(x, 1 / (1 - this.rate)), 0);
  }

  /** The shape itself. */
  override computeOutputShape(shape: SymbolicShape): SymbolicShape {
    return shape;
  }

  /** The arguments as Keras's config. */
  override getConfig(): Config {
    return { ...super.getConfig(), rate: this.rate, seed: this.seed, noise_shape: this.noiseShape };
  }

  #noiseFor(x: Value): number[] {
    const { noiseShape } = this;
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

  /** Random state for a call outside of a model's training. */
  #context(): RandomContext {
    this.#ownCounter ??= new Variable(new Tensor([2], "int32", Int32Array.of(randomSeed(), 0)), {
      name: `${this.name}/counter`,
      trainable: false,
    });
    return new RandomContext(this.#ownCounter);
  }
}
