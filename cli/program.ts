// The command line as a whole: its commands, its help, and how errors become exit codes.
import manifest from "../deno.json" with { type: "json" };
import { CeratopsError } from "../mod.ts";
import { addBench } from "./bench.ts";
import type { Session, SharedOptions } from "./command.ts";
import { addConvert } from "./convert.ts";
import { Command, CommanderError } from "./deps.ts";
import { addDiff } from "./diff.ts";
import { addEvaluate } from "./evaluate.ts";
import { addInspect } from "./inspect.ts";
import { addPredict } from "./predict.ts";
import type { Streams } from "./streams.ts";

/** The exit code of errors; `diff` ends with 1 for files that differ. */
const failure = 2;

/**
 * Runs a command.
 *
 * @param args what follows the program's name
 * @param streams where it writes
 * @returns the exit code: 0 for success, 1 if `diff` finds a difference, 2 for errors
 */
export async function runCommand(args: readonly string[], streams: Streams): Promise<number> {
  let code = 0;
  let trace = isDebugged();
  const program = makeProgram({ streams, end: (given) => code = given });
  program.hook("preAction", (_, command) => {
    trace ||= command.opts<SharedOptions>().trace === true;
  });
  try {
    await program.parseAsync(args, { from: "user" });
    return code;
  } catch (error) {
    // Its message is written already; help and version end by this too.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : failure;
    streams.tell(`error: ${describeError(error, trace)}\n`);
    return failure;
  }
}

function makeProgram(session: Session): Command {
  const { streams } = session;
  const program = new Command("ceratops")
    .description("Look into model files, convert and compare them, and run models.")
    .version(manifest.version, "--version", "print the version")
    .helpOption("--help", "print this")
    .helpCommand(false)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => streams.write(text),
      writeErr: (text) => streams.tell(text),
      // These would be found out by reading variables of the environment, which needs a permission.
      getOutHasColors: () => false,
      getErrHasColors: () => false,
      getOutHelpWidth: () => 100,
      getErrHelpWidth: () => 100,
    })
    .addHelpText("after", "\n`ceratops COMMAND --help` has the options of a command, and examples.");
  for (const add of [addInspect, addConvert, addDiff, addPredict, addEvaluate, addBench]) add(program, session);
  return program;
}

/** Whether CERATOPS_DEBUG is set, if that may be read without asking. */
function isDebugged(): boolean {
  const variable = "CERATOPS_DEBUG";
  const { state } = Deno.permissions.querySync({ name: "env", variable });
  return state === "granted" && (Deno.env.get(variable) ?? "") !== "";
}

function describeError(error: unknown, trace: boolean): string {
  if (!(error instanceof Error)) return String(error);
  if (trace) return error.stack ?? error.message;
  const isOurs = error instanceof CeratopsError || error instanceof RangeError;
  return isOurs ? error.message : `${error.message} (${error.name}; --trace shows where)`;
}
