// Lints the documentation of mod.ts, except for types derived from tables of options or names.
import { readFileSync } from "node:fs";
import { join } from "node:path";

// Such an interface merges with the class of its name. It refers to the table of options, which is not exported, and
// its fields are documented in the options' own interface, which is linted like all others.
const fieldsOfOptions = /^export interface \w+(<[^{]*>)?\s+extends\s+\w+Fields<[^{]*\{\}/;
// A union of names is derived from the table of their meanings, so that each name is written once.
const unionOfNames = /^export type \w+(Name|Alias) =[^;]*\btypeof \w+/;

/** The problems in the output of `deno doc --lint`, without those about fields of options. */
export function complaintsOf(printed: string, readSource: (file: string) => string): string[] {
  return printed.split(/^(?=error\[)/m).filter((part) => {
    const place = /^error\[[^]*?--> (.+?):(\d+):\d+$/m.exec(part);
    if (!place) return part.startsWith("error");
    const lines = readSource(place[1]).split("\n").slice(Number(place[2]) - 1);
    const source = lines.join("\n");
    return !fieldsOfOptions.test(source) && !(part.includes("private-type-ref") && unionOfNames.test(source));
  });
}

if (import.meta.main) {
  const root = join(import.meta.dirname!, "..");
  const { stderr, success } = await new Deno.Command(Deno.execPath(), {
    args: ["doc", "--lint", "mod.ts"],
    cwd: root,
    env: { NO_COLOR: "1" },
  }).output();
  const printed = new TextDecoder().decode(stderr);
  const complaints = complaintsOf(printed, (file) => readFileSync(file, "utf8"));
  if (!success && !printed.includes("error[")) complaints.push(printed);
  for (const complaint of complaints) console.error(complaint.trim());
  Deno.exit(complaints.length > 0 ? 1 : 0);
}
