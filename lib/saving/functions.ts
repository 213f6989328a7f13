// The functions of ops as Keras's files know them: the class of each, and which arguments stand in its config.
import type { Config, ConfigValue } from "../json_config.ts";
import { describe, ValueError } from "../errors.ts";

/** A function of ops in files. */
export interface FunctionSpec {
  /** Its name in `ops`. */
  readonly fn: string;
  /** Keras's module of the class. */
  readonly module: string;
  /** Keras's class. */
  readonly className: string;
  /** How many arguments come in the call; the others are the config's. */
  readonly inputs: number;
  /** The keys of the config in the order of the function's further arguments, with what stands there by default. */
  readonly keys: readonly (readonly [key: string, missing: ConfigValue])[];
  /** Those of the keys whose arguments come in the call, by name. */
  readonly named: ReadonlySet<string>;
  /** The keys of the config that the function has no argument for, with what must stand there. */
  readonly fixed: readonly (readonly [key: string, value: ConfigValue])[];
}

// The function's name; Keras's module and class; the number of arguments of the call; the further arguments by their
// keys, with their defaults: those that Keras's calls take by name have an @, those that are not offered here a minus.
// Where two functions have one class, files are read as the first.
const rows = `
abs numpy Absolute 1; add numpy Add 2; all numpy All 1 axis keepdims=false
allclose numpy AllClose 2 rtol=1e-05 atol=1e-08 equal_nan=false; amax numpy Amax 1 axis keepdims=false
amin numpy Amin 1 axis keepdims=false; any numpy Any 1 axis keepdims=false; append numpy Append 2 axis
arccos numpy Arccos 1; arccosh numpy Arccosh 1; arcsin numpy Arcsin 1; arcsinh numpy Arcsinh 1; arctan numpy Arctan 1
arctan2 numpy Arctan2 2; arctanh numpy Arctanh 1; argmax numpy Argmax 1 axis -keepdims=false
argmin numpy Argmin 1 axis -keepdims=false; argsort numpy Argsort 1 axis=-1
arraySplit numpy ArraySplit 1 indices_or_sections axis=0; average numpy Average 1 axis @weights
broadcastTo numpy BroadcastTo 1 shape; cast core Cast 1 dtype; ceil numpy Ceil 1; celu nn Celu 1 alpha=1
clip numpy Clip 1 x_min x_max; concatenate numpy Concatenate 1 axis=0; cos numpy Cos 1; cosh numpy Cosh 1
countNonzero numpy CountNonzero 1 axis; cross numpy Cross 2 axisa=-1 axisb=-1 axisc=-1 axis
cumprod numpy Cumprod 1 axis -dtype; cumsum numpy Cumsum 1 axis -dtype; deg2rad numpy Deg2rad 1; diag numpy Diag 1 k=0
diagflat numpy Diagflat 1 k=0; diagonal numpy Diagonal 1 offset=0 axis1=0 axis2=1; diff numpy Diff 1 n=1 axis=-1
digitize numpy Digitize 2; divide numpy Divide 2; divideNoNan numpy DivideNoNan 2; dot numpy Dot 2
elu nn Elu 1 alpha=1; equal numpy Equal 2; erf math Erf 1; erfinv math Erfinv 1; exp numpy Exp 1; exp2 numpy Exp2 1
expandDims numpy ExpandDims 1 axis; expm1 numpy Expm1 1; flip numpy Flip 1 axis; fliplr numpy Fliplr 1
flipud numpy Flipud 1; floor numpy Floor 1; floorDivide numpy FloorDivide 2; fullLike numpy FullLike 2 dtype
gelu nn Gelu 1 approximate=true; glu nn Glu 1 axis=-1; greater numpy Greater 2; greaterEqual numpy GreaterEqual 2
hardShrink nn HardShrink 1 threshold=0.5; hardSigmoid nn HardSigmoid 1; hardSilu nn HardSilu 1
hardSwish nn HardSilu 1; hardTanh nn HardTanh 1; hstack numpy Hstack 1; inner numpy Inner 2
isclose numpy Isclose 4 equal_nan=false; isfinite numpy Isfinite 1
isin numpy IsIn 2 -assume_unique=false invert=false; isinf numpy Isinf 1; isnan numpy Isnan 1
leakyRelu nn LeakyRelu 1 negative_slope=0.2; less numpy Less 2; lessEqual numpy LessEqual 2
linspace numpy Linspace 2 num=50 endpoint=true -retstep=false dtype axis=0; log numpy Log 1; log10 numpy Log10 1
log1p numpy Log1p 1; log2 numpy Log2 1; logaddexp numpy Logaddexp 2; logicalAnd numpy LogicalAnd 2
logicalNot numpy LogicalNot 1; logicalOr numpy LogicalOr 2; logicalXor numpy LogicalXor 2; logSigmoid nn LogSigmoid 1
logSoftmax nn LogSoftmax 1 axis=-1; logspace numpy Logspace 2 num=50 endpoint=true base=10 dtype axis=0
logsumexp math Logsumexp 1 axis keepdims=false; matmul numpy Matmul 2; max numpy Max 1 axis keepdims=false -initial
maximum numpy Maximum 2; mean numpy Mean 1 axis keepdims=false; median numpy Median 1 axis keepdims=false
min numpy Min 1 axis keepdims=false -initial; minimum numpy Minimum 2; mod numpy Mod 2
moments nn Moments 1 axes keepdims=false -synchronized=false; moveaxis numpy Moveaxis 1 source destination
multiHot nn MultiHot 1 num_classes axis=-1 dtype="float32" -sparse=false; multiply numpy Multiply 2
nanmax numpy Nanmax 1 axis keepdims=false; nanmean numpy Nanmean 1 axis keepdims=false
nanmin numpy Nanmin 1 axis keepdims=false; nanprod numpy Nanprod 1 axis keepdims=false
nanstd numpy Nanstd 1 axis keepdims=false; nansum numpy Nansum 1 axis keepdims=false
nanToNum numpy NanToNum 1 nan=0 posinf neginf; nanvar numpy Nanvar 1 axis keepdims=false; negative numpy Negative 1
norm linalg Norm 1 ord axis keepdims=false; normalize nn Normalize 1 axis=-1 order=2 epsilon
notEqual numpy NotEqual 2; oneHot nn OneHot 1 num_classes axis=-1 dtype="float32" -sparse=false
onesLike numpy OnesLike 1 dtype; outer numpy Outer 2
percentile numpy Percentile 2 axis -method="linear" keepdims=false; power numpy Power 2
prod numpy Prod 1 axis keepdims=false -dtype; ptp numpy Ptp 1 axis keepdims=false
quantile numpy Quantile 2 axis -method="linear" keepdims=false; rad2deg numpy Rad2deg 1; ravel numpy Ravel 1
reciprocal numpy Reciprocal 1; relu nn Relu 1; relu6 nn Relu6 1; repeat numpy Repeat 1 repeats axis
reshape numpy Reshape 1 newshape; roll numpy Roll 1 shift axis; rot90 numpy Rot90 1 k=1 axes=[0,1]
round numpy Round 1 -decimals=0; rsqrt math Rsqrt 1; scatter core Scatter 2 shape
searchsorted numpy SearchSorted 2 side="left"; segmentSum math SegmentSum 2 num_segments -sorted=false
select numpy Select 3; selu nn Selu 1; sigmoid nn Sigmoid 1; sign numpy Sign 1; silu nn Silu 1; sin numpy Sin 1
sinc numpy Sinc 1; sinh numpy Sinh 1; slice core Slice 2 shape; sliceUpdate core SliceUpdate 3
softmax nn Softmax 1 axis=-1; softplus nn Softplus 1; softShrink nn SoftShrink 1 threshold=0.5; softsign nn Softsign 1
sort numpy Sort 1 axis=-1; sparsemax nn Sparsemax 1 axis=-1; sparsePlus nn SparsePlus 1
sparseSigmoid nn SparseSigmoid 1; split numpy Split 1 indices_or_sections axis=0; sqrt numpy Sqrt 1
square numpy Square 1; squareplus nn Squareplus 1 b=4; squeeze numpy Squeeze 1 axis; stack numpy Stack 1 axis=0
std numpy Std 1 axis keepdims=false; stopGradient core StopGradient 1; subtract numpy Subtract 2
sum numpy Sum 1 axis keepdims=false; swapaxes numpy Swapaxes 1 axis1 axis2; swish nn Silu 1; take numpy Take 2 axis
takeAlongAxis numpy TakeAlongAxis 2 axis; tan numpy Tan 1; tanh numpy Tanh 1; tanhShrink nn TanhShrink 1
tensordot numpy Tensordot 2 axes; threshold nn Threshold 1 threshold default_value; tile numpy Tile 1 repeats
topK math TopK 1 k -sorted=true; trace numpy Trace 1 offset=0 axis1=0 axis2=1; transpose numpy Transpose 1 axes
tril numpy Tril 1 k=0; triu numpy Triu 1 k=0; trueDivide numpy TrueDivide 2; trunc numpy Trunc 1
unstack core Unstack 1 num axis=0; var numpy Var 1 axis keepdims=false; vdot numpy Vdot 2; vstack numpy Vstack 1
where numpy Where 3; zerosLike numpy ZerosLike 1 dtype
`;

