// Environment variables, where reading them is permitted.

/** An environment variable, if reading it is already permitted; never asks. */
export function readVariable(name: string): string | undefined {
  if (typeof Deno === "undefined") return undefined;
  if (Deno.permissions.querySync({ name: "env", variable: name }).state !== "granted") return undefined;
  return Deno.env.get(name);
}
