// Elastic transforms: the noise, and what is made of it.
import assert from "node:assert/strict";
import { compile } from "../../lib/exec/compile.ts";
import { setBackend } from "../../lib/exec/select.ts";
import type { Value } from "../../lib/ir/value.ts";
import * as ops from "../../lib/ops/ops.ts";
import * as random from "../../lib/random/random.ts";
import type { Tensor } from "../../lib/tensor/tensor.ts";
import { testOnBackends } from "../backends.ts";
import { assertClose } from "../close.ts";
import { numbers } from "./samples.ts";

Deno.test("an elastic transform takes pixels from where smoothed noise says", () => {
  const [height, width] = [9, 11];
  const photo = numbers([2, height, width, 2], -1, 1);
  const noise = random.normal([2, height, width, 2], { seed: 7 });
  const smooth = ops.image.gaussianBlur(ops.multiply(noise, 1.25), { kernelSize: 7, sigma: 1.25 });
  for (const fillMode of ["constant", "nearest", "reflect", "wrap"] as const) {
    for (const [order, interpolation] of [[0, "nearest"], [1, "bilinear"]] as const) {
      const options = { alpha: 3, sigma: 1.25, seed: 7, fillMode, interpolation, fillValue: 0.5 };
      const bent = ops.image.elasticTransform(photo, options);
      const at = (data: Tensor, image: number, channel: number) =>
        ops.reshape(ops.slice(data, [image, 0, 0, channel], [1, height, width, 1]), [height, width]);
      for (const image of [0, 1]) {
        const y = ops.add(ops.reshape(ops.arange(height), [height, 1]), ops.multiply(at(smooth, image, 1), 3));
        const x = ops.add(ops.arange(width), ops.multiply(at(smooth, image, 0), 3));
        for (const channel of [0, 1]) {
          const plane = at(photo, image, channel);
          const expected = ops.image.mapCoordinates(plane, ops.stack([y, x]), order, fillMode, 0.5);
          assertClose(at(bent, image, channel).data, expected.data, { absolute: 1e-5, relative: 1e-5 }, fillMode);
        }
      }
    }
  }
  assert.deepEqual(ops.image.elasticTransform(photo, { alpha: 0, seed: 1 }).data, photo.data);
});

testOnBackends("an elastic transform draws anew in each step of a program, the same on every executor", async () => {
  const generator = new random.SeedGenerator(3);
  const bend = compile((x: Value) => ops.image.elasticTransform(x, { alpha: 4, sigma: 2, seed: generator }));
  const photo = numbers([1, 8, 8, 1], -1, 1);
  const [first, second] = [await bend(photo), await bend(photo)];
  assert.notDeepEqual(first.data, second.data);
  await setBackend("reference");
  const own = new random.SeedGenerator(3);
  const expected = await compile((x: Value) => ops.image.elasticTransform(x, { alpha: 4, sigma: 2, seed: own }))(photo);
  assertClose(first.data, expected.data, { absolute: 1e-5, relative: 1e-5 });
});
