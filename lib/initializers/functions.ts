// Initializers by Keras's names in lower case, where they are called without `new`.
import { Constant, Identity, Ones, Zeros } from "./constant.ts";
import {
  type FanOptions,
  GlorotNormal,
  GlorotUniform,
  HeNormal,
  HeUniform,
  LecunNormal,
  LecunUniform,
  Orthogonal,
  type OrthogonalOptions,
  RandomNormal,
  type RandomNormalOptions,
  RandomUniform,
  type RandomUniformOptions,
  TruncatedNormal,
  VarianceScaling,
  type VarianceScalingOptions,
} from "./random.ts";
import { STFT, type STFTOptions } from "./stft.ts";

/** {@linkcode Zeros}: `new Zeros()`. */
export const zeros = (): Zeros => new Zeros();
/** {@linkcode Ones}: `new Ones()`. */
export const ones = (): Ones => new Ones();
/** {@linkcode Constant} of a value: `new Constant(value)`. */
export const constant = (value?: number): Constant => new Constant(value);
/** {@linkcode Identity} with a factor: `new Identity(gain)`. */
export const identity = (gain?: number): Identity => new Identity(gain);
/** {@linkcode RandomUniform} with options: `new RandomUniform(options)`. */
export const randomUniform = (options?: RandomUniformOptions): RandomUniform => new RandomUniform(options);
/** {@linkcode RandomNormal} with options: `new RandomNormal(options)`. */
export const randomNormal = (options?: RandomNormalOptions): RandomNormal => new RandomNormal(options);
/** {@linkcode TruncatedNormal} with options: `new TruncatedNormal(options)`. */
export const truncatedNormal = (options?: RandomNormalOptions): TruncatedNormal => new TruncatedNormal(options);
/** {@linkcode VarianceScaling} with options: `new VarianceScaling(options)`. */
export const varianceScaling = (options?: VarianceScalingOptions): VarianceScaling => new VarianceScaling(options);
/** {@linkcode GlorotUniform} with options: `new GlorotUniform(options)`. */
export const glorotUniform = (options?: FanOptions): GlorotUniform => new GlorotUniform(options);
/** {@linkcode GlorotNormal} with options: `new GlorotNormal(options)`. */
export const glorotNormal = (options?: FanOptions): GlorotNormal => new GlorotNormal(options);
/** {@linkcode HeUniform} with options: `new HeUniform(options)`. */
export const heUniform = (options?: FanOptions): HeUniform => new HeUniform(options);
/** {@linkcode HeNormal} with options: `new HeNormal(options)`. */
export const heNormal = (options?: FanOptions): HeNormal => new HeNormal(options);
/** {@linkcode LecunUniform} with options: `new LecunUniform(options)`. */
export const lecunUniform = (options?: FanOptions): LecunUniform => new LecunUniform(options);
/** {@linkcode LecunNormal} with options: `new LecunNormal(options)`. */
export const lecunNormal = (options?: FanOptions): LecunNormal => new LecunNormal(options);
/** {@linkcode Orthogonal} with options: `new Orthogonal(options)`. */
export const orthogonal = (options?: OrthogonalOptions): Orthogonal => new Orthogonal(options);
/** {@linkcode STFT} with options: `new STFT(options)`. */
export const stft = (options?: STFTOptions): STFT => new STFT(options);
