// SpectralNormalization: the kernel of a layer, divided by its spectral norm as it trains.
// https://keras.io/api/layers/normalization_layers/spectral_normalization/
import { ValueError } from "../errors.ts";
import { epsilon } from "../config.ts";
import { TruncatedNormal } from "../initializers/random.ts";
import type { Value } from "../ir/value.ts";
import * as o from "../ops/primitives.ts";
import { all } from "../ops/statistics.ts";
import { positiveInteger } from "../option_kinds.ts";
import { declareOptions, optionTable } from "../options.ts";
import type { SymbolicShape } from "../shape.ts";
import type { Structure } from "../structure.ts";
import type { Layer, LayerOptions } from "./layer.ts";
import type { CallContext, LayerFields } from "./options.ts";
import { Weight } from "./weight.ts";
import { Wrapper, wrapperOptions } from "./wrapper.ts";

/** Options of {@linkcode SpectralNormalization}. */
export interface SpectralNormalizationOptions extends LayerOptions {
  /** How many steps of the power iteration each step of training makes; 1 by default. */
  powerIterations?: number;
}

const spectralNormalizationOptions = optionTable<SpectralNormalizationOptions>()({
  ...wrapperOptions,
  powerIterations: positiveInteger(1),
});

/** The options, checked and completed. */
export interface SpectralNormalization<L extends Layer = Layer>
  extends Omit<LayerFields<SpectralNormalizationOptions, typeof spectralNormalizationOptions>, "layer"> {}

/** `x` of length 1, or of 0 where it has none. */
function unit(x: Value): Value {
  return o.multiply(x, o.minimum(o.rsqrt(o.sum(o.square(x), undefined, true)), 1 / epsilon()));
}

/**
 * Divides the kernel of a layer by its largest singular value before each step of training, so that the layer does not
 * stretch its inputs: it stabilizes the training of adversarial networks. The singular value is estimated by power
 * iteration, whose vector is kept from step to step. The divided kernel stays in the layer; in inference nothing is done.
 * Miyato et al., 2018.
 *
 * @example A layer of a discriminator
 * ```ts
 * import { Input, layers, Sequential } from "./mod.ts";
 * const conv = new layers.SpectralNormalization(new layers.Conv2D(8, 3), { powerIterations: 2 });
 * console.log(new Sequential([Input({ shape: [10, 10, 1] }), conv]).outputShape); // [ null, 8, 8, 8 ]
 * ```
 */
export class SpectralNormalization<L extends Layer = Layer> extends Wrapper<L> {
  static {
    declareOptions(this, spectralNormalizationOptions);
  }
  /** The kernel of the layer inside, or its table. */
  kernel!: Weight;
  /** The vector of the power iteration, `[1, last axis of the kernel]`. */
  vectorU!: Weight;

  /**
   * Takes the layer. Throws {@linkcode ValueError} if it is none, or for an invalid number of iterations. Defaults:
   * `powerIterations: 1`.
   */
  constructor(layer: L, options: SpectralNormalizationOptions = {}) {
    super(layer, options);
  }

  /** Builds the layer inside. Throws {@linkcode ValueError} unless it has a weight `kernel` or `embeddings`. */
  override build(inputShape: SymbolicShape): void {
    super.build(inputShape);
    const inside: Layer & { readonly kernel?: unknown; readonly embeddings?: unknown } = this.layer;
    const found = inside.kernel ?? inside.embeddings;
    if (!(found instanceof Weight)) {
      throw new ValueError({
        what: `Cannot build "${this.name}"`,
        rule: "the layer inside must have a weight kernel or embeddings",
        received: `"${this.layer.name}" of ${this.layer.className}`,
        hint: "wrap a Dense, an Embedding or a convolution",
      });
    }
    this.kernel = found;
    this.inputSpec = { minRank: 1, lastAxis: inputShape[inputShape.length - 1] ?? undefined };
    this.vectorU = this.addWeight({
      name: "vector_u",
      shape: [1, found.shape[found.shape.length - 1]],
      initializer: new TruncatedNormal({ stddev: 0.02 }),
      trainable: false,
    });
  }

  /** The kernel of the layer inside, which Keras's files have here too, and the vector. */
  override get ownWeights(): Weight[] {
    return this.built ? [this.kernel, this.vectorU] : [];
  }

  /** What the layer makes of the input; in training its kernel and the vector are changed before. */
  call(x: Value, { training }: CallContext): Structure<Value> {
    if (training) this.#normalize();
    return this.layer.apply(x) as Structure<Value>;
  }

  /** A kernel of zeros, which has no direction, stays as it is. */
  #normalize(): void {
    const [kernel, before] = [this.kernel.value(), this.vectorU.value()];
    const rows = o.reshape(kernel, [-1, before.shape[1]]);
    let [u, v] = [before, before];
    for (let i = 0; i < this.powerIterations; i++) {
      v = unit(o.matmul(u, o.transpose(rows)));
      u = unit(o.matmul(v, rows));
    }
    const isZero = all(o.equal(kernel, 0));
    const norm = o.reshape(o.matmul(o.matmul(v, rows), o.transpose(u)), []);
    this.vectorU.assign(o.select(isZero, before, u));
    this.kernel.assign(o.select(isZero, kernel, o.divide(kernel, o.select(isZero, 1, norm))));
  }

  /** The shape that the layer inside gives. */
  override computeOutputShape(shape: SymbolicShape): Structure<SymbolicShape> {
    this.ensureBuilt(shape);
    return this.layer.computeOutputShape(shape);
  }
}
