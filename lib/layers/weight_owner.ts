// WeightOwner: the weights of layers and models, their own and those of the layers inside.
import { type FloatDType, withHostMemory } from "../dtype.ts";
import { ShapeError, StateError, ValueError } from "../errors.ts";
import { checkWeightSize } from "../initializers/initializer.ts";
import { drawingFor } from "../initializers/random.ts";
import { withContext } from "../ir/context.ts";
import { describe, readMethodOptions } from "../options.ts";
import { weightPath } from "../random_stream.ts";
import { formatShape, sameShape, sizeOf } from "../shape.ts";
import { type Tensor, type TensorLike, toTensor } from "../tensor/tensor.ts";
import { layerPlace, Place, weightsWillBeRead } from "./context.ts";
import { startAs, type Variable } from "../tensor/variable.ts";
import { UnknownDimensionError } from "./unknown_dimensions.ts";
import { type AddWeightOptions, addWeightOptions } from "./options.ts";
import { Weight } from "./weight.ts";

/** The owner of weights, which may contain further owners. */
export abstract class WeightOwner {
  readonly #name: string;
  #trainable: boolean;
  #place: Place | undefined;
  readonly #weights: Weight[] = [];

  /** Takes the name in messages, summaries and files, and whether optimizers change the weights. */
  constructor(
    name: string,
    trainable: boolean,
  ) {
    this.#name = name;
    this.#trainable = trainable;
  }

  /** The name in messages, summaries and files. Setting it throws {@linkcode StateError}. */
  get name(): string {
    return this.#name;
  }
  set name(name: never) {
    throw new StateError({
      what: `Cannot rename "${this.#name}"`,
      rule: "a layer or model has its name from when it is made",
      received: describe(name),
      hint: "give it as an option, as in new layers.Dense(10, { name: ... })",
    });
  }

  /** Whether the weights have been made. */
  abstract get built(): boolean;

  /** The dtype of weights that are given none. */
  abstract get variableDtype(): FloatDType;

  /** The owners inside. */
  abstract get sublayers(): readonly WeightOwner[];

  /** Whether optimizers change the weights; setting it also sets it for the layers inside. Compile again afterwards. */
  get trainable(): boolean {
    return this.#trainable;
  }
  set trainable(value: boolean) {
    if (typeof value !== "boolean") {
      throw new ValueError({
        what: `Cannot set trainable of "${this.name}"`,
        rule: "trainable must be true or false",
        received: describe(value),
        hint: "give a boolean",
      });
    }
    this.#trainable = value;
    for (const layer of this.sublayers) layer.trainable = value;
  }

