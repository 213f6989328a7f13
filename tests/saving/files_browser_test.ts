// Files in a page: a download, and a file that the user picked.
import assert from "node:assert/strict";
import { loadModel } from "../../lib/models/load_model.ts";
import { type Tensor, tensor } from "../../lib/tensor/tensor.ts";
import { useBackend } from "../backends.ts";
import { bundlePage, inBrowser, openPage } from "../browser.ts";
import { assertClose } from "../close.ts";
import type { FilesReport } from "./files_page.ts";

Deno.test({
  name: "a page lets its user download a model, and opens the file that is picked [slow] [wasm]",
  ...inBrowser,
  fn: async () => {
    const folder = await Deno.makeTempDir();
    try {
      const file = `${folder}/model.keras`;
      const bundle = await bundlePage(new URL("files_page.ts", import.meta.url));
      const { report, messages } = await openPage<FilesReport>(bundle, {
        use: async (page) => {
          const download = await page.waitForEvent("download");
          assert.equal(download.suggestedFilename(), "model.keras");
          await download.saveAs(file);
          await page.setInputFiles("input", file);
        },
      });
      assert.deepEqual(report.opened, report.saved, messages);
      assert.notDeepEqual(report.saved[0], report.saved[1]);

      await useBackend("wasm");
      const model = await loadModel(file);
      const here = await model.predict(tensor([[0.5, -1], [2, 0.25], [-0.75, 1]]), { verbose: 0 }) as Tensor;
      assertClose(Array.from(here.data), report.saved[0], { absolute: 0, relative: 1e-6 });
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});
