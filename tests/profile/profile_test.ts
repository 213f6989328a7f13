// The option `profile` of fit, evaluate and predict: what it measures, prints and writes, and that it changes nothing else.
import assert from "node:assert/strict";
import {
  type ChromeTraceEvent,
  clearSession,
  Input,
  layers,
  Model,
  Profile,
  type ProfileLike,
  type ProfileRow,
  Sequential,
  setRandomSeed,
  Tensor,
} from "../../mod.ts";
import type { Executable } from "../../lib/exec/executor.ts";
import { openEigen } from "../../lib/exec/native/eigen.ts";
import { getExecutor, useExecutor } from "../../lib/exec/select.ts";
import { requireTimestamps } from "../../lib/exec/webgpu/dispatch_times.ts";
import { unitBetween } from "../../lib/exec/webgpu/timestamp_unit.ts";
import { setTerminal } from "../../lib/terminal/terminal.ts";
import { testOnBackends, useBackend } from "../backends.ts";

const names = ["conv", "norm", "first", "drop", "second"];
const rows = 24;

/** A model with a layer of each kind, its data, and the classes. */
async function makeModel(): Promise<{ model: Model; x: Tensor; y: Tensor }> {
  await clearSession();
  setRandomSeed(1);
  const input = Input({ shape: [6, 6, 1] });
  let h = new layers.Conv2D(3, 3, { activation: "relu", name: "conv" }).apply(input);
  h = new layers.BatchNormalization({ name: "norm" }).apply(h);
  h = new layers.Flatten().apply(h);
  h = new layers.Dense(8, { activation: "tanh", name: "first" }).apply(h);
  h = new layers.Dropout(0.25, { name: "drop" }).apply(h);
  const output = new layers.Dense(3, { activation: "softmax", name: "second" }).apply(h);
  const model = new Model({ inputs: input, outputs: output, name: "net" });
  model.compile({ optimizer: "adam", loss: "sparse_categorical_crossentropy", metrics: ["accuracy"] });
  const x = new Tensor([rows, 6, 6, 1], "float32", Float32Array.from({ length: rows * 36 }, (_, i) => Math.sin(i)));
  return { model, x, y: new Tensor([rows], "int32", Int32Array.from({ length: rows }, (_, i) => i % 3)) };
}

/** The options of the trainings below: 4 batches, then 2 of validation, in each of 2 epochs. */
const options = { epochs: 2, batchSize: 4, validationSplit: 1 / 3, verbose: 0 } as const;

/** Runs `body`; returns what it printed. */
async function printed(body: () => Promise<unknown>): Promise<string> {
  let text = "";
  setTerminal({ isTerminal: false, columns: () => 80, write: (more) => text += more, now: () => 0 });
  try {
    await body();
  } finally {
    setTerminal(undefined);
  }
  return text;
}

const has = (list: readonly ProfileRow[], mode: string, owner: string, phase: string) =>
  list.some((row) =>
    row.mode === mode && row.owners.includes(owner) && row.phases.some((of) => of === phase) && row.calls > 0
  );

const sumOf = (list: readonly ProfileRow[]) => list.reduce((sum, { milliseconds }) => sum + milliseconds, 0);

/** An event with those that lie in it. */
interface Nested {
  readonly event: ChromeTraceEvent;
  readonly inside: Nested[];
}

/** The whole nanosecond of a number of microseconds. */
const nanosecond = (microseconds: number) => Math.round(microseconds * 1000);

/** The events of a trace as they lie inside of each other; fails for what the format does not allow. */
function nested(events: readonly ChromeTraceEvent[]): Nested[] {
  const open = new Map<number, { readonly end: number; readonly node: Nested }[]>();
  const top: Nested[] = [];
  let last = 0;
  for (const event of events) {
    assert.ok(event.name.length > 0 && Number.isInteger(event.pid) && Number.isInteger(event.tid));
    if (event.ph === "M") continue;
    assert.equal(event.ph, "X");
    const { ts, dur } = event;
    assert.ok(ts !== undefined && dur !== undefined && ts >= 0 && dur >= 0 && Number.isFinite(ts + dur));
    const [start, end] = [nanosecond(ts), nanosecond(ts) + nanosecond(dur)];
    const stack = open.get(event.tid) ?? [];
    open.set(event.tid, stack);
    while (
      stack.length > 0 && stack[stack.length - 1].end <= start && !(stack[stack.length - 1].end === start && dur === 0)
    ) {
      stack.pop();
    }
    const outer = stack[stack.length - 1];
    const node: Nested = { event, inside: [] };
    assert.ok(!outer || end <= outer.end, `${event.name} ends after ${outer?.node.event.name}`);
    (outer ? outer.node.inside : top).push(node);
    stack.push({ end, node });
    last = Math.max(last, start);
  }
  return top;
}

