// A page whose workers cannot start: it trains, and ends its threads.
import type { WasmThreads } from "../../lib/exec/native/wasm_threads.ts";
import type { NativeExecutor } from "../../lib/exec/native/executor.ts";
import { getExecutor } from "../../lib/exec/select.ts";
import { clearSession, Input, layers, Sequential, setBackend, tensor } from "../../mod.ts";

const scope = globalThis as { report?: string };
try {
  await setBackend("wasm", { threads: 2 });
  const { threads } = (await getExecutor() as NativeExecutor).module as { threads?: WasmThreads };
  const model = new Sequential([Input({ shape: [256] }), new layers.Dense(512), new layers.Dense(256)]);
  model.compile({ optimizer: "adam", loss: "mean_squared_error" });
  const x = tensor(new Float32Array(128 * 256).fill(0.5), [128, 256]);
  while (threads!.running === 0) await model.fit(x, x, { epochs: 3, verbose: 0 });
  await model.fit(x, x, { verbose: 0 });
  await clearSession();
  scope.report = `trained, ${threads!.running} workers left`;
} catch (error) {
  scope.report = String(error);
}
