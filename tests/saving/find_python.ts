// The Python with which files are exchanged: that of CERATOPS_PYTHON, or of `.venv`.

/** The Python that has modules, if there is one. */
export function findPython(modules: readonly string[]): string | undefined {
  const candidates = [Deno.env.get("CERATOPS_PYTHON"), new URL("../../.venv/bin/python", import.meta.url).pathname];
  const probe = `from importlib.util import find_spec; exit(not all(map(find_spec, ${JSON.stringify(modules)})))`;
  return candidates.find((path) => {
    try {
      return path && new Deno.Command(path, { args: ["-c", probe], stderr: "null" }).outputSync().success;
    } catch {
      return false;
    }
  });
}
