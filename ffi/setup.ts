// Finds or installs what a task needs besides Deno, and builds the native library: `deno run -A ffi/setup.ts [--test]
// [--bench]`.
import { delimiter, join } from "node:path";
import process from "node:process";
import { buildLibrary, compilers, eigenFolders, offersPrebuilt } from "./build.ts";
import {
  compilerPackages,
  debianNames,
  eigenPackages,
  installCommand,
  type Manager,
  managers,
  type Packages,
} from "./packages.ts";

/** The operations on the machine, which tests replace. */
export interface Machine {
  /** `linux`, `darwin`, `windows` ... */
  readonly os: string;
  /** Whether this process may install packages without asking. */
  readonly root: boolean;
  /** An environment variable; undefined if it is not set. */
  variable(name: string): string | undefined;
  /** Whether a file or folder exists. */
  exists(path: string): boolean;
  /** The path of a program found in `PATH`. */
  findProgram(name: string): string | undefined;
  /** Whether one of the folders for shared libraries has a file with this name. */
  hasLibrary(name: string): boolean;
  /** Runs a program with its output shown; returns the exit status. */
  run(command: readonly string[]): Promise<number>;
  /** Whether this version offers a prebuilt native library for this machine. */
  offersPrebuilt(): Promise<boolean>;
  /** Provides the native library unless it is there already; tests want it to be compiled. Returns its path. */
  build(options: { compile: boolean }): Promise<string>;
  /** Prints one line. */
  tell(line: string): void;
}

/** Something a task needs, and its names in package managers. */
interface Need {
  readonly name: string;
  readonly met: (machine: Machine) => boolean;
  readonly packages: Packages;
}

const compiler: Need = {
  name: "a C++ compiler",
  // Whether what CXX names is there, the build tells: no package would help.
  met: (machine) => Boolean(machine.variable("CXX")?.trim()) || compilers.some((name) => machine.findProgram(name)),
  packages: compilerPackages,
};

const eigen: Need = {
  name: "the Eigen 3 headers",
  met: (machine) =>
    eigenFolders(machine.variable("EIGEN_INCLUDE")).some((folder) => machine.exists(join(folder, "Eigen", "Core"))),
  packages: eigenPackages,
};

const vulkanLoader: Need = {
  name: "the Vulkan loader",
  met: (machine) => machine.os !== "linux" || machine.hasLibrary("libvulkan.so.1"),
  packages: {
    "apt-get": ["libvulkan1"],
    dnf: ["vulkan-loader"],
    pacman: ["vulkan-icd-loader"],
    apk: ["vulkan-loader"],
    brew: [],
  },
};

const softwareVulkan: Need = {
  name: "a Vulkan driver in software",
  met: (machine) => machine.os !== "linux" || machine.hasLibrary("libvulkan_lvp.so"),
  packages: {
    "apt-get": ["mesa-vulkan-drivers"],
    dnf: ["mesa-vulkan-drivers"],
    pacman: ["vulkan-swrast"],
    apk: ["mesa-vulkan-swrast"],
    brew: [],
  },
};

/** An MPI, of which Debian lets several be installed, each with programs of its own name. */
function mpi(kind: "openmpi" | "mpich", packages: Packages): Need {
  const programs = [`mpirun.${kind}`, `mpicc.${kind}`];
  return {
    name: kind === "openmpi" ? "Open MPI" : "MPICH",
    met: (machine) => machine.os !== "linux" || programs.every((name) => machine.findProgram(name)),
    packages,
  };
}

const openMpi = mpi("openmpi", {
  "apt-get": ["openmpi-bin", "libopenmpi-dev"],
  dnf: ["openmpi-devel"],
  pacman: ["openmpi"],
  apk: ["openmpi-dev"],
  brew: [],
});

const mpich = mpi("mpich", {
  "apt-get": ["mpich", "libmpich-dev"],
  dnf: ["mpich-devel"],
  pacman: ["mpich"],
  apk: ["mpich-dev"],
  brew: [],
});

/** The options of {@linkcode setUp}. */
export interface SetUpOptions {
  /** Whether to prepare for tests, which also need a software Vulkan driver, and MPI. */
  test?: boolean;
  /** Whether to prepare for the bench; prints how to get the peers, which are optional. */
  bench?: boolean;
}

/**
 * Provides what a task needs, installing it on Debian and Ubuntu as root, and builds the native library. Returns the
 * exit status: 1 if tests need the library and it could not be built, else 0, since a program can use the next best
 * backend.
 */
