// The programs to time: Ceratops and its peers, each a process that prints one line of JSON.
import { mnistFiles, modelFile } from "./peer_files.ts";

/** What a program prints. */
export interface Measurement {
  readonly peer: string;
  /** The version of the peer. */
  readonly version?: string;
  readonly work: string;
  readonly seconds: readonly number[];
  readonly detail: Readonly<Record<string, unknown>>;
  /** Seconds of the whole process, measured from outside. */
  readonly wall: number;
}

/** A program that can run a work. */
export interface Program {
  readonly name: string;
  readonly command: (work: string) => Promise<string[]>;
}

const here = (path: string) => new URL(path, import.meta.url).pathname;
const python = Deno.env.get("CERATOPS_BENCH_PYTHON") ?? here("../.venv/bin/python");

/** Ceratops on a backend. */
export function ceratops(backend: string, ...options: string[]): Program {
  const flags = backend === "wasm" ? ["--allow-read"] : ["-A"];
  return {
    name: `ceratops-${backend}`,
    command: (work) =>
      Promise.resolve([
        Deno.execPath(),
        "run",
        ...flags,
        here("./ceratops.ts"),
        work,
        "--backend",
        backend,
        ...options,
      ]),
  };
}

/** A Python peer: `pytorch`, or Keras on one of its backends. */
export function pythonPeer(name: string, ...options: string[]): Program {
  const [script, backend] = name.split("-");
  const file = script === "keras" ? "keras_peer.py" : `${script}.py`;
  const own = backend ? ["--backend", backend] : [];
  return {
    name,
    command: async (work) => [python, here(`./peers/${file}`), work, "--data", await mnistFiles(), ...own, ...options],
  };
}

/** TensorFlow.js on one of its backends, in this Deno. */
export function tfjsPeer(backend: string, ...options: string[]): Program {
  const flags = ["-A", "--no-lock", "--node-modules-dir=none"];
  return {
    name: `tfjs-${backend}`,
    command: async (work) => [
      Deno.execPath(),
      "run",
      ...flags,
      here("./peers/tfjs.mjs"),
      work,
      "--backend",
      backend,
      "--data",
      await mnistFiles(),
      ...options,
    ],
  };
}

/** A program that is given the file of a model of keras.applications. */
export function withModel(model: string, { name, command }: Program): Program {
  return { name, command: async (work) => [...await command(work), "--file", await modelFile(model)] };
}

/** Runs a program once, until `signal` ends it; returns the reason as text if it cannot run. */
export async function measure(program: Program, work: string, signal?: AbortSignal): Promise<Measurement | string> {
  const [file, ...args] = await program.command(work);
  const start = performance.now();
  let output: Deno.CommandOutput;
  try {
    output = await new Deno.Command(file, { args, stdout: "piped", stderr: "piped", signal }).output();
  } catch (error) {
    return error instanceof Deno.errors.NotFound ? `${file} is not there` : String(error);
  }
  const wall = (performance.now() - start) / 1000;
  const text = new TextDecoder().decode(output.stdout).trim().split("\n").pop() ?? "";
  if (!output.success || !text.startsWith("{")) {
    return new TextDecoder().decode(output.stderr).trim().split("\n").pop() || `exit code ${output.code}`;
  }
  return { ...JSON.parse(text), wall };
}
