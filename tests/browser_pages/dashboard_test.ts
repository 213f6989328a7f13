// The dashboard of a training: its page in Chromium, what its server answers to whom, and what it does to the process.
import assert from "node:assert/strict";
import { Dashboard, type DashboardOptions } from "../../lib/callbacks/dashboard.ts";
import { StateError, ValueError } from "../../lib/errors.ts";
import { setTerminal } from "../../lib/terminal/terminal.ts";
import { Input, layers, optimizers, schedules, Sequential, setRandomSeed, tensor } from "../../mod.ts";
import { useBackend } from "../backends.ts";
import { inBrowser, withPage } from "../browser.ts";

const rows = 256;
const x = tensor(Float32Array.from({ length: 4 * rows }, (_, i) => Math.sin(i * i)), [rows, 4]);
const y = tensor(Float32Array.from({ length: rows }, (_, i) => x.data[4 * i] > 0 ? 1 : 0), [rows, 1]);

/** A model whose learning rate halves after eight batches. */
async function model(): Promise<Sequential> {
  await useBackend("wasm");
  setRandomSeed(1);
  const made = new Sequential([
    Input({ shape: [4] }),
    new layers.Dense(8, { activation: "relu", name: "hidden" }),
    new layers.Dense(1, { activation: "sigmoid", name: "answer" }),
  ], { name: "halves" });
  const learningRate = new schedules.PiecewiseConstantDecay({ boundaries: [8], values: [0.5, 0.25] });
  made.compile({ optimizer: new optimizers.SGD({ learningRate }), loss: "binary_crossentropy", metrics: ["accuracy"] });
  return made;
}

/** Runs `body` and gives what is printed. */
async function printedBy(body: () => Promise<unknown>): Promise<string> {
  let text = "";
  setTerminal({
    isTerminal: false,
    columns: () => 80,
    write: (more) => text += more,
    now: () => performance.now() / 1000,
  });
  try {
    await body();
  } finally {
    setTerminal(undefined);
  }
  return text;
}

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** A request as no browser would send it: with any host and origin. */
async function ask(
  url: string,
  method: string,
  headers: Record<string, string> = {},
  opened = () => {},
): Promise<Answer> {
  const { hostname, port, host, pathname } = new URL(url);
  using connection = await Deno.connect({ hostname, port: Number(port) });
  const lines = Object.entries({ host, ...headers }).map(([name, value]) => `${name}: ${value}\r\n`);
  await connection.write(new TextEncoder().encode(`${method} ${pathname} HTTP/1.0\r\n${lines.join("")}\r\n`));
  let text = "";
  for await (const part of connection.readable.pipeThrough(new TextDecoderStream())) {
    if (text === "") opened();
    text += part;
  }
  const [head, body] = [text.slice(0, text.indexOf("\r\n\r\n")), text.slice(text.indexOf("\r\n\r\n") + 4)];
  const [status, ...fields] = head.split("\r\n");
  const named = fields.map((field) => [field.slice(0, field.indexOf(":")).toLowerCase(), field.replace(/^.*?: */, "")]);
  return { status: Number(status.split(" ")[1]), text: body, headers: Object.fromEntries(named) };
}

/** Trains while the dashboard is served, uses its address in the first epoch, and goes on to the end. */
async function whileTraining(options: DashboardOptions, use: (url: string) => Promise<void>): Promise<number> {
  const dashboard = new Dashboard({ port: 0, ...options });
  const own = await model();
  const onEpochEnd = async (epoch: number) => {
    if (epoch === 0) await use(dashboard.url!);
  };
  const { epoch } = await own.fit(x, y, {
    batchSize: 32,
    epochs: 3,
    verbose: 0,
    callbacks: [dashboard, { onEpochEnd }],
  });
  assert.equal(dashboard.url, undefined);
  return epoch.length;
}

