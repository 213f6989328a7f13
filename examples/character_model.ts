// A small GPT that learns to write like a book, one character after another.
// `deno run -A examples/character_model.ts` prints what it writes after each epoch. The book, examples/data/alice.txt, is
// the first six chapters of Lewis Carroll's "Alice's Adventures in Wonderland" of 1865, which is in the public domain.
import {
  Layer,
  layers,
  losses,
  metrics,
  Model,
  type NextTokens,
  ops,
  optimizers,
  setBackend,
  setRandomSeed,
  type Shape,
  Tensor,
  TokenGenerator,
  type Value,
} from "../mod.ts";
import { count, readArguments, requireFloor, share, word } from "./arguments.ts";

/** How many characters the model sees. */
export const contextLength = 64;
const [width, heads, blocks] = [96, 4, 2];
const batchSize = 32;

/** Attention to earlier characters, then two dense layers, each added to its input. */
class Block extends Layer {
  readonly attentionNorm = new layers.LayerNormalization();
  readonly attention = new layers.MultiHeadAttention(heads, width / heads);
  readonly denseNorm = new layers.LayerNormalization();
  readonly wide = new layers.Dense(4 * width, { activation: "gelu" });
  readonly narrow = new layers.Dense(width);

  override call(x: Value): Value {
    const now = this.attentionNorm.apply(x);
    return this.#dense(ops.add(x, this.attention.apply(now, { value: now, useCausalMask: true })));
  }

  /** The same for characters that follow those of a cache: the output, and the cache with their keys and values. */
  next(x: Value, [keys, values]: readonly Value[], index: Value): [Value, ...Value[]] {
    const now = this.attentionNorm.apply(x);
    const [attended, ...cache] = this.attention.apply(now, {
      value: now,
      useCausalMask: true,
      cache: [keys, values],
      cacheUpdateIndex: index,
    });
    return [this.#dense(ops.add(x, attended)), ...cache];
  }

  #dense(x: Value): Value {
    return ops.add(x, this.narrow.apply(this.wide.apply(this.denseNorm.apply(x))));
  }
}

/** Logits of the next character after each of a text. */
export class CharacterModel extends Model {
  readonly embedding: layers.Embedding;
  readonly positions = new layers.Embedding(contextLength, width);
  readonly blocks: readonly Block[] = Array.from({ length: blocks }, () => new Block());
  readonly norm = new layers.LayerNormalization();
  readonly head: layers.Dense;

  constructor(characters: number) {
    super({ name: "character_model" });
    this.embedding = new layers.Embedding(characters, width);
    this.head = new layers.Dense(characters);
  }

  override call(characters: Value): Value {
    const places = ops.arange(0, characters.shape[1]);
    const x = ops.add(this.embedding.apply(characters), this.positions.apply(places));
    return this.head.apply(this.norm.apply(this.blocks.reduce((x, block) => block.apply(x), x)));
  }

  /** The logits after characters at step `index`, which follow those of the cache: keys and values of each block. */
  next(characters: Value, cache: readonly Value[], index: Value): NextTokens {
    let x = ops.add(this.embedding.apply(characters), this.positions.apply(ops.reshape(index, [1])));
    const next = this.blocks.flatMap((block, i) => {
      const [y, ...kept] = block.next(x, cache.slice(2 * i, 2 * i + 2), index);
      x = y;
      return kept;
    });
    return { logits: this.head.apply(this.norm.apply(x)), cache: next };
  }

  /** Writes with the model. */
  generator(): TokenGenerator {
    const shape = (batch: number, length: number): Shape => [batch, length, heads, width / heads];
    return new TokenGenerator((characters, cache, index) => this.next(characters, cache, index), {
      cacheShapes: (batch, length) => Array.from({ length: 2 * blocks }, () => shape(batch, length)),
    });
  }
}

/** The model, ready for training. */
export function makeModel(characters: number): CharacterModel {
  const model = new CharacterModel(characters);
  model.compile({
    optimizer: new optimizers.AdamW({ learningRate: 2e-3 }),
    loss: new losses.SparseCategoricalCrossentropy({ fromLogits: true }),
    metrics: [new metrics.SparseCategoricalAccuracy({ name: "accuracy" })],
  });
  return model;
}

