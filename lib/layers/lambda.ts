// Lambda: a function as a layer. https://keras.io/api/layers/core_layers/lambda/
import { object, operands, shapes } from "../argument_kinds.ts";
import { declareMethods } from "../checked_methods.ts";
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

/** The function of a {@linkcode Lambda}: of the input, and of the call's context. */
export type LambdaFunction<I, O> = (
  x: I,
  context: CallContext<Structure<Value | undefined>> & { readonly [argument: string]: unknown },
) => O;

/** Options of {@linkcode Lambda}. */
export interface LambdaOptions<I> extends LayerOptions {
  /** The shape of one output sample, or a function of the input's shape; found by tracing if not given. */
  outputShape?: SymbolicShape | ((inputShape: Structure<SymbolicShape>) => Structure<SymbolicShape>) | null;
  /** The mask of the output: a function of the input and its mask. By default the output has none. */
  mask?: ((x: I, mask: Structure<Value | undefined>) => Structure<Value | undefined>) | null;
  /** Further arguments: passed in the function's second parameter, and written to the config. */
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
 * Applies a function written with `ops`. For a layer with weights, extend {@linkcode Layer} instead.
 *
 * @example The square of each feature
 * ```ts
 * import { Input, layers, ops, Sequential } from "./mod.ts";
 * const model = new Sequential([Input({ shape: [3] }), new layers.Lambda((x) => ops.square(x))]);
 * console.log((await model.predict([[1, 2, 3]], { verbose: 0 })).toArray()); // [ [ 1, 4, 9 ] ]
 * ```
 */
export class Lambda<I extends Structure<Value> = Value, O extends Structure<Value> = Value> extends Layer {
  /** False: the function computes as ops do. */
  protected override readonly roundsOnce = false;
  static {
    declareMethods(this, {
      computeOutputShape: { verb: "take the output shape of", takes: { shapes } },
      call: { verb: "call", takes: { x: operands, context: object } },
    });
    declareOptions(this, lambdaOptions);
  }
  /** The function. */
  declare readonly function: LambdaFunction<I, O>;
  /** The shape of one output sample, or a function of the input's shape, if given. */
  declare readonly outputShape: Exclude<LambdaOptions<I>["outputShape"], undefined>;
  /** The function that computes the output's mask, if any. */
  declare readonly mask: Exclude<LambdaOptions<I>["mask"], undefined>;
  /** Further arguments of the function. */
  declare readonly arguments: { readonly [name: string]: ConfigValue };
  override readonly supportsMasking: boolean;
  override readonly callDefaults = { mask: null };

  /**
   * Takes the function. Throws {@linkcode ValueError} for anything else. Defaults: `outputShape: null`, `mask: null`.
   */
  constructor(fn: LambdaFunction<I, O>, options: LambdaOptions<I> = {}) {
    super(options, { function: fn });
    this.supportsMasking = this.mask !== null;
  }

  /** The function's result. */
  call(x: NoInfer<I>, context: CallContext<Structure<Value | undefined>>): NoInfer<O> {
    return this.function(x, { ...this.arguments, ...context });
  }

  /** The result of the mask's function. */
  override computeMask(x: NoInfer<I>, mask: Structure<Value | undefined>): Structure<Value | undefined> {
    return this.mask?.(x, mask);
  }

  /** The given shape, else the one found by tracing. */
  override computeOutputShape(shapes: Structure<SymbolicShape>): Structure<SymbolicShape> {
    if (typeof this.outputShape === "function") return this.outputShape(shapes);
    return this.outputShape ? [flatten(shapes)[0][0], ...this.outputShape] : super.computeOutputShape(shapes);
  }
}
