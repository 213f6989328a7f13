// What the tests of distribution run, in one process or by mpirun: `train.ts FOLDER SCENARIO BACKEND [ARGUMENTS]`. Each
// process writes what its scenario gives to the folder.
import { type BackendName, distribution, setBackend, setRandomSeed, Tensor } from "../../mod.ts";
import { communicator } from "../../lib/communicator.ts";
import { scenarios } from "./scenarios.ts";

const [folder, name, backend, ...args] = Deno.args;
// Only that of the first process counts.
setRandomSeed(7 + Number(Deno.env.get("OMPI_COMM_WORLD_RANK") ?? Deno.env.get("PMI_RANK") ?? 0));
await distribution.set(new distribution.DataParallel());
const others = await communicator();
const rank = others?.rank ?? 0;
await setBackend(backend as BackendName);
const result = await scenarios[name]({ rank, size: others?.size ?? 1, folder, args });
const plain = (_key: string, value: unknown) => (value instanceof Tensor ? Array.from(value.data) : value);
Deno.writeTextFileSync(`${folder}/${rank}.json`, JSON.stringify(result, plain));
