// The Python of tests, with tests/requirements.txt: `.venv`, or that of CERATOPS_PYTHON.

/** A Python that has modules, if there is one; if not, that is printed with what it means. */
export function findPython(modules: readonly string[], otherwise: string): string | undefined {
  const candidates = [Deno.env.get("CERATOPS_PYTHON"), new URL("../.venv/bin/python", import.meta.url).pathname];
  const probe = `from importlib.util import find_spec; exit(not all(map(find_spec, ${JSON.stringify(modules)})))`;
  const python = candidates.find((path) => {
    try {
      return path && new Deno.Command(path, { args: ["-c", probe], stderr: "null" }).outputSync().success;
    } catch {
      return false;
    }
  });
  if (!python) {
    console.log(`No Python with ${modules.join(", ")} was found (set CERATOPS_PYTHON to its path): ${otherwise}`);
  }
  return python;
}
