// Layer: the base of all layers, Keras's and the user's own. https://keras.io/api/layers/base_layer/
import { type Config, type DTypePolicy, dtypePolicy, policyNode } from "../config.ts";
import { type ConstraintIdentifier, getConstraint } from "../constraints.ts";
import { located, ShapeError, StateError, ValueError } from "../errors.ts";
import { getInitializer, type InitializerIdentifier } from "../initializers.ts";
import { recording, Trace, withScope } from "../ir/trace.ts";
import { graphOf, idOf, Value, valueOf } from "../ir/value.ts";
import { autoName } from "./naming.ts";
import { divide } from "../ops/primitives.ts";
import { checkOptions, describe } from "../options.ts";
import { drawingAt } from "../random.ts";
import { getRegularizer, type Regularizer, type RegularizerIdentifier } from "../regularizers.ts";
import { formatShape, sameShape, type Shape, sizeOf, type SymbolicShape } from "../shape.ts";
import { Tensor, type TensorLike, toTensor } from "../tensor/tensor.ts";
import { Variable } from "../tensor/variable.ts";
import { inPlace, nextPlace, type Place } from "./building.ts";
import { calling, currentCall } from "./call_state.ts";
import { Weight } from "./weight.ts";

/** Options that every layer takes. */
export interface LayerOptions {
  /** The name in messages, summaries and files: letters, digits, anything but `/`; by class and number by default. */
  name?: string;
  /** The dtype that the layer computes in and keeps its weights in. */
  dtype?: "float32";
  /** Whether optimizers change the layer's weights; true by default. */
  trainable?: boolean;
  /** A penalty on the layer's output, added to the loss. */
  activityRegularizer?: RegularizerIdentifier | null;
}

/** The names of the options that every layer takes. */
export const layerOptionNames = ["name", "dtype", "trainable", "activityRegularizer"] as const;

/** What a layer's `call` knows besides its input. */
export interface CallContext {
  /** Whether the call is part of training. */
  readonly training: boolean;
  /** The mask of the input, bool, true where a step counts; undefined for none. */
  readonly mask?: Value;
}

/** What a layer asks of its input's shape. */
export interface InputSpec {
  /** The least number of axes, the batch axis included. */
  readonly minRank?: number;
  /** The number of axes, the batch axis included. */
  readonly rank?: number;
  /** The extent of the last axis. */
  readonly lastAxis?: number;
}

/** What {@linkcode Layer.addWeight} takes. */
export interface AddWeightOptions {
  /** The layer's own name for the weight, such as `kernel`. */
  name: string;
  /** The extent of each axis. */
  shape: Shape;
  /** What it is first filled by; `glorot_uniform` by default. */
  initializer?: InitializerIdentifier;
  /** Whether optimizers change it; true by default. */
  trainable?: boolean;
  /** A penalty on it, added to the loss. */
  regularizer?: RegularizerIdentifier | null;
  /** A map that it is sent through after each step. */
  constraint?: ConstraintIdentifier | null;
}

/**
 * The base of all layers. Extend it: make weights in `build` with `addWeight`, compute in `call` with `ops`. Layers that
 * are kept in properties (or arrays in properties) are found by themselves: their weights are this layer's too.
 *
 * @example A layer of one's own
 * ```ts
 * import { Layer, ops, type Value, type Weight } from "./mod.ts";
 * class Scale extends Layer {
 *   factor!: Weight;
 *   override build(shape: readonly (number | null)[]) {
 *     this.factor = this.addWeight({ name: "factor", shape: [shape.at(-1)!], initializer: "ones" });
 *   }
 *   override call(x: Value) {
 *     return ops.multiply(x, this.factor);
 *   }
 * }
 * console.log(new Scale().name); // scale
 * ```
 */
