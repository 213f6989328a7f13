// How the time of a training step grows with the work: batch, width, depth, length and rows, doubled one at a time.
import {
  Input,
  layers,
  Model,
  ops,
  plots,
  random,
  Sequential,
  setBackend,
  setRandomSeed,
  type SymbolicTensor,
  tensor,
} from "../mod.ts";
import type { SweptBackend } from "./conv_sweep.ts";
import { inUnit } from "./history.ts";
import { median } from "./median.ts";

/** What is doubled: rows are those of a whole epoch, all else is of one step. */
interface Sizes {
  readonly batch: number;
  readonly width: number;
  readonly depth: number;
  /** Inputs of the MLP, height and width of images, or steps of a sequence. */
  readonly length: number;
  readonly rows: number;
}

type Axis = keyof Sizes;

/** A kind of model, and the work of it: how many multiplications and additions one row takes in a forward pass. */
interface Family {
  readonly name: string;
  /** The sizes from which one is doubled at a time. */
  readonly center: Omit<Sizes, "rows">;
  /** The first and the last value of each axis. */
  readonly axes: Readonly<Record<Axis, readonly [first: number, last: number]>>;
  readonly makeModel: (sizes: Sizes) => Model | Sequential;
  readonly rowShape: (sizes: Sizes) => readonly number[];
  readonly work: (sizes: Sizes) => number;
}

const classes = 10;
const heads = 4;

const repeated = <T>(depth: number, make: () => T) => Array.from({ length: depth }, make);

const families: readonly Family[] = [
  {
    name: "mlp",
    center: { batch: 64, width: 256, depth: 2, length: 256 },
    axes: { batch: [1, 2048], width: [16, 2048], depth: [1, 64], length: [16, 8192], rows: [64, 32768] },
    makeModel: ({ width, depth, length }) =>
      new Sequential([
        Input({ shape: [length] }),
        ...repeated(depth, () => new layers.Dense(width, { activation: "relu" })),
        new layers.Dense(classes, { activation: "softmax" }),
      ]),
    rowShape: ({ length }) => [length],
    work: ({ width, depth, length }) => length * width + (depth - 1) * width ** 2 + width * classes,
  },
  {
    name: "convnet",
    center: { batch: 16, width: 16, depth: 2, length: 16 },
    axes: { batch: [1, 256], width: [4, 128], depth: [1, 32], length: [4, 64], rows: [16, 2048] },
    makeModel: ({ width, depth, length }) =>
      new Sequential([
        Input({ shape: [length, length, width] }),
        ...repeated(depth, () => new layers.Conv2D(width, 3, { padding: "same", activation: "relu" })),
        new layers.GlobalAveragePooling2D(),
        new layers.Dense(classes, { activation: "softmax" }),
      ]),
    rowShape: ({ length, width }) => [length, length, width],
    work: ({ width, depth, length }) => length ** 2 * depth * 9 * width ** 2 + width * classes,
  },
  {
    name: "transformer",
    center: { batch: 8, width: 64, depth: 2, length: 32 },
    axes: { batch: [1, 128], width: [16, 512], depth: [1, 32], length: [4, 512], rows: [8, 1024] },
    makeModel: ({ width, depth, length }) => {
      const inputs = Input({ shape: [length, width] });
      let x: SymbolicTensor = inputs;
      for (let block = 0; block < depth; block++) {
        const attended = new layers.MultiHeadAttention(heads, width / heads).apply(x, { value: x });
        x = new layers.LayerNormalization().apply(ops.add(x, attended));
        const hidden = new layers.Dense(4 * width, { activation: "relu" }).apply(x);
        x = new layers.LayerNormalization().apply(ops.add(x, new layers.Dense(width).apply(hidden)));
      }
      const pooled = new layers.GlobalAveragePooling1D().apply(x);
      return new Model({ inputs, outputs: new layers.Dense(classes, { activation: "softmax" }).apply(pooled) });
    },
    rowShape: ({ length, width }) => [length, width],
    // Queries, keys, values and outputs; two layers of four times the width; and attention to every step.
    work: ({ width, depth, length }) => depth * length * (12 * width ** 2 + 2 * length * width) + width * classes,
  },
];

/** A point of a curve: a size, its work, and the seconds that it takes. */
export interface Point {
  readonly size: number;
  readonly work: number;
  readonly seconds: number;
}

/** A step from one point of a curve to the next that costs more than it may. */
interface Excess {
  readonly from: Point;
  readonly to: Point;
  /** How many times the time, for each doubling of the work between them. */
  readonly cost: number;
}

/** What a doubling of the work may cost. */
const mostForDoubling = 2.2;

/**
 * The steps along a curve that cost more than 2.2 times the time for twice the work. Points that take less than three
 * times the shortest are the floor, what a step costs without any work; a step that begins there does not count, since
 * growth away from a floor is slower than that of the work.
 */
export function excessesOf(points: readonly Point[]): Excess[] {
  const floor = 3 * Math.min(...points.map(({ seconds }) => seconds));
  return points.slice(1).flatMap((to, i) => {
    const from = points[i];
    const cost = (to.seconds / from.seconds) ** (1 / Math.log2(to.work / from.work));
    return from.seconds >= floor && cost > mostForDoubling ? [{ from, to, cost }] : [];
  });
}

