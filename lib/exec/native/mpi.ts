// MPI through Deno's FFI: the processes that mpirun, srun or another launcher started.
import { readVariable } from "../../environment.ts";
import { BackendError } from "../../errors.ts";
import type { Communicator } from "../../communicator.ts";

type Builder = typeof import("../../../ffi/mpi/build.ts");

const symbols = {
  ceratops_mpi_open: { parameters: [], result: "i32" },
  ceratops_mpi_place: { parameters: ["buffer"], result: "void" },
  ceratops_mpi_version: { parameters: ["buffer", "i32"], result: "i32" },
  ceratops_mpi_error: { parameters: ["i32", "buffer", "i32"], result: "i32" },
  ceratops_mpi_reducer: { parameters: [], result: "pointer" },
  ceratops_mpi_reduce: { parameters: ["buffer", "f64", "i32"], result: "i32", nonblocking: true },
  ceratops_mpi_broadcast: { parameters: ["buffer", "f64"], result: "i32", nonblocking: true },
  ceratops_mpi_gather: { parameters: ["buffer", "buffer", "i32"], result: "i32", nonblocking: true },
  ceratops_mpi_gather_now: {
    name: "ceratops_mpi_gather",
    parameters: ["buffer", "buffer", "i32"],
    result: "i32",
  },
  ceratops_mpi_abort: { parameters: ["i32"], result: "void" },
  ceratops_mpi_close: { parameters: [], result: "i32" },
} as const;

/** The number of processes and the kind of MPI, by the variables that launchers set. */
interface Launch {
  readonly kind: "openmpi" | "mpich";
  /** Undefined where the launcher does not say. */
  readonly size: number | undefined;
}

/** What started this process; undefined if no launcher of MPI did. */
export function launchOf(read: (name: string) => string | undefined = readVariable): Launch | undefined {
  const count = (name: string) => (read(name) ? Number(read(name)) : undefined);
  const ofOpenMpi = count("OMPI_COMM_WORLD_SIZE");
  if (ofOpenMpi !== undefined) return { kind: "openmpi", size: ofOpenMpi };
  const ofPmi = count("PMI_SIZE");
  if (ofPmi !== undefined) return { kind: "mpich", size: ofPmi };
  return read("PMIX_RANK") !== undefined ? { kind: "openmpi", size: count("SLURM_NTASKS") } : undefined;
}

/** Numbers that a process tells others instead of what it was to tell: it is over. */
const over = -1;

