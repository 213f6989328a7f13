// The command line: `deno run -A cli.ts --help`.

/**
 * Looks into model files, converts and compares them, and runs models, on the command line.
 *
 * @example Install it as `ceratops`
 * ```sh
 * deno install --global --allow-read --allow-env --name ceratops cli.ts
 * ```
 *
 * @module
 */
import { standardStreams } from "./cli/streams.ts";
import { runCommand } from "./cli/program.ts";

if (import.meta.main) Deno.exitCode = await runCommand(Deno.args, standardStreams);
