// The option `workers`: which processes run trials or folds.
import { describe, ValueError } from "../errors.ts";
import { integer } from "../option_kinds.ts";
import { type Option, option } from "../options.ts";

/** The most worker processes. */
const mostWorkers = 1024;

const workerCount = integer(0, { min: 0, max: mostWorkers });

/** The number of worker processes, or `mpi` for those of a launcher. */
export const workersOption: Option<number | "mpi"> = option<number | "mpi">({
  fallback: 0,
  read: (given, where) => (given === "mpi" ? given : workerCount.read(given, where)),
});

/** The same for what worker processes do not run. */
export const ranksOption: Option<0 | "mpi"> = option<0 | "mpi">({
  fallback: 0,
  read: (given, { what }) => {
    if (given === 0 || given === "mpi") return given;
    throw new ValueError({
      what,
      rule: 'workers must be 0, for this process, or "mpi", for those of a launcher of MPI',
      received: describe(given),
      hint: 'write workers: "mpi", and start the program by mpirun',
    });
  },
});
