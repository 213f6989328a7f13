// Products and convolutions by every kernel that suits them: each result is checked, then timed.
import "../../lib/ops/defs/table.ts";
import { ReferenceExecutor } from "../../lib/exec/reference/executor.ts";
import { WebGpuExecutor } from "../../lib/exec/webgpu/executor.ts";
import { vjpOf } from "../../lib/ir/grad.ts";
import { tracing } from "../../lib/ir/trace.ts";
import type { Value } from "../../lib/ir/value.ts";
import { conv } from "../../lib/ops/convolve.ts";
import { matmul } from "../../lib/ops/primitives.ts";
import type { MatmulChoice, MatmulKernel, ProductForm } from "../../lib/ops/webgpu/kernels/matmul.ts";
import { chooseMatmul, matmulKernels } from "../../lib/ops/webgpu/kernels/matmul_table.ts";
import { isProduct } from "../../lib/ops/webgpu/kernels/windows.ts";
import { Tensor } from "../../lib/tensor/tensor.ts";
import { runOn, type Traced, traceOn } from "../../tests/run_on.ts";
import { type Context, type Finding, type Item, runItems, type Timing } from "./findings.ts";
import { digits } from "./limits.ts";
import { openTimed, type TimedGpu } from "./timed_gpu.ts";

/** Some elements of a right result, and how far each may be from it. */
interface Expected {
  readonly at: readonly number[];
  readonly values: readonly number[];
  readonly bounds: readonly number[];
}

/** A product to time. */
interface Case {
  readonly name: string;
  readonly form: ProductForm;
  readonly shapes: readonly (readonly number[])[];
  readonly program: (...args: Value[]) => Value;
  /** Whether it is computed directly unless something else was measured. */
  readonly isDirect: boolean;
  readonly expected: (args: readonly Tensor[]) => Promise<Expected>;
}

/** The approximate number of elements checked per result. */
const checked = 4096;

/** Elements spread over a result of `size`; the step is odd, so that different columns are checked. */
function spread(size: number): number[] {
  const step = Math.floor(size / checked) | 1;
  return Array.from({ length: Math.ceil(size / step) }, (_, i) => i * step);
}

/** The bound of rounding of sums of `k` terms, with a given sum of their sizes: that of random errors, twice. */
const rounding = (size: number, k: number) => 2 ** -23 * size * Math.sqrt(Math.max(1, k));

/** A product `[m, k]` by `[k, n]`, with transposed factors or not. */
function productCase(
  name: string,
  [m, k, n]: readonly [number, number, number],
  { transposeA = false, transposeB = false } = {},
): Case {
  const form = { batch: 1, m, n, k, transposeA, transposeB, isConvolution: false };
  const turned = [...(transposeA ? ["a transposed"] : []), ...(transposeB ? ["b transposed"] : [])];
  return {
    name: [`${name}, ${m} x ${k} by ${k} x ${n}`, ...turned].join(", "),
    form,
    shapes: [transposeA ? [k, m] : [m, k], transposeB ? [n, k] : [k, n]],
    program: (a, b) => matmul(a, b, { transposeA, transposeB }),
    isDirect: false,
    expected: ([{ data: a }, { data: b }]) => {
      const at = spread(m * n);
      const [values, bounds]: [number[], number[]] = [[], []];
      for (const each of at) {
        const [row, col] = [Math.floor(each / n), each % n];
        let [total, size] = [0, 0];
        for (let i = 0; i < k; i++) {
          const term = a[transposeA ? i * m + row : row * k + i] * b[transposeB ? col * k + i : i * n + col];
          total += term;
          size += Math.abs(term);
        }
        values.push(total);
        bounds.push(rounding(size, k));
      }
      return Promise.resolve({ at, values, bounds });
    },
  };
}

