// Faults of the machine around the native library: its cache, its compiler, and how `auto` goes on without it.
import assert from "node:assert/strict";
import { type BuildOptions, findLibrary, units } from "../../ffi/build.ts";
import { BackendError } from "../../lib/errors.ts";

/** A compiler that leaves a line where it is to leave a file; `before` may do something else first. */
const compiler = (before = "") =>
  `#!/bin/sh
out=
last=
for word; do
  [ "$last" = -o ] && out=$word
  last=$word
done
${before}
echo made >"$out"
`;

/** Runs `body` with an empty folder that holds a compiler, `cxx`. */
async function withFolder(
  body: (place: { folder: string; cache: string; cxx: string }) => Promise<void>,
  script = compiler(),
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "ceratops-cache-" });
  try {
    const cxx = `${folder}/cxx`;
    await Deno.writeTextFile(cxx, script, { mode: 0o755 });
    await body({ folder, cache: `${folder}/cache`, cxx });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Finds or builds a library with a compiler, in this process: the environment is shared with tests beside this one. */
async function find(compiler: string, options: BuildOptions): Promise<string> {
  return (await findLibrary({ level: "generic", compiler, ...options })).path;
}

const builder = new URL("../../ffi/build.ts", import.meta.url).href;

/** A process that builds a library for each list of options, one after another. */
function building(CXX: string, ...options: BuildOptions[]): Deno.Command {
  const script = `
    import { findLibrary } from "${builder}";
    for (const options of ${JSON.stringify(options)}) await findLibrary({ level: "generic", ...options });`;
  return new Deno.Command(Deno.execPath(), { args: ["eval", script], env: { CXX }, stderr: "null" });
}

const refused = (pattern: RegExp) => (error: unknown) => {
  assert.ok(error instanceof BackendError, String(error));
  assert.match(error.message, pattern);
  return true;
};

const namesIn = (cache: string) => [...Deno.readDirSync(`${cache}/native`)].map(({ name }) => name).sort();

/** Waits until `holds` does. */
async function until(holds: () => boolean): Promise<void> {
  for (const start = Date.now(); !holds();) {
    assert.ok(Date.now() - start < 20000, "waited for 20 seconds");
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

Deno.test("where nothing can be written the error says what to do", () =>
  withFolder(async ({ folder, cxx }) => {
    const file = `${folder}/file`;
    await Deno.writeTextFile(file, "");
    const rule =
      /^Cannot keep the native library: .*with room that can be read and written, received .+: .*CERATOPS_CACHE/;
    await assert.rejects(() => find(cxx, { cache: file }), refused(rule));
    await assert.rejects(() => find(cxx, { cache: "/sys/ceratops" }), refused(rule));
  }));

Deno.test("where the disk is full the error says so", () =>
  withFolder(async ({ folder, cache, cxx }) => {
    const script = `
      import { findLibrary } from "${builder}";
      await findLibrary({ level: "generic", cache: "${cache}" }).catch((error) => console.log(error.name, error.message));`;
    // Files of at most 512 bytes, as on a disk that is full; Deno itself gets a folder where it need not write any.
    const { stdout } = await new Deno.Command("sh", {
      args: ["-c", `trap "" XFSZ; ulimit -f 1; exec "$0" eval --no-lock "$1"`, Deno.execPath(), script],
      env: { CXX: cxx, DENO_DIR: `${folder}/deno` },
      stdout: "piped",
      stderr: "null",
    }).output();
    assert.match(
      new TextDecoder().decode(stdout),
      /^BackendError Cannot keep the native library: .*, received File too large.*: make it so, or set CERATOPS_CACHE/,
    );
    assert.deepEqual(namesIn(cache), []);
  }));

Deno.test("what the compiler says is shown, and nothing is left of the build", async () => {
  // One unit fails at once, while the others are still written.
  const script = compiler(`case "$out" in
    sort.o) echo "sort.cpp:1: error: no such luck" >&2; exit 3;;
    *) sleep 0.2; for i in 1 2 3; do echo x >"$out.$i"; done;;
  esac`);
  await withFolder(async ({ cache, cxx }) => {
    const rule =
      /^Cannot build the native library: .*cxx failed with status 3: .*CXX\nsort\.cpp:1: error: no such luck$/;
    await assert.rejects(() => find(cxx, { cache }), refused(rule));
    assert.deepEqual(namesIn(cache), []);
  }, script);
});

Deno.test("CXX may have arguments, be a path with spaces, or be wrong", () =>
  withFolder(async ({ folder, cache, cxx }) => {
    await Deno.mkdir(`${folder}/my tools`);
    await Deno.rename(cxx, `${folder}/my tools/cxx`);
    await find(`${folder}/my tools/cxx`, { cache });
    const log = await Deno.readTextFile(`${folder}/my tools/arguments`);
    assert.equal(log.split("\n").filter((line) => line.startsWith("-std=c++17")).length, units.length + 1);
    await Deno.rename(`${folder}/my tools/cxx`, cxx);
    await find(` ${cxx} -O2  -g `, { cache });
    const lines = (await Deno.readTextFile(`${folder}/arguments`)).trim().split("\n");
    assert.equal(lines.length, units.length + 1);
    assert.ok(lines.every((line) => line.startsWith("-O2 -g -std=c++17 ")), lines[0]);
    assert.equal(namesIn(cache).length, 2, "other arguments make another library");
    const rule =
      /^Cannot build .*: CXX must name a C\+\+ compiler that is there, received "no-such-compiler -O2": correct/;
    await assert.rejects(() => find("no-such-compiler -O2", { cache }), refused(rule));
    await assert.rejects(() => find(folder, { cache, flags: ["-DN"] }), refused(/ could not be started: /));
  }, compiler(`echo "$*" >>"$(dirname "$0")/arguments"`)));

Deno.test("a build that was killed is cleared by the next, one that runs is not", async () => {
  const script = compiler(`until [ -f "$(dirname "$0")/go" ]; do sleep 0.05; done`);
  await withFolder(async ({ folder, cache, cxx }) => {
    const [killed, running] = [building(cxx, { cache }).spawn(), building(cxx, { cache, flags: ["-DN"] }).spawn()];
    await until(() => {
      try {
        const works = namesIn(cache);
        return works.length === 2 && works.every((name) => [...Deno.readDirSync(`${cache}/native/${name}`)].length > 2);
      } catch {
        return false;
      }
    });
    killed.kill("SIGKILL");
    await killed.status;
    await Deno.mkdir(`${cache}/native/building-long-ago`);
    await Deno.writeTextFile(`${folder}/quick`, compiler(), { mode: 0o755 });
    const path = await find(`${folder}/quick`, { cache });
    const left = namesIn(cache);
    assert.equal(left.length, 2, left.join());
    assert.match(left.join(), /^[\da-f-]+,building-/);
    await Deno.writeTextFile(`${folder}/go`, "");
    assert.ok((await running.status).success);
    assert.equal(namesIn(cache).length, 2);
    assert.equal(await find(`${folder}/quick`, { cache }), path);
  }, script);
});

Deno.test("old libraries are removed, but for the last few of a kind and those in use", () =>
  withFolder(async ({ cache, cxx }) => {
    const option = (i: number): BuildOptions => ({ cache, flags: [`-DN=${i}`] });
    const names: string[] = [];
    await building(cxx, ...[0, 1, 2, 3, 4, 5].map(option)).output();
    const built = namesIn(cache);
    assert.equal(built.length, 6, "a process does not remove what it uses");
    // From the oldest to the newest.
    built.forEach((name, i) => {
      const when = new Date(Date.UTC(2020, 0, 1 + i));
      Deno.utimeSync(`${cache}/native/${name}/library.json`, when, when);
      names.push(name);
    });
    await building(cxx, { ...option(0), level: "x86-64-v2" }).output();
    assert.deepEqual(namesIn(cache).filter((name) => built.includes(name)), names.slice(2), "the last four of a kind");
    const sidecar = `${cache}/native/${names[2]}/library.json`;
    assert.match(await Deno.readTextFile(sidecar), /"kind":"generic"/);
    using used = Deno.openSync(`${cache}/native/${names[2]}`);
    used.lockSync(false);
    for (const i of [7, 8, 9]) await building(cxx, option(i)).output();
    const left = namesIn(cache);
    assert.ok(left.includes(names[2]), "one in use stays, however old");
    assert.ok(!left.includes(names[3]));
    assert.deepEqual(names.slice(4).filter((name) => left.includes(name)), names.slice(4));
  }));

Deno.test("a library is taken only from a folder that this user alone can write to", () =>
  withFolder(async ({ cache, cxx }) => {
    const path = await find(cxx, { cache });
    const library = path.slice(0, path.lastIndexOf("/"));
    const writable =
      /^Cannot take the native library from .*: nobody but this user .*, received the mode 777: .*chmod -R go-w/;
    for (const place of [cache, `${cache}/native`, library, path]) {
      const { mode } = await Deno.stat(place);
      assert.equal(mode! & 0o022, 0, `${place} is made for this user alone`);
      await Deno.chmod(place, 0o777);
      await assert.rejects(() => find(cxx, { cache }), refused(writable));
      await Deno.chmod(place, mode! & 0o777);
      assert.equal(await find(cxx, { cache }), path);
    }
    // As /tmp: others may add to it, but not replace what is this user's.
    await Deno.chmod(cache, 0o1777);
    assert.equal(await find(cxx, { cache }), path);
    await Deno.chmod(cache, 0o700);
  }));

Deno.test({
  name: "a library of another user is refused",
  // Only root may give a folder away.
  ignore: Deno.uid() !== 0,
  fn: () =>
    withFolder(async ({ cache, cxx }) => {
      const path = await find(cxx, { cache });
      const foreign = /^Cannot take the native library from .*, received a folder of the user 12345: delete it, or set/;
      for (const place of [cache, `${cache}/native`, path.slice(0, path.lastIndexOf("/")), path]) {
        await Deno.chown(place, 12345, 12345);
        await assert.rejects(() => find(cxx, { cache }), refused(foreign));
        await Deno.chown(place, 0, 0);
      }
      assert.equal(await find(cxx, { cache }), path);
    }),
});

Deno.test("a build keeps to this user whatever the umask", () =>
  withFolder(async ({ cache, cxx }) => {
    const before = Deno.umask(0);
    try {
      const path = await find(cxx, { cache });
      for (const place of [cache, `${cache}/native`, path.slice(0, path.lastIndexOf("/")), path]) {
        assert.equal((await Deno.stat(place)).mode! & 0o022, 0, place);
      }
    } finally {
      Deno.umask(before);
    }
  }));

const mod = new URL("../../mod.ts", import.meta.url).href;

/** Runs `getBackend()` in a process of its own. */
async function choice(
  flags: readonly string[],
  env: Record<string, string>,
): Promise<{ backend: string; said: string[] }> {
  const folder = await Deno.makeTempDir();
  try {
    const main = `${folder}/main.ts`;
    await Deno.writeTextFile(main, `import { getBackend } from "${mod}"; console.log(await getBackend());`);
    const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--no-config", "--no-prompt", ...flags, main],
      // What drivers write by relative names of folders goes with the folder.
      cwd: folder,
      clearEnv: true,
      env: {
        PATH: Deno.env.get("PATH")!,
        DENO_DIR: Deno.env.get("DENO_DIR") ?? `${Deno.env.get("HOME")}/.cache/deno`,
        NO_COLOR: "1",
        ...env,
      },
      stdout: "piped",
      stderr: "piped",
    }).output();
    const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes).trim();
    return { backend: text(stdout), said: text(stderr).split("\n") };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("auto goes on with wasm where the machine has no library for it, and says why in a line of 80 columns [slow]", () =>
  withFolder(async ({ folder, cache, cxx }) => {
    await Deno.writeTextFile(`${folder}/file`, "");
    await Deno.writeTextFile(`${folder}/broken`, "#!/bin/sh\necho 'error: broken' >&2\nexit 1\n", { mode: 0o755 });
    await Deno.mkdir(`${folder}/open`);
    await Deno.chmod(`${folder}/open`, 0o777);
    const here = { CXX: cxx, CERATOPS_CACHE: cache };
    const cases: [flags: string[], env: Record<string, string>, needs: string][] = [
      [[], {}, "needs -A"],
      [["--allow-import"], {}, "needs -A"],
      [["-A"], { ...here, CERATOPS_CACHE: `${folder}/file` }, "needs a writable cache folder"],
      [["-A"], { ...here, CERATOPS_CACHE: "cache" }, "needs an absolute CERATOPS_CACHE"],
      [["-A"], { ...here, CERATOPS_CACHE: `${folder}/open` }, "needs a cache folder of your own"],
      [["-A"], { CXX: cxx }, "needs HOME or CERATOPS_CACHE"],
      [["-A"], { CXX: cxx, HOME: "relative", XDG_CACHE_HOME: "relative" }, "needs HOME or CERATOPS_CACHE"],
      [["-A"], { ...here, CXX: "no-such-compiler" }, "needs CXX to name a compiler"],
      // Of which there is no prebuilt one.
      [["-A"], { CERATOPS_CACHE: cache, PATH: "/nowhere", CERATOPS_SANITIZE: "1" }, "needs a C++ compiler"],
      // What this compiler leaves is no library.
      [["-A"], here, "cannot be opened"],
    ];
    for (const [flags, env, needs] of cases) {
      const { backend, said } = await choice(flags, env);
      assert.equal(backend, "wasm", said.join("\n"));
      const lines = said.filter((line) => !line.startsWith("Building the native library"));
      assert.deepEqual(lines, [`Ceratops runs on wasm; eigen, 8 times as fast, ${needs}`]);
      assert.ok(said.every((line) => line.length <= 80), said.join("\n"));
    }
    const { backend, said } = await choice(["-A"], { ...here, CXX: `${folder}/broken`, CERATOPS_DEBUG: "backend" });
    assert.equal(backend, "wasm");
    const text = said.join("\n");
    assert.match(text, /^Ceratops runs on wasm; eigen, 8 times as fast, needs a working C\+\+ compiler$/m);
    assert.match(text, /^ {2}webgpu passed over: Cannot use webgpu: /m);
    assert.match(
      text,
      /^ {2}eigen passed over: Cannot build the native library: .*broken failed with status 1: .*\nerror: broken$/m,
    );
    assert.match(text, /^ {2}wasm chosen: /m);
  }));

Deno.test("a backend that was named without its permissions says which", async () => {
  const { said } = await choice(["--allow-env"], { CERATOPS_BACKEND: "eigen" });
  assert.match(
    said.join("\n"),
    /BackendError: Cannot use eigen: it needs --allow-ffi --allow-read .*, received .*--allow-read.*: run with these or with -A/,
  );
});