export abstract class Layer {
  /** The name in messages, summaries and files. */
  readonly name: string;
  /** What the layer computes in, and keeps its weights in. */
  readonly dtypePolicy: DTypePolicy;
  /** A penalty on the output, added to the loss. */
  readonly activityRegularizer: Regularizer | null;
  /** Whether the layer hands on the mask of its input; others drop it. */
  readonly supportsMasking: boolean = false;
  /** What the layer asks of its input's shape, set by `build`. */
  inputSpec: InputSpec | undefined;
  #trainable: boolean;
  #built = false;
  #place: Place | undefined;
  #inputShape: SymbolicShape | undefined;
  readonly #weights: Weight[] = [];

  /**
   * Takes the options of every layer. Throws {@linkcode ValueError} for options beside `layerOptionNames` and
   * `ownOptions`, if the subclass names these.
   */
  constructor(options: LayerOptions = {}, ownOptions?: readonly string[]) {
    const className = new.target.name;
    if (ownOptions) checkOptions(className, options, [...ownOptions, ...layerOptionNames]);
    const { name, dtype, trainable = true, activityRegularizer = null } = options;
    if (name !== undefined && (typeof name !== "string" || name === "" || name.includes("/"))) {
      throw new ValueError({
        what: `Cannot make ${className}`,
        rule: 'name must be a text without "/"',
        received: describe(name),
        mend: 'write it with "_" in place of "/"',
      });
    }
    this.name = name ?? autoName(className);
    this.dtypePolicy = dtypePolicy(dtype, className);
    this.activityRegularizer = getRegularizer(activityRegularizer, `Cannot make "${this.name}"`);
    this.#trainable = trainable;
  }

  /** Makes the weights for inputs of `inputShape` (batch axis first, `null` where unknown); called once. */
  build(_inputShape: SymbolicShape): void {}

  /** Computes the output from the input, with `ops`. */
  abstract call(x: Value, context: CallContext): Value;

  /** The mask of the output: that of the input where the layer supports masking. */
  computeMask(_x: Value, mask: Value | undefined): Value | undefined {
    return this.supportsMasking ? mask : undefined;
  }

  /** Whether the weights are made. */
  get built(): boolean {
    return this.#built;
  }

  /** The shape that the layer was built for. */
  get inputShape(): SymbolicShape | undefined {
    return this.#inputShape;
  }

  /** Whether optimizers change the weights; setting it also sets it for the layers inside. Compile again after. */
  get trainable(): boolean {
    return this.#trainable;
  }
  set trainable(value: boolean) {
    this.#trainable = value;
    for (const layer of this.sublayers) layer.trainable = value;
  }

