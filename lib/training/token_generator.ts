// TokenGenerator: sequences of tokens, each drawn from what a function predicts from those before it.
import { describe, describeList, ShapeError, ValueError } from "../errors.ts";
import { yieldIfDue } from "../exec/event_loop.ts";
import type { Executable, Executor } from "../exec/executor.ts";
import { Lock } from "../exec/lock.ts";
import { getExecutor } from "../exec/select.ts";
import { withContext } from "../ir/context.ts";
import { recording, Trace } from "../ir/trace.ts";
import { Value } from "../ir/value.ts";
import { addedLosses, isTraining } from "../layers/context.ts";
import * as o from "../ops/primitives.ts";
import { callable, integer, isInteger, isList, maxExtent, number, positiveInteger } from "../option_kinds.ts";
import { type KeptOptions, nullable, option, optionTable, readMethodOptions, required } from "../options.ts";
import { programRandom, randomSeed, RandomState } from "../random_stream.ts";
import { checkShape, formatShape, type Shape, sizeOf } from "../shape.ts";
import { Tensor } from "../tensor/tensor.ts";
import { Variable } from "../tensor/variable.ts";
import { sampled } from "./sampling.ts";

/** What a {@linkcode TokenGenerator} asks its function for. */
export interface NextTokens {
  /** The logits of the token after each of `tokens`, `[batch, 1, classes]` or `[batch, classes]`. */
  readonly logits: Value;
  /** The cache for the next step, of the shapes that it had. */
  readonly cache: readonly Value[];
}

/**
 * Predicts what follows one step of tokens.
 *
 * @param tokens the tokens of one step, int32 `[batch, 1]`
 * @param cache what earlier steps left, such as the keys and values of attentions; zeros before the first
 * @param index the step of the tokens in their sequences, int32 `[]`, from 0
 */
export type NextTokenFunction = (tokens: Value, cache: readonly Value[], index: Value) => NextTokens;

/** Options of a {@linkcode TokenGenerator}. */
export interface TokenGeneratorOptions {
  /**
   * The shapes of the cache for a number of sequences and the most tokens of one; none by default. An attention's keys
   * and values are each `[batch, length, heads, size]`.
   */
  cacheShapes?: (batch: number, length: number) => readonly Shape[];
}

/** Options of {@linkcode TokenGenerator.generate}. */
export interface GenerateOptions {
  /** The number of tokens of a sequence, with those of its prompt. */
  maxLength: number;
  /** What logits are divided by; 1 by default. With 0 the likeliest token is taken. */
  temperature?: number;
  /** If given, only so many of the likeliest tokens are drawn. */
  topK?: number | null;
  /** If given, only the fewest of the likeliest tokens that together have this probability are drawn. */
  topP?: number | null;
  /** The same seed gives the same tokens; by default that of `setRandomSeed`. */
  seed?: number | null;
  /** Tokens that end their sequence. */
  stopTokenIds?: readonly number[];
}

const generatorOptions = optionTable<TokenGeneratorOptions>()({
  cacheShapes: nullable(callable<(batch: number, length: number) => readonly Shape[]>(
    "must be a function of the number of sequences and their length",
    "write it as in cacheShapes: (batch, length) => [[batch, length, heads, size]]",
  )),
});

const isToken = (given: unknown): given is number => isInteger(given) && given >= 0 && given <= maxExtent;

const generateOptions = optionTable<GenerateOptions>()({
  maxLength: positiveInteger(required),
  temperature: number(1, { min: 0 }),
  topK: nullable(positiveInteger()),
  topP: nullable(number(required, { min: 0, max: 1 })),
  seed: nullable(integer()),
  stopTokenIds: option<readonly number[]>({
    fallback: [],
    read: (given, { what, option }) => {
      if (isList(given, isToken)) return [...given];
      throw new ValueError({
        what,
        rule: `${option} must be a list of tokens`,
        received: describeList(given),
        hint: "write it as in stopTokenIds: [0]",
      });
    },
  }),
});

type Asked = KeptOptions<typeof generateOptions>;

