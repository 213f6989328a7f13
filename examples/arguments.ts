// The arguments that the examples with pictures take: how many steps, and where the picture goes.
import { parseArgs } from "node:util";

/** Reads `--steps` and `--out`; prints the usage and ends where something else is asked. */
export function readArguments(file: string, about: string, defaults: { steps: number; out: string }): typeof defaults {
  const usage = `${about}

Usage: deno run -A examples/${file} [options]

  --steps <n>   how many steps each training takes (${defaults.steps})
  --out <file>  where the picture goes (${defaults.out})
  --help        print this`;
  const refuse = (message: string): never => {
    console.error(`${message}\n\n${usage}`);
    Deno.exit(2);
  };
  try {
    const text = { type: "string" } as const;
    const { values } = parseArgs({ args: Deno.args, options: { steps: text, out: text, help: { type: "boolean" } } });
    if (values.help) {
      console.log(usage);
      Deno.exit(0);
    }
    const steps = values.steps === undefined ? defaults.steps : Number(values.steps);
    if (!Number.isSafeInteger(steps) || steps < 1) {
      refuse(`--steps must be an integer of at least 1, received "${values.steps}"`);
    }
    return { steps, out: values.out ?? defaults.out };
  } catch (error) {
    return refuse(error instanceof Error ? error.message : String(error));
  }
}
