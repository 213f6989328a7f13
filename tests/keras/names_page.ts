// Writes docs/keras_names.md: Keras's public names, and what stands for each here. Run it with `deno task names`.
import * as ceratops from "../../mod.ts";
import { isClass } from "../../lib/errors.ts";
import { summaryOptions } from "../../lib/models/summary.ts";
import { camelCase, snakeCase } from "../../lib/names.ts";
import { optionsOfClass, type OptionTable } from "../../lib/options.ts";
import { compileOptions } from "../../lib/training/compile_options.ts";
import {
  evaluateOptions,
  fitOptions,
  predictOptions,
  testOnBatchOptions,
  trainOnBatchOptions,
} from "../../lib/training/options.ts";
import { argumentNames, type OpsFunction } from "../../lib/ops/lift.ts";
import { golden } from "../golden.ts";
import { functionArguments } from "./function_arguments.ts";

const path = new URL("../../docs/keras_names.md", import.meta.url);

/** Names that are others here, beside those that only turn to camelCase. */
const others: Readonly<Record<string, string>> = {
  "FloatDTypePolicy": "dtypePolicies.FloatDTypePolicy",
  "Initializer": "initializers.Initializer",
  "KerasTensor": "SymbolicTensor",
  "Loss": "losses.Loss",
  "Metric": "metrics.Metric",
  "Optimizer": "optimizers.Optimizer",
  "Regularizer": "regularizers.Regularizer",
  "backend.backend": "getBackend",
  "backend.clear_session": "clearSession",
  "callbacks.Callback": "callbacks.Callback",
  "config.backend": "getBackend",
  "config.set_backend": "setBackend",
  "preprocessing.image.array_to_img": "utils.arrayToImg",
  "preprocessing.image.img_to_array": "utils.imgToArray",
  "preprocessing.image.load_img": "utils.loadImg",
  "preprocessing.image.save_img": "utils.saveImg",
  "preprocessing.image.smart_resize": "utils.smartResize",
  "preprocessing.sequence.pad_sequences": "utils.padSequences",
  "regularizers.l1_l2": "regularizers.l1l2",
  "saving.CustomObjectScope": "saving.customObjectScope",
  "utils.CustomObjectScope": "saving.customObjectScope",
  "utils.clear_session": "clearSession",
  "utils.Sequence": "utils.PyDataset",
};

const notYet = "not yet";

/** Why names are left out: the first pattern that fits says it. */
const reasons: readonly (readonly [pattern: RegExp, reason: string])[] = [
  [/DTypePolicyMap$/, "Each layer takes its own `dtype`."],
  [/Quantiz|QuantizedDType|quantize|Int4DType|^quantizers\.|GPTQ|AWQ|int4|fp8|float8/i, "Weights are not quantized."],
  [/^InputSpec$|^layers\.InputSpec$|^Operation$/, "It is a type: written in braces, or implemented by a class."],
  [/^(Function|StatelessScope|SymbolicScope|RematScope|remat|device|name_scope)$/, "It is an inner part of Keras."],
  [/^callbacks\.RemoteMonitor$/, "A `LambdaCallback` that calls `fetch` sends logs to a server."],
  [
    /^callbacks\.OrbaxCheckpoint$/,
    "It writes a format of JAX; `ModelCheckpoint` and `BackupAndRestore` write Keras's.",
  ],
  [/^callbacks\.CallbackList$/, "`fit` makes it of its `callbacks`."],
  [/flash_attention|nnx|traceback/, "It belongs to a backend of Python."],
  [/interactive_logging/, "`verbose` says what is printed."],
  [/max_epochs|max_steps_per_epoch/, "`epochs` and `stepsPerEpoch` say it for each training."],
  [/unsafe_deserialization/, "Code in files is never run."],
  [/set_(floatx|epsilon|image_data_format)$/, "It is fixed; classes take `epsilon` and `dataFormat` themselves."],
  [/get_uid$|^utils\.get_source_inputs$|^utils\.Config$/, "It is an inner part of Keras."],
  [
    /^distribution\.(DeviceMesh|LayoutMap|ModelParallel|TensorLayout|distribute_tensor)$/,
    "Batches are divided among processes, weights are not: each process has all of them.",
  ],
  [/^distillation\./, "A `trainStep` of one's own does it."],
  [/^export\./, "It is of TensorFlow's saved models; `model.export` writes files for other runtimes."],
  [/^layers\.TFSMLayer$/, "It runs a saved model of TensorFlow, which needs TensorFlow."],
  [/^layers\.(FlaxLayer|JaxLayer|TorchModuleWrapper)$/, "It wraps what runs in Python."],
  [/^saving\.KerasFileEditor$/, "`utils.compareWeights` and the command line look into files."],
  [/^tree\./, "It is an inner part of Keras."],
  [/^visualization\./, "`utils.showImage` shows images."],
  [/^wrappers\./, "It wraps models for scikit-learn, a library of Python."],
  [/^ops\.(nonzero|unique)$/, "The shape of its result depends on numbers, while programs have fixed shapes."],
  [
    /^ops\.(angle|conj|conjugate|imag|isreal|polar|real|view_as_complex|view_as_real)$/,
    "Complex numbers are pairs of tensors.",
  ],
  [/^ops\.vectorize$/, "`ops.map` and `ops.vectorizedMap` apply functions to rows."],
  [/^ops\.(linalg\.)?eig$/, "Its results are complex numbers; `ops.linalg.eigh` is for symmetric matrices."],
  [/^ops\.(view|nextafter)$/, "It looks at the bits of a number."],
];