/** All events below some, with how deep each lies. */
const below = (list: readonly Nested[], depth = 0): { readonly event: ChromeTraceEvent; readonly depth: number }[] =>
  list.flatMap(({ event, inside }) => [{ event, depth }, ...below(inside, depth + 1)]);

testOnBackends("each layer has forward and backward, and all else a name of its own", async () => {
  const { model, x, y } = await makeModel();
  const profile = new Profile();
  const history = await model.fit(x, y, { ...options, profile });
  assert.equal(history.profile, profile);
  assert.equal(profile.steps, 12);
  const list = profile.rows;
  for (const name of names) {
    assert.ok(has(list, "train", name, "forward"), `${name} forward`);
    assert.ok(has(list, "train", name, "backward"), `${name} backward`);
    assert.ok(!has(list, "test", name, "backward"), `${name} has no gradient in validation`);
  }
  for (const name of ["conv", "norm", "first", "second"]) assert.ok(has(list, "test", name, "forward"), name);
  const loss = "loss sparse_categorical_crossentropy";
  for (const [owner, phase] of [[loss, "forward"], [loss, "backward"], ["optimizer adam", "update"]]) {
    assert.ok(has(list, "train", owner, phase), `${owner} ${phase}`);
  }
  for (const mode of ["train", "test"]) {
    assert.ok(has(list, mode, "metric accuracy", "metrics") && has(list, mode, "metric loss", "metrics"));
    assert.ok(has(list, mode, "data batches", "data") && has(list, mode, "data counters", "data"));
  }
  assert.ok(list.every(({ owners }) => !owners.includes("outside of layers")), String(profile));
  // Products and convolutions, counted by hand: 2 operations for each multiplication with its addition.
  const flops = (owner: string, phase: string) =>
    list.filter((row) => row.mode === "train" && row.owners[0] === owner && row.phases[0] === phase)
      .reduce((sum, row) => sum + row.flops, 0);
  assert.equal(flops("conv", "forward"), 8 * 2 * 4 * (4 * 4 * 3) * 9);
  assert.equal(flops("second", "forward"), 8 * 2 * 4 * 8 * 3);
  // An op of a layer may run several times in a step, and always in each.
  for (const { mode, calls } of list) assert.equal(calls % (mode === "train" ? 8 : 4), 0);
  assert.ok(list.every(({ milliseconds }) => milliseconds >= 0));
  assert.ok(sumOf(list) > 0 && sumOf(list) <= profile.milliseconds, `${sumOf(list)} of ${profile.milliseconds} ms`);
  for (const mode of ["train", "test"]) {
    const shares = list.filter((row) => row.mode === mode).reduce((sum, { share }) => sum + share, 0);
    assert.ok(Math.abs(shares - 1) < 1e-9);
  }
  assert.deepEqual(list, list.toSorted((a, b) => b.milliseconds - a.milliseconds));
});

