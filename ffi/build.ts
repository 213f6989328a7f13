// Builds the native library from the sources next to this file, once, into the user's cache folder.
import { BackendError } from "../lib/errors.ts";
import { compilerPackages, debianNames, eigenPackages, installCommand, managers } from "./packages.ts";

/**
 * The compilation units, slowest first. Listed here, since a folder cannot be listed if this module is loaded by URL.
 */
export const units = [
  "matmul.cpp",
  "convolution.cpp",
  "elementwise.cpp",
  "updates.cpp",
  "reductions.cpp",
  "abi.cpp",
  "fused.cpp",
  "moves.cpp",
  "program.cpp",
  "indexing.cpp",
  "scan.cpp",
  "sort.cpp",
  "pooling.cpp",
  "resample.cpp",
  "random.cpp",
  "cross_entropy.cpp",
  "attr_reader.cpp",
  "threads.cpp",
] as const;

/** An instruction set that a library is built for. */
export type Level = "x86-64-v4" | "x86-64-v3" | "x86-64-v2" | "native-neon" | "generic";

/**
 * Compiler flags by instruction set. Tuned for Skylake: the compilers' tuning for newer processors slows the inner
 * loops of Eigen's products by a third.
 */
const levelFlags: Readonly<Record<Level, readonly string[]>> = {
  "x86-64-v4": ["-march=x86-64-v4", "-mtune=skylake-avx512", "-mprefer-vector-width=512"],
  "x86-64-v3": ["-march=x86-64-v3", "-mtune=skylake"],
  "x86-64-v2": ["-march=x86-64-v2", "-mtune=skylake"],
  "native-neon": [],
  "generic": [],
};

const commonFlags = [
  ...["-std=c++17", "-O3", "-Wall", "-Wextra", "-fPIC", "-fvisibility=hidden", "-pthread"],
  ...["-fno-math-errno", "-fno-trapping-math", "-DEIGEN_DONT_PARALLELIZE"],
];

/** Options of {@linkcode findLibrary}. */
export interface BuildOptions {
  /** The instruction set; that of this processor by default. */
  level?: Level;
  /**
   * Builds with AddressSanitizer and UndefinedBehaviorSanitizer, to be used with libasan in `LD_PRELOAD`; also enabled
   * by `CERATOPS_SANITIZE=1`.
   */
  sanitize?: boolean;
  /** Further compiler flags. */
  flags?: readonly string[];
  /** Builds even if there is a library already. */
  rebuild?: boolean;
  /** The cache folder; the user's by default. */
  cache?: string;
}

/** A built library: its file, and the build hash that it must report. */
export interface BuiltLibrary {
  readonly path: string;
  readonly build: string;
}

/** Written next to a library, to detect incomplete files. */
interface Sidecar {
  readonly size: number;
  readonly sha256: string;
}

/** Builds the native library if there is none yet; returns the path of its file. */
export async function buildLibrary(options: BuildOptions = {}): Promise<string> {
  return (await findLibrary(options)).path;
}

/** The native library of these sources; builds it if there is none yet or it is damaged. */
export async function findLibrary(options: BuildOptions = {}): Promise<BuiltLibrary> {
  const texts = await readSources(units);
  const level = options.level ?? await detectLevel();
  const sanitize = options.sanitize ?? variable("CERATOPS_SANITIZE") === "1";
  const flags = [
    ...commonFlags,
    ...levelFlags[level],
    ...(options.flags ?? []),
    ...(sanitize
      ? ["-O1", "-g", "-fno-omit-frame-pointer", "-fsanitize=address,undefined", "-fno-sanitize-recover=undefined"]
      : ["-DNDEBUG"]),
  ];
  const sources = (await sha256(JSON.stringify([[...texts], flags]))).slice(0, 20);
  const compiler = findCompiler();
  const eigen = findEigen();
  const folder = `${options.cache ?? cacheFolder()}/native`;
  if (!compiler || !eigen) {
    // Without a compiler, an earlier build by any compiler is used.
    const built = await anyBuild(folder, sources);
    if (built) return built;
    throw missingTools(compiler, eigen);
  }
  const tools = await sha256(JSON.stringify([identity(compiler), identity(`${eigen}/Eigen/src/Core/util/Macros.h`)]));
  const build = `${sources}-${tools.slice(0, 12)}${sanitize ? "-sanitize" : ""}`;
  const target = `${folder}/${build}`;
  if (!options.rebuild && await isWhole(target)) return { path: libraryIn(target), build };
  Deno.mkdirSync(folder, { recursive: true });
  // Built in another folder and renamed as a whole: other processes never see or damage an incomplete one.
  const work = Deno.makeTempDirSync({ dir: folder, prefix: "building-" });
  try {
    for (const [name, text] of texts) Deno.writeTextFileSync(`${work}/${name}`, text);
    await compile(work, compiler, [...flags, "-isystem", eigen, `-DCERATOPS_BUILD="${build}"`]);
    for (const name of [...texts.keys(), ...units.map(objectOf)]) Deno.removeSync(`${work}/${name}`);
    const bytes = Deno.readFileSync(libraryIn(work));
    const sidecar: Sidecar = { size: bytes.length, sha256: await sha256(bytes) };
    Deno.writeTextFileSync(sidecarIn(work), JSON.stringify(sidecar));
    await moveInto(work, target, options.rebuild ?? false);
  } finally {
    removeFolder(work);
  }
  return { path: libraryIn(target), build };
}