/** Why arguments are left out: the first pattern that fits says it. */
const argumentReasons: readonly (readonly [pattern: RegExp, reason: string])[] = [
  [/^layers\.BatchNormalization\.renorm/, "Statistics are those of the batch, without renormalization."],
  [/\.synchronized$/, "Moments are always those of the whole batch, also where several processes have its rows."],
  [/^layers\.Bidirectional\.weights$/, "Keras 3 takes them and does not use them; `setWeights` sets weights."],
  [/\.sparse$/, "Tensors are dense."],
  [/\.ragged$/, "Tensors have one shape; sequences are padded."],
  [/\.lora_(rank|alpha)$/, "Weights have no adapters of low rank."],
  [/quantization_config$|gptq/, "Weights are not quantized."],
  [/\.use_cudnn$/, "Each backend has one kernel for the layer, and uses it."],
  [/^layers\.InputLayer\.input_tensor$/, "An Input stands for data; a tensor is an operand of `ops`."],
  [/^layers\.InputLayer\.optional$/, "Every Input takes data."],
  [/\.vocabulary_dtype$/, "Whole numbers are int32."],
  [/\.autocast$/, "Inputs have the dtype of the layer."],
  [/\.encoding$/, "Texts are those of JavaScript, which are Unicode."],
  [/^(losses|metrics)\..*\.dtype$/, "Losses and metrics compute in float32."],
  [
    /[sS]parse_?[cC]ategorical_?[cC]rossentropy\.axis$/,
    "The classes are along the last axis, as in Keras on TensorFlow.",
  ],
  [
    /^callbacks\.TensorBoard\.profile_batch$/,
    "TensorFlow's profiler is not there; `fit` has the option `profile`.",
  ],
  [/^callbacks\.TensorBoard\.embeddings/, "Tables of embeddings are not written; `histogramFreq` shows their numbers."],
  [/^Model\.compile\.(run_eagerly|jit_compile)$/, "Each step is compiled, whatever the backend."],
  [/^Model\..*\.return_dict$/, "Results have names always, and unpack as a list."],
  [/\.assume_unique$/, "It would change the time alone."],
  [/\.attn_logits_soft_cap$/, "It is of one kernel for TPUs."],
  [/^models\.clone_model\./, "A model is cloned as it is; `modelFromConfig` makes one of a config that was changed."],
  [/\.(custom_objects|module_objects)$/, "`saving.customObjectScope` tells the classes of names."],
  [/^ops\.round\.decimals$/, "Whole numbers alone; multiply by a power of ten first, and divide by it then."],
  [/^ops\.(array|(nan)?cum(prod|sum)|prod)\.dtype$/, "`ops.cast` gives the operand another dtype."],
  [/^random\..*\.dtype$/, "Random numbers are float32."],
  [/^utils\.array_to_img\.dtype$/, "Pictures have bytes."],
  [/^ops\.image\.resize\.fill_mode$/, "Keras has one alone, `constant`."],
  [/_from_(directory|array)\.format$/, "It chooses among libraries of Python."],
  [/^ops\.(max|min)\.initial$/, "`ops.maximum` and `ops.minimum` compare the result with it."],
  [/^utils\.get_file\.(md5_hash|untar)$/, "Keras has newer names for them: `fileHash` and `extract`."],
  [/quantile\.method$|percentile\.method$/, "Values between two neighbours are those of a line."],
  [/^(models|saving)\.save_\w+\.overwrite$/, "A file that is there is replaced, once the new one is whole."],
  [/\.zipped$/, "A file of a model is one file."],
  [/^datasets\..*\.path$/, "A cached file has the name that Keras gives it."],
  [/\.preferred_backend$/, "It chooses among libraries of Python."],
  [/^ops\.linspace\.retstep$/, "The step is `(stop - start) / (num - 1)`."],
  [/\.safe_mode$/, "Code in files is never run."],
  [/^ops\.top_k\.sorted$/, "The largest come in order always."],
  [/^utils\.(model_to_dot|plot_model)\.(splines|subgraph)$/, "It is of Graphviz; pictures are drawn without it."],
  [/^utils\.clear_session\.free_memory$/, "Memory of the device is freed always."],
  [/^ops\.scan\.unroll$/, "A loop in a program is not unrolled."],
];

