// Sequential: a chain of layers. https://keras.io/api/models/sequential/
import { type Config, objectNode, policyNode } from "../config.ts";
import type { DType } from "../dtype.ts";
import { ShapeError, StateError, ValueError } from "../errors.ts";
import type { Value } from "../ir/value.ts";
import { InputLayer } from "../layers/input.ts";
import { type CallContext, Layer } from "../layers/layer.ts";
import { SymbolicTensor } from "../layers/symbolic.ts";
import { checkOptions, describe } from "../options.ts";
import { formatShape, type SymbolicShape } from "../shape.ts";
import { Model, type ModelOptions } from "./model.ts";

/** What a {@linkcode Sequential} is made of: an `Input` first, if there is one, and layers. */
export type SequentialItem = Layer | SymbolicTensor;

/**
 * Layers, each applied to the output of the one before. With an `Input` first the weights are made at once, else with
 * the first data.
 *
 * @example Two layers
 * ```ts
 * import { Input, layers, Sequential } from "./mod.ts";
 * const model = new Sequential([
 *   Input({ shape: [784] }),
 *   new layers.Dense(128, { activation: "relu" }),
 *   new layers.Dense(10, { activation: "softmax" }),
 * ]);
 * model.summary();
 * ```
 */
export class Sequential extends Model {
  readonly #layers: Layer[] = [];
  readonly #shapes: SymbolicShape[] = [];
  #input: InputLayer | undefined;
  #first: SymbolicShape = [];

  /** Takes layers and options. Throws {@linkcode ValueError} for two layers of one name. */
  constructor(layers: readonly SequentialItem[] = [], options: ModelOptions = {}) {
    if (!Array.isArray(layers)) {
      throw new ValueError({
        what: "Cannot make Sequential",
        rule: "layers must be a list",
        received: describe(layers),
        mend: "write them in brackets, as in new Sequential([layer])",
      });
    }
    checkOptions("Sequential", options, ["name", "trainable"]);
    super(options);
    for (const layer of layers) this.#push(layer);
    if (this.#input) this.ensureBuilt(this.#input.batchShape);
    if (options.trainable === false) this.trainable = false;
  }

  /** The layers, without the input. */
  override get layers(): readonly Layer[] {
    return this.#layers;
  }

  /** The layers, without the input. */
  override get sublayers(): readonly Layer[] {
    return this.#layers;
  }

  /** The dtype that inputs are cast to: that of `Input`. */
  override get inputDType(): DType | undefined {
    return this.#input?.dtype;
  }

  /** The shape of the output, batch axis first; undefined before the model is built. */
  override get outputShape(): SymbolicShape | undefined {
    return this.#shapes.at(-1) ?? this.#input?.batchShape;
  }

  /** The shape of a layer's output, where it is known. */
  override outputShapeOf(layer: Layer): SymbolicShape | undefined {
    return this.#shapes[this.#layers.indexOf(layer)];
  }

  /**
   * Adds a layer at the end. Throws {@linkcode ValueError} for a name that is there already, and for an input that does
   * not come first.
   */
  add(layer: SequentialItem): void {
    this.forgetPrograms();
    this.#push(layer);
    if (this.built) this.building(() => this.#buildNext());
    else if (this.#input) this.ensureBuilt(this.#input.batchShape);
  }

  /** Removes the last layer and gives it. Throws {@linkcode StateError} where there is none. */
  pop(): Layer {
    this.forgetPrograms();
    const layer = this.#layers.pop();
    if (!layer) {
      throw new StateError({
        what: `Cannot pop from "${this.name}"`,
        rule: "it has no layers",
        mend: "add some first",
      });
    }
    this.#shapes.length = Math.min(this.#shapes.length, this.#layers.length);
    return layer;
  }

  /** Builds each layer for the output of the one before. */
  override build(inputShape: SymbolicShape): void {
    this.#shapes.length = 0;
    this.#first = inputShape;
    while (this.#shapes.length < this.#layers.length) this.#buildNext();
  }

  /** The output of the last layer. */
  call(x: Value, { training, mask }: CallContext): Value {
    let y = x;
    let first = true;
    for (const layer of this.#layers) {
      y = layer.apply(y, first ? { training, mask } : { training });
      first = false;
    }
    return y;
  }

  /** The mask that came through all layers, which rides on the output. */
  override computeMask(): Value | undefined {
    return undefined;
  }

  /** The shape of the last layer's output. */
  override computeOutputShape(inputShape: SymbolicShape): SymbolicShape {
    return this.#layers.reduce((shape, layer) => layer.computeOutputShape(shape), inputShape);
  }

  /** Builds the model for inputs of this shape, and gives the shape of its output. */
  override buildFor(inputShape: SymbolicShape): SymbolicShape {
    if (this.#layers.length === 0) {
      throw new StateError({
        what: `Cannot use "${this.name}"`,
        rule: "it has no layers",
        mend: "add some, as in model.add(new layers.Dense(10))",
      });
    }
    this.ensureBuilt(inputShape);
    return this.outputShape!;
  }

  /** The layers and the input's shape as Keras's config. */
  override getConfig(): Config {
    const items: Layer[] = this.#input ? [this.#input, ...this.#layers] : this.#layers;
    return {
      name: this.name,
      trainable: this.trainable,
      dtype: policyNode(this.dtypePolicy),
      layers: items.map((layer) => ({
        ...objectNode("keras.layers", layer.constructor.name, layer.getConfig()),
        ...(layer.built && hasBuild(layer) && { build_config: { input_shape: layer.inputShape! } }),
      })),
      ...(this.built && this.#layers.length > 0 && { build_input_shape: this.inputShape! }),
    };
  }

  #push(item: SequentialItem): void {
    const what = `Cannot add to "${this.name}"`;
    const layer = item instanceof SymbolicTensor ? item.layer : item;
    if (!(layer instanceof Layer)) {
      throw new ValueError({
        what,
        rule: "it takes layers, and an Input first",
        received: describe(item),
        mend: typeof item === "function"
          ? "make the layer with new, as in new layers.Flatten()"
          : "give layers, as in new layers.Dense(10)",
      });
    }
    if (layer instanceof InputLayer) {
      if (this.#input || this.#layers.length > 0) {
        throw new ValueError({
          what,
          rule: "Input must come first, and once",
          received: "it after other layers",
          mend: "put it at the beginning of the list",
        });
      }
      this.#input = layer;
      return;
    }
    if (this.#layers.some(({ name }) => name === layer.name)) {
      throw new ValueError({
        what,
        rule: "names of layers must differ",
        received: `a second "${layer.name}"`,
        mend: this.#layers.includes(layer) ? "make a new layer" : "give one of them another name",
      });
    }
    this.#layers.push(layer);
  }

  #buildNext(): void {
    const index = this.#shapes.length;
    const layer = this.#layers[index];
    const shape = this.#shapes[index - 1] ?? this.#first;
    layer.ensureBuilt(shape);
    layer.checkInput(shape);
    const output = layer.computeOutputShape(shape);
    if (output.some((extent) => extent !== null && extent <= 0)) {
      throw new ShapeError({
        what: `Cannot build "${layer.name}"`,
        rule: "every axis of its output must have at least one element",
        received: `${formatShape(output)} from an input of ${formatShape(shape)}`,
        mend: "give a larger Input, or leave layers out",
      });
    }
    this.#shapes.push(output);
  }
}

/** Whether a layer's class, or one that it extends, has a `build` of its own. */
function hasBuild(layer: Layer): boolean {
  return layer.build !== Layer.prototype.build;
}
