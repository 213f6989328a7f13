// The op table and trainings in headless Chromium, whose WebGPU is Dawn and whose shader compiler is Tint.
import assert from "node:assert/strict";
import { type Browser, chromium } from "../deps.ts";
import { assertClose } from "../close.ts";
import type { Report } from "./driver_suite.ts";
import { type Trained, trainOnEach } from "./training.ts";

const candidates = [
  Deno.env.get("CHROMIUM"),
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

function findBrowser(): string | undefined {
  return candidates.find((path) => {
    try {
      return path !== undefined && Deno.statSync(path).isFile;
    } catch {
      return false;
    }
  });
}

const browserPath = findBrowser();
if (!browserPath) {
  console.log("No Chromium was found (set CHROMIUM to its path): WebGPU in a browser is not tested");
}

/** The bundle of a page, as one module. */
async function bundlePage(file: string): Promise<string> {
  const page = new URL(file, import.meta.url).pathname;
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["bundle", "--quiet", "--platform", "browser", page],
    stdout: "piped",
    stderr: "piped",
  }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

/** The report that a page leaves on `globalThis.report` when opened in Chromium, and its console messages. */
async function openPage<Result>(file: string): Promise<{ report: Result; messages: string }> {
  const bundle = await bundlePage(file);
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
    const isPage = new URL(request.url).pathname === "/";
    const body = isPage ? '<!doctype html><script type="module" src="/page.js"></script>' : bundle;
    return new Response(body, { headers: { "content-type": isPage ? "text/html" : "text/javascript" } });
  });
  let browser: Browser | undefined;
  try {
    browser = await chromium.launch({
      executablePath: browserPath,
      args: ["--headless=new", "--no-sandbox", "--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader"],
    });
    const page = await browser.newPage();
    const messages: string[] = [];
    page.on("console", (message) => messages.push(message.text()));
    page.on("pageerror", (error) => messages.push(error.message));
    await page.goto(`http://127.0.0.1:${server.addr.port}/`);
    await page.waitForFunction("globalThis.report !== undefined");
    return { report: await page.evaluate("globalThis.report") as Result, messages: messages.join("\n") };
  } finally {
    await browser?.close();
    await server.shutdown();
  }
}

/** The browser's driver keeps pipes and timers open. */
const inBrowser = { ignore: browserPath === undefined, sanitizeOps: false, sanitizeResources: false };

Deno.test({
  name: "everything in Chromium [webgpu]",
  ...inBrowser,
  fn: async () => {
    const { report, messages } = await openPage<Report>("./browser_page.ts");
    assert.deepEqual(report.faults, [], messages);
    assert.ok(report.pipelines > 100, `${report.pipelines} pipelines on "${report.adapter}"`);
  },
});

Deno.test({
  name: "a page trains through mod.ts in Chromium, on wasm and on webgpu, as the reference does [webgpu]",
  ...inBrowser,
  fn: async () => {
    const { report, messages } = await openPage<Trained[]>("./training_page.ts");
    const [wasm, webgpu, auto] = report;
    assert.deepEqual([wasm.backend, webgpu.backend, auto.backend], ["wasm", "webgpu", "wasm"], messages);
    assert.match(messages, /Ceratops runs on wasm; webgpu needs a/);
    const [expected] = await trainOnEach(["reference"]);
    assert.ok(expected.losses[19] < expected.losses[0] / 2, "the training must have something to learn");
    // Eighty steps in float32, each rounding by up to 6e-8, compared with float64.
    const near = { absolute: 5e-6, relative: 5e-6 };
    for (const { backend, losses, weights } of report) {
      assertClose(losses, expected.losses, near, `${backend}: losses`);
      assertClose(weights, expected.weights, near, `${backend}: weights`);
    }
  },
});