export async function setUp(options: SetUpOptions, machine: Machine): Promise<number> {
  const needs = options.test
    ? [compiler, eigen, vulkanLoader, softwareVulkan, openMpi, mpich]
    : await machine.offersPrebuilt()
    ? []
    : [compiler, eigen];
  let missing = needs.filter((need) => !need.met(machine));
  const manager = managers.find((name) => machine.findProgram(name) !== undefined);
  if (missing.length > 0 && manager === "apt-get" && machine.root) {
    await installByApt(missing, machine);
    missing = missing.filter((need) => !need.met(machine));
  }
  if (missing.length > 0) machine.tell(howToInstall(missing, manager, machine));
  if (options.bench && !machine.exists(".venv")) {
    machine.tell(
      "To measure beside Keras and PyTorch too: python3 -m venv .venv && .venv/bin/pip install -r bench/peers/requirements.txt",
    );
  }
  if (missing.includes(compiler) || missing.includes(eigen)) {
    machine.tell("Without them there is no native library, and training takes the next best backend.");
    return options.test ? 1 : 0;
  }
  try {
    await machine.build({ compile: options.test ?? false });
    return 0;
  } catch (error) {
    machine.tell(`The native library could not be built: ${error instanceof Error ? error.message : error}`);
    return options.test ? 1 : 0;
  }
}

async function installByApt(missing: readonly Need[], machine: Machine): Promise<void> {
  const packages = missing.flatMap((need) => need.packages["apt-get"]);
  machine.tell(`Installing ${packages.join(", ")} ...`);
  const apt = ["apt-get", "-qq", "-o", "DPkg::Lock::Timeout=300"];
  // An outdated index may be good enough: only the result of the installation counts.
  await machine.run([...apt, "update"]);
  const status = await machine.run([...apt, "install", "-y", "--no-install-recommends", ...packages]);
  if (status !== 0) machine.tell(`apt-get install failed with status ${status}.`);
}

function howToInstall(missing: readonly Need[], manager: Manager | undefined, machine: Machine): string {
  const names = missing.map((need) => need.name).join(" and ");
  const packages = missing.map((need) => need.packages);
  if (machine.os === "windows") {
    return `Missing: ${names}. Run this under WSL (wsl --install) to have the native library.`;
  }
  const command = installCommand(packages, manager);
  return command
    ? `Missing: ${names}. Install with: ${command}`
    : `Missing: ${names}. Install with the package manager of this system what Debian calls ${debianNames(packages)}.`;
}

/** This machine. */
export function thisMachine(): Machine {
  const exists = (path: string) => {
    try {
      Deno.statSync(path);
      return true;
    } catch {
      return false;
    }
  };
  const programFolders = (process.env.PATH ?? "").split(delimiter).filter(Boolean);
  const libraryFolders = [
    ...(process.env.LD_LIBRARY_PATH ?? "").split(delimiter).filter(Boolean),
    ...["/usr/lib", "/lib", "/usr/local/lib", "/usr/lib64"],
    ...["/usr/lib", "/lib", "/usr/local/lib"].map((folder) => join(folder, `${Deno.build.arch}-linux-gnu`)),
  ];
  return {
    os: Deno.build.os,
    root: Deno.uid() === 0,
    variable: (name) => process.env[name] || undefined,
    exists,
    findProgram: (name) => programFolders.map((folder) => join(folder, name)).find(exists),
    hasLibrary: (name) => libraryFolders.some((folder) => exists(join(folder, name))),
    run: async ([program, ...args]) => {
      const env = { DEBIAN_FRONTEND: "noninteractive" };
      const child = new Deno.Command(program, { args, env, stdin: "null", stdout: "inherit", stderr: "inherit" });
      return (await child.output()).code;
    },
    offersPrebuilt,
    build: ({ compile }) => buildLibrary(compile ? { offer: { from: "", libraries: [] } } : {}),
    tell: (line) => console.error(line),
  };
}

if (import.meta.main) {
  const unknown = Deno.args.filter((arg) => arg !== "--test" && arg !== "--bench");
  if (unknown.length > 0) {
    console.error(`Unknown argument "${unknown[0]}": setup takes --test and --bench`);
    Deno.exit(2);
  }
  const options = { test: Deno.args.includes("--test"), bench: Deno.args.includes("--bench") };
  Deno.exit(await setUp(options, thisMachine()));
}
