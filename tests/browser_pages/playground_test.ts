// The playground in Chromium: drawing, training, reading, the file that Python Keras opens, keyboard, small screens, errors.
import assert from "node:assert/strict";
import { servePlayground } from "../../examples/browser/serve.ts";
import { datasets, loadModel, type Sequential } from "../../mod.ts";
import { useBackend } from "../backends.ts";
import { inBrowser, type WatchedPage, withPage } from "../browser.ts";
import { assertClose } from "../close.ts";
import type { Page } from "../deps.ts";
import { findPython } from "../python.ts";

const python = findPython(["keras", "jax", "h5py"], "the playground's file is not opened by Python");
const script = new URL("read_digits.py", import.meta.url).pathname;
/** How long a training may take on a machine that does other things, in milliseconds. */
const patience = 400_000;

/** Serves the playground, opens it, and checks at the end that it asked no other host and had no error. */
async function onPlayground(flags: readonly string[], use: (page: Page, watched: WatchedPage) => Promise<void>) {
  const server = await servePlayground(0);
  try {
    await withPage(flags, async (watched) => {
      const { page, messages, requests } = watched;
      page.setDefaultTimeout(patience);
      const origin = `http://127.0.0.1:${server.addr.port}/`;
      await page.goto(origin);
      await page.getByText("Not trained yet", { exact: true }).waitFor();
      await use(page, watched);
      const foreign = requests.filter((url) => !url.startsWith(origin) && !/^(data|blob):/.test(url));
      assert.deepEqual(foreign, []);
      assert.deepEqual(messages.filter((message) => !message.startsWith("Ceratops runs on")), []);
    });
  } finally {
    await server.shutdown();
  }
}

/** Draws lines through points in parts of the area's side. */
async function draw(page: Page, points: readonly (readonly [x: number, y: number])[]): Promise<void> {
  await page.locator("#area").scrollIntoViewIfNeeded();
  const { x, y, width, height } = (await page.locator("#area").boundingBox())!;
  const [first, ...others] = points.map(([a, b]) => [x + a * width, y + b * height] as const);
  await page.mouse.move(...first);
  await page.mouse.down();
  for (const point of others) await page.mouse.move(...point, { steps: 6 });
  await page.mouse.up();
}

/** The percentages of the bars, and the digit that stands out. */
async function bars(page: Page): Promise<{ shares: number[]; best: string | null }> {
  const texts = await page.locator("#bars .share").allTextContents();
  return { shares: texts.map(parseFloat), best: await page.locator("#bars .best > :first-child").textContent() };
}

/** What the model of the page's file makes of the test digits. */
async function readTestDigits(file: string) {
  const [, [x, y]] = await datasets.mnist.loadData();
  await useBackend("wasm");
  const model = await loadModel(file) as unknown as Sequential;
  const { data } = await model.predict(x, { verbose: 0, batchSize: 1000 });
  const readings = Array.from({ length: y.size }, (_, row) => {
    const outputs = Array.from(data.subarray(10 * row, 10 * row + 10));
    const found = outputs.indexOf(Math.max(...outputs));
    return { truth: y.data[row], found, outputs };
  });
  return { digits: x, readings, mistakes: readings.filter(({ truth, found }) => truth !== found) };
}