  /** Runs `body` in this layer's place: layers that it builds get their names and random paths from here. */
  protected building<T>(body: () => T): T {
    return withContext([layerPlace.of(this.#ownPlace())], body);
  }

  /** The path for random numbers of this layer: its position, not its name. */
  get randomPath(): string {
    return this.#ownPlace().path;
  }

  /** Makes a weight and adds it to the layer; for use in `build`. */
  addWeight(options: AddWeightOptions): Weight {
    const where = `Cannot build "${this.name}"`;
    const kept = readMethodOptions("addWeight", addWeightOptions, options, where);
    const { name, shape, autocast, initializer, trainable, regularizer, constraint } = kept;
    const dtype = kept.dtype ?? this.variableDtype;
    if (!Array.isArray(shape) || shape.some((extent) => !Number.isInteger(extent) || extent < 0)) {
      throw new UnknownDimensionError({
        what: where,
        rule: `${describe(name)} needs a shape of fixed extents`,
        received: Array.isArray(shape) ? formatShape(shape) : describe(shape),
        hint: Array.isArray(shape) && shape.includes(null)
          ? "give Input a full shape, and leave the batch axis out"
          : "give it as in addWeight({ name, shape: [features, units] })",
      });
    }
    const bytes = checkWeightSize(shape, where, describe(name));
    const place = this.#ownPlace();
    const path = `${place.name}/${name}`;
    const weight = withHostMemory(bytes, () => {
      const settings = { key: name, path, trainable, autocast, initializer, regularizer, constraint };
      // What a layer keeps in place of its weights may not set them.
      if (weightsWillBeRead.current && !this.loadOwnVariables) return new Weight(0, { ...settings, shape, dtype });
      return withContext([weightPath.of(`${place.path}/${name}`)], () => {
        const drawing = dtype === "float32" ? drawingFor(initializer, shape) : undefined;
        if (!drawing) return new Weight(initializer.call(shape).cast(dtype), settings);
        const undrawn = new Weight(0, { ...settings, shape, dtype });
        startAs(undrawn, drawing);
        return undrawn;
      });
    }, { what: where, thing: `${describe(name)} ${formatShape(shape)}` });
    this.#weights.push(weight);
    return weight;
  }

  /**
   * What a layer of your own keeps in `.keras` and weights files, by name, in place of its own weights (those of the layers
   * inside are kept as ever): put variables or arrays into `store`. Override it together with {@linkcode loadOwnVariables}.
   * As Keras's `save_own_variables`.
   *
   * @example A table that is no weight
   * ```ts
   * import { layers, type TensorLike, tensor, type Value, type Variable } from "./mod.ts";
   * class Table extends layers.Layer {
   *   rows = tensor([[1, 2]]);
   *   call(x: Value) {
   *     return x;
   *   }
   *   override saveOwnVariables(store: Map<string, Variable | TensorLike>) {
   *     store.set("rows", this.rows);
   *   }
   *   override loadOwnVariables(store: ReadonlyMap<string, ReturnType<typeof tensor>>) {
   *     this.rows = store.get("rows")!;
   *   }
   * }
   * console.log(new Table().rows.shape); // [ 1, 2 ]
   * ```
   */
  saveOwnVariables?(store: Map<string, Variable | TensorLike>): void;

  /** Takes what {@linkcode saveOwnVariables} kept from a file. It may throw for what does not suit. */
  loadOwnVariables?(store: ReadonlyMap<string, Tensor>): void;

  /**
   * Files that a layer of your own keeps in a `.keras` file, such as a vocabulary: put their bytes or texts into `assets` by
   * name, as in `vocabulary.txt`. As Keras's `save_assets`.
   */
  saveAssets?(assets: Map<string, Uint8Array | string>): void | Promise<void>;

  /** Takes the files that {@linkcode saveAssets} kept, after the weights. */
  loadAssets?(assets: ReadonlyMap<string, Uint8Array>): void | Promise<void>;

  /** The weights of the layer itself, trainable first, in the order of Keras's files. */
  get ownWeights(): Weight[] {
    return [...this.#weights.filter((w) => w.trainable), ...this.#weights.filter((w) => !w.trainable)];
  }

  /** All weights: the layer's own, then those of the layers inside. */
  get weights(): Weight[] {
    return [...new Set([...this.ownWeights, ...this.sublayers.flatMap((layer) => layer.weights)])];
  }

  /** The weights that optimizers change. */
  get trainableWeights(): Weight[] {
    if (!this.#trainable) return [];
    const own = this.#weights.filter((weight) => weight.trainable);
    return [...new Set([...own, ...this.sublayers.flatMap((layer) => layer.trainableWeights)])];
  }

  /** The weights that optimizers do not change. */
  get nonTrainableWeights(): Weight[] {
    const trainable = new Set(this.trainableWeights);
    return this.weights.filter((weight) => !trainable.has(weight));
  }

  /** All weights, under Keras's other name. */
  get variables(): Weight[] {
    return this.weights;
  }

  /** The weights that optimizers change, under Keras's other name. */
  get trainableVariables(): Weight[] {
    return this.trainableWeights;
  }

  /** The weights that optimizers do not change, under Keras's other name. */
  get nonTrainableVariables(): Weight[] {
    return this.nonTrainableWeights;
  }

  /** The values of all weights, in the order of `weights`. */
  getWeights(): Promise<Tensor[]> {
    return Promise.all(this.weights.map((weight) => weight.read()));
  }

  /**
   * Sets all weights, in the order of `weights`. Throws {@linkcode ValueError} for too few or too many values, and
   * {@linkcode ShapeError} if one has another shape; then none is changed.
   */
  setWeights(values: readonly TensorLike[]): void {
    const weights = this.weights;
    const given: unknown = values;
    const what = `Cannot set the weights of "${this.name}"`;
    if (!Array.isArray(values) || values.length !== weights.length) {
      throw new ValueError({
        what,
        rule: `it has ${weights.length} weights`,
        received: Array.isArray(values) ? `${values.length} values` : describe(values),
        hint: given instanceof Promise
          ? "await getWeights() first"
          : this.built
          ? "give one value for each of weights"
          : "build it first: give it an Input, or fit it",
      });
    }
    const tensors = values.map((value, i) => {
      const made = toTensor(value, what, `value ${i}`, weights[i].dtype);
      if (!sameShape(made.shape, weights[i].shape)) {
        throw new ShapeError({
          what,
          rule: `"${weights[i].name}" has the shape ${formatShape(weights[i].shape)}`,
          received: formatShape(made.shape),
          hint: "give the values in the order of weights",
        });
      }
      return made;
    });
    weights.forEach((weight, i) => weight.assign(tensors[i]));
  }

  /** The number of elements of all weights. Throws {@linkcode StateError} before the layer is built. */
  countParams(): number {
    if (!this.built) {
      throw new StateError({
        what: `Cannot count the parameters of "${this.name}"`,
        rule: "it is not built yet, so its weights have no shapes",
        hint: "put it into a model with an Input, or call it once",
      });
    }
    return this.weights.reduce((total, weight) => total + sizeOf(weight.shape), 0);
  }
  #ownPlace(): Place {
    return this.#place ??= Place.next(this.name);
  }
}
