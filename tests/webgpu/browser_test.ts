// The op table and a training in headless Chromium, whose WebGPU is Dawn and whose shader compiler is Tint.
import assert from "node:assert/strict";
import { type Browser, chromium } from "../../lib/deps.ts";
import type { Report } from "./everything.ts";

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

/** The bundle of the page, as one module. */
async function bundlePage(): Promise<string> {
  const page = new URL("./browser_page.ts", import.meta.url).pathname;
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["bundle", "--quiet", "--platform", "browser", page],
    stdout: "piped",
    stderr: "piped",
  }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

Deno.test({
  name: "everything in Chromium",
  ignore: browserPath === undefined,
  // The driver of the browser keeps pipes and timers of its own.
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async () => {
    const bundle = await bundlePage();
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
      const report = await page.evaluate("globalThis.report") as Report;
      assert.deepEqual(report.faults, [], messages.join("\n"));
      assert.ok(report.pipelines > 100, `${report.pipelines} pipelines on "${report.adapter}"`);
    } finally {
      await browser?.close();
      await server.shutdown();
    }
  },
});
