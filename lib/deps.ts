// Every npm package that Ceratops and its tests use, pinned: the only file that names one, but for examples/png.ts, whose
// examples need no other. The library itself needs none; this file is not reachable from mod.ts.

/** Drives the browser in which the tests run shaders. */
export { type Browser, chromium } from "npm:playwright-core@1.65.1";
