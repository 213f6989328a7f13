// The commands on data: predict, evaluate, bench.
import assert from "node:assert/strict";
import { ops, Tensor, tensor, utils } from "../../mod.ts";
import { quantile } from "../../cli/bench.ts";
import { asBatch } from "../../cli/data.ts";
import { shortest, sizeText } from "../../cli/text.ts";
import { useBackend } from "../backends.ts";
import { encodePng } from "../deps.ts";
import { golden } from "../golden.ts";
import { images, line, pair } from "./models.ts";
import { runHere, testInFolder } from "./run.ts";

await useBackend("reference");

const x = [[1, 2], [3, 4], [-1, 0]];
const y = [[21.5], [43.5], [-0.5]];

testInFolder("predict reads every format, and writes every format", async (folder) => {
  await (await line()).save(`${folder}/line.keras`);
  await utils.saveNpy(`${folder}/x.npy`, x);
  await utils.saveNpz(`${folder}/x.npz`, { x, y });
  await Deno.writeTextFile(`${folder}/x.json`, JSON.stringify(x));
  await Deno.writeTextFile(`${folder}/named.json`, JSON.stringify({ x }));
  await Deno.writeTextFile(`${folder}/x.csv`, "a,b\n1,2\n3,4\n-1,0\n");
  await Deno.writeTextFile(`${folder}/x.tsv`, "1\t2\n3\t4\n-1\t0\n");
  for (const file of ["x.npy", "x.npz", "x.json", "named.json", "x.csv", "x.tsv"]) {
    const { code, out, told } = await runHere("predict", `${folder}/line.keras`, `${folder}/${file}`);
    assert.deepEqual([code, JSON.parse(out), told], [0, y, ""], file);
  }
  const predict = (...args: string[]) => runHere("predict", `${folder}/line.keras`, `${folder}/x.npy`, ...args);
  assert.equal((await predict("--format", "csv")).out, "sum\n21.5\n43.5\n-0.5\n");
  assert.deepEqual((await utils.loadNpy((await predict("--format", "npy")).bytes)).toArray(), y);
  for (const format of ["json", "csv", "npy", "npz"]) {
    const { code, out } = await predict("--out", `${folder}/y.${format}`, "--batch", "2");
    assert.deepEqual([code, out], [0, ""], format);
  }
  assert.deepEqual(JSON.parse(await Deno.readTextFile(`${folder}/y.json`)), y);
  assert.equal(await Deno.readTextFile(`${folder}/y.csv`), "sum\n21.5\n43.5\n-0.5\n");
  assert.deepEqual((await utils.loadNpy(`${folder}/y.npy`)).toArray(), y);
  assert.deepEqual((await utils.loadNpz(`${folder}/y.npz`)).sum.toArray(), y);
});

testInFolder("predict takes one sample, several files, and several inputs by name", async (folder) => {
  await (await line()).save(`${folder}/line.keras`);
  await Deno.writeTextFile(`${folder}/one.json`, "[1, 2]");
  await Deno.writeTextFile(`${folder}/two.json`, "[[3, 4], [-1, 0]]");
  const joined = await runHere("predict", `${folder}/line.keras`, `${folder}/one.json`, `${folder}/two.json`);
  assert.deepEqual(JSON.parse(joined.out), y);

  await pair().save(`${folder}/pair.keras`);
  await utils.saveNpz(`${folder}/pair.npz`, { right: [[5], [6]], left: [[1, 2], [3, 4]] });
  await Deno.writeTextFile(`${folder}/pair.json`, '{"left": [0.1, 0], "right": [7]}');
  const { out } = await runHere("predict", `${folder}/pair.keras`, `${folder}/pair.npz`, `${folder}/pair.json`);
  assert.deepEqual(JSON.parse(out), { all: [[1, 2, 5], [3, 4, 6], [0.1, 0, 7]], double: [[10], [12], [14]] });
  const csv = await runHere("predict", `${folder}/pair.keras`, `${folder}/pair.npz`, "--format", "csv");
  assert.equal(csv.out, "all_0,all_1,all_2,double\n1,2,5,10\n3,4,6,12\n");
});

