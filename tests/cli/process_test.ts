// The command line as a process: help, exit codes, streams, permissions, and its installation.
import assert from "node:assert/strict";
import manifest from "../../deno.json" with { type: "json" };
import { utils } from "../../mod.ts";
import { line } from "./models.ts";
import { runHere, testInFolder } from "./run.ts";

const cli = new URL("../../cli.ts", import.meta.url);
const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

/** Runs the command line without a terminal, and with these permissions alone. */
async function runAlone(flags: readonly string[], args: readonly string[]) {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", "--quiet", "--no-check", ...flags, cli.href, ...args],
    env: { FORCE_COLOR: "1" },
    stdin: "null",
  }).output();
  return { code, out: decode(stdout), told: decode(stderr) };
}

Deno.test("--help lists the commands, and each command's has examples", async () => {
  const { code, out, told } = await runHere("--help");
  assert.deepEqual([code, told], [0, ""]);
  const commands = [...out.matchAll(/^ {2}(\w+) \[options\]/gm)].map(([, name]) => name);
  assert.deepEqual(commands, ["inspect", "convert", "diff", "predict", "evaluate", "bench"]);
  for (const name of commands) {
    const help = await runHere(name, "--help");
    assert.deepEqual([help.code, help.told], [0, ""]);
    assert.match(help.out, new RegExp(`^Usage: ceratops ${name} `));
    assert.match(help.out, / --json .*\n[^]* --trace /);
    assert.match(help.out, new RegExp(`\nExamples:\n( {2}\\$ ceratops ${name} .*\n)+$`));
  }
  assert.deepEqual(await runHere("--version").then(({ code, out }) => [code, out]), [0, `${manifest.version}\n`]);
});

Deno.test("unknown commands, options and values, and missing arguments end with exit code 2", async () => {
  const cases: [args: string[], message: RegExp][] = [
    [["inspct"], /^error: unknown command 'inspct'\n\(Did you mean inspect\?\)\n$/],
    [["inspect"], /^error: missing required argument 'file'\n$/],
    [["inspect", "a.keras", "b.keras"], /too many arguments/],
    [["predict", "a.keras", "x.npy", "--bach", "3"], /unknown option '--bach'\n\(Did you mean --batch\?\)/],
    [["predict", "a.keras", "x.npy", "--batch", "0"], /'0' is invalid\. It must be a whole number of at least 1/],
    [["diff", "a.keras", "b.keras", "--tolerance", "-1"], /'-1' is invalid\. It must be a number of at least 0/],
    [["predict", "a.keras", "x.npy", "--backend", "cuda"], /Allowed choices are auto, webgpu, eigen, wasm, reference/],
    [[], /^Usage: ceratops /],
  ];
  for (const [args, message] of cases) {
    const { code, out, told } = await runHere(...args);
    assert.deepEqual([code, out], [2, ""], args.join(" "));
    assert.match(told, message);
  }
});

testInFolder(
  "a process has the exit codes, writes results alone to stdout, and asks for no permission",
  async (folder) => {
    const model = await line();
    await model.save(`${folder}/a.keras`);
    await utils.saveNpy(`${folder}/x.npy`, [[1, 2]]);
    const read = [`--allow-read=${folder}`];
    const [predicted, compared, missing, refused] = await Promise.all([
      runAlone(read, ["predict", `${folder}/a.keras`, `${folder}/x.npy`, "--backend", "wasm"]),
      runAlone(read, ["inspect", `${folder}/a.keras`]),
      runAlone(read, ["diff", `${folder}/a.keras`, `${folder}/none.keras`]),
      runAlone(read, ["convert", `${folder}/a.keras`, `${folder}/b.keras`]),
    ]);
    assert.deepEqual([predicted.code, predicted.out], [0, "[[21.5]]\n"]);
    assert.match(predicted.told, /^Ceratops runs on wasm by setBackend \(WebAssembly, .*threads?\)\n$/);
    assert.deepEqual([compared.code, compared.told], [0, ""]);
    assert.ok(!compared.out.includes("\x1b"));
    assert.equal(missing.code, 2);
    assert.match(missing.told, /^error: Cannot load "\S+none\.keras": .*\n$/);
    assert.equal(refused.code, 2);
    assert.match(refused.told, /^error: .*--allow-write/);
  },
);

testInFolder("CERATOPS_DEBUG and --trace show where an error comes from [slow]", async (folder) => {
  const args = ["inspect", `${folder}/none.keras`];
  const told = async (env: Record<string, string>, ...more: string[]) => {
    const command = new Deno.Command(Deno.execPath(), {
      args: ["run", "--no-prompt", "--no-check", "--allow-read", "--allow-env", cli.href, ...args, ...more],
      env,
    });
    return decode((await command.output()).stderr);
  };
  const stack = /^error: FileError: Cannot load .*\n\s+at /;
  assert.match(await told({ CERATOPS_DEBUG: "backend" }), stack);
  assert.match(await told({}, "--trace"), stack);
});

testInFolder("deno install makes it a command [slow]", async (folder) => {
  await (await line()).save(`${folder}/a.keras`);
  const installed = await new Deno.Command(Deno.execPath(), {
    args: ["install", "--global", "--quiet", "--root", folder, "--name", "ceratops", "--allow-read", cli.href],
  }).output();
  assert.ok(installed.success, decode(installed.stderr));
  const command = Deno.build.os === "windows" ? "ceratops.cmd" : "ceratops";
  const { code, stdout, stderr } = await new Deno.Command(`${folder}/bin/${command}`, {
    args: ["diff", "a.keras", "a.keras"],
    cwd: folder,
    stdin: "null",
  }).output();
  assert.deepEqual([code, decode(stdout), decode(stderr)], [0, "All 2 weights are equal.\n", ""]);
});
