// Every npm package that Ceratops uses, pinned: the only file in lib/ that names one. None is loaded by importing mod.ts.

/** What is used of papaparse, which has no types of its own; those beside it bring all of Node's. */
interface Papaparse {
  parse(text: string, options: { readonly skipEmptyLines: "greedy" }): {
    readonly data: string[][];
    readonly errors: readonly { readonly type: string; readonly message: string; readonly row?: number }[];
  };
  unparse(
    table: { readonly fields: readonly string[]; readonly data: readonly (readonly unknown[])[] },
    options: { readonly newline: string },
  ): string;
}

/** The exports of each package. */
export interface Packages {
  /** HDF5, compiled to WebAssembly. */
  readonly h5wasm: typeof import("npm:h5wasm@0.10.3");
  /** Zip archives. */
  readonly zip: typeof import("npm:@zip.js/zip.js@2.24.0");
  /** Tables of comma-separated values. */
  readonly papaparse: { readonly default: Papaparse };
  /** PNG. */
  readonly png: typeof import("npm:fast-png@8.0.0");
  /** JPEG. */
  readonly jpeg: typeof import("npm:jpeg-js@0.4.4");
  /** The encoding of Protocol Buffers. */
  readonly protobuf: typeof import("npm:@bufbuild/protobuf@2.17.0/wire");
  /** The layout of graphs. */
  readonly dagre: typeof import("npm:@dagrejs/dagre@3.1.3");
}

/** The specifier by which Deno imports each package. */
export const specifiers: Readonly<Record<keyof Packages, string>> = {
  h5wasm: "npm:h5wasm@0.10.3",
  zip: "npm:@zip.js/zip.js@2.24.0",
  papaparse: "npm:papaparse@5.7.1",
  png: "npm:fast-png@8.0.0",
  jpeg: "npm:jpeg-js@0.4.4",
  protobuf: "npm:@bufbuild/protobuf@2.17.0/wire",
  dagre: "npm:@dagrejs/dagre@3.1.3",
};
