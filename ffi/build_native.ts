// Cross-compiles the native library for other machines, by zig: `deno task build:native [PLATFORM[/LEVEL] ...]`. Writes the
// files of ffi/prebuilt and their table, ffi/prebuilt.ts, which are committed; --check says which of them are stale.
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { brotliCompress, constants } from "node:zlib";
import { BackendError } from "../lib/errors.ts";
import {
  commonFlags,
  compile,
  type Compiler,
  findEigen,
  findProgram,
  hashForPrebuilt,
  type Level,
  readSources,
  units,
} from "./build.ts";
import { sha256 } from "./cache.ts";
import type { Offer, PrebuiltLibrary } from "./download.ts";
import { exists } from "./environment.ts";
import { readHeaders } from "./exports.ts";
import { prebuilt } from "./prebuilt.ts";

/** What libraries of a platform are built for. */
interface Platform {
  readonly target: string;
  readonly extension: string;
  readonly levels: readonly Level[];
  /** The libraries of the system that one may need. */
  readonly needs: RegExp;
  /** What one may export besides the C interface. */
  readonly besides?: RegExp;
}

const x86: readonly Level[] = ["x86-64-v2", "x86-64-v3", "x86-64-v4"];
/** Symbols of glibc up to this version, which every distribution since 2014 has. */
const glibc = "2.17";
/** zig cannot hide what the linker itself makes for macOS, nor the allocating functions of C++, which are weak there. */
const ofMacOs = { needs: /^libSystem\.B\.dylib$/, besides: /^(_Z(na|nw|da|dl).*|__dso_handle|_mh_dylib_header)$/ };
const ofGlibc = /^(lib(c|m|dl|pthread|rt)\.so\.\d|ld-linux-.*)$/;

/** The platforms, as Deno names systems and processors. */
export const platforms: Readonly<Record<string, Platform>> = {
  "linux-x86_64": { target: `x86_64-linux-gnu.${glibc}`, extension: "so", levels: x86, needs: ofGlibc },
  "linux-aarch64": {
    target: `aarch64-linux-gnu.${glibc}`,
    extension: "so",
    levels: ["native-neon"],
    needs: ofGlibc,
  },
  "darwin-aarch64": {
    target: "aarch64-macos.11.0",
    extension: "dylib",
    levels: ["native-neon"],
    ...ofMacOs,
  },
  "darwin-x86_64": { target: "x86_64-macos.11.0", extension: "dylib", levels: x86, ...ofMacOs },
  "windows-x86_64": {
    target: "x86_64-windows-gnu",
    extension: "dll",
    // What Windows tells of a processor does not tell whether it has x86-64-v4.
    levels: ["x86-64-v2", "x86-64-v3"],
    needs: /^(kernel32|ntdll|ucrtbase|msvcrt|advapi32|api-ms-win-.*)\.dll$/i,
    // Of the startup code and the unwinder, which do not hide them.
    besides: /^(_CRT_INIT|__mingw_module_is_dll|atexit|(__)?unw_getcontext)$/,
  },
};

/** zig's names of the processors that have a level, and of the one that code is tuned for, as in build.ts. */
const processors: Readonly<Record<Level, readonly string[]>> = {
  "x86-64-v4": ["x86_64_v4", "skylake-avx512"],
  "x86-64-v3": ["x86_64_v3", "skylake"],
  "x86-64-v2": ["x86_64_v2", "skylake"],
  "native-neon": [],
  "generic": [],
};

/** zig has names of its own for processors, and adds debug information unless told otherwise. */
function zigFlags(target: string, level: Level): string[] {
  const [processor, tuned] = processors[level];
  return [
    ...["-target", target],
    ...(processor ? [`-mcpu=${processor}`, "-Xclang", "-tune-cpu", "-Xclang", tuned] : []),
    ...(level === "x86-64-v4" ? ["-Xclang", "-mprefer-vector-width=512"] : []),
    ...commonFlags,
    ...["-DNDEBUG", "-g0"],
  ];
}

/** The platforms with their levels, in the order of the table. */
const all: readonly [platform: string, level: Level][] = Object.entries(platforms).flatMap(([name, { levels }]) =>
  levels.map((level): [string, Level] => [name, level])
);

const table = fileURLToPath(new URL("prebuilt.ts", import.meta.url));
const folder = fileURLToPath(new URL("prebuilt/", import.meta.url));

/** The name of a library's file. */
const fileOf = (platform: string, level: string) => `${platform}-${level}.${platforms[platform].extension}.br`;

