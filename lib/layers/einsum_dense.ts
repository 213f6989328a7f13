// EinsumDense: a dense layer whose product is any Einstein summation.
// https://keras.io/api/layers/core_layers/einsum_dense/
import { type ActivationIdentifier, activationOption } from "../activations.ts";
import { ShapeError, ValueError } from "../errors.ts";
import type { Initializer } from "../initializers/initializer.ts";
import { VarianceScaling } from "../initializers/random.ts";
import type { Value } from "../ir/value.ts";
import { einsum } from "../ops/matrices.ts";
import { add } from "../ops/primitives.ts";
import { isInteger, text } from "../option_kinds.ts";
import {
  declareOptions,
  describe,
  nullable,
  type Option,
  optionTable,
  positional,
  required,
  unoffered,
  withFacts,
} from "../options.ts";
import { regularizerOption } from "../regularizers.ts";
import { formatShape, type Shape, type SymbolicShape } from "../shape.ts";
import { Layer, type LayerOptions } from "./layer.ts";
import { type LayerFields, layerOptions, noLora, shapeOption } from "./options.ts";
import { UnknownDimensionError } from "./unknown_dimensions.ts";
import type { Weight } from "./weight.ts";
import { type BiasOptions, type KernelOptions, weightOptions, weightSettings } from "./weight_options.ts";

/** Options of {@linkcode EinsumDense}. */
export interface EinsumDenseOptions extends LayerOptions, KernelOptions, Omit<BiasOptions, "useBias"> {
  /** The activation function; `linear` by default. */
  activation?: ActivationIdentifier | null;
  /** The labels of the output's axes that have a bias of their own, such as `d`; none by default. */
  biasAxes?: string | null;
}

const listOfExtents = shapeOption("an extent, or a list of extents and nulls", "write it as in [null, 64]");

/** One extent, or a list of extents with null for those that follow from the input. */
export const extentsOption: Option<SymbolicShape> = withFacts(listOfExtents, {
  read: (given, place) => listOfExtents.read(isInteger(given) ? [given] : given, place),
});

/** An equation of an input and a kernel; `...` stands for leading or trailing axes of input and output. */
interface Equation {
  readonly input: string;
  readonly kernel: string;
  readonly output: string;
  readonly ellipsis: "before" | "after" | undefined;
}

const forms: readonly [RegExp, Equation["ellipsis"]][] = [
  [/^([a-zA-Z]+),([a-zA-Z]+)->([a-zA-Z]+)$/, undefined],
  [/^\.\.\.([a-zA-Z]+),([a-zA-Z]+)->\.\.\.([a-zA-Z]+)$/, "before"],
  [/^([a-zA-Z]{2,})\.\.\.,([a-zA-Z]+)->([a-zA-Z]+)\.\.\.$/, "after"],
];

function parsed(equation: string): Equation | undefined {
  for (const [form, ellipsis] of forms) {
    const parts = form.exec(equation)?.slice(1);
    if (!parts || parts.some((labels) => new Set(labels).size < labels.length)) continue;
    const [input, kernel, output] = parts;
    return { input, kernel, output, ellipsis };
  }
  return undefined;
}

/** The longest equation: there are no more labels than letters. */
const longest = 200;

const equationOption: Option<string> = withFacts(text(), {
  read: (given, { what, whatNamed, option }) => {
    const equation = text().read(given, { what, whatNamed, option });
    if (equation.length <= longest && parsed(equation)) return equation;
    throw new ValueError({
      what,
      rule: `${option} must have the form "ab,bc->ac", "...ab,bc->...ac" or "ab...,bc->ac..."`,
      received: describe(equation),
      hint: "write another letter for each axis of the input, the kernel and the output, without blanks",
    });
  },
});

