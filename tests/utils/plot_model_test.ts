// Pictures of models: the graph is Keras's, and the SVG shows it, in boxes that do not overlap.
import assert from "node:assert/strict";
import {
  Input,
  layers,
  Model,
  modelFromConfig,
  Sequential,
  StateError,
  utils,
  type Value,
  ValueError,
} from "../../mod.ts";
import { camelCase } from "../../lib/names.ts";
import { DOMParser } from "../deps.ts";
import { golden, type Table } from "../golden.ts";

const { cases } = golden("plots") as { cases: Table[] };

type Graph = { boxes: { label: string; frames: string[] }[]; edges: [number, number][] };

const optionsOf = (given: Record<string, boolean>): utils.GraphOptions =>
  Object.fromEntries(Object.entries(given).map(([name, value]) => [camelCase(name), value]));

/** The boxes and edges of a graph in the language of Graphviz, as modelToDot lays out its lines. */
function parseDot(dot: string): Graph {
  const graph: Graph = { boxes: [], edges: [] };
  const places = new Map<string, number>();
  const frames: string[] = [];
  for (const line of dot.split("\n")) {
    const box = /^ *(n\d+) \[label=(<.*>), fontname=/.exec(line);
    const edge = /^ *(n\d+) -> (n\d+) /.exec(line);
    const frame = /^ *graph \[style=dashed, label="(.*)", labeljust/.exec(line);
    if (frame) frames.push(frame[1]);
    else if (/^ +\}$/.test(line)) frames.pop();
    else if (edge) graph.edges.push([places.get(edge[1])!, places.get(edge[2])!]);
    else if (box) {
      places.set(box[1], graph.boxes.length);
      graph.boxes.push({ label: box[2], frames: [...frames] });
    }
  }
  return graph;
}

/** What is in a graph, without its order. */
function contentOf({ boxes, edges }: Graph) {
  const keys = boxes.map(({ label, frames }) => `${frames.join("/")}: ${label}`);
  return { boxes: keys.toSorted(), edges: edges.map(([from, to]) => `${keys[from]} -> ${keys[to]}`).toSorted() };
}

for (const [i, { model, options, ...expected }] of cases.entries()) {
  Deno.test(`modelToDot() gives the graph of Keras: ${model.config.name}, ${i}`, () => {
    const dot = utils.modelToDot(modelFromConfig(model), optionsOf(options));
    assert.deepEqual(contentOf(parseDot(dot)), contentOf(expected));
  });
}

type Rectangle = { x: number; y: number; width: number; height: number };

/** The boxes, frames and edges in an SVG, read by a parser of XML, which throws for what is none. */
function parseSvg(svg: string) {
  const onError = (_level: string, message: string) => assert.fail(message);
  const root = new DOMParser({ onError }).parseFromString(svg, "image/svg+xml").documentElement!;
  const within = (parent: { getElementsByTagName: typeof root.getElementsByTagName }, name: string) =>
    Array.from(parent.getElementsByTagName(name));
  const number = (of: typeof root, name: string) => Number(of.getAttribute(name));
  const groups = (kind: string) => within(root, "g").filter((group) => group.getAttribute("class") === kind);
  const place = (group: typeof root): [string, Rectangle] => {
    const [rect] = within(group, "rect");
    const [x, y, width, height] = ["x", "y", "width", "height"].map((name) => number(rect, name));
    return [group.getAttribute("id")!, { x, y, width, height }];
  };
  const [x, y, width, height] = root.getAttribute("viewBox")!.split(" ").map(Number);
  return {
    page: { x, y, width, height },
    size: [number(root, "width"), number(root, "height")],
    boxes: new Map(groups("layer").map(place)),
    frames: new Map(groups("model").map(place)),
    titles: groups("layer").map((group) => within(group, "title")[0].textContent),
    edges: within(root, "path").filter((path) => path.getAttribute("class") === "edge").map((path) =>
      ["data-from", "data-to", "d"].map((name) => path.getAttribute(name)!)
    ),
  };
}

const isInside = (inner: Rectangle, outer: Rectangle) =>
  inner.x >= outer.x && inner.y >= outer.y && inner.x + inner.width <= outer.x + outer.width + 0.01 &&
  inner.y + inner.height <= outer.y + outer.height + 0.01;

const overlap = (a: Rectangle, b: Rectangle) =>
  a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;

/** Whether a point lies in a rectangle, or no farther from it than this. */
const isAt = (x: number, y: number, { x: left, y: top, width, height }: Rectangle, by = 1) =>
  x >= left - by && x <= left + width + by && y >= top - by && y <= top + height + by;

for (const [i, { model, options }] of cases.entries()) {
  for (const rankdir of ["TB", "RL"] as const) {
    Deno.test(`plotModel() draws each layer once, apart from others: ${model.config.name}, ${i}, ${rankdir}`, async () => {
      const made = modelFromConfig(model);
      const shown = { ...optionsOf(options), rankdir };
      const { svg } = await utils.plotModel(made, shown);
      const { page, boxes, frames, edges } = parseSvg(svg);
      const dot = utils.modelToDot(made, shown);
      const graph = parseDot(dot);
      assert.equal(boxes.size, graph.boxes.length);
      assert.deepEqual(
        edges.map(([from, to]) => `${from} -> ${to}`).toSorted(),
        [...dot.matchAll(/n\d+ -> n\d+/g)].map(([edge]) => edge).toSorted(),
      );
      const all = [...boxes];
      for (const [id, box] of all) {
        assert.ok(isInside(box, page), id);
        for (const [other, another] of all) assert.ok(id === other || !overlap(box, another), `${id} and ${other}`);
        // The boxes of a model lie in its frame, and no others do.
        const around = [...frames.values()].filter((frame) => overlap(box, frame));
        assert.ok(around.every((frame) => isInside(box, frame)), id);
        assert.equal(around.length, graph.boxes[graphIndex(dot, id)].frames.length, id);
      }
      for (const [from, to, path] of edges) {
        const numbers = path.match(/-?\d+(\.\d+)?/g)!.map(Number);
        assert.ok(isAt(numbers[0], numbers[1], boxes.get(from)!), `${from} -> ${to} begins elsewhere`);
        assert.ok(isAt(numbers.at(-2)!, numbers.at(-1)!, boxes.get(to)!), `${from} -> ${to} ends elsewhere`);
      }
    });
  }
}

const graphIndex = (dot: string, id: string) =>
  [...dot.matchAll(/^ *(n\d+) \[label=/gm)].findIndex(([, name]) => name === id);

const chain = () =>
  new Sequential([
    Input({ shape: [4] }),
    new layers.Dense(3, { name: 'a<b>&"c"' }),
    new layers.Softmax({ name: "last" }),
  ]);

Deno.test("plotModel() writes names as XML has them, and dpi scales the picture", async () => {
  const [small, large] = await Promise.all(
    [96, 192].map(async (dpi) => parseSvg((await utils.plotModel(chain(), { dpi, showLayerNames: true })).svg)),
  );
  assert.deepEqual(small.titles, ['a<b>&"c"', "last"]);
  assert.deepEqual(large.page, small.page);
  large.size.forEach((extent, i) => assert.ok(Math.abs(extent - 2 * small.size[i]) < 0.02));
});

Deno.test("plotModel() shows a model with a call of its own as one box", async () => {
  class Custom extends Model {
    dense = new layers.Dense(2);
    override call(x: Value) {
      return this.dense.apply(x);
    }
  }
  const model = new Custom({ name: "mine" });
  await model.predict([[1, 2, 3]], { verbose: 0 });
  const { boxes, edges, titles } = parseSvg((await utils.plotModel(model, { showLayerNames: true })).svg);
  assert.deepEqual([boxes.size, edges.length, titles], [1, 0, ["mine"]]);
  const inside = new Sequential([Input({ shape: [3] }), model, new layers.Dense(1)]);
  const nested = parseSvg((await utils.plotModel(inside, { expandNested: true })).svg);
  assert.deepEqual([nested.boxes.size, nested.frames.size, nested.edges.length], [2, 0, 1]);
});

Deno.test("plotModel() writes a file, and gives what notebooks show", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const plot = await utils.plotModel(chain(), { toFile: `${folder}/model.svg` });
    assert.equal(await Deno.readTextFile(`${folder}/model.svg`), plot.svg);
    const display = (plot as unknown as Record<symbol, () => unknown>)[Symbol.for("Jupyter.display")];
    assert.deepEqual(display.call(plot), { "image/svg+xml": plot.svg });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("plotModel() refuses other endings, models that are not built, and what is none", async () => {
  await assert.rejects(utils.plotModel(chain(), { toFile: "model.png" }), ValueError);
  const unbuilt = new Sequential([new layers.Dense(3)]);
  await assert.rejects(utils.plotModel(unbuilt), StateError);
  assert.throws(() => utils.modelToDot(unbuilt), StateError);
  assert.throws(() => utils.modelToDot(new layers.Dense(3) as unknown as Model), ValueError);
  assert.throws(() => utils.modelToDot(chain(), { showShape: true } as utils.GraphOptions), /showShapes/);
});