/** The licences of what is in the files. */
const notice = `The native libraries of Ceratops are under the MIT license. They contain code of:

- Eigen, under the Mozilla Public License 2.0. Its source, unchanged, is at https://gitlab.com/libeigen/eigen, the license
  at https://www.mozilla.org/MPL/2.0/.
- libc++, libc++abi, libunwind and compiler-rt of the LLVM project, under the Apache License 2.0 with LLVM Exceptions:
  https://llvm.org/LICENSE.txt.
- The Windows libraries: the startup code of mingw-w64, which is in the public domain or under the Zope Public License 2.1.
`;

/** zig's C++ compiler: of `PATH`, or the Python package `ziglang`. */
async function findZig(): Promise<{ compiler: Compiler; version: string }> {
  for (const compiler of [findProgram("zig"), findProgram("python3", ["-m", "ziglang"])]) {
    if (!compiler) continue;
    const { success, stdout } = await new Deno.Command(compiler.program, {
      args: [...compiler.args, "version"],
      stdout: "piped",
      stderr: "null",
    }).output();
    const version = new TextDecoder().decode(stdout).trim();
    if (success) return { compiler: { program: compiler.program, args: [...compiler.args, "c++"] }, version };
  }
  throw new BackendError({
    what: "Cannot build for other machines",
    rule: "zig must be in PATH, or be a package of python3",
    hint: "pip install ziglang, in a virtual environment that is active",
  });
}

function findHeaders(): { eigen: string; eigenVersion: string } {
  const eigen = findEigen();
  if (!eigen) {
    throw new BackendError({
      what: "Cannot build for other machines",
      rule: "the Eigen 3 headers must be there",
      hint: "sudo apt-get install -y libeigen3-dev, or set EIGEN_INCLUDE",
    });
  }
  const macros = Deno.readTextFileSync(`${eigen}/Eigen/src/Core/util/Macros.h`);
  const part = (name: string) => macros.match(new RegExp(`#define EIGEN_${name}_VERSION (\\d+)`))?.[1];
  return { eigen, eigenVersion: [part("WORLD"), part("MAJOR"), part("MINOR")].join(".") };
}

/** The platforms and levels that arguments such as `linux-x86_64` and `linux-x86_64/x86-64-v3` name; all without any. */
function chosen(names: readonly string[]): readonly [platform: string, level: Level][] {
  const matches = (name: string) =>
    all.filter(([platform, level]) => name === platform || name === `${platform}/${level}`);
  const unknown = names.find((name) => matches(name).length === 0);
  if (unknown !== undefined) {
    throw new BackendError({
      what: "Cannot build for other machines",
      rule: `each argument must be one of ${Object.keys(platforms).join(", ")}, or one of these with a level`,
      received: `"${unknown}"`,
      hint: "linux-x86_64/x86-64-v3",
    });
  }
  return names.length === 0 ? all : [...new Set(names.flatMap(matches))];
}

/** Throws if a library does not have exactly the C interface, or needs what a machine may lack. */
export function requireInterface(bytes: Uint8Array<ArrayBuffer>, platform: string, names: readonly string[]): void {
  const headers = readHeaders(bytes);
  const { needs, besides } = platforms[platform];
  const complaints = [
    ...(headers.platform === platform ? [] : [`is for ${headers.platform}`]),
    ...names.filter((name) => !headers.exports.includes(name)).map((name) => `lacks ${name}`),
    ...headers.exports.filter((name) => !names.includes(name) && !besides?.test(name)).map((name) => `exports ${name}`),
    ...headers.needs.filter((name) => !needs.test(name)).map((name) => `needs ${name}`),
    ...headers.versions.filter((version) => !isWithin(version)).map((version) => `needs ${version}`),
  ];
  if (complaints.length > 0) throw new Error(`The library for ${platform} ${complaints.slice(0, 10).join(", ")}`);
}

/** Whether a version of a symbol is one of glibc that is old enough. */
function isWithin(version: string): boolean {
  const [, minor] = version.match(/^GLIBC_2\.(\d+)/) ?? [];
  return minor !== undefined && Number(minor) <= Number(glibc.slice(2));
}

