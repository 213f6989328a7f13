// The WebAssembly module with relaxed SIMD, as a module of its own: see wasm_instance.ts.
import text from "../../../ffi/ceratops_relaxed.wasm.txt" with { type: "text" };

/** The module: deflated, in base64. */
export const packed: string = text;
