// Callbacks that write files, where the file system refuses: an error that says which file and what to do.
import assert from "node:assert/strict";
import { callbacks, FileError, Input, layers, Sequential } from "../../mod.ts";
import { writeSafely } from "../../lib/files/system.ts";
import { useBackend } from "../backends.ts";

async function fitWith(callback: callbacks.Callback, epochs = 2): Promise<void> {
  await useBackend("wasm");
  const model = new Sequential([Input({ shape: [1] }), new layers.Dense(1)]);
  model.compile({ optimizer: "sgd", loss: "mean_squared_error" });
  await model.fit([[1], [2]], [[1], [2]], { epochs, verbose: 0, callbacks: [callback] });
}

async function withFolder(body: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await body(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const refused = (pattern: RegExp) => (error: unknown) => {
  assert.ok(error instanceof FileError, String(error));
  assert.match(error.message, pattern);
  return true;
};

const writes = /: the folder must be there, and may be written to, received .+: check the path and the space/;
const says = (start: string, rule = writes) => refused(new RegExp(`^${start}${rule.source}`));

Deno.test("CSVLogger() names the file that cannot be written", () =>
  withFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/file`, "");
    for (const path of [`${folder}/none/log.csv`, `${folder}/file/log.csv`, folder]) {
      const message = says(`Cannot write "${path}"`);
      await assert.rejects(() => fitWith(new callbacks.CSVLogger(path)), message);
      if (path === folder) continue;
      await assert.rejects(() => fitWith(new callbacks.CSVLogger(path, { append: true })), FileError);
    }
  }));

Deno.test("BackupAndRestore() names the folder or file that cannot be written, read or removed", () =>
  withFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/file`, "");
    const inFile = new callbacks.BackupAndRestore(`${folder}/file/backup`);
    await assert.rejects(
      () => fitWith(inFile),
      refused(/^Cannot read ".*\/file\/backup\/latest\.training": .* check the path/),
    );
    await assert.rejects(
      () => fitWith(new callbacks.BackupAndRestore("/sys/ceratops/backup")),
      says('Cannot make the folder "/sys/ceratops/backup"'),
    );
    const path = `${folder}/backup/latest.training`;
    await Deno.mkdir(`${path}.new`, { recursive: true });
    await Deno.writeTextFile(`${path}.new/inside`, "");
    await assert.rejects(
      () => fitWith(new callbacks.BackupAndRestore(`${folder}/backup`)),
      says(`Cannot write "${path}"`),
    );
  }));

Deno.test("writeSafely() leaves the old file, and nothing else, where it fails", () =>
  withFolder(async (folder) => {
    const script = `
      import { writeSafely } from "${new URL("../../lib/files/system.ts", import.meta.url)}";
      await writeSafely("${folder}/file", new Uint8Array(1 << 20)).catch((error) => console.log(error.name, error.message));`;
    await writeSafely(`${folder}/file`, Uint8Array.of(1, 2));
    // Files of at most 512 bytes, as on a disk that is full.
    const { stdout } = await new Deno.Command("sh", {
      args: ["-c", `trap "" XFSZ; ulimit -f 1; exec "$0" eval --no-lock "$1"`, Deno.execPath(), script],
      env: { DENO_DIR: `${folder}/deno` },
      stdout: "piped",
      stderr: "null",
    }).output();
    assert.match(new TextDecoder().decode(stdout), /^FileError Cannot write ".*\/file": .*, received File too large/);
    assert.deepEqual(await Deno.readFile(`${folder}/file`), Uint8Array.of(1, 2));
    const left = [...Deno.readDirSync(folder)].map(({ name }) => name).filter((name) => name !== "deno");
    assert.deepEqual(left, ["file"]);
  }));
