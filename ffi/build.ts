// Finds the native library in the user's cache folder, takes a prebuilt one, or builds it from the sources next to this file.
import { BackendError } from "../lib/errors.ts";
import { type BuiltLibrary, isOfSystem, LibraryCache, libraryName, sha256 } from "./cache.ts";
import { choosePrebuilt, downloadPrebuilt, type Offer, PrebuiltError } from "./download.ts";
import { exists, variable } from "./environment.ts";
import { compilerPackages, debianNames, eigenPackages, installCommand, managers } from "./packages.ts";
import { prebuilt } from "./prebuilt.ts";

/**
 * The compilation units, slowest first. Listed here, since a folder cannot be listed if this module is loaded by URL.
 */
export const units = [
  "matmul.cpp",
  "convolution.cpp",
  "bands.cpp",
  "attention.cpp",
  "recurrence.cpp",
  "elementwise.cpp",
  "updates.cpp",
  "reductions.cpp",
  "abi.cpp",
  "fused.cpp",
  "chains.cpp",
  "moves.cpp",
  "program.cpp",
  "indexing.cpp",
  "join.cpp",
  "layer_normalization.cpp",
  "scan.cpp",
  "sort.cpp",
  "pooling.cpp",
  "resample.cpp",
  "random.cpp",
  "draw.cpp",
  "cross_entropy.cpp",
  "collective.cpp",
  "attr_reader.cpp",
  "threads.cpp",
  "host_memory.cpp",
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

/** Compiler flags of all native builds. */
export const commonFlags: readonly string[] = [
  ...["-std=c++17", "-O3", "-Wall", "-Wextra", "-fPIC", "-fvisibility=hidden", "-pthread"],
  ...["-fno-math-errno", "-fno-trapping-math", "-DEIGEN_DONT_PARALLELIZE"],
];

/** The compilers that are looked for where `CXX` names none. */
export const compilers: readonly string[] = ["g++", "clang++", "c++"];

/** The folders that may contain the folder `Eigen`; `named` is what `EIGEN_INCLUDE` says. */
export function eigenFolders(named: string | undefined): string[] {
  const folders = ["/usr/include", "/usr/local/include", "/opt/homebrew/include", "/opt/local/include"];
  return [...(named ? [named] : []), ...folders.flatMap((folder) => [`${folder}/eigen3`, folder])];
}

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
  /** The compiler, as `CXX` names one; what `CXX` names by default. */
  compiler?: string;
  /** The cache folder; the user's by default. */
  cache?: string;
  /** The prebuilt libraries that may be taken; those of this version by default. */
  offer?: Offer;
}

/** Builds the native library if there is none yet; returns the path of its file. */
export async function buildLibrary(options: BuildOptions = {}): Promise<string> {
  return (await findLibrary(options)).path;
}

/**
 * The native library of these sources. If there is none yet or it is damaged, a prebuilt one is taken, where one is
 * offered and no option nor `CXX` asks for another; else it is built. Throws {@linkcode BackendError} if that fails.
 */
export async function findLibrary(options: BuildOptions = {}): Promise<BuiltLibrary> {
  try {
    return await findOrBuild(options);
  } catch (error) {
    if (!isOfSystem(error)) throw error;
    throw new BackendError({
      what: "Cannot build the native library",
      rule: "the files and programs that it is built with must be there",
      received: error.message,
      hint: "see that the compiler and the Eigen headers are whole, or use another backend",
    }, "what it is built with");
  }
}