/** A compiled step, and the variables by which it is told what to do. */
interface Program {
  readonly executor: Executor;
  readonly executable: Executable;
  /** The sequences, int32 `[batch, length]`: prompts, and zeros until tokens are drawn. */
  readonly tokens: Variable;
  /** How many tokens each prompt has. */
  readonly given: Variable;
  /** The step. */
  readonly place: Variable;
  /** `[seed, step]`. */
  readonly random: Variable;
  readonly temperature: Variable;
  readonly topK: Variable;
  readonly topP: Variable;
  readonly cache: readonly Variable[];
}

/** The steps between two looks at stop tokens and at the event loop. */
const stepsPerCall = 16;
/** The most programs kept, one for each number of sequences, length and kind of sampling. */
const maxPrograms = 8;

const what = "Cannot generate tokens";

/**
 * Draws sequences of tokens, one after another, as `generate` of KerasHub's models. All of a step is one program that is
 * compiled once: the function's prediction for the newest tokens, the draw, and the update of the cache in place, so that
 * a token costs as much late in a sequence as early.
 *
 * @example A bigram model: after 0 comes 1, after 1 comes 2, after 2 comes 0
 * ```ts
 * import { ops, tensor, TokenGenerator } from "./mod.ts";
 * const scores = tensor([[0, 9, 0], [0, 0, 9], [9, 0, 0]]);
 * const generator = new TokenGenerator((tokens) => ({ logits: ops.take(scores, tokens, 0), cache: [] }));
 * console.log(await generator.generate([[0], [2, 0]], { maxLength: 5, temperature: 0 })); // [ [ 0, 1, 2, 0, 1 ], [ 2, 0, 1, 2, 0 ] ]
 * ```
 *
 * @example A decoder with one attention
 * ```ts
 * import { layers, ops, TokenGenerator } from "./mod.ts";
 * const [embedding, attention, head] = [
 *   new layers.Embedding(10, 8),
 *   new layers.MultiHeadAttention(2, 4),
 *   new layers.Dense(10),
 * ];
 * const generator = new TokenGenerator((tokens, [keys, values], index) => {
 *   const x = embedding.apply(tokens);
 *   const [y, ...cache] = attention.apply(x, { value: x, cache: [keys, values], cacheUpdateIndex: index });
 *   return { logits: head.apply(ops.add(x, y)), cache };
 * }, { cacheShapes: (batch, length) => [[batch, length, 2, 4], [batch, length, 2, 4]] });
 * const [tokens] = await generator.generate([[1, 2, 3]], { maxLength: 8, topK: 5, seed: 1 });
 * console.log(tokens.length); // 8
 * ```
 */
export class TokenGenerator {
  readonly #next: NextTokenFunction;
  readonly #cacheShapes: (batch: number, length: number) => readonly Shape[];
  readonly #programs = new Map<string, Program>();
  readonly #lock = new Lock();

  /** Takes the function that predicts. Throws {@linkcode ValueError} for what is no function. */
  constructor(next: NextTokenFunction, options: TokenGeneratorOptions = {}) {
    const what = "Cannot make a TokenGenerator";
    if (typeof next !== "function") {
      throw new ValueError({
        what,
        rule: "it takes a function of tokens, cache and index",
        received: describe(next),
        hint: "write it as in new TokenGenerator((tokens, cache, index) => ({ logits, cache }))",
      });
    }
    this.#next = next;
    const { cacheShapes } = readMethodOptions("TokenGenerator", generatorOptions, options, what);
    this.#cacheShapes = cacheShapes ?? (() => []);
  }

  /**
   * Continues prompts, each a list of at least one token, to `maxLength` tokens, or to a stop token that is not its own.
   * Prompts may differ in length. Returns each with what follows it.
   *
   * @throws {ValueError} for prompts that are none, tokens that are no whole numbers of at least 0, and options that do
   * not suit
   * @throws {ShapeError} if the function returns other shapes than it should
   */
  async generate(prompts: readonly (readonly number[])[], options: GenerateOptions): Promise<number[][]> {
    const asked = readMethodOptions("generate", generateOptions, options, what);
    checkPrompts(prompts, asked.maxLength);
    const executor = await getExecutor();
    return this.#lock.run(() => this.#run(executor, prompts, asked));
  }

