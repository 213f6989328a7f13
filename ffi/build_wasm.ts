// Compiles the native library to ffi/ceratops.wasm, which is committed; with --check, reports whether that file is
// stale.
import { BackendError } from "../lib/errors.ts";
import { readSources, units } from "./build.ts";
import { sha256 } from "./cache.ts";

/** Units about what WebAssembly does not have: threads, and a system that can be asked. */
const nativeUnits: readonly string[] = ["threads.cpp", "host_memory.cpp"];

/** The compilation units: those of the native library that apply, and what WebAssembly needs in addition. */
const wasmUnits = [...units.filter((name) => !nativeUnits.includes(name)), "wasm.cpp"];

/**
 * Plain 128-bit SIMD, which every browser has; relaxed SIMD rounds differently per processor, and is not faster here.
 */
const flags = [
  ...["--target=wasm32-wasi", "-msimd128", "-std=c++17", "-O3", "-DNDEBUG", "-Wall", "-Wextra"],
  ...["-fno-exceptions", "-fno-rtti", "-fvisibility=hidden", "-fno-math-errno", "-fno-trapping-math"],
];

/** A stack of a megabyte, and memory that can grow to the whole 32-bit address space. */
const linkFlags = [
  "--target=wasm32-wasi",
  "-mexec-model=reactor",
  "-nostdlib++",
  "-Wl,-z,stack-size=1048576,--max-memory=4294967296,--strip-all",
];

/** The committed file. */
const wasmFile = new URL("./ceratops.wasm", import.meta.url);

const folders = { libraries: "/usr/lib/wasm32-wasi", headers: "include/wasm32-wasi/c++/v1" };

/** The hash of the sources and flags that the file must be built from. */
async function expectedBuild(): Promise<string> {
  const texts = await readSources(wasmUnits);
  return (await sha256(JSON.stringify([[...texts], flags, linkFlags]))).slice(0, 20);
}

/** The hash that the committed file reports; undefined if there is none. */
async function committedBuild(): Promise<string | undefined> {
  const bytes = await Deno.readFile(wasmFile).catch((error) => {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  });
  if (!bytes) return undefined;
  const { instance } = await WebAssembly.instantiate(bytes, {});
  const library = instance.exports as { memory: WebAssembly.Memory; ceratops_build: () => number };
  const text = new Uint8Array(library.memory.buffer, library.ceratops_build());
  return new TextDecoder().decode(text.subarray(0, text.indexOf(0)));
}

/** Why the committed file is stale; undefined if it is not. */
export async function staleness(): Promise<string | undefined> {
  const [expected, actual] = [await expectedBuild(), await committedBuild()];
  if (actual === expected) return undefined;
  return `ffi/ceratops.wasm is ${actual ? `of other sources or flags (${actual}, not ${expected})` : "not there"}: ` +
    "run deno task build:wasm and commit it";
}

/** Compiles and links the file. */
async function build(): Promise<void> {
  const { compiler, headers } = findTools();
  const build = await expectedBuild();
  const source = new URL(".", import.meta.url).pathname;
  const work = await Deno.makeTempDir({ prefix: "ceratops-wasm-" });
  try {
    const waiting = [...wasmUnits];
    const worker = async () => {
      for (let unit = waiting.shift(); unit; unit = waiting.shift()) {
        await run(compiler, [
          ...flags,
          ...["-nostdinc++", "-isystem", headers, `-DCERATOPS_BUILD="${build}"`, "-c", source + unit],
          ...["-o", `${work}/${unit}.o`],
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
    const imports = WebAssembly.Module.imports(new WebAssembly.Module(bytes)).map(({ name }) => name);
    if (imports.length > 0) throw new Error(`it must import nothing, and imports ${imports.join(", ")}`);
    await Deno.writeFile(wasmFile, bytes);
    console.log(`ffi/ceratops.wasm: ${bytes.length} bytes, ${build}`);
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

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
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
    if (command === undefined) await build();
    else {
      const reason = await staleness();
      console.log(reason ?? "ffi/ceratops.wasm is of these sources");
      if (reason) Deno.exit(1);
    }
  } catch (error) {
    if (!(error instanceof BackendError)) throw error;
    console.error(error.message);
    Deno.exit(1);
  }
}