const specs: readonly FunctionSpec[] = rows.trim().split(/[;\n]\s*/).map((row) => {
  const [fn, module, className, inputs, ...keys] = row.split(" ");
  const pairs = (items: string[]) =>
    items.map((item) => {
      const [key, missing] = item.replace(/^[-@]/, "").split("=");
      return [key, missing === undefined ? null : JSON.parse(missing)] as const;
    });
  return {
    fn,
    module: `keras.src.ops.${module}`,
    className,
    inputs: Number(inputs),
    keys: pairs(keys.filter((item) => !item.startsWith("-"))),
    named: new Set(keys.filter((item) => item.startsWith("@")).map((item) => item.slice(1))),
    fixed: pairs(keys.filter((item) => item.startsWith("-"))),
  };
});

/** The function that a node of a file names, if it names one. */
export function functionOf(className: string, module: string | null): FunctionSpec | undefined {
  return module?.startsWith("keras.src.ops") ? specs.find((spec) => spec.className === className) : undefined;
}

/** The name of Keras's class of a function, where it has one. */
export function classNameOf(fn: string): string | undefined {
  return specs.find((spec) => spec.fn === fn)?.className;
}

/** How a function stands in files; throws {@linkcode ValueError} for one that Keras has no class for. */
export function specOf(fn: string, className: string): FunctionSpec {
  const spec = specs.find((item) => item.fn === fn && item.className === className);
  if (spec) return spec;
  throw new ValueError({
    what: "Cannot write the config of a model",
    rule: "a function of ops must have a form in Keras's files",
    received: `ops.${fn}`,
    hint: "put it into a Layer of your own, and register that with saving.registerKerasSerializable",
  });
}

