// ProjectedAttention: the base of attentions whose queries, keys and values are projected to heads first.
import { ShapeError, ValueError } from "../errors.ts";
import { graphOf, idOf, Value, valueOf } from "../ir/value.ts";
import type { Config, ConfigValue } from "../json_config.ts";
import { allOf, attend, seenPositions } from "../ops/attention.ts";
import { expandDims } from "../ops/composed.ts";
import { einsum } from "../ops/matrices.ts";
import * as o from "../ops/primitives.ts";
import { boolean, number, positiveInteger } from "../option_kinds.ts";
import { declareBase, describe, nullable, optionTable, required, withFacts } from "../options.ts";
import { type RegularizerIdentifier, regularizerOption } from "../regularizers.ts";
import { formatShape, sameShape, type SymbolicShape } from "../shape.ts";
import { symbolic } from "../tensor/apply.ts";
import type { Structure } from "../structure.ts";
import { Softmax } from "./activations.ts";
import {
  attentionArguments,
  type AttentionCache,
  type AttentionContext,
  type ScoresAsked,
  withAxes,
} from "./attention_masks.ts";
import { EinsumDense, type EinsumDenseOptions } from "./einsum_dense.ts";
import {
  type CallContext,
  type ContextOf,
  type InputOf,
  Layer,
  type LayerOptions,
  type OutputOf,
  type WithTensors,
} from "./layer.ts";
import { type ArgumentShapes, type LayerFields, layerOptions } from "./options.ts";
import type { CallArguments, Symbolic, SymbolicTensor } from "../tensor/symbolic.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Variable } from "../tensor/variable.ts";
import { seedOption } from "./random_layer.ts";
import { Dropout } from "./regularization.ts";
import { type BiasOptions, type KernelOptions, weightOptions } from "./weight_options.ts";

/** Options of attentions that project to heads. */
export interface ProjectedAttentionOptions extends LayerOptions, KernelOptions, BiasOptions {
  /** The fraction of scores that training drops; 0 by default. */
  dropout?: number;
  /** A query sees only keys less than so many steps away; null, the default, for all. */
  slidingWindow?: number | null;
  /**
   * Whether attention must be computed without its scores in memory, which excludes dropout and returning scores. By
   * default it is wherever it can be.
   */
  flashAttention?: boolean | null;
  /** Whether the output is multiplied by a further projection of the query, under a sigmoid; false by default. */
  useGate?: boolean;
  /** The seed of the dropout; by default that of `setRandomSeed` is used. */
  seed?: number | null;
}

/** The options of attentions that project to heads. */
export const projectedAttentionOptions = optionTable<ProjectedAttentionOptions>()({
  ...layerOptions,
  dropout: number(0, { min: 0, max: 1 }),
  useBias: boolean(true),
  slidingWindow: nullable(positiveInteger(required)),
  flashAttention: withFacts(nullable(boolean(required)), { written: "never" }),
  ...weightOptions({ kernel: "glorot_uniform", bias: "zeros" }),
  activityRegularizer: regularizerOption(),
  useGate: boolean(false),
  seed: seedOption,
});

type Queries = Value | Tensor | Variable;

/** The options, checked and completed, and what calls give. */
export interface ProjectedAttention extends LayerFields<ProjectedAttentionOptions, typeof projectedAttentionOptions> {
  /** The output, and the cache with the keys and values of this call. */
  apply(
    query: Queries,
    context: WithTensors<Partial<AttentionContext>> & { readonly cache: WithTensors<AttentionCache> },
  ): [Value, Value, Value];
  /** The output, and the scores. */
  apply(query: Queries, context: WithTensors<Partial<AttentionContext>> & ScoresAsked): [Value, Value];
  /** The output and the scores, of symbolic tensors. */
  apply(
    query: SymbolicTensor,
    context: Symbolic<Partial<AttentionContext>> & ScoresAsked,
  ): [SymbolicTensor, SymbolicTensor];
  /** The output. */
  apply(
    query: InputOf<this> | WithTensors<InputOf<this>>,
    context?: ContextOf<this> | WithTensors<ContextOf<this>> | Partial<CallContext>,
  ): OutputOf<this>;
  /** The output, of symbolic tensors. */
  apply(
    query: Symbolic<InputOf<this>>,
    context?: Symbolic<ContextOf<this>> | Symbolic<Partial<CallContext>>,
  ): Symbolic<OutputOf<this>>;
}

