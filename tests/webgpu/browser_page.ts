// The page that the browser test opens: everything on the browser's own WebGPU, the report left on `globalThis`.
import { checkEverything, type Report } from "./driver_suite.ts";

(globalThis as { report?: Promise<Report> }).report = checkEverything();
