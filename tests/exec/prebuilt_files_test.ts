// The prebuilt libraries that are committed: they are what the table says, and this machine's trains without a compiler.
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { detectLevel, hashForPrebuilt, type Level, readSources, units } from "../../ffi/build.ts";
import { exportedNames, requireInterface } from "../../ffi/build_native.ts";
import { downloadPrebuilt, platform, type PrebuiltLibrary } from "../../ffi/download.ts";
import { readHeaders } from "../../ffi/exports.ts";
import { prebuilt } from "../../ffi/prebuilt.ts";

const sources = await readSources(units);

/** Whether a library is of the sources beside it, which it need not be between releases. */
const isCurrent = async ({ build, level }: PrebuiltLibrary) =>
  build.startsWith(`${await hashForPrebuilt(sources, level as Level)}-`);

Deno.test("the committed libraries have the hashes of the table, and export the C interface alone", async () => {
  const { from, libraries } = prebuilt;
  assert.ok(libraries.some((library) => library.platform === platform), `none is for ${platform}`);
  const folder = fileURLToPath(new URL("../../ffi/prebuilt/", import.meta.url));
  assert.deepEqual(
    [...Deno.readDirSync(folder)].map(({ name }) => name).sort(),
    ["NOTICE.txt", ...libraries.map(({ file }) => file)].sort(),
  );
  for (const library of libraries) {
    const bytes = await downloadPrebuilt(from, library);
    // One of earlier sources may have had another interface.
    const names = await isCurrent(library)
      ? await exportedNames()
      : readHeaders(bytes).exports.filter((name) => name.startsWith("ceratops_"));
    assert.ok(names.includes("ceratops_run"));
    requireInterface(bytes, library.platform, names);
    assert.throws(() => requireInterface(bytes, library.platform, names.slice(1)), / exports /);
    assert.throws(() => requireInterface(bytes, library.platform, [...names, "ceratops_more"]), / lacks ceratops_more/);
  }
});

const training = `
import { getBackend, Input, layers, Sequential, tensor } from "${new URL("../../mod.ts", import.meta.url).href}";
const model = new Sequential([Input({ shape: [2] }), new layers.Dense(1)]);
model.compile({ optimizer: "sgd", loss: "mean_squared_error" });
const step = () => model.trainOnBatch(tensor([[1, 2], [3, 4]]), tensor([[3], [7]]));
const [{ loss: before }, { loss: after }] = [await step(), await step()];
console.log(JSON.stringify([await getBackend(), after < before]));`;

Deno.test("without a compiler this machine trains on its committed library, or is told that it is of other sources [eigen]", async () => {
  const folder = await Deno.makeTempDir({ prefix: "ceratops-prebuilt-" });
  try {
    // The processor's flags are read by this program.
    await Deno.mkdir(`${folder}/bin`);
    await Deno.symlink("/bin/cat", `${folder}/bin/cat`);
    await Deno.writeTextFile(`${folder}/main.ts`, training);
    const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-config", "--no-lock", `${folder}/main.ts`],
      clearEnv: true,
      env: {
        PATH: `${folder}/bin`,
        DENO_DIR: Deno.env.get("DENO_DIR") ?? `${Deno.env.get("HOME")}/.cache/deno`,
        CERATOPS_CACHE: `${folder}/cache`,
        CERATOPS_THREADS: "2",
        CERATOPS_BACKEND: "eigen",
        CERATOPS_DEBUG: "backend",
        NO_COLOR: "1",
      },
      stdout: "piped",
      stderr: "piped",
    }).output();
    const said = new TextDecoder().decode(stderr);
    const level = await detectLevel();
    const library = prebuilt.libraries.find((library) => library.platform === platform && library.level === level);
    if (library && await isCurrent(library)) {
      assert.match(said, /^ {2}eigen chosen: Eigen 3\.\d+\.\d+.*, prebuilt, 2 threads$/m);
      assert.equal(new TextDecoder().decode(stdout), '["eigen",true]\n');
      assert.deepEqual([...Deno.readDirSync(`${folder}/cache/native`)].map(({ name }) => name), [library.build]);
    } else {
      const why = library ? "it must be built from the sources beside it" : "this version must offer one";
      assert.match(
        said,
        new RegExp(`Cannot build the native library: .* must be installed, received no prebuilt one \\(.*: ${why}`),
      );
      assert.equal(new TextDecoder().decode(stdout), "");
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
