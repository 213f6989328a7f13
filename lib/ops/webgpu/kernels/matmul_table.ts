// The choice of a matmul kernel on real GPUs: what was measured on the class of the adapter, or else one table from
// shapes to kernels. `deno task bench:gpu` measures.
import type { MatmulExtents } from "../../extents/matmul.ts";
import type { MatmulChoice, MatmulKernel, ProductForm, ThreadTile, WorkgroupTile } from "./matmul.ts";
import { measuredProducts } from "./measured_products.ts";

/** A tile computed by a workgroup, each thread a block of it. */
function workgroupTile(
  [rows, columns, depth]: readonly [number, number, number],
  [blockRows, blockColumns]: readonly [4 | 8, 4 | 8],
  { buffers = 2, padding = 0 }: { buffers?: 1 | 2; padding?: number } = {},
): WorkgroupTile {
  return { of: "workgroups", rows, columns, depth, blockRows, blockColumns, buffers, padding };
}

/** A tile computed by a thread; in a square patch, the threads of a workgroup load the same lines of both factors. */
function threadTile(rows: 1 | 4 | 8, columns: 4 | 8, patch: ThreadTile["patch"] = [1, 1]): ThreadTile {
  const entry = rows === 1 ? "tile_1x4" : "tile";
  return { of: "threads", file: "matmul.wgsl", entry, rows, columns, patch, loadsAlongK: true };
}

/** All kernels for real GPUs: rows x columns of y per workgroup or thread, and the depth of a round. */
export const matmulKernels = {
  /** 256 threads. */
  "128x128x8": workgroupTile([128, 128, 8], [8, 8]),
  "128x128x16": workgroupTile([128, 128, 16], [8, 8], { buffers: 1 }),
  "64x64x16": workgroupTile([64, 64, 16], [4, 4]),
  /** 128 threads. */
  "128x64x8": workgroupTile([128, 64, 8], [8, 8]),
  "128x64x16": workgroupTile([128, 64, 16], [8, 8], { buffers: 1 }),
  "64x64x32": workgroupTile([64, 64, 32], [8, 4], { buffers: 1 }),
  /** 64 threads. */
  "64x64x16 by 8x8": workgroupTile([64, 64, 16], [8, 8]),
  "64x64x8 padded": workgroupTile([64, 64, 8], [8, 8], { padding: 1 }),
  "32x32x32": workgroupTile([32, 32, 32], [4, 4]),
  "32x32x8": workgroupTile([32, 32, 8], [4, 4]),
  /** One thread per tile, without workgroup memory. */
  "8x8 in patches": threadTile(8, 8, [8, 8]),
  "8x4 in patches": threadTile(8, 4, [8, 8]),
  "4x4 in patches": threadTile(4, 4, [8, 8]),
  "8x8": threadTile(8, 8),
  "4x4": threadTile(4, 4),
  "1x4": threadTile(1, 4),
} satisfies Readonly<Record<string, MatmulKernel>>;

/** The name of a kernel for real GPUs. */
export type MatmulKernelName = keyof typeof matmulKernels;

/** The fastest kernel of a product on a class of adapters, as it was measured. */
export interface MeasuredProduct extends ProductForm {
  /** `direct` for a convolution that is not computed as a product. */
  readonly kernel: MatmulKernelName | "direct";
  readonly splits: number;
}

/** A line of the table. */
interface Line {
  /** The fewest rows, columns and tiles of y that the kernel is for. */
  readonly rows: number;
  readonly columns: number;
  readonly tiles: number;
  readonly kernel: MatmulKernelName;
  /** Sums are split along k until there are `wanted` tiles, each with at least a given number of terms. */
  readonly wanted: number;
  readonly terms: number;
}

/** A product uses the first line whose minimums it reaches. */
const table: readonly Line[] = [
  { rows: 128, columns: 128, tiles: 256, kernel: "128x128x8", wanted: 1, terms: 128 },
  { rows: 33, columns: 33, tiles: 64, kernel: "64x64x16", wanted: 128, terms: 128 },
  { rows: 17, columns: 17, tiles: 0, kernel: "32x32x32", wanted: 128, terms: 128 },
  { rows: 3, columns: 0, tiles: 0, kernel: "4x4", wanted: 8192, terms: 32 },
  { rows: 0, columns: 0, tiles: 0, kernel: "1x4", wanted: 8192, terms: 32 },
];

/** The most parts of a split sum. */
const maxSplits = 256;

/** The kernel of a product on a GPU of which nothing is known, and the number of parts that the k axis is split into. */
export function chooseMatmul({ batch, m, n, k }: MatmulExtents): MatmulChoice {
  const tilesOf = ({ rows, columns }: MatmulKernel) => batch * Math.ceil(m / rows) * Math.ceil(n / columns);
  const line = table.find((each) =>
    m >= each.rows && n >= each.columns && tilesOf(matmulKernels[each.kernel]) >= each.tiles
  )!;
  const kernel = matmulKernels[line.kernel];
  const splits = Math.min(
    Math.ceil(line.wanted / Math.max(1, tilesOf(kernel))),
    Math.floor(k / line.terms),
    maxSplits,
  );
  return { kernel, splits: Math.max(1, splits) };
}

/** The vendors that native WebGPU reports by number: those of PCI devices. */
const vendors: Readonly<Record<string, string>> = {
  4098: "amd",
  4203: "apple",
  4318: "nvidia",
  5045: "arm",
  20803: "qualcomm",
  32902: "intel",
};

/** The classes of an adapter, the narrowest first: its vendor and architecture, where it tells that, and its vendor. */
export function adapterClasses({ vendor = "", architecture = "" }: { vendor?: string; architecture?: string }) {
  const name = vendors[vendor] ?? vendor.toLowerCase();
  if (name === "") return [];
  return architecture === "" ? [name] : [`${name}/${architecture.toLowerCase()}`, name];
}

const axes = ["batch", "m", "n", "k"] as const;

/** How far apart two products are; infinite if they have different layouts, or an extent differs by more than a factor 2. */
function distance(a: ProductForm, b: ProductForm): number {
  const sameLayout = a.transposeA === b.transposeA && a.transposeB === b.transposeB &&
    a.isConvolution === b.isConvolution;
  const factors = axes.map((axis) => Math.abs(Math.log2(a[axis] / b[axis])));
  // An extent of 0 is as far from everything.
  return sameLayout && factors.every((factor) => factor <= 1)
    ? factors.reduce((sum, factor) => sum + factor)
    : Infinity;
}

/** The choice of kernels from what was measured: that of the nearest product, or the table's if none is near. */
export function choosingFrom(measured: readonly MeasuredProduct[]): {
  matmul(form: ProductForm): MatmulChoice;
  isDirect(form: ProductForm): boolean | undefined;
} {
  const nearest = (form: ProductForm) => {
    let [found, least] = [undefined as MeasuredProduct | undefined, Infinity];
    for (const each of measured) {
      const far = distance(form, each);
      if (far < least) [found, least] = [each, far];
    }
    return found;
  };
  return {
    matmul(form) {
      const found = nearest(form);
      if (!found || found.kernel === "direct") return chooseMatmul(form);
      return { kernel: matmulKernels[found.kernel], splits: found.splits };
    },
    isDirect(form) {
      const found = nearest(form);
      return found && found.kernel === "direct";
    },
  };
}

/** What was measured on the narrowest class of adapters that is in the table. */
export function measuredOn(classes: readonly string[], table = measuredProducts): readonly MeasuredProduct[] {
  const known = classes.find((name) => name in table);
  return known === undefined ? [] : table[known];
}
