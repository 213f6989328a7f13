// Initializers: Keras's rules for range and variance, configs, seeds, and the generator behind them.
import assert from "node:assert/strict";
import { fansOf, getInitializer, type Initializer, type InitializerName } from "../../lib/initializers/initializers.ts";
import * as initializers from "../../lib/initializers/initializers.ts";
import { hashPath, RandomStream, setRandomSeed, shuffledOrder } from "../../lib/random_stream.ts";
import { sizeOf } from "../../lib/shape.ts";
import { golden, type GoldenObject, makeObject, type Table } from "../golden.ts";
import { assertClose } from "../close.ts";

const { fans, cases, kernels, identifiers } = golden("initializers");

const make = (spec: GoldenObject): Initializer => makeObject(spec, "initializer");

for (const spec of cases) {
  Deno.test(`${spec.name} draws by Keras's rule`, () => {
    setRandomSeed(1);
    const initializer = make(spec);
    // Keras does not write the gain of Identity.
    if (spec.name !== "identity") assert.deepEqual(initializer.serialize(), spec.serialized);
    for (const { shape, rule } of spec.rules) {
      if (!rule) {
        assert.throws(() => initializer.call(shape), /it needs a shape/);
        continue;
      }
      const { data } = initializer.call(shape);
      assert.equal(data.length, sizeOf(shape));
      check(data as Float32Array, rule, shape);
    }
  });
}

for (const { class_name, config, serialized, shape, result } of kernels) {
  Deno.test(`${class_name} ${JSON.stringify(config)} makes Keras's kernel of [${shape}]`, () => {
    const initializer = make({ class_name, config });
    assert.deepEqual(initializer.serialize(), serialized);
    // Keras computes cosines of float32 angles.
    assertClose(initializer.call(shape).data, result.data, { absolute: 3e-6, relative: 1e-5 });
  });
}

Deno.test("STFT: what suits no frames is refused", () => {
  const { STFT } = initializers;
  assert.throws(() => new STFT({ window: "han" as "hann" }), /did you mean "hann"\?/);
  assert.throws(() => new STFT({ side: "imaginary" as "imag" }), /side/);
  assert.throws(() => new STFT({ scaling: "power" as "density" }), /scaling must be/);
  assert.throws(() => new STFT().call([4, 3]), /it needs a shape \[frame length, 1, frequencies\]/);
  assert.throws(
    () => new STFT({ window: [1, 2] }).call([3, 1, 2]),
    /a number for each of the 3 places of a frame.*received 2/,
  );
});

function check(data: Float32Array, rule: Table, shape: number[]): void {
  if (rule.distribution === "constant") return assert.ok(data.every((x) => x === rule.value));
  if (rule.distribution === "identity") {
    return data.forEach((x, i) => assert.equal(x, Math.floor(i / shape[1]) === i % shape[1] ? rule.gain : 0));
  }
  if (rule.distribution === "orthogonal") return checkOrthogonal(data, rule);
  if (rule.low !== undefined) {
    const slack = 1e-6 * (rule.high - rule.low);
    assert.ok(data.every((x) => x >= rule.low - slack && x <= rule.high + slack), "in range");
  }
  if (data.length < 1000) return;
  const mean = data.reduce((a, b) => a + b, 0) / data.length;
  const deviation = Math.sqrt(data.reduce((a, b) => a + (b - mean) ** 2, 0) / data.length);
  const error = 5 * rule.std / Math.sqrt(data.length);
  assert.ok(Math.abs(mean - rule.mean) < error, `mean ${mean}`);
  assert.ok(Math.abs(deviation - rule.std) < error, `deviation ${deviation}`);
}

function checkOrthogonal(data: Float32Array, { matrix: [rows, columns], gain }: Table): void {
  const tall = rows >= columns;
  const [count, length] = tall ? [columns, rows] : [rows, columns];
  const at = (vector: number, i: number) => data[tall ? i * columns + vector : vector * columns + i];
  for (let a = 0; a < count; a += Math.ceil(count / 7)) {
    for (let b = 0; b < count; b += Math.ceil(count / 7)) {
      let dot = 0;
      for (let i = 0; i < length; i++) dot += at(a, i) * at(b, i);
      assertClose([dot], [a === b ? gain * gain : 0], { absolute: 1e-5, relative: 1e-5 });
    }
  }
}

