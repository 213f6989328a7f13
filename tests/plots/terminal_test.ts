// Images as text for a terminal: what is written is read back to pixels, by decoders of this file.
import assert from "node:assert/strict";
import { ValueError } from "../../lib/errors.ts";
import { colorsFor } from "../../lib/terminal/pixels.ts";
import { setTerminal } from "../../lib/terminal/terminal.ts";
import { type Tensor, tensor } from "../../lib/tensor/tensor.ts";
import { plots } from "../../mod.ts";

type Color = readonly number[];

/** The palette of 256 colors as xterm has it, without the 16 that users choose. */
function paletteColor(index: number): Color {
  if (index >= 232) return new Array<number>(3).fill(8 + 10 * (index - 232));
  const level = (step: number) => (step === 0 ? 0 : 55 + 40 * step);
  const cube = index - 16;
  return [level(Math.floor(cube / 36)), level(Math.floor(cube / 6) % 6), level(cube % 6)];
}

/** The rows of pixels of a text of half blocks; null where nothing is drawn. */
function decodeBlocks(text: string): (Color | null)[][] {
  return text.split("\n").flatMap((line) => {
    const rows: (Color | null)[][] = [[], []];
    let colors: [Color, Color] | null = null;
    // deno-lint-ignore no-control-regex
    for (const [, code, character] of line.matchAll(/\x1b\[([\d;]*)m|([^\x1b])/gu)) {
      if (code !== undefined) {
        const numbers = code.split(";").map(Number);
        const take = (sets: number): Color => {
          assert.equal(numbers.shift(), sets);
          return numbers.shift() === 2 ? numbers.splice(0, 3) : paletteColor(numbers.shift()!);
        };
        colors = code === "0" ? null : [take(38), take(48)];
        assert.ok(colors === null || numbers.length === 0, code);
      } else {
        assert.ok(character === (colors ? "▀" : " "), `"${character}" in ${colors}`);
        rows.forEach((row, i) => row.push(colors ? colors[i] : null));
      }
    }
    return rows;
  });
}

/** The rows of pixels of a sixel sequence, in percent, and how many color registers it sets. */
function decodeSixel(text: string): { pixels: Color[][]; registers: number } {
  // deno-lint-ignore no-control-regex
  const [, width, height, data] = /^\x1bP0;1q"1;1;(\d+);(\d+)([^\x1b]*)\x1b\\$/.exec(text)!;
  const pixels = Array.from({ length: Number(height) }, () => new Array<Color>(Number(width)));
  const registers = new Map<number, Color>();
  let [x, top, register, repeat] = [0, 0, -1, 1];
  for (const [part, set, chosen, count, bits] of data.matchAll(/#(\d+;2;[\d;]+)|#(\d+)|!(\d+)|([?-~])|[$-]/g)) {
    if (set) {
      const [number, , ...color] = set.split(";").map(Number);
      registers.set(number, color);
    } else if (chosen) register = Number(chosen);
    else if (count) repeat = Number(count);
    else if (bits) {
      for (; repeat > 0; repeat--, x++) {
        for (let bit = 0; bit < 6; bit++) {
          if (((bits.charCodeAt(0) - 63) >> bit) % 2 === 0) continue;
          assert.equal(pixels[top + bit][x], undefined, "a pixel is drawn once");
          pixels[top + bit][x] = registers.get(register)!;
        }
      }
      repeat = 1;
    } else [x, top] = [0, part === "-" ? top + 6 : top];
  }
  assert.ok(pixels.every((row) => Array.from(row).every((color) => color)), "all pixels are drawn");
  return { pixels, registers: registers.size };
}

/** Images of random bytes, `[images, height, width, channels]`. */
function randomImages(shape: readonly number[], seed = 1): Tensor {
  let state = seed;
  const bytes = Uint8Array.from({ length: shape.reduce((a, b) => a * b) }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state >>> 24;
  });
  return tensor(bytes, shape);
}

/** A pixel of images as three numbers. */
function pixelOf(images: Tensor, image: number, y: number, x: number): Color {
  const channels = images.shape[3];
  return [0, 1, 2].map((channel) => images.item(image, y, x, channels === 1 ? 0 : channel));
}

const withoutEscapes = (text: string) =>
  // deno-lint-ignore no-control-regex
  text.replace(/\x1b\[[\d;]*m/g, "");

for (const channels of [1, 3]) {
  Deno.test(`blocks in 24 bits show each pixel of images with ${channels} channels`, async () => {
    const images = randomImages([3, 4, 5, channels]);
    const sheet = await plots.images(images, { columns: 2 });
    const rows = decodeBlocks(sheet.toTerminal({ colors: "24bit", width: 80 }));
    // Two images, a line without anything, and one more.
    assert.equal(rows.length, 4 + 2 + 4);
    for (const [image, top, left] of [[0, 0, 0], [1, 0, 6], [2, 6, 0]]) {
      for (let y = 0; y < 4; y++) {
        for (let x = 0; x < 5; x++) assert.deepEqual(rows[top + y][left + x], pixelOf(images, image, y, x));
      }
    }
    assert.deepEqual(rows[0][5], null);
  });
}

Deno.test("blocks in 256 colors have the nearest color of the palette", async () => {
  const images = randomImages([1, 16, 16, 3]);
  const rows = decodeBlocks((await plots.images(images)).toTerminal({ colors: "256", width: 16 }));
  const distance = (a: Color, b: Color) => a.reduce((sum, value, i) => sum + (value - b[i]) ** 2, 0);
  const palette = Array.from({ length: 240 }, (_, i) => paletteColor(16 + i));
  for (let y = 0; y < 16; y++) {
    for (let x = 0; x < 16; x++) {
      const color = pixelOf(images, 0, y, x);
      const least = Math.min(...palette.map((other) => distance(color, other)));
      assert.equal(distance(rows[y][x]!, color), least, `${color}`);
    }
  }
});

Deno.test("images that are wider than the terminal are made smaller by the mean", async () => {
  const ramp = tensor(Uint8Array.from({ length: 64 }, (_, i) => 4 * (i % 8)), [1, 8, 8]);
  const rows = decodeBlocks((await plots.images(ramp)).toTerminal({ colors: "24bit", width: 4 }));
  assert.deepEqual(rows, new Array(4).fill([2, 10, 18, 26].map((value) => [value, value, value])));
});

Deno.test("no line is longer than the terminal, and as many images stand beside each other as fit", async () => {
  for (const [pixels, count] of [[28, 8], [3, 5], [100, 2]]) {
    const sheet = await plots.images(randomImages([count, pixels, pixels, 1]), {
      labels: Array.from({ length: count }, (_, i) => `a long label ${i}`),
    });
    for (const width of [1, 2, 16, 17, 40, 80, 200]) {
      const lines = withoutEscapes(sheet.toTerminal({ colors: "24bit", width })).split("\n");
      assert.ok(Math.max(...lines.map((line) => [...line].length)) <= width, `${pixels} pixels in ${width}`);
    }
  }
  const digits = await plots.images(randomImages([8, 28, 28, 1]));
  const inRow = (width: number) =>
    digits.toTerminal({ colors: "24bit", width }).split("\n")[0].match(/ /g)?.length ?? 0;
  assert.deepEqual([16, 33, 80, 231].map((width) => 1 + inRow(width)), [1, 2, 4, 8]);
});

Deno.test("labels stand below the middle of their images, are cut off, and cannot move the cursor", async () => {
  const images = randomImages([3, 2, 6, 1]);
  const sheet = await plots.images(images, { labels: ["ab", "too long for it", "\x1b[2Jx"] });
  const lines = sheet.toTerminal({ colors: "none", width: 80 }).split("\n");
  assert.equal(lines.length, 2);
  assert.equal(lines[1], "  ab   too l… ?[2Jx");
});

Deno.test("without colors, characters are brighter where pixels are", async () => {
  const images = tensor(Uint8Array.from([0, 128, 255, 0, 128, 255]), [1, 2, 3]);
  assert.equal((await plots.images(images)).toTerminal({ colors: "none", width: 80 }), " +@");
});

Deno.test("what is transparent is white", async () => {
  const pixel = (opacity: number) => [100, 150, 200, opacity];
  const images = tensor(Uint8Array.from([...pixel(255), ...pixel(0), ...pixel(51), ...pixel(255)]), [1, 2, 2, 4]);
  const rows = decodeBlocks((await plots.images(images)).toTerminal({ colors: "24bit", width: 80 }));
  // A fifth of the color on white.
  assert.deepEqual(rows, [[[100, 150, 200], [255, 255, 255]], [[224, 234, 244], [100, 150, 200]]]);
});

Deno.test("sixels show each pixel, up to percents, enlarged to the width of an image", async () => {
  const images = randomImages([2, 5, 4, 3]);
  const sheet = await plots.images(images, { width: 12 });
  const { pixels, registers } = decodeSixel(sheet.toTerminal({ format: "sixel", width: 80 }));
  assert.deepEqual([pixels.length, pixels[0].length], [15, 12 + 8 + 12]);
  assert.ok(registers <= 41);
  for (let image = 0; image < 2; image++) {
    for (let y = 0; y < 15; y++) {
      for (let x = 0; x < 12; x++) {
        const wanted = pixelOf(images, image, Math.floor(y / 3), Math.floor(x / 3));
        const found = pixels[y][20 * image + x];
        for (let i = 0; i < 3; i++) {
          assert.ok(Math.abs(found[i] - wanted[i] / 2.55) <= 0.5001, `${found} for ${wanted}`);
        }
      }
    }
  }
  assert.deepEqual(pixels[0][14], [100, 100, 100]);
});

Deno.test("sixels of many colors have 256 at most, each near its own", async () => {
  const images = randomImages([1, 40, 40, 3]);
  const { pixels, registers } = decodeSixel(
    (await plots.images(images, { width: 40 })).toTerminal({ format: "sixel" }),
  );
  assert.ok(registers > 100 && registers <= 256, `${registers}`);
  for (let y = 0; y < 40; y++) {
    for (let x = 0; x < 40; x++) {
      const wanted = pixelOf(images, 0, y, x);
      // Half a step of six levels, and half a percent.
      for (let i = 0; i < 3; i++) assert.ok(Math.abs(pixels[y][x][i] - wanted[i] / 2.55) <= 10.6);
    }
  }
});

Deno.test("sixels are no wider than the terminal, eight pixels a character, with labels below each row", async () => {
  const sheet = await plots.images(randomImages([3, 10, 10, 1]), { width: 50, labels: [7, 2, 1] });
  const parts = sheet.toTerminal({ format: "sixel", width: 14 }).split("\n");
  // 14 characters are 112 pixels: two images of 50, and 8 between them.
  assert.deepEqual(parts.map((part, i) => (i % 2 ? part : decodeSixel(part).pixels[0].length)), [108, "7  2", 50, "1"]);
  const [narrow] = sheet.toTerminal({ format: "sixel", width: 3 }).split("\n");
  assert.equal(decodeSixel(narrow).pixels[0].length, 24);
});

Deno.test("colors are what the terminal says, and none where output is redirected or unwanted", () => {
  const terminal = { isTerminal: true, noColor: false, colorTerm: undefined };
  assert.equal(colorsFor(terminal), "256");
  assert.equal(colorsFor({ ...terminal, colorTerm: "truecolor" }), "24bit");
  assert.equal(colorsFor({ ...terminal, colorTerm: "24bit" }), "24bit");
  assert.equal(colorsFor({ ...terminal, noColor: true, colorTerm: "truecolor" }), "none");
  assert.equal(colorsFor({ ...terminal, isTerminal: false, colorTerm: "truecolor" }), "none");
});

Deno.test("the width and the colors are those of the terminal in use", async () => {
  const sheet = await plots.images(randomImages([4, 20, 20, 1]));
  try {
    setTerminal({ isTerminal: false, columns: () => 20, write() {}, now: () => 0 });
    const lines = sheet.toTerminal().split("\n");
    assert.equal(Math.max(...lines.map((line) => line.length)) <= 20, true);
    assert.deepEqual(lines.filter((line) => line.includes("\x1b")), []);
  } finally {
    setTerminal(undefined);
  }
});

Deno.test("other widths, formats and colors are refused", async () => {
  const sheet = await plots.images(randomImages([1, 2, 2, 1]));
  assert.throws(() => sheet.toTerminal({ width: 0 }), ValueError);
  assert.throws(() => sheet.toTerminal({ width: 1.5 }), ValueError);
  assert.throws(() => sheet.toTerminal({ format: "kitty" as "sixel" }), ValueError);
  assert.throws(() => sheet.toTerminal({ colors: "16" as "256" }), ValueError);
});
