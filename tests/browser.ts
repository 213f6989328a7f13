// Pages in headless Chromium.
import { basename } from "node:path";
import { bundleModules } from "../examples/browser/bundle.ts";
import { type Browser, chromium, type Page } from "./deps.ts";

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
  console.log("No Chromium was found (set CHROMIUM to its path): nothing is tested in a browser");
}

/** Options of a test in a browser, whose driver keeps pipes and timers open; without one the test is ignored. */
export const inBrowser: Pick<Deno.TestDefinition, "ignore" | "sanitizeOps" | "sanitizeResources"> = {
  ignore: browserPath === undefined,
  sanitizeOps: false,
  sanitizeResources: false,
};

/** How a page is opened. */
interface PageOptions {
  /** Further arguments of the browser. */
  readonly flags?: readonly string[];
  /** Further headers of the page and its modules. */
  readonly headers?: Readonly<Record<string, string>>;
  /** What its user does, from before it is loaded. */
  use?(page: Page): Promise<void>;
}

/** What a page left on `globalThis.report`, and its console messages. */
export interface PageReport<Result> {
  report: Result;
  messages: string;
}

/** Opens a page in Chromium that runs the module `/page.js`; `files` has all modules by path. */
export async function openPage<Result>(
  files: ReadonlyMap<string, string>,
  { flags = [], headers: further = {}, use }: PageOptions = {},
): Promise<PageReport<Result>> {
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
    const { pathname } = new URL(request.url);
    const isPage = pathname === "/";
    const body = isPage ? '<!doctype html><script type="module" src="/page.js"></script>' : files.get(pathname);
    const headers = { ...further, "content-type": isPage ? "text/html" : "text/javascript" };
    return body === undefined ? new Response("not found", { status: 404 }) : new Response(body, { headers });
  });
  try {
    return await withPage(flags, async ({ page, messages }) => {
      const used = use?.(page);
      await page.goto(`http://127.0.0.1:${server.addr.port}/`);
      await used;
      await page.waitForFunction("globalThis.report !== undefined");
      return { report: await page.evaluate("globalThis.report") as Result, messages: messages.join("\n") };
    });
  } finally {
    await server.shutdown();
  }
}

/** An empty page, and what it says and asks for. */
export interface WatchedPage {
  readonly page: Page;
  /** Console messages, and errors that nothing caught. */
  readonly messages: string[];
  /** The addresses of all requests. */
  readonly requests: string[];
}

/** Opens Chromium with an empty page, and closes it after its use. */
export async function withPage<T>(flags: readonly string[], use: (watched: WatchedPage) => Promise<T>): Promise<T> {
  const browser: Browser = await chromium.launch({
    executablePath: browserPath,
    args: ["--headless=new", "--no-sandbox", ...flags],
  });
  try {
    const page = await browser.newPage();
    const [messages, requests]: string[][] = [[], []];
    page.on("console", (message) => messages.push(message.text()));
    page.on("pageerror", (error) => messages.push(error.message));
    page.on("request", (request) => requests.push(request.url()));
    return await use({ page, messages, requests });
  } finally {
    await browser.close();
  }
}

/** The modules of a page's bundle by path, for {@linkcode openPage}: code that is loaded later is in modules of its own. */
export async function bundlePage(page: URL): Promise<Map<string, string>> {
  const modules = await bundleModules([page]);
  const entry = `/${basename(page.pathname).replace(/\.ts$/, ".js")}`;
  return new Map([...modules].map(([path, text]) => [path === entry ? "/page.js" : path, text]));
}