testOnBackends("the timeline has runs, epochs, steps, layers and ops inside of each other", async (backend) => {
  const { model, x, y } = await makeModel();
  const profile = new Profile();
  await model.fit(x, y, { ...options, profile });
  await model.evaluate(x, y, { batchSize: 8, verbose: 0, profile });
  const trace = JSON.parse(JSON.stringify(profile.chromeTrace())) as ReturnType<Profile["chromeTrace"]>;
  assert.deepEqual(trace, profile.chromeTrace());
  assert.equal(trace.displayTimeUnit, "ms");
  const { traceEvents } = trace;
  assert.deepEqual(
    traceEvents.filter(({ ph }) => ph === "M").map(({ name, tid, args }) => [name, tid, args?.name]),
    [["process_name", 0, "Ceratops"], ["thread_name", 1, `fit "net" on ${backend}`], [
      "thread_name",
      2,
      `evaluate "net" on ${backend}`,
    ]],
  );
  const runs = nested(traceEvents);
  assert.deepEqual(runs.map(({ event }) => [event.name, event.cat]), [['fit "net"', "run"], ['evaluate "net"', "run"]]);
  const titles = (list: readonly Nested[]) => list.map(({ event }) => event.name);
  assert.deepEqual(titles(runs[0].inside), ["epoch 1", "epoch 2"]);
  const [first, second] = runs[0].inside;
  assert.deepEqual(titles(first.inside), ["step 0", "step 1", "step 2", "step 3", "validation"]);
  assert.deepEqual(titles(first.inside[4].inside), ["step 4", "step 5"]);
  assert.deepEqual(titles(second.inside).slice(0, 2), ["step 6", "step 7"]);
  assert.deepEqual(titles(runs[1].inside), ["step 12", "step 13", "step 14"]);
  const step = first.inside[0];
  const ops = below(step.inside).filter(({ event }) => event.args);
  const layersOfStep = below(step.inside).filter(({ event }) => !event.args);
  assert.ok(layersOfStep.length > 0 && layersOfStep.every(({ depth }) => depth === 0));
  assert.ok(ops.every(({ depth, event }) => depth === 1 && event.args!.layer.length > 0));
  for (const name of names) assert.ok(layersOfStep.some(({ event }) => event.name.split(" + ").includes(name)), name);
  // The durations are those of the rows.
  const total = below(runs).filter(({ event }) => event.args).reduce((sum, { event }) => sum + event.dur!, 0) / 1000;
  assert.ok(Math.abs(total - sumOf(profile.rows)) < 1e-2, `${total} ms, not ${sumOf(profile.rows)}`);
});

testOnBackends("a profile changes no number", async () => {
  const train = async (profile: ProfileLike) => {
    const { model, x, y } = await makeModel();
    const { history } = await model.fit(x, y, { ...options, profile });
    const results = await model.evaluate(x, y, { verbose: 0, profile });
    const outputs = await model.predict(x, { batchSize: 5, verbose: 0, profile });
    const weights = (await model.getWeights()).map(({ data }) => [...data]);
    return { history, results: { ...results }, outputs: [...(outputs as Tensor).data], weights };
  };
  const plain = await train(false);
  assert.deepEqual(await train(new Profile({ traceSteps: [2, 5] })), plain);
});

Deno.test("programs are the same with and without a profile, and are compiled once for both", async () => {
  const executor = await openEigen({ threads: 1 });
  const compiled: { readonly executable: Executable; readonly text: string }[] = [];
  const compile = executor.compile.bind(executor);
  executor.compile = async (graph, frozen) => {
    const executable = await compile(graph, frozen);
    const { plan, stats } = executable;
    const plain = JSON.stringify([plan.graph.nodes, plan.places, plan.slots, { ...stats }]);
    compiled.push({ executable, text: plain });
    return executable;
  };
  await useExecutor(executor);
  const train = async (profile: ProfileLike) => {
    const { model, x, y } = await makeModel();
    await model.fit(x, y, { ...options, profile });
    const own = compiled.splice(0);
    const counts = own.map(({ executable: { stats } }) => stats.steps);
    // Another training, the other way round, uses the same programs.
    await model.fit(x, y, { ...options, profile: profile ? false : new Profile() });
    assert.equal(compiled.length, 0);
    return { programs: own.map(({ text }) => text), counts };
  };
  const plain = await train(false);
  assert.deepEqual(await train(new Profile()), plain);
  assert.deepEqual(plain.counts, [8, 4]);
  await executor.dispose();
});

