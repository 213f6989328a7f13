// Builds the native library from the sources next to this file, once, into the user's cache folder.
import { BackendError } from "../lib/errors.ts";
import { type BuiltLibrary, isOfSystem, LibraryCache, libraryName, sha256 } from "./cache.ts";
import { exists, variable } from "./environment.ts";
import { compilerPackages, debianNames, eigenPackages, installCommand, managers } from "./packages.ts";

/**
 * The compilation units, slowest first. Listed here, since a folder cannot be listed if this module is loaded by URL.
 */
export const units = [
  "matmul.cpp",
  "convolution.cpp",
  "attention.cpp",
  "recurrence.cpp",
  "elementwise.cpp",
  "updates.cpp",
  "reductions.cpp",
  "abi.cpp",
  "fused.cpp",
  "moves.cpp",
  "program.cpp",
  "indexing.cpp",
  "layer_normalization.cpp",
  "scan.cpp",
  "sort.cpp",
  "pooling.cpp",
  "resample.cpp",
  "random.cpp",
  "cross_entropy.cpp",
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

const commonFlags = [
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
}

/** Builds the native library if there is none yet; returns the path of its file. */
export async function buildLibrary(options: BuildOptions = {}): Promise<string> {
  return (await findLibrary(options)).path;
}

/**
 * The native library of these sources; builds it if there is none yet or it is damaged. Throws {@linkcode BackendError}
 * if that fails.
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
  const compiler = findCompiler(options.compiler ?? variable("CXX"));
  const eigen = findEigen();
  const cache = new LibraryCache(options.cache);
  if (!compiler || !eigen) {
    // Without a compiler, an earlier build by any compiler is used.
    const built = await cache.findAny(`${sources}-`);
    if (built) return built;
    throw missingTools(compiler, eigen);
  }
  const tools = await sha256(
    JSON.stringify([identity(compiler.program), identity(`${eigen}/Eigen/src/Core/util/Macros.h`), ...compiler.args]),
  );
  const build = `${sources}-${tools.slice(0, 12)}${sanitize ? "-sanitize" : ""}`;
  const found = options.rebuild ? undefined : await cache.find(build);
  if (found) return found;
  const kind = `${level}${sanitize ? "-sanitize" : ""}`;
  return await cache.keep(build, { kind, replace: options.rebuild ?? false }, async (folder) => {
    for (const [name, text] of texts) Deno.writeTextFileSync(`${folder}/${name}`, text);
    await compile(folder, compiler, [...flags, "-isystem", eigen, `-DCERATOPS_BUILD="${build}"`]);
    for (const name of [...texts.keys(), ...units.map(objectOf)]) Deno.removeSync(`${folder}/${name}`);
  });
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
    if (url.protocol === "file:") return await Deno.readTextFile(url);
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

/** Compiles the units, as many at a time as there are processors, and links them. */
async function compile(work: string, compiler: Compiler, flags: readonly string[]): Promise<void> {
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
  const stop = new AbortController();
  const worker = async () => {
    for (let unit = waiting.shift(); unit && !stop.signal.aborted; unit = waiting.shift()) {
      await runCompiler(compiler, [...flags, "-c", unit, "-o", objectOf(unit)], work, stop.signal);
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
  await runCompiler(compiler, [...flags, "-shared", ...units.map(objectOf), "-o", libraryName, "-ldl"], work);
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
interface Compiler {
  readonly program: string;
  readonly args: readonly string[];
}

/** The compiler that `text` names, which may have arguments as in `ccache g++ -O2`, else the first that is there. */
function findCompiler(text: string | undefined): Compiler | undefined {
  const named = text?.trim();
  if (!named) return compilers.map((name) => findProgram(name)).find((compiler) => compiler);
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

function findProgram(name: string, args: readonly string[] = []): Compiler | undefined {
  const folders = (variable("PATH") ?? "/usr/local/bin:/usr/bin:/bin:/opt/homebrew/bin").split(":");
  const program = (name.includes("/") ? [name] : folders.map((folder) => `${folder}/${name}`)).find(exists);
  return program === undefined ? undefined : { program, args };
}

/** The folder that contains the folder `Eigen`. */
function findEigen(): string | undefined {
  return eigenFolders(variable("EIGEN_INCLUDE")).find((folder) => exists(`${folder}/Eigen/Core`));
}

/** Changes when a file is replaced, such as by an upgrade. */
function identity(path: string): [string, number, number] {
  const real = Deno.realPathSync(path);
  const { size, mtime } = Deno.statSync(real);
  return [real, size, mtime?.getTime() ?? 0];
}

/** The error that says how to install what is missing, with the package manager found. */
function missingTools(compiler: Compiler | undefined, eigen: string | undefined): BackendError {
  const folders = (variable("PATH") ?? "/usr/bin:/sbin:/opt/homebrew/bin").split(":");
  const manager = managers.find((name) => folders.some((folder) => exists(`${folder}/${name}`)));
  const lacking = [...(compiler ? [] : ["a C++ compiler"]), ...(eigen ? [] : ["the Eigen 3 headers"])].join(" and ");
  const packages = [...(compiler ? [] : [compilerPackages]), ...(eigen ? [] : [eigenPackages])];
  return new BackendError({
    what: "Cannot build the native library",
    rule: `${lacking} must be installed`,
    hint: installCommand(packages, manager) ??
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
