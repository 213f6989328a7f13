// The WebAssembly module: which of its two files suits the engine, and its instances.
import { initialPages, mostPages, setShared, unpack } from "../../../ffi/wasm_file.ts";

/** What an instance exports: the C interface of ffi/abi.cpp. */
export interface WasmExports {
  readonly memory: WebAssembly.Memory;
  readonly __stack_pointer: WebAssembly.Global;
  _initialize(): void;
  ceratops_build(): number;
  ceratops_description(): number;
  ceratops_names(): number;
  ceratops_last_error(to: number, capacity: number): number;
  ceratops_open(threads: number): number;
  ceratops_pool(threads: number): number;
  ceratops_join(pool: number, thread: number): void;
  ceratops_close(pool: number): void;
  ceratops_taken(pool: number, thread: number): number;
  ceratops_allocate(bytes: number): number;
  ceratops_release(address: number): number;
  ceratops_holds(address: number, bytes: number): number;
  ceratops_load(words: number, count: number, threads: number): number;
  ceratops_unload(handle: number): number;
  ceratops_run(handle: number, steps: number, done: number): number;
  ceratops_run_node(handle: number, node: number): number;
  ceratops_refresh(handle: number): number;
  ceratops_stop(handle: number, stop: number): number;
  ceratops_profile(handle: number, nanoseconds: number, count: number): number;
  ceratops_draw(
    address: number,
    count: number,
    seed: number,
    path: number,
    purpose: number,
    low: number,
    range: number,
    threads: number,
  ): number;
  ceratops_refused(): number;
}

/** An instance on which `_initialize` was called. */
export interface WasmInstance {
  readonly exports: WasmExports;
  /** Its module, of which workers make instances with the same memory. */
  readonly module: WebAssembly.Module;
}

/** Which module an instance is of. */
export interface WasmForm {
  /** Whether threads share the memory. */
  readonly isShared?: boolean;
  /** Whether it has relaxed SIMD, which rounds a product and its sum once where the processor can; by default, if possible. */
  readonly isRelaxed?: boolean;
}

/** A module whose function is `f32x4.relaxed_madd` of three vectors. */
const relaxedModule = Uint8Array.of(
  ...[0, 97, 115, 109, 1, 0, 0, 0],
  ...[1, 8, 1, 96, 3, 123, 123, 123, 1, 123],
  ...[3, 2, 1, 0],
  ...[10, 13, 1, 11, 0, 32, 0, 32, 1, 32, 2, 253, 133, 2, 11],
);

/** Whether the engine has relaxed SIMD. */
export const hasRelaxedSimd: boolean = WebAssembly.validate(relaxedModule);

/** Makes an instance with a memory of its own. */
export async function makeInstance(
  { isShared = false, isRelaxed = hasRelaxedSimd }: WasmForm = {},
): Promise<WasmInstance> {
  const bytes = await unpack(await packedModule(isRelaxed));
  setShared(bytes, isShared);
  const memory = makeMemory(isShared);
  const { instance, module } = await WebAssembly.instantiate(bytes, { env: { memory } });
  const exports = instance.exports as unknown as WasmExports;
  exports._initialize();
  return { exports, module };
}

/** A module as it is committed and exported: deflated, in base64. */
export async function packedModule(isRelaxed: boolean): Promise<string> {
  // A bundle with code splitting loads the one that is used.
  const { packed } = isRelaxed ? await import("./wasm_relaxed.ts") : await import("./wasm_plain.ts");
  return packed;
}

/** All that can be addressed; where so much cannot be reserved, a quarter. */
function makeMemory(shared: boolean): WebAssembly.Memory {
  try {
    return new WebAssembly.Memory({ initial: initialPages, maximum: mostPages, shared });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return new WebAssembly.Memory({ initial: initialPages, maximum: mostPages / 4, shared });
  }
}

const instances = new Map<string, Promise<WasmInstance>>();

/** The instance of a form that all executors of this process use. */
export function theInstance({ isShared = false, isRelaxed = hasRelaxedSimd }: WasmForm = {}): Promise<WasmInstance> {
  const key = `${isShared} ${isRelaxed}`;
  let instance = instances.get(key);
  if (!instance) instances.set(key, instance = makeInstance({ isShared, isRelaxed }));
  return instance;
}
