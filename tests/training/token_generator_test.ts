// Tokens one after another: cached attention against the whole forward pass, draws against the same worked out by hand.
import assert from "node:assert/strict";
import { compile } from "../../lib/exec/compile.ts";
import { getExecutor } from "../../lib/exec/select.ts";
import type { Value } from "../../lib/ir/value.ts";
import * as layers from "../../lib/layers/layers.ts";
import type { ProjectedAttention } from "../../lib/layers/projected_attention.ts";
import * as ops from "../../lib/ops/ops.ts";
import { hashPath, purposes, RandomStream, setRandomSeed } from "../../lib/random_stream.ts";
import { Tensor, tensor } from "../../lib/tensor/tensor.ts";
import { type NextTokenFunction, TokenGenerator } from "../../lib/training/token_generator.ts";
import { testOnBackends } from "../backends.ts";
import { assertClose } from "../close.ts";

const [classes, length, heads, size] = [7, 12, 2, 4];

/** A decoder of one attention: its logits for a whole sequence, and for the steps after a cache. */
class Decoder {
  readonly embedding = new layers.Embedding(classes, 8, { embeddingsInitializer: "random_normal" });
  readonly positions = new layers.Embedding(length, 8, { embeddingsInitializer: "random_normal" });
  readonly norm = new layers.LayerNormalization();
  readonly head = new layers.Dense(classes, { kernelInitializer: "random_normal" });

  constructor(readonly attention: ProjectedAttention) {}

  #embedded(tokens: Value, index: Value | number): Value {
    const places = ops.add(ops.arange(tokens.shape[1]), ops.cast(index, "int32"));
    return ops.multiply(ops.add(this.embedding.apply(tokens), this.positions.apply(places as Value)), 20);
  }

  #logits(x: Value, attended: Value): Value {
    return ops.multiply(this.head.apply(this.norm.apply(ops.add(x, attended))), 60);
  }

  whole(tokens: Value): Value {
    const x = this.#embedded(tokens, ops.multiply(ops.sum(tokens), 0));
    return this.#logits(x, this.attention.apply(x, { value: x, useCausalMask: true }));
  }

  steps(tokens: Value, [keys, values]: readonly Value[], index: Value): { logits: Value; cache: Value[] } {
    const x = this.#embedded(tokens, index);
    const [attended, ...cache] = this.attention.apply(x, {
      value: x,
      useCausalMask: true,
      cache: [keys, values],
      cacheUpdateIndex: index,
    });
    return { logits: this.#logits(x, attended), cache };
  }
}

const attentions: Readonly<Record<string, () => [ProjectedAttention, cacheHeads: number]>> = {
  "MultiHeadAttention": () => [new layers.MultiHeadAttention(heads, size), heads],
  "a sliding window": () => [new layers.MultiHeadAttention(heads, size, { slidingWindow: 3, useGate: true }), heads],
  "GroupedQueryAttention": () => [new layers.GroupQueryAttention(size, heads, 1), 1],
};

const tokensOf = (rows: readonly (readonly number[])[]) => tensor(rows.map((row) => [...row]), undefined, "int32");
const sequences = [[1, 4, 2, 6, 0, 5, 3, 3, 1, 2, 6, 4], [6, 0, 0, 5, 2, 1, 4, 3, 5, 6, 2, 0]];

for (const [name, make] of Object.entries(attentions)) {
  testOnBackends(`logits with a cache are those of the whole sequence: ${name}`, async () => {
    setRandomSeed(3);
    const [attention, cacheHeads] = make();
    const decoder = new Decoder(attention);
    const expected = await compile((tokens) => decoder.whole(tokens))(tokensOf(sequences));
    const advance = compile((tokens, keys, values, index) => {
      const { logits, cache } = decoder.steps(tokens, [keys, values], index);
      return [logits, ...cache];
    });
    // One step at a time, and several at once, as a prompt may be read.
    for (const parts of [new Array<number>(length).fill(1), [5, 1, 1, 4, 1]]) {
      let cache = [ops.zeros([2, length, cacheHeads, size]), ops.zeros([2, length, cacheHeads, size])];
      let at = 0;
      for (const count of parts) {
        const now = tokensOf(sequences.map((row) => row.slice(at, at + count)));
        const [logits, ...next] = await advance(now, ...cache, tensor(at, undefined, "int32"));
        const same = ops.slice(expected, [0, at, 0], [2, count, classes]);
        assertClose(logits.data, same.data, { absolute: 1e-5, relative: 1e-5 }, `from step ${at}`);
        cache = next;
        at += count;
      }
    }
  });
}

/** Greedy tokens after prompts, by the whole forward pass for each. */
async function continued(
  decoder: Decoder,
  prompts: readonly number[][],
  choose: (logits: Float64Array, step: number, row: number) => number,
) {
  const whole = compile((tokens) => decoder.whole(tokens));
  const rows = prompts.map((prompt) => [...prompt, ...new Array<number>(length - prompt.length).fill(0)]);
  for (let step = 0; step < length - 1; step++) {
    const logits = await whole(tokensOf(rows));
    rows.forEach((row, r) => {
      if (step + 1 < prompts[r].length) return;
      const start = (r * length + step) * classes;
      row[step + 1] = choose(Float64Array.from(logits.data.subarray(start, start + classes)), step, r);
    });
  }
  return rows;
}

