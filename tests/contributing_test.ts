// The lists of CONTRIBUTING.md: how many files name an op, a layer, a loss, a metric, an optimizer, a callback.
import assert from "node:assert/strict";
import { elementwiseNames } from "../lib/ir/elementwise.ts";
import { callbacks, layers, losses, metrics, optimizers } from "../mod.ts";

/** Comments and texts, which may name what they like. */
const notCode = /\/\*[^]*?\*\/|\/\/[^\n]*|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\[^])*`/g;

/** The code of some folders, by path. */
function codeOf(folders: readonly string[], endings: readonly string[]): Map<string, string> {
  const files = new Map<string, string>();
  const walk = (folder: string) => {
    for (const { name, isDirectory } of Deno.readDirSync(new URL(`../${folder}`, import.meta.url))) {
      const path = `${folder}/${name}`;
      if (isDirectory) walk(path);
      else if (endings.some((ending) => name.endsWith(ending))) {
        const text = Deno.readTextFileSync(new URL(`../${path}`, import.meta.url));
        files.set(path, text.replace(notCode, ""));
      }
    }
  };
  folders.forEach(walk);
  return files;
}

const lib = codeOf(["lib"], [".ts"]);

/** The files in which a name stands as code. */
function filesNaming(name: string, files = lib): string[] {
  const word = new RegExp(`(?<![\\w.$"'])${name}(?![\\w"'])`);
  return [...files].filter(([, code]) => word.test(code)).map(([file]) => file);
}

/** Classes that other code means: bases, what a file of a model has by itself, and what training and saving build on. */
const builtUpon: Readonly<Record<string, readonly string[]>> = {
  layers: [
    ...["Convolution", "DenseCell", "Layer", "Merge", "ImageLayer", "RandomLayer", "Recurrent", "RecurrentCell"],
    // Of these attentions consist.
    ...["Dropout", "EinsumDense", "ProjectedAttention"],
    // A list of cells.
    "StackedRNNCells",
    // What graphs and configs treat by themselves.
    ...["Embedding", "InputLayer", "Lambda"],
    // What runs on the host, and the lookup of words.
    ...["IndexLookup", "PreparingLayer", "StringLookup"],
    // Of these RandAugment, AugMix and RandomColorJitter consist.
    ...["AutoContrast", "Equalization", "RandomBrightness", "RandomColorDegeneration", "RandomContrast", "RandomHue"],
    ...["RandomPosterization", "RandomRotation", "RandomSaturation", "RandomSharpness", "RandomShear"],
    ...["RandomTranslation", "Solarization"],
    // Code on the GPU is compiled to pipelines, too.
    "Pipeline",
    // Layers around one other layer.
    "Wrapper",
    // An activation written as a layer of its own keeps its logits.
    ...["Activation", "Softmax"],
  ],
  losses: ["FunctionLoss", "Loss"],
  metrics: ["Mean", "MeanMetricWrapper", "Metric", "VectorMetric"],
  optimizers: ["MomentsOptimizer", "Optimizer"],
  callbacks: ["Callback", "History", "LambdaCallback", "MonitorCallback", "ProgbarLogger"],
};

for (const [family, members] of Object.entries({ layers, losses, metrics, optimizers, callbacks })) {
  Deno.test(`${family}: a class is named in its own file and in one list`, () => {
    const classes = Object.entries(members).filter(([name, member]) =>
      /^[A-Z]/.test(name) && typeof member === "function" && !builtUpon[family].includes(name)
    );
    assert.ok(classes.length > 5);
    for (const [name] of classes) {
      // Some names mean a loss and a metric, or stand for something else in another family.
      const files = filesNaming(name).filter((file) => file.startsWith(`lib/${family}/`));
      assert.ok(files.length >= 1 && files.length <= 2, `${name}: ${files.join(", ")}`);
    }
    const used = classes.filter(([name]) =>
      filesNaming(name).some((file) =>
        /^lib\/(training|models|saving|exec|passes|ir)\/(?!keras2_|to_keras2)/.test(file)
      )
    );
    assert.deepEqual(used.map(([name]) => name), [], "training, models and saving name no single class");
  });
}

Deno.test("an elementwise op is a row, a line of C++, a function of WGSL, and for users a documented line", () => {
  const files = new Map([...lib, ...codeOf(["ffi"], [".h", ".cpp"]), ...codeOf(["shaders"], [".wgsl"])]);
  const { size } = new Set(elementwiseNames);
  assert.ok(size > 30);
  // An op whose name is no other word anywhere.
  for (const name of ["erf", "arctan2", "log1p"].filter((op) => elementwiseNames.includes(op as never))) {
    const found = filesNaming(name, files).filter((file) => !/^lib\/ops\/(?!elementwise)/.test(file));
    assert.ok(found.length <= 5, `${name}: ${found.join(", ")}`);
  }
});
