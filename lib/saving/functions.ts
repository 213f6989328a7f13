// The functions of ops as Keras's files know them: the class of each, and which arguments stand in its config.
import type { Config, ConfigValue } from "../config.ts";
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
  /** The keys of the config that the function has no argument for, with what must stand there. */
  readonly fixed: readonly (readonly [key: string, value: ConfigValue])[];
}

// The function's name; Keras's module and class; the number of arguments of the call; keys with their defaults, and
// with a minus those that are not offered here.
const rows = `
abs numpy Absolute 1; add numpy Add 2; all numpy All 1 axis keepdims=false; any numpy Any 1 axis keepdims=false
argmax numpy Argmax 1 axis -keepdims=false; argmin numpy Argmin 1 axis -keepdims=false; cast core Cast 1 dtype; ceil numpy Ceil 1
clip numpy Clip 1 x_min x_max; concatenate numpy Concatenate 1 axis=0; cos numpy Cos 1; divide numpy Divide 2
divide numpy TrueDivide 2
equal numpy Equal 2; erf math Erf 1; exp numpy Exp 1; expandDims numpy ExpandDims 1 axis; expm1 numpy Expm1 1
flip numpy Flip 1 axis; floor numpy Floor 1; greater numpy Greater 2; greaterEqual numpy GreaterEqual 2
isfinite numpy Isfinite 1; isinf numpy Isinf 1; isnan numpy Isnan 1; less numpy Less 2; lessEqual numpy LessEqual 2
log numpy Log 1; log1p numpy Log1p 1; logSoftmax nn LogSoftmax 1 axis=-1; logicalAnd numpy LogicalAnd 2
logicalNot numpy LogicalNot 1; logicalOr numpy LogicalOr 2; logicalXor numpy LogicalXor 2
logsumexp math Logsumexp 1 axis keepdims=false; matmul numpy Matmul 2; max numpy Max 1 axis keepdims=false -initial
maximum numpy Maximum 2; mean numpy Mean 1 axis keepdims=false; min numpy Min 1 axis keepdims=false -initial
minimum numpy Minimum 2; mod numpy Mod 2; multiply numpy Multiply 2; negative numpy Negative 1
notEqual numpy NotEqual 2; power numpy Power 2; prod numpy Prod 1 axis keepdims=false -dtype; reciprocal numpy Reciprocal 1
relu nn Relu 1; reshape numpy Reshape 1 newshape; rsqrt math Rsqrt 1; sigmoid nn Sigmoid 1; sign numpy Sign 1
sin numpy Sin 1; softmax nn Softmax 1 axis=-1; softplus nn Softplus 1; split numpy Split 1 indices_or_sections axis=0
sqrt numpy Sqrt 1; square numpy Square 1; squeeze numpy Squeeze 1 axis; stack numpy Stack 1 axis=0
std numpy Std 1 axis keepdims=false; subtract numpy Subtract 2; sum numpy Sum 1 axis keepdims=false
swapaxes numpy Swapaxes 1 axis1 axis2; take numpy Take 2 axis; tanh numpy Tanh 1; tile numpy Tile 1 repeats
transpose numpy Transpose 1 axes; var numpy Var 1 axis keepdims=false; where numpy Where 3
`;

const specs: readonly FunctionSpec[] = rows.trim().split(/[;\n]\s*/).map((row) => {
  const [fn, module, className, inputs, ...keys] = row.split(" ");
  const pairs = (items: string[]) =>
    items.map((item) => {
      const [key, missing] = item.replace(/^-/, "").split("=");
      return [key, missing === undefined ? null : JSON.parse(missing)] as const;
    });
  return {
    fn,
    module: `keras.src.ops.${module}`,
    className,
    inputs: Number(inputs),
    keys: pairs(keys.filter((item) => !item.startsWith("-"))),
    fixed: pairs(keys.filter((item) => item.startsWith("-"))),
  };
});

/** The function that a node of a file names, if it names one. */
export function functionOf(className: string, module: string | null): FunctionSpec | undefined {
  return module?.startsWith("keras.src.ops") ? specs.find((spec) => spec.className === className) : undefined;
}

/** How a function stands in files; throws {@linkcode ValueError} for one that Keras has no class for. */
export function specOf(fn: string, className: string): FunctionSpec {
  const spec = specs.find((item) => item.fn === fn && item.className === className);
  if (spec) return spec;
  throw new ValueError({
    what: "Cannot write the config of a model",
    rule: `Keras's files know ${specs.map((item) => item.fn).join(", ")} of ops`,
    received: `ops.${fn}`,
    mend: "put it into a Layer of your own, and register that with saving.registerKerasSerializable",
  });
}

/** The arguments that stand in the config of a call. Throws {@linkcode ValueError} for one that Keras does not take. */
export function configOf(spec: FunctionSpec, further: readonly unknown[]): Config {
  if (further.slice(spec.keys.length).some((argument) => argument !== undefined)) {
    throw new ValueError({
      what: "Cannot write the config of a model",
      rule: `ops.${spec.fn} takes ${spec.inputs + spec.keys.length} arguments in Keras`,
      received: `${spec.inputs + further.length}`,
      mend: "put it into a Layer of your own, and register that with saving.registerKerasSerializable",
    });
  }
  const given = spec.keys.map(([key, missing], i) => [key, (further[i] ?? missing) as ConfigValue]);
  return Object.fromEntries([...given, ...spec.fixed]);
}

/** The further arguments of a call that a config holds. Throws {@linkcode ValueError} for one that is not offered. */
export function furtherOf(spec: FunctionSpec, config: Config): ConfigValue[] {
  for (const [key, value] of spec.fixed) {
    if ((config[key] ?? null) === value) continue;
    throw new ValueError({
      what: `Cannot read the config of "${config.name}"`,
      rule: `${key} of ${spec.className} must be ${value}`,
      received: describe(config[key]),
      mend: "save the model from Keras without that",
    });
  }
  return spec.keys.map(([key, missing]) => config[key] ?? missing);
}
