// The processes that train one model together, as executors and trainings see them.

/** The processes of a run, of which this is one. */
export interface Communicator {
  /** The number of this process, from 0. */
  readonly rank: number;
  /** How many there are. */
  readonly size: number;
  /** One line about what connects them, such as `Open MPI 4.1.4`. */
  readonly description: string;
  /** The processors that this process has for itself. */
  readonly processors: number;
  /** A function of native code that programs call to add up memory over all processes: see ffi/collective.cpp. */
  readonly reducer: Deno.PointerValue;
  /** Adds up the elements over all processes, in place. */
  reduce(data: Float32Array<ArrayBuffer> | Int32Array<ArrayBuffer>): Promise<void>;
  /** Gives all processes the bytes of process 0, in place. */
  broadcast(data: Uint8Array<ArrayBuffer>): Promise<void>;
  /** The numbers of all processes, by rank; each gives as many. */
  gather(numbers: readonly number[]): Promise<number[][]>;
  /** The texts of all processes, by rank. */
  gatherTexts(text: string): Promise<string[]>;
}

/** How to open one. */
type Opener = () => Promise<Communicator | undefined>;

let all: Communicator | undefined;

/** The processes that a launcher started, once they are connected, whether or not they train together; undefined if this one is alone. */
export function launched(): Communicator | undefined {
  return all;
}

/** Keeps what connects this process with the others that its launcher started. */
export function keepLaunched(others: Communicator | undefined): void {
  all = others;
}

let current: Promise<Communicator | undefined> | undefined;
let known: Communicator | undefined;

/** The processes that train together; undefined if this one trains alone. */
export async function communicator(): Promise<Communicator | undefined> {
  return await current;
}

/** The same, for what cannot wait: undefined also before they are connected. */
export function connected(): Communicator | undefined {
  return known;
}

/** Whether this process is the one that prints and writes files. */
export function isFirst(): boolean {
  return (known?.rank ?? 0) === 0;
}

/** Trains with other processes from now on, or alone if there is no opener. */
export async function useCommunicator(open: Opener | undefined): Promise<void> {
  known = undefined;
  current = open?.();
  // It is awaited by what needs it, too.
  current?.catch(() => {});
  known = await current;
}