/** A value without its mask: the layers inside do not use it. */
const unmasked = (x: Value): Value => (x.mask ? valueOf(graphOf(x), idOf(x)) : x);

/** A projection, built for inputs of a shape. */
export function built(layer: EinsumDense, inputShape: SymbolicShape): EinsumDense {
  layer.ensureBuilt(inputShape);
  return layer;
}

/** The layers that project to heads and back. */
export interface Projections {
  /** Of the query. */
  readonly query: EinsumDense;
  /** Of the key. */
  readonly key: EinsumDense;
  /** Of the value. */
  readonly value: EinsumDense;
  /** Of the query to gates, if used. */
  readonly gate: EinsumDense | undefined;
  /** Of the heads to the output. */
  readonly output: EinsumDense;
}

/** How scores and output follow from heads. */
export interface Equations {
  /** Of key and query. */
  readonly scores: string;
  /** Of scores and value. */
  readonly output: string;
  /** The number of axes over which a query attends. */
  readonly axes: number;
}

/** Queries, keys and values as heads. */
interface Heads {
  readonly query: Value;
  readonly key: Value;
  readonly value: Value;
}

/** Throws {@linkcode ValueError} or {@linkcode ShapeError} unless the keys and values of a call can be put into its cache. */
function checkCached(what: string, context: AttentionContext, [key, value]: readonly Value[]): void {
  const { cache, cacheUpdateIndex, returnAttentionScores, keyMask, valueMask } = context;
  const hint = "give cache: [keys, values] and cacheUpdateIndex, and what queries may see as attentionMask";
  const excluded = Object.entries({ returnAttentionScores, keyMask, valueMask }).filter(([, given]) => given);
  if (excluded.length > 0) {
    throw new ValueError({ what, rule: `a cache excludes ${excluded[0][0]}`, received: "both", hint });
  }
  const isIndex = cacheUpdateIndex instanceof Value && cacheUpdateIndex.dtype === "int32" &&
    cacheUpdateIndex.shape.length === 0;
  if (!isIndex) {
    const rule = "with a cache cacheUpdateIndex must be one whole number of the program";
    throw new ValueError({ what, rule, received: describe(cacheUpdateIndex), hint });
  }
  const isList = Array.isArray(cache) && cache.length === 2 && cache.every((item) => item instanceof Value);
  const fits = isList && [key, value].every(({ shape: [batch, steps, ...rest] }, i) => {
    const [rows, length, ...others] = cache[i].shape;
    return batch === rows && steps <= length && sameShape(rest, others);
  });
  if (fits) return;
  throw new ShapeError({
    what,
    rule: "a cache must be of keys and of values, each [batch, length, heads, size], with length for all steps",
    received: `${isList ? cache.map(({ shape }) => formatShape(shape)).join(" and ") : describe(cache)} for ${
      formatShape(key.shape)
    } and ${formatShape(value.shape)}`,
    hint,
  });
}

/** An attention between heads: the layers that project to them, and what they compute. */
export abstract class ProjectedAttention extends Layer {
  static {
    declareBase(this);
  }
  override readonly inputArgument = "query";
  override readonly callArguments: readonly string[] = attentionArguments;
  /** Passes on the query's mask. */
  override readonly supportsMasking = true;
  #softmax!: Softmax;
  #dropout!: Dropout;

  /** Takes the options. Throws {@linkcode ValueError} for dropout with `flashAttention`. */
  constructor(options: ProjectedAttentionOptions = {}, byPosition: object = {}) {
    super(options, byPosition);
    if (!this.flashAttention || this.dropout === 0) return;
    throw new ValueError({
      what: `Cannot make "${this.name}"`,
      rule: "flashAttention takes no dropout",
      received: `a dropout of ${this.dropout}`,
      hint: "leave one of them out",
    });
  }

  /** The layers that project to heads and back. */
  protected abstract readonly projections: Projections;

  /** Whether query, key and value carry no masks after the call, as Keras has it for some: layers after it see none. */
  protected readonly usesUpMasks: boolean = false;

  /** The size of each head of queries and keys. */
  protected abstract readonly headSize: number;

  /** Makes the layers that project, for the shapes of query, value and key. */
  protected abstract project(query: SymbolicShape, value: SymbolicShape, key: SymbolicShape): void;