const libraryName = Deno.build.os === "darwin" ? "libceratops.dylib" : "libceratops.so";
const libraryIn = (folder: string) => `${folder}/${libraryName}`;
const sidecarIn = (folder: string) => `${folder}/library.json`;
const objectOf = (unit: string) => unit.replace(/\.cpp$/, ".o");

/** The texts of units and of all headers that they include, by name, from wherever this module was loaded. */
export async function readSources(names: readonly string[]): Promise<Map<string, string>> {
  const texts = new Map<string, string>();
  let missing = [...names];
  while (missing.length > 0) {
    const read = await Promise.all(missing.map(readSource));
    missing.forEach((name, i) => texts.set(name, read[i]));
    missing = [...new Set(read.flatMap(includesOf))].filter((name) => !texts.has(name));
  }
  return texts;
}

/** The local headers that a file includes. */
function includesOf(text: string): string[] {
  return [...text.matchAll(/^#include "(.+)"$/gm)].map(([, name]) => name);
}

async function readSource(name: string): Promise<string> {
  const url = new URL(name, import.meta.url);
  if (url.protocol === "file:") return await Deno.readTextFile(url);
  const { default: text } = await import(url.href, { with: { type: "text" } }) as { default: string };
  return text;
}

/** The SHA-256 of a text or of bytes, in hexadecimal. */
export async function sha256(data: string | Uint8Array<ArrayBuffer>): Promise<string> {
  const bytes = typeof data === "string" ? new TextEncoder().encode(data) : data;
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Whether a folder contains an intact library: not truncated or replaced. */
async function isWhole(folder: string): Promise<boolean> {
  try {
    const { size, sha256: expected } = JSON.parse(Deno.readTextFileSync(sidecarIn(folder))) as Sidecar;
    const bytes = Deno.readFileSync(libraryIn(folder));
    return bytes.length === size && await sha256(bytes) === expected;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof SyntaxError) return false;
    throw error;
  }
}

/** An intact library of these sources, built by any compiler. */
async function anyBuild(folder: string, sources: string): Promise<BuiltLibrary | undefined> {
  if (!exists(folder)) return undefined;
  for (const { name } of Deno.readDirSync(folder)) {
    const target = `${folder}/${name}`;
    if (name.startsWith(`${sources}-`) && await isWhole(target)) return { path: libraryIn(target), build: name };
  }
  return undefined;
}

async function moveInto(work: string, target: string, replace: boolean): Promise<void> {
  for (let attempt = 0; attempt < 5; attempt++) {
    try {
      Deno.renameSync(work, target);
      return;
    } catch (error) {
      if (!exists(target)) throw error;
      // Another process was faster: keep its library, unless it is to be replaced.
      if (!replace && await isWhole(target)) return;
      const old = `${work}-old`;
      try {
        Deno.renameSync(target, old);
      } catch (error) {
        if (!(error instanceof Deno.errors.NotFound)) throw error;
      }
      removeFolder(old);
    }
  }
  throw new BackendError({
    what: "Cannot keep the native library",
    rule: `${target} must be writable`,
    hint: "delete the folder, or set CERATOPS_CACHE to another one",
  });
}

function removeFolder(folder: string): void {
  try {
    Deno.removeSync(folder, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/** Compiles the units, as many at a time as there are processors, and links them. */
async function compile(work: string, compiler: string, flags: readonly string[]): Promise<void> {
  const start = performance.now();
  const total = units.length + 1;
  let finished = 0;
  const report = (end = "") => {
    const line = `Building the native library (only once): ${finished} of ${total}${end}`;
    if (Deno.stderr.isTerminal()) writeError(`\r${line}${end ? "\n" : ""}`);
    else if (finished === 0 || end) writeError(`${line}\n`);
  };
  report();
  const waiting = [...units];
  const worker = async () => {
    for (let unit = waiting.shift(); unit; unit = waiting.shift()) {
      await runCompiler(compiler, [...flags, "-c", unit, "-o", objectOf(unit)], work);
      finished++;
      report();
    }
  };
  await Promise.all(Array.from({ length: Math.max(1, navigator.hardwareConcurrency) }, worker));
  await runCompiler(compiler, [...flags, "-shared", ...units.map(objectOf), "-o", libraryName, "-ldl"], work);
  finished++;
  report(`, ${((performance.now() - start) / 1000).toFixed(1)} s`);
}

function writeError(text: string): void {
  Deno.stderr.writeSync(new TextEncoder().encode(text));
}

async function runCompiler(compiler: string, args: string[], cwd: string): Promise<void> {
  const { code, stderr } = await new Deno.Command(compiler, { args, cwd, stdout: "null", stderr: "piped" }).output();
  if (code === 0) return;
  const lines = new TextDecoder().decode(stderr).trim().split("\n").slice(0, 20).join("\n");
  throw new BackendError({
    what: "Cannot build the native library",
    rule: `${compiler} failed with status ${code}`,
    hint: `see what it says, or choose another compiler with CXX\n${lines}`,
  });
}

/** An environment variable, if it may be read without asking. */
function variable(name: string): string | undefined {
  if (Deno.permissions.querySync({ name: "env", variable: name }).state !== "granted") return undefined;
  return Deno.env.get(name) || undefined;
}

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}

/** The user's cache folder. */
function cacheFolder(): string {
  const named = variable("CERATOPS_CACHE");
  if (named) return named;
  const home = variable("HOME");
  if (Deno.build.os === "darwin" && home) return `${home}/Library/Caches/ceratops`;
  const caches = variable("XDG_CACHE_HOME") ?? (home && `${home}/.cache`);
  if (caches) return `${caches}/ceratops`;
  throw new BackendError({
    what: "Cannot keep the native library",
    rule: "there must be a cache folder, and neither HOME nor XDG_CACHE_HOME is set or may be read",
    hint: "set CERATOPS_CACHE, and allow it with --allow-env",
  });
}

/** The compiler in `CXX`, else the first one found. */
function findCompiler(): string | undefined {
  const folders = (variable("PATH") ?? "/usr/local/bin:/usr/bin:/bin:/opt/homebrew/bin").split(":");
  const named = variable("CXX");
  for (const name of named ? [named] : ["g++", "clang++", "c++"]) {
    const path = name.includes("/") ? [name] : folders.map((folder) => `${folder}/${name}`);
    const found = path.find(exists);
    if (found) return found;
  }
  return undefined;
}

/** The folder that contains the folder `Eigen`. */
function findEigen(): string | undefined {
  const folders = ["/usr/include", "/usr/local/include", "/opt/homebrew/include", "/opt/local/include"];
  const named = variable("EIGEN_INCLUDE");
  const candidates = [...(named ? [named] : []), ...folders.flatMap((folder) => [`${folder}/eigen3`, folder])];
  return candidates.find((folder) => exists(`${folder}/Eigen/Core`));
}

/** Changes when a file is replaced, such as by an upgrade. */
function identity(path: string): [string, number, number] {
  const real = Deno.realPathSync(path);
  const { size, mtime } = Deno.statSync(real);
  return [real, size, mtime?.getTime() ?? 0];
}

/** The error that says how to install what is missing, with the package manager found. */
function missingTools(compiler: string | undefined, eigen: string | undefined): BackendError {
  const folders = (variable("PATH") ?? "/usr/bin:/sbin:/opt/homebrew/bin").split(":");
  const manager = managers.find((name) => folders.some((folder) => exists(`${folder}/${name}`)));
  const lacking = [...(compiler ? [] : ["a C++ compiler"]), ...(eigen ? [] : ["the Eigen 3 headers"])].join(" and ");
  const packages = [...(compiler ? [] : [compilerPackages]), ...(eigen ? [] : [eigenPackages])];
  return new BackendError({
    what: "Cannot build the native library",
    rule: `${lacking} must be installed`,
    hint: installCommand(packages, manager) ??
      `install with your package manager what Debian calls ${debianNames(packages)}`,
  });
}

/** The newest instruction set that this processor has and a library is built for. */
export async function detectLevel(): Promise<Level> {
  if (Deno.build.arch === "aarch64") return "native-neon";
  if (Deno.build.arch !== "x86_64") return "generic";
  const flags = new Set((await processorFlags()).toLowerCase().split(/\s+/));
  const has = (...names: string[]) => names.every((name) => flags.has(name));
  if (!has("sse4_2") && !has("sse4.2")) return "generic";
  if (!has("avx2", "fma", "bmi1", "bmi2") || !(has("abm") || has("lzcnt"))) return "x86-64-v2";
  return has("avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl") ? "x86-64-v4" : "x86-64-v3";
}

async function processorFlags(): Promise<string> {
  const run = async (command: string, ...args: string[]) => {
    const { stdout } = await new Deno.Command(command, { args, stdout: "piped", stderr: "null" }).output();
    return new TextDecoder().decode(stdout);
  };
  try {
    if (Deno.build.os === "darwin") {
      return await run("sysctl", "-n", "machdep.cpu.features", "machdep.cpu.leaf7_features", "machdep.cpu.extfeatures");
    }
    // Deno itself reads this file only with all permissions, so another program reads it.
    const text = await run("cat", "/proc/cpuinfo");
    return text.split("\n").find((entry) => entry.startsWith("flags")) ?? "";
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "";
    throw error;
  }
}

if (import.meta.main) {
  const known = ["--sanitize", "--rebuild"];
  const unknown = Deno.args.find((arg) => !known.includes(arg));
  if (unknown) {
    console.error(`Unknown argument "${unknown}": the build takes ${known.join(" and ")}`);
    Deno.exit(2);
  }
  const sanitize = Deno.args.includes("--sanitize") || undefined;
  console.log(await buildLibrary({ sanitize, rebuild: Deno.args.includes("--rebuild") }));
}