/** A dense layer of so many rows, inputs and outputs, with both its gradients. */
function denseCases(name: string, rows: number, inputs: number, outputs: number): Case[] {
  return [
    productCase(name, [rows, inputs, outputs]),
    productCase(`${name}, by its input`, [rows, outputs, inputs], { transposeB: true }),
    productCase(`${name}, by its kernel`, [inputs, rows, outputs], { transposeA: true }),
  ];
}

/** A convolution of square images, without padding, with both its gradients. */
function convolutionCases(
  name: string,
  { batch, size, taps, inputs, outputs }: {
    batch: number;
    size: number;
    taps: number;
    inputs: number;
    outputs: number;
  },
): Case[] {
  const places = size - taps + 1;
  const [x, kernel] = [[batch, size, size, inputs], [taps, taps, inputs, outputs]];
  const y = [batch, places, places, outputs];
  const [rows, terms] = [batch * places ** 2, taps ** 2];
  const gradient = (by: 0 | 1) => (...[a, b, dy]: Value[]) =>
    vjpOf(tracing.current!, [conv(a, b)], [dy], [[a, b][by]])[0]!;
  const caseOf = (
    suffix: string,
    form: Pick<ProductForm, "m" | "n" | "k">,
    shapes: Case["shapes"],
    program: Case["program"],
    isDirect: boolean,
    transposed: { transposeA?: boolean; transposeB?: boolean } = {},
  ): Case => ({
    isDirect,
    name: `${name}${suffix}`,
    form: { batch: 1, transposeA: false, transposeB: false, ...form, ...transposed, isConvolution: true },
    shapes,
    program,
    async expected(args) {
      const reference = new ReferenceExecutor();
      const sizes = args.map((arg) => new Tensor(arg.shape, "float32", (arg.data as Float32Array).map(Math.abs)));
      const [right] = await runOn(reference, (...values) => [program(...values)], args);
      const [size] = await runOn(reference, (...values) => [program(...values)], sizes);
      const at = spread(right.size);
      const bounds = at.map((each) => rounding(size.data[each], form.k));
      return { at, values: at.map((each) => right.data[each]), bounds };
    },
  });
  const forward = { m: rows, n: outputs, k: terms * inputs };
  const byInput = { m: batch * size ** 2, n: inputs, k: terms * outputs };
  const byKernel = { m: terms * inputs, n: outputs, k: rows };
  const isDirect = { forward: !isProduct(forward.k, inputs, outputs), byInput: !isProduct(byInput.k, outputs, inputs) };
  const all = [x, kernel, y];
  return [
    caseOf("", forward, [x, kernel], (a, b) => conv(a, b), isDirect.forward),
    caseOf(", by its input", byInput, all, gradient(0), isDirect.byInput, { transposeB: true }),
    caseOf(", by its kernel", byKernel, all, gradient(1), false, { transposeA: true }),
  ];
}

/** The products of models that are common, and square ones. */
const cases = (): Case[] => [
  ...denseCases("dense layer", 128, 784, 512),
  productCase("square", [1024, 1024, 1024]),
  productCase("square", [1024, 1024, 1024], { transposeB: true }),
  productCase("square", [2048, 2048, 2048]),
  productCase("square", [4096, 4096, 4096]),
  ...denseCases("last layer", 128, 512, 10),
  ...convolutionCases("first convolution", { batch: 128, size: 28, taps: 3, inputs: 1, outputs: 32 }),
  ...convolutionCases("second convolution", { batch: 128, size: 13, taps: 3, inputs: 32, outputs: 64 }),
  ...denseCases("encoder's projection", 2048, 128, 128),
  ...denseCases("encoder's hidden layer", 2048, 128, 512),
  ...denseCases("encoder's second layer", 2048, 512, 128),
];

/** Small ones with whole tiles and edges, for which the general table has a small kernel: shows that the sweep runs. */
const smokeCases = (): Case[] => [
  productCase("in quads", [16, 256, 24]),
  productCase("ragged", [15, 41, 35], { transposeA: true, transposeB: true }),
  ...convolutionCases("convolution", { batch: 2, size: 7, taps: 3, inputs: 12, outputs: 10 }),
];

