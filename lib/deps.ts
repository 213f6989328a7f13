// Every npm package that Ceratops and its tests use, pinned: the only file that names one, but for examples/png.ts, whose
// examples need no other. None is loaded by importing mod.ts.

/** What importing each package gives. */
export interface Packages {
  /** HDF5, compiled to WebAssembly. */
  readonly h5wasm: typeof import("npm:h5wasm@0.10.3");
  /** Zip archives. */
  readonly zip: typeof import("npm:@zip.js/zip.js@2.24.0");
  /** Drives the browser in which the tests run shaders. */
  readonly playwright: typeof import("npm:playwright-core@1.65.1");
}

/** How each package is imported. */
export const specifiers: Readonly<Record<keyof Packages, string>> = {
  h5wasm: "npm:h5wasm@0.10.3",
  zip: "npm:@zip.js/zip.js@2.24.0",
  playwright: "npm:playwright-core@1.65.1",
};
