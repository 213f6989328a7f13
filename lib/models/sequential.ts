// Sequential: a chain of layers. https://keras.io/api/models/sequential/
import { inputShape } from "../argument_kinds.ts";
import { declareMethods } from "../checked_methods.ts";
import { policyNode } from "../dtype_policy.ts";
import type { Config } from "../json_config.ts";
import type { InputDType } from "../dtype.ts";
import { StateError, ValueError } from "../errors.ts";
import type { Value } from "../ir/value.ts";
import { InputLayer } from "../layers/input.ts";
import { type CallContext, Layer } from "../layers/layer.ts";
import { layerOptions } from "../layers/options.ts";
import { PreparingLayer } from "../layers/preparing.ts";
import { SymbolicTensor } from "../tensor/symbolic.ts";
import { declareOptions, describe, optionTable, withFactsOfAll } from "../options.ts";
import { declareClasses } from "../registry.ts";
import { formatShape, type SymbolicShape } from "../shape.ts";
import { formatStructure, isItem, isNamed } from "../structure.ts";
import { FunctionalGraph } from "./graph.ts";
import type { ModelOptions } from "./network.ts";
import { Model } from "./model.ts";

/** An item of a {@linkcode Sequential}: a layer, or an `Input` as the first item. */
export type SequentialItem = Layer | SymbolicTensor;

const sequentialOptions = optionTable<ModelOptions>()({
  ...withFactsOfAll(layerOptions, { offered: false }),
  name: layerOptions.name,
  trainable: layerOptions.trainable,
  dtype: layerOptions.dtype,
});