/** Writes a picture of bytes that differ between neighbours. */
async function writePicture(path: string, height: number, width: number, channels: number): Promise<Tensor> {
  const data = Uint8Array.from({ length: height * width * channels }, (_, i) => (37 * i) % 256);
  await Deno.writeFile(path, encodePng({ height, width, channels, data }));
  return new Tensor([height, width, channels], "uint8", data);
}

testInFolder("predict gives pictures the model's channels and size", async (folder) => {
  const picture = await writePicture(`${folder}/rgb.png`, 4, 6, 3);
  const gray = await writePicture(`${folder}/gray.png`, 4, 6, 1);
  const rgba = await writePicture(`${folder}/rgba.png`, 4, 6, 4);
  const run = async (shape: readonly (number | null)[], file: string) => {
    await images(shape).save(`${folder}/m.keras`);
    const { code, out, told } = await runHere("predict", `${folder}/m.keras`, `${folder}/${file}`);
    assert.equal(code, 0, told);
    return { values: tensor(JSON.parse(out)), told };
  };
  const rows = (image: Tensor) => image.cast("float32").reshape([1, ...image.shape]);
  const equal = ({ values }: { values: Tensor }, expected: Tensor) =>
    assert.deepEqual(values.toArray(), expected.toArray());

  const whole = await run([4, 6, 3], "rgb.png");
  equal(whole, rows(picture));
  assert.equal(whole.told, "");
  // Gray as the library makes it, rounded to bytes.
  const luma = ops.round(ops.image.rgbToGrayscale(picture.cast("float32")));
  equal(await run([4, 6, 1], "rgb.png"), rows(luma));
  equal(await run([4, 6], "rgb.png"), luma.reshape([1, 4, 6]));
  equal(await run([24], "gray.png"), gray.cast("float32").reshape([1, 24]));
  equal(await run([4, 6, 3], "gray.png"), rows(ops.concatenate([gray, gray, gray], 2)));
  equal(await run([null, null, 3], "rgba.png"), rows(ops.slice(rgba, [0, 0, 0], [4, 6, 3])));
  const opaque = tensor(new Uint8Array(24).fill(255), [4, 6, 1]);
  equal(await run([4, 6, 4], "rgb.png"), rows(ops.concatenate([picture, opaque], 2)));
  equal(await run([3, 4, 6], "rgb.png"), rows(ops.transpose(picture, [2, 0, 1])));

  const small = await run([2, 3, 3], "rgb.png");
  const resized = ops.image.resize(picture.cast("float32"), [2, 3]);
  equal(small, rows(resized));
  assert.equal(small.told, "The picture of 4 x 6 pixels is resized to 2 x 3.\n");
});

testInFolder("predict reads JPEG, and tells a file that is cut off", async (folder) => {
  const { file, pixels } = golden("pictures").cases["gray.jpg"];
  const bytes = Uint8Array.fromBase64(file);
  await Deno.writeFile(`${folder}/a.jpg`, bytes);
  await Deno.writeFile(`${folder}/b.jpeg`, bytes.subarray(0, bytes.length - 9));
  await images(pixels.shape).save(`${folder}/m.keras`);
  const { out } = await runHere("predict", `${folder}/m.keras`, `${folder}/a.jpg`);
  const values = tensor(JSON.parse(out)).data;
  assert.equal(values.length, pixels.data.length);
  // Decoders of JPEG may differ by a few steps.
  values.forEach((value, i) => assert.ok(Math.abs(value - pixels.data[i]) <= 5));
  const { code, told } = await runHere("predict", `${folder}/m.keras`, `${folder}/b.jpeg`);
  assert.equal(code, 2);
  assert.match(told, /a whole JPEG file, received \d+ bytes without an end/);
});

