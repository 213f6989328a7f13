// Plots: what is drawn where, read by a parser of XML, and what cannot be drawn.
import assert from "node:assert/strict";
import { ShapeError, ValueError } from "../../lib/errors.ts";
import { readImage } from "../../lib/files/images.ts";
import { tensor } from "../../lib/tensor/tensor.ts";
import { plots } from "../../mod.ts";
import { DOMParser } from "../deps.ts";

/** The elements of a name in a plot; the parser throws for what is no XML. */
function elements({ svg }: plots.Plot, name: string) {
  const onError = (level: string, message: string) => {
    throw new Error(`${level}: ${message}`);
  };
  const root = new DOMParser({ onError }).parseFromString(svg, "image/svg+xml").documentElement!;
  return Array.from(root.getElementsByTagName(name), (element) => ({
    text: element.textContent,
    at: (attribute: string) => Number(element.getAttribute(attribute)),
    get: (attribute: string) => element.getAttribute(attribute),
  }));
}

const texts = (plot: plots.Plot) => elements(plot, "text").map(({ text }) => text);

Deno.test("curves: points stand where the axes say", () => {
  const chart = { title: "a < b & c", xLabel: "epoch", yLabel: "loss", curves: [{ name: "loss", values: [0, 5, 10] }] };
  const plot = plots.lines(chart);
  const [line] = elements(plot, "polyline");
  const points = line.get("points")!.split(" ").map((point) => point.split(",").map(Number));
  // From left to right in equal steps; 0 at the bottom of the area, 10 at its top, 5 in the middle.
  const [[x0, y0], [x1, y1], [x2, y2]] = points;
  assert.ok(Math.abs(x1 - (x0 + x2) / 2) < 0.11 && x0 < x2);
  assert.ok(Math.abs(y1 - (y0 + y2) / 2) < 0.11 && y0 > y2);
  const ticks = elements(plot, "text").filter(({ get }) => get("text-anchor") === "end");
  const tick = (value: string) => ticks.find(({ text }) => text === value)!.at("y") - 4;
  assert.ok(Math.abs(tick("0") - y0) < 0.11 && Math.abs(tick("10") - y2) < 0.11);
  for (const text of ["a < b & c", "epoch", "loss", "1", "2", "3"]) assert.ok(texts(plot).includes(text), text);
});

Deno.test("curves: on a logarithmic axis equal ratios are equal distances, and what has no logarithm is left out", () => {
  const curves = [{ name: "loss", values: [100, 1, NaN, 0.01, 0] }];
  const [line] = elements(plots.lines({ title: "", xLabel: "", yLabel: "", curves, logarithmic: true }), "polyline");
  const heights = line.get("points")!.split(" ").map((point) => Number(point.split(",")[1]));
  assert.equal(heights.length, 3);
  assert.ok(Math.abs((heights[2] - heights[1]) - (heights[1] - heights[0])) < 0.21);
});

Deno.test("curves: values stand where they say, and the axis has round numbers between", () => {
  const curves = [{ name: "batches", values: [3, 2, 1], x: [0.1, 0.4, 2.1] }, {
    name: "epochs",
    values: [2, 1],
    x: [1, 2],
  }];
  const plot = plots.lines({ curves, legend: "top", width: 400, height: 220 });
  const [a, b] = elements(plot, "polyline").map(({ get }) =>
    get("points")!.split(" ").map((point) => Number(point.split(",")[0]))
  );
  // 0.1 is at the left end, 2.1 at the right one.
  const at = (x: number) => a[0] + (a[2] - a[0]) * (x - 0.1) / 2;
  for (const [found, x] of [[a[1], 0.4], [b[0], 1], [b[1], 2]]) assert.ok(Math.abs(found - at(x)) < 0.16, `${x}`);
  const marks = elements(plot, "text").filter(({ get }) => get("text-anchor") === "middle" && get("y") === "209");
  assert.deepEqual(marks.map(({ text }) => text), ["1", "0.5", "1.5", "2"]);
  for (const { text, at: of } of marks) assert.ok(Math.abs(of("x") - at(Number(text))) < 0.16, text!);
  // The legend is above the curves, and nothing is outside.
  const names = elements(plot, "text").filter(({ text }) => ["batches", "epochs"].includes(text!));
  assert.ok(names.every(({ at }) => at("y") > 0 && at("y") < 40 && at("x") < 340));
});