Deno.test({
  name:
    "the dashboard's page shows curves, rate, histograms and progress, and its button stops the training [slow] [wasm]",
  ...inBrowser,
  fn: async () => {
    const dashboard = new Dashboard({ port: 0 });
    const own = await model();
    await withPage([], async ({ page, messages, requests }) => {
      let url = "";
      const steps = {
        async onEpochEnd(epoch: number) {
          // The page is opened in the middle of the training, and gets what was before.
          if (epoch === 1) {
            url = dashboard.url!;
            await page.goto(url);
            await page.getByRole("heading", { name: "halves", exact: true }).waitFor();
          }
          if (epoch === 2) {
            await page.getByText("epoch 3 of 1000").waitFor();
            assert.deepEqual(await page.locator("#charts h3").allTextContents(), ["accuracy", "loss", "learning rate"]);
            const points = await page.locator("#charts polyline").evaluateAll((drawn) =>
              drawn.map((line) => line.getAttribute("points")!.split(" ").length)
            );
            // Training and validation of two metrics, and the rate: validation has a point for each epoch.
            assert.equal(points.length, 5);
            assert.deepEqual([points[1], points[3]], [3, 3]);
            // It halved at the ninth of 24 batches.
            assert.match(await page.locator("#charts .chart").last().textContent() ?? "", /0\.25/);
            assert.deepEqual(await page.locator("#weights h3").allTextContents(), ["hidden", "answer"]);
            assert.match(await page.locator("#weights").textContent() ?? "", /kernel\[4, 8\] · mean .*bias\[8\]/);
            assert.equal(await page.locator("#weights .bars").count(), 4);
            assert.equal(await page.locator("#weights .before").count(), 4);
            const progress = Number(await page.evaluate("document.querySelector('#progress').value"));
            assert.ok(Math.abs(progress - 3 / 1000) < 1e-9, `${progress}`);
            assert.match(
              await page.locator("#numbers").textContent() ?? "",
              /epoch3 \/ 1000batch8 \/ 8time\d+ stime left/,
            );
            // Narrow and dark, it needs no scrolling to the side, and texts are brighter than their ground.
            await page.setViewportSize({ width: 340, height: 700 });
            await page.emulateMedia({ colorScheme: "dark" });
            assert.equal(await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), true);
            assert.equal(await page.evaluate("getComputedStyle(document.body).backgroundColor"), "rgb(18, 21, 24)");
            // By the keyboard alone.
            await page.keyboard.press("Tab");
            assert.equal(await page.evaluate("document.activeElement.id"), "stop");
            await page.keyboard.press("Enter");
            await page.getByText("Stopping after this batch").waitFor();
          }
        },
      };
      const options = {
        batchSize: 32,
        epochs: 1000,
        verbose: 0,
        validationData: [x, y],
        callbacks: [dashboard, steps],
      } as const;
      const { epoch } = await own.fit(x, y, options);
      assert.deepEqual(epoch, [0, 1, 2]);
      await page.getByText(/^Stopped$/).waitFor();
      assert.equal(dashboard.url, undefined);
      assert.ok(requests.every((asked) => asked.startsWith(url) || asked.startsWith("data:")), requests.join(" "));
      // The server is gone, which is what a page that stays open hears.
      assert.deepEqual(
        messages.filter((message) => !/net::ERR_/.test(message)),
        [],
      );
    });
  },
});