testInFolder("predict says what does not fit", async (folder) => {
  await (await line()).save(`${folder}/line.keras`);
  await pair().save(`${folder}/pair.keras`);
  await writePicture(`${folder}/a.png`, 2, 3, 3);
  await Deno.writeTextFile(`${folder}/text.csv`, "a,b\n1,2\n3,four\n");
  await Deno.writeTextFile(`${folder}/wide.csv`, "1,2,3\n");
  await Deno.writeTextFile(`${folder}/no.json`, "{");
  await Deno.writeTextFile(`${folder}/number.json`, "3");
  await Deno.writeTextFile(`${folder}/two.json`, '{"a": [1, 2], "b": [1, 2]}');
  await Deno.writeTextFile(`${folder}/x.json`, "[[1, 2]]");
  const cases: [args: string[], message: RegExp][] = [
    [["line.keras", "text.csv"], /each cell must be a number, received "four" in row 2, column 2/],
    [["line.keras", "wide.csv"], /built for the shape \[null, 2\], received \[1, 3\]/],
    [["line.keras", "no.json"], /it must be JSON/],
    [["line.keras", "number.json"], /must be an array of numbers, or an object of these by name, received 3/],
    [["line.keras", "two.json"], /must be an array named "x", or one alone, received "a", "b"/],
    [["line.keras", "a.png"], /must take pictures/],
    [["line.keras", "a.bmp"], /must end in \.npy, .* or \.jpeg, received/],
    [["line.keras", "none.npy"], /Cannot load "\S+none\.npy": the file must be there/],
    [["line.keras", "x.json", "wide.csv"], /all must have one shape, received \[2\] and \[3\]/],
    [["pair.keras", "x.json"], /2 inputs, .* "left", "right", received one array/],
    [["pair.keras", "two.json"], /by the names "left", "right", received "a", "b"/],
  ];
  for (const [args, message] of cases) {
    const { code, out, told } = await runHere("predict", ...args.map((name) => `${folder}/${name}`));
    assert.deepEqual([code, out], [2, ""], args.join(" "));
    assert.match(told, message);
    assert.doesNotMatch(told, /\n\s+at /);
  }
  const run = (...args: string[]) => runHere("predict", `${folder}/line.keras`, `${folder}/x.json`, ...args);
  assert.match((await run("--out", "y.npy", "--json")).told, /must end in \.json, received "y\.npy"/);
  assert.match((await run("--format", "xml")).told, /Allowed choices are json, csv, npy, npz/);
  assert.match((await run("--trace", "--out", "y.xml")).told, /\n\s+at /);
  const several = await runHere("predict", `${folder}/pair.keras`, `${folder}/x.json`, "--format", "npy");
  assert.equal(several.code, 2);
});

testInFolder("evaluate gives the loss and metrics of the library", async (folder) => {
  const model = await line();
  await model.save(`${folder}/line.keras`);
  const targets = [[20], [44], [0.5]];
  // The differences are 1.5, -0.5 and -1.
  const expected = { loss: 3.5 / 3, mae: 1 };
  await utils.saveNpz(`${folder}/named.npz`, { x, y: targets });
  await utils.saveNpz(`${folder}/outputs.npz`, { x, sum: targets });
  await utils.saveNpy(`${folder}/x.npy`, x);
  await utils.saveNpy(`${folder}/y.npy`, targets);
  await Deno.writeTextFile(`${folder}/y.csv`, "20\n44\n0.5\n");
  await Deno.writeTextFile(`${folder}/all.csv`, "a,target,b\n1,20,2\n3,44,4\n-1,0.5,0\n");
  await Deno.writeTextFile(`${folder}/plain.csv`, "1,2,20\n3,4,44\n-1,0,0.5\n");
  const at = (name: string) => `${folder}/${name}`;
  const ways = [
    [at("named.npz")],
    [at("outputs.npz")],
    [at("x.npy"), at("y.npy")],
    [at("x.npy"), at("y.csv")],
    [at("all.csv"), "--label", "target"],
    [at("all.csv"), "--label", "1"],
    [at("plain.csv"), "--label", "-1"],
    [at("plain.csv"), "--label", "2"],
  ];
  for (const way of ways) {
    const { code, out, told } = await runHere("evaluate", at("line.keras"), ...way, "--json");
    assert.deepEqual([code, told], [0, ""], way.join(" "));
    assert.deepEqual(JSON.parse(out), await model.evaluate(x, targets, { verbose: 0 }));
    for (const [name, value] of Object.entries(expected)) assert.ok(Math.abs(JSON.parse(out)[name] - value) < 1e-6);
  }
  assert.equal((await runHere("evaluate", at("line.keras"), at("named.npz"))).out, "loss  1.16667\nmae   1\n");
});

