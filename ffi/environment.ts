// What the machine and the environment say, without asking for a permission.

/** An environment variable, if it may be read without asking and is not empty. */
export function variable(name: string): string | undefined {
  if (Deno.permissions.querySync({ name: "env", variable: name }).state !== "granted") return undefined;
  return Deno.env.get(name) || undefined;
}

/** Whether there is a file or folder that can be reached. */
export function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}

/** The number of the user that this process runs as; undefined where users have none, as on Windows. */
export async function ownUid(): Promise<number | undefined> {
  if (Deno.build.os === "windows") return undefined;
  if (Deno.permissions.querySync({ name: "sys", kind: "uid" }).state === "granted") return Deno.uid() ?? undefined;
  // The eigen backend may run programs, but need not have the permission for this.
  const { stdout } = await new Deno.Command("id", { args: ["-u"], stdout: "piped", stderr: "null" }).output();
  return Number(new TextDecoder().decode(stdout));
}