Deno.test("fans are Keras's", () => {
  for (const { shape, fan_in, fan_out } of fans) assert.deepEqual(fansOf(shape), [fan_in, fan_out]);
});

Deno.test("names find initializers", () => {
  for (const [name, className] of Object.entries<string>(identifiers)) {
    if (className === "Initializer" || name.endsWith("Initializer")) continue;
    assert.equal(getInitializer(name as InitializerName).constructor.name, className);
  }
  assert.throws(() => getInitializer("glorot_unifrom" as "glorot_uniform"), /did you mean "glorot_uniform"\?/);
  assert.throws(() => new initializers.RandomNormal({ std: 1 } as object), /"std"/);
});

Deno.test("a seed of its own draws the same at each call, else each call differs", () => {
  const seeded = new initializers.GlorotUniform({ seed: 3 });
  assert.deepEqual(seeded.call([3, 4]), seeded.call([3, 4]));
  setRandomSeed(5);
  const free = new initializers.GlorotUniform();
  const first = [free.call([3, 4]), free.call([3, 4])];
  assert.notDeepEqual(first[0], first[1]);
  setRandomSeed(5);
  assert.deepEqual([free.call([3, 4]), free.call([3, 4])], first);
});

Deno.test("a function of the shape fills a weight", () => {
  const filler = getInitializer(([rows, columns]) => Array.from({ length: rows }, () => Array(columns).fill(2)));
  assert.deepEqual([...filler.call([1, 2]).data], [2, 2]);
  assert.throws(() => getInitializer(() => [1]).call([2]), /must return 2 elements/);
});

Deno.test("streams are Philox 4x32-10 by seed, path, step and purpose", () => {
  // Salmon et al., 2011, known answers of all zeros.
  const zero = new RandomStream(0, 0, 0);
  assert.deepEqual([1, 2, 3, 4].map(() => zero.word().toString(16)), ["6627e8d5", "e169c58d", "bc57ac4c", "9b00dbd8"]);
  assert.equal(hashPath("") >>> 0, 0x811c9dc5);
  assert.equal(hashPath("a") >>> 0, 0xe40c292c);
});

Deno.test("a shuffle is a permutation by seed, epoch and steps", () => {
  const order = shuffledOrder(100, 1, 0, 0);
  assert.deepEqual([...order].sort((a, b) => a - b), Array.from({ length: 100 }, (_, i) => i));
  assert.deepEqual(shuffledOrder(100, 1, 0, 0), order);
  for (const [seed, epoch, steps] of [[2, 0, 0], [1, 1, 0], [1, 0, 1]]) {
    assert.notDeepEqual(shuffledOrder(100, seed, epoch, steps), order);
  }
  assert.throws(() => setRandomSeed(1.5), /seed must be an integer/);
});

Deno.test("fans may be those of named axes", () => {
  assert.deepEqual(initializers.fansOf([4, 2, 3], [0], [1, 2]), [4, 6]);
  assert.deepEqual(initializers.fansOf([4, 2, 3], [0, -1], [1]), [12, 2]);
  // Without the axes of both, the layout is that of a convolution's kernel.
  assert.deepEqual(initializers.fansOf([4, 2, 3], [0]), [8, 12]);
  const drawn = new initializers.GlorotUniform({ seed: 1, inputAxes: [0], outputAxes: [1, 2] }).call([100, 2, 50]);
  const largest = Math.max(...drawn.data.map(Math.abs));
  assert.ok(largest <= Math.sqrt(6 / 200) && largest > 0.99 * Math.sqrt(6 / 200), String(largest));
  assert.throws(() => initializers.fansOf([4, 2], [3], [1]), /Cannot take the fans of a weight: axis must be/);
});
