// Images in the terminal: brightness, channels, widths, and output without color.
import assert from "node:assert/strict";
import { ShapeError, ValueError } from "../../lib/errors.ts";
import { imageToText } from "../../lib/utils/show_image.ts";
import { tensor } from "../../lib/tensor/tensor.ts";

const plain = (image: Parameters<typeof imageToText>[0], width?: number) =>
  imageToText(image, { width, colour: false });

Deno.test("showImage: plain characters go from dark to bright, two rows of pixels a line", () => {
  assert.equal(plain(tensor(new Uint8Array([0, 255, 128, 0, 255, 128]), [2, 3])), " @+");
  assert.equal(plain([[1, 1], [1, 1], [1, 1], [0, 0]]), "@@\n++");
  assert.equal(plain([[0, 0], [0, 0]]), "");
});

Deno.test("showImage: bytes, floats, booleans and centred floats show the same picture", () => {
  const expected = plain(tensor(new Uint8Array([0, 255, 255, 0, 0, 255, 255, 0]), [2, 4]));
  assert.equal(expected, " @@");
  assert.equal(plain([[0, 1, 1, 0], [0, 1, 1, 0]]), expected);
  assert.equal(plain([[0, 255, 255, 0], [0, 255, 255, 0]]), expected);
  assert.equal(plain([[false, true, true, false], [false, true, true, false]]), expected);
  assert.equal(plain([[-0.5, 0.5, 0.5, -0.5], [-0.5, 0.5, 0.5, -0.5]]), expected);
});

Deno.test("showImage: a batch axis of 1 and one or three channels are read", () => {
  const picture = plain([[1, 0], [1, 0]]);
  assert.equal(plain(tensor([1, 0, 1, 0], [1, 2, 2])), picture);
  assert.equal(plain(tensor([1, 0, 1, 0], [2, 2, 1])), picture);
  assert.equal(plain(tensor([1, 0, 1, 0], [1, 2, 2, 1])), picture);
  assert.equal(plain(tensor([1, 1, 1, 0, 0, 0, 1, 1, 1, 0, 0, 0], [2, 2, 3])), picture);
});

Deno.test("showImage: width scales both ways and keeps the proportions", () => {
  const image = tensor(new Uint8Array(28 * 28).fill(255), [28, 28]);
  for (const width of [1, 7, 28, 40]) {
    const lines = plain(image, width).split("\n");
    assert.equal(lines.length, Math.ceil(width / 2));
    for (const line of lines.slice(0, -1)) assert.equal(line, "@".repeat(width));
  }
});

Deno.test("showImage: in colour a line is half blocks in greys and ends with a reset", () => {
  const text = imageToText([[0, 1], [1, 0]], { colour: true });
  assert.equal(text, "\x1b[38;5;16;48;5;231m▀\x1b[38;5;231;48;5;16m▀\x1b[0m");
  assert.equal(imageToText([[1, 1, 1]], { colour: true }), "\x1b[38;5;231;48;5;16m▀▀▀\x1b[0m");
});

Deno.test("showImage: other shapes and widths are refused with what to do", () => {
  const shape = (pattern: RegExp) => (error: unknown) => error instanceof ShapeError && pattern.test(error.message);
  assert.throws(() => plain([1, 2, 3]), shape(/\[height, width\].*received \[3\]: take one image/));
  assert.throws(() => plain(tensor(new Uint8Array(24), [2, 3, 4])), shape(/received \[2, 3, 4\]/));
  assert.throws(() => plain(tensor(new Uint8Array(0), [0, 4])), shape(/received \[0, 4\]/));
  assert.throws(() => plain([[1]], 0), ValueError);
  assert.throws(() => plain([[1]], 1.5), ValueError);
});

Deno.test("showImage: redirected output has no escape codes", async () => {
  const source = `import { showImage } from "${new URL(
    "../../lib/utils/show_image.ts",
    import.meta.url,
  )}"; showImage([[1, 1], [1, 1]]);`;
  const args = ["eval", "--quiet", source];
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), { args, stdin: "null", env: { FORCE_COLOR: "1" } })
    .output();
  assert.equal(new TextDecoder().decode(stdout), "@@\n", new TextDecoder().decode(stderr));
});
