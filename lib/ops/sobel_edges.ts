// Where images change from light to dark.
import { ShapeError } from "../errors.ts";
import { formatShape } from "../shape.ts";
import { type Operand, shapeOf } from "../tensor/apply.ts";
import { Tensor } from "../tensor/tensor.ts";
import { depthwiseConv } from "./convolve.ts";
import { lift, type Lifted } from "./lift.ts";
import { pad } from "./padding.ts";
import * as o from "./primitives.ts";
import { checkName, type DataFormat } from "./spatial.ts";

/** The two kernels, [dy, dx] for each of 3 x 3 taps. */
const taps = new Tensor(
  [3, 3, 1, 2],
  "float32",
  Float32Array.of(-1, -1, -2, 0, -1, 1, 0, -2, 0, 0, 0, 2, 1, -1, 2, 0, 1, 1),
);

/**
 * How images `[batch, height, width, channels]` change from pixel to pixel, downwards and to the right: `[batch, height,
 * width, channels, 2]` in float32, by the kernels of Sobel; at the edge they are mirrored. Throws {@linkcode ShapeError}
 * for other shapes. Keras: https://keras.io/api/ops/image/
 *
 * @example
 * ```ts
 * import { ops } from "./mod.ts";
 * console.log(ops.image.sobelEdges(ops.ones([1, 8, 8, 3])).shape); // [ 1, 8, 8, 3, 2 ]
 * ```
 */
export const sobelEdges: Lifted<[images: Operand, options?: { dataFormat?: DataFormat }]> = lift(
  (images, options = {}) => {
    const { dataFormat = "channels_last" } = options;
    const what = "Cannot find edges";
    checkName(what, "dataFormat", dataFormat, ["channels_last", "channels_first"]);
    const isFirst = dataFormat === "channels_first";
    const shape = shapeOf(images);
    if (shape.length !== 4 || Math.min(...shape.slice(isFirst ? 2 : 1).slice(0, 2)) < 2) {
      throw new ShapeError({
        what,
        rule: "images must be [batch, height, width, channels], of at least 2 pixels each way",
        received: formatShape(shape),
        hint: "add a batch axis of extent 1 to a single image",
      });
    }
    const floats = o.cast(images, "float32");
    const batch = isFirst ? o.transpose(floats, [0, 2, 3, 1]) : floats;
    const [count, height, width, channels] = shapeOf(batch);
    const framed = pad(batch, [[0, 0], [1, 1], [1, 1], [0, 0]], "reflect");
    const both = depthwiseConv(framed, o.broadcastTo(taps, [3, 3, channels, 2]));
    const edges = o.reshape(both, [count, height, width, channels, 2]);
    return isFirst ? o.transpose(edges, [0, 3, 1, 2, 4]) : edges;
  },
  { optionsAt: 1 },
);
