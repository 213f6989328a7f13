// What the parts of bench:gpu report, and how a part runs its items until its time is over.
import type { MeasuredProduct } from "../../lib/ops/webgpu/kernels/matmul_table.ts";

/** The time of a product by a kernel. */
export interface Timing extends MeasuredProduct {
  /** The product it is of. */
  readonly product: string;
  /** Operations per second. */
  readonly rate: number;
}

/** The result of an item. */
export interface Finding {
  readonly item: string;
  /** What was found, in a few words. */
  readonly text: string;
  /** Whether something is wrong. */
  readonly failed: boolean;
  /** The most f32 operations per second, from the item that measures it. */
  readonly peak?: number;
  /** A kernel's time for a product, if its result is right. */
  readonly timing?: Timing;
  /** The kernel whose result is wrong. */
  readonly wrongKernel?: string;
}

/** What the process of a part prints, one per line. */
export type Message = { readonly plan: readonly string[] } | Finding;

/** A measurement; without a result if there is not enough time for it. */
export interface Item {
  readonly name: string;
  readonly run: () => Promise<Omit<Finding, "item"> | undefined>;
}

/** How a part runs. */
export interface Context {
  /** Whether only to show that everything runs. */
  readonly smoke: boolean;
  /** Seconds until the part must have ended. */
  readonly left: () => number;
  /** The most f32 operations per second, if it is known. */
  readonly peak?: number;
  readonly report: (message: Message) => void;
}

/** Runs items in order while there is time, and reports first which there are, then what each finds. */
export async function runItems({ report, left }: Context, items: readonly Item[]): Promise<void> {
  report({ plan: items.map(({ name }) => name) });
  for (const { name, run } of items) {
    if (left() <= 0) return;
    let found: Omit<Finding, "item"> | undefined;
    try {
      found = await run();
    } catch (error) {
      found = { text: error instanceof Error ? error.message : String(error), failed: true };
    }
    if (found) report({ item: name, ...found });
  }
}