/** Values from the first to the last, each twice the one before. */
const doubled = (first: number, last: number) =>
  Array.from({ length: Math.round(Math.log2(last / first)) + 1 }, (_, i) => first * 2 ** i);

/** The sizes of a family with one of them changed; an epoch is of as many rows as are needed to time a step. */
const sizesAt = ({ center }: Family, axis: Axis, value: number): Sizes => ({ rows: 0, ...center, [axis]: value });

const workAt = (family: Family, axis: Axis, sizes: Sizes) =>
  family.work(sizes) * (axis === "rows" ? sizes.rows : sizes.batch);

/** The seconds of a step, or of an epoch where rows are doubled: the median of some epochs. */
async function secondsAt(family: Family, axis: Axis, sizes: Sizes, repeats: number): Promise<number> {
  const { batch } = sizes;
  const model = family.makeModel(sizes);
  model.compile({ optimizer: "adam", loss: "sparse_categorical_crossentropy" });
  const epochOf = (rows: number) => {
    const x = random.normal([rows, ...family.rowShape(sizes)], { seed: 1 });
    const y = tensor(Int32Array.from({ length: rows }, (_, i) => i % classes), [rows]);
    return async () => {
      const start = performance.now();
      await model.fit(x, y, { batchSize: batch, verbose: 0 });
      return (performance.now() - start) / 1000;
    };
  };
  let steps = axis === "rows" ? sizes.rows / batch : 2;
  let epoch = epochOf(steps * batch);
  await epoch();
  if (axis !== "rows") {
    // Long enough for what an epoch costs beside its steps not to show.
    steps = Math.max(2, Math.min(64, Math.round(0.04 / (await epoch() / 2))));
    epoch = epochOf(steps * batch);
    await epoch();
  }
  const seconds: number[] = [];
  for (let i = 0; i < repeats; i++) seconds.push(await epoch());
  return median(seconds) / (axis === "rows" ? 1 : steps);
}

/** The curve of an axis. A point that seems to cost too much is measured again, with the one before, to be sure. */
async function curveOf(family: Family, axis: Axis, smoke: boolean): Promise<Point[]> {
  const [first, last] = family.axes[axis];
  const repeats = smoke ? 1 : 7;
  const measured = async (size: number): Promise<Point> => {
    const sizes = sizesAt(family, axis, size);
    return { size, work: workAt(family, axis, sizes), seconds: await secondsAt(family, axis, sizes, repeats) };
  };
  const points: Point[] = [];
  for (const size of doubled(first, smoke ? 2 * first : last)) points.push(await measured(size));
  for (const point of new Set(excessesOf(points).flatMap(({ from, to }) => [from, to]))) {
    const again = await measured(point.size);
    if (again.seconds < point.seconds) points[points.indexOf(point)] = again;
  }
  return points;
}

const folder = new URL("../build/growth/", import.meta.url);

/** The curves of a family in one picture: each begins at its first size, and steps to the right are doublings. */
async function draw(
  family: Family,
  backend: SweptBackend,
  curves: ReadonlyMap<Axis, readonly Point[]>,
): Promise<string> {
  const plot = plots.lines({
    title: `Training step of the ${family.name} on ${backend}`,
    xLabel: "doublings",
    yLabel: "milliseconds of a step; of an epoch for rows",
    logarithmic: true,
    curves: [...curves].map(([axis, points]) => ({
      name: `${axis}, ${points[0].size} to ${points.at(-1)!.size}`,
      x: points.map((_, i) => i),
      values: points.map(({ seconds }) => seconds * 1e3),
    })),
  });
  await Deno.mkdir(folder, { recursive: true });
  const file = new URL(`${family.name}_${backend}.svg`, folder).pathname;
  await plot.save(file);
  return file;
}

/** Measures and draws all curves; prints and counts the doublings of work that cost more than they may. */
export async function growthReport(backend: SweptBackend, smoke: boolean): Promise<number> {
  await setBackend(backend);
  setRandomSeed(1);
  console.log(`\nHow the time of a training step grows on ${backend}, Adam; for rows, that of an epoch`);
  const found: string[] = [];
  for (const family of families) {
    const curves = new Map<Axis, Point[]>();
    for (const axis of Object.keys(family.axes) as Axis[]) {
      const points = await curveOf(family, axis, smoke);
      curves.set(axis, points);
      const cells = points.map(({ size, seconds }) => `${size}: ${inUnit(seconds, "ms")}`);
      console.log(`  ${family.name}, ${axis.padEnd(7)} ${cells.join("  ")}`);
      for (const { from, to, cost } of excessesOf(points)) {
        found.push(`${family.name}, ${axis} ${from.size} to ${to.size}: ${cost.toFixed(2)}x for each doubling of work`);
      }
    }
    console.log(`  ${await draw(family, backend, curves)}`);
  }
  const rule = `cost more than ${mostForDoubling}x past the floor, which is three times the shortest time of a curve`;
  console.log(`  ${found.length} doublings of work ${rule}${found.map((line) => `\n    ${line}`).join("")}`);
  return found.length;
}
