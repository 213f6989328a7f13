// The choice of a matmul kernel on real GPUs: one table from shapes to kernels. Retune it with bench/gpu_sweep.ts.
import type { MatmulExtents } from "../../extents/matmul.ts";
import type { MatmulChoice, MatmulKernel, ThreadTile, WorkgroupTile } from "./matmul.ts";

/** A tile computed by a workgroup, each thread a block of it. */
function workgroupTile(
  [rows, columns, depth]: readonly [number, number, number],
  [blockRows, blockColumns]: readonly [4 | 8, 4 | 8],
  { buffers = 2, padding = 0 }: { buffers?: 1 | 2; padding?: number } = {},
): WorkgroupTile {
  return { of: "workgroups", rows, columns, depth, blockRows, blockColumns, buffers, padding };
}

function threadTile(entry: string, rows: number, columns: number): ThreadTile {
  return { of: "threads", file: "matmul.wgsl", entry, rows, columns, abreast: 1, loadsAlongK: true };
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
  /** One thread per tile. */
  "4x4": threadTile("tile_4x4", 4, 4),
  "1x4": threadTile("tile_1x4", 1, 4),
} satisfies Readonly<Record<string, MatmulKernel>>;

/** A line of the table. */
interface Line {
  /** The fewest rows, columns and tiles of y that the kernel is for. */
  readonly rows: number;
  readonly columns: number;
  readonly tiles: number;
  readonly kernel: keyof typeof matmulKernels;
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

/** The kernel of a product on a real GPU, and the number of parts that the k axis is split into. */
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
