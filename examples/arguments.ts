// The arguments that examples take: how many steps, and where a picture goes if there is one.
import { parseArgs } from "node:util";

/** Reads `--steps`, and `--out` where there is a default for it; prints the usage and ends where something else is asked. */
export function readArguments<D extends { steps: number; out?: string }>(file: string, about: string, defaults: D): D {
  const usage = `${about}

Usage: deno run -A examples/${file} [options]

  --steps <n>   how many steps each training takes (${defaults.steps})
${defaults.out ? `  --out <file>  where the picture goes (${defaults.out})\n` : ""}  --help        print this`;
  const refuse = (message: string): never => {
    console.error(`${message}\n\n${usage}`);
    Deno.exit(2);
  };
  try {
    const text = { type: "string" } as const;
    const options = { steps: text, ...(defaults.out && { out: text }), help: { type: "boolean" } } as const;
    const { values } = parseArgs({ args: Deno.args, options });
    if (values.help) {
      console.log(usage);
      Deno.exit(0);
    }
    const steps = values.steps === undefined ? defaults.steps : Number(values.steps);
    if (!Number.isSafeInteger(steps) || steps < 1) {
      refuse(`--steps must be an integer of at least 1, received "${values.steps}"`);
    }
    return { ...defaults, steps, ...(values.out && { out: values.out }) };
  } catch (error) {
    return refuse(error instanceof Error ? error.message : String(error));
  }
}
