// What is attacked: every function, class and method that mod.ts exports, found by walking it.
import * as ceratops from "../../mod.ts";
import { Layer, Model, Sequential } from "../../mod.ts";
import { optionsOfClass, positionalOf } from "../../lib/options.ts";

/** Something that can be called. */
export interface Target {
  /** Its name, such as `ops.add` or `layers.Dense#apply`. */
  readonly name: string;
  /** The names of its parameters, as far as they are known. */
  readonly parameters: readonly string[];
  /** Whether it takes more arguments than it has parameters with names. */
  readonly open: boolean;
  /** The names of options that its last argument may have, for a constructor. */
  readonly options?: readonly string[];
  /** Calls it. */
  call(args: readonly unknown[]): unknown;
}

type AnyFunction = (...args: unknown[]) => unknown;
type AnyClass = new (...args: unknown[]) => object;

/** Where calls with arguments that suit write a file. */
export const unwritten = "unwritten";

/** Arguments that suit, by the names of positions. */
const suitable: Readonly<Record<string, unknown>> = {
  activation: "relu",
  axes: 1,
  boundaries: [1, 2],
  cell: new ceratops.layers.GRUCell(2),
  cells: [new ceratops.layers.GRUCell(2)],
  dims: [2, 1],
  equation: "ab,bc->ac",
  decayRate: 0.5,
  decaySteps: 4,
  factor: 0.1,
  filePath: unwritten,
  filepath: unwritten,
  filename: unwritten,
  filters: 2,
  firstDecaySteps: 4,
  fn: (_y: unknown, x: unknown) => x,
  function: (x: unknown) => x,
  headDim: 2,
  height: 2,
  hyperModel: { build: () => new Sequential(), fit: () => 1 },
  heightFactor: 0.1,
  initialLearningRate: 0.1,
  inputDim: 3,
  keyDim: 2,
  kernelSize: 1,
  layer: new ceratops.layers.GRU(2),
  n: 2,
  numClasses: 3,
  numHeads: 2,
  numKeyValueHeads: 1,
  numQueryHeads: 2,
  outputDim: 2,
  outputShape: [2],
  path: unwritten,
  outputSize: 2,
  poolSize: 2,
  precision: 0.5,
  rate: 0.1,
  recall: 0.5,
  scale: 1,
  schedule: (epoch: number) => epoch / 10,
  sensitivity: 0.5,
  shape: [3],
  specificity: 0.5,
  stddev: 0.1,
  target: 5,
  targetClassIds: [0],
  targetShape: [2],
  units: 2,
  values: [1, 0.5, 0.1],
  width: 2,
  widthFactor: 0.1,
};

/** What the program itself calls, and what throws on purpose or never ends by design. */
const left: ReadonlySet<string> = new Set([
  // They set the backend and the session for all calls after.
  "setBackend",
  "clearSession",
  "getBackend",
  // JavaScript's own, of errors and objects.
  "toString",
  "toLocaleString",
  "valueOf",
  "hasOwnProperty",
  "isPrototypeOf",
  "propertyIsEnumerable",
]);

/** What downloads, or draws tens of millions of weights: `MobileNet` stands for all applications. */
const heavy = /^applications\.(\w+\.)?((?!MobileNet$)[A-Z]\w*|decodePredictions)$/;

/** Methods that TypeScript keeps from users, so that only code of the library and of their own classes calls them. */
const inside: ReadonlySet<string> = new Set(
  ("dense makeInner headSize projectionRegularizer " +
    "values accumulate rates addVariable building convolve outputChannels connect change changeColors uniform normal drop " +
    "resolveNoiseShape channelsOf addBias extentOf addScale normalized outputDType listOf mismatch merge perImage " +
    "transforms watched improves direction forgetPrograms forgetOutputShape part updateOne givenRate slotShape slotStart " +
    "stepScalars update fileOrder nextMean nextSquares graph setTraining outputShape stateShapes stateShape addWeights " +
    "product products masks gateProducts inputProduct stateProduct project equations buildConfig score projections grouped")
    .split(" "),
);

const isClass = (item: unknown): item is AnyClass =>
  typeof item === "function" && /^class\b/.test(Function.prototype.toString.call(item));