Deno.test({
  name: "the playground trains to 95 %, reads drawn digits, and gives a file that Python Keras opens [slow] [wasm]",
  ...inBrowser,
  fn: async () => {
    const folder = await Deno.makeTempDir();
    try {
      await onPlayground([], async (page) => {
        // This browser has no GPU, which is said.
        assert.equal(await page.locator("#webgpu").isDisabled(), true);
        assert.match(await page.locator("#webgpu-about").textContent() ?? "", /^missing: it needs a GPU/);
        assert.equal(await page.locator("#wasm").isChecked(), true);
        assert.equal(await page.locator("#save").isDisabled(), true);

        await page.selectOption("#digits", "60000");
        await page.fill("#epochs", "1");
        await page.click("#start");
        await page.getByText(/^Epoch 1 of 1, batch \d+ of 469$/).waitFor();
        // While it trains, the page answers: it reads a digit, with curves that have begun.
        await draw(page, [[0.5, 0.2], [0.5, 0.8]]);
        await page.getByText(/^The network reads \d/).first().waitFor();
        assert.equal(await page.locator("#stop").isDisabled(), false);
        await page.locator("#accuracy-chart polyline").first().waitFor();
        const points = async () =>
          (await page.locator("#loss-chart polyline").first().getAttribute("points"))!.split(" ").length;
        const some = await points();
        await page.locator("#state", { hasText: /^Trained after/ }).waitFor();
        assert.ok(await points() > some, "the curve grew");

        const state = await page.locator("#state").textContent() ?? "";
        const accuracy = Number(/it reads ([\d.]+) % of the test digits/.exec(state)?.[1]);
        assert.ok(accuracy >= 95, state);
        assert.match(
          await page.locator("#accuracy-chart").getAttribute("aria-label") ?? "",
          /^accuracy by epoch: training 9\d\.\d %, test 9\d\.\d %$/,
        );

        // A one, and after it a seven, as people draw them.
        await page.locator("#bars .best", { hasText: /^1/ }).waitFor();
        await page.click("#clear");
        await page.getByText("Draw a digit to see").waitFor();
        await draw(page, [[0.28, 0.22], [0.72, 0.22], [0.45, 0.82]]);
        await page.getByText(/^The network reads 7/).first().waitFor();
        const layers = page.locator("#layers .layer");
        assert.deepEqual(await layers.locator("p:first-child").allTextContents(), [
          "rescaling 28 × 28",
          "flatten 784",
          "dense 512",
          "dense 10",
        ]);
        assert.match(await layers.nth(2).textContent() ?? "", /(\d+) of 512 units are active/);

        const downloaded = page.waitForEvent("download");
        await page.click("#save");
        const file = `${folder}/digits.keras`;
        assert.equal((await downloaded).suggestedFilename(), "digits.keras");
        await (await downloaded).saveAs(file);

        // The file has the very network: its mistakes are those that the page shows.
        const { digits, readings, mistakes } = await readTestDigits(file);
        assert.equal(accuracy, Number((100 - mistakes.length / 100).toFixed(1)));
        assert.match(
          await page.locator("#mistakes-about").textContent() ?? "",
          new RegExp(`^${mistakes.length} of 10,000 `),
        );
        const shown = await page.locator("#mistakes li").allTextContents();
        assert.equal(shown.length, 24);
        assert.deepEqual(shown, mistakes.slice(0, 24).map(({ truth, found }) => `${truth} → ${found}`));
        await page.locator("#mistakes button").nth(3).click();
        const { outputs, found } = mistakes[3];
        await page.locator("#bars .best", { hasText: new RegExp(`^${found}`) }).waitFor();
        const { shares, best } = await bars(page);
        assert.equal(best, String(found));
        assertClose(shares, outputs.map((share) => 100 * share), { absolute: 0.06, relative: 0 });

        if (!python) return;
        const count = 200;
        await Deno.writeFile(`${folder}/digits`, Uint8Array.from(digits.rows(0, count).data));
        const args = [script, file, `${folder}/digits`];
        const { success, stdout, stderr } = await new Deno.Command(python, { args }).output();
        assert.ok(success, new TextDecoder().decode(stderr));
        const keras = JSON.parse(new TextDecoder().decode(stdout));
        assert.deepEqual(keras.layers, ["Rescaling", "Flatten", "Dense", "Dense"]);
        // Sums of 784 products of float32, in another order.
        assertClose(readings.slice(0, count).flatMap(({ outputs }) => outputs), keras.outputs, {
          absolute: 1e-5,
          relative: 0,
        });
      });
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});

Deno.test({
  name:
    "the playground by keyboard alone, narrow and dark: a digit, a training that is stopped, errors in words [slow] [wasm]",
  ...inBrowser,
  fn: () =>
    onPlayground([], async (page, { messages }) => {
      await page.setViewportSize({ width: 320, height: 640 });
      await page.emulateMedia({ colorScheme: "dark" });
      const hasNoScrollbar = () => page.evaluate("document.documentElement.scrollWidth <= innerWidth");
      const focused = () =>
        page.evaluate("document.activeElement.id || document.activeElement.tagName") as Promise<string>;
      const outline = () => page.evaluate("getComputedStyle(document.activeElement).outlineStyle");
      const press = async (key: string, times = 1) => {
        for (let i = 0; i < times; i++) await page.keyboard.press(key);
      };
      const tabTo = async (id: string) => {
        for (let i = 0; i < 20 && await focused() !== id; i++) await press("Tab");
        assert.equal(await focused(), id);
        assert.equal(await outline(), "solid");
      };
      assert.equal(await hasNoScrollbar(), true);
      assert.equal(await page.evaluate("getComputedStyle(document.body).backgroundColor"), "rgb(18, 21, 24)");
      // All that can be used has a name for screen readers.
      const nameless = await page.locator("button, input, select, canvas:not([aria-hidden])").evaluateAll((all) =>
        all.filter((item) => !item.textContent?.trim() && !item.getAttribute("aria-label") && !item.closest("label"))
          .map((item) => item.outerHTML)
      );
      assert.deepEqual(nameless, []);

      await press("Tab");
      assert.equal(await focused(), "area");
      assert.equal(await outline(), "solid");
      await press(" ");
      await page.locator("#spoken", { hasText: "The pen is down" }).waitFor();
      await press("ArrowDown", 14);
      await press(" ");
      await page.getByText(/^Not trained yet, the network guesses \d/).first().waitFor();
      await press("Backspace");
      await page.getByText("Draw a digit to see").waitFor();
      await tabTo("sample");
      await press("Enter");
      await page.locator("#spoken", { hasText: /^A \d of the test digits$/ }).waitFor();

      // The digits cannot be had: that is said, and can be tried again.
      await page.reload();
      await page.getByText("Not trained yet", { exact: true }).waitFor();
      await page.route("**/mnist/train-images*", (route) => route.abort());
      await tabTo("digits");
      await press("ArrowUp", 2);
      assert.equal(await page.locator("#digits").inputValue(), "10000");
      await tabTo("start");
      await press("Enter");
      await page.getByRole("alert").filter({ hasText: /^Cannot load MNIST file "train-images/ }).waitFor();
      assert.equal(await page.locator("#state").textContent(), "Failed");
      await page.unroute("**/mnist/train-images*");
      // The browser may say that the request was refused here.
      messages.splice(0, messages.length, ...messages.filter((message) => !message.includes("ERR_FAILED")));

      await tabTo("epochs");
      await press("ArrowUp", 20);
      await tabTo("start");
      await press("Enter");
      await page.locator("#state", { hasText: /^Epoch 1 of 23, batch \d+ of 79$/ }).waitFor();
      assert.equal(await page.getByRole("alert").isVisible(), false);
      await tabTo("stop");
      await press("Enter");
      await page.locator("#state", {
        hasText: /^Stopped after [\d.]+ s on wasm: it reads [\d.]+ % of the test digits$/,
      }).waitFor();
      assert.equal(await page.locator("#start").isDisabled(), false);
      await page.locator("#mistakes li").first().waitFor();
      assert.equal(await hasNoScrollbar(), true);
    }),
});

Deno.test({
  name: "the playground trains on webgpu where it is chosen, until it is stopped [slow] [webgpu]",
  ...inBrowser,
  fn: () =>
    onPlayground(["--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader"], async (page) => {
      // SwiftShader is no GPU, so wasm is the choice; both can be had.
      assert.equal(await page.locator("#webgpu-about").textContent(), "computes on the processor here: slower");
      assert.equal(await page.locator("#wasm").isChecked(), true);
      await page.check("#webgpu");
      await page.selectOption("#digits", "10000");
      await page.click("#start");
      // A GPU that is computed on the processor is slow: some batches are enough.
      await page.locator("#state", { hasText: /^Epoch 1 of 3, batch \d+ of 79$/ }).waitFor();
      await page.click("#stop");
      await page.locator("#state", { hasText: /^Stopped after [\d.]+ s on webgpu: it reads / }).waitFor();
      const accuracy = Number(/reads ([\d.]+) %/.exec(await page.locator("#state").textContent() ?? "")?.[1]);
      // Of ten digits, guesses would be right one time in ten.
      assert.ok(accuracy > 25, `${accuracy}`);
    }),
});

Deno.test("the playground's server gives its own files and the digits, and nothing else", async () => {
  const server = await servePlayground(0);
  try {
    const origin = `http://127.0.0.1:${server.addr.port}`;
    const statusOf = async (path: string) => {
      const response = await fetch(origin + path);
      await response.body?.cancel();
      return response.status;
    };
    for (const path of ["/", "/style.css", "/page.js", "/worker.js", "/mnist/t10k-labels-idx1-ubyte.gz.txt"]) {
      assert.equal(await statusOf(path), 200, path);
    }
    for (
      const path of [
        "/serve.ts",
        "/mnist/none.gz.txt",
        "/mnist/..%2Fmnist.ts",
        "/mnist/.gitattributes",
        "/%2e%2e/deno.json",
      ]
    ) {
      assert.equal(await statusOf(path), 404, path);
    }
    // Everything that the page names is its own.
    const page = await (await fetch(`${origin}/`)).text();
    assert.deepEqual([...page.matchAll(/(?:src|href)="([^"]*)"/g)].map(([, to]) => to), [
      "data:,",
      "/style.css",
      "/page.js",
    ]);
  } finally {
    await server.shutdown();
  }
});
