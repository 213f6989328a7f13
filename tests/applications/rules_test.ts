// The rules on the options of applications: Keras's, each told before anything is made.
import assert from "node:assert/strict";
import * as applications from "../../lib/applications/applications.ts";
import type { ApplicationOptions } from "../../lib/applications/options.ts";
import { type CeratopsError, ShapeError, ValueError } from "../../lib/errors.ts";
import { Input } from "../../lib/layers/input.ts";
import { warningsOf } from "../warnings.ts";

type Make = (options: ApplicationOptions) => Promise<unknown>;
type Rule = readonly [make: Make, options: object, Kind: new (...args: never[]) => CeratopsError, message: RegExp];

const { VGG16, MobileNet, MobileNetV2, MobileNetV3Small, NASNetLarge, Xception, InceptionV3 } = applications;

const rules: readonly Rule[] = [
  [VGG16, { inputShape: [31, 32, 3] }, ShapeError, /^Cannot make VGG16: images must have at least 32 by 32 pixels/],
  [
    Xception,
    { inputShape: [71, 70, 3], includeTop: false },
    ShapeError,
    /at least 71 by 71 pixels, received \[71, 70, 3\]/,
  ],
  [InceptionV3, { inputShape: [74, 75, 3] }, ShapeError, /at least 75 by 75/],
  [MobileNetV3Small, { inputShape: [32, 31, 3] }, ShapeError, /at least 32 by 32/],
  [
    VGG16,
    { inputShape: [224, 224] },
    ShapeError,
    /inputShape must be \[height, width, channels\], received \[224, 224\]/,
  ],
  [VGG16, { inputShape: [null, 224, 3] }, ShapeError, /with the top, inputShape must have no null/],
  [VGG16, { inputShape: [0, 224, 3] }, ShapeError, /inputShape must be .*positive integers/],
  [VGG16, { weights: "imagenet", classes: 10 }, ValueError, /classes must be 1000, received classes: 10/],
  [VGG16, { weights: "imagenet", inputShape: [64, 64, 3] }, ShapeError, /inputShape must be \[224, 224, 3\]/],
  [
    VGG16,
    { weights: "imagenet", inputShape: [64, 64, 1], includeTop: false },
    ShapeError,
    /with weights: "imagenet" there must be 3 channels/,
  ],
  [VGG16, { weights: "a.h5", classifierActivation: "relu" }, ValueError, /must be null or "softmax", received "relu"/],
  [VGG16, { weights: 5 }, ValueError, /weights must be null, "imagenet", or a file .*received 5/],
  [VGG16, { pooling: "mean" }, ValueError, /pooling must be one of "avg", "max", received "mean"/],
  [VGG16, { classes: 0 }, ValueError, /classes must be a positive integer/],
  [VGG16, { classifierActivation: "sofmax" }, ValueError, /did you mean "softmax"/],
  [VGG16, { inputTensor: [1, 2] }, ValueError, /inputTensor must be a symbolic tensor/],
  [VGG16, { alpha: 0.5 }, ValueError, /alpha/],
  [MobileNet, { alpha: 0 }, ValueError, /alpha must be a number from/],
  [MobileNet, { dropout: 2 }, ValueError, /dropout must be a number from 0 to 1/],
  [
    MobileNet,
    { weights: "imagenet", alpha: 0.3 },
    ValueError,
    /alpha must be one of 0.25, 0.5, 0.75, 1, received alpha: 0.3/,
  ],
  [MobileNet, { weights: "imagenet", depthMultiplier: 2 }, ValueError, /depthMultiplier must be 1/],
  [MobileNetV2, { weights: "imagenet", alpha: 0.25 }, ValueError, /alpha must be one of 0.35, 0.5, 0.75, 1, 1.3, 1.4/],
  [MobileNetV3Small, { weights: "imagenet", alpha: 0.5 }, ValueError, /alpha must be one of 0.75, 1/],
  [
    MobileNetV3Small,
    { weights: "imagenet", alpha: 0.75, minimalistic: true },
    ValueError,
    /alpha must be one of 1, received alpha: 0.75/,
  ],
  [
    MobileNetV2,
    { inputTensor: Input({ shape: [96, 96, 3] }), inputShape: [96, 64, 3] },
    ShapeError,
    /inputTensor must have the width of inputShape, received \[null, 96, 96, 3\] and \[96, 64, 3\]/,
  ],
  [
    NASNetLarge,
    { weights: "imagenet", inputShape: [null, null, 3], includeTop: false },
    ValueError,
    /inputShape must have no null/,
  ],
];

for (const [make, options, Kind, message] of rules) {
  Deno.test(`${make.name} refuses ${JSON.stringify(options, (_, value) => value?.node ? "tensor" : value)}`, async () => {
    await assert.rejects(make(options), (error: Error) => {
      assert.ok(error instanceof Kind, String(error));
      assert.match(error.message, message);
      return true;
    });
  });
}

Deno.test("an application warns of images with neither 1 nor 3 channels", async () => {
  const [, warnings] = await warningsOf(() => MobileNet({ inputShape: [32, 32, 2], alpha: 0.25, classes: 2 }));
  assert.deepEqual(warnings, ["MobileNet usually takes 1 or 3 channels, not 2"]);
});