async function findOrBuild(options: BuildOptions): Promise<BuiltLibrary> {
  const [texts, level] = await Promise.all([readSources(units), options.level ?? detectLevel()]);
  const sanitize = options.sanitize ?? variable("CERATOPS_SANITIZE") === "1";
  const flags = [
    ...flagsOf(level),
    ...(options.flags ?? []),
    ...(sanitize
      ? ["-O1", "-g", "-fno-omit-frame-pointer", "-fsanitize=address,undefined", "-fno-sanitize-recover=undefined"]
      : ["-DNDEBUG"]),
  ];
  const sources = await hashSources(texts, flags);
  const named = options.compiler ?? variable("CXX");
  const compiler = findCompiler(named);
  const eigen = findEigen();
  const cache = new LibraryCache(options.cache);
  const tools = compiler && eigen ? { compiler, eigen } : undefined;
  const build = tools && `${sources}-${await hashTools(tools)}${sanitize ? "-sanitize" : ""}`;
  // Without a compiler, an earlier build by any compiler is used.
  const found = build ? options.rebuild ? undefined : await cache.find(build) : await cache.findAny(`${sources}-`);
  if (found) return found;
  let refusal: PrebuiltError | undefined;
  // Who names a compiler, flags or a sanitizer wants a build of their own.
  const isOwn = Boolean(named && tools) || sanitize || (options.flags ?? []).length > 0;
  if (!options.rebuild && !isOwn) {
    const taken = await takePrebuilt(options.offer ?? prebuilt, level, sources, cache);
    if (taken instanceof PrebuiltError) refusal = taken;
    else if (taken) return taken;
  }
  if (!tools || !build) throw missingTools(compiler, eigen, refusal);
  if (refusal) writeError(`${refusal.message}; it is compiled instead\n`);
  const kind = `${level}${sanitize ? "-sanitize" : ""}`;
  return await cache.keep(
    build,
    { kind, replace: options.rebuild ?? false, prebuilt: false },
    (folder) =>
      compile(folder, texts, {
        ...tools,
        flags,
        linkFlags: ["-ldl"],
        build,
        library: libraryName,
        title: "the native library (only once)",
      }),
  );
}

/** The flags of a level, but for those that decide whether it is built to be debugged. */
function flagsOf(level: Level): string[] {
  return [...commonFlags, ...levelFlags[level]];
}

/** The hash of sources, and of the flags that they are compiled with. */
async function hashSources(texts: ReadonlyMap<string, string>, flags: readonly string[]): Promise<string> {
  return (await sha256(JSON.stringify([[...texts], flags]))).slice(0, 20);
}

/** The hash that a prebuilt library of these sources begins its build with. */
export function hashForPrebuilt(texts: ReadonlyMap<string, string>, level: Level): Promise<string> {
  return hashSources(texts, [...flagsOf(level), "-DNDEBUG"]);
}

/** What a library is built with. */
interface Tools {
  readonly compiler: Compiler;
  /** The folder that contains the folder `Eigen`. */
  readonly eigen: string;
}

async function hashTools({ compiler, eigen }: Tools): Promise<string> {
  const files = [identity(compiler.program), identity(`${eigen}/Eigen/src/Core/util/Macros.h`)];
  return (await sha256(JSON.stringify([...files, ...compiler.args]))).slice(0, 12);
}

/** Whether this version offers a library for this machine that is of these sources. */
export async function offersPrebuilt(): Promise<boolean> {
  if (prebuilt.libraries.length === 0) return false;
  const [texts, level] = await Promise.all([readSources(units), detectLevel()]);
  try {
    choosePrebuilt(prebuilt, level, await hashForPrebuilt(texts, level));
    return true;
  } catch (error) {
    if (error instanceof PrebuiltError) return false;
    throw error;
  }
}

/** The prebuilt library from the cache or from where it is offered; why there is none; undefined if none is offered. */
async function takePrebuilt(
  offer: Offer,
  level: Level,
  sources: string,
  cache: LibraryCache,
): Promise<BuiltLibrary | PrebuiltError | undefined> {
  if (offer.libraries.length === 0) return undefined;
  try {
    const library = choosePrebuilt(offer, level, sources);
    const found = await cache.find(library.build);
    if (found) return found;
    const bytes = await downloadPrebuilt(offer.from, library);
    return await cache.keep(library.build, { kind: level, prebuilt: true }, async (folder) => {
      await Deno.writeFile(`${folder}/${libraryName}`, bytes);
    });
  } catch (error) {
    if (error instanceof PrebuiltError) return error;
    throw error;
  }
}

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
  try {
    // Dozens of small files are read sooner than as many promises resolve.
    if (url.protocol === "file:") return Deno.readTextFileSync(url);
    const { default: text } = await import(url.href, { with: { type: "text" } }) as { default: string };
    return text;
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    throw new BackendError({
      what: "Cannot build the native library",
      rule: `its source ${url.href} must be readable`,
      received: error instanceof Error ? error.message : String(error),
      hint: "fetch Ceratops again as a whole, or use another backend",
    }, "its sources");
  }
}

