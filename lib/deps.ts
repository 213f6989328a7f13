// Every npm package that Ceratops and its tests use, pinned. Only examples/png.ts names another one, which nothing else
// needs. The library itself needs none; this file is not reachable from mod.ts.

/** Drives the browser in which the tests run shaders. */
export { type Browser, chromium } from "npm:playwright-core@1.65.1";
