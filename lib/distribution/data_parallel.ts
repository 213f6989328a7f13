// DataParallel: each process trains on its rows of every batch. https://keras.io/api/distribution/data_parallel/
import { communicator, connected, useCommunicator } from "../communicator.ts";
import { describe, ValueError } from "../errors.ts";
import { getExecutor } from "../exec/select.ts";
import { clearCaches, requireIdle } from "../session.ts";
import { connect, requireUndivided } from "./connection.ts";

/**
 * Shares out the rows of every batch among the processes that `mpirun`, `srun` or another launcher of MPI has started.
 * Set it with {@linkcode setDistribution}; then `fit`, `evaluate`, `predict` and the methods for one batch compute what
 * one process would with the same batch size, up to the order of sums. As `keras.distribution.DataParallel`.
 *
 * @example One line more, and `mpirun -n 4 deno run -A train.ts`
 * ```ts
 * import { distribution } from "./mod.ts";
 * await distribution.set(new distribution.DataParallel());
 * console.log(await distribution.getDeviceCount()); // 1
 * ```
 */
export class DataParallel {
  /** Takes nothing: all processes take part, and each has one device. Throws {@linkcode ValueError} for anything given. */
  constructor(...given: readonly never[]) {
    if (given.length === 0) return;
    throw new ValueError({
      what: "Cannot make DataParallel",
      rule: "it takes nothing: all processes of the launcher take part",
      received: describe(given[0]),
      hint: "leave it out, and start as many processes as are to take part",
    });
  }
}

let current: DataParallel | undefined;

/**
 * Distributes everything that follows, or with null nothing: weights are made equal in all processes when they are first
 * used. In a process that no launcher of MPI started it does nothing; to see that it reads environment variables. Await it, or let the next `fit` wait for it. As
 * `keras.distribution.set_distribution`.
 *
 * @param value a {@linkcode DataParallel}, or null for none
 * @throws {ValueError} for anything else
 * @throws {StateError} while a model trains, evaluates or predicts, and within a trial of a search over processes
 * @throws {BackendError} if MPI cannot be used; the message says what is missing
 *
 * @example Alone it does nothing
 * ```ts
 * import { distribution } from "./mod.ts";
 * await distribution.setDistribution(new distribution.DataParallel());
 * console.log(await distribution.listDevices()); // [ "process:0" ]
 * ```
 */
export async function setDistribution(value: DataParallel | null): Promise<void> {
  const what = "set the distribution";
  if (value !== null && !(value instanceof DataParallel)) {
    throw new ValueError({
      what: `Cannot ${what}`,
      rule: "it must be a DataParallel, or null",
      received: describe(value),
      hint: "write distribution.set(new distribution.DataParallel())",
    });
  }
  requireUndivided(what);
  requireIdle(what);
  // Programs that were compiled before are of one process, or of several.
  clearCaches();
  current = value ?? undefined;
  await useCommunicator(value === null ? undefined : connect);
}

/** {@linkcode setDistribution} in short. */
export const set: (value: DataParallel | null) => Promise<void> = setDistribution;

/** What {@linkcode setDistribution} has set; null if nothing. As `keras.distribution.distribution`. */
export function distribution(): DataParallel | null {
  return current ?? null;
}

/**
 * The processes that train together, as `process:0`, `process:1` and so on; with a name of a backend those that use it.
 * As `keras.distribution.list_devices`.
 */
export async function listDevices(deviceType?: string | null): Promise<string[]> {
  const others = await communicator();
  const names = Array.from({ length: others?.size ?? 1 }, (_, rank) => `process:${rank}`);
  return deviceType === undefined || deviceType === null || (await getExecutor()).name === deviceType ? names : [];
}

/** How many processes train together. As `keras.distribution.get_device_count`. */
export async function getDeviceCount(deviceType?: string | null): Promise<number> {
  return (await listDevices(deviceType)).length;
}

/**
 * Connects the processes; {@linkcode setDistribution} and searches with `workers: "mpi"` do so too. Their number and addresses are the launcher's, so
 * that it takes nothing. As `keras.distribution.initialize`.
 */
export async function initialize(): Promise<void> {
  if (!connected()) await connect();
}
