// What a page loads before it reads or writes a file.
import assert from "node:assert/strict";
import { bundlePage } from "../browser.ts";

/** The modules that a module imports before it runs, and those that these import; itself too. */
function importedBy(path: string, files: ReadonlyMap<string, string>, found: Set<string> = new Set()): Set<string> {
  if (found.has(path)) return found;
  found.add(path);
  for (const [, name] of files.get(path)!.matchAll(/^(?:import|export|\} from) ?[^()]*?"\.(\/[^"]+)"/gm)) {
    importedBy(name, files, found);
  }
  return found;
}

Deno.test("a bundle of mod.ts loads the code of files, exports and backends when it is first used", async () => {
  const files = await bundlePage(new URL("../../mod.ts", import.meta.url));
  const first = importedBy("/page.js", files);
  assert.ok(first.size > 1 && first.size < files.size, `${first.size} of ${files.size} modules`);
  // Of each subject, a text that its code holds.
  const later = {
    zip: "lib/files/zip.ts",
    HDF5: "lib/files/hdf5.ts",
    keras: "lib/models/keras_file.ts",
    "TensorFlow.js": "lib/saving/tfjs_file.ts",
    ONNX: "lib/export/onnx.ts",
    modules: "lib/export/standalone.ts",
    drawings: "lib/utils/graph_svg.ts",
    WebAssembly: "lib/exec/native/wasm.ts",
    "the native library": "lib/exec/native/eigen.ts",
    WebGPU: "lib/exec/webgpu/open.ts",
  };
  // Bundles that are not minified name each file before its code.
  const holding = (file: string) => [...files].filter(([, text]) => text.includes(`// ${file}`)).map(([path]) => path);
  assert.ok(holding("lib/layers/layer.ts").every((path) => first.has(path)));
  for (const [subject, file] of Object.entries(later)) {
    const paths = holding(file);
    assert.equal(paths.length, 1, subject);
    assert.ok(!first.has(paths[0]), subject);
  }
});
