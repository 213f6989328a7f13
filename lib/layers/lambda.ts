// Lambda: a function as a layer. https://keras.io/api/layers/core_layers/lambda/
import { describe, ValueError } from "../errors.ts";
import type { Value } from "../ir/value.ts";
import { type ConfigValue, isConfigValue } from "../json_config.ts";
import { callable } from "../option_kinds.ts";
import { declareOptions, nullable, nullAsDefault, option, optionTable, positional, withFacts } from "../options.ts";
import { functionNode } from "../registry.ts";
import type { SymbolicShape } from "../shape.ts";
import { flatten, type Structure } from "../structure.ts";
import { type CallContext, Layer, type LayerOptions } from "./layer.ts";
import { layerOptions, shapeOption } from "./options.ts";

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
  arguments?: { readonly [name: string]: ConfigValue } | null;
}

type AnyFunction = (...args: never[]) => unknown;

const fixedShape = shapeOption(
  "a list without the batch axis, or a function of the input's shape",
  "leave it out: it is found by tracing the function",
);
const shapeFunction = callable<AnyFunction>("must be a function of the input's shape", "write one");

const outputShapeOption = option<SymbolicShape | AnyFunction>({
  read: (given, place) =>
    typeof given === "function" ? shapeFunction.read(given, place) : fixedShape.read(given, place),
  write: (kept) => (typeof kept === "function" ? functionNode(kept) : kept),
});

const argumentsOption = option<{ readonly [name: string]: ConfigValue }>({
  fallback: {},
  read: (given, { whatNamed, option }) => {
    if (isConfigValue(given) && typeof given === "object" && !Array.isArray(given)) return { ...given };
    throw new ValueError({
      what: whatNamed,
      rule: `${option} must be an object of the function's further arguments by name, each of which JSON can hold`,
      received: describe(given),
      hint: "write it as in arguments: { factor: 2 }",
    });
  },
});

const lambdaOptions = optionTable<LambdaOptions<Structure<Value>>>()({
  ...layerOptions,
  function: positional(
    callable<AnyFunction>("takes a function of symbolic values", "write it as in new Lambda((x) => ops.square(x))"),
  ),
  outputShape: withFacts(nullable(outputShapeOption), { written: "unless null" }),
  mask: withFacts(
    nullable(
      callable<AnyFunction>("must be a function of the input and its mask", "write it as in mask: (x, mask) => mask"),
    ),
    { written: "unless null" },
  ),
  arguments: nullAsDefault(argumentsOption),
});

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
  static {
    declareOptions(this, lambdaOptions);
  }
  /** What is applied. */
  declare readonly function: LambdaFunction<I, O>;
  /** The shape of a sample of the output, or a function of the input's shape, where it is given. */
  declare readonly outputShape: Exclude<LambdaOptions<I>["outputShape"], undefined>;
  /** What gives the mask of the output, if there is one. */
  declare readonly mask: Exclude<LambdaOptions<I>["mask"], undefined>;
  /** Further arguments of the function. */
  declare readonly arguments: { readonly [name: string]: ConfigValue };
  override readonly supportsMasking: boolean;
  override readonly callDefaults = { mask: null };

  /** Takes the function. Throws {@linkcode ValueError} for what is none. */
  constructor(fn: LambdaFunction<I, O>, options: LambdaOptions<I> = {}) {
    super(options, { function: fn });
    this.supportsMasking = this.mask !== null;
  }

  /** What the function makes of the input. */
  call(x: NoInfer<I>, context: CallContext<Structure<Value | undefined>>): NoInfer<O> {
    return this.function(x, { ...this.arguments, ...context });
  }

  /** What the mask's function makes of the input and its mask. */
  override computeMask(x: NoInfer<I>, mask: Structure<Value | undefined>): Structure<Value | undefined> {
    return this.mask?.(x, mask);
  }

  /** The shape that was given, else found by tracing. */
  override computeOutputShape(shapes: Structure<SymbolicShape>): Structure<SymbolicShape> {
    if (typeof this.outputShape === "function") return this.outputShape(shapes);
    return this.outputShape ? [flatten(shapes)[0][0], ...this.outputShape] : super.computeOutputShape(shapes);
  }
}