  async #run(executor: Executor, prompts: readonly (readonly number[])[], asked: Asked): Promise<number[][]> {
    const { maxLength, temperature, topK, topP, seed, stopTokenIds } = asked;
    const batch = prompts.length;
    const program = await this.#programFor(executor, batch, asked);
    const sequences = new Int32Array(batch * maxLength);
    prompts.forEach((prompt, row) => sequences.set(prompt, row * maxLength));
    executor.write(program.tokens, sequences);
    executor.write(program.given, Int32Array.from(prompts, ({ length }) => length));
    executor.write(program.place, Int32Array.of(0));
    executor.write(program.random, Int32Array.of(seed ?? randomSeed(), 0));
    executor.write(program.temperature, Float32Array.of(temperature));
    executor.write(program.topK, Int32Array.of(topK ?? 0));
    executor.write(program.topP, Float32Array.of(topP ?? 1));
    for (const variable of program.cache) executor.write(variable, new Float32Array(sizeOf(variable.shape)));
    const read = async () => {
      const { data } = await program.tokens.read();
      return prompts.map((_, row) => [...data.subarray(row * maxLength, (row + 1) * maxLength)]);
    };
    const stops = new Set(stopTokenIds);
    /** The place of the stop token of a sequence, -1 while it has none. */
    const stopOf = (tokens: readonly number[], row: number, known: number) =>
      tokens.findIndex((token, at) => at >= prompts[row].length && at < known && stops.has(token));
    for (let known = 1; known < maxLength;) {
      const steps = Math.min(stepsPerCall, maxLength - known);
      await program.executable.run(steps);
      known += steps;
      await yieldIfDue();
      if (stops.size > 0 && (await read()).every((tokens, row) => stopOf(tokens, row, known) >= 0)) break;
    }
    return (await read()).map((tokens, row) => {
      const stop = stopOf(tokens, row, maxLength);
      return stop < 0 ? tokens : tokens.slice(0, stop + 1);
    });
  }

  async #programFor(executor: Executor, batch: number, asked: Asked): Promise<Program> {
    const { maxLength, temperature, topK, topP } = asked;
    const kind = temperature === 0 ? "greedy" : `${topK !== null} ${topP !== null}`;
    const key = `${batch} ${maxLength} ${kind}`;
    let program = this.#programs.get(key);
    if (program?.executor === executor && program.tokens.device === executor) return program;
    program = await this.#compile(executor, batch, asked);
    this.#programs.set(key, program);
    for (const [oldest, old] of this.#programs) {
      if (this.#programs.size <= maxPrograms) break;
      this.#programs.delete(oldest);
      old.executable.dispose();
    }
    return program;
  }

  async #compile(executor: Executor, batch: number, asked: Asked): Promise<Program> {
    const { maxLength: length, temperature, topK, topP } = asked;
    const shapes = this.#cacheShapes(batch, length);
    if (!Array.isArray(shapes)) {
      const hint = "write it as in cacheShapes: (batch, length) => [[batch, length, heads, size]]";
      throw new ValueError({ what, rule: "cacheShapes must give a list of shapes", received: describe(shapes), hint });
    }
    for (const shape of shapes) checkShape(shape, what);
    const variable = (name: string, shape: Shape, dtype: "int32" | "float32") =>
      Variable.zeros(shape, { name: `generate/${name}`, dtype, trainable: false });
    const state = {
      tokens: variable("tokens", [batch, length], "int32"),
      given: variable("given", [batch], "int32"),
      place: variable("place", [1], "int32"),
      random: variable("random", [2], "int32"),
      temperature: variable("temperature", [], "float32"),
      topK: variable("topK", [], "int32"),
      topP: variable("topP", [], "float32"),
      cache: shapes.map((shape, i) => variable(`cache ${i}`, shape, "float32")),
    };
    const trace = new Trace();
    const random = new RandomState(state.random);
    withContext([...recording(trace), isTraining.of(false), addedLosses.of([]), programRandom.of(random)], () => {
      const [tokens, place] = [state.tokens.value(), state.place.value()];
      const now = o.dynamicSlice(tokens, place, 0, 1, 1);
      const next = this.#next(now, state.cache.map((each) => each.value()), o.reshape(place, []));
      const logits = checkNext(next, batch, shapes);
      const unit = (shape: Shape) => {
        const { counter, path } = random.draw("generate");
        return o.bitsToUnit(o.randomBits(counter, shape, path));
      };
      const drawn = sampled(logits, {
        temperature: temperature === 0 ? undefined : state.temperature.value(),
        topK: topK === null ? undefined : state.topK.value(),
        topP: topP === null ? undefined : state.topP.value(),
      }, unit);
      // Where the prompt goes on, its token follows.
      const following = o.add(place, 1);
      const isGiven = o.less(following, o.reshape(state.given, [batch, 1]));
      const chosen = o.select(isGiven, o.dynamicSlice(tokens, following, 0, 1, 1), o.reshape(drawn, [batch, 1]));
      state.tokens.assign(o.dynamicUpdateSlice(tokens, chosen, following, 0, 1));
      state.place.assign(following);
      state.cache.forEach((each, i) => each.assign(next.cache[i]));
      random.advance();
    });
    const executable = await executor.compile(trace.graph);
    // What no step reads, such as the probability of a greedy draw, is written all the same.
    const { cache, ...others } = state;
    await executor.attach([...Object.values(others), ...cache].filter(({ device }) => device !== executor));
    return { executor, executable, ...state };
  }
}

