// preprocessInput: images of bytes in the ranges that networks for ImageNet take. https://keras.io/api/applications/
import { ShapeError } from "../errors.ts";
import { Value } from "../ir/value.ts";
import { type DataFormat, dataFormatOption } from "../layers/data_format.ts";
import { cast, divide, getItem, reshape, stack, subtract } from "../ops/ops.ts";
import { choice } from "../option_kinds.ts";
import { optionTable, readMethodOptions } from "../options.ts";
import { formatShape, sizeOf, type SymbolicShape } from "../shape.ts";
import { SymbolicTensor } from "../tensor/symbolic.ts";
import { Tensor, tensor, type TensorLike, toTensor } from "../tensor/tensor.ts";
import { Variable } from "../tensor/variable.ts";

/** What bytes become: see {@linkcode ImagenetPreprocessingOptions.mode}. */
export type PreprocessingMode = "caffe" | "tf" | "torch";

/** Options of `preprocessInput`. */
export interface PreprocessingOptions {
  /** Where the channels are; `channels_last` by default. */
  dataFormat?: DataFormat | null;
}

/** Options of {@linkcode imagenet_utils.preprocessInput}. */
export interface ImagenetPreprocessingOptions extends PreprocessingOptions {
  /**
   * `caffe`, the default: channels in the order blue, green, red, from each of which its mean in ImageNet is subtracted.
   * `tf`: from -1 to 1. `torch`: from 0 to 1, then with the means and standard deviations of ImageNet.
   */
  mode?: PreprocessingMode;
}

/** A function that brings images of 3 channels from 0 to 255, one or a batch, into the range that a network takes. */
export interface PreprocessInput<O = PreprocessingOptions> {
  /** Images as numbers: a new tensor of float32. */
  (x: TensorLike, options?: O): Tensor;
  /** Images in a traced function. */
  (x: Value | Variable, options?: O): Value;
  /** Images in a model that is being made. */
  (x: SymbolicTensor, options?: O): SymbolicTensor;
}

/** A number for each channel, in the order in which they are stored. */
type PerChannel = readonly [number, number, number];

/** `(x / scale - mean) / deviation`, of channels that may be reversed first. */
interface Mode {
  readonly reverses: boolean;
  readonly scale: number;
  readonly mean: PerChannel;
  readonly deviation: PerChannel | null;
}

const modes: Readonly<Record<PreprocessingMode, Mode>> = {
  caffe: { reverses: true, scale: 1, mean: [103.939, 116.779, 123.68], deviation: null },
  tf: { reverses: false, scale: 127.5, mean: [1, 1, 1], deviation: null },
  torch: { reverses: false, scale: 255, mean: [0.485, 0.456, 0.406], deviation: [0.229, 0.224, 0.225] },
};

const preprocessingOptions = optionTable<PreprocessingOptions>()({ dataFormat: dataFormatOption });
const imagenetOptions = optionTable<ImagenetPreprocessingOptions>()({
  ...preprocessingOptions,
  mode: choice(["caffe", "tf", "torch"]),
});

const what = "Cannot preprocess images";

/** The function of a mode. */
export function preprocessingIn(mode: PreprocessingMode): PreprocessInput {
  return overloaded((x, options?: PreprocessingOptions) =>
    preprocess(x, modes[mode], readMethodOptions("preprocessInput", preprocessingOptions, options, what).dataFormat)
  );
}

/** The function of a network that has layers for this: it gives what it takes. */
export const passing: <X>(x: X, options?: PreprocessingOptions) => X = (x, options) => {
  readMethodOptions("preprocessInput", preprocessingOptions, options, what);
  return x;
};

/** The function that takes the mode as an option. */
export const preprocessingInAny: PreprocessInput<ImagenetPreprocessingOptions> = overloaded(
  (x, options?: ImagenetPreprocessingOptions) => {
    const { mode, dataFormat } = readMethodOptions("preprocessInput", imagenetOptions, options, what);
    return preprocess(x, modes[mode], dataFormat);
  },
);

type Images = TensorLike | Value | Variable | SymbolicTensor;

/** The function with a type for each kind of images. */
function overloaded<O>(fn: (x: Images, options?: O) => Tensor | Value | SymbolicTensor): PreprocessInput<O> {
  return fn as PreprocessInput<O>;
}

function preprocess(x: Images, mode: Mode, dataFormat: DataFormat): Tensor | Value | SymbolicTensor {
  if (x instanceof SymbolicTensor || x instanceof Value) return preprocessSymbol(x, mode, dataFormat);
  if (x instanceof Variable) return preprocessSymbol(x.value(), mode, dataFormat);
  return preprocessNumbers(toTensor(x, what, "x"), mode, dataFormat);
}

/** The axis of the channels. Throws {@linkcode ShapeError} unless there are 3, of an image or of a batch of them. */
function axisOfChannels(shape: SymbolicShape, dataFormat: DataFormat): number {
  const axis = dataFormat === "channels_last" ? shape.length - 1 : shape.length - 3;
  if ((shape.length === 3 || shape.length === 4) && shape[axis] === 3) return axis;
  throw new ShapeError({
    what,
    rule: `images must be [height, width, 3] or a batch of these, and [3, height, width] in channels_first`,
    received: `${formatShape(shape)} in ${dataFormat}`,
    hint: "give images in colors, with their channels in the order red, green, blue",
  });
}

function preprocessNumbers(x: Tensor, { reverses, scale, mean, deviation }: Mode, dataFormat: DataFormat): Tensor {
  const { shape, data } = x;
  // How far the channels of a pixel are apart.
  const step = sizeOf(shape.slice(axisOfChannels(shape, dataFormat) + 1));
  const out = new Float32Array(data.length);
  // The numbers are those of float32, rounded at each step as in Keras.
  const { fround } = Math;
  const [means, deviations] = [mean.map(fround), deviation?.map(fround)];
  for (let block = 0; block < data.length; block += 3 * step) {
    for (let channel = 0; channel < 3; channel++) {
      const from = block + (reverses ? 2 - channel : channel) * step;
      const to = block + channel * step;
      for (let i = 0; i < step; i++) {
        const centered = fround(fround(fround(data[from + i]) / scale) - means[channel]);
        out[to + i] = deviations ? centered / deviations[channel] : centered;
      }
    }
  }
  return new Tensor(shape, "float32", out);
}

function preprocessSymbol(
  x: Value | SymbolicTensor,
  { reverses, scale, mean, deviation }: Mode,
  dataFormat: DataFormat,
): Value | SymbolicTensor {
  const { shape } = x;
  const axis = axisOfChannels(shape, dataFormat);
  const spread = (numbers: readonly number[]) => reshape(tensor(numbers), shape.map((_, i) => (i === axis ? 3 : 1)));
  let y: Value | SymbolicTensor = x.dtype === "float32" ? x : cast(x, "float32");
  if (reverses) {
    const channels = [2, 1, 0].map((i) => getItem(y, shape.map((_, other) => (other === axis ? i : {}))));
    y = stack(channels, axis);
  }
  if (scale !== 1) y = divide(y, scale);
  y = subtract(y, spread(mean));
  return deviation ? divide(y, spread(deviation)) : y;
}