/** Options of {@linkcode compile}. */
export interface CompileOptions extends Tools {
  readonly flags: readonly string[];
  readonly linkFlags: readonly string[];
  /** What the library says that it was built from. */
  readonly build: string;
  /** The name of its file. */
  readonly library: string;
  /** What is told to be built. */
  readonly title: string;
  /** Headers that are compiled once for all units, which halves the work; clang only. */
  readonly precompiled?: readonly string[];
}

/** Compiles the units in a folder, as many at a time as there are processors, and leaves the linked library there. */
export async function compile(
  work: string,
  texts: ReadonlyMap<string, string>,
  { compiler, eigen, flags, linkFlags, build, library, title, precompiled = [] }: CompileOptions,
): Promise<void> {
  const start = performance.now();
  const total = units.length + 1;
  let finished = 0;
  const report = (end = "") => {
    const line = `Building ${title}: ${finished} of ${total}${end}`;
    if (Deno.stderr.isTerminal()) writeError(`\r${line}${end ? "\n" : ""}`);
    else if (finished === 0 || end) writeError(`${line}\n`);
  };
  report();
  for (const [name, text] of texts) Deno.writeTextFileSync(`${work}/${name}`, text);
  const includes = ["-isystem", eigen];
  if (precompiled.length > 0) {
    Deno.writeTextFileSync(`${work}/all.h`, precompiled.map((name) => `#include "${name}"\n`).join(""));
    await runCompiler(compiler, [...flags, ...includes, "-x", "c++-header", "all.h", "-o", "all.pch"], work);
    includes.push("-include-pch", "all.pch");
  }
  const waiting = [...units];
  const stop = new AbortController();
  const worker = async () => {
    for (let unit = waiting.shift(); unit && !stop.signal.aborted; unit = waiting.shift()) {
      // Only the unit that says it: what remembers compiled units can then use the others for other builds.
      const said = unit === "abi.cpp" ? [`-DCERATOPS_BUILD="${build}"`] : [];
      const args = [...flags, ...said, ...includes, "-c", unit, "-o", objectOf(unit)];
      await runCompiler(compiler, args, work, stop.signal);
      finished++;
      report();
    }
  };
  let failure: unknown;
  const fail = (error: unknown) => {
    // The others are ended and waited for, since they write to the folder; what they say then is of no interest.
    failure ??= error;
    stop.abort();
  };
  await Promise.all(Array.from({ length: Math.max(1, navigator.hardwareConcurrency) }, () => worker().catch(fail)));
  if (failure) throw failure;
  await runCompiler(compiler, [...flags, "-shared", ...units.map(objectOf), "-o", library, ...linkFlags], work);
  for (const name of [...texts.keys(), ...units.map(objectOf)]) Deno.removeSync(`${work}/${name}`);
  finished++;
  report(`, ${((performance.now() - start) / 1000).toFixed(1)} s`);
}

function writeError(text: string): void {
  Deno.stderr.writeSync(new TextEncoder().encode(text));
}

async function runCompiler(
  { program, args: own }: Compiler,
  args: readonly string[],
  cwd: string,
  signal?: AbortSignal,
): Promise<void> {
  const command = new Deno.Command(program, { args: [...own, ...args], cwd, signal, stdout: "null", stderr: "piped" });
  const refused = (rule: string, text: string) =>
    new BackendError({
      what: "Cannot build the native library",
      rule,
      hint: `see what it says, or choose another compiler with CXX\n${text}`,
    }, "a working C++ compiler");
  let output: Deno.CommandOutput;
  try {
    output = await command.output();
  } catch (error) {
    throw refused(`${program} could not be started`, String(error));
  }
  const { code, stderr } = output;
  if (code === 0) return;
  const lines = new TextDecoder().decode(stderr).trim().split("\n").slice(0, 20).join("\n");
  throw refused(`${program} failed with status ${code}`, lines);
}

/** A compiler: its program, and the arguments that come before all others. */
export interface Compiler {
  readonly program: string;
  readonly args: readonly string[];
}

