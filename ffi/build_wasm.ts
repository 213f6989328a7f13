// Compiles the native library to WebAssembly, in two files that are committed; with --check, reports whether they are
// stale.
import { deflateRawSync } from "node:zlib";
import { BackendError } from "../lib/errors.ts";
import { readSources, units } from "./build.ts";
import { sha256 } from "./cache.ts";
import { exists } from "./environment.ts";
import { initialPages, mostPages, setShared, unpack } from "./wasm_file.ts";

/** Units about what WebAssembly does not have: a system that can be asked. */
const nativeUnits: readonly string[] = ["host_memory.cpp"];

/** The compilation units: those of the native library that apply, and what WebAssembly needs in addition. */
const wasmUnits = [...units.filter((name) => !nativeUnits.includes(name)), "wasm.cpp"];

/**
 * Memory may be shared, but without an operating system's threads: what starts once must not wait for others, and only
 * one thread allocates.
 */
const flags = [
  ...["--target=wasm32-wasi", "-msimd128", "-matomics", "-mbulk-memory", "-std=c++17", "-O3", "-DNDEBUG"],
  ...["-Wall", "-Wextra", "-fno-exceptions", "-fno-rtti", "-fvisibility=hidden", "-fno-math-errno"],
  ...["-fno-trapping-math", "-fno-threadsafe-statics"],
];

/**
 * A stack of a megabyte for the first thread, and memory that can grow to the whole 32-bit address space. The C library
 * was compiled without atomic operations, which it needs only where several threads allocate.
 */
const linkFlags = [
  ...["--target=wasm32-wasi", "-mexec-model=reactor", "-nostdlib++", "-Wl,--strip-all,-z,stack-size=1048576"],
  `-Wl,--import-memory,--export-memory,--initial-memory=${initialPages * 65536},--max-memory=${mostPages * 65536}`,
  "-Wl,--shared-memory,--no-check-features,--export=__stack_pointer",
];

/** The committed files, with the flags of each: SIMD that every engine has, and SIMD with a fused multiply-add. */
const variants = {
  "ceratops.wasm.txt": [],
  "ceratops_relaxed.wasm.txt": ["-mrelaxed-simd"],
} as const;

type Variant = keyof typeof variants;

const names = Object.keys(variants) as Variant[];

const folders = { libraries: "/usr/lib/wasm32-wasi", headers: "include/wasm32-wasi/c++/v1" };

/** The hash of the sources and flags that a file must be built from. */
async function expectedBuild(name: Variant): Promise<string> {
  const texts = await readSources(wasmUnits);
  return (await sha256(JSON.stringify([[...texts], flags, variants[name], linkFlags]))).slice(0, 20);
}

/** The hash that the committed file reports; undefined if there is none. */
async function committedBuild(name: Variant): Promise<string | undefined> {
  const packed = await Deno.readTextFile(new URL(name, import.meta.url)).catch((error) => {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  });
  if (!packed) return undefined;
  const memory = new WebAssembly.Memory({ initial: initialPages, maximum: mostPages });
  const { instance } = await WebAssembly.instantiate(await unpack(packed), { env: { memory } });
  const library = instance.exports as { ceratops_build: () => number };
  const text = new Uint8Array(memory.buffer, library.ceratops_build());
  return new TextDecoder().decode(text.subarray(0, text.indexOf(0)));
}

/** Why a committed file is stale; undefined if none is. */
export async function staleness(): Promise<string | undefined> {
  for (const name of names) {
    const [expected, actual] = [await expectedBuild(name), await committedBuild(name)];
    if (actual === expected) continue;
    return `ffi/${name} is ${actual ? `of other sources or flags (${actual}, not ${expected})` : "not there"}: ` +
      "run deno task build:wasm and commit it";
  }
}

/** Compiles and links a file. */
async function build(name: Variant): Promise<void> {
  const { compiler, headers } = findTools();
  const build = await expectedBuild(name);
  const source = new URL(".", import.meta.url).pathname;
  const work = await Deno.makeTempDir({ prefix: "ceratops-wasm-" });
  try {
    const waiting = [...wasmUnits];
    const worker = async () => {
      for (let unit = waiting.shift(); unit; unit = waiting.shift()) {
        await run(compiler, [
          ...[...flags, ...variants[name], "-nostdinc++", "-isystem", headers, `-DCERATOPS_BUILD="${build}"`],
          ...["-c", source + unit, "-o", `${work}/${unit}.o`],
        ]);
      }
    };
    await Promise.all(Array.from({ length: navigator.hardwareConcurrency }, worker));
    await run(compiler, [
      ...linkFlags,
      ...await exportFlags(),
      ...wasmUnits.map((unit) => `${work}/${unit}.o`),
      ...[`-L${folders.libraries}`, "-lc++", "-lc++abi", "-o", `${work}/ceratops.wasm`],
    ]);
    const bytes = await Deno.readFile(`${work}/ceratops.wasm`);
    setShared(bytes, false);
    const imports = WebAssembly.Module.imports(new WebAssembly.Module(bytes)).map(({ name }) => name).join(", ");
    if (imports !== "memory") throw new Error(`it must import its memory alone, and imports ${imports}`);
    const packed = deflateRawSync(bytes, { level: 9 }).toString("base64");
    await Deno.writeTextFile(new URL(name, import.meta.url), packed);
    console.log(`ffi/${name}: ${packed.length} bytes, of ${bytes.length} inflated, ${build}`);
  } finally {
    await Deno.remove(work, { recursive: true });
  }
}

/** Exports every function of the C interface that the sources define for WebAssembly. */
async function exportFlags(): Promise<string[]> {
  const texts = await readSources(wasmUnits);
  const names = [...texts.values()].flatMap((text) => [...text.matchAll(/^CERATOPS_EXPORT .*?(\w+)\(/gm)]);
  return names.map(([, name]) => `-Wl,--export-if-defined=${name}`);
}

/** The compiler, and the headers of its C++ library. */
function findTools(): { compiler: string; headers: string } {
  for (const version of [16, 17, 18, 19, 20, 21]) {
    const compiler = `/usr/bin/clang++-${version}`;
    const headers = `/usr/lib/llvm-${version}/${folders.headers}`;
    if (exists(compiler) && exists(headers) && exists(folders.libraries)) return { compiler, headers };
  }
  const packages = "clang-16 lld-16 wasi-libc libc++-16-dev-wasm32 libc++abi-16-dev-wasm32 libclang-rt-16-dev-wasm32";
  throw new BackendError({
    what: "Cannot compile to WebAssembly",
    rule: "clang 16 or later with its C++ library for wasm32 must be installed",
    hint: `sudo apt-get install -y ${packages}`,
  });
}

async function run(command: string, args: readonly string[]): Promise<void> {
  const { code } = await new Deno.Command(command, { args: [...args], stdout: "inherit", stderr: "inherit" }).output();
  if (code !== 0) throw new Error(`${command} failed with status ${code}`);
}

if (import.meta.main) {
  const [command, ...more] = Deno.args;
  if (more.length > 0 || (command !== undefined && command !== "--check")) {
    console.error(`Unknown argument "${more[0] ?? command}": the build takes --check`);
    Deno.exit(2);
  }
  try {
    if (command === undefined) { for (const name of names) await build(name); }
    else {
      const reason = await staleness();
      console.log(reason ?? `${names.map((name) => `ffi/${name}`).join(" and ")} are of these sources`);
      if (reason) Deno.exit(1);
    }
  } catch (error) {
    if (!(error instanceof BackendError)) throw error;
    console.error(error.message);
    Deno.exit(1);
  }
}