/** The characters of a text, each once, and their numbers. */
export class Alphabet {
  readonly #characters: readonly string[];
  readonly #numbers: ReadonlyMap<string, number>;

  constructor(text: string) {
    this.#characters = [...new Set(text)].sort();
    this.#numbers = new Map(this.#characters.map((character, i) => [character, i]));
  }

  /** How many there are. */
  get size(): number {
    return this.#characters.length;
  }

  /** The numbers of a text's characters; throws an error for one that is not in the alphabet. */
  encode(text: string): number[] {
    return [...text].map((character) => {
      const found = this.#numbers.get(character);
      if (found === undefined) throw new Error(`The text that was read has no "${character}"`);
      return found;
    });
  }

  /** The text of numbers. */
  decode(numbers: readonly number[]): string {
    return numbers.map((number) => this.#characters[number]).join("");
  }
}

/** Every `stride`-th stretch of a text, and the same one character later: `[rows, contextLength]` each. */
export function windows(text: readonly number[], stride: number): [x: Tensor, y: Tensor] {
  const rows = Math.floor((text.length - 1 - contextLength) / stride) + 1;
  const from = (shift: number) => {
    const at = (row: number) => text.slice(row * stride + shift, row * stride + shift + contextLength);
    return new Tensor(
      [rows, contextLength],
      "uint8",
      Uint8Array.from(Array.from({ length: rows }, (_, i) => at(i)).flat()),
    );
  };
  return [from(0), from(1)];
}

if (import.meta.main) {
  const { epochs, steps, seed, floor, backend } = readArguments(
    "character_model.ts",
    "A small GPT learns to write like Lewis Carroll, one character after another.",
    {
      epochs: count(10, "how often to go through the book"),
      steps: count(Infinity, `train on n batches of ${batchSize} of each epoch only`),
      seed: count(1, "the seed of weights, order and what is written", 0),
      floor: share(0, "fail where fewer than this share of characters of pages not seen before are foreseen"),
      backend: word(["eigen", "wasm", "webgpu"], "the backend; by default the fastest that there is"),
    },
  );
  if (backend) await setBackend(backend);
  setRandomSeed(seed);

  const text = await Deno.readTextFile(new URL("data/alice.txt", import.meta.url));
  const alphabet = new Alphabet(text);
  const numbers = alphabet.encode(text);
  const split = Math.floor(0.9 * numbers.length);
  const [x, y] = windows(numbers.slice(0, split), 8);
  const [xTest, yTest] = windows(numbers.slice(split), contextLength);

  const model = makeModel(alphabet.size);
  const generator = model.generator();
  const write = async (temperature: number) => {
    const prompt = alphabet.encode("Alice ");
    const [written] = await generator.generate([prompt], { maxLength: contextLength, temperature, topK: 10, seed });
    return alphabet.decode(written).replaceAll("\n", " ");
  };
  const onEpochEnd = async () => console.log(`\n  ${await write(0.8)}\n`);
  const stepsPerEpoch = Number.isFinite(steps) ? Math.min(steps, Math.ceil(x.shape[0] / batchSize)) : undefined;
  await model.fit(x, y, { epochs, batchSize, stepsPerEpoch, callbacks: [{ onEpochEnd }] });

  const { loss, accuracy } = await model.evaluate(xTest, yTest, { verbose: 0, batchSize: 64 });
  console.log(`\nOf pages not seen before it foresees ${(100 * accuracy).toFixed(1)} % of the characters:`);
  console.log(
    `${(loss / Math.LN2).toFixed(2)} bits a character, of ${Math.log2(alphabet.size).toFixed(2)} without a model.`,
  );
  for (const temperature of [0.5, 0.8, 1.1]) {
    console.log(`\nAt temperature ${temperature}:\n  ${await write(temperature)}`);
  }
  requireFloor("share of characters foreseen", accuracy, floor);
}
