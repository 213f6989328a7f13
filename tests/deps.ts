// The npm packages that only tests use, pinned.

/** Drives the browser in which the tests run shaders. */
export { type Browser, chromium, type Page } from "npm:playwright-core@1.65.1";

/** Reads exported models: the messages of ONNX files. */
export { default as onnxProto } from "npm:onnx-proto@8.0.1";

/** Parses XML. */
export { DOMParser } from "npm:@xmldom/xmldom@0.9.12";

/** Runs exported models: ONNX Runtime, compiled to WebAssembly. */
export * as ort from "npm:onnxruntime-web@1.30.0/wasm";

/** Writes pictures. */
export { encode as encodePng } from "npm:fast-png@8.0.0";
