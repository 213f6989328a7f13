// deno run -A bench/gpu/part.ts PART: runs a part of bench:gpu, and prints a line of JSON for each finding. A process of
// its own, since a driver that hangs can only be ended from outside.
import { parseArgs } from "node:util";
import { checks } from "./checks.ts";
import type { Context } from "./findings.ts";
import { limits } from "./limits.ts";
import { products } from "./products.ts";

const parts: Readonly<Record<string, (context: Context) => Promise<void>>> = { limits, checks, products };

const { values, positionals: [part] } = parseArgs({
  allowPositionals: true,
  options: {
    seconds: { type: "string", default: "60" },
    smoke: { type: "boolean", default: false },
    peak: { type: "string" },
  },
});
const end = performance.now() + 1000 * Number(values.seconds);
await parts[part]({
  smoke: values.smoke,
  peak: values.peak === undefined ? undefined : Number(values.peak),
  left: () => (end - performance.now()) / 1000,
  report: (message) => console.log(JSON.stringify(message)),
});
// A driver may keep threads.
Deno.exit(0);
