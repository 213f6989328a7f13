// Serves a page on which a network learns to read drawn digits, in the browser: `deno task playground`.
import { count, readArguments } from "../arguments.ts";
import { bundleModules } from "./bundle.ts";

const here = (path: string) => new URL(path, import.meta.url);
const digits = here("../../lib/datasets/mnist/");

/** The page loads nothing from other hosts; WebAssembly is compiled from what it has. */
const policy = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self' blob:; style-src 'self'; " +
  "connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** The page's files by path, as their type and text. */
async function readPage(): Promise<Map<string, readonly [type: string, text: string]>> {
  const [html, pageCss, css, modules] = await Promise.all([
    Deno.readTextFile(here("index.html")),
    Deno.readTextFile(here("../../lib/plots/page.css")),
    Deno.readTextFile(here("style.css")),
    bundleModules([here("page.ts"), here("worker.ts")]),
  ]);
  return new Map<string, readonly [type: string, text: string]>([
    ["/", ["text/html; charset=utf-8", html]],
    ["/style.css", ["text/css; charset=utf-8", `${pageCss}\n${css}`]],
    ...[...modules].map(([path, text]) => [path, ["text/javascript; charset=utf-8", text]] as const),
  ]);
}

/** Bundles and serves the page on 127.0.0.1; port 0 is any that is free. */
export async function servePlayground(
  port: number,
  onListen: (address: Deno.NetAddr) => void = () => {},
): Promise<Deno.HttpServer<Deno.NetAddr>> {
  const files = await readPage();
  return Deno.serve({ hostname: "127.0.0.1", port, onListen }, async (request) => {
    const { pathname } = new URL(request.url);
    const headers = {
      "content-security-policy": policy,
      "x-content-type-options": "nosniff",
      // Isolated from other origins, so that WebAssembly has threads.
      "cross-origin-opener-policy": "same-origin",
      "cross-origin-embedder-policy": "require-corp",
    };
    const file = files.get(pathname);
    if (file) return new Response(file[1], { headers: { ...headers, "content-type": file[0] } });
    // The data set asks for its files beside the module that reads them.
    const name = /^\/mnist\/([\w-]+\.gz\.txt)$/.exec(pathname)?.[1];
    try {
      if (name) {
        const { readable } = await Deno.open(new URL(name, digits));
        return new Response(readable, { headers: { ...headers, "content-type": "text/plain" } });
      }
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
    return new Response("There is nothing here.\n", { status: 404, headers });
  });
}

if (import.meta.main) {
  const { port } = readArguments("browser/serve.ts", "Serves a page on which a network learns to read drawn digits.", {
    port: count(8000, "the port on 127.0.0.1; 0 for any that is free", 0),
  });
  try {
    await servePlayground(port, ({ port }) => console.log(`Open http://127.0.0.1:${port}/ in a browser; Ctrl-C ends.`));
  } catch (error) {
    if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    console.error(`Port ${port} is in use: give another one by --port, or --port 0 for any that is free.`);
    Deno.exit(1);
  }
}
