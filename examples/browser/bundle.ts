// Bundles the modules of pages.
import { fileURLToPath } from "node:url";

/**
 * The bundles of modules by path, such as `/page.js` for `page.ts`: what they share, and what they load later, is in modules
 * of its own.
 */
export async function bundleModules(entries: readonly URL[]): Promise<Map<string, string>> {
  const folder = await Deno.makeTempDir();
  try {
    const options = ["--quiet", "--platform", "browser", "--code-splitting", "--outdir", folder];
    const { success, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["bundle", ...options, ...entries.map((entry) => fileURLToPath(entry))],
      stdout: "null",
      stderr: "piped",
    }).output();
    if (!success) throw new Error(new TextDecoder().decode(stderr));
    const modules = new Map<string, string>();
    for await (const { name } of Deno.readDir(folder)) {
      modules.set(`/${name}`, await Deno.readTextFile(`${folder}/${name}`));
    }
    return modules;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