const largest = (list: Float64Array) => list.indexOf(list.reduce((a, b) => Math.max(a, b)));

/** The generator of a decoder, and how many programs it compiled so far. */
async function generatorOf(decoder: Decoder, cacheHeads = heads) {
  const shapes = (batch: number, length: number) => [0, 1].map(() => [batch, length, cacheHeads, size]);
  const executor = await getExecutor();
  const compiled = { count: 0, slotBytes: 0 };
  const original = executor.compile.bind(executor);
  executor.compile = async (graph) => {
    const made = await original(graph);
    compiled.count++;
    compiled.slotBytes = made.stats.slotBytes;
    return made;
  };
  const next: NextTokenFunction = (tokens, cache, index) => decoder.steps(tokens, cache, index);
  const restore = () => void Reflect.deleteProperty(executor, "compile");
  return { generator: new TokenGenerator(next, { cacheShapes: shapes }), compiled, restore };
}

testOnBackends("greedy tokens are those of the whole forward pass, by one program for all prompts", async () => {
  setRandomSeed(3);
  const decoder = new Decoder(new layers.MultiHeadAttention(heads, size));
  const prompts = [[1], [4, 2, 6]];
  const expected = await continued(decoder, prompts, largest);
  const { generator, compiled, restore } = await generatorOf(decoder);
  try {
    assert.deepEqual(await generator.generate(prompts, { maxLength: length, temperature: 0 }), expected);
    const others = await generator.generate([[4, 2, 6], [1]], { maxLength: length, temperature: 0 });
    assert.deepEqual(others, [...expected].reverse());
    assert.equal(compiled.count, 1);
    assert.ok(new Set(expected.flat()).size > 2, "the tokens differ");
  } finally {
    restore();
  }
});

testOnBackends("draws are the largest of logits and Gumbel noise, the same for the same seed", async () => {
  setRandomSeed(3);
  const decoder = new Decoder(new layers.MultiHeadAttention(heads, size));
  const prompts = [[5, 5], [3]];
  const [seed, temperature] = [11, 25];
  const noise = (step: number) => {
    const stream = new RandomStream(seed, hashPath("generate/0"), purposes.program, step);
    // Words are made units of 24 bits on devices.
    return Float64Array.from(
      { length: 2 * classes },
      () => -Math.log(-Math.log(Math.floor(stream.word() / 256) / 2 ** 24)),
    );
  };
  const draw = (topK: number) => (logits: Float64Array, step: number, row: number) => {
    const order = [...logits.keys()].sort((a, b) => logits[b] - logits[a] || a - b);
    const now = noise(step).subarray(row * classes, (row + 1) * classes);
    // Without a limit noise belongs to classes, with one to the places of their order.
    if (topK === 0) return largest(logits.map((logit, i) => logit / temperature + now[i]));
    return order[largest(Float64Array.from(order.slice(0, topK), (token, i) => logits[token] / temperature + now[i]))];
  };
  const expected = [await continued(decoder, prompts, draw(0))];
  for (const topK of [2, 3]) expected[topK] = await continued(decoder, prompts, draw(topK));
  const { generator, compiled, restore } = await generatorOf(decoder);
  try {
    const options = { maxLength: length, temperature, seed };
    assert.deepEqual(await generator.generate(prompts, options), expected[0]);
    for (const topK of [2, 3]) {
      assert.deepEqual(await generator.generate(prompts, { ...options, topK }), expected[topK]);
    }
    const [one, other] = [
      await generator.generate(prompts, options),
      await generator.generate(prompts, { ...options, seed: 12 }),
    ];
    assert.notDeepEqual(one, other);
    assert.equal(compiled.count, 2, "one program without a limit, one with any");
  } finally {
    restore();
  }
});

/** A generator whose logits are the same after every token. */
const fixed = (logits: readonly number[]) =>
  new TokenGenerator((tokens) => ({
    logits: ops.add(tensor([...logits]), ops.multiply(ops.cast(tokens, "float32"), 0)),
    cache: [],
  }));

testOnBackends("temperature, top-k and top-p change which tokens are drawn, and how often", async () => {
  const shares = [0.4, 0.3, 0.15, 0.1, 0.05];
  const generator = fixed(shares.map(Math.log));
  const rows = 600;
  const prompts = Array.from({ length: rows }, () => [0]);
  const of = (expected: readonly number[]) => {
    const total = expected.reduce((a, b) => a + b);
    return shares.map((_, i) => (expected[i] ?? 0) / total);
  };
  const cases = [
    { options: {}, expected: of(shares) },
    { options: { temperature: 0.5 }, expected: of(shares.map((share) => share ** 2)) },
    { options: { topK: 2 }, expected: of(shares.slice(0, 2)) },
    { options: { topP: 0.8 }, expected: of(shares.slice(0, 3)) },
    { options: { topP: 0 }, expected: of([1]) },
    { options: { topK: 4, topP: 0.99, temperature: 2 }, expected: of(shares.slice(0, 4).map(Math.sqrt)) },
  ];
  for (const { options, expected } of cases) {
    const drawn = (await generator.generate(prompts, { maxLength: 5, seed: 4, ...options })).flatMap((row) =>
      row.slice(1)
    );
    expected.forEach((share, token) => {
      const found = drawn.filter((each) => each === token).length / drawn.length;
      const spread = 4 * Math.sqrt(share * (1 - share) / drawn.length);
      assert.ok(Math.abs(found - share) <= spread, `${JSON.stringify(options)}: ${token} in ${found}, not ${share}`);
    });
  }
});