/**
 * A chain of layers. With an `Input` first the weights are made at once, else when the first data comes.
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
export class Sequential extends Model<SymbolicTensor, SymbolicTensor> {
  readonly #layers: Layer[] = [];
  /** The output of each layer, for the layers that are built. */
  readonly #outputs: SymbolicTensor[] = [];
  #input: InputLayer | undefined;
  #graph: FunctionalGraph | undefined;

  static {
    declareMethods(this, {
      build: { verb: "build", takes: { inputShape } },
      computeOutputShape: { verb: "take the output shape of", takes: { inputShape } },
    });
    declareOptions(this, sequentialOptions);
  }

  /** Takes layers and options. Throws {@linkcode ValueError} for two layers with the same name. */
  constructor(layers: readonly SequentialItem[] = [], options: ModelOptions = {}) {
    if (!Array.isArray(layers)) {
      throw new ValueError({
        what: "Cannot make Sequential",
        rule: "layers must be a list",
        received: describe(layers),
        hint: "write them in brackets, as in new Sequential([layer])",
      });
    }
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

  /** The layers, which weights files keep by class and number. */
  override get connectedLayers(): readonly Layer[] {
    return this.#layers;
  }

  /** The graph from the input to the last layer's output; undefined before the model is built. */
  protected override get graph(): FunctionalGraph | undefined {
    if (!this.#input) return undefined;
    const last = this.#outputs.at(-1) ?? this.#input.output;
    if (this.#graph?.output !== last) {
      this.#graph = new FunctionalGraph(this.#input.output, last, `Cannot use "${this.name}"`);
    }
    return this.#graph;
  }

  /** The shape that the model was built for, batch axis first; undefined before. */
  override get inputShape(): SymbolicShape | undefined {
    return super.inputShape as SymbolicShape | undefined;
  }

  /** The shape of the output, batch axis first; undefined before the model is built. */
  override get outputShape(): SymbolicShape | undefined {
    return (this.#outputs.at(-1) ?? this.#input?.output)?.shape;
  }

  /**
   * Adds a layer at the end. Throws {@linkcode ValueError} for a name that is already used, and for an input that is
   * not the first item.
   */
  add(layer: SequentialItem): void {
    this.forgetPrograms();
    this.#push(layer);
    if (this.built) this.building(() => this.#buildNext());
    else if (this.#input) this.ensureBuilt(this.#input.batchShape);
  }

  /** Removes and returns the last layer. Throws {@linkcode StateError} if there is none. */
  pop(): Layer {
    this.forgetPrograms();
    const layer = this.#layers.pop();
    if (!layer) {
      throw new StateError({
        what: `Cannot pop from "${this.name}"`,
        rule: "it has no layers",
        hint: "add some first",
      });
    }
    this.#outputs.length = Math.min(this.#outputs.length, this.#layers.length);
    return layer;
  }

  /** Builds each layer for the output of the previous one. */
  override build(inputShape: SymbolicShape): void {
    const [batchSize, ...shape] = inputShape;
    this.#input ??= new InputLayer({ shape, batchSize, dtype: this.#dtypeOfData });
    this.#outputs.length = 0;
    while (this.#outputs.length < this.#layers.length) this.#buildNext();
  }

  /** The output of the last layer. */
  override call(x: Value, { training, mask }: CallContext): Value {
    const { graph } = this;
    if (graph?.stage) return graph.run(x, `Cannot call "${this.name}"`) as Value;
    let y = x;
    let first = true;
    for (const layer of this.#layers) {
      y = layer.apply(y, first ? { training, mask } : { training }) as Value;
      first = false;
    }
    return y;
  }

  /** Masks pass through the layers. */
  override readonly supportsMasking = true;

  /** The mask of the output, which already passed through the layers. */
  override computeMask(): Value | undefined {
    return undefined;
  }

  /** Builds the model for inputs of this shape, and returns the shape of its output. */
  override buildFor(inputShape: SymbolicShape): SymbolicShape {
    if (this.#layers.length === 0) {
      throw new StateError({
        what: `Cannot use "${this.name}"`,
        rule: "it has no layers",
        hint: "add some, as in model.add(new layers.Dense(10))",
      });
    }
    if (!isItem(inputShape)) {
      throw new ValueError({
        what: `Cannot use "${this.name}"`,
        rule: "a Sequential takes one input",
        received: isNamed(inputShape) ? `an object with ${Object.keys(inputShape).join(", ")}` : "a list",
        hint: "give inputs and targets by position, as in fit(x, y); for several inputs use Model",
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
      layers: items.map((layer) => layer.serialize()),
      ...(this.built && this.#layers.length > 0 && { build_input_shape: this.inputShape! }),
    };
  }

  #push(item: SequentialItem): void {
    const what = `Cannot add to "${this.name}"`;
    const layer = item instanceof SymbolicTensor ? item.operation : item;
    if (!(layer instanceof Layer)) {
      throw new ValueError({
        what,
        rule: "it takes layers, and an Input first",
        received: describe(item),
        hint: typeof item === "function"
          ? "make the layer with new, as in new layers.Flatten()"
          : "give layers, as in new layers.Dense(10)",
      });
    }
    if (layer instanceof InputLayer) {
      if (this.#input || this.#layers.length > 0) {
        throw new ValueError({
          what,
          rule: "Input must come first, and once",
          received: "an Input after other layers",
          hint: "put it at the beginning of the list",
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
        hint: this.#layers.includes(layer) ? "make a new layer" : "give one of them another name",
      });
    }
    this.#layers.push(layer);
    const [first] = this.#layers;
    // As in Keras, the input of a model that is the first layer is the chain's, if more layers follow.
    const shape = first === layer ? layer.batchInputShape : first instanceof Model ? first.inputShape : undefined;
    if (!this.#input && shape && isItem(shape)) {
      const [batchSize, ...sample] = shape;
      this.#input = new InputLayer({ shape: sample, batchSize, dtype: this.#dtypeOfData });
    }
  }

  /** The dtype of an input that the first layer alone tells of. */
  get #dtypeOfData(): InputDType {
    const [first] = this.#layers;
    if (first instanceof Model && first.stage) return first.stage.inputs[0].dtype;
    return first instanceof PreparingLayer && first.takes === "texts" ? "string" : "float32";
  }

  #buildNext(): void {
    const { length } = this.#outputs;
    const x = this.#outputs.at(-1) ?? this.#input!.output;
    warnOfInputShape(this.#layers[length], x.shape);
    const y = this.#layers[length].apply(x);
    if (!(y instanceof SymbolicTensor)) {
      throw new ValueError({
        what: `Cannot add to "${this.name}"`,
        rule: "each layer must give one output",
        received: `${formatStructure(y)} from "${this.#layers[length].name}"`,
        hint: "make the model with new Model({ inputs, outputs })",
      });
    }
    this.#outputs.push(y);
  }
}

/** Warns of a layer whose own shape of the input is not that of what it is applied to: only of the first it is used. */
function warnOfInputShape({ name, batchInputShape }: Layer, shape: SymbolicShape): void {
  if (!batchInputShape) return;
  const [own, given] = [batchInputShape, shape].map((all) => formatShape(all.slice(1)));
  if (own === given) return;
  console.warn(
    `"${name}" is given inputs of shape ${given}, whatever its own inputShape ${own} says: leave that out, which only ` +
      "the first layer of a model without an Input needs",
  );
}

declareClasses("keras", { Sequential });