testInFolder("evaluate says what is missing", async (folder) => {
  await (await line()).save(`${folder}/line.keras`);
  await pair().save(`${folder}/pair.keras`);
  await utils.saveNpy(`${folder}/x.npy`, x);
  await utils.saveNpz(`${folder}/x.npz`, { x });
  await Deno.writeTextFile(`${folder}/a.csv`, "a,b,c\n1,2,3\n");
  const cases: [args: string[], message: RegExp][] = [
    [["pair.keras", "x.npz"], /a model that was not compiled/],
    [["line.keras", "x.npy"], /there must be targets too, received inputs alone/],
    [["line.keras", "x.npz"], /an array "y", or one for each output: "sum", received "x"/],
    [["line.keras", "a.csv"], /a table without --label/],
    [["line.keras", "a.csv", "--label", "d"], /must be one of "a", "b", "c", received "d"/],
    [["line.keras", "a.csv", "--label", "3"], /must be one of "a", "b", "c", received "3"/],
    [["line.keras", "a.csv", "--label", "-4"], /must be one of "a", "b", "c", received "-4"/],
  ];
  for (const [[model, data, ...more], message] of cases) {
    const { code, told } = await runHere("evaluate", `${folder}/${model}`, `${folder}/${data}`, ...more);
    assert.equal(code, 2, data);
    assert.match(told, message);
  }
});

testInFolder("bench has a row for each batch size, with times of as many calls", async (folder) => {
  await pair().save(`${folder}/pair.keras`);
  const args = [`${folder}/pair.keras`, "--batch", "1,4", "--repeats", "3"];
  const rows = JSON.parse((await runHere("bench", ...args, "--json")).out);
  assert.deepEqual(rows.map((row: Record<string, unknown>) => [row.backend, row.batch, row.repeats]), [
    ["reference", 1, 3],
    ["reference", 4, 3],
  ]);
  for (const { first, median, p95, samplesPerSecond, batch, peakMemory } of rows) {
    assert.ok(first > 0 && median > 0 && p95 >= median && peakMemory > 1e6);
    assert.ok(Math.abs(samplesPerSecond * median / (1000 * batch) - 1) < 1e-9);
  }
  const { out } = await runHere("bench", ...args);
  assert.match(
    out,
    /^backend +batch +first \(ms\) +median \(ms\) +p95 \(ms\) +samples\/s +peak memory\n(reference .*\n){2}$/,
  );
  const { told } = await runHere("bench", ...args, "--backend", "wasm,gpu");
  assert.match(told, /'wasm,gpu' is invalid\. Allowed choices are auto, webgpu/);
  await images([null, 3]).save(`${folder}/open.keras`);
  assert.equal((await runHere("bench", `${folder}/open.keras`, "--repeats", "1", "--length", "5")).code, 0);
});

Deno.test("quantiles lie between neighbours in proportion", () => {
  assert.deepEqual([0, 0.5, 0.95, 1].map((share) => quantile([4, 1, 3, 2], share)), [1, 2.5, 3.8499999999999996, 4]);
  assert.equal(quantile([7], 0.95), 7);
});

Deno.test("an array of one sample becomes a batch", () => {
  const shapeOf = (shape: number[], sample: (number | null)[]) => asBatch(ops.zeros(shape), sample).shape;
  assert.deepEqual(shapeOf([2], [2]), [1, 2]);
  assert.deepEqual(shapeOf([5], [null]), [1, 5]);
  assert.deepEqual(shapeOf([3], [2]), [3]);
  assert.deepEqual(shapeOf([2, 2], [2]), [2, 2]);
  assert.deepEqual(shapeOf([7, 2], [null, 2]), [1, 7, 2]);
});

Deno.test("numbers have the digits that float32 needs", () => {
  for (const value of [0.1, 1 / 3, 1e-30, -123.456, 16777217, 3.4e38].map(Math.fround)) {
    assert.equal(Math.fround(shortest(value)), value);
  }
  assert.deepEqual([0.1, 0.3, 2, -1e-7].map((value) => String(shortest(Math.fround(value)))), [
    "0.1",
    "0.3",
    "2",
    "-1e-7",
  ]);
  assert.deepEqual([999, 1000, 123456, 1e9].map(sizeText), ["999 B", "1.00 kB", "123 kB", "1.00 GB"]);
});
