// How long a process takes to start: `deno run -A bench/start.ts convnet` loads MNIST and trains one step, `resnet50` reads
// a config and predicts once. Prints milliseconds of each part, since the process began.
const { applications, datasets, modelFromJson, setBackend, setRandomSeed, Tensor } = await import("../mod.ts");
const { convnet: makeConvnet } = await import("./works/models.ts");

let last = 0;
/** Prints the time since the last part ended. */
function tell(part: string): void {
  const now = performance.now();
  console.log(`${part.padEnd(22)} ${(now - last).toFixed(0)} ms`);
  last = now;
}

const works: Record<string, () => Promise<void>> = {
  async convnet() {
    const [[x, y]] = await datasets.mnist.loadData();
    tell("MNIST");
    const model = makeConvnet();
    tell("the model");
    await model.fit(x.rows(0, 128), y.rows(0, 128), { batchSize: 128, verbose: 0 });
    tell("a step of training");
  },
  async resnet50() {
    // Another process makes the config, so that nothing is warm.
    const args = ["run", "-A", import.meta.filename!, "config"];
    const { stdout } = await new Deno.Command(Deno.execPath(), { args, stderr: "inherit" }).output();
    const json = new TextDecoder().decode(stdout);
    last = performance.now();
    const model = modelFromJson(json);
    tell("modelFromJson");
    const image = new Tensor([1, 224, 224, 3], "float32", new Float32Array(224 * 224 * 3));
    await model.predict(image, { verbose: 0 });
    tell("the first prediction");
    await model.predict(image, { verbose: 0 });
    tell("the second prediction");
  },
};

const [work] = Deno.args;
if (work === "config") {
  console.log((await applications.ResNet50({ weights: null })).toJson());
} else if (Object.hasOwn(works, work ?? "")) {
  tell("start and import");
  setRandomSeed(1);
  await setBackend("eigen");
  tell("the backend");
  await works[work]();
} else {
  console.error(`Cannot measure: the work must be ${Object.keys(works).join(" or ")}, received ${work ?? "none"}`);
  Deno.exit(2);
}
