// Other builds of the native library pass the op tests: older instruction sets, and sanitizers.
import assert from "node:assert/strict";
import { buildLibrary, type BuildOptions, detectLevel } from "../../ffi/build.ts";

/** Runs the op tests on eigen in a separate process, with another build of the library. */
async function opTestsPass(build: BuildOptions, env: Record<string, string> = {}): Promise<void> {
  // If it cannot be built, that is said once, not tried again by each test.
  await buildLibrary(build);
  const { stdout, stderr, success } = await new Deno.Command(Deno.execPath(), {
    args: [
      "test",
      "-A",
      "--quiet",
      "--no-check",
      "--filter",
      "[eigen]",
      "tests/ops/ops_test.ts",
      "tests/ir/scan_test.ts",
      "tests/layers/drawn_weights_test.ts",
    ],
    cwd: new URL("../../", import.meta.url).pathname,
    env: { NO_COLOR: "1", CERATOPS_TEST_BUILD: JSON.stringify(build), ...env },
    stdout: "piped",
    stderr: "piped",
  }).output();
  const text = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  assert.ok(success, text.slice(-4000));
  const passed = /(\d+) passed/.exec(text);
  assert.ok(Number(passed?.[1]) > 60, `${passed?.[0]}: too few tests ran`);
  assert.doesNotMatch(text, /AddressSanitizer|runtime error/);
}

for (const level of ["x86-64-v2", "x86-64-v3"] as const) {
  Deno.test({
    name: `the op tests pass on a library built for ${level}, without warnings [slow]`,
    ignore: Deno.build.arch !== "x86_64",
    fn: async () => {
      const options = { level, flags: ["-Werror"] };
      // The op tests run anyway on the level that this processor uses.
      if (level === await detectLevel()) await buildLibrary(options);
      else await opTestsPass(options);
    },
  });
}

Deno.test({
  name: "the op tests pass under AddressSanitizer and UndefinedBehaviorSanitizer [slow]",
  ignore: Deno.build.os !== "linux",
  fn: async () => {
    const compiler = Deno.env.get("CXX") ?? "g++";
    const { stdout } = await new Deno.Command(compiler, { args: ["-print-file-name=libasan.so"], stdout: "piped" })
      .output();
    const asan = new TextDecoder().decode(stdout).trim();
    // Deno itself does not free everything at exit.
    await opTestsPass({ sanitize: true }, {
      LD_PRELOAD: asan,
      ASAN_OPTIONS: "detect_leaks=0",
      UBSAN_OPTIONS: "print_stacktrace=1",
    });
  },
});