const biasAxesOption: Option<string | null> = nullable(withFacts(text(required), {
  read: (given, { what, whatNamed, option }) => {
    const axes = text().read(given, { what, whatNamed, option });
    if (/^[a-zA-Z]+$/.test(axes) && axes.length <= longest) return axes;
    throw new ValueError({
      what,
      rule: `${option} must be letters of the output`,
      received: describe(axes),
      hint: 'write them as in biasAxes: "d", or leave it out for no bias',
    });
  },
}));

const einsumDenseOptions = optionTable<EinsumDenseOptions>()({
  ...layerOptions,
  equation: positional(equationOption),
  /** The extents of the output without batch axis and `...`, null for those of the input. */
  outputShape: positional(extentsOption),
  activation: activationOption(),
  biasAxes: biasAxesOption,
  ...weightOptions({ kernel: "glorot_uniform", bias: "zeros" }),
  activityRegularizer: regularizerOption(),
  quantizationConfig: unoffered(null),
  ...noLora,
});

/** The options, checked and completed. */
export interface EinsumDense extends LayerFields<EinsumDenseOptions, typeof einsumDenseOptions> {}

/** What follows from an equation for an input. */
interface Extents {
  readonly kernel: SymbolicShape;
  readonly bias: SymbolicShape | undefined;
  readonly output: SymbolicShape;
  /** The axes of the kernel that are summed over, and those that the output has. */
  readonly fans: { readonly inputAxes: readonly number[]; readonly outputAxes: readonly number[] };
}

/**
 * `activation(einsum(equation, x, kernel) + bias)`: a {@linkcode Dense} over any axes. The kernel has an axis for each of
 * its labels in `equation`, and the bias for each of `biasAxes`.
 *
 * @example The heads of an attention
 * ```ts
 * import { Input, layers, Sequential } from "./mod.ts";
 * const heads = new layers.EinsumDense("abc,cde->abde", [null, 4, 8], { biasAxes: "de" });
 * console.log(new Sequential([Input({ shape: [10, 32] }), heads]).outputShape); // [ null, 10, 4, 8 ]
 * ```
 */
export class EinsumDense extends Layer {
  static {
    declareOptions(this, einsumDenseOptions);
  }
  /** The weights that multiply the input. */
  kernel!: Weight;
  /** The bias, if `biasAxes` are given. */
  bias: Weight | undefined;

  /**
   * Takes the equation, and the extents of the output without the batch axis and without those of `...`. Throws
   * {@linkcode ValueError} for an equation of another form. Defaults: `activation: null`, `biasAxes: null`,
   * `kernelInitializer: "glorot_uniform"`, `biasInitializer: "zeros"`, `kernelRegularizer: null`,
   * `biasRegularizer: null`, `kernelConstraint: null`, `biasConstraint: null`.
   */
  constructor(equation: string, outputShape: number | SymbolicShape, options: EinsumDenseOptions = {}) {
    super(options, { equation, outputShape });
  }

  /** Makes kernel and bias. Throws {@linkcode ShapeError} if the equation does not fit the input. */
  override build(inputShape: SymbolicShape): void {
    const { kernel, bias, fans } = this.#extents(inputShape);
    const known = (shape: SymbolicShape, name: string): Shape => {
      if (!shape.includes(null)) return shape as Shape;
      throw new UnknownDimensionError({
        what: `Cannot build "${this.name}"`,
        rule: `each axis of the ${name} needs a fixed extent`,
        received: `${formatShape(shape)} from an input of ${formatShape(inputShape)}`,
        hint: "give outputShape in full, or an Input with a fixed shape",
      });
    };
    const settings = weightSettings(this, "kernel");
    this.kernel = this.addWeight({
      ...settings,
      name: "kernel",
      shape: known(kernel, "kernel"),
      initializer: withFans(settings.initializer, fans),
    });
    if (bias) {
      this.bias = this.addWeight({ name: "bias", shape: known(bias, "bias"), ...weightSettings(this, "bias") });
    }
    this.inputSpec = { rank: inputShape.length };
  }