/** The compiler that `text` names, which may have arguments as in `ccache g++ -O2`, else the first that is there. */
function findCompiler(text: string | undefined): Compiler | undefined {
  const named = text?.trim();
  if (!named) return compilers.values().map((name) => findProgram(name)).find((compiler) => compiler);
  // A path with spaces in it is taken whole.
  const [program, ...args] = named.split(/\s+/);
  const compiler = findProgram(named) ?? findProgram(program, args);
  if (compiler) return compiler;
  throw new BackendError({
    what: "Cannot build the native library",
    rule: "CXX must name a C++ compiler that is there",
    received: `"${named}"`,
    hint: "correct it, or unset it so that g++ or clang++ is taken",
  }, "CXX to name a compiler");
}

/** A program in `PATH` or at a path, with arguments. */
export function findProgram(name: string, args: readonly string[] = []): Compiler | undefined {
  const folders = (variable("PATH") ?? "/usr/local/bin:/usr/bin:/bin:/opt/homebrew/bin").split(":");
  const program = (name.includes("/") ? [name] : folders.map((folder) => `${folder}/${name}`)).find(exists);
  return program === undefined ? undefined : { program, args };
}

/** The folder that contains the folder `Eigen`. */
export function findEigen(): string | undefined {
  return eigenFolders(variable("EIGEN_INCLUDE")).find((folder) => exists(`${folder}/Eigen/Core`));
}

/** Changes when a file is replaced, such as by an upgrade. */
function identity(path: string): [string, number, number] {
  const real = Deno.realPathSync(path);
  const { size, mtime } = Deno.statSync(real);
  return [real, size, mtime?.getTime() ?? 0];
}

/** The error that says how to install what is missing, with the package manager found. */
function missingTools(
  compiler: Compiler | undefined,
  eigen: string | undefined,
  refusal: PrebuiltError | undefined,
): BackendError {
  const folders = (variable("PATH") ?? "/usr/bin:/sbin:/opt/homebrew/bin").split(":");
  const manager = managers.find((name) => folders.some((folder) => exists(`${folder}/${name}`)));
  const lacking = [...(compiler ? [] : ["a C++ compiler"]), ...(eigen ? [] : ["the Eigen 3 headers"])].join(" and ");
  const packages = [...(compiler ? [] : [compilerPackages]), ...(eigen ? [] : [eigenPackages])];
  return new BackendError({
    what: "Cannot build the native library",
    rule: `${lacking} must be installed`,
    received: refusal && `no prebuilt one (${refusal.message})`,
    hint: Deno.build.os === "windows"
      ? "it is not compiled on Windows: run this under WSL (wsl --install)"
      : installCommand(packages, manager) ??
        `install with your package manager what Debian calls ${debianNames(packages)}`,
  }, [...(compiler ? [] : ["a C++ compiler"]), ...(eigen ? [] : ["Eigen 3"])].join(" and "));
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
  if (Deno.build.os === "windows") return windowsFlags();
  try {
    if (Deno.build.os === "darwin") {
      return await run("sysctl", "-n", "machdep.cpu.features", "machdep.cpu.leaf7_features", "machdep.cpu.extfeatures");
    }
    const text = readWithAllPermissions("/proc/cpuinfo") ?? await run("cat", "/proc/cpuinfo");
    return text.split("\n").find((entry) => entry.startsWith("flags")) ?? "";
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "";
    throw error;
  }
}

/** The text of a file of the system, which Deno reads only with all permissions; undefined without them. */
function readWithAllPermissions(path: string): string | undefined {
  if (Deno.permissions.querySync({ name: "read", path }).state !== "granted") return undefined;
  try {
    return Deno.readTextFileSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) return undefined;
    throw error;
  }
}

/** What Windows tells of: it does not tell of all that x86-64-v4 needs. Processors with AVX2 have what comes with it. */
function windowsFlags(): string {
  const kernel = Deno.dlopen("kernel32.dll", {
    IsProcessorFeaturePresent: { parameters: ["u32"], result: "i32" },
  });
  try {
    const has = (feature: number) => kernel.symbols.IsProcessorFeaturePresent(feature) !== 0;
    return `${has(38) ? "sse4_2 " : ""}${has(40) ? "avx2 fma bmi1 bmi2 lzcnt" : ""}`;
  } finally {
    kernel.close();
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
