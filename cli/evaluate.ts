// `ceratops evaluate`: the loss and metrics of a model on the data in files.
import { loadModel, type Model, StateError, type Tensor, ValueError } from "../mod.ts";
import type { Table } from "../lib/files/csv.ts";
import { chooseBackend, type RunOptions, type Session, withRun, withShared } from "./command.ts";
import { type Data, inputsFrom, type NamedArrays, namesOf, readData, rowsOf } from "./data.ts";
import type { Command } from "./deps.ts";
import type { Streams } from "./streams.ts";
import { jsonText, textTable } from "./text.ts";

/** Options of the command. */
export interface EvaluateOptions extends RunOptions {
  /** The column of a table that has the targets: its name, or its number from 0. */
  readonly label?: string;
}

/** Adds the command. */
export function addEvaluate(program: Command, { streams, end }: Session): void {
  const command = program.command("evaluate")
    .description("print the loss and the metrics of a model, which must have been compiled before it was saved")
    .argument("<model>", "a model file")
    .argument(
      "<data>",
      ".npz or JSON with x and y, or with arrays by the names of inputs and outputs; .csv with --label",
    )
    .argument("[targets]", "the targets, if <data> has the inputs alone: .npy, .npz, .csv or .json")
    .option("--label <column>", "the column of the table that has the targets: its name, or its number from 0");
  withShared(withRun(command), [
    "evaluate model.keras test.npz",
    "evaluate model.keras x.npy y.npy",
    "evaluate model.keras table.csv --label price --json",
  ]).action(async (model: string, data: string, targets: string | undefined, options: EvaluateOptions) =>
    end(await evaluate(model, data, targets, options, streams))
  );
}

/** Prints the loss and metrics of a model. */
export async function evaluate(
  path: string,
  dataPath: string,
  targetsPath: string | undefined,
  options: EvaluateOptions,
  streams: Streams,
): Promise<number> {
  const model = await loadModel(path);
  if (!model.compiled) {
    throw new StateError({
      what: `Cannot evaluate "${path}"`,
      rule: "the file must say with which loss and metrics, as that of a compiled model does",
      received: "a model that was not compiled",
      hint: "call compile on it and save it again",
    });
  }
  const given = await readData(dataPath);
  const { data, y } = targetsPath === undefined
    ? withoutTargets(given, model, options.label, dataPath)
    : { data: given, y: targetsIn(await readData(targetsPath), model, targetsPath) };
  const x = inputsFrom(data, model, dataPath, streams);
  await chooseBackend(options);
  const logs = await model.evaluate(x as Tensor, y as Tensor, { verbose: 0, batchSize: options.batch });
  const rows = Object.entries(logs).map(([name, value]) => [name, String(+value.toPrecision(6))]);
  streams.write(options.json ? jsonText(logs) : textTable(rows));
  return 0;
}

type Targets = Tensor | NamedArrays;

/** The targets that come with the inputs, and what else there is. */
function withoutTargets(data: Data, model: Model, label: string | undefined, path: string): { data: Data; y: Targets } {
  const what = `Cannot evaluate on "${path}"`;
  if (data.kind === "arrays") {
    const { y, ...arrays } = data.arrays;
    return {
      data: { kind: "arrays", arrays: y ? arrays : data.arrays },
      y: y ?? namedTargets(data.arrays, model, what),
    };
  }
  if (data.kind === "table" && label !== undefined) return splitTable(data.table, label, what);
  throw new ValueError({
    what,
    rule: "there must be targets too",
    received: data.kind === "table" ? "a table without --label" : "inputs alone",
    hint: data.kind === "table"
      ? "say which column has them, as in --label price"
      : "give their file after that of the inputs, or a .npz with x and y",
  });
}

function namedTargets(arrays: NamedArrays, model: Model, what: string): NamedArrays {
  const names = model.outputNames;
  if (names.every((name) => Object.hasOwn(arrays, name))) {
    return Object.fromEntries(names.map((name) => [name, arrays[name]]));
  }
  throw new ValueError({
    what,
    rule: `there must be an array "y", or one for each output: ${names.map((name) => `"${name}"`).join(", ")}`,
    received: namesOf(arrays),
    hint: "rename the array of the targets",
  });
}

function targetsIn(data: Data, model: Model, path: string): Targets {
  const what = `Cannot evaluate with the targets in "${path}"`;
  switch (data.kind) {
    case "array":
      return data.array;
    case "arrays":
      return Object.keys(data.arrays).length === 1
        ? Object.values(data.arrays)[0]
        : data.arrays.y ?? namedTargets(data.arrays, model, what);
    case "table":
      return rowsOf(data.table.rows, [null], what);
    case "image":
      throw new ValueError({ what, rule: "targets must be arrays", received: "a picture", hint: "give a .npy file" });
  }
}

/** The column of a table that has the targets, and the table without it. */
function splitTable({ header, rows }: Table, label: string, what: string): { data: Data; y: Tensor } {
  const column = header?.indexOf(label) ?? -1;
  const place = column === -1 && /^-?\d+$/.test(label) ? Number(label) : column;
  const at = place < 0 && column === -1 && label.startsWith("-") ? place + rows[0].length : place;
  if (at < 0 || at >= rows[0].length) {
    throw new ValueError({
      what,
      rule: header
        ? `--label must be one of ${header.map((name) => `"${name}"`).join(", ")}`
        : `--label must be the number of a column from 0 to ${rows[0].length - 1}, since there is no header`,
      received: `"${label}"`,
      hint: "-1 is the last column",
    });
  }
  const y = rowsOf(rows.map((row) => [row[at]]), [null], what);
  const table = { header: header?.toSpliced(at, 1), rows: rows.map((row) => row.toSpliced(at, 1)) };
  return { data: { kind: "table", table }, y };
}
