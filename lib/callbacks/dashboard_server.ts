// The server of a Dashboard: one page, its events, and the request to stop. It answers this machine alone.
import { StateError } from "../errors.ts";
import pageCss from "../plots/page.css" with { type: "text" };
import html from "./dashboard_page.html" with { type: "text" };
import css from "./dashboard_page.css" with { type: "text" };
import script from "./dashboard_page.js" with { type: "text" };

type Http = typeof import("node:http");
type Server = import("node:http").Server;
type Request = import("node:http").IncomingMessage;
type Response = import("node:http").ServerResponse;

/** What is used of Node's global object, which Deno and Bun have too. */
interface Process {
  getBuiltinModule?(name: "node:http"): Http | undefined;
}

/** What is sent to pages, as `[name, data]`; the data is JSON. */
export type DashboardEvent = readonly [name: string, data: string];

/** What a server shows and does. */
export interface DashboardContent {
  /** The events that bring a new page up to date. */
  current(): readonly DashboardEvent[];
  /** Ends the training. */
  stop(): void;
}

/** How long the last events may take to reach pages, in milliseconds. */
const lastMoment = 500;
/** The most bytes that wait for a page that does not read. */
const maxWaiting = 2 ** 20;
/** The most pages at a time. */
const maxPages = 32;

const files: Readonly<Record<string, readonly [type: string, text: string]>> = {
  "/": ["text/html; charset=utf-8", html],
  "/page.css": ["text/css; charset=utf-8", `${pageCss}\n${css}`],
  "/page.js": ["text/javascript; charset=utf-8", script],
};

const headers: Readonly<Record<string, string>> = {
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; " +
    "form-action 'none'; frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-resource-policy": "same-origin",
  "cache-control": "no-store",
  // A connection that stays open would keep the port after the training.
  "connection": "close",
};

/** Names by which a page of this machine is opened: others may be those of a host that points here (DNS rebinding). */
const ownNames = ["127.0.0.1", "localhost", "[::1]"];

/** A server on 127.0.0.1. It does not keep the process alive. */
export class DashboardServer {
  readonly #server: Server;
  readonly #content: DashboardContent;
  readonly #pages = new Set<Response>();

  private constructor(server: Server, content: DashboardContent) {
    this.#server = server;
    this.#content = content;
    server.on("request", (request, response) => this.#answer(request, response));
    server.on("connection", (socket) => socket.unref());
  }

  /**
   * Opens a server; port 0 takes any free one. Throws {@linkcode StateError} in a browser, and where the port cannot be had.
   */
  static async open(port: number, content: DashboardContent): Promise<DashboardServer> {
    const what = "Cannot open the dashboard";
    const { process } = globalThis as { process?: Process };
    const http = process?.getBuiltinModule?.("node:http");
    if (!http) {
      throw new StateError({
        what,
        rule: "Deno, Node and Bun can serve a page, a browser cannot",
        hint: "show the logs of a callback in your own page, or draw them with plots.lines",
      });
    }
    // Node's server in Deno would end the process where this is not allowed.
    const net = { name: "net", host: `127.0.0.1:${port}` } as const;
    if (typeof Deno !== "undefined" && (await Deno.permissions.request(net)).state !== "granted") {
      throw new StateError({
        what,
        rule: `it needs permission to serve on ${net.host}`,
        hint: "run with --allow-net=127.0.0.1 or -A",
      });
    }
    const server = http.createServer();
    const opened = new DashboardServer(server, content);
    try {
      await new Promise<void>((resolve, reject) => {
        server.once("error", reject);
        server.listen(port, "127.0.0.1", resolve);
      });
    } catch (error) {
      const isUsed = (error as { code?: unknown }).code === "EADDRINUSE";
      throw new StateError({
        what,
        rule: isUsed ? `port ${port} is in use` : `the system does not give port ${port}`,
        received: isUsed ? undefined : (error as Error).message.split("\n")[0],
        hint: isUsed ? "give another one, or port: 0 for any that is free" : "give a port above 1023",
      });
    }
    server.unref();
    return opened;
  }

  /** The page's address. */
  get url(): string {
    const address = this.#server.address();
    return `http://127.0.0.1:${typeof address === "object" && address ? address.port : ""}/`;
  }

  /** Whether a page is open. */
  get isWatched(): boolean {
    return this.#pages.size > 0;
  }

  /** Sends events to all pages. */
  send(events: readonly DashboardEvent[]): void {
    for (const page of this.#pages) {
      // What a page missed while it did not read, later events tell it.
      if (page.writableLength < maxWaiting) page.write(textOf(events));
    }
  }

  /** Ends the pages' connections, after their last events, and closes the server. */
  async close(): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const ended = [...this.#pages].map((page) => new Promise<void>((resolve) => page.end(resolve)));
    const late = new Promise<void>((resolve) => timer = setTimeout(resolve, lastMoment));
    await Promise.race([Promise.all(ended), late]);
    clearTimeout(timer);
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeAllConnections();
    await closed;
  }

  #answer(request: Request, response: Response): void {
    const { method = "GET", url = "/" } = request;
    if (!isOwn(request.headers.host)) return refuse(response, 403, "This page is for this machine alone.");
    if (url === "/stop") {
      if (method !== "POST") return refuse(response, 405, "Stopping is a POST.");
      if (!isSameOrigin(request)) return refuse(response, 403, "Only the dashboard's own page can stop the training.");
      this.#content.stop();
      response.writeHead(204, headers).end();
      return;
    }
    if (method !== "GET" && method !== "HEAD") return refuse(response, 405, "There is only GET here.");
    if (url === "/events") return this.#follow(response);
    const file = Object.hasOwn(files, url) ? files[url] : undefined;
    if (!file) return refuse(response, 404, "There is nothing here.");
    response.writeHead(200, { ...headers, "content-type": file[0] }).end(method === "HEAD" ? undefined : file[1]);
  }

  #follow(response: Response): void {
    if (this.#pages.size >= maxPages) return refuse(response, 503, `${maxPages} pages are open already.`);
    response.writeHead(200, { ...headers, "content-type": "text/event-stream; charset=utf-8" });
    this.#pages.add(response);
    response.on("close", () => this.#pages.delete(response));
    response.on("error", () => this.#pages.delete(response));
    // Time between attempts to connect again, in milliseconds.
    response.write(`retry: 2000\n\n${textOf(this.#content.current())}`);
  }
}

/** Events in the form of https://html.spec.whatwg.org/multipage/server-sent-events.html; JSON has no line breaks. */
const textOf = (events: readonly DashboardEvent[]) =>
  events.map(([name, data]) => `event: ${name}\ndata: ${data}\n\n`).join("");

function refuse(response: Response, status: number, text: string): void {
  response.writeHead(status, { ...headers, "content-type": "text/plain; charset=utf-8" }).end(`${text}\n`);
}

function isOwn(host: string | undefined): boolean {
  return host !== undefined && ownNames.includes(host.replace(/:\d+$/, "").toLowerCase());
}

/** Whether a request came from the page itself: browsers send the origin with each POST. */
function isSameOrigin({ headers: { host, origin, "sec-fetch-site": site } }: Request): boolean {
  return origin === `http://${host}` && (site === undefined || site === "same-origin");
}
