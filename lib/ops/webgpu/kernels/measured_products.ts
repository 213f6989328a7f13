// The fastest kernels of products by class of adapters. Written by `deno task bench:gpu --adopt`; do not edit.
import type { MeasuredProduct } from "./matmul_table.ts";

export const measuredProducts: Readonly<Record<string, readonly MeasuredProduct[]>> = {};