/** Throws {@linkcode ValueError} unless prompts are lists of tokens that leave room for one more. */
function checkPrompts(prompts: unknown, maxLength: number): asserts prompts is readonly (readonly number[])[] {
  const isPrompt = (item: unknown): item is readonly number[] => isList(item, isToken) && item.length > 0;
  if (!isList(prompts, isPrompt) || prompts.length === 0) {
    throw new ValueError({
      what,
      rule: "prompts must be lists of tokens, each of at least one",
      received: prompts instanceof Tensor ? "a tensor" : describeList(prompts),
      hint: "write them as in generate([[1, 2]], { maxLength: 10 })",
    });
  }
  const longest = prompts.reduce((most, { length }) => Math.max(most, length), 0);
  if (longest <= maxLength) return;
  throw new ValueError({
    what,
    rule: "maxLength must be at least the number of tokens of each prompt",
    received: `${maxLength} for a prompt of ${longest}`,
    hint: "give a larger maxLength, or the last tokens of the prompt",
  });
}

/** The logits `[batch, classes]` that a function returned; throws {@linkcode ShapeError} for other shapes. */
function checkNext(next: NextTokens, batch: number, shapes: readonly Shape[]): Value {
  const { logits, cache } = Object(next) as Partial<NextTokens>;
  const isCache = Array.isArray(cache) && cache.every((item) => item instanceof Value);
  if (!(logits instanceof Value) || !isCache) {
    throw new ValueError({
      what,
      rule: "the function must return { logits, cache }: a symbolic value, and a list of them",
      received: describe(next),
      hint: "compute logits with layers and ops, and return the list of what the next step needs",
    });
  }
  const classes = logits.shape[logits.shape.length - 1];
  const fits = [`${batch},1,${classes}`, `${batch},${classes}`].includes(String(logits.shape)) && classes > 0;
  if (!fits) {
    throw new ShapeError({
      what,
      rule: `the function must return logits [${batch}, classes]`,
      received: formatShape(logits.shape),
      hint: "it gets one step of tokens, and returns what follows that",
    });
  }
  if (cache.length !== shapes.length || cache.some(({ shape }, i) => String(shape) !== String(shapes[i]))) {
    throw new ShapeError({
      what,
      rule: `the function must return a cache of the shapes ${shapes.map(formatShape).join(", ") || "of none"}`,
      received: cache.map(({ shape }) => formatShape(shape)).join(", ") || "none",
      hint: "cacheShapes says what it has, and the function returns as many",
    });
  }
  return o.cast(o.reshape(logits, [batch, classes]), "float32");
}