Deno.test("a dashboard prints its address in one line, and answers this machine's own page alone [wasm]", async () => {
  let epochs = 0;
  const printed = await printedBy(async () => {
    epochs = await whileTraining({}, async (url) => {
      const { port } = new URL(url);
      const page = await ask(url, "GET");
      assert.equal(page.status, 200);
      assert.match(page.text, /^<!DOCTYPE html>/);
      assert.match(page.headers["content-security-policy"], /default-src 'none'; script-src 'self'/);
      assert.ok(!/https?:\/\//.test(page.text), "the page names no host");
      assert.equal((await ask(`${url}page.js`, "GET")).headers["content-type"], "text/javascript; charset=utf-8");
      assert.equal((await ask(url, "GET", { host: `localhost:${port}` })).status, 200);
      // A name that an attacker's DNS server points to this machine.
      for (const host of ["attacker.example", `attacker.example:${port}`, "127.0.0.1.attacker.example", ""]) {
        assert.equal((await ask(url, "GET", { host })).status, 403, host);
        assert.equal((await ask(`${url}events`, "GET", { host })).status, 403, host);
      }
      assert.equal((await ask(`${url}nothing`, "GET")).status, 404);
      assert.equal((await ask(`${url}toString`, "GET")).status, 404);
      assert.equal((await ask(url, "POST")).status, 405);
      // Other pages can send a POST, without reading its answer.
      const own = `http://127.0.0.1:${port}`;
      const foreign: Record<string, string>[] = [
        {},
        { origin: "null" },
        { origin: "http://attacker.example" },
        { origin: "http://127.0.0.1:1" },
        { origin: own, "sec-fetch-site": "cross-site" },
      ];
      for (const headers of foreign) {
        assert.equal((await ask(`${url}stop`, "POST", headers)).status, 403, JSON.stringify(headers));
      }
      assert.equal((await ask(`${url}stop`, "GET", { origin: own })).status, 405);
    });
  });
  assert.equal(epochs, 3);
  assert.match(printed, /^Dashboard: http:\/\/127\.0\.0\.1:\d+\/\n$/);
});

Deno.test("a dashboard's own page stops the training [wasm]", async () => {
  await printedBy(async () => {
    const epochs = await whileTraining({}, async (url) => {
      const { status } = await ask(`${url}stop`, "POST", { origin: new URL(url).origin });
      assert.equal(status, 204);
    });
    assert.equal(epochs, 1);
  });
});

Deno.test("a dashboard tells pages how the training ends, also if it fails [wasm]", async () => {
  const states = async (fails: boolean) => {
    const dashboard = new Dashboard({ port: 0, histogramFreq: 0 });
    const own = await model();
    let events: Promise<Answer> | undefined;
    const hooks = {
      async onEpochBegin(epoch: number) {
        if (epoch > 0) return;
        await new Promise<void>((resolve) => events = ask(`${dashboard.url}events`, "GET", {}, resolve));
      },
      onEpochEnd() {
        if (fails) throw new Error("no room");
      },
    };
    const trained = own.fit(x, y, { epochs: 2, verbose: 0, callbacks: [dashboard, hooks] });
    await (fails ? assert.rejects(trained, /no room/) : trained);
    assert.equal(dashboard.url, undefined);
    const { text, headers } = await events!;
    assert.match(headers["content-type"], /^text\/event-stream/);
    const datas = text.split("\n").filter((line) => line.startsWith("data: ")).map((line) => JSON.parse(line.slice(6)));
    return datas.map(({ state }) => state).filter(Boolean);
  };
  await printedBy(async () => {
    assert.equal((await states(false)).at(-1), "finished");
    assert.equal((await states(true)).at(-1), "failed");
  });
});

Deno.test("a dashboard that is kept open is served until it is closed [wasm]", async () => {
  await printedBy(async () => {
    const dashboard = new Dashboard({ port: 0, keepOpen: true });
    const own = await model();
    await own.fit(x, y, { epochs: 1, verbose: 0, callbacks: [dashboard] });
    const { url } = dashboard;
    assert.equal((await ask(url!, "GET")).status, 200);
    await own.fit(x, y, { epochs: 1, verbose: 0, callbacks: [dashboard] });
    assert.equal(dashboard.url, url);
    await dashboard.close();
    await assert.rejects(ask(url!, "GET"), /ECONNREFUSED|refused/);
  });
});

Deno.test("a dashboard reads weights once an epoch, and none if it is not asked to [wasm]", async () => {
  await printedBy(async () => {
    for (const [histogramFreq, reads] of [[1, 5], [2, 3], [0, 0]]) {
      const own = await model();
      let count = 0;
      const getWeights = own.getWeights;
      own.getWeights = () => {
        count++;
        return getWeights.call(own);
      };
      await own.fit(x, y, { epochs: 4, verbose: 0, callbacks: [new Dashboard({ port: 0, histogramFreq })] });
      // One before the first epoch.
      assert.equal(count, reads, `${histogramFreq}`);
    }
  });
});

Deno.test("a port that is in use is told before anything is trained [wasm]", async () => {
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, () => new Response());
  try {
    const { port } = server.addr;
    const own = await model();
    const before = (await own.getWeights()).map(({ data }) => Array.from(data));
    await assert.rejects(
      own.fit(x, y, { verbose: 0, callbacks: [new Dashboard({ port })] }),
      (error) =>
        error instanceof StateError &&
        error.message ===
          `Cannot open the dashboard: port ${port} is in use: give another one, or port: 0 for any that is free`,
    );
    assert.deepEqual((await own.getWeights()).map(({ data }) => Array.from(data)), before);
  } finally {
    await server.shutdown();
  }
});

Deno.test("a dashboard's options are checked", () => {
  for (
    const options of [{ port: -1 }, { port: 65536 }, { port: "80" }, { histogramFreq: -1 }, { keepOpen: 1 }, {
      prot: 1,
    }]
  ) {
    assert.throws(() => new Dashboard(options as DashboardOptions), ValueError, JSON.stringify(options));
  }
});

Deno.test("a dashboard does not keep a process alive, and is refused without permission and in a browser [wasm]", async () => {
  const mod = new URL("../../mod.ts", import.meta.url).href;
  const code = `
    import { callbacks, Input, layers, Sequential, setBackend } from ${JSON.stringify(mod)};
    await setBackend("wasm");
    const model = new Sequential([Input({ shape: [1] }), new layers.Dense(1)]);
    model.compile({ optimizer: "sgd", loss: "mse" });
    await model.fit([[1]], [[1]], { verbose: 0, callbacks: [new callbacks.Dashboard({ port: 0, keepOpen: true })] });
    const refused = async (port) => {
      try {
        await model.fit([[1]], [[1]], { verbose: 0, callbacks: [new callbacks.Dashboard({ port })] });
      } catch (error) {
        console.log(error.name, error.message);
      }
    };
    Deno.permissions.revokeSync({ name: "net" });
    await refused(0);
    // A browser has no modules of Node.
    delete process.getBuiltinModule;
    await refused(0);
  `;
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/main.ts`, code);
    const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--no-check", "--no-prompt", "--allow-net=127.0.0.1", `${folder}/main.ts`],
      env: { NO_COLOR: "1" },
    }).output();
    const text = new TextDecoder().decode(stdout);
    assert.ok(success, text + new TextDecoder().decode(stderr));
    const [opened, permission, browser] = text.trim().split("\n");
    assert.match(opened, /^Dashboard: http:/);
    assert.match(
      permission,
      /^StateError Cannot open the dashboard: it needs permission to serve on 127\.0\.0\.1:0: run with/,
    );
    assert.match(
      browser,
      /^StateError Cannot open the dashboard: Deno, Node and Bun can serve a page, a browser cannot/,
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