testOnBackends("a sequence ends with a stop token that is not its prompt's", async () => {
  const followers = tensor([[0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1], [1, 0, 0, 0]]);
  const generator = new TokenGenerator((tokens) => ({ logits: ops.take(followers, tokens, 0) as Value, cache: [] }));
  const options = { maxLength: 60, temperature: 0, stopTokenIds: [3] };
  const found = await generator.generate([[0], [3, 3, 1], [2]], options);
  assert.deepEqual(found, [[0, 1, 2, 3], [3, 3, 1, 2, 3], [2, 3]]);
  assert.deepEqual(await generator.generate([[0]], { ...options, maxLength: 3 }), [[0, 1, 2]]);
  assert.deepEqual(await generator.generate([[0, 1]], { ...options, maxLength: 2 }), [[0, 1]]);
});

Deno.test("the cache is updated in place: a step has no memory for another one [eigen]", async () => {
  const attention = new layers.MultiHeadAttention(heads, size);
  const long = 4096;
  const decoder = new Decoder(attention);
  const { generator, compiled, restore } = await generatorOf(decoder);
  try {
    await generator.generate([[1], [2]], { maxLength: long, temperature: 0, stopTokenIds: [0, 1, 2, 3, 4, 5, 6] });
    assert.ok(compiled.slotBytes < 2 * long * heads * size * 4, `${compiled.slotBytes} bytes`);
  } finally {
    restore();
  }
});

Deno.test("generating: bad input is told", async () => {
  const generator = fixed([0, 1]);
  const refused = async (run: () => Promise<unknown>, message: string) => {
    await assert.rejects(
      run,
      (error: Error) =>
        `${error.name}: ${error.message}` === message || assert.equal(`${error.name}: ${error.message}`, message),
    );
  };
  await refused(
    () => generator.generate([[1], []], { maxLength: 3 }),
    "ValueError: Cannot generate tokens: prompts must be lists of tokens, each of at least one, received [[1], []]: " +
      "write them as in generate([[1, 2]], { maxLength: 10 })",
  );
  await refused(
    () => generator.generate([[1, 2, 3]], { maxLength: 2 }),
    "ValueError: Cannot generate tokens: maxLength must be at least the number of tokens of each prompt, received 2 for a " +
      "prompt of 3: give a larger maxLength, or the last tokens of the prompt",
  );
  await refused(
    () => generator.generate([[1]], { maxLength: 3, temperature: -1 }),
    "ValueError: Cannot generate tokens: temperature must be a number from 0 to infinity, received -1: choose one in that range",
  );
  const wrong = new TokenGenerator((tokens) => ({
    logits: ops.cast(ops.concatenate([tokens, tokens], 0), "float32"),
    cache: [],
  }));
  await refused(
    () => wrong.generate([[1]], { maxLength: 3 }),
    "ShapeError: Cannot generate tokens: the function must return logits [1, classes], received [2, 1]: it gets one step of " +
      "tokens, and returns what follows that",
  );
  const forgetful = new TokenGenerator((tokens) => ({ logits: ops.cast(tokens, "float32"), cache: [] }), {
    cacheShapes: (batch, length) => [[batch, length]],
  });
  await refused(
    () => forgetful.generate([[1]], { maxLength: 3 }),
    "ShapeError: Cannot generate tokens: the function must return a cache of the shapes [1, 3], received none: cacheShapes " +
      "says what it has, and the function returns as many",
  );
});

Deno.test("an attention refuses a cache that does not fit, or without its place", async () => {
  const attention = new layers.MultiHeadAttention(2, 4);
  const x = ops.zeros([1, 2, 8]);
  const call = (context: (index: Value) => object, shape: number[]) =>
    compile((x, keys, index) => attention.apply(x, { value: x, cache: [keys, keys], ...context(index) })[0])(
      x,
      ops.zeros(shape),
      new Tensor([], "int32", Int32Array.of(0)),
    );
  const at = (index: Value) => ({ cacheUpdateIndex: index });
  await assert.rejects(
    call(at, [1, 1, 2, 4]),
    /^ShapeError: .*a cache must be of keys and of values.* received \[1, 1, 2, 4\] and/,
  );
  await assert.rejects(call(() => ({}), [1, 4, 2, 4]), /^ValueError: .*cacheUpdateIndex must be one whole number/);
  const both = (index: Value) => ({ ...at(index), returnAttentionScores: true });
  await assert.rejects(call(both, [1, 4, 2, 4]), /^ValueError: .*a cache excludes returnAttentionScores/);
});