/** The numbers of parts to split sums into, for a product with few tiles whose parts remain long. */
const allSplits = [1, 4, 16];
const fewTiles = 512;
const fewestTerms = 64;

/** A kernel by name, or a direct convolution, and a number of splits. */
type Candidate = readonly [kernel: string, splits: number];

/** What to try on a product; the general choice is the first. */
function candidates(
  { form, isDirect }: Case,
  kernels: Readonly<Record<string, MatmulKernel>>,
  splitsTried: readonly number[],
): Candidate[] {
  const { m, n, k, isConvolution } = form;
  const chosen = chooseMatmul(form);
  const list = Object.entries(kernels).flatMap(([name, kernel]) => {
    const { rows, columns } = kernel;
    // Not tiles that are mostly empty, nor single rows of large products.
    if (rows > 4 * m || columns > 4 * n || (rows === 1 && m > 256)) return [];
    const tiles = Math.ceil(m / rows) * Math.ceil(n / columns);
    const fitting = splitsTried.filter((splits) => splits === 1 || (tiles < fewTiles && k / splits >= fewestTerms));
    return fitting.map((splits): Candidate => [name, splits]);
  });
  const direct: Candidate[] = isConvolution ? [["direct", 1]] : [];
  const usual = Object.keys(kernels).filter((name) => kernels[name] === chosen.kernel)
    .map((name): Candidate => [name, chosen.splits]);
  const ordered = isDirect ? [...direct, ...usual, ...list] : [...usual, ...direct, ...list];
  return ordered.filter(([name, splits], at) =>
    ordered.findIndex(([otherName, otherSplits]) => name === otherName && splits === otherSplits) === at
  );
}

/** Fixed numbers between -1 and 1. */
function numbers(shape: readonly number[], seed: number): Tensor {
  const list = new Float32Array(shape.reduce((a, b) => a * b));
  let state = seed;
  for (let i = 0; i < list.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    list[i] = state / 2 ** 31 - 1;
  }
  return new Tensor(shape, "float32", list);
}

/** The worst error of a result as a share of its bound. */
function errorOf({ at, values, bounds }: Expected, y: ArrayLike<number>): number {
  return at.reduce((worst, each, i) => {
    const off = Math.abs(y[each] - values[i]);
    return off === 0 ? worst : Number.isNaN(off) ? Infinity : Math.max(worst, off / bounds[i]);
  }, 0);
}

/** A timed adapter whose products take the kernel that is set. */
class Sweep {
  readonly #gpu: TimedGpu;
  readonly #executor: WebGpuExecutor;
  readonly #smoke: boolean;
  readonly #chosen: { now?: MatmulChoice | "direct" };
  /** Operations per second of the fastest result so far, to foresee times by. */
  #best = 0;

