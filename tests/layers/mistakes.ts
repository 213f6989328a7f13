// Mistakes with layers: what is refused where a layer is made, built or called, and with which words.
import * as ceratops from "../../mod.ts";

// Mistakes are not typed: these are those of JavaScript users, and those that types cannot see.
// deno-lint-ignore no-explicit-any
type Any = any;
const { Input, layers, ops, Sequential } = ceratops as Any;

/** A model of one layer on inputs of this shape. */
const on = (shape: (number | null)[], layer: Any) => new Sequential([Input({ shape }), layer], { name: "m" });

/** What was done wrong, how, the class of the error, and what its message must match. */
export const mistakesWithLayers: readonly (readonly [string, () => unknown, string, RegExp])[] = [
  ["ReLU capped below 0", () => new layers.ReLU({ maxValue: -1 }), "ValueError", /maxValue must be .* received -1/],
  [
    "ReLU of a slope below 0",
    () => new layers.ReLU({ negativeSlope: -1 }),
    "ValueError",
    /negativeSlope .* received -1/,
  ],
  ["ReLU of a threshold below 0", () => new layers.ReLU({ threshold: -1 }), "ValueError", /threshold .* received -1/],
  ["ReLU's option misspelled", () => new layers.ReLU({ max: 6 }), "ValueError", /did you mean "maxValue"\?$/],
  ["LeakyReLU of a slope alone", () => new layers.LeakyReLU(0.1), "ValueError", /\{ negativeSlope: ... \}$/],
  ["LeakyReLU as Python has it", () => new layers.LeakyReLU({ negative_slope: 1 }), "ValueError", /"negativeSlope"\?$/],
  ["LeakyReLU of a slope below 0", () => new layers.LeakyReLU({ negativeSlope: -0.1 }), "ValueError", /received -0.1/],
  ["ELU of a text", () => new layers.ELU({ alpha: "1" }), "ValueError", /received "1": give it as a number/],
  [
    "PReLU that shares the batch",
    () => new layers.PReLU({ sharedAxes: [0, 1] }),
    "ValueError",
    /received \[0, 1\]: write/,
  ],
  ["PReLU that shares a name", () => new layers.PReLU({ sharedAxes: "all" }), "ValueError", /received "all"/],
  [
    "PReLU that shares an axis that is not there",
    () => on([4, 3], new layers.PReLU({ sharedAxes: [3] })),
    "ValueError",
    /^Cannot build "p_re_lu.*": axis must be .* received 3/,
  ],
  [
    "PReLU along an axis that varies",
    () => on([null, 3], new layers.PReLU()),
    "ShapeError",
    /must be shared, received \[null, null, 3\]: give sharedAxes: \[1\]$/,
  ],
  [
    "PReLU on another size than it was built for",
    () => {
      const layer = new layers.PReLU();
      on([4], layer);
      on([5], layer);
    },
    "ShapeError",
    /it was built for 4 along axis 1, received \[null, 5\]/,
  ],
  ["Softmax along half an axis", () => new layers.Softmax({ axis: 0.5 }), "ValueError", /axis must be .* received 0.5/],
  ["Softmax along no axis", () => new layers.Softmax({ axis: [] }), "ValueError", /received \[\]: leave it out/],
  [
    "Softmax along an axis that is not there",
    () => on([4], new layers.Softmax({ axis: 2 })),
    "ValueError",
    /^Cannot build "softmax.*": axis must be an integer from -2 to 1, received 2/,
  ],
  [
    "Softmax of a mask over other axes",
    () =>
      new Sequential([Input({ shape: [4, 3] }), new layers.Masking(), new layers.Softmax()]).predict(
        ops.ones([2, 4, 3]),
      ),
    "ShapeError",
    /the mask must broadcast to the input's shape \[2, 4, 3\], received a mask of shape \[2, 4\]/,
  ],
  ["Permute from 0", () => new layers.Permute([1, 0]), "ValueError", /axis 0 is that of the batch, received \[1, 0\]/],
  ["Permute of an axis twice", () => new layers.Permute([1, 1]), "ValueError", /received \[1, 1\]: write it as/],
  ["Permute of numbers", () => new layers.Permute(2), "ValueError", /received 2: write it as in new Permute/],
  [
    "Permute of another rank",
    () => on([4], new layers.Permute([2, 1])),
    "ShapeError",
    /the input must have 3 axes, the batch axis included, received \[null, 4\]/,
  ],
  ["RepeatVector 0 times", () => new layers.RepeatVector(0), "ValueError", /n must be a positive integer, received 0/],
  ["RepeatVector in an object", () => new layers.RepeatVector({ n: 3 }), "ValueError", /n comes first/],
  ["RepeatVector of sequences", () => on([4, 3], new layers.RepeatVector(2)), "ShapeError", /must have 2 axes/],
  ["Lambda of nothing", () => new layers.Lambda(), "ValueError", /takes a function .* received undefined: write/],
  ["Lambda of a class", () => new layers.Lambda(layers.Dense), "ValueError", /received the class Dense/],
  ["Lambda of a text", () => new layers.Lambda("x => x"), "ValueError", /received "x => x"/],
  [
    "Lambda of a shape that is none",
    () => new layers.Lambda((x: Any) => x, { outputShape: 3 }),
    "ShapeError",
    /outputShape must be a list .* received 3: leave it out/,
  ],
  ["Lambda of a mask", () => new layers.Lambda((x: Any) => x, { mask: true }), "ValueError", /mask must be a function/],
  ["Masking of a list", () => new layers.Masking({ maskValue: [0] }), "ValueError", /maskValue must be a number/],
  ["Masking of a value alone", () => new layers.Masking(0), "ValueError", /options must be one object, received 0/],
  ["Masking without features", () => on([], new layers.Masking()), "ShapeError", /must have at least 2 axes/],
  [
    "ActivityRegularization below 0",
    () => new layers.ActivityRegularization({ l1: -1 }),
    "ValueError",
    /l1 must be a number from 0 to infinity, received -1/,
  ],
  [
    "ActivityRegularization's option misspelled",
    () => new layers.ActivityRegularization({ L1: 1 }),
    "ValueError",
    /did you mean "l1"\?$/,
  ],
  [
    "ActivityRegularization of a second penalty",
    () => new layers.ActivityRegularization({ l1: 1, activityRegularizer: "l2" }),
    "ValueError",
    /received "activityRegularizer"/,
  ],
  ["GaussianNoise above 1", () => new layers.GaussianNoise(2), "ValueError", /stddev must be a number from 0 to 1/],
  ["GaussianDropout of all", () => new layers.GaussianDropout(1), "ValueError", /rate must be below 1, received 1/],
  ["GaussianDropout in percent", () => new layers.GaussianDropout(20), "ValueError", /rate must be .* received 20/],
  ["AlphaDropout of all", () => new layers.AlphaDropout(1), "ValueError", /rate must be below 1, received 1/],
  ["AlphaDropout below 0", () => new layers.AlphaDropout(-0.1), "ValueError", /rate must be .* received -0.1/],
  [
    "Dropout of a noise shape that is none",
    () => new layers.Dropout(0.5, { noiseShape: [null, 0] }),
    "ShapeError",
    /noiseShape must be a list .* received \[null, 0\]: write it as/,
  ],
  ["SpatialDropout1D in percent", () => new layers.SpatialDropout1D(20), "ValueError", /SpatialDropout1D: rate .* 20/],
  ["SpatialDropout1D of rows", () => on([4], new layers.SpatialDropout1D(0.5)), "ShapeError", /must have 3 axes/],
  [
    "SpatialDropout2D of sequences",
    () => on([4, 3], new layers.SpatialDropout2D(0.5)),
    "ShapeError",
    /must have 4 axes/,
  ],
  [
    "SpatialDropout3D of images",
    () => on([4, 3, 2], new layers.SpatialDropout3D(0.5)),
    "ShapeError",
    /must have 5 axes/,
  ],
  [
    "SpatialDropout1D of a data format",
    () => new layers.SpatialDropout1D(0.5, { dataFormat: "channels_last" }),
    "ValueError",
    /options must be among .* received "dataFormat"/,
  ],
  [
    "SpatialDropout2D of another data format",
    () => new layers.SpatialDropout2D(0.5, { dataFormat: "channel_first" }),
    "ValueError",
    /did you mean "channels_first"\?$/,
  ],
  ["Embedding of no indices", () => new layers.Embedding(0, 4), "ValueError", /inputDim must be .* received 0/],
  ["Embedding of no length", () => new layers.Embedding(10), "ValueError", /outputDim must be .* received undefined/],
  [
    "Embedding's option as Python has it",
    () => new layers.Embedding(10, 4, { mask_zero: true }),
    "ValueError",
    /"maskZero"\?$/,
  ],
  [
    "Embedding of vectors of another shape",
    () => on([3], new layers.Embedding(3, 2, { weights: [[1, 2], [3, 4]] })),
    "ShapeError",
    /embeddings" has the shape \[3, 2\], received \[2, 2\]/,
  ],
  [
    "Dense of a regularizer for the activity that is none",
    () => new layers.Dense(2, { activityRegularizer: "l3" }),
    "ValueError",
    /did you mean "l/,
  ],
  [
    "Add of one input without a list",
    () => new layers.Add().apply(Input({ shape: [4] })),
    "ShapeError",
    /^Cannot build "add.*": it takes a list of inputs, received one of shape \[null, 4\]: write them in brackets/,
  ],
  ["Add of numbers", () => new layers.Add().apply([1, 2]), "ValueError", /takes a symbolic value, received/],
  [
    "Add of shapes that do not broadcast",
    () => layers.add([Input({ shape: [4] }), Input({ shape: [3] })]),
    "ShapeError",
    /shapes must be equal or broadcast .* received \[null, 4\] and \[null, 3\]: bring them/,
  ],
  [
    "Multiply of two batch sizes",
    () => layers.multiply([Input({ shape: [4], batchSize: 2 }), Input({ shape: [4], batchSize: 3 })]),
    "ShapeError",
    /one batch size, received \[2, 4\] and \[3, 4\]/,
  ],
  [
    "Subtract of three",
    () => layers.subtract([Input({ shape: [4] }), Input({ shape: [4] }), Input({ shape: [4] })]),
    "ShapeError",
    /it takes a list of exactly 2 inputs, received 3/,
  ],
  ["Average of an option", () => new layers.Average({ axis: 1 }), "ValueError", /received "axis"/],
  [
    "Concatenate along an axis that is not there",
    () => layers.concatenate([Input({ shape: [4] }), Input({ shape: [4] })], { axis: 2 }),
    "ValueError",
    /axis must be an integer from -2 to 1, received 2/,
  ],
  ["Concatenate along half an axis", () => new layers.Concatenate({ axis: 0.5 }), "ValueError", /received 0.5/],
  ["Concatenate of an axis alone", () => new layers.Concatenate(1), "ValueError", /options must be one object/],
  [
    "Concatenate of different steps",
    () => layers.concatenate([Input({ shape: [4, 2] }), Input({ shape: [3, 2] })]),
    "ShapeError",
    /shapes must be equal but along axis -1, received \[null, 4, 2\] and \[null, 3, 2\]/,
  ],
  [
    "Concatenate of different ranks",
    () => layers.concatenate([Input({ shape: [4, 2] }), Input({ shape: [4] })]),
    "ShapeError",
    /shapes must be equal but along axis -1/,
  ],
  ["Dot along the batch", () => new layers.Dot(0), "ValueError", /not the batch axis 0, received 0/],
  ["Dot along no axes", () => new layers.Dot(), "ValueError", /received undefined: write it as in new Dot\(1\)/],
  ["Dot along three axes", () => new layers.Dot([1, 2, 3]), "ValueError", /received \[1, 2, 3\]/],
  [
    "Dot of different lengths",
    () => layers.dot([Input({ shape: [4] }), Input({ shape: [3] })], 1),
    "ShapeError",
    /axis 1 of the first and axis 1 of the second must be equal, received \[null, 4\] and \[null, 3\]/,
  ],
  [
    "Dot along the batch, from the end",
    () => layers.dot([Input({ shape: [4] }), Input({ shape: [4] })], -2),
    "ShapeError",
    /the batch axis cannot be summed/,
  ],
  [
    "Dot along an axis that is not there",
    () => layers.dot([Input({ shape: [4] }), Input({ shape: [4] })], 2),
    "ValueError",
    /axis must be an integer from -2 to 1, received 2/,
  ],
];