/** The names of a function's parameters, read from its source. */
function parametersOf(fn: AnyFunction): { parameters: string[]; open: boolean } {
  const source = Function.prototype.toString.call(fn);
  const begin = source.indexOf("(");
  const parameters: string[] = [];
  let depth = 0;
  let current = "";
  for (let i = begin; begin >= 0 && i < source.length; i++) {
    const letter = source[i];
    if ("([{".includes(letter) && depth++ === 0) continue;
    if (")]}".includes(letter) && --depth === 0) {
      if (current.trim() !== "") parameters.push(current);
      break;
    }
    if (letter === "," && depth === 1) {
      parameters.push(current);
      current = "";
    } else current += letter;
  }
  const names = parameters.map((text) => /^\s*[{[]/.test(text) ? "options" : text.trim().split(/[\s=]/)[0]);
  return { parameters: names.filter((name) => !name.startsWith("...")), open: names.some((n) => n.startsWith("...")) };
}

/** A model of the kind that most methods are tried on. */
function compiledModel(Class: unknown): Model {
  const made = Class === Sequential
    ? new Sequential([ceratops.Input({ shape: [3] }), new ceratops.layers.Dense(2)])
    : (() => {
      const x = ceratops.Input({ shape: [3] });
      return new Model({ inputs: x, outputs: new ceratops.layers.Dense(2).apply(x) });
    })();
  made.compile({ optimizer: "sgd", loss: "mse", metrics: ["mae"] });
  return made;
}

/** Makes objects of a class that suits, or nothing where it is a base. */
function makerOf(Class: AnyClass, path: string): (() => object) | undefined {
  const { Input, Tensor, Variable, Weight, SymbolicTensor } = ceratops;
  if (Object.is(Class, Model) || Object.is(Class, Sequential)) return () => compiledModel(Class);
  if (Object.is(Class, Tensor)) return () => ceratops.tensor([[1, 2, 3], [4, 5, 6]]);
  if (Object.is(Class, Variable)) return () => new Variable([1, 2]);
  if (Object.is(Class, Weight)) {
    return () => {
      const dense = new ceratops.layers.Dense(2);
      dense.ensureBuilt([null, 3]);
      return dense.weights[0];
    };
  }
  if (Object.is(Class, SymbolicTensor)) return () => Input({ shape: [3] });
  if (Object.is(Class, Layer)) {
    class Own extends Layer {
      override call(x: ceratops.Value) {
        return x;
      }
    }
    return () => new Own();
  }
  if (path === "callbacks.MonitorCallback") return undefined;
  const positions = positionalOf(Class);
  const options = path === "layers.InputLayer" ? [{ shape: [3] }] : [];
  const make = () => new Class(...positions.map((name) => suitable[name]), ...options);
  try {
    make();
    return make;
  } catch {
    return undefined;
  }
}

/** Members that every class is tried with, though its base may have them. */
const ofEach: ReadonlySet<string> = new Set(
  "apply call build ensureBuilt computeOutputShape computeMask updateState onEpochEnd onTrainBegin getConfig".split(
    " ",
  ),
);

/** In how many classes each inherited member was met. */
const met = new Map<unknown, number>();

function* membersOf(Class: AnyClass): Generator<[string, PropertyDescriptor]> {
  const seen = new Set<string>(["constructor"]);
  for (let of = Class.prototype; of && of !== Object.prototype; of = Object.getPrototypeOf(of)) {
    for (const [name, descriptor] of Object.entries(Object.getOwnPropertyDescriptors(of))) {
      if (seen.has(name) || left.has(name) || inside.has(name)) continue;
      seen.add(name);
      const member = descriptor.value ?? descriptor.get ?? descriptor.set;
      met.set(member, (met.get(member) ?? 0) + 1);
      if (!ofEach.has(name) && met.get(member)! > 2) continue;
      yield [name, descriptor];
    }
  }
}

function* targetsOfClass(path: string, Class: AnyClass): Generator<Target> {
  const positions = positionalOf(Class);
  const options = Object.entries(optionsOfClass(Class)).filter(([, of]) => of.offered && !of.positional).map(([n]) =>
    n
  );
  yield {
    name: `new ${path}`,
    parameters: positions,
    open: false,
    options,
    call: (args) => {
      const made = new Class(...args);
      if (made instanceof Layer && !(made instanceof Model)) JSON.stringify(made.getConfig());
      return made;
    },
  };
  for (const [name, descriptor] of Object.entries(Object.getOwnPropertyDescriptors(Class))) {
    if (typeof descriptor.value !== "function" || name === "prototype") continue;
    yield {
      name: `${path}.${name}`,
      ...parametersOf(descriptor.value),
      call: (args) => descriptor.value.apply(Class, args),
    };
  }
  const make = makerOf(Class, path);
  if (!make) return;
  for (const [name, descriptor] of membersOf(Class)) {
    if (typeof descriptor.value === "function") {
      yield {
        name: `${path}#${name}`,
        ...parametersOf(descriptor.value),
        call: (args) => descriptor.value.apply(make(), args),
      };
    }
    if (descriptor.get) {
      yield { name: `get ${path}#${name}`, parameters: [], open: false, call: () => Reflect.get(make(), name) };
    }
    if (descriptor.set) {
      yield {
        name: `set ${path}#${name}`,
        parameters: ["value"],
        open: false,
        call: ([value]) => {
          const object = make();
          Reflect.set(object, name, value);
          return Reflect.get(object, name);
        },
      };
    }
  }
}

function* targetsOf(prefix: string, table: object, seen: Set<unknown>): Generator<Target> {
  for (const [name, item] of Object.entries(table)) {
    const path = prefix + name;
    if (seen.has(item) || left.has(path) || heavy.test(path)) continue;
    seen.add(item);
    if (isClass(item)) yield* targetsOfClass(path, item);
    else if (typeof item === "function") {
      const fn = item as AnyFunction;
      const lifted = /\.\.\.args\)/.test(Function.prototype.toString.call(fn).slice(0, 40));
      const found = parametersOf(fn);
      yield {
        name: path,
        parameters: lifted ? ["x", "b"] : found.parameters,
        open: found.open,
        call: (args) => fn(...args),
      };
    } else if (item !== null && typeof item === "object") yield* targetsOf(`${path}.`, item, seen);
  }
}

/** Everything that is attacked, in the order of mod.ts. */
export const targets: readonly Target[] = [...targetsOf("", ceratops, new Set())];
