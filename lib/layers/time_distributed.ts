// TimeDistributed: a layer applied to each step of a sequence.
// https://keras.io/api/layers/recurrent_layers/time_distributed/
import { ShapeError } from "../errors.ts";
import type { Value } from "../ir/value.ts";
import { reshape, slice, stack } from "../ops/primitives.ts";
import { declareOptions } from "../options.ts";
import { formatShape, type Shape, type SymbolicShape } from "../shape.ts";
import type { Layer } from "./layer.ts";
import type { CallContext } from "./options.ts";
import { Wrapper, wrapperOptions } from "./wrapper.ts";

/**
 * Applies a layer to each step of `[batch, steps, ...]`, with the same weights: all steps are one large batch for it, but
 * for layers that keep statistics, such as BatchNormalization, which in training see one step after another.
 *
 * @example Features of each image of a film
 * ```ts
 * import { Input, layers, Sequential } from "./mod.ts";
 * const perImage = new layers.TimeDistributed(new layers.Conv2D(4, 3));
 * console.log(new Sequential([Input({ shape: [10, 8, 8, 3] }), perImage]).outputShape); // [ null, 10, 6, 6, 4 ]
 * ```
 */
export class TimeDistributed<L extends Layer = Layer> extends Wrapper<L> {
  static {
    declareOptions(this, wrapperOptions);
  }
  /** Passes on the mask of steps. */
  override readonly supportsMasking = true;
  override readonly callDefaults = { mask: null };
  /** The shape of one step. */
  #stepOf(shape: SymbolicShape): SymbolicShape {
    if (shape.length >= 3) return [shape[0], ...shape.slice(2)];
    throw new ShapeError({
      what: `Cannot build "${this.name}"`,
      rule: "the input must have axes of samples, steps and features",
      received: formatShape(shape),
      hint: "give sequences, as in Input({ shape: [steps, features] })",
    });
  }

  /** Builds the layer for one step. */
  override build(inputShape: SymbolicShape): void {
    this.layer.ensureBuilt(this.#stepOf(inputShape));
  }

  /** The outputs of the layer for all steps. */
  call(x: Value, { training, mask }: CallContext): Value {
    const [batch, steps] = x.shape;
    if (mask && !(mask.shape[0] === batch && mask.shape[1] === steps)) {
      throw new ShapeError({
        what: `Cannot call "${this.name}"`,
        rule: `the mask must begin with ${formatShape([batch, steps])}: true for each step of a sample that counts`,
        received: formatShape(mask.shape),
        hint: "give a mask of samples and steps",
      });
    }
    const keepsStatistics = this.layer.weights.some(({ trainable }) => !trainable);
    if (training && keepsStatistics) {
      const stepAt = (value: Value, t: number) => {
        const [, , ...rest] = value.shape;
        const starts = value.shape.map((_, axis) => (axis === 1 ? t : 0));
        return reshape(slice(value, starts, [batch, 1, ...rest]), [batch, ...rest]);
      };
      const outputs = Array.from(
        { length: steps },
        (_, t) => this.#run(stepAt(x, t), training, mask && stepAt(mask, t)),
      );
      return stack(outputs, 1);
    }
    const folded = (value: Value) => reshape(value, [batch * steps, ...value.shape.slice(2)]);
    const y = this.#run(folded(x), training, mask && folded(mask));
    return reshape(y, [batch, steps, ...y.shape.slice(1)]);
  }

  #run(x: Value, training: boolean, mask: Value | undefined): Value {
    // As in Keras, penalties on the layer's output do not count.
    return this.layer.call(x, { training, mask }) as Value;
  }

  /** The layer's output shape for one step, with the axis of steps. */
  override computeOutputShape(shape: SymbolicShape): SymbolicShape {
    this.ensureBuilt(shape);
    const [batch, ...features] = this.layer.computeOutputShape(this.#stepOf(shape)) as Shape;
    return [batch, shape[1], ...features];
  }
}
