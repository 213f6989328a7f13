// The WebAssembly module with SIMD that every engine has, as a module of its own: see wasm_instance.ts.
import text from "../../../ffi/ceratops.wasm.txt" with { type: "text" };

/** The module: deflated, in base64. */
export const packed: string = text;
