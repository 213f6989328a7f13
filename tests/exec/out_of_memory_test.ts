// What does not fit into memory is refused with an error that says so, and the session goes on.
import assert from "node:assert/strict";
import { CeratopsError, compile, layers, ops, Variable } from "../../mod.ts";
import { findLibrary } from "../../ffi/build.ts";
import { withHostMemory } from "../../lib/dtype.ts";
import { getExecutor } from "../../lib/exec/select.ts";
import { testOnBackends } from "../backends.ts";

/** 2^43 elements, which as float32 are 2^45 bytes. */
const huge = [2 ** 22, 2 ** 21];

const refused = (pattern: RegExp) => (error: unknown) => {
  assert.ok(error instanceof CeratopsError, String(error));
  assert.match(error.message, pattern);
  return true;
};

/** What each backend says of memory that it cannot have. */
const says: Readonly<Record<string, RegExp>> = {
  eigen: /^Cannot allocate memory: .*out of memory.* a need of 32768 GiB: take a smaller batch/,
  wasm: /^Cannot allocate memory: WebAssembly has 4 GiB .*take a smaller batch/,
  webgpu: /^Cannot make room for variable .* on the GPU: .*fewer than 2\^32 elements.* 32768 GiB: make it smaller/,
  reference: /^Cannot allocate memory on the host: .* 32768 GiB: take a smaller batch/,
};

testOnBackends("a variable of 2^45 bytes is refused, and what comes after runs", async (backend) => {
  const variable = Variable.zeros(huge, { name: "table" });
  const grow = compile(() => variable.assign(ops.add(variable.value(), 1)));
  const { memory } = await getExecutor();
  const double = compile((x) => ops.multiply(x, 2));
  for (let attempt = 0; attempt < 2; attempt++) {
    await assert.rejects(() => grow(), refused(says[backend]));
    assert.equal(variable.device, undefined);
    assert.deepEqual((await getExecutor()).memory, memory, "nothing is kept of it");
  }
  assert.deepEqual((await double([1, 2])).toArray(), [2, 4]);
});

testOnBackends("a result of 2^45 bytes is refused, and what comes after runs", async (backend) => {
  const widen = compile((x) => ops.broadcastTo(x, huge));
  await assert.rejects(() => widen([1]), refused(says[backend]));
  const double = compile((x) => ops.multiply(x, 2));
  assert.deepEqual((await double([1, 2])).toArray(), [2, 4]);
});

testOnBackends("values of 2^45 bytes within a program are refused, and what comes after runs", async (backend) => {
  const product = compile((x) => {
    const [rows, columns] = [ops.broadcastTo(x, [huge[0], 1]), ops.broadcastTo(x, [1, huge[1]])];
    return ops.slice(ops.matmul(rows, columns), [0, 0], [1, 1]);
  });
  const rules: Readonly<Record<string, RegExp>> = {
    ...says,
    webgpu: /^Cannot make room for .* on the GPU: a buffer may have at most/,
    reference: /^Cannot compute ".*": its result must fit into the memory .* 65536 GiB/,
  };
  await assert.rejects(() => product([1]), refused(rules[backend]));
  const double = compile((x) => ops.multiply(x, 2));
  assert.deepEqual((await double([1, 2])).toArray(), [2, 4]);
});

Deno.test("an array that is larger than what the system has left is refused before it is made", () => {
  let ran = false;
  const make = () => ran = true;
  assert.throws(
    () => withHostMemory(2 ** 50, make),
    refused(
      /^Cannot allocate memory on the host: an array must fit into .* received 1048576 GiB: take a smaller batch/,
    ),
  );
  assert.ok(!ran);
  assert.ok(withHostMemory(2 ** 20, make), "what is small is not compared");
});

/** The library's account of the memory that is left, by files of the system in a folder. */
async function availableMemory(files: Readonly<Record<string, string>>): Promise<number> {
  const root = await Deno.makeTempDir();
  const { path } = await findLibrary();
  const library = Deno.dlopen(path, { ceratops_available_memory: { parameters: ["buffer"], result: "f64" } });
  try {
    for (const [name, text] of Object.entries(files)) {
      await Deno.mkdir(`${root}${name.slice(0, name.lastIndexOf("/"))}`, { recursive: true });
      await Deno.writeTextFile(`${root}${name}`, text);
    }
    return library.symbols.ceratops_available_memory(new TextEncoder().encode(`${root}\0`));
  } finally {
    library.close();
    await Deno.remove(root, { recursive: true });
  }
}

const mebi = 2 ** 20;
const meminfo = "MemTotal:       8388608 kB\nMemAvailable:   4194304 kB\nSwapTotal: 2048 kB\nSwapFree:   1024 kB\n";

