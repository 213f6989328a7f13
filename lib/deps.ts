// Every npm package that Ceratops uses, pinned: the only file in lib/ that names one. None is loaded by importing mod.ts.

/** The exports of each package. */
export interface Packages {
  /** HDF5, compiled to WebAssembly. */
  readonly h5wasm: typeof import("npm:h5wasm@0.10.3");
  /** The messages of ONNX files. */
  readonly onnx: typeof import("npm:onnx-proto@8.0.1");
  /** Zip archives. */
  readonly zip: typeof import("npm:@zip.js/zip.js@2.24.0");
}

/** The specifier by which Deno imports each package. */
export const specifiers: Readonly<Record<keyof Packages, string>> = {
  h5wasm: "npm:h5wasm@0.10.3",
  onnx: "npm:onnx-proto@8.0.1",
  zip: "npm:@zip.js/zip.js@2.24.0",
};