/** Names of arguments that are others here: words of JavaScript, and those by position, which say what they are. */
const otherArguments: Readonly<Record<string, string>> = {
  "ops.eye.M": "columns",
  "ops.select.default": "otherwise",
  "ops.where.x1": "whenTrue",
  "ops.where.x2": "whenFalse",
  "saving.register_keras_serializable.package": "packageName",
  "utils.register_keras_serializable.package": "packageName",
};

/** What Keras's name is here: another name, or null with the reason why there is none. */
interface Row {
  readonly keras: string;
  readonly ours: string | null;
  readonly why: string;
}

/** What mod.ts exports at a name with dots; undefined for nothing. */
function exportedAt(name: string): unknown {
  let at: unknown = ceratops;
  for (const part of name.split(".")) {
    if ((typeof at !== "object" && typeof at !== "function") || at === null || !(part in at)) return undefined;
    at = (at as Readonly<Record<string, unknown>>)[part];
  }
  return at;
}

const isThere = (name: string): boolean => exportedAt(name) !== undefined;

/** The names of a module of Keras, each with what stands for it. */
function rowsOf(module: string, names: readonly string[]): Row[] {
  return names.map((name) => {
    const keras = module === "" ? name : `${module}.${name}`;
    const own = /^[A-Z]/.test(name) || module === "datasets" ? name : camelCase(name);
    const place = module === "" ? own : `${module}.${own}`;
    const found = [
      others[keras],
      place,
      `${camelCase(module)}.${own}`,
      place.replace(/^optimizers\.schedules/, "schedules"),
      place.replace(/^models\./, ""),
    ]
      .find((candidate) => candidate !== undefined && isThere(candidate));
    const why = reasons.find(([pattern]) => pattern.test(keras))?.[1] ?? notYet;
    return { keras, ours: found ?? null, why: found ? "" : why };
  });
}

/** The tables of options of a model's methods. */
const methodOptions: Readonly<Record<string, OptionTable>> = {
  compile: compileOptions,
  fit: fitOptions,
  evaluate: evaluateOptions,
  predict: predictOptions,
  train_on_batch: trainOnBatchOptions,
  test_on_batch: testOnBatchOptions,
  summary: summaryOptions,
};

/** The names that Keras may have for the options of a table. */
function keysOfTable(table: OptionTable): string[] {
  return Object.entries(table).filter(([, of]) => of.offered)
    .flatMap(([name, of]) => [snakeCase(name), ...of.key === undefined ? [] : [of.key]]);
}

type Signatures = Readonly<
  Record<"classes" | "methods" | "functions", Readonly<Record<string, Readonly<Record<string, boolean>>>>>
>;

/** An argument of Keras that a class or a method here has not, by its whole name, with the reason. */
interface ArgumentRow {
  readonly argument: string;
  readonly why: string;
}

const argumentsOfFunctions = await functionArguments();

/** The arguments that a function here has, in whatever case; undefined if there is no such function. */
function argumentsOf(keras: string): ((parameter: string) => boolean) | undefined {
  const cut = keras.lastIndexOf(".");
  const { ours } = rowsOf(keras.slice(0, cut), [keras.slice(cut + 1)])[0];
  const fn = ours === null ? undefined : exportedAt(ours);
  if (typeof fn !== "function" || ours === null || isClass(fn)) return undefined;
  const known = new Set([...argumentNames(fn as OpsFunction), ...argumentsOfFunctions.get(ours) ?? []]);
  return (parameter) =>
    [parameter, camelCase(parameter), otherArguments[`${keras}.${parameter}`]].some((name) => known.has(name));
}

