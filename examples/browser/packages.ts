// The packages of `.keras` files, as the bundle of a page has them.
export * as h5wasm from "npm:h5wasm@0.10.3";
export * as zip from "npm:@zip.js/zip.js@2.24.0";
