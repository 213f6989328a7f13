// Compiles the shim between Deno and the MPI that a program was started with, and keeps it in the cache of libraries.
import { delimiter, join } from "node:path";
import process from "node:process";
import { BackendError } from "../../lib/errors.ts";
import { type BuiltLibrary, LibraryCache, sha256 } from "../cache.ts";
import { exists, variable } from "../environment.ts";

/** The kinds of MPI, by the launcher that started this process. */
export type MpiKind = "openmpi" | "mpich";

const source = new URL("ceratops_mpi.c", import.meta.url);
const flags = ["-O2", "-fPIC", "-shared", "-fvisibility=hidden", "-Wall", "-Wextra"];

/**
 * The shim for an MPI, compiled if there is none of this source and compiler yet. Throws {@linkcode BackendError} without
 * a compiler of that MPI.
 */
export async function findMpiLibrary(kind: MpiKind): Promise<BuiltLibrary> {
  const compiler = findCompiler(kind);
  // What mpicc runs tells which MPI, and where it is.
  const shown = await output(compiler, ["-show"]);
  const version = await output(compiler, ["--version"]);
  const text = await (await fetch(source)).text();
  const build = `mpi-${(await sha256(JSON.stringify([text, flags, shown, version]))).slice(0, 20)}`;
  const cache = new LibraryCache();
  const found = await cache.find(build);
  if (found) return found;
  return await cache.keep(build, { kind: `mpi-${kind}`, prebuilt: false }, async (folder) => {
    Deno.writeTextFileSync(`${folder}/ceratops_mpi.c`, text);
    await output(compiler, [...flags, "-o", `${folder}/${libraryFile}`, `${folder}/ceratops_mpi.c`]);
  });
}

const libraryFile = Deno.build.os === "darwin" ? "libceratops.dylib" : "libceratops.so";

/** `MPICC`, else the compiler of this kind where a system has several, else the only one. */
function findCompiler(kind: MpiKind): string {
  const named = variable("MPICC");
  if (named) return named;
  const folders = (process.env.PATH ?? "").split(delimiter).filter(Boolean);
  for (const name of [`mpicc.${kind}`, "mpicc"]) {
    const path = folders.map((folder) => join(folder, name)).find(exists);
    if (path) return path;
  }
  throw new BackendError({
    what: "Cannot train on several processes",
    rule: "mpicc, the compiler of MPI programs, must be in PATH",
    received: "none",
    hint: kind === "openmpi"
      ? "sudo apt-get install -y libopenmpi-dev, or set MPICC to its path"
      : "sudo apt-get install -y libmpich-dev, or set MPICC to its path",
  }, "mpicc");
}

async function output(program: string, args: readonly string[]): Promise<string> {
  let found: Deno.CommandOutput;
  try {
    found = await new Deno.Command(program, { args: [...args], stdin: "null" }).output();
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new BackendError({
      what: "Cannot train on several processes",
      rule: "MPICC must be the compiler of MPI programs",
      received: `"${program}", which is not there`,
      hint: "unset it, or set it to the path of mpicc",
    }, "mpicc");
  }
  const [said, complained] = [found.stdout, found.stderr].map((bytes) => new TextDecoder().decode(bytes));
  if (found.success) return said;
  throw new BackendError({
    what: "Cannot compile the shim for MPI",
    rule: `${program} must run`,
    received: complained.trim().split("\n").slice(-5).join("\n"),
    hint: "install the development files of the MPI that starts the program, or set MPICC",
  }, "mpicc");
}