  private constructor(
    gpu: TimedGpu,
    executor: WebGpuExecutor,
    chosen: { now?: MatmulChoice | "direct" },
    smoke: boolean,
  ) {
    [this.#gpu, this.#executor, this.#chosen, this.#smoke] = [gpu, executor, chosen, smoke];
  }

  static async open(smoke: boolean): Promise<Sweep> {
    const chosen: { now?: MatmulChoice | "direct" } = {};
    const gpu = await openTimed({
      matmul: (form) => (chosen.now && chosen.now !== "direct" ? chosen.now : chooseMatmul(form)),
      isDirect: () => chosen.now === "direct",
    });
    return new Sweep(gpu, new WebGpuExecutor(gpu), chosen, smoke);
  }

  get clock(): string {
    return this.#gpu.clock;
  }

  /** Whether a step of so many operations can be expected to be measured within `seconds`. */
  canDo(operations: number, seconds: number): boolean {
    return this.#best === 0 || 8 * operations / this.#best < seconds;
  }

  /** The error of a program's result by a kernel, and operations per second if that is within its bound. */
  async measure(
    { program, form: { m, n, k } }: Case,
    args: readonly Tensor[],
    expected: Expected,
    choice: MatmulChoice | "direct",
  ): Promise<{ error: number; rate: number }> {
    this.#chosen.now = choice;
    const traced = await traceOn(this.#executor, (...values) => [program(...values)], args);
    try {
      await traced.executable.run(1);
      const error = errorOf(expected, await this.#executor.read(traced.outputs[0]));
      if (error > 1) return { error, rate: 0 };
      const operations = 2 * m * n * k;
      const first = await this.#secondsOf(traced, 1);
      const steps = this.#smoke ? 1 : Math.max(3, Math.min(2000, Math.round(0.03 / Math.max(first, 1e-6))));
      let best = Infinity;
      for (let i = 0; i < (this.#smoke ? 1 : 3); i++) {
        best = Math.min(best, await this.#secondsOf(traced, steps));
        // A kernel that is far behind is not worth more time.
        if (operations / best < this.#best / 4) break;
      }
      const rate = operations / best;
      this.#best = Math.max(this.#best, rate);
      return { error, rate };
    } finally {
      traced.executable.dispose();
      for (const variable of [...traced.inputs, ...traced.outputs]) this.#executor.release(variable);
    }
  }

  async #secondsOf({ executable, outputs }: Traced, steps: number): Promise<number> {
    await this.#gpu.secondsOfPasses();
    const start = performance.now();
    await executable.run(steps);
    await this.#executor.read(outputs[0]);
    const waited = (performance.now() - start) / 1000;
    return (await this.#gpu.secondsOfPasses() ?? waited) / steps;
  }

  async dispose(): Promise<void> {
    await this.#executor.dispose();
  }
}

/** What was found of a kernel. */
function findingOf(
  { name, form }: Case,
  [kernel, splits]: Candidate,
  { error, rate }: { error: number; rate: number },
  peak: number | undefined,
): Omit<Finding, "item"> {
  if (error > 1) return { text: `WRONG: ${digits(error)} times its bound`, failed: true, wrongKernel: kernel };
  const share = peak ? `, ${(100 * rate / peak).toFixed(0)} % of the peak` : "";
  return {
    text: `${digits(rate / 1e9)} GFLOP/s${share}; error ${error.toFixed(2)} of its bound`,
    failed: false,
    timing: { ...form, product: name, kernel: kernel as Timing["kernel"], splits, rate },
  };
}

/** Times products by `kernels`, those of the library unless said otherwise. */
export async function products(
  context: Context,
  kernels: Readonly<Record<string, MatmulKernel>> = matmulKernels,
): Promise<void> {
  const { smoke, left, peak } = context;
  const sweep = await Sweep.open(smoke);
  // Small kernels, which are the last, compile in less time.
  const tried = smoke ? Object.fromEntries(Object.entries(kernels).reverse()) : kernels;
  const items = (smoke ? smokeCases() : cases()).flatMap((each) => {
    const { form: { m, n, k }, shapes } = each;
    let prepared: Promise<[Tensor[], Expected]> | undefined;
    const prepare = async (): Promise<[Tensor[], Expected]> => {
      const args = shapes.map((shape, i) => numbers(shape, i + 1));
      return [args, await each.expected(args)];
    };
    const list = candidates(each, tried, smoke ? [1] : allSplits);
    return list.map((candidate, at): Item => ({
      name: `${each.name}: ${candidate[0]}${candidate[1] > 1 ? `, ${candidate[1]} splits` : ""}`,
      run: async () => {
        if (!sweep.canDo(2 * m * n * k, left())) return undefined;
        const [args, expected] = await (prepared ??= prepare());
        const [name, splits] = candidate;
        const choice = name === "direct" ? name : { kernel: kernels[name], splits };
        const measured = await sweep.measure(each, args, expected, choice);
        if (at === list.length - 1) prepared = undefined;
        return findingOf(each, candidate, measured, peak);
      },
    }));
  });
  await runItems(context, items);
  await sweep.dispose();
}
