// The pictures of README.md are those that `deno task docs:pictures` draws.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { DOMParser } from "./deps.ts";
import { drawPictures, folder, onBlack } from "./pictures.ts";

Deno.test("the pictures of README.md are up to date [slow] [wasm]", async () => {
  const pictures = await drawPictures();
  const wanted = new Map(
    [...pictures].flatMap(([name, svg]) => [[`${name}.svg`, svg], [`${name}_dark.svg`, onBlack(svg)]]),
  );
  assert.deepEqual(readdirSync(folder).sort(), [...wanted.keys()].sort());
  for (const [name, svg] of wanted) {
    assert.ok(readFileSync(join(folder, name), "utf8") === svg, `${name} is another: deno task docs:pictures draws it`);
  }
});

/** The luminance of a color by WCAG 2, from 0 to 1. */
function luminance(color: string): number {
  const hex = /^#(?:(.)(.)(.)|(..)(..)(..))$/.exec(color === "white" ? "#fff" : color);
  assert.ok(hex, color);
  const parts = hex.slice(1).filter((part) => part !== undefined).map((part) =>
    parseInt(part.repeat(3 - part.length), 16)
  );
  const [r, g, b] = parts.map((part) => part / 255).map((
    x,
  ) => (x <= 0.03928 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/** The contrast of two colors by WCAG 2, from 1 to 21. */
function contrast(a: string, b: string): number {
  const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (high + 0.05) / (low + 0.05);
}

for (const name of readdirSync(folder)) {
  Deno.test(`docs/pictures/${name}: lines and text can be told from the paper`, () => {
    const root = new DOMParser().parseFromString(readFileSync(join(folder, name), "utf8"), "image/svg+xml")
      .documentElement!;
    const all = (tag: string) => Array.from(root.getElementsByTagName(tag));
    const paper = all("rect")[0].getAttribute("fill")!;
    assert.equal(luminance(paper) < 0.1, name.includes("_dark"));
    // The colors in which elements are filled, which their children inherit.
    const fills = new Map<object, string>();
    for (const element of [root, ...all("*")]) {
      const inherited = element.parentNode && fills.get(element.parentNode);
      fills.set(element, element.getAttribute("fill") ?? inherited ?? "#000");
    }
    // White text stands on boxes of its own.
    const texts = all("text").map((text) => fills.get(text)!).filter((color) => color !== "#ffffff");
    const lines = all("polyline").map((line) => line.getAttribute("stroke")!);
    assert.ok(texts.length > 0);
    for (const color of texts) assert.ok(contrast(color, paper) >= 4.5, `text in ${color} on ${paper}`);
    for (const color of lines) assert.ok(contrast(color, paper) >= 3, `a line in ${color} on ${paper}`);
  });
}