/** Files of the system, and the bytes that are left by them. */
const accounts: readonly (readonly [string, Readonly<Record<string, string>>, number])[] = [
  ["the system and its swap", { "/proc/meminfo": meminfo }, 4096 * mebi + mebi],
  [
    "a group of version 2, without the files that it caches",
    {
      "/proc/meminfo": meminfo,
      "/proc/self/cgroup": "0::/outer/inner\n",
      "/sys/fs/cgroup/outer/inner/memory.max": `${1000 * mebi}\n`,
      "/sys/fs/cgroup/outer/inner/memory.current": `${700 * mebi}\n`,
      "/sys/fs/cgroup/outer/inner/memory.stat": `anon 5\ninactive_file ${200 * mebi}\nactive_file 7\n`,
    },
    500 * mebi,
  ],
  [
    "the group around a group",
    {
      "/proc/meminfo": meminfo,
      "/proc/self/cgroup": "0::/outer/inner\n",
      "/sys/fs/cgroup/outer/inner/memory.max": "max\n",
      "/sys/fs/cgroup/outer/memory.max": `${300 * mebi}\n`,
      "/sys/fs/cgroup/outer/memory.current": `${100 * mebi}\n`,
    },
    200 * mebi,
  ],
  [
    "the limit at the top of a container, whose path is that outside",
    {
      "/proc/meminfo": meminfo,
      "/proc/self/cgroup": "0::/system.slice/docker-1.scope\n",
      "/sys/fs/cgroup/memory.max": `${64 * mebi}\n`,
      "/sys/fs/cgroup/memory.current": `${80 * mebi}\n`,
    },
    0,
  ],
  [
    "a group of version 1",
    {
      "/proc/meminfo": meminfo,
      "/proc/self/cgroup": "5:cpu,cpuacct:/a\n4:memory:/a/b\n0::/\n",
      "/sys/fs/cgroup/memory/a/b/memory.limit_in_bytes": `${900 * mebi}\n`,
      "/sys/fs/cgroup/memory/a/b/memory.usage_in_bytes": `${400 * mebi}\n`,
      "/sys/fs/cgroup/memory/a/b/memory.stat": `cache 9\ntotal_inactive_file ${100 * mebi}\n`,
      "/sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
    },
    600 * mebi,
  ],
];

for (const [name, files, bytes] of accounts) {
  Deno.test(`what is left is told by ${name} [eigen]`, async () => {
    assert.equal(await availableMemory(files), Deno.build.os === "linux" ? bytes : 2 ** 64);
  });
}

Deno.test("more than the system has left is refused, and what comes after runs [eigen]", async () => {
  const script = `
    import { compile, ops, setBackend } from "${new URL("../../mod.ts", import.meta.url)}";
    import { getExecutor } from "${new URL("../../lib/exec/select.ts", import.meta.url)}";
    await setBackend("eigen");
    const executor = await getExecutor();
    let message = "no error";
    try {
      executor.allocate(Deno.systemMemoryInfo().total - 2 ** 20);
    } catch (error) {
      message = error.name + ": " + error.message;
    }
    const double = compile((x) => ops.multiply(x, 2));
    console.log(JSON.stringify({ message, result: (await double([1, 2])).toArray() }));
  `;
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), { args: ["eval", script] }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  const found = JSON.parse(text(stdout) || JSON.stringify({ failed: text(stderr) }));
  assert.match(
    found.message,
    /^BackendError: Cannot allocate memory: .*\(out of memory(: \d+ MiB are left)?\), received/,
  );
  assert.deepEqual(found.result, [2, 4]);
});

Deno.test("an axis of more than 2^31 elements is refused", async () => {
  const widen = compile((x) => ops.broadcastTo(x, [2 ** 32]));
  await assert.rejects(() => widen([1]), CeratopsError);
});

Deno.test("a weight is refused by its size, with layer, weight and GiB", () => {
  const dense = new layers.Dense(1e9, { name: "wide" });
  assert.throws(
    () => dense.build([null, 1]),
    refused(
      /^Cannot build "wide": "kernel" may have at most 2 GiB, received \[1, 1000000000\], which is 3\.73 GiB: give/,
    ),
  );
});

Deno.test("a weight for which the host has no memory is told with layer, weight and GiB", () => {
  const failing = () => {
    throw new RangeError("Array buffer allocation failed");
  };
  const dense = new layers.Dense(4, { name: "small", kernelInitializer: failing });
  assert.throws(
    () => dense.build([null, 2]),
    refused(/^Cannot build "small": "kernel" \[2, 4\] must fit into the memory of this machine, received .* GiB: take/),
  );
});

Deno.test("a GPU that has no memory left says so, and what comes after runs [webgpu]", async () => {
  const script = `
    import { compile, ops, Variable } from "${new URL("../../mod.ts", import.meta.url)}";
    import { useExecutor } from "${new URL("../../lib/exec/select.ts", import.meta.url)}";
    import { openWebGpu } from "${new URL("../../lib/exec/webgpu/open.ts", import.meta.url)}";
    const executor = await openWebGpu();
    await useExecutor(executor);
    const { gpu } = executor;
    const taken = [];
    // Never touched, so that they cost nothing but addresses.
    for (const bytes of [gpu.device.limits.maxBufferSize - 4095, 2 ** 28]) {
      for (;;) {
        const make = () => gpu.buffer(bytes, GPUBufferUsage.COPY_DST, "filler");
        const buffer = await gpu.checked("Fill", make).catch(() => undefined);
        if (!buffer) break;
        taken.push(buffer);
      }
    }
    gpu.free(taken.pop());
    const before = executor.memory.variables;
    const variable = Variable.zeros([2 ** 28], { name: "large" });
    const message = await executor.attach([variable]).then(() => "no error", (error) => error.name + ": " + error.message);
    taken.forEach((buffer) => gpu.free(buffer));
    const double = compile((x) => ops.multiply(x, 2));
    const result = (await double([1, 2])).toArray();
    console.log(JSON.stringify({ message, result, variables: executor.memory.variables - before - 2, taken: taken.length }));
  `;
  const { stdout, stderr } = await new Deno.Command("sh", {
    args: ["-c", `ulimit -v 60000000; exec "$0" eval "$1"`, Deno.execPath(), script],
    stdout: "piped",
    stderr: "piped",
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  const found = JSON.parse(text(stdout) || JSON.stringify({ failed: text(stderr) }));
  assert.match(found.message, /^BackendError: Cannot make room for variable "large" on the GPU: .*not enough memory/);
  assert.deepEqual(found.result, [2, 4]);
  assert.equal(found.variables, 0);
});
