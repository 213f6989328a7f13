// Lambda: a function as a layer. https://keras.io/api/layers/core_layers/lambda/
import type { Config, ConfigValue } from "../json_config.ts";
import { ShapeError, ValueError } from "../errors.ts";
import type { Value } from "../ir/value.ts";
import { describe } from "../options.ts";
import { functionNode } from "../registry.ts";
import type { SymbolicShape } from "../shape.ts";
import { flatten, type Structure } from "../structure.ts";
import { type CallContext, Layer, type LayerOptions } from "./layer.ts";

/** What a {@linkcode Lambda} applies: a function of the input, and of what else a call knows. */
export type LambdaFunction<I, O> = (
  x: I,
  context: CallContext<Structure<Value | undefined>> & { readonly [argument: string]: unknown },
) => O;

/** Options of {@linkcode Lambda}. */
export interface LambdaOptions<I> extends LayerOptions {
  /** The shape of a sample of the output, or a function of the input's shape; found by tracing where not given. */
  outputShape?: SymbolicShape | ((inputShape: Structure<SymbolicShape>) => Structure<SymbolicShape>) | null;
  /** The mask of the output: a function of the input and its mask. Without it the output has none. */
  mask?: ((x: I, mask: Structure<Value | undefined>) => Structure<Value | undefined>) | null;
  /** Further arguments: they stand in the function's second parameter, and in the config. */
  arguments?: { readonly [name: string]: ConfigValue };
}

const lambdaOptions = ["outputShape", "mask", "arguments"];

/**
 * Applies a function written with `ops`. For weights of its own, extend {@linkcode Layer} instead.
 *
 * @example The square of each feature
 * ```ts
 * import { Input, layers, ops, Sequential } from "./mod.ts";
 * const model = new Sequential([Input({ shape: [3] }), new layers.Lambda((x) => ops.square(x))]);
 * console.log((await model.predict([[1, 2, 3]], { verbose: 0 })).toArray()); // [ [ 1, 4, 9 ] ]
 * ```
 */
export class Lambda<I extends Structure<Value> = Value, O extends Structure<Value> = Value> extends Layer {
  /** What is applied. */
  readonly function: LambdaFunction<I, O>;
  /** Further arguments of the function. */
  readonly arguments: { readonly [name: string]: ConfigValue };
  override readonly supportsMasking: boolean;
  override readonly callDefaults = { mask: null };
  readonly #outputShape: LambdaOptions<I>["outputShape"];
  readonly #mask: LambdaOptions<I>["mask"];

  /** Takes the function. Throws {@linkcode ValueError} for what is none. */
  constructor(fn: LambdaFunction<I, O>, options: LambdaOptions<I> = {}) {
    super(options, lambdaOptions);
    const { outputShape = null, mask = null } = options;
    const what = `Cannot make "${this.name}"`;
    if (typeof fn !== "function" || /^class\b/.test(Function.prototype.toString.call(fn))) {
      throw new ValueError({
        what,
        rule: "it takes a function of symbolic values",
        received: describe(fn),
        hint: "write it as in new Lambda((x) => ops.square(x))",
      });
    }
    if (outputShape !== null && typeof outputShape !== "function" && !Array.isArray(outputShape)) {
      throw new ShapeError({
        what,
        rule: "outputShape must be a list without the batch axis, or a function of the input's shape",
        received: describe(outputShape),
        hint: "leave it out: it is found by tracing the function",
      });
    }
    if (mask !== null && typeof mask !== "function") {
      throw new ValueError({
        what,
        rule: "mask must be a function of the input and its mask",
        received: describe(mask),
        hint: "write it as in mask: (x, mask) => mask",
      });
    }
    this.function = fn;
    this.arguments = options.arguments ?? {};
    this.supportsMasking = mask !== null;
    this.#outputShape = outputShape;
    this.#mask = mask;
  }

  /** What the function makes of the input. */
  call(x: NoInfer<I>, context: CallContext<Structure<Value | undefined>>): NoInfer<O> {
    return this.function(x, { ...this.arguments, ...context });
  }

  /** What the mask's function makes of the input and its mask. */
  override computeMask(x: NoInfer<I>, mask: Structure<Value | undefined>): Structure<Value | undefined> {
    return this.#mask?.(x, mask);
  }

  /** The shape that was given, else found by tracing. */
  override computeOutputShape(shapes: Structure<SymbolicShape>): Structure<SymbolicShape> {
    if (typeof this.#outputShape === "function") return this.#outputShape(shapes);
    return this.#outputShape ? [flatten(shapes)[0][0], ...this.#outputShape] : super.computeOutputShape(shapes);
  }

  /** The arguments as Keras's config; of the function only its name, since code is never loaded from a file. */
  override getConfig(): Config {
    const shape = this.#outputShape;
    return {
      ...super.getConfig(),
      function: functionNode(this.function),
      ...(shape && { output_shape: typeof shape === "function" ? functionNode(shape) : shape }),
      ...(this.#mask && { mask: functionNode(this.#mask) }),
      arguments: this.arguments,
    };
  }
}