Deno.test("curves: a single value is a dot", () => {
  const [line] = elements(
    plots.lines({ curves: [{ name: "loss", values: [NaN, 2] }, { name: "b", values: [1, 3] }] }),
    "polyline",
  );
  const points = line.get("points")!.split(" ");
  assert.equal(points.length, 2);
  assert.equal(points[0], points[1]);
});

Deno.test("curves: many names at the top take several rows", () => {
  const curves = Array.from({ length: 5 }, (_, i) => ({ name: `a longer name ${i}`, values: [i, 1] }));
  const plot = plots.lines({ curves, legend: "top", width: 400, height: 240 });
  const places = elements(plot, "text").filter(({ text }) => text!.startsWith("a longer")).map((
    { at },
  ) => [at("x"), at("y")]);
  assert.equal(new Set(places.map(([, y]) => y)).size, 3);
  const highest = Math.min(
    ...elements(plot, "polyline").flatMap(({ get }) =>
      get("points")!.split(" ").map((point) => Number(point.split(",")[1]))
    ),
  );
  assert.ok(places.every(([, y]) => y < highest));
});

Deno.test("curves: places that are none are told", () => {
  for (const x of [[1], [1, NaN], "12"]) {
    const curves = [{ name: "loss", values: [1, 2], x: x as number[] }];
    assert.throws(() => plots.lines({ curves }), ValueError, String(x));
  }
  const curves = [{ name: "loss", values: [1, 2] }];
  assert.throws(() => plots.lines({ curves, width: 10 }), ValueError);
  assert.throws(() => plots.lines({ curves, legend: "bottom" as "top" }), ValueError);
});

Deno.test("curves: nothing to draw is told", () => {
  const chart = { title: "empty", xLabel: "", yLabel: "" };
  assert.throws(() => plots.lines({ ...chart, curves: [] }), ValueError);
  assert.throws(() => plots.lines({ ...chart, curves: [{ name: "loss", values: [NaN, Infinity] }] }), ValueError);
  assert.throws(
    () => plots.lines({ ...chart, curves: [{ name: "loss", values: [-1] }], logarithmic: true }),
    ValueError,
  );
});

Deno.test("a history has a colour for each metric, dashed for validation, and runs by name", () => {
  const logs = { loss: [2, 1], val_loss: [2, 1.5], accuracy: [0.5, 0.75] };
  const plot = plots.history({ history: logs });
  const look = (of: plots.Plot) =>
    elements(of, "polyline").map(({ get }) => [get("stroke"), get("stroke-dasharray") ? "dashed" : "solid"]);
  const [[first], , [second]] = look(plot);
  assert.notEqual(first, second);
  assert.deepEqual(look(plot), [[first, "solid"], [first, "dashed"], [second, "solid"]]);
  assert.deepEqual(look(plots.history(logs, { metrics: ["accuracy"] })), [[first, "solid"]]);
  const runs = plots.history({ sgd: { history: logs }, adam: { history: logs } }, { metrics: ["loss"] });
  assert.deepEqual(look(runs), [[first, "solid"], [first, "dashed"], [second, "solid"], [second, "dashed"]]);
  for (const name of ["sgd: loss", "adam: val_loss"]) assert.ok(texts(runs).includes(name), name);
});

Deno.test("a history that is none is told", () => {
  for (const given of [null, 3, [], {}, { loss: 3 }, { loss: ["a"] }, { run: { loss: 1 } }]) {
    assert.throws(() => plots.history(given as unknown as plots.Histories), ValueError, JSON.stringify(given));
  }
  assert.throws(
    () => plots.history({ accuracy: [1] }, { metrics: ["acuracy"] }),
    /metrics must be among "accuracy", received "acuracy": did you mean "accuracy"/,
  );
});