  /** Makes the weights, once. Throws the layer's own error where the shape does not suit it. */
  ensureBuilt(inputShape: SymbolicShape): void {
    if (this.#built) return;
    this.building(() => this.build(inputShape));
    this.#inputShape = inputShape;
    this.#built = true;
  }

  /** Runs `body` as part of this layer's `build`: layers that it builds get their names and random paths from here. */
  protected building<T>(body: () => T): T {
    return inPlace(this.#place ??= nextPlace(this.name), body);
  }

  /**
   * Applies the layer to a symbolic value inside a traced function: builds it at first, checks the shape, and hands
   * on masks. Without a context, `training` is that of the surrounding call.
   */
  apply(x: Value, context: Partial<CallContext> = {}): Value {
    this.#checkCall(x);
    const outer = currentCall();
    const training = context.training ?? outer?.training ?? false;
    this.ensureBuilt([null, ...x.shape.slice(1)]);
    this.checkInput(x.shape);
    const mask = context.mask ?? x.mask;
    return calling(
      { training, losses: outer?.losses ?? [] },
      () =>
        inPlace(this.#place!, () =>
          withScope(this.name, () => {
            let y = located(`"${this.name}"`, () => this.call(x, { training, mask }));
            if (!(y instanceof Value)) {
              throw new ValueError({
                what: `Cannot call "${this.name}"`,
                rule: "call must return a symbolic value",
                received: describe(y),
                mend: (y as unknown) instanceof Promise
                  ? "call must not be async: it only says what is computed"
                  : (y as unknown) instanceof Variable
                  ? "return variable.value()"
                  : "return what an op gives",
              });
            }
            const outMask = y.mask ?? this.computeMask(x, mask);
            if (y.mask !== outMask) {
              if (y === x) y = valueOf(graphOf(x), idOf(x));
              y.mask = outMask;
            }
            // Activity penalties are per sample, so that they do not grow with the batch.
            if (this.activityRegularizer) this.addLoss(divide(this.activityRegularizer.call(y), y.shape[0]));
            return y;
          })),
    );
  }

  #checkCall(x: unknown): void {
    const what = `Cannot call "${this.name}"`;
    if (!(x instanceof Value)) {
      throw new ValueError({
        what,
        rule: "a layer takes a symbolic value",
        received: describe(x),
        mend: "for numbers use model.predict(x), or compile((x) => layer.apply(x))",
      });
    }
    if (typeof this.call === "function") return;
    throw new StateError({
      what,
      rule: `${this.constructor.name} has no method call`,
      received: "none",
      mend: "define call(x), which returns what ops make of x",
    });
  }

  /** Throws {@linkcode ShapeError} where the layer cannot take an input of `shape`. */
  checkInput(shape: SymbolicShape): void {
    const { minRank, rank, lastAxis } = this.inputSpec ?? {};
    const fail = (rule: string, mend: string) => {
      throw new ShapeError({ what: `Cannot call "${this.name}"`, rule, received: formatShape(shape), mend });
    };
    if (rank !== undefined && shape.length !== rank) {
      fail(`the input must have ${rank} axes, the batch axis included`, "reshape it first");
    }
    if (minRank !== undefined && shape.length < minRank) {
      fail(`the input must have at least ${minRank} axes, the batch axis included`, "add an axis with Reshape");
    }
    if (lastAxis !== undefined && shape[shape.length - 1] !== lastAxis) {
      fail(`it was built for a last axis of ${lastAxis}`, "give inputs of the size that the layer was built with");
    }
  }

  /**
   * The shape of the output for an input shape, batch axis first. Unless overridden, found by tracing `call` twice
   * with different numbers in place of each `null`.
   */
  computeOutputShape(inputShape: SymbolicShape): SymbolicShape {
    this.ensureBuilt(inputShape);
    const [first, second] = [[13, 17, 19, 23, 29, 31], [37, 41, 43, 47, 53, 59]].map((primes) => {
      let next = 0;
      const shape = inputShape.map((extent) => extent ?? primes[next++ % primes.length]);
      return scratch(() => {
        const stand = new Variable(new Tensor(shape, "float32", new Float32Array(sizeOf(shape))));
        return this.apply(stand.value(), { training: false }).shape;
      });
    });
    return first.map((extent, axis) => (extent === second[axis] ? extent : null));
  }

  /** Makes a weight and adds it to the layer; for use in `build`. */
  addWeight(options: AddWeightOptions): Weight {
    checkOptions("addWeight", options, [
      "name",
      "shape",
      "initializer",
      "trainable",
      "regularizer",
      "constraint",
    ]);
    const { name, shape, initializer = "glorot_uniform", trainable = true } = options;
    if (!Array.isArray(shape) || shape.some((extent) => !Number.isInteger(extent) || extent < 0)) {
      throw new ShapeError({
        what: `Cannot build "${this.name}"`,
        rule: `${describe(name)} needs a shape of fixed extents`,
        received: Array.isArray(shape) ? formatShape(shape) : describe(shape),
        mend: Array.isArray(shape) && shape.includes(null)
          ? "give Input a full shape, and leave the batch axis out"
          : "give it as in addWeight({ name, shape: [features, units] })",
      });
    }
    const place = this.#place ??= nextPlace(this.name);
    const where = `Cannot build "${this.name}"`;
    const filler = getInitializer(initializer, where);
    const regularizer = getRegularizer(options.regularizer, where);
    const constraint = getConstraint(options.constraint, where);
    const value = drawingAt(`${place.path}/${name}`, () => filler.call(shape));
    const path = `${place.name}/${name}`;
    const weight = new Weight(value, { key: name, path, trainable, initializer: filler, regularizer, constraint });
    this.#weights.push(weight);
    return weight;
  }

  /** Adds a scalar to the loss of the step being traced; for use in `call`. */
  addLoss(value: Value): void {
    currentCall()?.losses.push(value);
  }

  /** The path that random numbers of this layer follow: its position, not its name. */
  get randomPath(): string {
    return (this.#place ??= nextPlace(this.name)).path;
  }

  /** The layers kept in properties, or in arrays in properties, in the order in which these were set. */
  get sublayers(): readonly Layer[] {
    const found = new Set<Layer>();
    for (const value of Object.values(this)) {
      for (const item of Array.isArray(value) ? value : [value]) if (item instanceof Layer) found.add(item);
    }
    return [...found];
  }

  /** All weights: the layer's own, trainable first, then those of the layers inside. */
  get weights(): Weight[] {
    const own = [...this.#weights.filter((w) => w.trainable), ...this.#weights.filter((w) => !w.trainable)];
    return [...new Set([...own, ...this.sublayers.flatMap((layer) => layer.weights)])];
  }

  /** The weights that optimizers change. */
  get trainableWeights(): Weight[] {
    if (!this.#trainable) return [];
    const own = this.#weights.filter((weight) => weight.trainable);
    return [...new Set([...own, ...this.sublayers.flatMap((layer) => layer.trainableWeights)])];
  }

  /** The weights that optimizers leave alone. */
  get nonTrainableWeights(): Weight[] {
    const trainable = new Set(this.trainableWeights);
    return this.weights.filter((weight) => !trainable.has(weight));
  }

  /** The values of all weights, in the order of `weights`. */
  getWeights(): Promise<Tensor[]> {
    return Promise.all(this.weights.map((weight) => weight.read()));
  }

  /**
   * Sets all weights, in the order of `weights`. Throws {@linkcode ValueError} where there are too few or many, and
   * {@linkcode ShapeError} where one has another shape; then none is changed.
   */
  setWeights(values: readonly TensorLike[]): void {
    const weights = this.weights;
    const what = `Cannot set the weights of "${this.name}"`;
    if (!Array.isArray(values) || values.length !== weights.length) {
      throw new ValueError({
        what,
        rule: `it has ${weights.length} weights`,
        received: Array.isArray(values) ? `${values.length} values` : describe(values),
        mend: (values as unknown) instanceof Promise
          ? "await getWeights() first"
          : this.#built
          ? "give one value for each of weights"
          : "build it first: give it an Input, or fit it",
      });
    }
    const tensors = values.map((value, i) => {
      const made = toTensor(value, what, `value ${i}`, "float32");
      if (!sameShape(made.shape, weights[i].shape)) {
        throw new ShapeError({
          what,
          rule: `"${weights[i].name}" has the shape ${formatShape(weights[i].shape)}`,
          received: formatShape(made.shape),
          mend: "give the values in the order of weights",
        });
      }
      return made;
    });
    weights.forEach((weight, i) => weight.assign(tensors[i]));
  }

  /** The number of elements of all weights. Throws {@linkcode StateError} before the layer is built. */
  countParams(): number {
    if (!this.#built) {
      throw new StateError({
        what: `Cannot count the parameters of "${this.name}"`,
        rule: "it is not built yet, so its weights have no shapes",
        mend: "put it into a model with an Input, or call it once",
      });
    }
    return this.weights.reduce((total, weight) => total + sizeOf(weight.shape), 0);
  }

  /** The arguments that make the layer again, as Keras's config; extend it with your own. */
  getConfig(): Config {
    return { name: this.name, trainable: this.#trainable, dtype: policyNode(this.dtypePolicy) };
  }
}

/** Runs `body` in a trace that is thrown away. */
function scratch<T>(body: () => T): T {
  return recording(new Trace(), body);
}
