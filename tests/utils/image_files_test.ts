// loadImg, imgToArray, arrayToImg and saveImg: pixels are those of Keras and Pillow.
import assert from "node:assert/strict";
import { type CeratopsError, FileError, ShapeError, ValueError } from "../../lib/errors.ts";
import { tensor, type TensorLike } from "../../lib/tensor/tensor.ts";
import {
  arrayToImg,
  type ArrayToImgOptions,
  imgToArray,
  loadImg,
  saveImg,
  type SaveImgOptions,
} from "../../lib/utils/image_files.ts";
import { smartResize } from "../../lib/utils/smart_resize.ts";
import { assertClose } from "../close.ts";
import { camelCased, golden, type Table, toTensor } from "../golden.ts";
import { warningsOf } from "../warnings.ts";

const images = golden("loaded_images");
const bytesOf = (encoded: string) => Uint8Array.from(atob(encoded), (letter) => letter.charCodeAt(0));

Deno.test("loadImg: colors, sizes and parts are Pillow's, bit for bit", async () => {
  assert.ok(images.loaded.length > 100);
  for (const { file, options, pixels } of images.loaded) {
    const image = await loadImg(bytesOf(images.files[file]), camelCased(options));
    const expected = toTensor(pixels);
    const place = `${file} ${JSON.stringify(options)}`;
    assert.deepEqual([image.dtype, [...image.shape]], ["uint8", [...expected.shape]], place);
    assert.deepEqual([...image.data], [...expected.data], place);
  }
});

Deno.test("smartResize: images of one size are Keras's", () => {
  for (const { x, size, options, y } of images.resized) {
    const made = smartResize(toTensor(x), size, camelCased(options));
    assert.deepEqual([made.dtype, [...made.shape]], [y.dtype, y.shape]);
    assertClose(made.data, y.data.map(Number), { absolute: 1e-6, relative: 1e-6 });
  }
  assert.throws(() => smartResize(tensor([[[1]]]), [2, 2, 2]), /size must be/);
  assert.throws(() => smartResize(tensor([[1, 2]]), [2, 2]), ShapeError);
});

Deno.test("arrayToImg and imgToArray: values are Keras's", () => {
  for (const { x, options, pixels } of images.images) {
    const image = arrayToImg(toTensor(x), camelCased(options));
    assert.deepEqual(image.toArray(), toTensor(pixels).toArray(), JSON.stringify(options));
    assert.equal(image.dtype, "uint8");
  }
  for (const { pixels, options, array } of images.arrays) {
    const made = imgToArray(toTensor(pixels), camelCased(options) as Table);
    const expected = toTensor(array);
    assert.deepEqual([made.dtype, made.toArray()], [expected.dtype, expected.toArray()]);
  }
});

Deno.test("saveImg: pictures are read back, exactly from PNG and nearly from JPEG", async () => {
  const folder = await Deno.makeTempDir();
  try {
    for (const [channels, colorMode] of [[1, "grayscale"], [3, "rgb"], [4, "rgba"]] as const) {
      // Smooth, as JPEG is made for.
      const values = Uint8Array.from({ length: 24 * 16 * channels }, (_, i) => {
        const pixel = Math.floor(i / channels);
        return 6 * (pixel % 16) + 4 * Math.floor(pixel / 16) + 10 * (i % channels);
      });
      const image = tensor(values, [24, 16, channels], "uint8");
      await saveImg(`${folder}/a.png`, image, { scale: false });
      assert.deepEqual([...(await loadImg(`${folder}/a.png`, { colorMode })).data], [...values]);
      const [, told] = await warningsOf(() => saveImg(`${folder}/a.jpg`, image, { scale: false, quality: 95 }));
      assert.equal(told.length, channels === 4 ? 1 : 0);
      const back = await loadImg(`${folder}/a.jpg`, { colorMode });
      assert.deepEqual(back.shape, image.shape);
      back.data.forEach((value, i) => {
        const expected = channels === 4 && i % 4 === 3 ? 255 : values[i];
        assert.ok(Math.abs(value - expected) <= 6, `${value} for ${expected}`);
      });
    }
    // Scaled, and with channels first.
    const x = [[[0, 1], [2, 4]]];
    await saveImg(`${folder}/b.png`, x, { dataFormat: "channels_first" });
    assert.deepEqual((await loadImg(`${folder}/b.png`, { colorMode: "grayscale" })).toArray(), [
      [[0], [63]],
      [[127], [255]],
    ]);
    const parts: Uint8Array[] = [];
    const stream = new WritableStream<Uint8Array>({ write: (part) => void parts.push(part) });
    await saveImg(stream, [[[0]]], { fileFormat: "jpg" });
    assert.deepEqual([...parts[0].subarray(0, 3)], [0xff, 0xd8, 0xff]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("mistakes are told before any work", async () => {
  const refused = (
    x: TensorLike,
    options: SaveImgOptions & ArrayToImgOptions,
    pattern: RegExp,
    kind: typeof CeratopsError = ValueError,
    target = "unwritten.png",
  ) =>
    assert.rejects(
      saveImg(target, x, options),
      (error: Error) => error instanceof kind && pattern.test(error.message),
      String(pattern),
    );
  await refused([[1]], {}, /of 1, 3 or 4 channels, received \[1, 1\]: add an axis/, ShapeError);
  await refused([[[1, 2]]], {}, /received \[1, 1, 2\]/, ShapeError);
  await refused([[[256]]], { scale: false }, /values must be from 0 to 255, received 256/);
  await refused([[[-1]]], { scale: false }, /received -1/);
  await refused([[[NaN]]], {}, /values must be finite, received NaN/);
  await refused([[[1]], [[Infinity]]], {}, /values must be finite, received Infinity/);
  await refused([[[1]]], { quality: 0 }, /quality must be a whole number from 1 to 100/);
  await refused([[[1]]], {}, /must end in .png or .jpg or .jpeg/, ValueError, "unwritten.gif");
  await assert.rejects(saveImg(new WritableStream(), [[[1]]]), /a stream needs fileFormat/);
  await refused(tensor(new Uint8Array(70_000), [70_000, 1, 1]), { fileFormat: "jpeg" }, /at most 65535/, FileError);
  const file = bytesOf(images.files.rgb);
  await assert.rejects(loadImg(file, { targetSize: [0, 2] }), /targetSize must be a height and a width/);
  await assert.rejects(loadImg(file, { interpolation: "bicubik" as "bicubic" }), /did you mean "bicubic"/);
  await assert.rejects(loadImg(file.subarray(0, 40)), FileError);
  await assert.rejects(loadImg("nowhere.png"), FileError);
  assert.throws(() => imgToArray([1, 2]), ShapeError);
});
