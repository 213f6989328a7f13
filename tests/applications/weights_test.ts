// The weights of applications: from files by path and by URL.
import assert from "node:assert/strict";
import * as applications from "../../lib/applications/applications.ts";
import { FileError } from "../../lib/errors.ts";
import { setBackend } from "../../lib/exec/select.ts";
import type { ApplicationModel } from "../../lib/applications/options.ts";
import { withContext } from "../../lib/ir/context.ts";
import { weightsWillBeRead } from "../../lib/layers/context.ts";
import { modelOf } from "./architecture.ts";
import { modelFromJson } from "../../lib/models/from_config.ts";
import { CustomScaleLayer, LayerScale } from "../../lib/layers/application_layers.ts";

const options = { alpha: 0.25, inputShape: [32, 32, 3], classes: 3 };

/** Runs `body` with a folder, and a server of its files. */
async function withFiles(body: (folder: string, url: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (request) => {
    const { pathname } = new URL(request.url);
    try {
      return new Response(await Deno.readFile(folder + pathname));
    } catch {
      return new Response("none", { status: 404 });
    }
  });
  try {
    await body(folder, `http://127.0.0.1:${server.addr.port}`);
  } finally {
    await server.shutdown();
    await Deno.remove(folder, { recursive: true });
  }
}

const numbersOf = async (model: ApplicationModel) => (await model.getWeights()).map(({ data }) => data);

Deno.test("an application takes the weights of .weights.h5, .h5 and .keras files, by path and by URL", async () => {
  await setBackend("reference");
  await withFiles(async (folder, url) => {
    const model = await applications.MobileNet(options);
    await model.saveWeights(`${folder}/a.weights.h5`);
    await model.saveWeights(`${folder}/a.h5`);
    await model.save(`${folder}/a.keras`);
    for (const file of ["a.weights.h5", "a.h5", "a.keras"]) {
      for (const weights of [`${folder}/${file}`, `${url}/${file}`, await Deno.readFile(`${folder}/${file}`)]) {
        const other = await applications.MobileNet({ ...options, weights });
        assert.deepEqual(await numbersOf(other), await numbersOf(model));
      }
    }
    const name = "Cannot make MobileNet with the weights in ";
    const refuses = (options: applications.MobileNetOptions, message: RegExp) =>
      assert.rejects(applications.MobileNet(options), (error: Error) => {
        assert.ok(error instanceof FileError && error.message.startsWith(name), String(error));
        assert.match(error.message, message);
        return true;
      });
    await refuses({ ...options, classes: 4, weights: `${folder}/a.h5` }, /conv_preds/);
    await refuses({ ...options, weights: `${folder}/b.h5` }, /the file must be there/);
    await refuses({ ...options, weights: `${url}/b.h5` }, /404/);
  });
});

Deno.test("layers of Keras's applications are read from its configs", () => {
  const { model } = modelOf("ConvNeXtTiny", { classes: 2 });
  const copy = withContext([weightsWillBeRead.of(true)], () => modelFromJson(model.toJson()));
  assert.equal(copy.layers.filter((layer) => layer instanceof LayerScale).length, 18);
  assert.equal(copy.toJson(), model.toJson());
  const scaled = new CustomScaleLayer(0.17);
  const node = scaled.serialize();
  assert.equal(node.module, "keras.src.applications.inception_resnet_v2");
  assert.equal(node.registered_name, "CustomScaleLayer");
});
