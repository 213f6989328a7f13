// The programs to time: Ceratops and its peers, each a process that prints one line of JSON.
import { type ApplicationName, mnistFiles, modelFile, type ModelForm } from "./peer_files.ts";

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

/** The scripts of the Python peers; none has the name of a package that it imports. */
const scripts: Readonly<Record<string, string>> = {
  pytorch: "pytorch.py",
  keras: "keras_peer.py",
  onnxruntime: "onnxruntime_peer.py",
};

/** A Python peer: `pytorch`, `onnxruntime`, or Keras on one of its backends. */
export function pythonPeer(name: string, ...options: string[]): Program {
  const [library, backend] = name.split("-");
  const file = scripts[library];
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

/** A program that is given a file of a model of keras.applications, for images of `side` by `side`. */
export function withModel(
  model: ApplicationName,
  side: number,
  form: ModelForm,
  { name, command }: Program,
): Program {
  return { name, command: async (work) => [...await command(work), "--file", await modelFile(model, side, form)] };
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
