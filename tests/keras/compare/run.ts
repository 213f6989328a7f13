// Compares random models of real Keras with Ceratops: `deno task compare [count] [first seed]`. Python makes them on
// TensorFlow; where the two disagree, Keras on JAX is asked too, for there are things that TensorFlow alone does. With
// `--files folder` what was made before is compared.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { classesOf, compareCase, type ComparedCase, type Comparison } from "./compared.ts";

const python = Deno.env.get("CERATOPS_PYTHON") ?? ".venv/bin/python";
const generator = new URL("./generate.py", import.meta.url).pathname;

function runKeras(backend: "tensorflow" | "jax", args: readonly string[]): void {
  const env = { KERAS_BACKEND: backend, OMP_NUM_THREADS: "1" };
  const { success } = new Deno.Command(python, { args: [generator, ...args], env, stderr: "null", stdout: "inherit" })
    .outputSync();
  if (success) return;
  console.error(
    `${python} ${generator} ${args.join(" ")} failed on ${backend}: are Keras, TensorFlow and JAX installed?`,
  );
  Deno.exit(1);
}

interface Compared {
  readonly spec: ComparedCase;
  readonly result: Comparison;
}

async function compareAll(cases: readonly ComparedCase[]): Promise<Compared[]> {
  const compared: Compared[] = [];
  for (const spec of cases) compared.push({ spec, result: await compareCase(spec) });
  return compared;
}

const readJson = (path: string) => JSON.parse(readFileSync(path, "utf8"));

const [first, second] = Deno.args;
const folder = first === "--files" ? second : "build/compare";
if (first !== "--files") {
  rmSync(folder, { recursive: true, force: true });
  runKeras("tensorflow", [folder, first ?? "2000", second ?? "0"]);
}
mkdirSync(folder, { recursive: true });

let notRun = 0;
const all: Compared[] = [];
for (const file of readdirSync(folder).filter((name) => /^\d+\.json$/.test(name)).sort()) {
  const { cases, missing } = readJson(`${folder}/${file}`);
  notRun += Object.keys(missing).length;
  all.push(...await compareAll(cases));
}

const agrees = ({ result: { kind } }: Compared) => kind === "equal" || kind === "rounding";
const disputed = all.filter((each) => !agrees(each));
const onJax = new Set<string>();
if (disputed.length > 0) {
  const [asked, answered] = [`${folder}/disputed.txt`, `${folder}/disputed_on_jax.txt`];
  writeFileSync(asked, JSON.stringify(disputed.map(({ spec }) => spec)));
  runKeras("jax", ["again", asked, answered]);
  for (const each of await compareAll(readJson(answered))) if (agrees(each)) onJax.add(each.spec.name);
}

const faults = disputed.filter(({ spec }) => !onJax.has(spec.name));
const count = (kind: Comparison["kind"]) => all.filter(({ result }) => result.kind === kind).length;
console.log(`${all.length} models compared; ${notRun} more Keras makes, but cannot run`);
console.log(`  equal: ${count("equal")}`);
console.log(`  apart by rounding: ${count("rounding")}`);
console.log(`  equal to Keras on JAX, where TensorFlow gives something else: ${onJax.size}`);
console.log(`  different: ${faults.length}`);
for (const { spec, result } of faults) console.log(`${spec.name}: ${result.kind}: ${result.what}`);

const rows = new Map<string, { faults: number; all: number }>();
for (const { spec } of all) {
  for (const name of classesOf(spec.json)) {
    const row = rows.get(name) ?? { faults: 0, all: 0 };
    rows.set(name, { faults: row.faults + Number(faults.some((each) => each.spec === spec)), all: row.all + 1 });
  }
}
const suspects = [...rows].filter(([, { faults }]) => faults > 0)
  .sort(([, a], [, b]) => b.faults / b.all - a.faults / a.all);
if (suspects.length > 0) console.log("What the different models hold, the likeliest first:");
for (const [name, { faults, all }] of suspects) console.log(`  ${name}: different in ${faults} of ${all}`);
if (faults.length > 0) Deno.exit(1);
