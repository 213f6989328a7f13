// Seconds an epoch of the MLP and the convnet of MNIST, beside PyTorch on the same GPU where a Python has it with CUDA.
import { median } from "../median.ts";
import { mnistFiles } from "../peer_files.ts";
import { ceratops, measure, type Measurement, type Program } from "../peers.ts";
import { type Context, type Item, runItems } from "./findings.ts";
import { digits } from "./limits.ts";

const works = [["mlp_epoch", "MLP 784-512-10"], ["convnet_epoch", "convnet"]] as const;

const here = (path: string) => new URL(path, import.meta.url).pathname;

/** Where a Python with PyTorch may be. */
const pythons = [Deno.env.get("CERATOPS_BENCH_PYTHON"), here("../../.venv/bin/python"), "python3"];

const probe =
  "import torch; print(torch.cuda.is_available(), torch.cuda.is_available() and torch.cuda.get_device_name(0))";

/** A Python whose PyTorch has CUDA, and what it calls the GPU. */
async function findTorch(signal: AbortSignal): Promise<{ python: string; gpu: string } | undefined> {
  for (const python of pythons) {
    if (!python) continue;
    try {
      const { stdout } = await new Deno.Command(python, {
        args: ["-c", probe],
        stdout: "piped",
        stderr: "null",
        signal,
      })
        .output();
      const [, gpu] = /^True (.*)$/m.exec(new TextDecoder().decode(stdout)) ?? [];
      if (gpu) return { python, gpu };
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  return undefined;
}

function torchOn(python: string, options: readonly string[]): Program {
  const script = here("../peers/pytorch.py");
  return {
    name: "PyTorch",
    command: async (work) => [python, script, work, "--data", await mnistFiles(), "--device", "cuda", ...options],
  };
}

const timeOf = ({ seconds, detail }: Measurement) =>
  `${digits(median(seconds))} s an epoch${detail.scaled ? `, scaled from ${detail.rows} rows` : ""}, test accuracy ${
    Number(detail.testAccuracy).toFixed(3)
  }`;

/** Measures epochs on this machine's adapter. */
export async function epochs(context: Context): Promise<void> {
  const { smoke, left } = context;
  const few = smoke ? ["--repeats", "1", "--rows", "1280"] : ["--repeats", "3"];
  const until = () => AbortSignal.timeout(Math.max(1, 1000 * left()));
  const run = async (program: Program, work: string) => {
    const signal = until();
    const result = await measure(program, work, signal);
    if (signal.aborted) return undefined;
    return typeof result === "string" ? { text: result, failed: true } : { text: timeOf(result), failed: false };
  };
  let found: Awaited<ReturnType<typeof findTorch>>;
  const beside = async (work: string) => {
    found ??= await findTorch(until());
    if (!found) return { text: "not installed: no Python has PyTorch with CUDA", failed: false };
    const result = await run(torchOn(found.python, few), work);
    return result && { text: `${result.failed ? "not run: " : ""}${result.text}, on ${found.gpu}`, failed: false };
  };
  const items = works.flatMap(([work, title]): Item[] => [
    { name: `${title}, Ceratops`, run: () => run(ceratops("webgpu", ...few), work) },
    { name: `${title}, PyTorch`, run: () => beside(work) },
  ]);
  await runItems(context, items);
}