Deno.test("a confusion matrix counts rows of true classes and columns of found ones", () => {
  const plot = plots.confusionMatrix([0, 0, 1, 2, 2, 2], [0, 1, 1, 0, 2, 2], { classNames: ["a", "b", "<c>"] });
  const cells = elements(plot, "rect").slice(1, -1);
  const numbers = elements(plot, "text").slice(-9).map(({ text }) => Number(text));
  assert.deepEqual(numbers, [1, 1, 0, 0, 1, 0, 1, 0, 2]);
  // Darker with the share of the row.
  assert.deepEqual(cells.map(({ at }) => at("fill-opacity")), [0.5, 0.5, 0, 0, 1, 0, 0.333, 0, 0.667]);
  const columns = cells.slice(0, 3).map(({ at }) => at("x"));
  assert.ok(columns[0] < columns[1] && columns[1] < columns[2]);
  assert.ok(texts(plot).filter((text) => text === "<c>").length === 2);
  // Scores, and shares.
  const shares = plots.confusionMatrix([[0], [1], [1], [1]], [[0.9, 0.1], [0.6, 0.4], [0.2, 0.8], [0, 1]], {
    normalize: true,
  });
  assert.deepEqual(texts(shares).slice(-4), ["1.00", "0.00", "0.33", "0.67"]);
});

Deno.test("a confusion matrix that cannot be is told", () => {
  assert.throws(() => plots.confusionMatrix([0, 1], [0]), ShapeError);
  assert.throws(() => plots.confusionMatrix([[0, 1], [1, 0]], [0, 1]), ShapeError);
  assert.throws(() => plots.confusionMatrix([0, -1], [0, 1]), ValueError);
  assert.throws(() => plots.confusionMatrix([0, 0.5], [0, 1]), ValueError);
  assert.throws(() => plots.confusionMatrix([0, 2], [0, 1], { classNames: ["a", "b"] }), ValueError);
});

Deno.test("images stand in rows, with their pixels and labels", async () => {
  const bytes = tensor(Uint8Array.from({ length: 3 * 2 * 4 }, (_, i) => 10 * i), [3, 2, 4]);
  const plot = await plots.images(bytes, { labels: ["one", 2, "<3>"], columns: 2, width: 40 });
  const shown = elements(plot, "image");
  assert.deepEqual(shown.map(({ at }) => [at("width"), at("height")]), [[40, 20], [40, 20], [40, 20]]);
  const [a, b, c] = shown.map(({ at }) => [at("x"), at("y")]);
  assert.ok(a[1] === b[1] && a[0] < b[0] && c[0] === a[0] && c[1] > a[1]);
  assert.deepEqual(texts(plot), ["one", "2", "<3>"]);
  for (const [i, image] of shown.entries()) {
    const png = Uint8Array.fromBase64(image.get("href")!.replace("data:image/png;base64,", ""));
    const read = await readImage(png, "Cannot read");
    assert.deepEqual(read.shape, [2, 4, 1]);
    assert.deepEqual(Array.from(read.data), Array.from(bytes.data.subarray(8 * i, 8 * i + 8)));
  }
  const floats = await plots.images(tensor([[[[0, 0.5, 1], [2, -1, NaN]]]]));
  const [{ get }] = elements(floats, "image");
  const read = await readImage(Uint8Array.fromBase64(get("href")!.split(",")[1]), "Cannot read");
  assert.deepEqual([read.shape, Array.from(read.data)], [[1, 2, 3], [0, 128, 255, 255, 0, 0]]);
});

Deno.test("images that are none are told", async () => {
  for (const shape of [[4], [2, 2], [1, 2, 2, 2], [1, 0, 2], [401, 1, 1]]) {
    const size = shape.reduce((a, b) => a * b, 1);
    await assert.rejects(plots.images(tensor(new Uint8Array(size), shape)), ShapeError, String(shape));
  }
  await assert.rejects(plots.images(tensor(new Uint8Array(8), [2, 2, 2]), { labels: ["one"] }), ShapeError);
  await assert.rejects(plots.images(tensor(new Uint8Array(8), [2, 2, 2]), { columns: 0 }), ValueError);
});

Deno.test("a plot is shown by notebooks, and written to a file of its ending", async () => {
  const plot = plots.history({ loss: [2, 1] });
  const display = plot[Symbol.for("Jupyter.display") as keyof plots.Plot] as () => Record<string, string>;
  assert.deepEqual(display.call(plot), { "image/svg+xml": plot.svg });
  assert.equal(`${plot}`, plot.svg);
  const folder = await Deno.makeTempDir();
  try {
    await plot.save(`${folder}/loss.svg`);
    assert.equal(await Deno.readTextFile(`${folder}/loss.svg`), plot.svg);
    await assert.rejects(plot.save(`${folder}/loss.png`), ValueError);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