/** Builds the libraries of which the table has none of these sources, flags and tools; returns the new table. */
async function buildNative(names: readonly string[]): Promise<readonly PrebuiltLibrary[]> {
  const list = chosen(names);
  const { compiler, version } = await findZig();
  const { eigen, eigenVersion } = findHeaders();
  const texts = await readSources(units);
  const interfaceNames = await exportedNames();
  const builtWith = `zig ${version}, Eigen ${eigenVersion}`;
  Deno.mkdirSync(folder, { recursive: true });
  let libraries = prebuilt.libraries;
  for (const [platform, level] of list) {
    const { target, extension } = platforms[platform];
    const flags = zigFlags(target, level);
    const build = `${await hashForPrebuilt(texts, level)}-${
      (await sha256(JSON.stringify([builtWith, flags]))).slice(0, 12)
    }`;
    const file = fileOf(platform, level);
    if (libraries.some((library) => library.file === file && library.build === build) && exists(join(folder, file))) {
      continue;
    }
    const work = Deno.makeTempDirSync({ prefix: "ceratops-native-" });
    try {
      // zig exports its C++ library too, unless told otherwise.
      Deno.writeTextFileSync(join(work, "interface.map"), "{ global: ceratops_*; local: *; };\n");
      const linkFlags = ["-s", ...(extension === "so" ? ["-Wl,--version-script=interface.map", "-ldl"] : [])];
      const library = `library.${extension}`;
      const title = `for ${platform} ${level}`;
      const precompiled = ["ops.h", "threads.h"];
      await compile(work, texts, { compiler, eigen, flags, linkFlags, build, library, title, precompiled });
      const bytes = Deno.readFileSync(join(work, library));
      requireInterface(bytes, platform, interfaceNames);
      const params = { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY };
      Deno.writeFileSync(join(folder, file), await promisify(brotliCompress)(bytes, { params }));
      const built = { platform, level, build, file, size: bytes.length, sha256: await sha256(bytes) };
      libraries = writeTable([...libraries.filter((library) => library.file !== file), built]);
    } finally {
      Deno.removeSync(work, { recursive: true });
    }
  }
  Deno.writeTextFileSync(join(folder, "NOTICE.txt"), notice);
  return writeTable(libraries);
}

/** The functions of the C interface that native libraries have. */
export async function exportedNames(): Promise<string[]> {
  const texts = await readSources(units);
  // What is for WebAssembly alone is within `#if defined(__wasm__)`, up to the next `#else` or `#endif`.
  const native = [...texts.values()].map((text) =>
    text.replaceAll(/^#if defined\(__wasm__\)\n[^]*?^#(else|endif)/gm, "")
  );
  return native.flatMap((text) => [...text.matchAll(/^CERATOPS_EXPORT .*?(\w+)\(/gm)]).map(([, name]) => name);
}

/** Writes the table, without libraries that are built no more, whose files go; returns it. */
function writeTable(list: readonly PrebuiltLibrary[]): readonly PrebuiltLibrary[] {
  const libraries = all.flatMap(([platform, level]) =>
    list.find((library) => library.platform === platform && library.level === level) ?? []
  );
  const offer: Offer = { from: "prebuilt/", libraries };
  const head = Deno.readTextFileSync(table).split("export const")[0];
  Deno.writeTextFileSync(table, `${head}export const prebuilt: Offer = ${JSON.stringify(offer, null, 2)};\n`);
  new Deno.Command(Deno.execPath(), { args: ["fmt", "--quiet", table] }).outputSync();
  for (const { name } of Deno.readDirSync(folder)) {
    if (name.endsWith(".br") && !libraries.some(({ file }) => file === name)) Deno.removeSync(join(folder, name));
  }
  return libraries;
}

/** Says which libraries are missing or of other sources, as a release must not have them. */
async function tellStale(): Promise<void> {
  const texts = await readSources(units);
  const stale: string[] = [];
  for (const [platform, level] of all) {
    const library = prebuilt.libraries.find(({ file }) => file === fileOf(platform, level));
    if (!library?.build.startsWith(`${await hashForPrebuilt(texts, level)}-`)) stale.push(`${platform}/${level}`);
  }
  console.log(
    stale.length === 0
      ? "ffi/prebuilt is of these sources"
      : `ffi/prebuilt has none of these sources for ${stale.join(", ")}: deno task build:native before a release`,
  );
}

if (import.meta.main) {
  try {
    if (Deno.args.includes("--check")) await tellStale();
    else {
      for (const { file, size, sha256 } of await buildNative(Deno.args)) {
        const packed = Deno.statSync(join(folder, file)).size;
        console.log(`${file}: ${packed} bytes, of ${size} unpacked, ${sha256}`);
      }
    }
  } catch (error) {
    if (!(error instanceof BackendError)) throw error;
    console.error(error.message);
    Deno.exit(1);
  }
}