  /**
   * Makes the projections. Throws {@linkcode ValueError} without a value, and {@linkcode ShapeError} if key and value
   * have different steps.
   */
  override build(query: SymbolicShape, { value, key = value }: ArgumentShapes): void {
    if (value === undefined) this.#missingValue("none");
    const [values, keys] = [value, key] as SymbolicShape[];
    const what = `Cannot build "${this.name}"`;
    const shapes = [query, values, keys];
    const differ = values.length !== keys.length ||
      values.slice(1, -1).some((extent, i) => extent !== null && keys[i + 1] !== null && extent !== keys[i + 1]);
    if (differ || shapes.some(({ length }) => length < 3)) {
      throw new ShapeError({
        what,
        rule: "query, value and key must have axes of samples, steps and features, with as many steps in value and key",
        received: shapes.map(formatShape).join(", "),
        hint: "give a key for each value",
      });
    }
    this.project(query, values, keys);
  }

  /** A projection to be built. */
  protected dense(
    name: string,
    equation: string,
    outputShape: SymbolicShape,
    biasAxes: string,
    more?: EinsumDenseOptions,
  ): EinsumDense {
    const { kernelInitializer, biasInitializer, kernelRegularizer, biasRegularizer } = this;
    const { kernelConstraint, biasConstraint } = this;
    return new EinsumDense(equation, outputShape, {
      name,
      dtype: this.dtypePolicy,
      biasAxes: this.useBias ? biasAxes : null,
      kernelInitializer,
      biasInitializer,
      kernelRegularizer,
      biasRegularizer,
      kernelConstraint,
      biasConstraint,
      activityRegularizer: this.projectionRegularizer,
      ...more,
    });
  }

  /** The penalty on the outputs of projections. */
  protected abstract readonly projectionRegularizer: RegularizerIdentifier | null;

  /** Makes the layers between the projections. */
  protected makeInner(axis: number | readonly number[]): void {
    this.#softmax = new Softmax({ axis, dtype: this.dtypePolicy });
    this.#dropout = new Dropout(this.dropout, { seed: this.seed, dtype: this.dtypePolicy });
  }

  /** The output `[batch, queries, features]`, and the cache with the keys and values of this call. */
  call(query: Value, context: AttentionContext & { readonly cache: AttentionCache }): [Value, Value, Value];
  /** The output `[batch, queries, features]`, and the scores. */
  call(query: Value, context: AttentionContext & ScoresAsked): [Value, Value];
  /** The output `[batch, queries, features]`. */
  call(query: Value, context: AttentionContext): Value;
  call(query: Value, context: AttentionContext): Value | [Value, Value] | [Value, Value, Value] {
    const { value, key, returnAttentionScores = false } = context;
    if (!(value instanceof Value)) this.#missingValue(describe(value));
    if (returnAttentionScores && this.flashAttention) {
      throw new ValueError({
        what: `Cannot call "${this.name}"`,
        rule: "flashAttention has no scores",
        received: "returnAttentionScores",
        hint: "make the layer without flashAttention",
      });
    }
    const { query: toQuery, key: toKey, value: toValue } = this.projections;
    const from = unmasked(query);
    const keyed = unmasked(key ?? value);
    const valued = unmasked(value);
    if (this.usesUpMasks) { for (const x of [query, key ?? value, value]) x.mask = undefined; }
    const heads: Heads = {
      query: toQuery.apply(from),
      key: toKey.apply(keyed),
      value: toValue.apply(valued),
    };
    if (context.cache) {
      const [attended, ...cache] = this.#attendCached(heads, context.cache, context);
      return [this.#fromHeads(attended, from), ...cache];
    }
    const isPlain = !returnAttentionScores && heads.query.shape.length === 4;
    const [attended, scores] = isPlain ? [this.#attend(heads, context)] : this.#withScores(heads, context);
    const output = this.#fromHeads(attended, from);
    return returnAttentionScores ? [output, scores!] : output;
  }

  #missingValue(received: string): never {
    throw new ValueError({
      what: `Cannot call "${this.name}"`,
      rule: "it takes a query and a value",
      received,
      hint: "give the value too, as in apply(x, { value: x })",
    });
  }

  /** The output of what queries attended to. */
  #fromHeads(attended: Value, query: Value): Value {
    const { gate, output } = this.projections;
    return output.apply(gate ? o.multiply(attended, gate.apply(query)) : attended);
  }

