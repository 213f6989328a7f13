// The setup: what it installs where, that it starts no process if nothing is missing, and that it continues if it can.
import assert from "node:assert/strict";
import { type Machine, setUp, thisMachine } from "../ffi/setup.ts";

interface Script {
  os?: string;
  root?: boolean;
  programs?: string[];
  files?: string[];
  libraries?: string[];
  variables?: Readonly<Record<string, string>>;
  /** What apt-get install adds. */
  installs?: { programs?: string[]; files?: string[]; libraries?: string[] };
  installStatus?: number;
  buildFails?: boolean;
  offersPrebuilt?: boolean;
}

const eigenCore = "/usr/include/eigen3/Eigen/Core";
const vulkan = ["libvulkan.so.1", "libvulkan_lvp.so"];
const mpi = ["openmpi", "mpich"].flatMap((kind) => [`mpirun.${kind}`, `mpicc.${kind}`]);

interface Pretended {
  machine: Machine;
  ran: string[];
  told: string[];
  builds: () => number;
  /** Of each build, whether it had to be compiled. */
  compiled: boolean[];
}

function pretend(script: Script): Pretended {
  const programs = new Set(script.programs);
  const files = new Set([...(script.files ?? []), ".venv"]);
  const libraries = new Set(script.libraries);
  const ran: string[] = [];
  const told: string[] = [];
  const compiled: boolean[] = [];
  const machine: Machine = {
    os: script.os ?? "linux",
    root: script.root ?? false,
    variable: (name) => script.variables?.[name],
    exists: (path) => files.has(path),
    findProgram: (name) => programs.has(name) ? `/usr/bin/${name}` : undefined,
    hasLibrary: (name) => libraries.has(name),
    run: (command) => {
      ran.push(command.join(" "));
      if (!command.includes("install")) return Promise.resolve(0);
      for (const name of script.installs?.programs ?? []) programs.add(name);
      for (const path of script.installs?.files ?? []) files.add(path);
      for (const name of script.installs?.libraries ?? []) libraries.add(name);
      return Promise.resolve(script.installStatus ?? 0);
    },
    offersPrebuilt: () => Promise.resolve(script.offersPrebuilt ?? false),
    build: ({ compile }) => {
      compiled.push(compile);
      return script.buildFails
        ? Promise.reject(new Error("the compiler said no"))
        : Promise.resolve("/cache/libceratops.so");
    },
    tell: (line) => told.push(line),
  };
  return { machine, ran, told, builds: () => compiled.length, compiled };
}

Deno.test("setup: where a prebuilt library is offered only tests ask for a compiler", async () => {
  const plain = pretend({ offersPrebuilt: true, programs: ["apt-get"], root: true });
  assert.equal(await setUp({}, plain.machine), 0);
  assert.deepEqual([plain.ran, plain.told, plain.builds()], [[], [], 1]);
  const tests = pretend({ offersPrebuilt: true });
  assert.equal(await setUp({ test: true }, tests.machine), 1);
  assert.match(tests.told.join(), /Missing: a C\+\+ compiler and the Eigen 3 headers/);
});

Deno.test("setup: with everything there no process is started and nothing is said", async () => {
  for (const test of [false, true]) {
    const { machine, ran, told, compiled } = pretend({
      root: true,
      programs: ["apt-get", "g++", ...mpi],
      files: [eigenCore],
      libraries: vulkan,
    });
    assert.equal(await setUp({ test, bench: true }, machine), 0);
    assert.deepEqual([ran, told, compiled], [[], [], [test]], "what tests test is compiled");
  }
});

Deno.test("setup: what CXX and EIGEN_INCLUDE name is taken as the build takes it", async () => {
  const { machine, ran, told, builds } = pretend({
    root: true,
    programs: ["apt-get", "icpx"],
    files: ["/opt/eigen/Eigen/Core"],
    variables: { CXX: "icpx -O2", EIGEN_INCLUDE: "/opt/eigen" },
  });
  assert.equal(await setUp({}, machine), 0);
  assert.deepEqual([ran, told, builds()], [[], [], 1]);

  const elsewhere = pretend({ programs: ["g++"], files: ["/usr/local/include/Eigen/Core"] });
  assert.equal(await setUp({}, elsewhere.machine), 0);
  assert.deepEqual([elsewhere.told, elsewhere.builds()], [[], 1]);

  const wrong = pretend({ programs: ["g++"], variables: { EIGEN_INCLUDE: "/opt/eigen" } });
  assert.equal(await setUp({}, wrong.machine), 0);
  assert.match(wrong.told[0], /^Missing: the Eigen 3 headers/);
});