/** The arguments that stand in the config of a call. Throws {@linkcode ValueError} for one that Keras does not take. */
export function configOf(spec: FunctionSpec, further: readonly unknown[]): Config {
  if (further.slice(spec.keys.length).some((argument) => argument !== undefined)) {
    throw new ValueError({
      what: "Cannot write the config of a model",
      rule: `ops.${spec.fn} takes ${spec.inputs + spec.keys.length} arguments in Keras`,
      received: `${spec.inputs + further.length}`,
      hint: "put it into a Layer of your own, and register that with saving.registerKerasSerializable",
    });
  }
  const given = spec.keys.map(([key, missing], i) => [key, (further[i] ?? missing) as ConfigValue] as const);
  return Object.fromEntries([...given.filter(([key]) => !spec.named.has(key)), ...spec.fixed]);
}

/** The further arguments that a call takes by name. */
export function namedOf(spec: FunctionSpec, further: readonly unknown[]): Record<string, unknown> {
  const given = spec.keys.map(([key], i) => [key, further[i]] as const);
  return Object.fromEntries(given.filter(([key]) => spec.named.has(key)));
}

/** The further arguments of a call that a config holds, those by name left empty. Throws {@linkcode ValueError} for one that is not offered. */
export function furtherOf(spec: FunctionSpec, config: Config): ConfigValue[] {
  for (const [key, value] of spec.fixed) {
    if ((config[key] ?? null) === value) continue;
    throw new ValueError({
      what: `Cannot read the config of "${config.name}"`,
      rule: `${key} of ${spec.className} must be ${value}`,
      received: describe(config[key]),
      hint: "save the model from Keras without that",
    });
  }
  return spec.keys.map(([key, missing]) => config[key] ?? missing);
}