  /** Attention to the steps of a cache, into which those of this call are put first. */
  #attendCached({ query, key, value }: Heads, cache: AttentionCache, context: AttentionContext): [Value, Value, Value] {
    const { attentionMask, useCausalMask = false, cacheUpdateIndex } = context;
    const what = `Cannot call "${this.name}"`;
    checkCached(what, context, [key, value]);
    const place = o.reshape(cacheUpdateIndex!, [1]);
    const [keys, values] = [key, value].map((now, i) => o.dynamicUpdateSlice(cache[i], now, place, 0, 1));
    const [steps, length] = [query.shape[1], keys.shape[1]];
    // The steps of the queries, [steps, 1], and those of the keys, [1, length].
    const at = o.add(place, symbolic(o.iota([steps, 1], 0)));
    const other = symbolic(o.iota([1, length], 1));
    const { slidingWindow } = this;
    const mask = allOf([
      useCausalMask ? o.lessEqual(other, at) : o.less(other, o.add(place, steps)),
      slidingWindow === null ? undefined : o.less(o.abs(o.subtract(at, other)), slidingWindow),
      attentionMask && withAxes(attentionMask, 4, 2, what),
    ]);
    const attended = attend(query, keys, values, { mask, scale: 1 / Math.sqrt(this.headSize) }) as Value;
    return [attended, keys, values];
  }

  /** Attention without its scores. */
  #attend({ query, key, value }: Heads, context: AttentionContext): Value {
    const { queryMask, valueMask, keyMask, attentionMask, useCausalMask = false, training } = context;
    const what = `Cannot call "${this.name}"`;
    const ofKeys = allOf([valueMask, keyMask]);
    const mask = allOf([
      attentionMask && withAxes(attentionMask, 4, 2, what),
      ofKeys && withAxes(ofKeys, 4, 1, what),
    ]);
    const rate = this.dropout;
    const zeroEmpty = rate > 0;
    const attended = attend(query, key, value, {
      mask,
      dropout: rate > 0 && training ? { rate, ...this.#drawn(query) } : undefined,
      scale: 1 / Math.sqrt(this.headSize),
      causal: useCausalMask,
      window: this.slidingWindow ?? 0,
      zeroEmpty,
    }) as Value;
    if (!queryMask) return attended;
    // A masked query sees no key.
    const counts = expandDims(expandDims(o.cast(queryMask, "bool"), -1), -1);
    return o.select(counts, attended, zeroEmpty ? 0 : this.grouped(o.mean(value, 1, true)));
  }

  /** What the dropout draws its next numbers from. */
  #drawn(query: Value): { readonly counter: Value; readonly path: number } {
    this.#dropout.ensureBuilt(query.shape);
    return this.#dropout.nextCounter();
  }

  /** Keys or values with a head for each of the query's. */
  protected grouped(x: Value): Value {
    return x;
  }

  /** How scores and output follow from heads of a rank. */
  protected abstract equations(rank: number): Equations;

  /** Attention with its scores in memory. */
  #withScores(heads: Heads, context: AttentionContext): [Value, Value] {
    const { queryMask, valueMask, keyMask, attentionMask, useCausalMask, training } = context;
    const { query } = heads;
    const [key, value] = [this.grouped(heads.key), this.grouped(heads.value)];
    const equations = this.equations(value.shape.length);
    const products = einsum(equations.scores, key, o.multiply(query, 1 / Math.sqrt(this.headSize)));
    const positions: [number, number] = [query.shape[1], key.shape[1]];
    const mask = allOf([
      queryMask && expandDims(queryMask, -1),
      valueMask && expandDims(valueMask, -2),
      keyMask && expandDims(keyMask, -2),
      seenPositions(query, positions, { causal: useCausalMask, window: this.slidingWindow ?? 0 }),
      attentionMask,
    ]);
    const rank = products.shape.length;
    const widened = mask && withAxes(mask, rank, 2 * equations.axes, `Cannot call "${this.name}"`);
    const scores = this.#softmax.apply(products, { mask: widened as Value | undefined });
    const kept = this.#dropout.apply(scores, { training });
    return [einsum(equations.output, kept, value), scores];
  }

  /** The arguments with value and key by position, as Keras has them. */
  override savedCall({ positional, named: { value, key, ...named } }: CallArguments<unknown>): CallArguments<unknown> {
    return { positional: [...positional, value, ...(key === undefined ? [] : [key])], named };
  }

  /** The shapes of query, value and key. */
  protected override buildConfig(query: Structure<SymbolicShape>, shapes: ArgumentShapes): Config {
    const { value, key } = shapes;
    return {
      shapes_dict: {
        query_shape: query,
        value_shape: value,
        ...(key && { key_shape: key }),
      } as { [name: string]: ConfigValue },
    };
  }
}