testOnBackends("with true a table is printed at the end, whatever is printed before", async (backend) => {
  const { model, x, y } = await makeModel();
  let profile: Profile | undefined;
  const text = await printed(async () => {
    profile = (await model.fit(x, y, { ...options, profile: true })).profile;
  });
  assert.equal(text, `\n${profile}\n`);
  const lines = String(profile).split("\n");
  assert.match(lines[0], new RegExp(`^Profile of fit "net" on ${backend}: 12 steps in [\\d.]+ ms$`));
  assert.match(
    lines[1],
    /^ops [\d.]+ %, calling programs [\d.]+ %, batches and compiling [\d.]+ %, callbacks and the rest [\d.]+ %$/,
  );
  assert.match(lines[3], /^training, 8 steps: (\w+( \+ \w+)* [\d.]+ %(, |$))+/);
  assert.match(lines[4], /^layer and op +calls +ms +ms\/step +GFLOP\/s +share$/);
  const end = lines.indexOf("", 4);
  const table = lines.slice(4, end);
  // Columns are aligned, and layers sorted by their time.
  assert.equal(new Set(table.map(({ length }) => length)).size, 1);
  const share = (line: string) => Number(/([\d.]+) %$/.exec(line)![1]);
  const outer = table.slice(1).filter((line) => !line.startsWith(" "));
  // A last line sums the layers for which there is no room.
  const layerShares = outer.filter((line) => !/^\d+ more/.test(line)).map(share);
  assert.deepEqual(layerShares, layerShares.toSorted((a, b) => b - a));
  assert.ok(Math.abs(outer.map(share).reduce((a, b) => a + b, 0) - 100) < 2);
  assert.match(lines[end + 1], /^evaluation, 4 steps: /);

  assert.match(
    await printed(() => model.evaluate(x, y, { verbose: 0, profile: true })),
    /^\nProfile of evaluate "net"/,
  );
  assert.match(
    await printed(() => model.predict(x, { verbose: 0, profile: true })),
    /^\nProfile of predict with "net" on .*\n.*\n\nprediction, 1 steps: /,
  );
  assert.equal(await printed(() => model.predict(x, { verbose: 0, profile: new Profile() })), "");
  assert.equal(await printed(() => model.predict(x, { verbose: 0, profile: false })), "");
});

