// Writes docs/keras_names.md: Keras's public names, and what stands for each here. Run it with `deno task names`.
import * as ceratops from "../../mod.ts";
import { camelCase } from "../../lib/names.ts";
import { golden } from "../golden.ts";

const path = new URL("../../docs/keras_names.md", import.meta.url);

/** Names that are others here, beside those that only turn to camelCase. */
const others: Readonly<Record<string, string>> = {
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
  "mixed_precision.dtype_policy": "config.dtypePolicy",
  "mixed_precision.global_policy": "config.dtypePolicy",
  "mixed_precision.set_dtype_policy": "config.setDtypePolicy",
  "mixed_precision.set_global_policy": "config.setDtypePolicy",
  "ops.linalg.norm": "ops.norm",
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
  [/^(.*\.)?(Float)?DTypePolicy(Map)?$|^dtype_policies\.|^mixed_precision\./, "layers compute in float32 alone"],
  [/Quant|quantiz|^quantizers\.|GPTQ|AWQ|int4|fp8|float8/i, "weights are not quantized"],
  [/^InputSpec$|^layers\.InputSpec$|^Operation$/, "a type: written in braces, or implemented by a class"],
  [/^(Function|StatelessScope|SymbolicScope|RematScope|remat|device|name_scope)$/, "an inner part of Keras"],
  [/^callbacks\.(RemoteMonitor|OrbaxCheckpoint|TensorBoard)$/, "a callback of one's own can write such logs"],
  [/^callbacks\.CallbackList$/, "`fit` makes it"],
  [/flash_attention|nnx|traceback/, "belongs to a backend of Python"],
  [/interactive_logging/, "`verbose` says what is printed"],
  [/max_epochs|max_steps_per_epoch/, "`epochs` and `stepsPerEpoch` say it for each training"],
  [/unsafe_deserialization/, "code in files is never run"],
  [/set_(floatx|epsilon|image_data_format)$/, "it is fixed; classes take `epsilon` and `dataFormat` themselves"],
  [/get_uid$|^utils\.get_source_inputs$|^utils\.Config$/, "an inner part of Keras"],
  [/^datasets\./, "no data comes with the package but MNIST"],
  [/^distribution\./, "training runs on one device"],
  [/^distillation\./, "a `trainStep` of one's own does it"],
  [/^export\./, "`model.export` writes files for other runtimes"],
  [/^layers\.(FlaxLayer|JaxLayer|TFSMLayer|TorchModuleWrapper)$/, "wraps what runs in Python"],
  [/^saving\.KerasFileEditor$/, "`utils.compareWeights` and the command line look into files"],
  [/^tree\./, "an inner part of Keras"],
  [/^visualization\./, "`utils.showImage` shows images"],
  [/^wrappers\./, "wraps models for scikit-learn"],
  [/^ops\.(nonzero|unique)$/, "the shape of its result depends on numbers, while programs have fixed shapes"],
  [/^ops\.(angle|conj|conjugate|imag|isreal|polar|real|view_as_complex|view_as_real)$/, "complex numbers are pairs"],
  [/^ops\.(custom_gradient|linalg\.jvp|jvp|vectorize)$/, "functions are traced; `ops.stopGradient` bends gradients"],
  [/^ops\.(view|nextafter)$/, "looks at the bits of a number"],
];

/** What Keras's name is here: another name, or null with the reason why there is none. */
interface Row {
  readonly keras: string;
  readonly ours: string | null;
  readonly why: string;
}

function isThere(name: string): boolean {
  let at: unknown = ceratops;
  for (const part of name.split(".")) {
    if ((typeof at !== "object" && typeof at !== "function") || at === null || !(part in at)) return false;
    at = (at as Readonly<Record<string, unknown>>)[part];
  }
  return true;
}

/** The names of a module of Keras, each with what stands for it. */
function rowsOf(module: string, names: readonly string[]): Row[] {
  return names.map((name) => {
    const keras = module === "" ? name : `${module}.${name}`;
    const own = /^[A-Z]/.test(name) || module === "datasets" ? name : camelCase(name);
    const place = module === "" ? own : `${module}.${own}`;
    const found = [
      others[keras],
      place,
      place.replace(/^optimizers\.schedules/, "schedules"),
      place.replace(/^models\./, ""),
    ]
      .find((candidate) => candidate !== undefined && isThere(candidate));
    const why = reasons.find(([pattern]) => pattern.test(keras))?.[1] ?? notYet;
    return { keras, ours: found ?? null, why: found ? "" : why };
  });
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

${parts.join("\n")}`;
}

/** Where the page is. */
export const namesPath: URL = path;

/** Patterns of reasons that fit no name which is left out. */
export function idleReasons(): string[] {
  const { names } = golden("public_names") as { names: Record<string, string[]> };
  const all = Object.entries(names).flatMap(([module, list]) => rowsOf(module, list).map(({ keras }) => keras));
  return reasons.filter(([pattern]) => !all.some((keras) => pattern.test(keras))).map(([pattern]) => String(pattern));
}

if (import.meta.main) Deno.writeTextFileSync(path, namesPage());
