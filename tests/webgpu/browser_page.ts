// The page of the browser test: runs everything on the browser's WebGPU and leaves the report on `globalThis`.
import { checkEverything, type Report } from "./driver_suite.ts";

(globalThis as { report?: Promise<Report> }).report = checkEverything();