Deno.test("a file gets the timeline, beside the table [eigen]", async () => {
  await useBackend("eigen");
  const folder = await Deno.makeTempDir();
  try {
    const { model, x, y } = await makeModel();
    let profile: Profile | undefined;
    const text = await printed(async () => {
      profile = (await model.fit(x, y, { ...options, profile: `${folder}/trace.json` })).profile;
    });
    assert.equal(text, `\n${profile}\n`);
    assert.deepEqual(JSON.parse(await Deno.readTextFile(`${folder}/trace.json`)), profile!.chromeTrace());
    await profile!.save(`${folder}/again.json`);
    assert.equal(await Deno.readTextFile(`${folder}/again.json`), await Deno.readTextFile(`${folder}/trace.json`));
    assert.deepEqual([...Deno.readDirSync(folder)].map(({ name }) => name).sort(), ["again.json", "trace.json"]);
    await assert.rejects(
      () => profile!.save(`${folder}/trace.txt`),
      /^ValueError: Cannot save the profile: the path must end/,
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("what does not suit is told before anything runs [eigen]", async () => {
  await useBackend("eigen");
  const { model, x, y } = await makeModel();
  const before = (await model.getWeights()).map(({ data }) => [...data]);
  let called = 0;
  const callbacks = [{
    onTrainBegin: () => void called++,
    onTestBegin: () => void called++,
    onPredictBegin: () => void called++,
  }];
  const folder = await Deno.makeTempDir();
  const wrong: readonly [unknown, RegExp][] = [
    [
      3,
      /^ValueError: Cannot .*: profile must be true, false, the name of a file or a Profile, received 3: true prints a table/,
    ],
    [{}, /^ValueError: Cannot .*: profile must be true, false/],
    ["trace", /^ValueError: Cannot .*: the path must end in \.json, received "trace"/],
    [`${folder}/none/trace.json`, /^FileError: Cannot .* with a profile: the folder must be there/],
  ];
  for (const [profile, message] of wrong) {
    const given = { verbose: 0, callbacks, profile: profile as ProfileLike } as const;
    await assert.rejects(() => model.fit(x, y, given), message);
    await assert.rejects(() => model.evaluate(x, y, given), message);
    await assert.rejects(() => model.predict(x, given), message);
  }
  await Deno.remove(folder, { recursive: true });
  assert.equal(called, 0);
  assert.deepEqual((await model.getWeights()).map(({ data }) => [...data]), before);
  for (const traceSteps of [-1, 1.5, [1], [3, 2], "all"]) {
    assert.throws(
      () => new Profile({ traceSteps: traceSteps as number }),
      /^ValueError: Cannot make Profile: traceSteps must be a number of steps, or the first/,
    );
  }
});

Deno.test("a GPU without timestamps is refused, and the error says what is needed", async () => {
  const what = 'Cannot fit "net" with a profile';
  assert.throws(
    () => requireTimestamps({ description: "a GPU", device: { features: new Set<string>() } }, what),
    /^BackendError: Cannot fit "net" with a profile: .*"timestamp-query", received "a GPU" without it: .*chrome:\/\/flags/,
  );
  requireTimestamps({ description: "a GPU", device: { features: new Set(["timestamp-query"]) } }, what);
  // Every run asks its executor first.
  await useBackend("reference");
  const { model, x, y } = await makeModel();
  const executor = await getExecutor();
  const asked: string[] = [];
  executor.requireClock = (what) => {
    asked.push(what);
    throw new Error("no clock");
  };
  try {
    const given = { profile: true, verbose: 0 } as const;
    await assert.rejects(() => model.fit(x, y, given), /no clock/);
    await assert.rejects(() => model.evaluate(x, y, given), /no clock/);
    await assert.rejects(() => model.predict(x, given), /no clock/);
  } finally {
    Reflect.deleteProperty(executor, "requireClock");
  }
  assert.deepEqual(asked, ["fit", "evaluate", "predict with"].map((verb) => `Cannot ${verb} "net" with a profile`));
});

Deno.test("timestamps are nanoseconds, unless the clock of the host shows that they are not", () => {
  const first = { ticks: 1e9, after: 10, before: 20 };
  const after = (ticks: number) => unitBetween(first, { ticks: 1e9 + ticks, after: 220, before: 240 });
  // Between 200 and 230 ms later.
  for (const ticks of [200e6, 215e6, 230e6, 199e6, 232e6]) assert.equal(after(ticks), 1);
  assert.equal(after(21.5e6), 10);
  assert.equal(after(215e6 / 80), 80);
  assert.equal(after(-5), 1);
});

Deno.test("the timeline has the steps that are asked for, and the rows all [eigen]", async () => {
  await useBackend("eigen");
  const { model, x, y } = await makeModel();
  const stepsOf = async (traceSteps: number | readonly [number, number]) => {
    const profile = new Profile({ traceSteps });
    await model.fit(x, y, { ...options, validationSplit: 0, profile });
    assert.equal(profile.steps, 12);
    assert.ok(profile.rows.every(({ calls }) => calls % 12 === 0));
    const events = below(nested(profile.chromeTrace().traceEvents)).map(({ event }) => event);
    return events.filter(({ cat }) => cat === "step" || cat === "epoch").map(({ name }) => name);
  };
  assert.deepEqual(await stepsOf(2), ["epoch 1", "step 0", "step 1"]);
  assert.deepEqual(await stepsOf([5, 8]), ["epoch 1", "step 5", "epoch 2", "step 6", "step 7"]);
  assert.deepEqual(await stepsOf(0), []);
});

Deno.test("layers inside of layers have paths, and a run inside of another its own line [eigen]", async () => {
  await useBackend("eigen");
  await clearSession();
  const encoder = new Sequential([Input({ shape: [3] }), new layers.Dense(4, { name: "hidden" })], { name: "encoder" });
  const model = new Sequential([Input({ shape: [3] }), encoder, new layers.Dense(1, { name: "head" })], {
    name: "all",
  });
  model.compile({ optimizer: "sgd", loss: "mse" });
  const [x, y] = [[[1, 2, 3], [4, 5, 6]], [[1], [2]]];
  const profile = new Profile();
  const onEpochEnd = async () => {
    await model.predict(x, { verbose: 0, profile });
  };
  await model.fit(x, y, { verbose: 0, callbacks: [{ onEpochEnd }], profile });
  const owners = new Set(profile.rows.flatMap(({ owners }) => owners));
  assert.ok(owners.has("encoder/hidden") && owners.has("head"), [...owners].join());
  assert.ok([...owners].every((owner) => !owner.startsWith("all/")));
  const runs = nested(profile.chromeTrace().traceEvents);
  assert.deepEqual(runs.map(({ event }) => [event.name, event.tid]), [['fit "all"', 1], ['predict with "all"', 2]]);
});