Deno.test("setup: on Debian as root one update and one installation bring exactly what is missing", async () => {
  const everything = { programs: ["g++", ...mpi], files: [eigenCore], libraries: vulkan };
  const bare = pretend({ root: true, programs: ["apt-get"], installs: everything });
  assert.equal(await setUp({ test: true }, bare.machine), 0);
  assert.equal(bare.ran.length, 2);
  assert.match(bare.ran[0], / update$/);
  assert.match(
    bare.ran[1],
    / install .* g\+\+ libeigen3-dev libvulkan1 mesa-vulkan-drivers openmpi-bin libopenmpi-dev mpich libmpich-dev$/,
  );
  assert.equal(bare.builds(), 1);

  const headersOnly = pretend({ root: true, programs: ["apt-get", "g++"], installs: { files: [eigenCore] } });
  assert.equal(await setUp({}, headersOnly.machine), 0);
  assert.match(headersOnly.ran[1], /--no-install-recommends libeigen3-dev$/);

  assert.equal(await setUp({ test: true }, bare.machine), 0);
  assert.equal(bare.ran.length, 2, "the second run installs nothing");
});

Deno.test("setup: elsewhere it prints the exact command and goes on", async () => {
  const commands: [Script, RegExp][] = [
    [{ programs: ["apt-get"] }, /: sudo apt-get install -y g\+\+ libeigen3-dev$/],
    [{ programs: ["dnf"], root: true }, /: sudo dnf install -y gcc-c\+\+ eigen3-devel$/],
    [{ programs: ["pacman"] }, /: sudo pacman -S --needed gcc eigen$/],
    [{ programs: ["apk"] }, /: sudo apk add g\+\+ eigen-dev$/],
    [{ programs: ["brew", "clang++"], os: "darwin" }, /Eigen 3 headers\. Install with: brew install eigen$/],
    [{ os: "windows" }, /WSL/],
    [{}, /what Debian calls g\+\+ libeigen3-dev\.$/],
  ];
  for (const [script, expected] of commands) {
    const { machine, ran, told, builds } = pretend(script);
    assert.equal(await setUp({}, machine), 0);
    assert.deepEqual([ran, builds()], [[], 0]);
    assert.match(told[0], expected);
    assert.match(told[1], /next best backend/);
  }
  const noDriver = pretend({ programs: ["dnf", "g++", ...mpi], files: [eigenCore] });
  assert.equal(await setUp({ test: true }, noDriver.machine), 0);
  assert.match(noDriver.told[0], /: sudo dnf install -y vulkan-loader mesa-vulkan-drivers$/);
  assert.equal(noDriver.builds(), 1, "the library does not wait for a GPU driver");
});

Deno.test("setup: what cannot be installed or built is told; only the tests fail for it", async () => {
  const offline = { root: true, programs: ["apt-get", "g++", ...mpi], installStatus: 100 };
  for (const [test, status] of [[false, 0], [true, 1]] as const) {
    const failed = pretend(offline);
    assert.equal(await setUp({ test }, failed.machine), status);
    assert.match(
      failed.told.join("\n"),
      /failed with status 100\.\nMissing: the Eigen 3 headers.*sudo apt-get install -y libeigen3-dev/,
    );
    const broken = pretend({ programs: ["g++"], files: [eigenCore], libraries: vulkan, buildFails: true });
    assert.equal(await setUp({ test }, broken.machine), status);
    assert.match(broken.told.join("\n"), /could not be built: the compiler said no/);
  }
});

Deno.test("setup: this machine is looked at without starting a process", () => {
  const machine = thisMachine();
  assert.equal(machine.exists(import.meta.filename!), true);
  assert.equal(machine.exists(`${import.meta.filename}.not`), false);
  assert.equal(machine.findProgram("no-such-program-anywhere"), undefined);
  assert.equal(machine.hasLibrary("libnosuchlibrary.so.9"), false);
});