/** Connects the processes that a launcher started; undefined if this one was started alone. */
export async function openMpi(): Promise<Communicator | undefined> {
  const launch = launchOf();
  if (!launch || launch.size === 1) return undefined;
  // A computed specifier, so that bundlers and URL importers do not fetch what a browser cannot use.
  const { findMpiLibrary } = await import(new URL("../../../ffi/mpi/build.ts", import.meta.url).href) as Builder;
  const { path } = await findMpiLibrary(launch.kind);
  const call = Deno.dlopen(path, symbols).symbols;
  const textOf = (write: (bytes: Uint8Array<ArrayBuffer>) => number) => {
    const bytes = new Uint8Array(8192);
    return new TextDecoder().decode(bytes.subarray(0, write(bytes)));
  };
  const check = (status: number, what: string) => {
    if (status === 0) return;
    throw new BackendError({
      what: `Cannot ${what}`,
      rule: status < 0
        ? "MPI must let several threads call it, one at a time"
        : textOf((bytes) => call.ceratops_mpi_error(status, bytes, bytes.length)),
      hint: "see what mpirun printed of the other processes",
    });
  };
  check(call.ceratops_mpi_open(), "start MPI");
  const place = new Int32Array(4);
  call.ceratops_mpi_place(place);
  const [rank, size, onMachine, processors] = place;
  const version = textOf((bytes) => call.ceratops_mpi_version(bytes, bytes.length));
  const description = version.match(/^(Open MPI v[\d.]+|MPICH Version:\s*\S+)/)?.[0].replace(/ v|\sVersion:\s*/, " ") ??
    version.split("\n")[0];
  if (launch.size !== undefined && launch.size !== size) {
    throw new BackendError({
      what: "Cannot train on several processes",
      rule: `the MPI that started them must be the one of mpicc, ${description}`,
      received: `${launch.size} processes, of which it sees ${size}`,
      hint: "start them with the mpirun of that MPI, or set MPICC to the mpicc of the one that started them",
    });
  }
  const gather = async (numbers: readonly number[]): Promise<number[][]> => {
    const all = new Float64Array(size * (numbers.length + 1));
    const own = Float64Array.of(...numbers, 0);
    check(await call.ceratops_mpi_gather(own, all, own.byteLength), "hear of the other processes");
    const rows = Array.from({ length: size }, (_, i) => [...all.subarray(i * own.length, (i + 1) * own.length)]);
    const ended = rows.findIndex((row) => row[0] === over);
    if (ended >= 0) throw endedEarly(ended);
    return rows.map((row) => row.slice(0, -1));
  };
  endWith(call, rank, size);
  return {
    rank,
    size,
    description,
    processors: Math.max(1, Math.min(navigator.hardwareConcurrency, Math.floor(processors / onMachine))),
    reducer: call.ceratops_mpi_reducer(),
    async reduce(data) {
      const dtype = data instanceof Float32Array ? 0 : 1;
      check(await call.ceratops_mpi_reduce(data, data.length, dtype), "add up over the processes");
    },
    async broadcast(data) {
      check(await call.ceratops_mpi_broadcast(data, data.length), "take over what the first process has");
    },
    gather,
    async gatherTexts(text) {
      const bytes = new TextEncoder().encode(text);
      const lengths = (await gather([bytes.length, ...agreed])).map(([length]) => length);
      const room = Math.max(1, ...lengths);
      const own = new Uint8Array(room);
      own.set(bytes);
      const all = new Uint8Array(room * size);
      check(await call.ceratops_mpi_gather(own, all, room), "hear of the other processes");
      return lengths.map((length, i) => new TextDecoder().decode(all.subarray(i * room, i * room + length)));
    },
  };
}

/** Every gathering is of as many numbers, so that one that is over can answer any. */
export const numbersGathered = 7;
const agreed = new Array<number>(numbersGathered - 1).fill(0);

/** Milliseconds for a launcher to print why a process ends. */
const lastWords = 300;

function endedEarly(rank: number): BackendError {
  return new BackendError({
    what: "Cannot go on",
    rule: "all processes must take the same steps",
    received: `process ${rank}, which is over, while others go on`,
    hint: "call fit, evaluate and predict alike in all processes, and let none end before the others",
  });
}

/** Ends MPI with this process; where it fails, ends the others with it, which would wait for it otherwise. */
function endWith(
  call: Deno.DynamicLibrary<typeof symbols>["symbols"],
  rank: number,
  size: number,
): void {
  const abort = (status: number) => {
    // A launcher that ends everything may drop what it has not passed on yet.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, lastWords);
    call.ceratops_mpi_abort(status);
  };
  const fail = (error: unknown) => {
    console.error(`Process ${rank} of ${size} failed, which ends all of them:`, error);
    abort(1);
  };
  globalThis.addEventListener("unhandledrejection", (event) => {
    if (!event.defaultPrevented) fail(event.reason);
  });
  globalThis.addEventListener("error", (event) => {
    if (!event.defaultPrevented) fail(event.error);
  });
  globalThis.addEventListener("unload", () => {
    if (Deno.exitCode !== 0) {
      console.error(`Process ${rank} of ${size} ends with status ${Deno.exitCode}, which ends all of them`);
      return abort(Deno.exitCode);
    }
    const own = Float64Array.of(over, ...agreed, 0);
    const all = new Float64Array(size * own.length);
    call.ceratops_mpi_gather_now(own, all, own.byteLength);
    call.ceratops_mpi_close();
  });
}
