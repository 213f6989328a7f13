// First values of weights: drawn where they are first needed, the same wherever that is.
import assert from "node:assert/strict";
import { compile } from "../../lib/exec/compile.ts";
import { getExecutor } from "../../lib/exec/select.ts";
import * as initializers from "../../lib/initializers/initializers.ts";
import { Dense } from "../../lib/layers/core.ts";
import { setRandomSeed } from "../../lib/random_stream.ts";
import type { Shape } from "../../lib/shape.ts";
import { tensor } from "../../lib/tensor/tensor.ts";
import { startAs, Variable, type VariableDevice } from "../../lib/tensor/variable.ts";
import { testOnBackends } from "../backends.ts";

/** A layer of one weight, built; and a program that reads the weight. */
function built(rows: number, units: number, initializer: initializers.Initializer) {
  const layer = new Dense(units, { kernelInitializer: initializer, useBias: false });
  layer.build([null, rows]);
  return { weight: layer.weights[0], use: compile(() => void layer.weights[0].value()) };
}

// A whole number of vectors, the end of one, one number, and more than a task of the kernel draws.
const shapes: [number, number][] = [[16, 8], [3, 7], [1, 1], [517, 263]];
const drawers: initializers.Initializer[] = [
  new initializers.GlorotUniform(),
  new initializers.HeUniform({ seed: 3 }),
  new initializers.RandomUniform({ minval: 0.1, maxval: 1e6 / 3 }),
  new initializers.VarianceScaling({ scale: 1 / 3, mode: "fan_out", distribution: "uniform", seed: -5 }),
];

for (const drawer of drawers) {
  const { class_name, config } = drawer.serialize() as { class_name: string; config: object };
  testOnBackends(`${class_name} ${JSON.stringify(config)} draws bits that no device changes`, async () => {
    for (const [rows, units] of shapes) {
      setRandomSeed(41);
      const here = built(rows, units, drawer);
      const onHost = (await here.weight.read()).data;
      setRandomSeed(41);
      const there = built(rows, units, drawer);
      await there.use();
      assert.ok(there.weight.device === await getExecutor());
      assert.deepEqual((await there.weight.read()).data, onHost, `${rows} by ${units}`);
      if (drawer.seed === null) continue;
      // `call` draws without a weight.
      assert.deepEqual(drawer.call([rows, units]).data, onHost);
    }
  });
}

testOnBackends("the order in which weights are needed changes none", async () => {
  const values: unknown[] = [];
  for (const order of [[0, 1, 2], [2, 0, 1]]) {
    setRandomSeed(2);
    const weights = [1, 2, 3].map((units) => built(4, units, new initializers.GlorotUniform()));
    for (const i of order) await weights[i].use();
    values.push(await Promise.all(weights.map(async ({ weight }) => (await weight.read()).data)));
  }
  assert.deepEqual(values[0], values[1]);
});

Deno.test("a class that fills or calls in its own way is asked when the weight is made", async () => {
  class Halves extends initializers.GlorotUniform {
    override fill(shape: Shape): ArrayLike<number> {
      return new Array(shape[0] * shape[1]).fill(0.5);
    }
  }
  class Quarters extends initializers.RandomUniform {
    override call(): ReturnType<typeof tensor> {
      return tensor([[0.25, 0.25]]);
    }
  }
  class Wide extends initializers.GlorotUniform {
    override readonly scale = 9 as 1;
  }
  assert.deepEqual((await built(1, 2, new Halves()).weight.read()).toArray(), [[0.5, 0.5]]);
  assert.deepEqual((await built(1, 2, new Quarters()).weight.read()).toArray(), [[0.25, 0.25]]);
  const narrow = (await built(1, 2, new initializers.GlorotUniform({ seed: 1 })).weight.read()).data;
  const wide = (await built(1, 2, new Wide({ seed: 1 })).weight.read()).data;
  narrow.forEach((x, i) => assert.ok(Math.abs(wide[i] - 3 * x) < 1e-6, `${wide[i]} for ${x}`));
});

Deno.test("a drawn variable is drawn once, by its device if that can, and not at all where it is set before", async () => {
  let drawn = 0;
  const drawing = {
    stream: [1, 2, 3] as const,
    low: 0,
    range: 1,
    elements: (size: number) => new Float32Array(size).fill(++drawn),
  };
  const start = () => {
    const variable = Variable.zeros([2]);
    startAs(variable, drawing);
    return variable;
  };
  const calls: string[] = [];
  const device: VariableDevice = {
    read: () => Promise.resolve(Float32Array.of(7, 8)),
    write: (_, data) => void calls.push(`write ${data}`),
    release: () => {},
  };

  const read = start();
  assert.deepEqual([(await read.read()).toArray(), (await read.read()).toArray()], [[1, 1], [1, 1]]);

  const set = start();
  set.assign([3, 4]);
  assert.deepEqual([(await set.read()).toArray(), drawn], [[3, 4], 1]);

  const moved = start();
  await moved.transferTo(device);
  assert.deepEqual([calls, drawn], [["write 2,2"], 2]);

  const there = start();
  await there.transferTo(
    { ...device, draw: (_: Variable, { range }: typeof drawing) => calls.push(`draw ${range}`) } as VariableDevice,
  );
  assert.deepEqual([calls.slice(1), drawn], [["draw 1"], 2]);
  assert.deepEqual((await there.read()).toArray(), [7, 8]);
  await there.transferTo(undefined);
  assert.deepEqual([(await there.read()).toArray(), drawn], [[7, 8], 2]);

  // Another variable that starts as one that is not drawn yet.
  const [first, second] = [start(), Variable.zeros([2])];
  startAs(second, first);
  assert.deepEqual([(await second.read()).toArray(), (await first.read()).toArray(), drawn], [[3, 3], [3, 3], 3]);
});