/** The number of arguments of what is here, and those that are not: of functions those that have a default, as the others come first. */
function argumentRows(): { readonly count: number; readonly rows: readonly ArgumentRow[] } {
  const { classes, methods, functions } = golden("signatures") as unknown as Signatures;
  const ofClasses = Object.entries(classes).flatMap(([name, parameters]) => {
    const Class = exportedAt(name);
    if (typeof Class !== "function" || !isClass(Class)) return [];
    const known = new Set(keysOfTable(optionsOfClass(Class)));
    return Object.keys(parameters).map((parameter) => [`${name}.${parameter}`, known.has(parameter)] as const);
  });
  // The data of a method come before its options.
  const ofMethods = Object.entries(methods).flatMap(([name, parameters]) => {
    const known = new Set(["x", "y", ...keysOfTable(methodOptions[name])]);
    return Object.keys(parameters).map((parameter) => [`Model.${name}.${parameter}`, known.has(parameter)] as const);
  });
  const ofFunctions = Object.entries(functions).flatMap(([name, parameters]) => {
    const has = argumentsOf(name);
    if (!has) return [];
    const optional = Object.keys(parameters).filter((parameter) => parameters[parameter]);
    return optional.map((parameter) => [`${name}.${parameter}`, has(parameter)] as const);
  });
  const all = [...ofClasses, ...ofMethods, ...ofFunctions];
  const rows = all.filter(([, isKnown]) => !isKnown).map(([argument]) => ({
    argument,
    why: argumentReasons.find(([pattern]) => pattern.test(argument))?.[1] ?? notYet,
  }));
  return { count: all.length, rows };
}

/** The section on arguments: a row for each reason. */
function argumentsSection(): string {
  const { count, rows } = argumentRows();
  const byReason = Map.groupBy(rows, ({ why }) => why);
  const cells = [...byReason].map(([why, each]) => {
    const byArgument = Map.groupBy(each, ({ argument }) => argument.split(".").at(-1)!);
    const shown = [...byArgument].map(([name, own]) =>
      own.length > 3 ? `\`${name}\` of ${own.length}` : own.map((row) => `\`${row.argument}\``).join(", ")
    );
    return [shown.join(", "), why] as const;
  });
  const there = count - rows.length;
  return `## Arguments

Of the ${count} arguments of these classes, of a model's methods and of these functions, as far as they may be left out,
${there} are there; the table says why others are not.

${table(["Keras", "why not"], cells)}
`;
}

/** Names and arguments that are neither there nor left out for a reason, each list by module. */
export function unexplained(): { readonly names: readonly string[]; readonly arguments: readonly string[] } {
  const { names } = golden("public_names") as { names: Record<string, string[]> };
  const rows = Object.entries(names).flatMap(([module, list]) => rowsOf(module, list));
  return {
    names: rows.filter(({ why }) => why === notYet).map(({ keras }) => keras),
    arguments: argumentRows().rows.filter(({ why }) => why === notYet).map(({ argument }) => argument),
  };
}

/** The lines of a table, its columns as wide as what is in them. */
function table(head: readonly [string, string], rows: readonly (readonly [string, string])[]): string {
  const widths = [0, 1].map((i) => Math.max(3, ...[head, ...rows].map((row) => row[i].length)));
  const line = (row: readonly string[]) => `| ${row.map((cell, i) => cell.padEnd(widths[i])).join(" | ")} |`;
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...rows.map(line)].join("\n");
}

/** The page. */
export function namesPage(): string {
  const { keras: version, names } = golden("public_names") as { keras: string; names: Record<string, string[]> };
  const modules = Object.entries(names).map(([module, list]) => [module, rowsOf(module, list)] as const);
  const all = modules.flatMap(([, rows]) => rows);
  const there = all.filter(({ ours }) => ours !== null).length;
  const parts = modules.map(([module, rows]) => {
    const found = rows.filter(({ ours }) => ours !== null).length;
    const cells = rows.map(({ keras, ours, why }) => [`\`${keras}\``, ours === null ? why : `\`${ours}\``] as const);
    return `## keras${module && `.${module}`}: ${found} of ${rows.length}\n\n${table(["Keras", "here"], cells)}\n`;
  });
  return `# Names of Keras

Made by \`deno task names\` from what mod.ts exports and the public names of Keras ${version}; a test regenerates it. Names
are Keras's in camelCase, those of classes as they are, and so are the names of options and of arguments in braces:
\`num_classes\` is \`numClasses\`, \`keepdims\` stays.

Of ${all.length} names ${there} are there; for the others the table says why not.

${parts.join("\n")}
${argumentsSection()}`;
}

/** Where the page is. */
export const namesPath: URL = path;

/** Patterns of reasons that fit no name which is left out. */
export function idleReasons(): string[] {
  const { names } = golden("public_names") as { names: Record<string, string[]> };
  const all = Object.entries(names).flatMap(([module, list]) => rowsOf(module, list).map(({ keras }) => keras));
  const missing = argumentRows().rows.map(({ argument }) => argument);
  return [
    ...reasons.filter(([pattern]) => !all.some((keras) => pattern.test(keras))),
    ...argumentReasons.filter(([pattern]) => !missing.some((argument) => pattern.test(argument))),
  ].map(([pattern]) => String(pattern));
}

if (import.meta.main) Deno.writeTextFileSync(path, namesPage());