  /** The activated sums. */
  call(x: Value): Value {
    const product = einsum(this.equation, x, this.kernel.value());
    return this.activation.call(this.bias ? add(product, this.bias) : product);
  }

  /** The batch axis, the given extents, and those of `...`. */
  override computeOutputShape(inputShape: SymbolicShape): SymbolicShape {
    return this.#extents(inputShape).output;
  }

  #extents(inputShape: SymbolicShape): Extents {
    const { input, kernel, output, ellipsis } = parsed(this.equation)!;
    const elided = inputShape.length - input.length;
    const fail = (rule: string, hint: string, received = formatShape(inputShape)): never => {
      throw new ShapeError({ what: `Cannot build "${this.name}"`, rule, received, hint });
    };
    if (elided < 0 || (elided > 0 && !ellipsis)) {
      const count = `${input.length}${ellipsis ? " or more" : ""}`;
      fail(`the input of "${this.equation}" must have ${count} axes, the batch axis included`, "give another equation");
    }
    const [before, after] = ellipsis === "before" ? [elided, 0] : [0, elided];
    const given = [inputShape[0], ...inputShape.slice(1, before), ...this.outputShape];
    if (given.length !== before + output.length) {
      const rule = `outputShape must have an extent for each label of "${output}" but the batch axis`;
      fail(rule, "leave the batch axis out, and axes of ...", formatShape(this.outputShape));
    }
    const ofInput = new Map([...input].map((label, i) => [label, inputShape[before + i]]));
    const ofOutput = new Map([...output].map((label, i) => [label, given[before + i] ?? ofInput.get(label) ?? null]));
    for (const [label, extent] of ofInput) {
      const wanted = given[before + output.indexOf(label)];
      if (!ofOutput.has(label) || wanted === null || wanted === extent) continue;
      const received = `${wanted} for an input of ${formatShape(inputShape)}`;
      fail(`"${label}" must have the same extent in outputShape as in the input`, "give null for it", received);
    }
    const unknown = [...output].find((label) => !input.includes(label) && !kernel.includes(label)) ??
      [...kernel].find((label) => !input.includes(label) && !output.includes(label));
    if (unknown !== undefined) {
      fail(`"${unknown}" must also be a label of another part`, "give another equation", describe(this.equation));
    }
    const axes = [...kernel].map((_, i) => i);
    return {
      kernel: [...kernel].map((label) => ofOutput.has(label) ? ofOutput.get(label)! : ofInput.get(label)!),
      bias: this.#biasShape(output, ofOutput, after, fail),
      output: [...inputShape.slice(0, before), ...ofOutput.values(), ...inputShape.slice(inputShape.length - after)],
      fans: {
        inputAxes: axes.filter((axis) => !ofOutput.has(kernel[axis])),
        outputAxes: axes.filter((axis) => ofOutput.has(kernel[axis])),
      },
    };
  }

  /** The axes of the bias begin with the first that it has. */
  #biasShape(
    output: string,
    extents: ReadonlyMap<string, number | null>,
    after: number,
    fail: (rule: string, hint: string, received?: string) => never,
  ): SymbolicShape | undefined {
    const { biasAxes } = this;
    if (biasAxes === null) return undefined;
    if ([...biasAxes].some((label) => !output.includes(label))) {
      fail(`biasAxes must be labels of the output "${output}"`, "give some of these", describe(biasAxes));
    }
    const first = Math.min(...[...biasAxes].map((label) => output.indexOf(label)));
    const own = [...output.slice(first)].map((label) => biasAxes.includes(label) ? extents.get(label)! : 1);
    return [...own, ...new Array<number>(after).fill(1)];
  }
}

/** The initializer for a kernel of these axes, unless it names others. */
function withFans(initializer: Initializer, fans: Extents["fans"]): Initializer {
  if (!(initializer instanceof VarianceScaling)) return initializer;
  if (initializer.inputAxes !== null && initializer.outputAxes !== null) return initializer;
  return initializer.withAxes(fans.inputAxes, fans.outputAxes);
}
